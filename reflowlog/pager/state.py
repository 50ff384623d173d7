"""The pager as a value: position in the document, and selection of the shown records. `update.py` makes the next one.

A position is an `Anchor`: the offset of a segment, and an offset in its text. A new width moves none: not the top of
the screen, not a mark, not a hit.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import Anchor
from reflowlog.pager.filter import FilterCriteria
from reflowlog.pager.folds import Folds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reflowlog.pager.column_chooser import ChooserState
    from reflowlog.pager.detail import DetailState
    from reflowlog.pager.prompts import Prompt
    from reflowlog.pager.save_target import SaveFormat
    from reflowlog.text.layout.column_choice import ColumnChoice
    from reflowlog.text.parse.code_locations import CodeLocation
    from reflowlog.text.search.pattern import Matcher

__all__ = [
    "Copy",
    "CopyShown",
    "Edit",
    "Effect",
    "Goto",
    "LoggerLevel",
    "PagerState",
    "Place",
    "Save",
    "Seek",
    "WriteColumns",
]


class Copy(NamedTuple):
    """Request to the display: put a text into the terminal's clipboard.

    Attributes:
        data: the text.
        what: its name in the status row, such as "the record".
        is_whole: whether the text is all of that; else it is its start.
    """

    data: bytes
    what: str
    is_whole: bool = True


class Edit(NamedTuple):
    """Request to the display: open the user's editor at the first place that exists, else at a line of the log.

    Attributes:
        places: what the record names, in the order in which they are wanted.
        offset: of the record's first segment.
    """

    places: tuple[CodeLocation, ...]
    offset: int


class LoggerLevel(NamedTuple):
    """Request to the display: change the level of the program's own loggers.

    Attributes:
        level: a number of `logging`; None: give back all levels.
        logger: its name, empty for the root logger; None: all.
    """

    level: int | None
    logger: str | None = None


class WriteColumns(NamedTuple):
    """Request to the display: write columns and hidden fields into the user's configuration."""

    choice: ColumnChoice


Place = Literal["", "detail", "columns"]
"""The log, the detail of a record, or the list of fields."""

Effect = Literal["back", "quit", "redraw"] | Copy | Edit | LoggerLevel | WriteColumns
"""A request to the display: return to inline mode (or quit), quit, write the whole screen again, or one with values."""


class Seek(NamedTuple):
    """Pending operation: go to the next match.

    Attributes:
        levels: the lowest and the highest level to find; None: the search pattern.
        upward: the direction.
        offset: only segments beyond it are searched.
        again: whether the search has wrapped around, from the other end.
        repeat: number of matches to go on.
    """

    levels: tuple[int, int] | None
    upward: bool
    offset: int
    again: bool = False
    repeat: int = 1


class Goto(NamedTuple):
    """Pending operation: go to a line, by its number from 0, once the lines before it are counted."""

    number: int


class Save(NamedTuple):
    """Pending operation of the display: write the shown segments to a file.

    Attributes:
        path: of the file.
        written: number of lines written.
        format: of the file.
        replaces: whether the user has said that a file that is there is to be replaced.
    """

    path: str
    written: int = 0
    format: SaveFormat = "log"
    replaces: bool = False


class CopyShown(NamedTuple):
    """Pending operation of the display: collect the shown segments, to copy them.

    Attributes:
        offset: of the next segment; None: the first.
        lines: number of lines collected.
    """

    offset: int | None = None
    lines: int = 0


class PagerState(NamedTuple):
    """State of the pager; immutable.

    Attributes:
        top: anchor of the character at the top of the screen, unless the end is followed.
        times: whether times are shown as they are, since the record before, or since the mark.
        origin: time of the last mark that was set, in seconds since the epoch; None: unknown, or no mark is set.
        following: whether the end of the document stays at the bottom of the screen.
        wrapped: whether lines are broken.
        raw: whether the text is shown as it came.
        shift: number of cells left of the screen if lines are not broken.
        marks: anchors by letter.
        back: anchor of the top before the last jump.
        criteria: selection of the records that are shown.
        folds: what is folded.
        search: the search pattern.
        upward: direction of the search.
        hit: anchor of the current hit.
        hit_is_level: whether the hit is an error or a warning, and not a match of the search pattern.
        prompt: the line that is being typed.
        waiting: the key that requires a letter after it: ``m`` or ``'``.
        digits: digits typed before a key.
        help_row: number of the help's row at the top of the screen; None: the help is not shown.
        detail: position in the detail of a record; None: it is not shown.
        message: one line for the user, until the next key.
        pending: operation that takes longer than one step.
        saving: file that is being written.
        asking: save whose file is there already: ``y`` replaces it, any other key does not.
        choice: columns and hidden fields that were chosen; None: those of the start.
        chooser: the list of fields; None: it is not shown.
        copying: what is shown is being collected, to copy it.
        past: lines typed at prompts, by their kind.
    """

    top: Anchor = Anchor(0, 0)
    following: bool = False
    wrapped: bool = True
    raw: bool = False
    shift: int = 0
    marks: Mapping[str, Anchor] = MappingProxyType({})
    back: Anchor | None = None
    criteria: FilterCriteria = FilterCriteria()
    times: Literal["", "before", "mark"] = ""
    origin: float | None = None
    folds: Folds = Folds()
    search: Matcher | None = None
    upward: bool = False
    hit: Anchor | None = None
    hit_is_level: bool = False
    prompt: Prompt | None = None
    waiting: Literal["", "m", "'"] = ""
    digits: str = ""
    help_row: int | None = None
    detail: DetailState | None = None
    message: str = ""
    pending: Seek | Goto | None = None
    saving: Save | None = None
    asking: Save | None = None
    choice: ColumnChoice | None = None
    chooser: ChooserState | None = None
    copying: CopyShown | None = None
    past: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    @property
    def place(self) -> Place:
        """Name of the list or detail that is shown and gives keys its own meanings; empty for the log."""
        return "columns" if self.chooser is not None else "detail" if self.detail is not None else ""

    @property
    def is_working(self) -> bool:
        """Whether an operation takes longer than one step, here or in the display."""
        return self.pending is not None or self.saving is not None or self.copying is not None

    def without_work(self) -> PagerState:
        """Return the state without the operations that take longer than one step."""
        return self._replace(pending=None, saving=None, copying=None)
