"""The viewer as a value: where one is in a document, what is shown of it, and what a key makes of that.

Rules of this file:
- `Viewer` is a value; a key makes another one of it (`press`), time too (`advance`). Nothing here is painted or read from a
  terminal, and no clock runs here but the budget's.
- `Desk` is what a viewer is held over: the document, and what was found out about it so far. All of that can be found
  out again; it may be thrown away at any time.
- A place is an `Anchor`: a piece's key and an offset in its text. A new width moves none: not the top of the screen, not
  a mark, not a hit.
- Scrolling ends where the last row is at the bottom of the screen. Only `G`, `End` and `F` begin to follow the end, and all
  that leads away from it ends that.
- Nothing takes longer than its budget: what does is an *errand*, which goes on between two looks at the keyboard.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from reflowlog.model import Anchor, Key, Screen, Size, Style
from reflowlog.paint.ansi import paint_run
from reflowlog.text import wrap
from reflowlog.text.levels import parse_level
from reflowlog.text.pattern import PatternError, compile_pattern
from reflowlog.view import prompt as prompts
from reflowlog.view.census import Budget, Census, Later
from reflowlog.view.finder import find_levels, find_pattern
from reflowlog.view.help import help_rows
from reflowlog.view.lens import Layout, Lens, Place, drawn
from reflowlog.view.sieve import Filter, Shown, make_sieve
from reflowlog.view.status import Part, percent, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reflowlog.store.document import Document
    from reflowlog.text.layout import Indent
    from reflowlog.text.pattern import Pattern
    from reflowlog.text.wrap import Mode
    from reflowlog.view.lens import Laid
    from reflowlog.view.prompt import Kind, Prompt

__all__ = ["Desk", "Facts", "Save", "Settings", "Viewer", "advance", "compose", "interrupt", "opens", "press"]

ERROR, WARNING, MOST = 40, 30, 1 << 30
WHEEL = 3  # rows

_BAR = Style("7")
_NOTE = Style("1;7")
_LIGHT = Style("7")
_HIT = Style("30;43")


class Settings(NamedTuple):
    """What does not change while a viewer runs.

    Attributes:
        mode: how lines are broken where they are.
        indent: the hanging indent.
        colour: whether the text's own styles are shown.
        width: lay out for so many cells; None: for the terminal's.
    """

    mode: Mode = "word"
    indent: Indent = "auto"
    colour: bool = True
    width: int | None = None


class Seek(NamedTuple):
    """An errand: go to the next piece that counts.

    Attributes:
        levels: the least and the greatest level; None: what is searched for.
        upward: the direction.
        key: the pieces beyond it are looked at.
        again: whether it has come round, from the other end.
    """

    levels: tuple[int, int] | None
    upward: bool
    key: int
    again: bool = False


class Goto(NamedTuple):
    """An errand: go to a line, by its number from 0, as soon as so many are counted."""

    number: int


class Save(NamedTuple):
    """An errand of the stage's: write the pieces that are shown into a file.

    Attributes:
        path: of the file.
        key: the next piece; None: the first.
        count: pieces written so far.
    """

    path: str
    key: int | None = None
    count: int = 0


class Viewer(NamedTuple):
    """All that a viewer is.

    Attributes:
        top: the character at the top of the screen, unless the end is followed.
        following: whether the end of the document is at the bottom of the screen, and stays there.
        wrapped: whether lines are broken.
        raw: whether the text is shown as it came.
        shift: cells left of the screen, where lines are not broken.
        marks: places by letter.
        back: where the last jump went from.
        wanted: what is shown.
        search: what is searched for.
        upward: in which direction.
        hit: where it was found.
        prompt: what is being typed.
        waiting: the key that needs another one: ``m`` or ``'``.
        helping: whether the help is shown.
        message: one line for the reader, until the next key.
        errand: what takes longer.
        past: what was typed at prompts, by their kind.
        leave: what the reader wants: to go back where they came from, or to quit.
        redraw: whether the whole screen is to be written again.
    """

    top: Anchor = Anchor(0, 0)
    following: bool = False
    wrapped: bool = True
    raw: bool = False
    shift: int = 0
    marks: Mapping[str, Anchor] = MappingProxyType({})
    back: Anchor | None = None
    wanted: Filter = Filter()
    search: Pattern | None = None
    upward: bool = False
    hit: Anchor | None = None
    prompt: Prompt | None = None
    waiting: Literal["", "m", "'"] = ""
    helping: bool = False
    message: str = ""
    errand: Seek | Goto | Save | None = None
    past: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    leave: Literal["", "back", "quit"] = ""
    redraw: bool = False


class Facts(NamedTuple):
    """What the status row says besides.

    Attributes:
        name: of what is viewed.
        live: whether more may come.
        rate: lines a second.
        counted: how much of the document has its lines counted, from 0 to 1.
    """

    name: str = ""
    live: bool = False
    rate: float = 0.0
    counted: float = 1.0


Match = "Callable[[Pattern, bytes], list[int]]"
Spans = "Callable[[Pattern, str], Sequence[tuple[int, int]]]"


class Desk:
    """What viewers are held over; it belongs to one thread.

    Args:
        document: what is viewed.
        size: the terminal's.
        settings: see there.
        budget: how long one step may take.
        match: starts of the lines of a piece of data that match a pattern; may raise `Later`.
        light: the parts of a text that match a pattern; may raise `Later`.
    """

    def __init__(
        self,
        document: Document,
        size: Size,
        settings: Settings,
        budget: Budget,
        *,
        match: Match = lambda pattern, data: pattern.matching(data),
        light: Spans = lambda pattern, text: pattern.spans(text),
    ) -> None:
        self.document = document
        self.size = size
        self.settings = settings
        self.budget = budget
        self._match = match
        self._light = light
        self._wanted = Filter()
        self.sieve: Census | None = None
        self.shown = Shown(document, None)
        self._search: Pattern | None = None
        self._hits: Census | None = None
        self._levels: dict[tuple[int, int], Census] = {}
        self.lens = Lens(document, Layout(settings.width or size.columns, settings.mode, settings.indent))
        self._lights: dict[int, Sequence[tuple[int, int]]] = {}
        self._lit: tuple[Pattern | None, bool] = (None, False)
        self.pending = False  # the screen is not complete yet

    @property
    def height(self) -> int:
        """Rows for the document: all but the status row."""
        return max(self.size.rows - 1, 1)

    def follow(self, viewer: Viewer) -> None:
        """Hold another viewer over it."""
        if viewer.wanted != self._wanted:
            self._wanted = viewer.wanted
            self.sieve = make_sieve(self.document, viewer.wanted, self._match, self.budget)
            self.shown = Shown(self.document, self.sieve)
            self._hits = None
            self._levels.clear()
        if viewer.search is not self._search:
            self._search = viewer.search
            self._hits = None
        mode = (self.settings.mode if self.settings.mode != "none" else "word") if viewer.wrapped else "none"
        width = self.settings.width or self.size.columns
        self.lens.look(Layout(width, mode, self.settings.indent, viewer.shift, viewer.raw, self.settings.colour))
        lit = viewer.search or (None if viewer.wanted.invert else viewer.wanted.pattern), viewer.raw
        if lit != self._lit:
            self._lit = lit
            self._lights.clear()

    @property
    def hits(self) -> Census | None:
        """Where the search hits."""
        if self._hits is None and self._search is not None:
            self._hits = find_pattern(self.document, self.sieve, self._search, self._match, self.budget)
        return self._hits

    def levels(self, least: int, most: int) -> Census:
        """Where levels are."""
        if (least, most) not in self._levels:
            self._levels[least, most] = find_levels(self.document, self.sieve, least, most, self.budget)
        return self._levels[least, most]

    def counting(self) -> list[Census]:
        """What is counted in the background, the more urgent first."""
        return [each for each in (self.sieve, self._hits) if each is not None]

    def lights(self, laid: Laid) -> Sequence[tuple[int, int]]:
        """The parts of a piece that are lit up. Raises `Later`."""
        pattern = self._lit[0]
        if pattern is None:
            return ()
        found = self._lights.get(laid.key)
        if found is None:
            found = self._light(pattern, laid.record.text)
            if len(self._lights) > 4 * self.height:
                self._lights.clear()
            if laid.key + 1 < self.document.text.end:
                self._lights[laid.key] = found
        return found

    def view(self, viewer: Viewer) -> list[Place]:
        """What is on the screen, from the top: fewer rows than it has, where there are no more or not all is found."""
        if viewer.following:
            places, _ = self.take(self.lens.above(self.shown, None), self.height)
            places.reverse()
        else:
            places, _ = self.take(self.lens.below(self.shown, viewer.top), self.height)
        return places

    def take(self, places: Iterator[Place], count: int) -> tuple[list[Place], bool]:
        """So many rows, or those that are found in time; and whether there may be more."""
        taken: list[Place] = []
        try:
            for place in places:
                taken.append(place)
                if len(taken) >= count:
                    break
        except Later:
            self.pending = True
            return taken, True
        return taken, False


# -- keys -----------------------------------------------------------------------------------------------------------

Action = "Callable[[Viewer, Desk], Viewer]"


def opens(key: Key) -> bool:
    """Whether a key is one of the viewer's, and so opens it."""
    return key.name in _ACTIONS and key.name not in _NOT_OPENING


