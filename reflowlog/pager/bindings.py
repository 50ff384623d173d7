"""Keys: what each makes of a viewer. And what time makes of one that has an errand.

Rules of this file:
- A key makes another value of a viewer (`handle_key`), and so does time (`advance`). Nothing here is painted or read from a
  terminal. What is known of the document lies on the `PagerContext`.
- Scrolling ends where the last row is at the bottom of the screen. Only `G`, `End` and `F` begin to follow the end, and
  all that leads away from it ends that.
- Nothing takes longer than its budget: what does is an *errand*, which goes on between two looks at the keyboard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from reflowlog.core.records import Anchor
from reflowlog.pager import prompts as prompts
from reflowlog.pager.context import ERRORS, WARNINGS
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.state import Goto, PagerState, Save, Seek
from reflowlog.pager.viewport import VisibleRow
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_levels import parse_level
from reflowlog.text.search.pattern_source import PatternError
from reflowlog.text.search.query import compile_query

if TYPE_CHECKING:
    from reflowlog.core.events import Key
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.filter import FilterCriteria
    from reflowlog.pager.prompts import Kind, Prompt

__all__ = ["advance", "handle_key", "interrupt", "is_opening_key"]

WHEEL_ROWS = 3  # rows


# -- keys -----------------------------------------------------------------------------------------------------------

Action = Callable[[PagerState, "PagerContext"], PagerState]


def is_opening_key(key: Key, own: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Whether a key is one of the viewer's, and so opens it.

    Args:
        key: that was typed.
        own: what the user's own keys mean: the name of another key, or nothing.
    """
    name = own.get(key.name, key.name)
    return name in _ACTIONS and name not in _NOT_OPENING


def handle_key(state: PagerState, key: Key, context: PagerContext) -> PagerState:
    """The viewer after a key; one that means nothing changes nothing but takes the message away."""
    context.sync(state)
    if state.prompt is not None:
        return _handle_prompt_key(state, state.prompt, key, context)
    state = state._replace(message="")
    if state.waiting:
        return _handle_letter(state._replace(waiting=""), state.waiting, key, context)
    name = context.settings.keys.get(key.name, key.name)
    if state.helping:
        return state._replace(helping=False, leave="quit" if name == "Q" else "")
    action = _ACTIONS.get(name)
    return state if action is None else action(state, context)


def interrupt(state: PagerState, context: PagerContext) -> PagerState | None:
    """The viewer without its prompt, its errand or what is counted; None if there is nothing to interrupt."""
    context.sync(state)
    if state.prompt is not None or state.waiting:
        return state._replace(prompt=None, waiting="")
    background_indexes = [each for each in context.background_indexes() if not each.is_complete and not each.is_stopped]
    if state.pending is None and state.saving is None and not background_indexes:
        return None
    for each in background_indexes:
        each.stop()
    return state._replace(pending=None, saving=None, message="interrupted")


def _scroll(count: Callable[[PagerContext], int]) -> Action:
    def move(state: PagerState, context: PagerContext) -> PagerState:
        rows = count(context)
        return _scroll_down(state, context, rows) if rows > 0 else _scroll_up(state, context, -rows)

    return move


def _scroll_down(state: PagerState, context: PagerContext, rows: int) -> PagerState:
    """So many rows down, at most until the last row is at the bottom."""
    if state.following:
        return state
    found, later = context.take_rows(context.viewport.below(context.shown, state.top), rows + context.height)
    at = max(min(rows, len(found) - (1 if later else context.height)), 0)
    return state._replace(top=found[at].anchor) if at else state


def _scroll_up(state: PagerState, context: PagerContext, rows: int) -> PagerState:
    """So many rows up."""
    if state.following:
        visible_rows = context.visible_rows_of(state)
        if not visible_rows:
            return state
        state = state._replace(top=visible_rows[0].anchor)
        if len(visible_rows) < context.height:  # all of it is on the screen
            return state
    found, _ = context.take_rows(context.viewport.above(context.shown, state.top), rows)
    return state._replace(top=found[-1].anchor if found else state.top, following=False)


def _to_start(state: PagerState, context: PagerContext) -> PagerState:
    return _jump(state, context, Anchor(context.document.text.start, 0))


def _to_end(state: PagerState, context: PagerContext) -> PagerState:
    if state.following:
        return state
    return state._replace(back=_top_anchor(state, context), following=True, pending=None)


