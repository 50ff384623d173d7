"""Parts of the status row: position, filters, search, progress, and the rest of the state of the pager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.pager.help import help_rows
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.state import Goto, Seek
from reflowlog.pager.status_line import StatusPart, percent
from reflowlog.text.parse.levels import STANDARD
from reflowlog.text.search.pattern_source import no_match_hint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.detail import DetailState
    from reflowlog.pager.folds import Folds
    from reflowlog.pager.match_index import MatchIndex
    from reflowlog.pager.state import PagerState
    from reflowlog.pager.viewport import VisibleRow

__all__ = ["StatusFacts", "status_parts"]

_TIMES = {"": "", "before": "since the record before", "mark": "since the mark"}


class StatusFacts(NamedTuple):
    """Facts for the status row that are not part of the state.

    Attributes:
        name: of the document.
        live: whether more input may come.
        rate: lines a second.
        counted: share of the document whose lines are counted, from 0 to 1.
        growing: whether input comes so fast that errors and warnings are not counted.
    """

    name: str = ""
    live: bool = True
    rate: float = 0.0
    counted: float = 1.0
    growing: bool = False


def status_parts(
    state: PagerState, context: PagerContext, facts: StatusFacts, visible_rows: Sequence[VisibleRow]
) -> list[StatusPart]:
    """Return the parts of the status row, in order."""
    if state.waiting:
        return [StatusPart("mark: a letter" if state.waiting == "m" else "go to the mark: a letter", 100)]
    if state.help_row is not None:
        height = context.height
        rows = len(help_rows(context.size.columns, height, context.settings.keys, state.place))
        first = min(state.help_row, max(rows - height, 0))
        shown = "" if rows <= height else f"help {first + 1}-{first + height} of {rows}: j k scroll"
        parts = [
            StatusPart(state.message, 100),
            StatusPart(shown, 90, "j k scroll"),
            StatusPart("q leaves the help", 95),
        ]
        return [part for part in parts if part.text]
    if state.chooser is not None:
        keys = "Space column  h hide  Left Right order  s write  r reset  q back"
        parts = [StatusPart(state.message, 100), StatusPart(keys, 90, "Space column  h hide  q back")]
        return [part for part in parts if part.text]
    if state.detail is not None:
        return [part for part in _detail_parts(state, state.detail, context) if part.text]
    parts = [
        StatusPart(f"{int(state.digits):,}" if state.digits else "", 100),
        StatusPart(state.message or _explain_nothing(state, context, visible_rows), 100),
        StatusPart(facts.name, 20, facts.name.rpartition("/")[2]),
        StatusPart(_position_text(context, visible_rows, live=facts.live), 90),
        StatusPart("following" if state.following else _share_text(context, visible_rows), 80),
        StatusPart(_pending_text(state, context), 95),
        StatusPart(_filter_text(state, context), 78, _short_filter_text(state, context)),
        _search_part(state, context, 75),
        StatusPart(context.levels.counts.text(growing=facts.growing), 15),
        StatusPart("" if state.wrapped else f"unwrapped{f' +{state.shift}' if state.shift else ''}", 40),
        StatusPart("raw" if state.raw else "", 40),
        StatusPart(_fold_text(state.folds), 10),
        StatusPart("" if _TIMES[state.times] in state.message else _TIMES[state.times], 45),
        StatusPart("" if facts.live else "input ended", 25),
        StatusPart(f"{facts.rate:,.0f} lines/s" if facts.rate >= 1 else "", 30),
        StatusPart(f"counting {percent(facts.counted)}" if facts.counted < 1 else "", 35),
    ]
    return [part for part in parts if part.text]


def _detail_parts(state: PagerState, place: DetailState, context: PagerContext) -> list[StatusPart]:
    """Return the parts of the status row of a record's detail."""
    view = context.detail_view(place.offset)
    if view is None:
        return [StatusPart("the record is no longer held", 100)]
    text, record, field = context.document.text, view.detail.record, view.field_of(place)
    line = text.number_at(record.offset)
    of = "" if text.count is None else f" of {text.count:,}"
    number, count = view.field_number(place) + 1, len(view.detail.fields)
    return [
        StatusPart(f"{int(state.digits):,}" if state.digits else "", 100),
        StatusPart(state.message, 100),
        StatusPart(
            "record" if line is None else f"record at line {line + 1:,}{of}",
            80,
            "" if line is None else f"line {line + 1:,}",
        ),
        StatusPart("" if record.is_whole else "its start", 85),
        StatusPart(f"{field.path or field.name} {number} of {count}", 70),
        StatusPart(_pending_text(state, context), 95),
        StatusPart(_filter_text(state, context), 68, _short_filter_text(state, context)),
        _search_part(state, context, 65),
        StatusPart("f only  x not  y copy  Left Right record  q back", 50, "f only  x not  q back"),
    ]


def _fold_text(folds: Folds) -> str:
    """Return the status text of the kinds that are folded everywhere."""
    kinds = [("", "frames of libraries", "tracebacks")[folds.tracebacks], "repeats" * folds.repeats]
    return " ".join(["folded:", *filter(None, kinds)]) if any(kinds) else ""