def press(viewer: Viewer, key: Key, desk: Desk) -> Viewer:
    """The viewer after a key; one that means nothing changes nothing but takes the message away."""
    desk.follow(viewer)
    if viewer.prompt is not None:
        return _in_prompt(viewer, viewer.prompt, key, desk)
    viewer = viewer._replace(message="")
    if viewer.waiting:
        return _with_letter(viewer._replace(waiting=""), viewer.waiting, key, desk)
    if viewer.helping:
        return viewer._replace(helping=False, leave="quit" if key.name == "Q" else "")
    action = _ACTIONS.get(key.name)
    return viewer if action is None else action(viewer, desk)


def interrupt(viewer: Viewer, desk: Desk) -> Viewer | None:
    """The viewer without its prompt, its errand or what is counted; None if there is nothing to interrupt."""
    desk.follow(viewer)
    if viewer.prompt is not None or viewer.waiting:
        return viewer._replace(prompt=None, waiting="")
    counting = [each for each in desk.counting() if not each.complete and not each.stopped]
    if viewer.errand is None and not counting:
        return None
    for each in counting:
        each.stop()
    return viewer._replace(errand=None, message="interrupted")


def _rows(count: Callable[[Desk], int]) -> Action:
    def move(viewer: Viewer, desk: Desk) -> Viewer:
        rows = count(desk)
        return _down(viewer, desk, rows) if rows > 0 else _up(viewer, desk, -rows)

    return move


