"""Roles of field names: time, level, logger, message... in all dialects and in a user's own. Pure; any thread.

Invariants:
- Dialects are not detected. One table (`_TABLE`) maps a field's name to a *role*: one of `TIME`, `LEVEL`... plus a
  rank. Of two fields for one role the one with the smaller rank is surer and wins.
- Names are compared without case, and with ``-`` for ``_``; only single capitals are names of their own.
- A user's further names are surer than all of the table, and lose every other meaning. A name with dots is that of a
  field in an object: ``payload.note`` opens ``payload``.
- Only the roles of names and the shapes of objects (all their names) are memoized: most lines of a log have one of a
  few shapes. At most `MAX_MEMO_ENTRIES` entries.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reflowlog.core.records import LogRecord

__all__ = [
    "EXTRA",
    "FILE",
    "FLATTENED",
    "JOURNAL_TIME",
    "LEVEL",
    "LINE",
    "LOGGER",
    "MESSAGE",
    "MESSAGE_COPIES",
    "PYTHON_FIELDS",
    "RANKS",
    "SOURCE",
    "SURE",
    "TIME",
    "TRACE",
    "UNUSUAL_NAMES",
    "USUAL",
    "VALUES",
    "FieldNames",
]

RANKS = 10  # at most, for each role
TIME, LEVEL, LOGGER, MESSAGE, SOURCE, FILE, LINE, TRACE = range(0, 8 * RANKS, RANKS)
EXTRA = -1  # a field like any other
SURE = 1  # the smallest rank of the table; a user's own names have 0

MAX_MEMO_ENTRIES = 4096
"""Names whose roles are memoized."""

MAX_MEMO_SHAPES = 512
"""Object shapes that are memoized."""

MAX_SHAPE_FIELDS = 64
"""Fields at most of an object whose shape is memoized."""

MAX_NAME_CHARS = 64
"""Characters at most of a name that is memoized."""

# Per role: names in lower case, the surest before the first bar; among equally sure ones the order in the line decides.
_TABLE = {
    TIME: """
        @timestamp timestamp time ts @t datetime date_time timeunixnano time_unix_nano __realtime_timestamp eventtime
        event_time log_time logtime log_timestamp timemillis instant
        | asctime observedtimeunixnano _source_realtime_timestamp time.repr logged_at
        | t date dt when _time created created_at starttime time_iso8601 time_local
        timegenerated timecreated
    """,
    LEVEL: """
        level levelname level_name log.level log_level loglevel severity severitytext severity_text @l @level
        error_severity leveldisplayname _loglevel
        | lvl at priority syslog_severity context.loglevel
        | s l level.no levelno level_number levelvalue level_value severitynumber severity_number | status
    """,
    LOGGER: """
        logger logger_name loggername log.logger log_name log_namespace _logger sourcecontext categoryname @module
        | name category channel target scope.name syslog_identifier
        | component c module subsystem service.name service app _comm | scope facility
    """,
    MESSAGE: """
        @m message msg short_message renderedmessage log.message @message | event
        | body text log textpayload | @mt messagetemplate log_format | resultdescription request
    """,
    SOURCE: "caller source src location @caller",
    FILE: """
        filename source.file src.file file.name log.origin.file.name code_file caller.file code.filepath code.file.path
        logging.googleapis.com/sourcelocation.file
        | file pathname source_file file_name _file
    """,
    LINE: """
        lineno source.line src.line log.origin.file.line code_line caller.line code.lineno code.line.number
        logging.googleapis.com/sourcelocation.line
        | line source_line file.line line_number _line
    """,
    TRACE: """
        exception exc_info exc_text traceback stack_trace stacktrace stack err.stack error.stack error.stack_trace
        error.stacktrace exception.stacktrace exception.stack_trace _stack_info @x errorverbose stack_info
        backtrace full_message thrown.extendedstacktrace
    """,
}

_EXACT = {
    "T": TIME + 3,
    "L": LEVEL + 2,
    "N": LOGGER + 2,
    "C": SOURCE + SURE,
    "M": MESSAGE + 3,
    "S": TRACE + 2,
}  # as zap has them

_FURTHER = {"time": TIME, "level": LEVEL, "logger": LOGGER, "message": MESSAGE, "source": SOURCE, "trace": TRACE}

_NESTED = {  # names whose objects are flattened, if they hold one of these
    "log": {"level", "logger", "origin", "message"},
    "log.origin": {"file"},
    "log.origin.file": {"name", "line"},
    "err": {"stack"},
    "error": {"stack", "stack_trace", "stacktrace"},
    "exception": {"stacktrace", "stack_trace"},
    "thrown": {"extendedStackTrace"},
    "source": {"file", "line"},
    "src": {"file", "line"},
    "caller": {"file", "line"},
    "file": {"name"},
    "service": {"name"},
    "scope": {"name"},
    "context": {"logLevel"},
    "logging.googleapis.com/sourceLocation": {"file", "line"},
}
FLATTENED = {
    "fields": {"message"},
    "@fields": {"level", "levelname"},
    "jsonPayload": {"message"},
    "record": {"message"},
    "attributes": {"code.file.path", "code.filepath", "exception.stacktrace"},
    "Properties": {""},
}
"""Names whose objects are flattened, if they hold one of these, without a prefix to the names in them."""

VALUES = {
    "level": ("name", "levelStr"),
    "log_level": ("name",),
    "logger": ("name",),
    "time": ("timestamp",),
    "t": ("$date",),
}
"""Names whose object stands for the first of these fields that it has; its other fields become extras."""

PYTHON_FIELDS = {"event", "levelname", "levelno", "logger_name", "lineno", "funcName", "func_name", "exc_info"}
"""Names that only loggers of Python give to fields."""

MESSAGE_COPIES = {"log.original", "err.message", "error.message", "exception.message"}
"""Names of fields that may repeat the message."""

JOURNAL_TIME = "__REALTIME_TIMESTAMP"
"""Name of the time in the records of a journal."""

UNUSUAL_NAMES = {JOURNAL_TIME, "level.icon", "@t", "log", *MESSAGE_COPIES}
"""Names of fields with a meaning beside their role."""

_OPENABLE = {*FLATTENED, *VALUES, "body", "instant", "timestamp"}

_LOGFMT = ("level", "lvl", "msg", "message", "severity", r"\bat", "event")  # patterns; one is in each line of logfmt


class ObjectShape(NamedTuple):
    """Roles of an object's fields, derived from their names and order.

    Attributes:
        marked: role and index of each field that has a role; the surest first.
        openable: indices of fields whose objects may be flattened.
    """

    marked: tuple[tuple[int, int], ...]
    openable: tuple[int, ...]


class ObjectReader(Protocol):
    """Reader of the objects of one shape."""

    def read(self, pairs: tuple[tuple[str, Any], ...]) -> LogRecord | None:
        """Return the record of an object; None if its values are not usual."""
        ...


class FieldNames:
    """Mapping of field names to roles. Two built from the same names are equal; only memos change.

    Args:
        further: a user's further names for ``time``, ``level``, ``logger``, ``message``, ``source`` and ``trace``.

    Raises:
        KeyError: a key of `further` is none of these.

    Examples:
        >>> own = FieldNames({"message": ["note"]})
        >>> own == FieldNames({"message": ("note",)}), own == USUAL
        (True, False)
    """

    __slots__ = (
        "_further",
        "is_logfmt",
        "may_be_logfmt",
        "mentions_level",
        "mentions_own",
        "nests",
        "openable",
        "roles",
        "shapes",
        "usual",
    )

    def __init__(self, further: Mapping[str, Iterable[str]]) -> None:
        found = {what: tuple(dict.fromkeys(names)) for what, names in further.items()}
        self._further = frozenset((_FURTHER[what], name) for what, names in found.items() for name in names)
        self.nests = _nested_objects(name for _, name in self._further)  # name to flatten -> names required in it
        self.openable = _OPENABLE | self.nests.keys()
        self.roles = _Roles({_fold(name): role for role, name in self._further})
        self.shapes: dict[tuple[str, ...], ObjectShape] = {}
        self.usual: dict[tuple[str, ...], ObjectReader | None] = {}  # by an object's names; None: it has none
        levels = [name for role, name in self._further if role == LEVEL]
        logfmt = _logfmt_pattern([name for role, name in self._further if role in (LEVEL, MESSAGE)])
        self.mentions_own = _search_of_names([name for _, name in self._further])  # None: no further names
        self.mentions_level = _search_of_names(levels)
        self.is_logfmt = re.compile(logfmt).search  # a necessary condition for a line of logfmt
        self.may_be_logfmt = re.compile(logfmt.encode()).search  # the condition for a chunk of lines

    def shape(self, names: tuple[str, ...]) -> ObjectShape:
        """Return the shape of an object whose fields have these names."""
        found = self.shapes.get(names)
        if found is None:
            roles = [self.roles[name] for name in names]
            marked = sorted((role, place) for place, role in enumerate(roles) if role >= 0)
            openable = tuple(place for place, name in enumerate(names) if name in self.openable)
            found = ObjectShape(tuple(marked), openable)
            if len(self.shapes) >= MAX_MEMO_SHAPES:
                self.shapes.clear()
            if len(names) <= MAX_SHAPE_FIELDS and max(map(len, names), default=0) <= MAX_NAME_CHARS:
                self.shapes[names] = found
        return found

    def remember_usual(self, names: tuple[str, ...], reader: ObjectReader | None) -> ObjectReader | None:
        """Remember the reader of objects whose fields have these names, and return it."""
        if len(self.usual) >= MAX_MEMO_SHAPES:
            self.usual.clear()
        if names in self.shapes:
            self.usual[names] = reader
        return reader

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldNames) and self._further == other._further

    def __hash__(self) -> int:
        return hash(self._further)

    def __repr__(self) -> str:
        return f"FieldNames({sorted(self._further)})"


class _Roles(Memo[str, int]):
    """Memo: name -> role plus rank, or `EXTRA`.

    Args:
        own: a user's names, folded, and their roles.
    """

    __slots__ = ("_own",)

    def __init__(self, own: Mapping[str, int]) -> None:
        super().__init__(limit=MAX_MEMO_ENTRIES, max_key_length=MAX_NAME_CHARS)
        self._own = own

    def __missing__(self, name: str) -> int:
        folded = _fold(name)
        role = self._own.get(folded)
        if role is None:
            role = _EXACT.get(name) or _meanings().get(folded, EXTRA)
        return self.remember(name, role)


def _fold(name: str) -> str:
    return name.lower().replace("-", "_")


@cache
def _meanings() -> dict[str, int]:
    """Return the inverse of `_TABLE`: name -> role plus rank."""
    return {
        name: role + rank
        for role, text in _TABLE.items()
        for rank, names in enumerate(text.split("|"), SURE)
        for name in names.split()
    }


def _nested_objects(names: Iterable[str]) -> dict[str, set[str]]:
    """Return the objects to flatten, including the parents of names with dots."""
    found = {name: set(keys) for name, keys in _NESTED.items()}
    for name in names:
        parts = name.split(".")
        for end in range(1, len(parts)):
            found.setdefault(".".join(parts[:end]), set()).add(parts[end])
    return found


def _search_of_names(names: Iterable[str]) -> Callable[[bytes], re.Match[bytes] | None] | None:
    """Return a search for any of `names` in a line or a chunk, escaped names included; None if there are no names."""
    tails = {name.rpartition(".")[2] for name in names}
    if not tails:
        return None
    words = {re.escape(_fold(tail)).replace("_", "[-_]") if tail.isascii() else r"[\x80-\xff]" for tail in tails}
    return re.compile("|".join(sorted({*words, r"\\u"})).encode("ascii"), re.IGNORECASE).search


def _logfmt_pattern(own: Iterable[str]) -> str:
    """Return a pattern that each line of logfmt satisfies; it tests the text before each ``=``, which is fast.

    Of most other names the last letter alone is tested.
    """
    words = [*_LOGFMT, *map(re.escape, own)]
    last = "".join(map(re.escape, dict.fromkeys(word[-1:] for word in [*_LOGFMT, *own])))
    before = "|".join(f"(?<={word}=)" for word in words)
    return f"=(?<=[{last}]=)(?:{before})"


USUAL = FieldNames({})
"""Roles of the names of all dialects, without a user's own."""
