"""Plan of the columns of records with fields: which there are at a width, and how wide. Pure but for the tracker.

Invariants:
- A plan is a function of the width, of the selected names, and of the columns that the source has had so far: never of
  the single record, so columns stand still. The message always has at least half of the width.
- What a source has had so far only grows: a column that no record has had takes no room, and one that was shown stays.
  The columns of the logger and of fields are as wide as their longest text so far, up to a limit.
- A selected field (``--columns time,user,message``) is a column before the message, in the order of the list. It takes
  the room of a shortened logger; in a head line, which may take several rows, none is left out.
"""

from __future__ import annotations

from functools import lru_cache

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.cells import cells
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.column_names import STANDARD_COLUMNS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reflowlog.core.records import LogRecord

__all__ = [
    "FIELD_LIMITS",
    "MAX_LOGGER_CHARS",
    "ColumnPlan",
    "ColumnTracker",
    "SeenColumns",
    "clean_text",
    "column_plan",
    "field_columns",
    "field_text",
    "misspelt_column",
    "plans_of_all_widths",
]

FIELD_LIMITS = (20, 16, 12, 8, 6)
"""Cells that the value of a field may take in its column: the first that leaves room for all columns."""

MAX_LOGGER_CHARS = 1_024  # of a logger's name that are read: its end
_MAX_KNOWN_TEXTS = 1_024  # names and values whose width is known
_MAX_FIELD_CHARS = 64  # of a field's value that are read for its column
_WIDEST_LOGGER = 20  # cells
_UNKNOWN_CELLS = 1 << 30  # of a name that was not measured yet
_MIN_RESEMBLANCE = 0.84  # of a misspelt name to that of a column, as difflib has it


class SeenColumns(NamedTuple):
    """Columns that the records of a source have had so far.

    Attributes:
        time: whether any record had a time.
        level: whether any record had a level.
        logger: cells of the longest name of a logger, at most 20; 0: no record had one.
        fields: name and cells of the longest value, at most 20, of each selected field that a record had.
    """

    time: bool = False
    level: bool = False
    logger: int = 0
    fields: tuple[tuple[str, int], ...] = ()


class ColumnPlan(NamedTuple):
    """Columns at a width.

    Attributes:
        before: name and cells of each column before the message, in order. The cells of the time are 23 (date and
            milliseconds), 12 (time with milliseconds) or 8.
        source: whether the source stands at the right edge.
        head_line: whether the message stands under the rest.
    """

    before: tuple[tuple[str, int], ...]
    source: bool
    head_line: bool = False


_SHAPES = (  # least cells of a width; cells of time, level and logger; whether there is a source; a head line
    (132, (23, 8, 20), True, False),
    (110, (23, 8, 18), False, False),
    (96, (12, 8, 18), False, False),
    (84, (8, 8, 18), False, False),
    (72, (8, 8, 12), False, False),
    (60, (8, 1, 12), False, False),
    (52, (8, 1, 8), False, False),
    (50, (8, 1, 0), False, False),
    (0, (8, 1, 12), False, True),
)
_SHAPES_WITH_FIELDS = tuple([shape for shape in _SHAPES if shape[0] != 52])  # columns of fields need that room
_HEADERS = ("time", "level", "logger")


