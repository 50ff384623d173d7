"""Keys of the detail of a record: they make the next state, as `pager/update.py` does for the document."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from reflowlog.pager.bindings import key_label
from reflowlog.pager.detail import DetailState
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.movement import WHEEL_ROWS
from reflowlog.pager.state import Copy, Edit
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.column_names import STANDARD_COLUMNS
from reflowlog.text.parse.code_locations import find_code_locations
from reflowlog.text.search.comparison import is_name, read_comparison
from reflowlog.text.search.pattern_source import PatternError

if TYPE_CHECKING:
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.detail import Detail, DetailView
    from reflowlog.pager.state import Effect, PagerState
    from reflowlog.text.layout.record_detail import DetailField, Kind

__all__ = ["comparison_with", "copy_record", "edit_record", "handle_detail_key", "meant_offset", "open_detail"]

MAX_SEARCHED_CHARS = 100_000  # characters of a value that are searched for names of files
MAX_SEARCHED_FIELDS = 500  # fields
MAX_COMPARED_CHARS = 1_000  # characters of a value that a record is compared with

OUTSIDE_ACTIONS = frozenset(
    {
        *("search", "search-up", "next", "previous", "next-error", "previous-error", "next-warning"),
        *("previous-warning", "filter", "drop-filter", "less-context", "more-context", "level"),
    }
)
"""Actions that do the same as outside the detail, which then shows the record of the hit."""


AddFilter = Callable[["PagerState", str, "PagerContext"], "PagerState"]
"""Adds a filter as it would be typed."""


def meant_offset(state: PagerState, context: PagerContext) -> int | None:
    """Return the offset of the record that a key is meant for: that of the detail, else of the hit, else at the top.

    The hit counts if it is on the screen. None: nothing is shown.
    """
    if state.detail is not None:
        return state.detail.offset
    offsets = [visible_row.line.offset for visible_row in context.visible_rows_of(state)]
    if state.hit is not None and state.hit.line in offsets:
        return state.hit.line
    return offsets[0] if offsets else None


def open_detail(state: PagerState, context: PagerContext) -> PagerState:
    """Return the state with the detail of the record that is meant."""
    offset = meant_offset(state, context)
    detail = None if offset is None else context.detail_at(offset)
    if detail is None:
        return state._replace(message="there is no record to open")
    return state._replace(detail=DetailState(detail.record.offset))


def handle_detail_key(
    state: PagerState,
    name: str,
    action: str | None,
    count: int,
    context: PagerContext,
    act: Callable[[str, PagerState], PagerState],
    add_filter: AddFilter,
) -> tuple[PagerState, Effect | None]:
    """Return the state after a key in the detail, and the effect that the display has to carry out.

    Args:
        state: the state; its detail is shown.
        name: the default key that the typed one stands for.
        action: its action outside the detail.
        count: the number typed before it, or 1.
        context: the document.
        act: carries out an action of the pager.
        add_filter: adds a typed filter to the state.
    """
    place = state.detail
    view = None if place is None else context.detail_view(place.offset)
    if place is None or view is None or name == "Escape" or action in ("back", "detail"):
        return state._replace(detail=None), None
    height = context.height
    scrolled = _SCROLLS.get(action or "")
    if scrolled is not None and name != "f":
        return state._replace(detail=view.scroll(place, scrolled(height) * count, height)), None
    if action in ("down", "up"):
        for _ in range(min(count, height + len(view.detail.fields))):
            place = view.step(place, 1 if action == "down" else -1, height)
        return state._replace(detail=place), None
    if action in ("start", "end"):
        number = 0 if action == "start" else len(view.detail.fields) - 1
        return state._replace(detail=view.choose(place, number, height)), None
    if action in ("left", "right"):
        return _turn(state, place, view, context, count if action == "right" else -count), None
    field = view.field_of(place)
    if name in ("f", "x"):
        return _add_comparison(state, field, view, context, add_filter, "!" if name == "x" else ""), None
    if name in ("y", "Y"):
        return state, _copy_field(field, view.detail) if name == "y" else copy_record(view.detail)
    if name in ("c", "h"):
        return _choose_column(state, field, view, context, hides=name == "h"), None
    if action == "edit":
        return state, edit_record(view.detail, field)
    if action in OUTSIDE_ACTIONS:
        return act(action, state), None
    if name == "F1":
        return state._replace(help_row=0), None
    return state._replace(message=f"{key_label(name)} does nothing here: F1 shows the keys"), None


_SCROLLS: dict[str, Callable[[int], int]] = {
    "page-down": lambda height: height,
    "page-up": lambda height: -height,
    "half-down": lambda height: max(height // 2, 1),
    "half-up": lambda height: -max(height // 2, 1),
    "wheel-down": lambda _: WHEEL_ROWS,
    "wheel-up": lambda _: -WHEEL_ROWS,
}


def _turn(state: PagerState, place: DetailState, view: DetailView, context: PagerContext, count: int) -> PagerState:
    """Return the state at the detail of a record further on, or further back, among those that are shown."""
    record = view.detail.record
    for number in range(abs(count)):
        try:
            neighbour = context.filtered.after(record.last) if count > 0 else context.filtered.before(record.offset)
        except NotReady:
            return state._replace(message="the filters have not come that far yet")
        if neighbour is None and not number:
            return state._replace(message=f"this is the {'last' if count > 0 else 'first'} record that is shown")
        detail = None if neighbour is None or context.budget.is_over else context.detail_at(neighbour)
        if detail is None:
            break
        record = detail.record
    following = context.detail_view(record.offset)
    if following is None:
        return state
    path = view.field_of(place).path
    paths = [field.path for field in following.detail.fields]
    number = paths.index(path) if path in paths else len(paths) - 1 if not path else 0
    return state._replace(detail=following.choose(DetailState(record.offset), number, context.height))


def _bounded(text: str) -> str:
    """Return a text, or the start and the end of a long one."""
    half = MAX_SEARCHED_CHARS // 2
    return text if len(text) <= MAX_SEARCHED_CHARS else f"{text[:half]}\n{text[-half:]}"


def edit_record(detail: Detail, field: DetailField | None = None) -> Edit:
    """Return the request to edit a file that a record names: in a field, then in its traceback, source and the rest."""
    order: tuple[Kind, ...] = ("trace", "source", "message", "value", "line")
    fields = sorted([each for each in detail.fields if each.kind in order], key=lambda each: order.index(each.kind))
    texts = map(
        _bounded, ([] if field is None else [field.value]) + [each.value for each in fields[:MAX_SEARCHED_FIELDS]]
    )
    clean = ("\n".join([sanitize(line)[0] for line in text.split("\n")]) for text in texts)
    return Edit(tuple(find_code_locations(clean)), detail.record.offset)


# -- keys on a field ---------------------------------------------------------------------------------------------------


def comparison_with(field: DetailField) -> str | None:
    """Return the comparison that holds for records with this value of the field; None if there is none.

    >>> from reflowlog.text.layout.record_detail import DetailField
    >>> comparison_with(DetailField("user", "Ada L", ("Ada L",), "value", "user"))
    'user="Ada L"'
    >>> comparison_with(DetailField("status", "500", ("500",), "value", "status"))
    'status=500'
    """
    path = field.path
    if field.is_nested or not path or not is_name(path) or len(field.value) > MAX_COMPARED_CHARS:
        return None
    if any("\ud800" <= each <= "\udfff" for each in field.value):  # JSON may hold half a character
        return None
    quoted = field.value.replace("\\", "\\\\").replace('"', '\\"')
    for source in (f"{path}={field.value}", f'{path}="{quoted}"'):
        try:
            comparison = read_comparison(source)
        except PatternError:
            continue
        if comparison is None or comparison.operator != "=":
            continue
        if (comparison.name, comparison.value) == (path, field.value):
            return source
    return None


def _find_comparison(field: DetailField, data: bytes, context: PagerContext) -> str | None:
    """Return a comparison with the field's value that holds for the record itself; None if there is none.

    A time of nanoseconds is compared by its millisecond.
    """
    values = [field.value]
    if field.kind == "time":
        values += [_to_millisecond(field.value)]
    for value in values:
        source = comparison_with(field._replace(value=value))
        if source is not None and context.compile(source).matching(data):
            return source
    return None


def _to_millisecond(time: str) -> str:
    """Return a full time with three digits after the second."""
    return re.sub(r"(\.\d{3})\d+", r"\1", time)


def _add_comparison(
    state: PagerState, field: DetailField, view: DetailView, context: PagerContext, add_filter: AddFilter, sign: str
) -> PagerState:
    """Return the state with a filter by the field's value; with the sign ``!`` one that excludes it."""
    source = _find_comparison(field, view.detail.record.data, context)
    if source is None:
        why = "choose a value in it" if field.is_nested else "& filters by text"
        return state._replace(message=f"{field.path or field.name} cannot be compared: {why}")
    before = state.criteria
    state = add_filter(state, sign + source, context)
    if state.criteria != before and not state.message:
        state = state._replace(message=f"{'not shown' if sign else 'only'}: {source}; U undoes it")
    return state


