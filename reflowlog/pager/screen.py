"""The screen: what a viewer shows, row by row, and what its status row says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reflowlog.core.frames import ScreenFrame
from reflowlog.core.records import Style
from reflowlog.pager import prompts as prompts
from reflowlog.pager.help import help_rows
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.state import Goto, Seek
from reflowlog.pager.status_line import StatusPart, percent, status
from reflowlog.pager.viewport import ASIDE, VisibleRow, drawn
from reflowlog.render.ansi import paint_run
from reflowlog.text.clean import cells
from reflowlog.text.parse.levels import STANDARD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.match_index import MatchIndex
    from reflowlog.pager.state import PagerState

__all__ = ["StatusFacts", "compose"]

_UNTHEMED = {"status": Style("7"), "status-note": Style("1;7"), "hit": Style("7"), "hit-current": Style("30;43")}


class StatusFacts(NamedTuple):
    """What the status row says besides.

    Attributes:
        name: of what is viewed.
        live: whether more may come.
        rate: lines a second.
        counted: how much of the document has its lines counted, from 0 to 1.
        growing: whether much comes in.
    """

    name: str = ""
    live: bool = True
    rate: float = 0.0
    counted: float = 1.0
    growing: bool = False


def compose(viewer: PagerState, desk: PagerContext, facts: StatusFacts) -> ScreenFrame:
    """All that is to be seen."""
    desk.follow(viewer)
    desk.pending = False
    places = desk.view(viewer)
    width, height = desk.size.columns, desk.height
    if viewer.helping:
        rows = help_rows(width, height, desk.settings.keys)
    else:
        rows = [_drawn(place, viewer, desk) for place in places]
        if viewer.following and desk.pending:  # what is found so far stands where it will stay
            rows = [""] * (height - len(rows)) + rows
    rows += [""] * (height - len(rows))
    if viewer.prompt is not None:
        text, column = prompts.show(viewer.prompt, width)
        return ScreenFrame([*rows[: desk.size.rows - 1], text], (column, desk.size.rows - 1))
    if desk.size.rows < 2:
        return ScreenFrame(rows[:1])
    bar = status(_parts(viewer, desk, facts, places), width)
    return ScreenFrame(
        [*rows, paint_run(bar, _style(desk, "status-note" if viewer.message or viewer.waiting else "status"))]
    )


def _drawn(place: VisibleRow, viewer: PagerState, desk: PagerContext) -> str:
    try:
        lights = desk.lights(place.record.text)
    except NotReady:
        lights = ()
    is_hit = viewer.hit is not None and viewer.hit.record == place.laid.key
    if is_hit and viewer.hit_is_level and place.number == 0:
        lights = ((place.row.start, place.row.end),)
    style = _style(desk, "hit-current" if is_hit and desk.settings.colour else "hit")
    width, room = desk.lens.layout.width, desk.size.columns - desk.label_room
    if width > room:  # laid out for more than there is
        return _label(place, desk) + drawn(_cut(place, room), lights, style, 0)
    theme = desk.settings.looks.theme
    aside = ASIDE if theme is None else theme.styles["source"]
    return _label(place, desk) + drawn(place, lights, style, width, aside)


def _label(place: VisibleRow, desk: PagerContext) -> str:
    """What stands before a row where there are several sources: the name of its own, or blanks."""
    labels, room = desk.settings.labels, desk.label_room
    if labels is None or not room:
        return ""
    if place.number:
        return " " * room
    owner = desk.settings.owner(place.laid.key)
    text = labels.text(owner, room)
    name = text.rstrip()
    return paint_run(name, labels.style(owner)) + text[len(name) :]


def _style(desk: PagerContext, name: str) -> Style:
    """How a part of the screen looks."""
    theme = desk.settings.looks.theme
    return _UNTHEMED[name] if theme is None else theme.styles[name]


def _cut(place: VisibleRow, width: int) -> VisibleRow:
    """A row without what does not fit on the screen."""
    row = place.row
    room = max(width - row.indent, 0)
    text = cells.clip(row.text, room)
    short = row._replace(end=row.start + len(text), cells=cells.cells(text), text=text, indent=min(row.indent, width))
    rows = [*place.laid.rows[: place.number], short]
    return VisibleRow(place.laid._replace(rows=rows), place.number)


def _parts(
    viewer: PagerState, desk: PagerContext, facts: StatusFacts, places: Sequence[VisibleRow]
) -> list[StatusPart]:
    """What the status row says, in order."""
    if viewer.waiting:
        return [StatusPart("mark: a letter" if viewer.waiting == "m" else "go to the mark: a letter", 100)]
    if viewer.helping:
        return [StatusPart("any key leaves the help", 100)]
    parts = [
        StatusPart(viewer.message or _unknown(viewer, desk, places), 100),
        StatusPart(facts.name, 20),
        StatusPart(_position(desk, places), 90),
        StatusPart("following" if viewer.following else _share(desk, places), 80),
        StatusPart(_errand(viewer, desk), 95),
        StatusPart(_filter_facts(viewer, desk), 70),
        StatusPart(_search_facts(viewer, desk), 75),
        StatusPart(desk.tally.text(growing=facts.growing), 15),
        StatusPart("" if viewer.wrapped else f"unwrapped{f' +{viewer.shift}' if viewer.shift else ''}", 40),
        StatusPart("raw" if viewer.raw else "", 40),
        StatusPart("" if facts.live else "input ended", 25),
        StatusPart(f"{facts.rate:,.0f} lines/s" if facts.rate >= 1 else "", 30),
        StatusPart(f"counting {percent(facts.counted)}" if facts.counted < 1 else "", 35),
    ]
    return [part for part in parts if part.text]


def _unknown(viewer: PagerState, desk: PagerContext, places: Sequence[VisibleRow]) -> str:
    """Why a filter shows nothing at all, where that is known."""
    pattern, level = viewer.wanted.pattern, viewer.wanted.level
    if pattern is None or level is not None or places or desk.pending:
        return ""
    return pattern.unknown


def _position(desk: PagerContext, places: Sequence[VisibleRow]) -> str:
    text = desk.document.text
    total = "" if text.count is None else f" of {text.count:,}"
    if not places:
        return "empty" if text.start >= text.end else "nothing to show"
    first, last = (text.number_at(place.laid.key) for place in (places[0], places[-1]))
    if first is None or last is None:
        return total.removeprefix(" of ") and f"{total.removeprefix(' of ')} lines"
    return f"{first + 1:,}-{last + 1:,}{total}" if last > first else f"{first + 1:,}{total}"


def _share(desk: PagerContext, places: Sequence[VisibleRow]) -> str:
    text = desk.document.text
    if not places or text.end <= text.start:
        return ""
    last = places[-1]
    following = desk.document.after(last.laid.key)
    if last.number == len(last.laid.rows) - 1 and (following is None or _is_last(desk, last.laid.key)):
        return "end"
    seen = (following if following is not None else text.end) - text.start
    return percent(min(seen / (text.end - text.start), 0.99))


def _is_last(desk: PagerContext, key: int) -> bool:
    """Whether nothing is shown after a piece, as far as that is known."""
    try:
        return desk.shown.after(key) is None
    except NotReady:
        return False


def _errand(viewer: PagerState, desk: PagerContext) -> str:
    if isinstance(viewer.errand, Seek):
        census = desk.levels(*viewer.errand.levels) if viewer.errand.levels else desk.hits
        return f"searching {percent(census.progress)}" if census is not None else ""
    if isinstance(viewer.errand, Goto):
        return f"going to line {viewer.errand.number + 1:,}"
    if viewer.saving is not None:
        return f"saved {viewer.saving.written:,} lines"
    return ""


def _filter_facts(viewer: PagerState, desk: PagerContext) -> str:
    wanted = viewer.wanted
    if desk.sieve is None:
        return ""
    parts = []
    if wanted.pattern is not None:
        parts.append(f"{'!' if wanted.invert else '&'}{wanted.pattern.source}")
    if wanted.level is not None:
        parts.append(f"level {STANDARD.get(wanted.level, str(wanted.level)).lower()}+")
    return f"{' '.join(parts)}: {_total(desk.sieve)}"


def _search_facts(viewer: PagerState, desk: PagerContext) -> str:
    if viewer.search is None or desk.hits is None:
        return ""
    sign = "?" if viewer.upward else "/"
    of = _total(desk.hits)
    try:
        key = -1 if viewer.hit is None else viewer.hit.record
        is_hit = key >= desk.document.text.start and key in desk.hits.keys(key // desk.document.CELL)  # or an error
        rank = desk.hits.rank(key) if is_hit else None
    except NotReady:
        rank = None
    return (
        f"{sign}{viewer.search.source}: {of}" if rank is None else f"{sign}{viewer.search.source}: {rank + 1:,} of {of}"
    )


def _total(census: MatchIndex) -> str:
    try:
        total = f"{census.total():,}"
    except NotReady:
        return "..."
    return total if census.complete else f"{total}+ ({percent(census.progress)})"