def _down(viewer: Viewer, desk: Desk, rows: int) -> Viewer:
    """So many rows down, at most until the last row is at the bottom."""
    if viewer.following:
        return viewer
    found, _ = desk.take(desk.lens.below(desk.shown, viewer.top), rows + desk.height)
    at = max(min(rows, len(found) - desk.height), 0)
    return viewer._replace(top=found[at].anchor) if at else viewer


def _up(viewer: Viewer, desk: Desk, rows: int) -> Viewer:
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


def _start(viewer: Viewer, desk: Desk) -> Viewer:
    return _jumped(viewer, desk, Anchor(desk.document.text.start, 0))


def _end(viewer: Viewer, desk: Desk) -> Viewer:
    if viewer.following:
        return viewer
    return viewer._replace(back=_here(viewer, desk), following=True, errand=None)


def _here(viewer: Viewer, desk: Desk) -> Anchor:
    """What is at the top of the screen."""
    if not viewer.following:
        return viewer.top
    places = desk.view(viewer)
    return places[0].anchor if places else viewer.top


def _jumped(viewer: Viewer, desk: Desk, top: Anchor) -> Viewer:
    """The viewer elsewhere; what is near the end is shown with a full screen."""
    viewer = viewer._replace(back=_here(viewer, desk), top=top, following=False, errand=None)
    return _filled(viewer, desk)


