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


def compose(viewer: PagerState, context: PagerContext, facts: StatusFacts) -> ScreenFrame:
    """All that is to be seen."""
    context.follow(viewer)
    context.incomplete = False
    places = context.view(viewer)
    width, height = context.size.columns, context.height
    if viewer.helping:
        rows = help_rows(width, height, context.settings.keys)
    else:
        rows = [_drawn(place, viewer, context) for place in places]
        if viewer.following and context.incomplete:  # what is found so far stands where it will stay
            rows = [""] * (height - len(rows)) + rows
    rows += [""] * (height - len(rows))
    if viewer.prompt is not None:
        text, column = prompts.show(viewer.prompt, width)
        return ScreenFrame([*rows[: context.size.rows - 1], text], (column, context.size.rows - 1))
    if context.size.rows < 2:
        return ScreenFrame(rows[:1])
    bar = status(_parts(viewer, context, facts, places), width)
    return ScreenFrame(
        [*rows, paint_run(bar, _style(context, "status-note" if viewer.message or viewer.waiting else "status"))]
    )


def _drawn(place: VisibleRow, viewer: PagerState, context: PagerContext) -> str:
    try:
        match_spans = context.match_spans(place.record.text)
    except NotReady:
        match_spans = ()
    is_hit = viewer.hit is not None and viewer.hit.record == place.laid.key
    if is_hit and viewer.hit_is_level and place.number == 0:
        match_spans = ((place.row.start, place.row.end),)
    style = _style(context, "hit-current" if is_hit and context.settings.render.colour else "hit")
    width, room = context.viewport.layout.width, context.size.columns - context.label_room
    if width > room:  # laid out for more than there is
        return _label(place, context) + drawn(_cut(place, room), match_spans, style, 0)
    theme = context.settings.render.appearance.theme
    aside = ASIDE if theme is None else theme.styles["source"]
    return _label(place, context) + drawn(place, match_spans, style, width, aside)


def _label(place: VisibleRow, context: PagerContext) -> str:
    """What stands before a row where there are several sources: the name of its own, or blanks."""
    labels, room = context.settings.labels, context.label_room
    if labels is None or not room:
        return ""
    if place.number:
        return " " * room
    owner = context.settings.owner(place.laid.key)
    text = labels.text(owner, room)
    name = text.rstrip()
    return paint_run(name, labels.style(owner)) + text[len(name) :]


def _style(context: PagerContext, name: str) -> Style:
    """How a part of the screen looks."""
    theme = context.settings.render.appearance.theme
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
    viewer: PagerState, context: PagerContext, facts: StatusFacts, places: Sequence[VisibleRow]
) -> list[StatusPart]:
    """What the status row says, in order."""
    if viewer.waiting:
        return [StatusPart("mark: a letter" if viewer.waiting == "m" else "go to the mark: a letter", 100)]
    if viewer.helping:
        return [StatusPart("any key leaves the help", 100)]
    parts = [
        StatusPart(viewer.message or _unknown(viewer, context, places), 100),
        StatusPart(facts.name, 20),
        StatusPart(_position(context, places), 90),
        StatusPart("following" if viewer.following else _share(context, places), 80),
        StatusPart(_pending_text(viewer, context), 95),
        StatusPart(_filter_facts(viewer, context), 70),
        StatusPart(_search_facts(viewer, context), 75),
        StatusPart(context.count_levels.text(growing=facts.growing), 15),
        StatusPart("" if viewer.wrapped else f"unwrapped{f' +{viewer.shift}' if viewer.shift else ''}", 40),
        StatusPart("raw" if viewer.raw else "", 40),
        StatusPart("" if facts.live else "input ended", 25),
        StatusPart(f"{facts.rate:,.0f} lines/s" if facts.rate >= 1 else "", 30),
        StatusPart(f"counting {percent(facts.counted)}" if facts.counted < 1 else "", 35),
    ]
    return [part for part in parts if part.text]


def _unknown(viewer: PagerState, context: PagerContext, places: Sequence[VisibleRow]) -> str:
    """Why a filter shows nothing at all, where that is known."""
    pattern, level = viewer.criteria.pattern, viewer.criteria.level
    if pattern is None or level is not None or places or context.incomplete:
        return ""
    return pattern.unknown


def _position(context: PagerContext, places: Sequence[VisibleRow]) -> str:
    text = context.document.text
    total = "" if text.count is None else f" of {text.count:,}"
    if not places:
        return "empty" if text.start >= text.end else "nothing to show"
    first, last = (text.number_at(place.laid.key) for place in (places[0], places[-1]))
    if first is None or last is None:
        return total.removeprefix(" of ") and f"{total.removeprefix(' of ')} lines"
    return f"{first + 1:,}-{last + 1:,}{total}" if last > first else f"{first + 1:,}{total}"


def _share(context: PagerContext, places: Sequence[VisibleRow]) -> str:
    text = context.document.text
    if not places or text.end <= text.start:
        return ""
    last = places[-1]
    following = context.document.after(last.laid.key)
    if last.number == len(last.laid.rows) - 1 and (following is None or _is_last(context, last.laid.key)):
        return "end"
    seen = (following if following is not None else text.end) - text.start
    return percent(min(seen / (text.end - text.start), 0.99))


def _is_last(context: PagerContext, key: int) -> bool:
    """Whether nothing is shown after a piece, as far as that is known."""
    try:
        return context.shown.after(key) is None
    except NotReady:
        return False


def _pending_text(viewer: PagerState, context: PagerContext) -> str:
    if isinstance(viewer.pending, Seek):
        match_index = context.levels(*viewer.pending.levels) if viewer.pending.levels else context.hits
        return f"searching {percent(match_index.progress)}" if match_index is not None else ""
    if isinstance(viewer.pending, Goto):
        return f"going to line {viewer.pending.number + 1:,}"
    if viewer.saving is not None:
        return f"saved {viewer.saving.written:,} lines"
    return ""


def _filter_facts(viewer: PagerState, context: PagerContext) -> str:
    criteria = viewer.criteria
    if context.filter_index is None:
        return ""
    parts = []
    if criteria.pattern is not None:
        parts.append(f"{'!' if criteria.invert else '&'}{criteria.pattern.source}")
    if criteria.level is not None:
        parts.append(f"level {STANDARD.get(criteria.level, str(criteria.level)).lower()}+")
    return f"{' '.join(parts)}: {_total(context.filter_index)}"


def _search_facts(viewer: PagerState, context: PagerContext) -> str:
    if viewer.search is None or context.hits is None:
        return ""
    sign = "?" if viewer.upward else "/"
    of = _total(context.hits)
    try:
        key = -1 if viewer.hit is None else viewer.hit.record
        is_hit = key >= context.document.text.start and key in context.hits.keys(
            key // context.document.CELL
        )  # or an error
        rank = context.hits.rank(key) if is_hit else None
    except NotReady:
        rank = None
    return (
        f"{sign}{viewer.search.source}: {of}" if rank is None else f"{sign}{viewer.search.source}: {rank + 1:,} of {of}"
    )


def _total(match_index: MatchIndex) -> str:
    try:
        total = f"{match_index.total():,}"
    except NotReady:
        return "..."
    return total if match_index.complete else f"{total}+ ({percent(match_index.progress)})"
