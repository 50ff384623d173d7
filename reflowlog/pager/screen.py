"""Composes the pager's screen: the rows of the document or the help, and the parts of the status row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reflowlog.core.frames import ScreenFrame
from reflowlog.core.records import PLAIN, Style
from reflowlog.pager import prompts as prompts
from reflowlog.pager.column_chooser import chooser_height, chooser_rows
from reflowlog.pager.help import help_rows
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.state import Goto, Seek
from reflowlog.pager.status_line import StatusPart, percent, status_rows
from reflowlog.pager.viewport import ASIDE_STYLE, VisibleRow, draw_row
from reflowlog.render.ansi import paint_run
from reflowlog.text.clean import cells
from reflowlog.text.layout.column_choice import ColumnChoice
from reflowlog.text.layout.gap_rule import rule
from reflowlog.text.parse.levels import STANDARD
from reflowlog.text.search.pattern_source import no_match_hint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.pager.column_chooser import ChooserState
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.detail import DetailState
    from reflowlog.pager.folds import Folds
    from reflowlog.pager.match_index import MatchIndex
    from reflowlog.pager.state import PagerState

__all__ = ["StatusFacts", "compose"]

_UNTHEMED = {
    "extra.key": Style("2"),
    "status": Style("7"),
    "status-note": Style("1;7"),
    "hit": Style("7"),
    "hit-current": Style("30;43"),
}


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


MAX_DRAWN_SCREENS = 4
"""Screens of drawn rows that are remembered."""


def compose(state: PagerState, context: PagerContext, facts: StatusFacts) -> ScreenFrame:
    """Return the screen of a state."""
    context.sync(state)
    context.incomplete = False
    visible_rows = context.visible_rows_of(state)
    segments = [each for each in visible_rows if each.line.kind != "rule"]
    width, height = context.size.columns, context.height
    if state.help_row is not None:
        rows = _help_window(state.help_row, help_rows(width, height, context.settings.keys, state.place), height)
    elif state.detail is not None:
        rows = _detail_rows(state.detail, context)
    else:
        rows = _draw_rows(visible_rows, state, context)
        if state.following and context.incomplete:  # what is found so far stands where it will stay
            rows = [""] * (height - len(rows)) + rows
    rows += [""] * (height - len(rows))
    if state.chooser is not None and state.help_row is None:
        rows = _with_chooser(rows, state, state.chooser, context)
    if state.prompt is not None:
        text, column = prompts.show(state.prompt, width)
        return ScreenFrame([*rows[: context.size.rows - 1], text], (column, context.size.rows - 1))
    note = state.message or state.waiting or state.digits
    if context.size.rows < 2 and not note:
        return ScreenFrame(rows[:1])
    hint = "F1 help " if state.detail is not None or state.chooser is not None else "h help "  # where h hides a field
    bars = status_rows(
        _status_parts(state, context, facts, segments),
        width,
        context.size.rows if note else 1,
        "" if state.help_row is not None else hint,
    )
    style = _style(context, "status-note" if note else "status")
    rows = [*rows[: context.size.rows - len(bars)], *[paint_run(bar, style) for bar in bars]]
    return ScreenFrame(rows, status_rows=len(bars))


def _with_chooser(rows: list[str], state: PagerState, chooser: ChooserState, context: PagerContext) -> list[str]:
    """Return the rows of the log above the list of fields."""
    width = context.size.columns
    listed = chooser_rows(chooser, context.column_choice(state) or ColumnChoice(), width, chooser_height(context))
    style = _style(context, "status")
    drawn = [paint_run(row, style) if is_chosen else row for row, is_chosen in listed]
    room = max(context.height - len(drawn), 0)
    above = rows[len(rows) - room :] if state.following else rows[:room]
    return [*above, *drawn][: context.height]


def _help_window(first: int, rows: list[str], height: int) -> list[str]:
    """Return the rows of the help from one on, as far as they fit on the screen."""
    first = min(first, max(len(rows) - height, 0))
    return rows[first : first + height]


def _detail_rows(place: DetailState, context: PagerContext) -> list[str]:
    """Draw the rows of a record's detail, with highlighted matches."""
    view = context.detail_view(place.offset)
    if view is None:
        return []
    styles = [_style(context, name) for name in ("extra.key", "status", "hit")]
    chosen = view.field_number(place)
    drawn = []
    for row in view.window(place, context.height):
        try:
            marked = () if row.is_name else context.text_spans(row.styled.text)
        except NotReady:
            marked = ()
        drawn.append(view.draw(row, chosen, styles[0], styles[1], marked, styles[2]))
    return drawn