def _explain_nothing(state: PagerState, context: PagerContext, visible_rows: Sequence[VisibleRow]) -> str:
    """Return the reason why the filters show nothing at all, if it is known."""
    if state.criteria.is_empty or visible_rows or context.incomplete:
        return ""
    if state.criteria.level is not None:
        return context.levels.no_level_report
    patterns = [test.pattern for test in state.criteria.tests if not test.exclude]
    ignore_case = context.settings.ignore_case
    hints = (no_match_hint(each.source, ignore_case=ignore_case) for each in patterns if not each.of_fields)
    return next(filter(None, (*[test.pattern.unknown for test in state.criteria.tests], *hints)), "")


def _position_text(context: PagerContext, visible_rows: Sequence[VisibleRow], *, live: bool) -> str:
    text, settings = context.document.text, context.settings
    total = "" if text.count is None else f" of {text.count:,}"
    if not visible_rows:
        if text.start < text.end:
            return "nothing to show"
        return (settings.awaited if live else "") or settings.empty
    first, last = (text.number_at(visible_row.line.offset) for visible_row in (visible_rows[0], visible_rows[-1]))
    if first is None or last is None:
        return total.removeprefix(" of ") and f"{total.removeprefix(' of ')} lines"
    return f"{first + 1:,}-{last + 1:,}{total}" if last > first else f"{first + 1:,}{total}"


def _share_text(context: PagerContext, visible_rows: Sequence[VisibleRow]) -> str:
    text = context.document.text
    if not visible_rows or text.end <= text.start:
        return ""
    last = visible_rows[-1]
    following = context.document.after(last.line.offset)
    if last.number == len(last.line.rows) - 1 and (following is None or _is_last_shown(context, last.line.offset)):
        return "end"
    seen = (following if following is not None else text.end) - text.start
    return percent(min(seen / (text.end - text.start), 0.99))


def _is_last_shown(context: PagerContext, start: int) -> bool:
    """Return whether nothing is shown after a segment, as far as it is known."""
    try:
        return context.shown.after(start) is None
    except NotReady:
        return False


def _pending_text(state: PagerState, context: PagerContext) -> str:
    if isinstance(state.pending, Seek):
        match_index = context.levels.between(*state.pending.levels) if state.pending.levels else context.indexes.hits
        return f"searching {percent(match_index.progress)}" if match_index is not None else ""
    if isinstance(state.pending, Goto):
        return f"going to line {state.pending.number + 1:,}"
    if state.copying is not None:
        return f"copying: {state.copying.lines:,} lines"
    if state.saving is not None:
        return f"saved {state.saving.written:,} lines"
    return ""


def _filter_text(state: PagerState, context: PagerContext) -> str:
    """Return the filters, each with the number of lines that match it and those before it; context does not count."""
    criteria = state.criteria
    if context.indexes.filter_index is None:
        return ""
    parts = []
    level = ""
    if criteria.level is not None:
        level = f"level {STANDARD.get(criteria.level, str(criteria.level)).lower()}+"
    for number, test in enumerate(criteria.tests, 1):
        index = context.indexes.index_of(criteria._replace(tests=criteria.tests[:number], context=0))
        count = "" if index is None or (level and number == len(criteria.tests)) else f": {_total_text(index)}"
        parts.append(f"{'!' if test.exclude else '&'}{test.pattern.source}{count}")
    if level:
        parts.append(f"{level}: {_matching_text(state, context)}")
    if criteria.context:
        parts.append(f"context {criteria.context}")
    return " ".join(parts)


def _short_filter_text(state: PagerState, context: PagerContext) -> str:
    """Return the number of filters, and of the lines that match; it is never longer than the filters."""
    if context.indexes.filter_index is None:
        return ""
    count = len(state.criteria.tests) + (state.criteria.level is not None)
    return f"&{count}: {_matching_text(state, context)}"


def _matching_text(state: PagerState, context: PagerContext) -> str:
    """Return the number of lines that match all filters, without their context."""
    index = context.indexes.index_of(state.criteria._replace(context=0))
    return "" if index is None else _total_text(index)


def _search_part(state: PagerState, context: PagerContext, weight: int) -> StatusPart:
    """Return the search with its counts, in short without the pattern."""
    if state.search is None or context.indexes.hits is None:
        return StatusPart("", weight)
    sign = "?" if state.upward else "/"
    of = _total_text(context.indexes.hits)
    try:
        start = -1 if state.hit is None else state.hit.line
        block = start // context.document.BLOCK_BYTES
        is_hit = start >= context.document.text.start and start in context.indexes.hits.offsets(block)  # or an error
        rank = context.indexes.hits.rank(start) if is_hit else None
    except NotReady:
        rank = None
    counts = of if rank is None else f"{rank + 1:,} of {of}"
    return StatusPart(f"{sign}{state.search.source}: {counts}", weight, f"{sign}: {counts}")


def _total_text(match_index: MatchIndex) -> str:
    try:
        total = f"{match_index.total():,}"
    except NotReady:
        return "..."
    return total if match_index.is_complete else f"{total}+ ({percent(match_index.progress)})"
