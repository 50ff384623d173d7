"""Keys: what each makes of a viewer. And what time makes of one that has an errand.

Rules of this file:
- A key makes another value of a viewer (`press`), and so does time (`advance`). Nothing here is painted or read from a
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

__all__ = ["advance", "interrupt", "opens", "press"]

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


def press(viewer: PagerState, key: Key, desk: PagerContext) -> PagerState:
    """The viewer after a key; one that means nothing changes nothing but takes the message away."""
    desk.follow(viewer)
    if viewer.prompt is not None:
        return _in_prompt(viewer, viewer.prompt, key, desk)
    viewer = viewer._replace(message="")
    if viewer.waiting:
        return _with_letter(viewer._replace(waiting=""), viewer.waiting, key, desk)
    name = desk.settings.keys.get(key.name, key.name)
    if viewer.helping:
        return viewer._replace(helping=False, leave="quit" if name == "Q" else "")
    action = _ACTIONS.get(name)
    return viewer if action is None else action(viewer, desk)


def interrupt(viewer: PagerState, desk: PagerContext) -> PagerState | None:
    """The viewer without its prompt, its errand or what is counted; None if there is nothing to interrupt."""
    desk.follow(viewer)
    if viewer.prompt is not None or viewer.waiting:
        return viewer._replace(prompt=None, waiting="")
    counting = [each for each in desk.counting() if not each.complete and not each.stopped]
    if viewer.errand is None and viewer.saving is None and not counting:
        return None
    for each in counting:
        each.stop()
    return viewer._replace(errand=None, saving=None, message="interrupted")


def _rows(count: Callable[[PagerContext], int]) -> Action:
    def move(viewer: PagerState, desk: PagerContext) -> PagerState:
        rows = count(desk)
        return _down(viewer, desk, rows) if rows > 0 else _up(viewer, desk, -rows)

    return move


def _down(viewer: PagerState, desk: PagerContext, rows: int) -> PagerState:
    """So many rows down, at most until the last row is at the bottom."""
    if viewer.following:
        return viewer
    found, later = desk.take(desk.lens.below(desk.shown, viewer.top), rows + desk.height)
    at = max(min(rows, len(found) - (1 if later else desk.height)), 0)
    return viewer._replace(top=found[at].anchor) if at else viewer


def _up(viewer: PagerState, desk: PagerContext, rows: int) -> PagerState:
    """So many rows up."""
    if viewer.following:
        places = desk.view(viewer)
        if not places:
            return viewer
        viewer = viewer._replace(top=places[0].anchor)
        if len(places) < desk.height:  # all of it is on the screen
            return viewer
    found, _ = desk.take(desk.lens.above(desk.shown, viewer.top), rows)
    return viewer._replace(top=found[-1].anchor if found else viewer.top, following=False)


def _start(viewer: PagerState, desk: PagerContext) -> PagerState:
    return _jumped(viewer, desk, Anchor(desk.document.text.start, 0))


def _end(viewer: PagerState, desk: PagerContext) -> PagerState:
    if viewer.following:
        return viewer
    return viewer._replace(back=_here(viewer, desk), following=True, errand=None)


def _here(viewer: PagerState, desk: PagerContext) -> Anchor:
    """What is at the top of the screen."""
    if not viewer.following:
        return viewer.top
    places = desk.view(viewer)
    return places[0].anchor if places else viewer.top


def _jumped(viewer: PagerState, desk: PagerContext, top: Anchor) -> PagerState:
    """The viewer elsewhere; what is near the end is shown with a full screen."""
    viewer = viewer._replace(back=_here(viewer, desk), top=top, following=False, errand=None)
    return _filled(viewer, desk)


def _filled(viewer: PagerState, desk: PagerContext) -> PagerState:
    """With no blank rows under the end, as far as there is something to fill the screen with."""
    found, later = desk.take(desk.lens.below(desk.shown, viewer.top), desk.height)
    missing = desk.height - len(found)
    if later or not found or missing <= 0:
        return viewer
    more, _ = desk.take(desk.lens.above(desk.shown, viewer.top), missing)
    return viewer._replace(top=more[-1].anchor) if more else viewer


def _sideways(right: bool) -> Action:
    def move(viewer: PagerState, desk: PagerContext) -> PagerState:
        if viewer.wrapped:
            return viewer._replace(message="lines are wrapped: S shows them unwrapped")
        step = max(desk.size.columns // 2, 1)
        return viewer._replace(shift=max(viewer.shift + (step if right else -step), 0))

    return move


def _toggle_wrap(viewer: PagerState, desk: PagerContext) -> PagerState:  # noqa: ARG001 - an action's signature
    return viewer._replace(wrapped=not viewer.wrapped, shift=0)


def _toggle_raw(viewer: PagerState, desk: PagerContext) -> PagerState:  # noqa: ARG001
    return viewer._replace(raw=not viewer.raw, message="" if viewer.raw else "raw: the text as it came")


def _ask(kind: Kind) -> Action:
    def ask(viewer: PagerState, desk: PagerContext) -> PagerState:  # noqa: ARG001
        return viewer._replace(prompt=prompts.opened(kind, viewer.past.get(kind, ())))

    return ask


def _await(key: Literal["m", "'"]) -> Action:
    def ask(viewer: PagerState, desk: PagerContext) -> PagerState:  # noqa: ARG001
        return viewer._replace(waiting=key)

    return ask


def _with_letter(viewer: PagerState, waiting: str, key: Key, desk: PagerContext) -> PagerState:
    name = key.name
    if name == "Escape" or len(name) > 1:
        return viewer
    if waiting == "m":
        marks = {**viewer.marks, name: _here(viewer, desk)}
        return viewer._replace(marks=MappingProxyType(marks), message=f"mark {name} is set")
    if name == "'":
        return viewer if viewer.back is None else _jumped(viewer, desk, viewer.back)
    if name not in viewer.marks:
        return viewer._replace(message=f"there is no mark {name}")
    return _jumped(viewer, desk, viewer.marks[name])


def _help(viewer: PagerState, desk: PagerContext) -> PagerState:  # noqa: ARG001
    return viewer._replace(helping=True)


def _leave(how: Literal["back", "quit"]) -> Action:
    def leave(viewer: PagerState, desk: PagerContext) -> PagerState:  # noqa: ARG001
        return viewer._replace(leave=how, errand=None, saving=None)

    return leave


def _redraw(viewer: PagerState, desk: PagerContext) -> PagerState:  # noqa: ARG001
    return viewer._replace(redraw=True)


def _where(viewer: PagerState, desk: PagerContext) -> PagerState:
    text = desk.document.text
    top = _here(viewer, desk).record
    number = text.number_at(top)
    of = "" if text.count is None else f" of {text.count:,}"
    facts = [
        "" if number is None else f"line {number + 1:,}{of}",
        f"byte {top - text.start:,} of {text.end - text.start:,}",
        f"marks {''.join(sorted(viewer.marks))}" if viewer.marks else "",
    ]
    return viewer._replace(message=", ".join(fact for fact in facts if fact))


# -- prompts --------------------------------------------------------------------------------------------------------


def _in_prompt(viewer: PagerState, prompt: Prompt, key: Key, desk: PagerContext) -> PagerState:
    if key.name in ("Escape", "Ctrl-C", "Ctrl-G") or (key.name == "Backspace" and not prompt.text):
        return viewer._replace(prompt=None)
    if key.name != "Enter":
        return viewer._replace(prompt=prompts.press(prompt, key))
    viewer = viewer._replace(prompt=None, message="")
    text = prompt.text
    if text and text not in viewer.past.get(prompt.kind, ())[-1:]:
        past = {**viewer.past, prompt.kind: (*viewer.past.get(prompt.kind, ()), text)}
        viewer = viewer._replace(past=MappingProxyType(past))
    return _ANSWERS[prompt.kind](viewer, text, desk)


def _searched(upward: bool) -> Callable[[PagerState, str, PagerContext], PagerState]:
    def search(viewer: PagerState, text: str, desk: PagerContext) -> PagerState:
        if text:
            try:
                viewer = viewer._replace(search=compile_query(text, desk.settings.looks.names or USUAL), hit=None)
            except PatternError as error:
                return viewer._replace(message=str(error))
        return _next(viewer._replace(upward=upward), desk)

    return search


def _filtered(viewer: PagerState, text: str, desk: PagerContext) -> PagerState:
    invert = text.startswith("!")
    source = text[1:] if invert else text
    if not source:
        return _wanting(viewer, desk, viewer.wanted._replace(pattern=None, invert=False))
    try:
        pattern = compile_query(source, desk.settings.looks.names or USUAL)
    except PatternError as error:
        return viewer._replace(message=str(error))
    return _wanting(viewer, desk, viewer.wanted._replace(pattern=pattern, invert=invert))


def _leveled(viewer: PagerState, text: str, desk: PagerContext) -> PagerState:
    level = parse_level(text) if text else None
    if text and level is None:
        return viewer._replace(message=f"{text!r} is no level: debug, info, warning, error, critical, or a number")
    return _wanting(viewer, desk, viewer.wanted._replace(level=level))


def _wanting(viewer: PagerState, desk: PagerContext, wanted: FilterCriteria) -> PagerState:
    """Show something else, from where one is."""
    stopped = "saving was stopped: something else is shown" if viewer.saving is not None else viewer.message
    viewer = viewer._replace(wanted=wanted, errand=None, saving=None, message=stopped)
    if not viewer.following:
        desk.follow(viewer)
        viewer = _filled(viewer, desk)
    return viewer


def _numbered(viewer: PagerState, text: str, desk: PagerContext) -> PagerState:
    digits = text.strip().replace(",", "")
    if not digits:
        return viewer
    if not (digits.isascii() and digits.isdigit()):
        return viewer._replace(message=f"{text!r} is no line number")
    return _goto(viewer, Goto(max(int(digits) - 1, 0)), desk)


def _saving(viewer: PagerState, text: str, desk: PagerContext) -> PagerState:  # noqa: ARG001
    if viewer.saving is not None:
        return viewer._replace(message=f"{viewer.saving.path} is still being saved")
    return viewer._replace(saving=Save(text)) if text.strip() else viewer


# -- errands --------------------------------------------------------------------------------------------------------


def advance(viewer: PagerState, desk: PagerContext) -> PagerState:
    """Go on with what takes longer, as long as the budget lasts."""
    desk.follow(viewer)
    if isinstance(viewer.errand, Seek):
        viewer = _seek(viewer, viewer.errand, desk)
    elif isinstance(viewer.errand, Goto):
        viewer = _goto(viewer, viewer.errand, desk)
    try:
        for census in desk.counting():
            if not desk.budget.over:
                census.step()
    except NotReady:
        pass  # somebody else is at it
    return viewer


def _goto(viewer: PagerState, errand: Goto, desk: PagerContext) -> PagerState:
    text = desk.document.text
    offset = text.offset_of(errand.number)
    if offset is not None:
        return _jumped(viewer, desk, Anchor(offset, 0))
    if text.count is None:
        return viewer._replace(errand=errand)
    held = text.number_at(text.start)
    if held is not None and errand.number < held:
        return _start(viewer, desk)._replace(message=f"line {errand.number + 1:,} is no longer held")
    last = desk.document.at(text.end)
    message = f"the last line is {text.count:,}" if text.count else "there are no lines"
    return _jumped(viewer, desk, Anchor(last, 0))._replace(message=message)


def _next(viewer: PagerState, desk: PagerContext, *, reverse: bool = False) -> PagerState:
    """To the next hit; the previous one with ``reverse``."""
    if viewer.search is None:
        return viewer._replace(message="nothing to search for: / searches")
    desk.follow(viewer)
    upward = viewer.upward != reverse
    return _seek(viewer, Seek(None, upward, _from(viewer, desk, upward)), desk)


def _from(viewer: PagerState, desk: PagerContext, upward: bool) -> int:
    """The key beyond which to look: the hit's, while it is on the screen; else that before all on the screen."""
    places = desk.view(viewer)
    keys = [place.laid.key for place in places]
    if viewer.hit is not None and viewer.hit.record in keys:
        return viewer.hit.record
    if not keys:
        return desk.document.text.end if upward else desk.document.text.start - 1
    return keys[-1] + 1 if upward else keys[0] - 1