def _draw_rows(visible_rows: list[VisibleRow], state: PagerState, context: PagerContext) -> list[str]:
    """Draw rows; those without highlights, labels and cuts are remembered, because most stay on the screen."""
    is_cut = context.viewport.layout.width > context.size.columns
    if state.hit is not None or context.marks_rows or context.label_room or is_cut:
        return [_draw_row(visible_row, state, context) for visible_row in visible_rows]
    known, drawn = context.drawn_rows, []
    if len(known) > MAX_DRAWN_SCREENS * context.size.rows:
        known.clear()
    for visible_row in visible_rows:
        line, number = visible_row
        key = line.offset, number
        found = known.get(key)
        if found is None or found[0] is not line:
            found = line, _draw_row(visible_row, state, context)
            if line.kind != "rule":  # as wide as the screen
                known[key] = found
        drawn.append(found[1])
    return drawn


def _draw_row(visible_row: VisibleRow, state: PagerState, context: PagerContext) -> str:
    """Draw a row with its label and highlighted matches."""
    theme = context.settings.render.appearance.theme
    aside = ASIDE_STYLE if theme is None else theme.styles["source"]
    if visible_row.line.is_rule:
        width = min(context.viewport.layout.width + context.label_room, context.size.columns)
        style = aside if context.settings.render.own_colour else PLAIN
        return paint_run(rule(visible_row.record.text, width), style)
    try:
        match_spans = context.match_spans(visible_row)
    except NotReady:
        match_spans = ()
    is_hit = state.hit is not None and state.hit.record == visible_row.line.offset and not visible_row.line.kind
    if is_hit and state.hit_is_level and visible_row.number == 0:
        match_spans = ((visible_row.row.start, visible_row.row.end),)
    style = _style(context, "hit-current" if is_hit and context.settings.render.colour else "hit")
    width, room = context.viewport.layout.width, context.size.columns - context.label_room
    if width > room:  # laid out for more than there is
        return _label(visible_row, context) + draw_row(_cut_row(visible_row, room), match_spans, style, 0)
    return _label(visible_row, context) + draw_row(visible_row, match_spans, style, width, aside)


def _label(visible_row: VisibleRow, context: PagerContext) -> str:
    """Return the label before a row if there are several sources: that of its source, or blanks in further rows."""
    labels, room = context.settings.labels, context.label_room
    if labels is None or not room:
        return ""
    if visible_row.number:
        return " " * room
    owner = context.settings.owner(visible_row.line.offset)
    text = labels.text(owner, room)
    name = text.rstrip()
    return paint_run(name, labels.style(owner)) + text[len(name) :]


def _style(context: PagerContext, name: str) -> Style:
    """Return the style of a part of the screen."""
    theme = context.settings.render.appearance.theme
    return _UNTHEMED[name] if theme is None else theme.styles[name]


def _cut_row(visible_row: VisibleRow, width: int) -> VisibleRow:
    """Return a row without the part that does not fit on the screen."""
    row = visible_row.row
    room = max(width - row.indent, 0)
    text = cells.clip(row.text, room)
    short = row._replace(end=row.start + len(text), cells=cells.cells(text), text=text, indent=min(row.indent, width))
    rows = [*visible_row.line.rows[: visible_row.number], short]
    return VisibleRow(visible_row.line._replace(rows=rows), visible_row.number)


