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

__all__ = ["advance", "handle_key", "interrupt", "opens"]

WHEEL = 3  # rows


# -- keys -----------------------------------------------------------------------------------------------------------

Action = Callable[[PagerState, "PagerContext"], PagerState]


def opens(key: Key, own: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Whether a key is one of the viewer's, and so opens it.

    Args:
        key: that was typed.
        own: what the user's own keys mean: the name of another key, or nothing.
    """
    name = own.get(key.name, key.name)
    return name in _ACTIONS and name not in _NOT_OPENING


def handle_key(viewer: PagerState, key: Key, context: PagerContext) -> PagerState:
    """The viewer after a key; one that means nothing changes nothing but takes the message away."""
    context.follow(viewer)
    if viewer.prompt is not None:
        return _in_prompt(viewer, viewer.prompt, key, context)
    viewer = viewer._replace(message="")
    if viewer.waiting:
        return _with_letter(viewer._replace(waiting=""), viewer.waiting, key, context)
    name = context.settings.keys.get(key.name, key.name)
    if viewer.helping:
        return viewer._replace(helping=False, leave="quit" if name == "Q" else "")
    action = _ACTIONS.get(name)
    return viewer if action is None else action(viewer, context)


def interrupt(viewer: PagerState, context: PagerContext) -> PagerState | None:
    """The viewer without its prompt, its errand or what is counted; None if there is nothing to interrupt."""
    context.follow(viewer)
    if viewer.prompt is not None or viewer.waiting:
        return viewer._replace(prompt=None, waiting="")
    counting = [each for each in context.counting() if not each.complete and not each.stopped]
    if viewer.pending is None and viewer.saving is None and not counting:
        return None
    for each in counting:
        each.stop()
    return viewer._replace(pending=None, saving=None, message="interrupted")


def _rows(count: Callable[[PagerContext], int]) -> Action:
    def move(viewer: PagerState, context: PagerContext) -> PagerState:
        rows = count(context)
        return _down(viewer, context, rows) if rows > 0 else _up(viewer, context, -rows)

    return move


def _down(viewer: PagerState, context: PagerContext, rows: int) -> PagerState:
    """So many rows down, at most until the last row is at the bottom."""
    if viewer.following:
        return viewer
    found, later = context.take(context.viewport.below(context.shown, viewer.top), rows + context.height)
    at = max(min(rows, len(found) - (1 if later else context.height)), 0)
    return viewer._replace(top=found[at].anchor) if at else viewer


def _up(viewer: PagerState, context: PagerContext, rows: int) -> PagerState:
    """So many rows up."""
    if viewer.following:
        places = context.view(viewer)
        if not places:
            return viewer
        viewer = viewer._replace(top=places[0].anchor)
        if len(places) < context.height:  # all of it is on the screen
            return viewer
    found, _ = context.take(context.viewport.above(context.shown, viewer.top), rows)
    return viewer._replace(top=found[-1].anchor if found else viewer.top, following=False)


def _start(viewer: PagerState, context: PagerContext) -> PagerState:
    return _jumped(viewer, context, Anchor(context.document.text.start, 0))


def _end(viewer: PagerState, context: PagerContext) -> PagerState:
    if viewer.following:
        return viewer
    return viewer._replace(back=_here(viewer, context), following=True, pending=None)


def _here(viewer: PagerState, context: PagerContext) -> Anchor:
    """What is at the top of the screen."""
    if not viewer.following:
        return viewer.top
    places = context.view(viewer)
    return places[0].anchor if places else viewer.top


def _jumped(viewer: PagerState, context: PagerContext, top: Anchor) -> PagerState:
    """The viewer elsewhere; what is near the end is shown with a full screen."""
    viewer = viewer._replace(back=_here(viewer, context), top=top, following=False, pending=None)
    return _filled(viewer, context)


def _filled(viewer: PagerState, context: PagerContext) -> PagerState:
    """With no blank rows under the end, as far as there is something to fill the screen with."""
    found, later = context.take(context.viewport.below(context.shown, viewer.top), context.height)
    missing = context.height - len(found)
    if later or not found or missing <= 0:
        return viewer
    more, _ = context.take(context.viewport.above(context.shown, viewer.top), missing)
    return viewer._replace(top=more[-1].anchor) if more else viewer


def _sideways(right: bool) -> Action:
    def move(viewer: PagerState, context: PagerContext) -> PagerState:
        if viewer.wrapped:
            return viewer._replace(message="lines are wrapped: S shows them unwrapped")
        step = max(context.size.columns // 2, 1)
        return viewer._replace(shift=max(viewer.shift + (step if right else -step), 0))

    return move


def _toggle_wrap(viewer: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001 - an action's signature
    return viewer._replace(wrapped=not viewer.wrapped, shift=0)


def _toggle_raw(viewer: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001
    return viewer._replace(raw=not viewer.raw, message="" if viewer.raw else "raw: the text as it came")


def _ask(kind: Kind) -> Action:
    def ask(viewer: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001
        return viewer._replace(prompt=prompts.opened(kind, viewer.past.get(kind, ())))

    return ask


def _await(key: Literal["m", "'"]) -> Action:
    def ask(viewer: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001
        return viewer._replace(waiting=key)

    return ask


def _with_letter(viewer: PagerState, waiting: str, key: Key, context: PagerContext) -> PagerState:
    name = key.name
    if name == "Escape" or len(name) > 1:
        return viewer
    if waiting == "m":
        marks = {**viewer.marks, name: _here(viewer, context)}
        return viewer._replace(marks=MappingProxyType(marks), message=f"mark {name} is set")
    if name == "'":
        return viewer if viewer.back is None else _jumped(viewer, context, viewer.back)
    if name not in viewer.marks:
        return viewer._replace(message=f"there is no mark {name}")
    return _jumped(viewer, context, viewer.marks[name])


def _help(viewer: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001
    return viewer._replace(helping=True)


def _leave(how: Literal["back", "quit"]) -> Action:
    def leave(viewer: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001
        return viewer._replace(leave=how, pending=None, saving=None)

    return leave


def _redraw(viewer: PagerState, context: PagerContext) -> PagerState:  # noqa: ARG001
    return viewer._replace(redraw=True)


def _where(viewer: PagerState, context: PagerContext) -> PagerState:
    text = context.document.text
    top = _here(viewer, context).record
    number = text.number_at(top)
    of = "" if text.count is None else f" of {text.count:,}"
    facts = [
        "" if number is None else f"line {number + 1:,}{of}",
        f"byte {top - text.start:,} of {text.end - text.start:,}",
        f"marks {''.join(sorted(viewer.marks))}" if viewer.marks else "",
    ]
    return viewer._replace(message=", ".join(fact for fact in facts if fact))


# -- prompts --------------------------------------------------------------------------------------------------------


def _in_prompt(viewer: PagerState, prompt: Prompt, key: Key, context: PagerContext) -> PagerState:
    if key.name in ("Escape", "Ctrl-C", "Ctrl-G") or (key.name == "Backspace" and not prompt.text):
        return viewer._replace(prompt=None)
    if key.name != "Enter":
        return viewer._replace(prompt=prompts.handle_key(prompt, key))
    viewer = viewer._replace(prompt=None, message="")
    text = prompt.text
    if text and text not in viewer.past.get(prompt.kind, ())[-1:]:
        past = {**viewer.past, prompt.kind: (*viewer.past.get(prompt.kind, ()), text)}
        viewer = viewer._replace(past=MappingProxyType(past))
    return _ANSWERS[prompt.kind](viewer, text, context)


def _searched(upward: bool) -> Callable[[PagerState, str, PagerContext], PagerState]:
    def search(viewer: PagerState, text: str, context: PagerContext) -> PagerState:
        if text:
            try:
                viewer = viewer._replace(
                    search=compile_query(text, context.settings.render.appearance.names or USUAL), hit=None
                )
            except PatternError as error:
                return viewer._replace(message=str(error))
        return _next(viewer._replace(upward=upward), context)

    return search


def _filtered(viewer: PagerState, text: str, context: PagerContext) -> PagerState:
    invert = text.startswith("!")
    source = text[1:] if invert else text
    if not source:
        return _wanting(viewer, context, viewer.criteria._replace(pattern=None, invert=False))
    try:
        pattern = compile_query(source, context.settings.render.appearance.names or USUAL)
    except PatternError as error:
        return viewer._replace(message=str(error))
    return _wanting(viewer, context, viewer.criteria._replace(pattern=pattern, invert=invert))


def _leveled(viewer: PagerState, text: str, context: PagerContext) -> PagerState:
    level = parse_level(text) if text else None
    if text and level is None:
        return viewer._replace(message=f"{text!r} is no level: debug, info, warning, error, critical, or a number")
    return _wanting(viewer, context, viewer.criteria._replace(level=level))


def _wanting(viewer: PagerState, context: PagerContext, criteria: FilterCriteria) -> PagerState:
    """Show something else, from where one is."""
    stopped = "saving was stopped: something else is shown" if viewer.saving is not None else viewer.message
    viewer = viewer._replace(criteria=criteria, pending=None, saving=None, message=stopped)
    if not viewer.following:
        context.follow(viewer)
        viewer = _filled(viewer, context)
    return viewer


def _numbered(viewer: PagerState, text: str, context: PagerContext) -> PagerState:
    digits = text.strip().replace(",", "")
    if not digits:
        return viewer
    if not (digits.isascii() and digits.isdigit()):
        return viewer._replace(message=f"{text!r} is no line number")
    return _goto(viewer, Goto(max(int(digits) - 1, 0)), context)


def _saving(viewer: PagerState, text: str, context: PagerContext) -> PagerState:  # noqa: ARG001
    if viewer.saving is not None:
        return viewer._replace(message=f"{viewer.saving.path} is still being saved")
    return viewer._replace(saving=Save(text)) if text.strip() else viewer


# -- errands --------------------------------------------------------------------------------------------------------


def advance(viewer: PagerState, context: PagerContext) -> PagerState:
    """Go on with what takes longer, as long as the budget lasts."""
    context.follow(viewer)
    if isinstance(viewer.pending, Seek):
        viewer = _seek(viewer, viewer.pending, context)
    elif isinstance(viewer.pending, Goto):
        viewer = _goto(viewer, viewer.pending, context)
    try:
        for match_index in context.counting():
            if not context.budget.over:
                match_index.step()
    except NotReady:
        pass  # somebody else is at it
    return viewer


def _goto(viewer: PagerState, pending: Goto, context: PagerContext) -> PagerState:
    text = context.document.text
    offset = text.offset_of(pending.number)
    if offset is not None:
        return _jumped(viewer, context, Anchor(offset, 0))
    if text.count is None:
        return viewer._replace(pending=pending)
    held = text.number_at(text.start)
    if held is not None and pending.number < held:
        return _start(viewer, context)._replace(message=f"line {pending.number + 1:,} is no longer held")
    last = context.document.at(text.end)
    message = f"the last line is {text.count:,}" if text.count else "there are no lines"
    return _jumped(viewer, context, Anchor(last, 0))._replace(message=message)


def _next(viewer: PagerState, context: PagerContext, *, reverse: bool = False) -> PagerState:
    """To the next hit; the previous one with ``reverse``."""
    if viewer.search is None:
        return viewer._replace(message="nothing to search for: / searches")
    context.follow(viewer)
    upward = viewer.upward != reverse
    return _seek(viewer, Seek(None, upward, _from(viewer, context, upward)), context)


def _from(viewer: PagerState, context: PagerContext, upward: bool) -> int:
    """The key beyond which to look: the hit's, while it is on the screen; else that before all on the screen."""
    places = context.view(viewer)
    keys = [place.laid.key for place in places]
    if viewer.hit is not None and viewer.hit.record in keys:
        return viewer.hit.record
    if not keys:
        return context.document.text.end if upward else context.document.text.start - 1
    return keys[-1] + 1 if upward else keys[0] - 1


def _level(levels: tuple[int, int], *, upward: bool) -> Action:
    def seek(viewer: PagerState, context: PagerContext) -> PagerState:
        return _seek(viewer, Seek(levels, upward, _from(viewer, context, upward)), context)

    return seek


def _seek(viewer: PagerState, pending: Seek, context: PagerContext) -> PagerState:
    match_index = context.levels(*pending.levels) if pending.levels else context.hits
    if match_index is None:
        return viewer._replace(pending=None)
    try:
        key = match_index.before(pending.key) if pending.upward else match_index.after(pending.key)
    except NotReady:
        return viewer._replace(pending=pending)
    if key is not None:
        return _found(viewer, pending, key, context)
    if not pending.again:  # from the other end on
        text = context.document.text
        return _seek(viewer, pending._replace(key=text.end if pending.upward else text.start - 1, again=True), context)
    if pending.levels is None and viewer.search is not None and viewer.search.unknown:
        return viewer._replace(pending=None, message=viewer.search.unknown)
    what = "no match" if pending.levels is None else "no error" if pending.levels == ERRORS else "no warning"
    return viewer._replace(pending=None, message=f"{what}{' among what is shown' if context.filter_index else ''}")


def _found(viewer: PagerState, pending: Seek, key: int, context: PagerContext) -> PagerState:
    """Show a hit: where it is, if it is on the screen, else a third below the top."""
    try:
        offset = context.first_light(context.viewport.laid(key)) if pending.levels is None else 0
    except NotReady:
        offset = 0
    hit = Anchor(key, offset)
    message = "" if not pending.again else "went round: " + ("from the end" if pending.upward else "from the start")
    viewer = viewer._replace(
        hit=hit, hit_is_level=pending.levels is not None, pending=None, message=message or viewer.message
    )
    if viewer.following:  # else what comes next would take the hit away
        viewer = viewer._replace(top=_here(viewer, context), following=False)
    number = context.viewport.laid(key).row_of(hit.offset)
    if any(place.laid.key == key and place.number == number for place in context.view(viewer)):
        return viewer
    rows, _ = context.take(context.viewport.above(context.shown, hit), context.height // 3)
    place = VisibleRow(context.viewport.laid(key), number)
    top = rows[-1].anchor if rows else place.anchor
    back = _here(viewer, context)
    return _filled(viewer._replace(top=top, following=False, back=back), context)


_ANSWERS: Mapping[str, Callable[[PagerState, str, PagerContext], PagerState]] = {
    "/": _searched(upward=False),
    "?": _searched(upward=True),
    "&": _filtered,
    "l": _leveled,
    ":": _numbered,
    "s": _saving,
}

_ROW, _ROW_UP = _rows(lambda _: 1), _rows(lambda _: -1)
_PAGE, _PAGE_UP = _rows(lambda context: context.height), _rows(lambda context: -context.height)

_ACTIONS: Mapping[str, Action] = {
    **dict.fromkeys(("j", "Down", "Enter"), _ROW),
    **dict.fromkeys(("k", "Up"), _ROW_UP),
    **dict.fromkeys((" ", "f", "PageDown"), _PAGE),
    **dict.fromkeys(("b", "PageUp"), _PAGE_UP),
    "d": _rows(lambda context: max(context.height // 2, 1)),
    "u": _rows(lambda context: -max(context.height // 2, 1)),
    "WheelDown": _rows(lambda _: WHEEL),
    "WheelUp": _rows(lambda _: -WHEEL),
    **dict.fromkeys(("g", "Home"), _start),
    **dict.fromkeys(("G", "End", "F"), _end),
    "/": _ask("/"),
    "?": _ask("?"),
    "&": _ask("&"),
    "l": _ask("l"),
    ":": _ask(":"),
    "s": _ask("s"),
    "n": _next,
    "N": lambda viewer, context: _next(viewer, context, reverse=True),
    "e": _level(ERRORS, upward=False),
    "E": _level(ERRORS, upward=True),
    "w": _level(WARNINGS, upward=False),
    "W": _level(WARNINGS, upward=True),
    "m": _await("m"),
    "'": _await("'"),
    "S": _toggle_wrap,
    "r": _toggle_raw,
    "Left": _sideways(right=False),
    "Right": _sideways(right=True),
    **dict.fromkeys(("h", "F1"), _help),
    "=": _where,
    "Ctrl-L": _redraw,
    "q": _leave("back"),
    "Q": _leave("quit"),
}
_NOT_OPENING = {"q", "Q", "Ctrl-L"}
