"""Composes the pager's screen: the rows of the document or the help, and the status row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.frames import ScreenFrame
from reflowlog.core.records import PLAIN, Style
from reflowlog.pager import prompts as prompts
from reflowlog.pager.column_chooser import chooser_height, chooser_rows
from reflowlog.pager.help import help_rows
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.status_line import status_rows
from reflowlog.pager.status_parts import StatusFacts, status_parts
from reflowlog.pager.viewport import VisibleRow, draw_row
from reflowlog.render.ansi import paint_run
from reflowlog.text.clean import cells
from reflowlog.text.layout.column_choice import ColumnChoice
from reflowlog.text.layout.gap_rule import rule

if TYPE_CHECKING:
    from reflowlog.pager.column_chooser import ChooserState
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.detail import DetailState
    from reflowlog.pager.state import PagerState

__all__ = ["compose"]

_UNTHEMED = {
    "extra.key": Style("2"),
    "status": Style("7"),
    "status-note": Style("1;7"),
    "hit": Style("7"),
    "hit-current": Style("30;43"),
}

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
        status_parts(state, context, facts, segments),
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
            marked = () if row.is_name else context.highlight.text_spans(row.styled.text)
        except NotReady:
            marked = ()
        drawn.append(view.draw(row, chosen, styles[0], styles[1], marked, styles[2]))
    return drawn


def _draw_rows(visible_rows: list[VisibleRow], state: PagerState, context: PagerContext) -> list[str]:
    """Draw rows; those without highlights, labels and cuts are remembered, because most stay on the screen."""
    is_cut = context.viewport.layout.width > context.size.columns
    if state.hit is not None or context.highlight.is_active or context.label_room or is_cut:
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
    aside = context.settings.render.appearance.aside_style
    if visible_row.line.is_rule:
        width = min(context.viewport.layout.width + context.label_room, context.size.columns)
        style = aside if context.settings.render.own_colour else PLAIN
        return paint_run(rule(visible_row.styled.text, width), style)
    try:
        match_spans = context.highlight.row_spans(visible_row)
    except NotReady:
        match_spans = ()
    is_hit = state.hit is not None and state.hit.line == visible_row.line.offset and not visible_row.line.kind
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