def _top_anchor(state: PagerState, context: PagerContext) -> Anchor:
    """What is at the top of the screen."""
    if not state.following:
        return state.top
    visible_rows = context.visible_rows_of(state)
    return visible_rows[0].anchor if visible_rows else state.top


def _jump(state: PagerState, context: PagerContext, top: Anchor) -> PagerState:
    """The viewer elsewhere; what is near the end is shown with a full screen."""
    state = state._replace(back=_top_anchor(state, context), top=top, following=False, pending=None)
    return _fill_screen(state, context)


def _fill_screen(state: PagerState, context: PagerContext) -> PagerState:
    """With no blank rows under the end, as far as there is something to fill the screen with."""
    found, later = context.take_rows(context.viewport.below(context.shown, state.top), context.height)
    missing = context.height - len(found)
    if later or not found or missing <= 0:
        return state
    more, _ = context.take_rows(context.viewport.above(context.shown, state.top), missing)
    return state._replace(top=more[-1].anchor) if more else state


def _sideways(right: bool) -> Action:
    def move(state: PagerState, context: PagerContext) -> PagerState:
        if state.wrapped:
            return state._replace(message="lines are wrapped: S shows them unwrapped")
        step = max(context.size.columns // 2, 1)
        return state._replace(shift=max(state.shift + (step if right else -step), 0))

    return move


def _toggle_wrap(state: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001 - an action's signature
    return state._replace(wrapped=not state.wrapped, shift=0)


def _toggle_raw(state: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001
    return state._replace(raw=not state.raw, message="" if state.raw else "raw: the text as it came")


def _open_prompt(kind: Kind) -> Action:
    def ask(state: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001
        return state._replace(prompt=prompts.open_prompt(kind, state.past.get(kind, ())))

    return ask


def _expect_letter(key: Literal["m", "'"]) -> Action:
    def ask(state: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001
        return state._replace(waiting=key)

    return ask


def _handle_letter(state: PagerState, waiting: str, key: Key, context: PagerContext) -> PagerState:
    name = key.name
    if name == "Escape" or len(name) > 1:
        return state
    if waiting == "m":
        marks = {**state.marks, name: _top_anchor(state, context)}
        return state._replace(marks=MappingProxyType(marks), message=f"mark {name} is set")
    if name == "'":
        return state if state.back is None else _jump(state, context, state.back)
    if name not in state.marks:
        return state._replace(message=f"there is no mark {name}")
    return _jump(state, context, state.marks[name])


def _show_help(state: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001
    return state._replace(helping=True)


def _leave(how: Literal["back", "quit"]) -> Action:
    def leave(state: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001
        return state._replace(leave=how, pending=None, saving=None)

    return leave


def _redraw(state: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001
    return state._replace(redraw=True)


def _report_position(state: PagerState, context: PagerContext) -> PagerState:
    text = context.document.text
    top = _top_anchor(state, context).record
    number = text.number_at(top)
    of = "" if text.count is None else f" of {text.count:,}"
    facts = [
        "" if number is None else f"line {number + 1:,}{of}",
        f"byte {top - text.start:,} of {text.end - text.start:,}",
        f"marks {''.join(sorted(state.marks))}" if state.marks else "",
    ]
    return state._replace(message=", ".join(fact for fact in facts if fact))


# -- prompts --------------------------------------------------------------------------------------------------------


def _handle_prompt_key(state: PagerState, prompt: Prompt, key: Key, context: PagerContext) -> PagerState:
    if key.name in ("Escape", "Ctrl-C", "Ctrl-G") or (key.name == "Backspace" and not prompt.text):
        return state._replace(prompt=None)
    if key.name != "Enter":
        return state._replace(prompt=prompts.handle_key(prompt, key))
    state = state._replace(prompt=None, message="")
    text = prompt.text
    if text and text not in state.past.get(prompt.kind, ())[-1:]:
        past = {**state.past, prompt.kind: (*state.past.get(prompt.kind, ()), text)}
        state = state._replace(past=MappingProxyType(past))
    return _ANSWERS[prompt.kind](state, text, context)


def _make_search(upward: bool) -> Callable[[PagerState, str, PagerContext], PagerState]:
    def search(state: PagerState, text: str, context: PagerContext) -> PagerState:
        if text:
            try:
                state = state._replace(
                    search=compile_query(text, context.settings.render.appearance.names or USUAL), hit=None
                )
            except PatternError as error:
                return state._replace(message=str(error))
        return _next_hit(state._replace(upward=upward), context)

    return search


def _set_filter(state: PagerState, text: str, context: PagerContext) -> PagerState:
    invert = text.startswith("!")
    source = text[1:] if invert else text
    if not source:
        return _set_criteria(state, context, state.criteria._replace(pattern=None, invert=False))
    try:
        pattern = compile_query(source, context.settings.render.appearance.names or USUAL)
    except PatternError as error:
        return state._replace(message=str(error))
    return _set_criteria(state, context, state.criteria._replace(pattern=pattern, invert=invert))


def _set_level(state: PagerState, text: str, context: PagerContext) -> PagerState:
    level = parse_level(text) if text else None
    if text and level is None:
        return state._replace(message=f"{text!r} is no level: debug, info, warning, error, critical, or a number")
    return _set_criteria(state, context, state.criteria._replace(level=level))


def _set_criteria(state: PagerState, context: PagerContext, criteria: FilterCriteria) -> PagerState:
    """Show something else, from where one is."""
    is_stopped = "saving was stopped: something else is shown" if state.saving is not None else state.message
    state = state._replace(criteria=criteria, pending=None, saving=None, message=is_stopped)
    if not state.following:
        context.sync(state)
        state = _fill_screen(state, context)
    return state


def _go_to_number(state: PagerState, text: str, context: PagerContext) -> PagerState:
    digits = text.strip().replace(",", "")
    if not digits:
        return state
    if not (digits.isascii() and digits.isdigit()):
        return state._replace(message=f"{text!r} is no line number")
    return _go_to_line(state, Goto(max(int(digits) - 1, 0)), context)


def _start_saving(state: PagerState, text: str, context: PagerContext) -> PagerState:  # noqa: ARG001
    if state.saving is not None:
        return state._replace(message=f"{state.saving.path} is still being saved")
    return state._replace(saving=Save(text)) if text.strip() else state


# -- errands --------------------------------------------------------------------------------------------------------


def advance(state: PagerState, context: PagerContext) -> PagerState:
    """Go on with what takes longer, as long as the budget lasts."""
    context.sync(state)
    if isinstance(state.pending, Seek):
        state = _seek(state, state.pending, context)
    elif isinstance(state.pending, Goto):
        state = _go_to_line(state, state.pending, context)
    try:
        for match_index in context.background_indexes():
            if not context.budget.is_over:
                match_index.step()
    except NotReady:
        pass  # somebody else is at it
    return state


def _go_to_line(state: PagerState, pending: Goto, context: PagerContext) -> PagerState:
    text = context.document.text
    offset = text.offset_of(pending.number)
    if offset is not None:
        return _jump(state, context, Anchor(offset, 0))
    if text.count is None:
        return state._replace(pending=pending)
    held = text.number_at(text.start)
    if held is not None and pending.number < held:
        return _to_start(state, context)._replace(message=f"line {pending.number + 1:,} is no longer held")
    last = context.document.at(text.end)
    message = f"the last line is {text.count:,}" if text.count else "there are no lines"
    return _jump(state, context, Anchor(last, 0))._replace(message=message)


def _next_hit(state: PagerState, context: PagerContext, *, reverse: bool = False) -> PagerState:
    """To the next hit; the previous one with ``reverse``."""
    if state.search is None:
        return state._replace(message="nothing to search for: / searches")
    context.sync(state)
    upward = state.upward != reverse
    return _seek(state, Seek(None, upward, _search_origin(state, context, upward)), context)


def _search_origin(state: PagerState, context: PagerContext, upward: bool) -> int:
    """The key beyond which to look: the hit's, while it is on the screen; else that before all on the screen."""
    visible_rows = context.visible_rows_of(state)
    offsets = [visible_row.line.offset for visible_row in visible_rows]
    if state.hit is not None and state.hit.record in offsets:
        return state.hit.record
    if not offsets:
        return context.document.text.end if upward else context.document.text.start - 1
    return offsets[-1] + 1 if upward else offsets[0] - 1


def _seek_level(levels: tuple[int, int], *, upward: bool) -> Action:
    def seek(state: PagerState, context: PagerContext) -> PagerState:
        return _seek(state, Seek(levels, upward, _search_origin(state, context, upward)), context)

    return seek


def _seek(state: PagerState, pending: Seek, context: PagerContext) -> PagerState:
    match_index = context.levels(*pending.levels) if pending.levels else context.hits
    if match_index is None:
        return state._replace(pending=None)
    try:
        found = match_index.before(pending.offset) if pending.upward else match_index.after(pending.offset)
    except NotReady:
        return state._replace(pending=pending)
    if found is not None:
        return _show_hit(state, pending, found, context)
    if not pending.again:  # from the other end on
        text = context.document.text
        return _seek(
            state, pending._replace(offset=text.end if pending.upward else text.start - 1, again=True), context
        )
    if pending.levels is None and state.search is not None and state.search.unknown:
        return state._replace(pending=None, message=state.search.unknown)
    what = "no match" if pending.levels is None else "no error" if pending.levels == ERRORS else "no warning"
    return state._replace(pending=None, message=f"{what}{' among what is shown' if context.filter_index else ''}")


def _show_hit(state: PagerState, pending: Seek, start: int, context: PagerContext) -> PagerState:
    """Show a hit: where it is, if it is on the screen, else a third below the top."""
    try:
        offset = context.first_match_offset(context.viewport.line(start)) if pending.levels is None else 0
    except NotReady:
        offset = 0
    hit = Anchor(start, offset)
    message = "" if not pending.again else "went round: " + ("from the end" if pending.upward else "from the start")
    state = state._replace(
        hit=hit, hit_is_level=pending.levels is not None, pending=None, message=message or state.message
    )
    if state.following:  # else what comes next would take the hit away
        state = state._replace(top=_top_anchor(state, context), following=False)
    number = context.viewport.line(start).row_of(hit.offset)
    if any(
        visible_row.line.offset == start and visible_row.number == number
        for visible_row in context.visible_rows_of(state)
    ):
        return state
    rows, _ = context.take_rows(context.viewport.above(context.shown, hit), context.height // 3)
    visible_row = VisibleRow(context.viewport.line(start), number)
    top = rows[-1].anchor if rows else visible_row.anchor
    back = _top_anchor(state, context)
    return _fill_screen(state._replace(top=top, following=False, back=back), context)


_ANSWERS: Mapping[str, Callable[[PagerState, str, PagerContext], PagerState]] = {
    "/": _make_search(upward=False),
    "?": _make_search(upward=True),
    "&": _set_filter,
    "l": _set_level,
    ":": _go_to_number,
    "s": _start_saving,
}

_ROW, _ROW_UP = _scroll(lambda _: 1), _scroll(lambda _: -1)
_PAGE, _PAGE_UP = _scroll(lambda context: context.height), _scroll(lambda context: -context.height)

_ACTIONS: Mapping[str, Action] = {
    **dict.fromkeys(("j", "Down", "Enter"), _ROW),
    **dict.fromkeys(("k", "Up"), _ROW_UP),
    **dict.fromkeys((" ", "f", "PageDown"), _PAGE),
    **dict.fromkeys(("b", "PageUp"), _PAGE_UP),
    "d": _scroll(lambda context: max(context.height // 2, 1)),
    "u": _scroll(lambda context: -max(context.height // 2, 1)),
    "WheelDown": _scroll(lambda _: WHEEL_ROWS),
    "WheelUp": _scroll(lambda _: -WHEEL_ROWS),
    **dict.fromkeys(("g", "Home"), _to_start),
    **dict.fromkeys(("G", "End", "F"), _to_end),
    "/": _open_prompt("/"),
    "?": _open_prompt("?"),
    "&": _open_prompt("&"),
    "l": _open_prompt("l"),
    ":": _open_prompt(":"),
    "s": _open_prompt("s"),
    "n": _next_hit,
    "N": lambda state, context: _next_hit(state, context, reverse=True),
    "e": _seek_level(ERRORS, upward=False),
    "E": _seek_level(ERRORS, upward=True),
    "w": _seek_level(WARNINGS, upward=False),
    "W": _seek_level(WARNINGS, upward=True),
    "m": _expect_letter("m"),
    "'": _expect_letter("'"),
    "S": _toggle_wrap,
    "r": _toggle_raw,
    "Left": _sideways(right=False),
    "Right": _sideways(right=True),
    **dict.fromkeys(("h", "F1"), _show_help),
    "=": _report_position,
    "Ctrl-L": _redraw,
    "q": _leave("back"),
    "Q": _leave("quit"),
}
_NOT_OPENING = {"q", "Q", "Ctrl-L"}
