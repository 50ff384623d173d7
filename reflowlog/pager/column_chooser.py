"""List of fields in which columns and hidden fields are chosen: its state, its keys and its rows.

Invariants:
- A choice is in force at once: the log above the list shows it, by the rules of `text/layout/column_plan.py`.
- The fields and their shares are those of a sample of bounded size, taken when the list is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.pager.bindings import key_label
from reflowlog.pager.state import WriteColumns
from reflowlog.pager.status_line import percent
from reflowlog.text.clean.cells import cells, clip
from reflowlog.text.clean.sanitize import mark_controls
from reflowlog.text.layout.column_choice import ColumnChoice, FieldShare, field_shares
from reflowlog.text.layout.column_names import STANDARD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reflowlog.core.records import LogRecord
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.state import Effect, PagerState

__all__ = ["ChooserState", "chooser_height", "chooser_rows", "handle_chooser_key", "open_chooser"]

SAMPLED_PLACES = 8
"""Places of the document at which records are sampled, evenly spread."""

SAMPLED_LINES = 40
"""Lines sampled at each place."""

SAMPLED_BYTES = 64 << 10
"""Bytes of these lines at most."""

MIN_LOG_ROWS = 3
"""Rows of the log above the list at least, where the screen has them."""

MAX_NAME_CELLS = 32


class ChooserState(NamedTuple):
    """The list of fields; immutable.

    Attributes:
        fields: the fields that occur, in the order of the list.
        row: number of the chosen one.
    """

    fields: tuple[FieldShare, ...]
    row: int = 0

    @property
    def name(self) -> str:
        """Name of the chosen field."""
        return self.fields[self.row].name


def open_chooser(state: PagerState, context: PagerContext) -> PagerState:
    """Return the state with the list of the fields that occur."""
    shares = field_shares(_sample(context), utc=context.settings.render.appearance.utc)
    choice = context.column_choice(state)
    if choice is None:
        return state._replace(message="lines are shown as they came: there are no columns")
    if not any(each.share for each in shares):
        return state._replace(message="no record here has fields: columns are for JSON and logfmt")
    known = {each.name: each for each in shares}
    listed = [known.get(name, FieldShare(name, 0.0, "")) for name in choice.columns]
    listed += [each for each in shares if each.name not in choice.columns and each.share]
    names = {each.name for each in listed}
    listed += [FieldShare(name, 0.0, "") for name in choice.hidden if name not in names]
    return state._replace(chooser=ChooserState(tuple(listed)))


def _sample(context: PagerContext) -> Iterator[LogRecord]:
    """Yield the records with fields at a few places of the document."""
    document = context.document
    start, size = document.text.start, document.text.end - document.text.start
    done = start  # the segments before it are sampled
    for place in range(SAMPLED_PLACES):
        left = SAMPLED_BYTES
        for at, segment in document.segments(document.at(start + size * place // SAMPLED_PLACES), SAMPLED_LINES):
            left -= len(segment)
            if left < 0:
                break
            if at >= done and document.is_line_start(at):
                yield from context.viewport.records_of(segment)
            done = max(done, at + 1)


def handle_chooser_key(
    state: PagerState, chooser: ChooserState, name: str, action: str | None, context: PagerContext
) -> tuple[PagerState, Effect | None]:
    """Return the state after a key in the list, and the effect that the display has to carry out.

    Args:
        state: the state; the list is shown.
        chooser: the list.
        name: the default key that the typed one stands for.
        action: its action outside the list.
        context: the document.
    """
    choice = context.column_choice(state) or ColumnChoice()
    if name == "Escape" or action in ("back", "columns"):
        return state._replace(chooser=None), None
    if name == "F1":
        return state._replace(help_row=0), None
    last = len(chooser.fields) - 1
    page = chooser_height(context)
    steps = {"down": 1, "up": -1, "page-down": page, "page-up": -page, "start": -last, "end": last}
    if name in (" ", "Enter"):
        return _chosen(state, choice.toggled(chooser.name), choice, chooser), None
    if name == "h":
        return _chosen(state, choice.with_hidden(chooser.name), choice, chooser), None
    if action in ("left", "right"):
        return _moved(state, choice, chooser, 1 if action == "right" else -1), None
    if name == "s":
        return state, WriteColumns(choice)
    if name == "r":
        return state._replace(choice=None, message="columns as they were at the start"), None
    if action in steps:
        row = min(max(chooser.row + steps[action], 0), last)
        return state._replace(chooser=chooser._replace(row=row)), None
    return state._replace(message=f"{key_label(name)} does nothing here: F1 shows the keys"), None


def _chosen(state: PagerState, after: ColumnChoice, before: ColumnChoice, chooser: ChooserState) -> PagerState:
    if after == before:
        return state._replace(message=f"the {chooser.name} is always shown")
    return state._replace(choice=after)


def _moved(state: PagerState, choice: ColumnChoice, chooser: ChooserState, step: int) -> PagerState:
    """Return the state with the chosen column moved, in the list too."""
    if chooser.name not in choice.columns:
        return state._replace(message=f"{chooser.name} is not a column: Space makes it one")
    after = choice.moved(chooser.name, step)
    known = {each.name: each for each in chooser.fields}
    fields = [known[name] for name in after.columns if name in known]
    fields += [each for each in chooser.fields if each.name not in after.columns]
    row = next(number for number, each in enumerate(fields) if each.name == chooser.name)
    return state._replace(choice=after, chooser=ChooserState(tuple(fields), row))


# -- rows --------------------------------------------------------------------------------------------------------------


def chooser_height(context: PagerContext) -> int:
    """Return the number of rows of the list: half of the screen, or all but a few of it if it needs more."""
    height = context.height
    return max(height // 2, min(height - MIN_LOG_ROWS, 6), 1)


def chooser_rows(chooser: ChooserState, choice: ColumnChoice, width: int, height: int) -> list[tuple[str, bool]]:
    """Return the rows of the list around the chosen field, each with whether it is that of the chosen one.

    Args:
        chooser: the list.
        choice: the columns and hidden fields.
        width: in cells, that no row exceeds.
        height: number of rows at most.
    """
    first = min(max(chooser.row - height // 2, 0), max(len(chooser.fields) - height, 0))
    names = [mark_controls(each.name) for each in chooser.fields]
    room = min(max(map(cells, names), default=0), MAX_NAME_CELLS)
    rows = []
    for number, each in list(enumerate(chooser.fields))[first : first + height]:
        marker = ">" if number == chooser.row else " "
        name = clip(names[number], room)
        pad = " " * (room - cells(name))
        text = (
            f"{marker} {_mark(each.name, choice)} {name}{pad} {percent(each.share):>5}  {mark_controls(each.example)}"
        )
        shown = text if cells(text) <= width else clip(text, width - 1) + "…"
        rows.append((shown.rstrip(), number == chooser.row))
    return rows


def _mark(name: str, choice: ColumnChoice) -> str:
    """Return the mark of a field: the number of its column, a minus if it is hidden, or a blank."""
    if name in choice.columns:
        return f"[{choice.columns.index(name) + 1}]"
    return "[-]" if name in choice.hidden or name in STANDARD_COLUMNS else "[ ]"