def _status_parts(
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
        StatusPart(_position_text(context, visible_rows), 90),
        StatusPart("following" if state.following else _share_text(context, visible_rows), 80),
        StatusPart(_pending_text(state, context), 95),
        StatusPart(_filter_text(state, context), 78, _short_filter_text(state, context)),
        _search_part(state, context, 75),
        StatusPart(context.level_counts.text(growing=facts.growing), 15),
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
    tracebacks = ("", "frames of libraries", "tracebacks")[folds.tracebacks]
    return " ".join(["folded:" * bool(tracebacks or folds.repeats), tracebacks, "repeats" * folds.repeats]).strip()


def _explain_nothing(state: PagerState, context: PagerContext, visible_rows: Sequence[VisibleRow]) -> str:
    """Return the reason why the filters show nothing at all, if it is known."""
    if state.criteria.is_empty or visible_rows or context.incomplete:
        return ""
    if state.criteria.level is not None:
        return context.no_level_report
    patterns = [test.pattern for test in state.criteria.tests if not test.exclude]
    ignore_case = context.settings.ignore_case
    hints = (no_match_hint(each.source, ignore_case=ignore_case) for each in patterns if not each.of_fields)
    return next(filter(None, (*[test.pattern.unknown for test in state.criteria.tests], *hints)), "")


def _position_text(context: PagerContext, visible_rows: Sequence[VisibleRow]) -> str:
    text = context.document.text
    total = "" if text.count is None else f" of {text.count:,}"
    if not visible_rows:
        return context.settings.empty if text.start >= text.end else "nothing to show"
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
        match_index = context.levels(*state.pending.levels) if state.pending.levels else context.hits
        return f"searching {percent(match_index.progress)}" if match_index is not None else ""
    if isinstance(state.pending, Goto):
        return f"going to line {state.pending.number + 1:,}"
    if state.copying is not None:
        return f"copying: {state.copying.lines:,} lines"
    if state.saving is not None:
        return f"saved {state.saving.written:,} lines"
    return ""


def _filter_text(state: PagerState, context: PagerContext) -> str:
    """Return the filters, each with the number of lines that are shown with it and those before it."""
    criteria = state.criteria
    if context.filter_index is None:
        return ""
    parts = []
    level = ""
    if criteria.level is not None:
        level = f"level {STANDARD.get(criteria.level, str(criteria.level)).lower()}+"
    for number, (pattern, exclude) in enumerate(criteria.tests, 1):
        index = context.index_of(criteria._replace(tests=criteria.tests[:number]))
        count = "" if index is None or (level and number == len(criteria.tests)) else f": {_total_text(index)}"
        parts.append(f"{'!' if exclude else '&'}{pattern.source}{count}")
    if level:
        parts.append(f"{level}: {_total_text(context.filter_index)}")
    if criteria.context:
        parts.append(f"context {criteria.context}")
    return " ".join(parts)


def _short_filter_text(state: PagerState, context: PagerContext) -> str:
    """Return the number of filters, and of the lines that they show; it is never longer than the filters."""
    if context.filter_index is None:
        return ""
    count = len(state.criteria.tests) + (state.criteria.level is not None)
    return f"&{count}: {_total_text(context.filter_index)}"


def _search_part(state: PagerState, context: PagerContext, weight: int) -> StatusPart:
    """Return the search with its counts, in short without the pattern."""
    if state.search is None or context.hits is None:
        return StatusPart("", weight)
    sign = "?" if state.upward else "/"
    of = _total_text(context.hits)
    try:
        start = -1 if state.hit is None else state.hit.record
        is_hit = start >= context.document.text.start and start in context.hits.offsets(
            start // context.document.BLOCK_BYTES
        )  # or an error
        rank = context.hits.rank(start) if is_hit else None
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