def _level(levels: tuple[int, int], *, upward: bool) -> Action:
    def seek(viewer: PagerState, desk: PagerContext) -> PagerState:
        return _seek(viewer, Seek(levels, upward, _from(viewer, desk, upward)), desk)

    return seek


def _seek(viewer: PagerState, errand: Seek, desk: PagerContext) -> PagerState:
    census = desk.levels(*errand.levels) if errand.levels else desk.hits
    if census is None:
        return viewer._replace(errand=None)
    try:
        key = census.before(errand.key) if errand.upward else census.after(errand.key)
    except NotReady:
        return viewer._replace(errand=errand)
    if key is not None:
        return _found(viewer, errand, key, desk)
    if not errand.again:  # from the other end on
        text = desk.document.text
        return _seek(viewer, errand._replace(key=text.end if errand.upward else text.start - 1, again=True), desk)
    if errand.levels is None and viewer.search is not None and viewer.search.unknown:
        return viewer._replace(errand=None, message=viewer.search.unknown)
    what = "no match" if errand.levels is None else "no error" if errand.levels == ERRORS else "no warning"
    return viewer._replace(errand=None, message=f"{what}{' among what is shown' if desk.sieve else ''}")


def _found(viewer: PagerState, errand: Seek, key: int, desk: PagerContext) -> PagerState:
    """Show a hit: where it is, if it is on the screen, else a third below the top."""
    try:
        offset = desk.first_light(desk.lens.laid(key)) if errand.levels is None else 0
    except NotReady:
        offset = 0
    hit = Anchor(key, offset)
    message = "" if not errand.again else "went round: " + ("from the end" if errand.upward else "from the start")
    viewer = viewer._replace(
        hit=hit, hit_is_level=errand.levels is not None, errand=None, message=message or viewer.message
    )
    if viewer.following:  # else what comes next would take the hit away
        viewer = viewer._replace(top=_here(viewer, desk), following=False)
    number = desk.lens.laid(key).row_of(hit.offset)
    if any(place.laid.key == key and place.number == number for place in desk.view(viewer)):
        return viewer
    rows, _ = desk.take(desk.lens.above(desk.shown, hit), desk.height // 3)
    place = VisibleRow(desk.lens.laid(key), number)
    top = rows[-1].anchor if rows else place.anchor
    back = _here(viewer, desk)
    return _filled(viewer._replace(top=top, following=False, back=back), desk)


_ANSWERS: Mapping[str, Callable[[PagerState, str, PagerContext], PagerState]] = {
    "/": _searched(upward=False),
    "?": _searched(upward=True),
    "&": _filtered,
    "l": _leveled,
    ":": _numbered,
    "s": _saving,
}

_ROW, _ROW_UP = _rows(lambda _: 1), _rows(lambda _: -1)
_PAGE, _PAGE_UP = _rows(lambda desk: desk.height), _rows(lambda desk: -desk.height)

_ACTIONS: Mapping[str, Action] = {
    **dict.fromkeys(("j", "Down", "Enter"), _ROW),
    **dict.fromkeys(("k", "Up"), _ROW_UP),
    **dict.fromkeys((" ", "f", "PageDown"), _PAGE),
    **dict.fromkeys(("b", "PageUp"), _PAGE_UP),
    "d": _rows(lambda desk: max(desk.height // 2, 1)),
    "u": _rows(lambda desk: -max(desk.height // 2, 1)),
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
    "N": lambda viewer, desk: _next(viewer, desk, reverse=True),
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