def _choose_column(
    state: PagerState, field: DetailField, view: DetailView, context: PagerContext, *, hides: bool
) -> PagerState:
    """Return the state with the field as a column, or hidden; or as it was before that."""
    choice = context.column_choice(state)
    name = field.path
    if hides and not field.name:  # a value in a nested field: the field that holds it
        number = view.detail.fields.index(field)
        name = next(each.path for each in reversed(view.detail.fields[:number]) if each.name)
    if choice is None or not context.viewport.records_of(view.detail.record.data.partition(b"\n")[0]):
        return state._replace(message="only fields of JSON and logfmt are columns")
    if not name or name in ("message", "trace"):
        return state._replace(message=f"{name or 'the line'} is not a column" if not hides else "this is always shown")
    after = choice.with_hidden(name) if hides else choice.toggled(name)
    gone = name not in after.columns if name in STANDARD_COLUMNS else name in after.hidden
    what = (
        "hidden" if gone and hides else "a column" if name in after.columns else "no column" if not hides else "shown"
    )
    return state._replace(choice=after, message=f"{name} is {what}; {'h' if hides else 'c'} takes that back")


def copy_record(detail: Detail) -> Copy:
    """Return the request to copy a record as it came; of a longer one than is read, its start."""
    return Copy(detail.original, "the record", detail.record.is_whole)


def _copy_field(field: DetailField, detail: Detail) -> Copy:
    """Return the request to copy a field's value; of the last value of a record that is cut, its start."""
    if not field.path:
        return copy_record(detail)
    value = field.value.encode("utf-8", "replace")
    is_whole = detail.record.is_whole or not detail.original.endswith(value.rpartition(b"\n")[2])
    return Copy(value, field.path, is_whole)