def _filled(viewer: Viewer, desk: Desk) -> Viewer:
    """With no blank rows under the end, as far as there is something to fill the screen with."""
    found, later = desk.take(desk.lens.below(desk.shown, viewer.top), desk.height)
    missing = desk.height - len(found)
    if later or not found or missing <= 0:
        return viewer
    more, _ = desk.take(desk.lens.above(desk.shown, viewer.top), missing)
    return viewer._replace(top=more[-1].anchor) if more else viewer


def _sideways(right: bool) -> Action:
    def move(viewer: Viewer, desk: Desk) -> Viewer:
        if viewer.wrapped:
            return viewer._replace(message="lines are wrapped: S shows them unwrapped")
        step = max(desk.size.columns // 2, 1)
        return viewer._replace(shift=max(viewer.shift + (step if right else -step), 0))

    return move


def _toggle_wrap(viewer: Viewer, desk: Desk) -> Viewer:  # noqa: ARG001 - an action's signature
    return viewer._replace(wrapped=not viewer.wrapped, shift=0)


def _toggle_raw(viewer: Viewer, desk: Desk) -> Viewer:  # noqa: ARG001
    return viewer._replace(raw=not viewer.raw, message="" if viewer.raw else "raw: the text as it came")


def _ask(kind: Kind) -> Action:
    def ask(viewer: Viewer, desk: Desk) -> Viewer:  # noqa: ARG001
        return viewer._replace(prompt=prompts.opened(kind, viewer.past.get(kind, ())))

    return ask


def _await(key: Literal["m", "'"]) -> Action:
    def ask(viewer: Viewer, desk: Desk) -> Viewer:  # noqa: ARG001
        return viewer._replace(waiting=key)

    return ask


def _with_letter(viewer: Viewer, waiting: str, key: Key, desk: Desk) -> Viewer:
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


def _help(viewer: Viewer, desk: Desk) -> Viewer:  # noqa: ARG001
    return viewer._replace(helping=True)


def _leave(how: Literal["back", "quit"]) -> Action:
    def leave(viewer: Viewer, desk: Desk) -> Viewer:  # noqa: ARG001
        return viewer._replace(leave=how, errand=None)

    return leave


def _redraw(viewer: Viewer, desk: Desk) -> Viewer:  # noqa: ARG001
    return viewer._replace(redraw=True)


def _where(viewer: Viewer, desk: Desk) -> Viewer:
    text = desk.document.text
    top = _here(viewer, desk).record
    number = text.number_at(top)
    lines = "" if number is None else f"line {number + 1:,}"
    of = "" if text.count is None else f" of {text.count:,}"
    place = f"byte {top - text.start:,} of {text.end - text.start:,}"
    marks = f", marks {''.join(sorted(viewer.marks))}" if viewer.marks else ""
    return viewer._replace(message=f"{lines}{of}{', ' if lines else ''}{place}{marks}")


# -- prompts --------------------------------------------------------------------------------------------------------


def _in_prompt(viewer: Viewer, prompt: Prompt, key: Key, desk: Desk) -> Viewer:
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


def _searched(upward: bool) -> Callable[[Viewer, str, Desk], Viewer]:
    def search(viewer: Viewer, text: str, desk: Desk) -> Viewer:
        if text:
            try:
                viewer = viewer._replace(search=compile_pattern(text), hit=None)
            except PatternError as error:
                return viewer._replace(message=str(error))
        elif viewer.search is None:
            return viewer
        return _next(viewer._replace(upward=upward), desk)

    return search


def _filtered(viewer: Viewer, text: str, desk: Desk) -> Viewer:
    invert = text.startswith("!")
    source = text[1:] if invert else text
    if not source:
        return _wanting(viewer, desk, viewer.wanted._replace(pattern=None, invert=False))
    try:
        pattern = compile_pattern(source)
    except PatternError as error:
        return viewer._replace(message=str(error))
    return _wanting(viewer, desk, viewer.wanted._replace(pattern=pattern, invert=invert))


def _leveled(viewer: Viewer, text: str, desk: Desk) -> Viewer:
    level = parse_level(text) if text else None
    if text and level is None:
        return viewer._replace(message=f"{text!r} is no level: debug, info, warning, error, critical, or a number")
    return _wanting(viewer, desk, viewer.wanted._replace(level=level))


def _wanting(viewer: Viewer, desk: Desk, wanted: Filter) -> Viewer:
    """Show something else, from where one is."""
    viewer = viewer._replace(wanted=wanted, errand=None)
    if not viewer.following:
        desk.follow(viewer)
        viewer = _filled(viewer, desk)
    return viewer


def _numbered(viewer: Viewer, text: str, desk: Desk) -> Viewer:
    digits = text.strip().replace(",", "")
    if not digits:
        return viewer
    if not (digits.isascii() and digits.isdigit()):
        return viewer._replace(message=f"{text!r} is no line number")
    return _goto(viewer, Goto(max(int(digits) - 1, 0)), desk)


def _saving(viewer: Viewer, text: str, desk: Desk) -> Viewer:  # noqa: ARG001
    return viewer._replace(errand=Save(text)) if text.strip() else viewer


# -- errands --------------------------------------------------------------------------------------------------------


def advance(viewer: Viewer, desk: Desk) -> Viewer:
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
    except Later:
        pass  # somebody else is at it
    return viewer


def _goto(viewer: Viewer, errand: Goto, desk: Desk) -> Viewer:
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
    return _jumped(viewer, desk, Anchor(last, 0))._replace(message=f"there are {text.count:,} lines")


def _next(viewer: Viewer, desk: Desk, *, reverse: bool = False) -> Viewer:
    """To the next hit; the previous one with ``reverse``."""
    if viewer.search is None:
        return viewer._replace(message="nothing to search for: / searches")
    desk.follow(viewer)
    upward = viewer.upward != reverse
    return _seek(viewer, Seek(None, upward, _from(viewer, desk, upward)), desk)


def _from(viewer: Viewer, desk: Desk, upward: bool) -> int:
    """The key beyond which to look: the hit's, while it is on the screen; else that before all on the screen."""
    places = desk.view(viewer)
    keys = [place.laid.key for place in places]
    if viewer.hit is not None and viewer.hit.record in keys:
        return viewer.hit.record
    if not keys:
        return desk.document.text.end if upward else desk.document.text.start - 1
    return keys[-1] + 1 if upward else keys[0] - 1


def _level(least: int, most: int, *, upward: bool) -> Action:
    def seek(viewer: Viewer, desk: Desk) -> Viewer:
        return _seek(viewer, Seek((least, most), upward, _from(viewer, desk, upward)), desk)

    return seek


def _seek(viewer: Viewer, errand: Seek, desk: Desk) -> Viewer:
    census = desk.levels(*errand.levels) if errand.levels else desk.hits
    if census is None:
        return viewer._replace(errand=None)
    try:
        key = census.before(errand.key) if errand.upward else census.after(errand.key)
    except Later:
        return viewer._replace(errand=_as_far(errand, census, desk))
    if key is not None:
        return _found(viewer, errand, key, desk)
    if not errand.again:  # from the other end on
        text = desk.document.text
        return _seek(viewer, errand._replace(key=text.end if errand.upward else text.start - 1, again=True), desk)
    what = "no match" if errand.levels is None else "no such level"
    return viewer._replace(errand=None, message=f"{what}{' among what is shown' if desk.sieve else ''}")


def _as_far(errand: Seek, census: Census, desk: Desk) -> Seek:  # noqa: ARG001
    """The errand from where it has come to; the census knows that by itself."""
    return errand


def _found(viewer: Viewer, errand: Seek, key: int, desk: Desk) -> Viewer:
    """Show a hit: where it is, if it is on the screen, else a third below the top."""
    try:
        lights = desk.lights(desk.lens.laid(key)) if errand.levels is None else ()
    except Later:
        lights = ()
    hit = Anchor(key, lights[0][0] if lights else 0)
    round_ = ("from the end on: " if errand.upward else "from the start on: ") if errand.again else ""
    message = f"{round_}found above" if errand.again and errand.upward is False else ""
    message = "" if not errand.again else "went round: " + ("from the end" if errand.upward else "from the start")
    viewer = viewer._replace(hit=hit, errand=None, message=message)
    number = desk.lens.laid(key).row_of(hit.offset)
    if any(place.laid.key == key and place.number == number for place in desk.view(viewer)):
        return viewer
    rows, _ = desk.take(desk.lens.above(desk.shown, hit), desk.height // 3)
    place = Place(desk.lens.laid(key), number)
    top = rows[-1].anchor if rows else place.anchor
    back = _here(viewer, desk)
    return _filled(viewer._replace(top=top, following=False, back=back), desk)


_ANSWERS: Mapping[str, Callable[[Viewer, str, Desk], Viewer]] = {
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
    "e": _level(ERROR, MOST, upward=False),
    "E": _level(ERROR, MOST, upward=True),
    "w": _level(WARNING, ERROR - 1, upward=False),
    "W": _level(WARNING, ERROR - 1, upward=True),
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


# -- the screen -----------------------------------------------------------------------------------------------------


def compose(viewer: Viewer, desk: Desk, facts: Facts) -> Screen:
    """All that is to be seen."""
    desk.follow(viewer)
    desk.pending = False
    places = desk.view(viewer)
    width, height = desk.size.columns, desk.height
    if viewer.helping:
        rows = help_rows(width, height)
    else:
        rows = [_drawn(place, viewer, desk) for place in places]
        if viewer.following and desk.pending:  # what is found so far stands where it will stay
            rows = [""] * (height - len(rows)) + rows
    rows += [""] * (height - len(rows))
    if desk.size.rows < 2:
        return Screen(rows[:1])
    if viewer.prompt is not None:
        text, column = prompts.show(viewer.prompt, width)
        return Screen([*rows, text], (column, desk.size.rows - 1))
    bar = status(_parts(viewer, desk, facts, places), width)
    return Screen([*rows, paint_run(bar, _NOTE if viewer.message or viewer.waiting else _BAR)])


def _drawn(place: Place, viewer: Viewer, desk: Desk) -> str:
    try:
        lights = desk.lights(place.laid)
    except Later:
        lights = ()
    is_hit = viewer.hit is not None and viewer.hit.record == place.laid.key and viewer.search is not None
    row = drawn(place, lights, _HIT if is_hit and desk.settings.colour else _LIGHT)
    width = desk.size.columns
    if desk.settings.width is not None and desk.settings.width > width:  # laid out for more than there is
        return drawn(_cut(place, width), lights, _LIGHT)
    return row


def _cut(place: Place, width: int) -> Place:
    """A row without what does not fit on the screen."""
    row = place.laid.rows[place.number]
    room = max(width - row.indent, 0)
    text = wrap.clip(row.text, room)
    short = row._replace(end=row.start + len(text), cells=wrap.cells(text), text=text, indent=min(row.indent, width))
    rows = [*place.laid.rows[: place.number], short]
    return Place(place.laid._replace(rows=rows), place.number)


def _parts(viewer: Viewer, desk: Desk, facts: Facts, places: Sequence[Place]) -> list[Part]:
    """What the status row says, in order."""
    if viewer.waiting:
        return [Part("mark: a letter" if viewer.waiting == "m" else "go to the mark: a letter", 100)]
    if viewer.helping:
        return [Part("any key leaves the help", 100)]
    parts = [
        Part(viewer.message, 100),
        Part(facts.name, 20),
        Part(_position(desk, places), 90),
        Part("following" if viewer.following else _share(desk, places), 80),
        Part(_errand(viewer, desk), 95),
        Part(_filter_facts(viewer, desk), 70),
        Part(_search_facts(viewer, desk), 75),
        Part("" if viewer.wrapped else f"unwrapped{f' +{viewer.shift}' if viewer.shift else ''}", 40),
        Part("raw" if viewer.raw else "", 40),
        Part(f"{facts.rate:,.0f} lines/s" if facts.rate >= 1 else "", 30),
        Part(f"counting {percent(facts.counted)}" if facts.counted < 1 else "", 35),
    ]
    return [part for part in parts if part.text]


def _position(desk: Desk, places: Sequence[Place]) -> str:
    text = desk.document.text
    total = "" if text.count is None else f" of {text.count:,}"
    if not places:
        return "empty" if text.start >= text.end else "nothing to show"
    first, last = (text.number_at(place.laid.key) for place in (places[0], places[-1]))
    if first is None or last is None:
        return total.removeprefix(" of ") and f"{total.removeprefix(' of ')} lines"
    return f"{first + 1:,}-{last + 1:,}{total}" if last > first else f"{first + 1:,}{total}"


def _share(desk: Desk, places: Sequence[Place]) -> str:
    text = desk.document.text
    if not places or text.end <= text.start:
        return ""
    last = places[-1]
    following = desk.document.after(last.laid.key)
    if following is None and last.number == len(last.laid.rows) - 1:
        return "end"
    seen = (following if following is not None else text.end) - text.start
    return percent(min(seen / (text.end - text.start), 0.99))


def _errand(viewer: Viewer, desk: Desk) -> str:
    if isinstance(viewer.errand, Seek):
        census = desk.levels(*viewer.errand.levels) if viewer.errand.levels else desk.hits
        return f"searching {percent(census.progress)}" if census is not None else ""
    if isinstance(viewer.errand, Goto):
        return f"going to line {viewer.errand.number + 1:,}"
    if isinstance(viewer.errand, Save):
        return f"saved {viewer.errand.count:,} lines"
    return ""


def _filter_facts(viewer: Viewer, desk: Desk) -> str:
    wanted = viewer.wanted
    if desk.sieve is None:
        return ""
    parts = []
    if wanted.pattern is not None:
        parts.append(f"{'!' if wanted.invert else '&'}{wanted.pattern.source}")
    if wanted.level is not None:
        parts.append(f"level {wanted.level}+")
    return f"{' '.join(parts)}: {_total(desk.sieve)}"


def _search_facts(viewer: Viewer, desk: Desk) -> str:
    if viewer.search is None or desk.hits is None:
        return ""
    sign = "?" if viewer.upward else "/"
    of = _total(desk.hits)
    try:
        rank = None if viewer.hit is None else desk.hits.rank(viewer.hit.record)
    except Later:
        rank = None
    return (
        f"{sign}{viewer.search.source}: {of}" if rank is None else f"{sign}{viewer.search.source}: {rank + 1:,} of {of}"
    )


def _total(census: Census) -> str:
    try:
        total = f"{census.total():,}"
    except Later:
        return "..."
    return total if census.complete else f"{total}+ ({percent(census.progress)})"
