"""Moves of the viewport: by rows, to an anchor, to a percentage, and sideways.

Invariants:
- Scrolling ends with the last row at the bottom of the screen. Every move away from the end stops following.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reflowlog.core.records import Anchor
from reflowlog.pager.state import PagerState

if TYPE_CHECKING:
    from reflowlog.pager.context import PagerContext

__all__ = ["WHEEL_ROWS", "Action", "fill_screen", "jump", "scroll", "sideways", "to_percent", "top_anchor"]

WHEEL_ROWS = 3  # rows that one step of the wheel scrolls
MAX_SCROLL_ROWS = 5_000  # rows that one key scrolls at most, whatever number is typed before it

Action = Callable[[PagerState, "PagerContext", "int | None"], PagerState]
"""Makes the next state; its last argument is the number typed before the key."""


def scroll(unit: Callable[[PagerContext], int]) -> Action:
    """Return the action that scrolls by units of some rows, down for a positive unit."""

    def move(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
        rows = unit(context) * (1 if count is None else count)
        if abs(rows) > MAX_SCROLL_ROWS:
            state = state._replace(message=f"moved by {MAX_SCROLL_ROWS:,} rows, the most at once")
            rows = MAX_SCROLL_ROWS if rows > 0 else -MAX_SCROLL_ROWS
        return _scroll_down(state, context, rows) if rows > 0 else _scroll_up(state, context, -rows)

    return move


def _scroll_down(state: PagerState, context: PagerContext, rows: int) -> PagerState:
    """Return the state `rows` rows further down, at most with the last row at the bottom of the screen."""
    if state.following:
        return state
    found, more = context.take_rows(context.viewport.below(context.shown, state.top), rows + context.height)
    at = max(min(rows, len(found) - (1 if more else context.height)), 0)
    return state._replace(top=found[at].anchor) if at else state


def _scroll_up(state: PagerState, context: PagerContext, rows: int) -> PagerState:
    """Return the state `rows` rows further up."""
    if state.following:
        visible_rows = context.visible_rows_of(state)
        if not visible_rows:
            return state
        state = state._replace(top=visible_rows[0].anchor)
        if len(visible_rows) < context.height:  # the whole document is on the screen
            return state
    found, _ = context.take_rows(context.viewport.above(context.shown, state.top), rows)
    return state._replace(top=found[-1].anchor if found else state.top, following=False)


def to_percent(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
    """Go to the percentage of the document that was typed before the key."""
    if count is None:
        return state._replace(message="a number before % goes there: 50%")
    text = context.document.text
    if count > 100:
        return state._replace(message=f"{count}% is more than 100%")
    offset = context.document.at(text.start + (text.end - text.start) * count // 100)
    return jump(state, context, Anchor(offset, 0))


def top_anchor(state: PagerState, context: PagerContext) -> Anchor:
    """Return the anchor of the top of the screen."""
    if not state.following:
        return state.top
    visible_rows = context.visible_rows_of(state)
    return visible_rows[0].anchor if visible_rows else state.top


def jump(state: PagerState, context: PagerContext, top: Anchor) -> PagerState:
    """Return the state with another top; a position near the end is shown with a full screen."""
    state = state._replace(back=top_anchor(state, context), top=top, following=False, pending=None)
    return fill_screen(state, context)


def fill_screen(state: PagerState, context: PagerContext) -> PagerState:
    """Return the state without blank rows below the end, as far as there are rows to fill the screen."""
    found, more = context.take_rows(context.viewport.below(context.shown, state.top), context.height)
    missing = context.height - len(found)
    if more or not found or missing <= 0:
        return state
    above, _ = context.take_rows(context.viewport.above(context.shown, state.top), missing)
    return state._replace(top=above[-1].anchor) if above else state


def sideways(right: bool) -> Action:
    """Return the action that shifts unwrapped lines by half a screen, or by a typed number of cells."""

    def move(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
        if state.wrapped:
            return state._replace(message="lines are wrapped: S shows them unwrapped")
        if not right and not state.shift:
            return state._replace(message="this is the left edge")
        step = max(context.size.columns // 2, 1) if count is None else count
        return state._replace(shift=max(state.shift + (step if right else -step), 0))

    return move