@lru_cache(256)
def column_plan(width: int | None, selected: tuple[str, ...] | None, seen: SeenColumns | None = None) -> ColumnPlan:
    """Return the plan of the columns at a width.

    Args:
        width: in cells; None for no limit.
        selected: names of the columns to show; None for those of `STANDARD_COLUMNS`.
        seen: what the source has had so far; None: each of `STANDARD_COLUMNS` and each selected field at its limit.
    """
    names = STANDARD_COLUMNS if selected is None else selected
    fields = field_columns(selected)
    shapes = _SHAPES_WITH_FIELDS if fields else _SHAPES
    sizes, has_source, head_line = next(shape[1:] for shape in shapes if width is None or width >= shape[0])
    if seen is not None:
        sizes = (sizes[0] * seen.time, sizes[1] * seen.level, min(sizes[2], seen.logger))
    headers = dict(zip(_HEADERS, sizes))
    used = sum(headers[name] + 1 for name in _HEADERS if name in names and headers[name])
    rooms: tuple[int, ...] = (1 << 30,)
    if width is not None:
        rooms = (width - used, width, 1 << 30) if head_line else (width // 2 - used,)
    headers.update(_fit_fields(fields, seen, rooms))
    before = tuple([(name, headers[name]) for name in dict.fromkeys(names) if headers.get(name)])
    return ColumnPlan(before, has_source and "source" in names, head_line and bool(before))


def _fit_fields(names: tuple[str, ...], seen: SeenColumns | None, rooms: tuple[int, ...]) -> dict[str, int]:
    """Return the cells of the columns of fields: all of one limit, the first at which they fit into any of the rooms.

    Args:
        names: of the fields.
        seen: what the source has had so far; None: each field at its limit.
        rooms: cells, the preferred ones first. If no limit fits any of them, the last ones of the fields are left out.
    """
    longest = dict.fromkeys(names, FIELD_LIMITS[0]) if seen is None else dict(seen.fields)
    fitting = [name for name in names if longest.get(name)]
    while fitting:
        for room in rooms:
            for limit in FIELD_LIMITS:
                sizes = {name: min(longest[name], limit) for name in fitting}
                if sum(sizes.values()) + len(sizes) <= room:
                    return sizes
        fitting.pop()
    return {}


@lru_cache(64)
def field_columns(selected: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the selected names that are fields, each once."""
    return tuple([name for name in dict.fromkeys(selected or ()) if name not in STANDARD_COLUMNS])


@lru_cache(64)
def plans_of_all_widths(selected: tuple[str, ...] | None) -> list[ColumnPlan]:
    """Return the plans of all widths without regard to padding, each once; a column may be absent from any of them.

    Every row of a record at any width, whatever its source has had so far, begins as one of these, blanks apart.
    """
    fields = field_columns(selected)
    names = STANDARD_COLUMNS if selected is None else selected
    found = []
    for _, sizes, _, head_line in _SHAPES_WITH_FIELDS if fields else _SHAPES:
        for count in range(len(fields), -1, -1):
            for limit in FIELD_LIMITS if count else FIELD_LIMITS[:1]:
                cells_of = dict(zip(_HEADERS, sizes)) | dict.fromkeys(fields[:count], limit)
                before = tuple([(name, cells_of[name]) for name in dict.fromkeys(names) if cells_of.get(name)])
                found.append(ColumnPlan(before, source=False, head_line=head_line and bool(before)))
    return list(dict.fromkeys(found))


def field_text(record: LogRecord, name: str) -> str:
    """Return the value of a record's field, hidden ones too; empty if it has none.

    ``user.id`` is also the member of a field ``user`` that is an object.
    """
    pairs = (*record.extras, *record.hidden)
    for key, value in pairs:
        if key == name:
            return value
    if "." in name:
        for key, value in pairs:
            if value[:1] == "{" and name.startswith(key + "."):
                return _member(value, name[len(key) + 1 :].split("."))
    return ""


def _member(text: str, path: list[str]) -> str:
    """Return the text of a member of an object in JSON; empty if it has none."""
    import json  # start-up cost: only for members as columns

    try:
        value = json.loads(text, parse_int=str, parse_float=str)
        for name in path:
            value = value[name]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return ""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class ColumnTracker:
    """Tracks the columns that the records of one source have had so far.

    Any thread: of two that add at once, one may undo what the other has added, which counts again with the next record
    that has it. So does a signal handler.

    Attributes:
        seen: the columns so far; replaced by another value exactly when they grow.
    """

    def __init__(self) -> None:
        self.seen = SeenColumns()
        self._loggers: dict[str, int] = {"": 0}  # the cells of names

    def add(self, record: LogRecord) -> None:
        """Take a record into account before it is laid out. Costs little if it brings nothing new."""
        seen = self.seen
        if (
            self._loggers.get(record.logger, _UNKNOWN_CELLS) <= seen.logger
            and (seen.time or record.time is None)
            and (seen.level or not record.level_name)
            and not field_columns(record.columns)
        ):
            return
        size = self._logger_cells(record.logger)
        grown = seen._replace(
            time=seen.time or record.time is not None,
            level=seen.level or bool(record.level_name),
            logger=max(seen.logger, size),
            fields=self._fields(record, seen.fields),
        )
        if grown != seen:
            self.seen = grown

    def _logger_cells(self, name: str) -> int:
        size = self._loggers.get(name)
        if size is None:
            size = min(cells(clean_text(name[-MAX_LOGGER_CHARS:])), _WIDEST_LOGGER)
            if len(self._loggers) < _MAX_KNOWN_TEXTS and len(name) <= MAX_LOGGER_CHARS:
                self._loggers[name] = size
        return size

    @staticmethod
    def _fields(record: LogRecord, seen: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
        """Return name and cells of the fields that have been seen, with those of another record."""
        found = dict(seen)
        for name in field_columns(record.columns):
            size = found.get(name, 0)
            if size < FIELD_LIMITS[0] and (text := field_text(record, name)):
                found[name] = max(size, min(cells(clean_text(text[:_MAX_FIELD_CHARS])), FIELD_LIMITS[0]))
        return tuple(found.items())


def clean_text(text: str) -> str:
    """Return a text of one row, with controls shown as marks."""
    if text.isascii() and text.isprintable():
        return text
    return sanitize(text.replace("\n", "\\n").replace("\r", "\\r"), overwrites=False)[0]


def misspelt_column(name: str) -> str:
    """Return the column of `STANDARD_COLUMNS` whose name is misspelt; empty for the name of a field."""
    if name in STANDARD_COLUMNS or any(each in name for each in STANDARD_COLUMNS):  # messages=3
        return ""
    import difflib  # start-up cost: only for names of fields

    return "".join(difflib.get_close_matches(name, STANDARD_COLUMNS, 1, _MIN_RESEMBLANCE))
