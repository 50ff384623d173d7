"""Ways to a line or a match that may lie far away: pending operations, continued by `advance` between two keys.

Invariants:
- No step takes longer than its budget. What is not found by then is stored in the state as `Goto` or `Seek`.
- A search that reaches the end of the document continues from the other end, once, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.records import Anchor
from reflowlog.pager.detail import DetailState
from reflowlog.pager.level_indexes import ERRORS
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.movement import fill_screen, jump, top_anchor
from reflowlog.pager.state import Goto, PagerState, Seek
from reflowlog.pager.viewport import VisibleRow
from reflowlog.text.clean import cells
from reflowlog.text.search.pattern_source import no_match_hint

if TYPE_CHECKING:
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.movement import Action

__all__ = [
    "advance",
    "follow",
    "go_to_line",
    "next_hit",
    "previous_hit",
    "scroll_to_hit",
    "seek_level",
    "to_end",
    "to_start",
    "unfold_at",
]


_TOO_FEW = "there are fewer matches than that"


def advance(state: PagerState, context: PagerContext) -> PagerState:
    """Return the state after a slice of the pending work, until the budget is over."""
    context.sync(state)
    if isinstance(state.pending, Seek):
        state = _seek(state, state.pending, context)
    elif isinstance(state.pending, Goto):
        state = go_to_line(state, state.pending, context)
    try:
        if context.incomplete:  # the end of a run of repeats may be waited for
            context.folds.step()
        for match_index in context.indexes.in_background():
            if not match_index.is_complete and not context.budget.is_over:
                match_index.step()
    except NotReady:
        pass  # the regex worker has not answered yet
    return state


def go_to_line(state: PagerState, pending: Goto, context: PagerContext) -> PagerState:
    """Go to a line by its number, as soon as that line is indexed."""
    text = context.document.text
    offset = text.offset_of(pending.number)
    if offset is not None:
        return jump(unfold_at(state, context, offset), context, Anchor(offset, 0))
    if text.count is None:
        return state._replace(pending=pending)
    held = text.number_at(text.start)
    if held is not None and pending.number < held:
        return to_start(state, context, None)._replace(message=f"line {pending.number + 1:,} is no longer held")
    last = context.document.at(text.end)
    message = f"the last line is {text.count:,}" if text.count else "there are no lines"
    return jump(state, context, Anchor(last, 0))._replace(message=message)


def to_start(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
    """Go to the start, or to the line whose number was typed."""
    if count is not None:
        return go_to_line(state, Goto(max(count - 1, 0)), context)
    return jump(state, context, Anchor(context.document.text.start, 0))


def to_end(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
    """Follow the end, or go to the line whose number was typed."""
    if count is not None:
        return go_to_line(state, Goto(max(count - 1, 0)), context)
    if state.following:
        return state
    return state._replace(back=top_anchor(state, context), following=True, pending=None)


def follow(state: PagerState, context: PagerContext, _count: int | None) -> PagerState:
    """Follow the end."""
    return to_end(state, context, None)


def unfold_at(state: PagerState, context: PagerContext, offset: int) -> PagerState:
    """Return the state with a segment visible that may be folded."""
    folds = context.opened_folds(state, offset)
    if folds != state.folds and not state.raw:
        state = state._replace(folds=folds)
        context.sync(state)
    return state


def next_hit(state: PagerState, context: PagerContext, count: int | None, *, reverse: bool = False) -> PagerState:
    """Return the state at the next hit; at the previous one with ``reverse``."""
    if state.search is None:
        return state._replace(message="nothing to search for: / searches")
    context.sync(state)
    upward = state.upward != reverse
    return _seek(state, Seek(None, upward, _search_origin(state, context, upward), repeat=count or 1), context)


def previous_hit(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
    """Return the state at the previous match."""
    return next_hit(state, context, count, reverse=True)


def seek_level(levels: tuple[int, int], *, upward: bool) -> Action:
    """Return the action that goes to the next record of some levels, upward or downward."""

    def seek(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
        return _seek(state, Seek(levels, upward, _search_origin(state, context, upward), repeat=count or 1), context)

    return seek


def _search_origin(state: PagerState, context: PagerContext, upward: bool) -> int:
    """Return the offset beyond which to search: the hit's if it is on the screen, else the one before the screen.

    While a record is shown in detail, it is that record's.
    """
    detail = None if state.detail is None else context.detail_at(state.detail.offset)
    if detail is not None:
        return detail.record.offset if upward else detail.record.last
    offsets = [visible_row.line.offset for visible_row in context.visible_rows_of(state)]
    if state.hit is not None and state.hit.line in offsets:
        return state.hit.line
    if not offsets:
        return context.document.text.end if upward else context.document.text.start - 1
    return offsets[-1] + 1 if upward else offsets[0] - 1


def _seek(state: PagerState, pending: Seek, context: PagerContext) -> PagerState:
    match_index = context.levels.between(*pending.levels) if pending.levels else context.indexes.hits
    if match_index is None:
        return state._replace(pending=None)
    try:
        while True:
            hit = match_index.before(pending.offset) if pending.upward else match_index.after(pending.offset)
            if hit is not None and pending.repeat > 1:
                pending = pending._replace(offset=hit, repeat=pending.repeat - 1)
                if context.budget.is_over:
                    return state._replace(pending=pending)
            elif hit is not None:
                return _show_hit(state, pending, hit, context)
            elif pending.again and _is_within(pending.offset, context):  # a match: they were counted round once
                return _show_hit(state, pending, pending.offset, context)._replace(message=_TOO_FEW)
            elif pending.again:
                break
            else:  # continue from the other end
                text = context.document.text
                pending = pending._replace(offset=text.end if pending.upward else text.start - 1, again=True)
    except NotReady:
        return state._replace(pending=pending)
    return state._replace(pending=None, message=_explain_no_match(state, pending, context))


def _is_within(offset: int, context: PagerContext) -> bool:
    """Return whether an offset is one of a segment, not the position from which a search goes round."""
    text = context.document.text
    return text.start <= offset < text.end


def _explain_no_match(state: PagerState, pending: Seek, context: PagerContext) -> str:
    """Return the message for a search without a match, with a hint where the case may be the reason."""
    among = " among what is shown" if context.indexes.filter_index else ""
    if pending.levels is not None:
        return f"{'no error' if pending.levels == ERRORS else 'no warning'}{among}"
    search = state.search
    if search is not None and search.unknown:
        return search.unknown
    hint = ""
    if search is not None and not search.of_fields:
        hint = no_match_hint(search.source, ignore_case=context.settings.ignore_case)
    return f"no match{among}{f': {hint}' if hint else ''}"


def _show_hit(state: PagerState, pending: Seek, start: int, context: PagerContext) -> PagerState:
    """Return the state with a hit in view: where it is if it is on the screen, else a third below the top."""
    state = unfold_at(state, context, start)
    try:
        offset = context.highlight.first_offset(context.viewport.line(start)) if pending.levels is None else 0
    except NotReady:
        offset = 0
    hit = Anchor(start, offset)
    if state.detail is not None:
        detail = context.detail_at(start)
        place = DetailState(start if detail is None else detail.record.offset)
        state = state._replace(detail=place if pending.levels else _choose_match(place, context))
    message = "" if not pending.again else "went round: " + ("from the end" if pending.upward else "from the start")
    state = state._replace(
        hit=hit, hit_is_level=pending.levels is not None, pending=None, message=message or state.message
    )
    if state.following:  # new input would scroll the hit away
        state = state._replace(top=top_anchor(state, context), following=False)
    number = context.viewport.line(start).row_of(hit.offset)
    if not state.wrapped and pending.levels is None:
        state = _shift_to_match(state, VisibleRow(context.viewport.line(start), number), context)
    return scroll_to_hit(state, hit, context)


def _choose_match(place: DetailState, context: PagerContext) -> DetailState:
    """Return the position in a detail with the first field chosen that a search matches."""
    view = context.detail_view(place.offset)
    if view is None:
        return place

    def find(text: str) -> int | None:
        return next((start for start, _ in context.highlight.text_spans(text)), None)

    try:
        return view.choose_match(place, find, context.height)
    except NotReady:
        return place


def scroll_to_hit(state: PagerState, hit: Anchor, context: PagerContext) -> PagerState:
    """Return the state with the row of a hit in view: where it is, or else a third below the top."""
    line = context.viewport.line(hit.line)
    number = line.row_of(hit.offset)
    if any(
        each.line.offset == hit.line and each.number == number and not each.line.kind
        for each in context.visible_rows_of(state)
    ):
        return state
    rows, _ = context.take_rows(context.viewport.above(context.shown, hit), context.height // 3)
    top = rows[-1].anchor if rows else VisibleRow(line, number).anchor
    back = top_anchor(state, context)
    return fill_screen(state._replace(top=top, following=False, back=back), context)


def _shift_to_match(state: PagerState, visible_row: VisibleRow, context: PagerContext) -> PagerState:
    """Return the state shifted sideways, if no part of a match in an unwrapped row is on the screen, to the first."""
    try:
        spans = context.highlight.row_spans(visible_row)
    except NotReady:
        return state
    text, width = visible_row.styled.text, context.size.columns
    places = [(cells.cells(text[:start]), cells.cells(text[:end])) for start, end in spans]
    if not places or any(first < state.shift + width and last > state.shift for first, last in places):
        return state
    first, last = places[0]
    state = state._replace(shift=0 if last <= width else max(first - width // 3, 0))
    context.sync(state)
    return state
