"""Lays out document segments at one width and iterates their rows in both directions from any anchor.

Invariants:
- Rows exist only for the visible part; nothing here depends on the document's length.
- A position on the screen is an anchor: a segment's offset, and an offset in its text. Its row is the last one that
  starts at that offset or before it, at any width.
- In a record with fields (JSON, logfmt) the second offset counts within the record's body, which is the same at every
  width (`text/layout/columns.py`): 0 is the first row, further rows of a head line count up from there, and the body
  begins at `BODY_OFFSET`.
- A rule before a segment, where nothing was logged for a while, is a row of its own, at the offset `RULE_OFFSET` of
  that segment: it is above the segment's first row, and nothing scrolls to it by its text.
- Rows are cached for the present layout, once their segment cannot grow any more.
- Columns stand still: a record that brings a new column, or a longer name of a logger, has all rows laid out again with
  it. So `seen` may change with each line that is laid out; it only grows, and comes to rest.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Literal

from reflowlog.core.frames import Row
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import PLAIN, Anchor, Style, StyledLine
from reflowlog.pager.folds import Folds
from reflowlog.pager.timeline import TimeDisplay, Timeline
from reflowlog.render.ansi import draw
from reflowlog.render.options import RenderOptions, style_line, style_record
from reflowlog.text.clean import cells, wrap
from reflowlog.text.clean.joined_emoji import joins_for
from reflowlog.text.clean.sanitize import mark_controls
from reflowlog.text.highlight.spans import overlay
from reflowlog.text.layout.gap_rule import duration_text, elapsed_text
from reflowlog.text.layout.hanging_indent import aside_gap, hang, lay_out, source_column
from reflowlog.text.layout.source_indent import HeaderColumns
from reflowlog.text.parse.tracebacks import WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reflowlog.core.records import LogRecord, Spans
    from reflowlog.pager.filter import ShownSegments
    from reflowlog.pager.pieces import PieceIndex
    from reflowlog.store.document import Document
    from reflowlog.text.layout.column_choice import ColumnChoice
    from reflowlog.text.layout.column_plan import ColumnTracker, SeenColumns
    from reflowlog.text.layout.hanging_indent import Indent

__all__ = ["LaidOutLine", "LayoutOptions", "Viewport", "VisibleRow", "draw_row"]

MAX_CACHED_ROWS = 4096  # rows
MAX_LEARNT_BYTES = 64 << 10  # of the start of a document that are searched for headers at once
RULE_OFFSET = -1  # offset of the rule above a segment
FIRST_LINES = 64  # lines at the start of a document whose columns are known before any other line is laid out
FIRST_BYTES = 1 << 16  # bytes of these lines at most
BODY_OFFSET = 1000  # offset at which the body of a record with fields begins


class LayoutOptions(NamedTuple):
    """How segments become rows.

    Attributes:
        width: in cells.
        render: rendering options. ``wrap`` ``"none"``: each segment is one row, of which the screen shows a part.
            ``raw``: no colours, no indent, control characters as marks. Its own ``width`` is not used here.
        shift: number of cells left of the screen if ``wrap`` is ``"none"``.
        gaps: seconds without a record from which on a rule is shown; None: there are no rules.
        times: how times are shown.
        choice: columns and hidden fields in place of those of `render`; None: those.
    """

    width: int
    render: RenderOptions = RenderOptions()
    shift: int = 0
    gaps: float | None = None
    times: TimeDisplay = TimeDisplay()
    choice: ColumnChoice | None = None


class LaidOutLine(NamedTuple):
    """A segment laid out at a width."""

    offset: int
    styled: Sequence[StyledLine]  # the styled line of each row; most segments have one
    rows: Sequence[Row]
    starts: Sequence[int]  # offset of each row, ascending
    kind: Literal["", "rule", "fold"] = ""  # what it is instead of the segment's text: a rule above it, a count

    @property
    def is_rule(self) -> bool:
        """Whether it is not the segment, but the rule above it; its text is the rule's label."""
        return self.kind == "rule"

    def row_of(self, offset: int) -> int:
        """Return the number of the row that contains an offset."""
        return max(bisect_right(self.starts, offset) - 1, 0)


class VisibleRow(NamedTuple):
    """One row of a laid-out segment."""

    line: LaidOutLine
    number: int

    @property
    def row(self) -> Row:
        """The row to show."""
        return self.line.rows[self.number]

    @property
    def styled(self) -> StyledLine:
        """The styled line that the row is a part of."""
        return self.line.styled[self.number]

    @property
    def anchor(self) -> Anchor:
        """Anchor of the row's first character."""
        has_start = self.number or self.line.is_rule
        return Anchor(self.line.offset, self.line.starts[self.number] if has_start else 0)


class Viewport:
    """Lays out the segments of a document on demand.

    Args:
        document: the document.
        layout: the initial layout; `set_layout` replaces it.
        read: parses the log records of a line, with columns of their own; None: the parser for any log.
        timeline: times of the segments; None: there are no rules, and no relative times.
        tracker: columns that the source has had so far; shared with inline mode. None: an own one.
    """

    def __init__(
        self,
        document: Document,
        layout: LayoutOptions,
        read: Callable[[str], list[LogRecord]] | None = None,
        timeline: Timeline | None = None,
        tracker: ColumnTracker | None = None,
    ) -> None:
        self._document = document
        self._timeline = timeline
        self._folds = Folds()
        self._label: Callable[[int], str | None] = lambda _: None
        self._pieces: PieceIndex | None = None
        self._read = read
        self._tracker = tracker
        self._has_first_lines = False  # the columns of the first lines are known
        self._layout = layout
        self._lines: dict[int, LaidOutLine] = {}
        self._cached_rows = 0
        self._headers = HeaderColumns()
        self._learnt = 0  # offset up to which lines of the document have been searched for headers

    @property
    def layout(self) -> LayoutOptions:
        """The present layout."""
        return self._layout

    @property
    def seen(self) -> SeenColumns | None:
        """Columns that the source has had so far; None: it has had no record with fields."""
        return None if self._tracker is None else self._tracker.seen

    def set_layout(self, layout: LayoutOptions) -> None:
        """Replace the layout; drops all cached rows if it differs."""
        if layout != self._layout:
            if layout.choice != self._layout.choice:
                self._has_first_lines = False  # as to the columns that are new
            self._layout = layout
            self.forget_rows()

    def forget_rows(self) -> None:
        """Drop all cached rows."""
        self._lines.clear()
        self._cached_rows = 0

    def line(self, offset: int) -> LaidOutLine:
        """Return a segment, laid out. Raises `NotReady` if times are shown since the record before."""
        found = self._lines.get(offset)
        if found is not None:
            return found
        self._learn()
        label = self._label(offset)
        if label is not None:
            return self._lay_out_label(offset, label)
        segment = self.segment(offset)
        line = self._lay_out(offset, segment)
        if self._is_final(offset, segment):
            if self._cached_rows > MAX_CACHED_ROWS:
                self.forget_rows()
            self._lines[offset] = line
            self._cached_rows += len(line.rows)
        return line

    def segment(self, offset: int) -> bytes:
        """Return the bytes that are laid out for a segment, without newline: of a line of pieces, all pieces."""
        joined = None if self._pieces is None else self._pieces.line(offset)
        return self._document.segment(offset) if joined is None else joined[0]

    def _is_final(self, offset: int, segment: bytes) -> bool:
        """Return whether a segment cannot grow: it has its newline, is a part of a longer line, or has all pieces."""
        joined = None if self._pieces is None else self._pieces.line(offset)
        return (offset + len(segment) if joined is None else joined[1]) < self._document.text.end

    def join(self, pieces: PieceIndex) -> None:
        """Lay out lines of pieces as one from now on; drops all cached rows."""
        self._pieces = pieces
        self.forget_rows()

    def _learn(self) -> None:
        """Take in headers at the start of the document; they decide how all its lines hang, wherever the screen is."""
        text = self._document.text
        if self._headers.is_full or self._layout.render.indent != "auto" or self._learnt >= text.end:
            return
        before = self._headers.indent(self._layout.width)
        at = max(self._learnt, text.start)
        data = text.read(at, min(text.end, at + MAX_LEARNT_BYTES))
        end = data.rfind(b"\n") + 1
        self._headers.add(data[:end].decode("utf-8", "replace").split("\n")[:-1])
        self._learnt = at + (end or len(data) if len(data) >= MAX_LEARNT_BYTES else end)
        if self._headers.indent(self._layout.width) != before:
            self.forget_rows()

    def set_folds(self, folds: Folds, label: Callable[[int], str | None]) -> None:
        """Replace the folds; drops all cached rows.

        Args:
            folds: levels of the tracebacks that are fields of a record.
            label: returns the text in place of a segment that stands for folded ones, or None.
        """
        self._folds, self._label = folds, label
        self.forget_rows()

    def _lay_out_label(self, offset: int, label: str) -> LaidOutLine:
        options = self._layout.render
        style = options.appearance.aside_style
        line = StyledLine(label, ((0, len(label), style),) if options.own_colour and style.sgr else (), 0)
        return LaidOutLine(offset, [line], [wrap.rows(label, self._layout.width, 0, "none")[0]], [0], "fold")

    def _lay_out(self, offset: int, segment: bytes) -> LaidOutLine:
        width, options = self._layout.width, self._layout.render
        mode, raw, appearance = options.wrap, options.raw, options.appearance
        text = segment.decode("utf-8", "replace")
        indent = self._indent()
        if appearance.columns is not None and not raw and self._document.is_line_start(offset):
            found = self._lay_out_fields(offset, segment, text)
            if found is not None:
                return found
        if raw:
            line = StyledLine(mark_controls(text[:-1] if text[-1:] == "\r" else text), column=0)
        else:
            line = style_line(text, options, is_start=self._document.is_line_start(offset))
            shown = self._with_elapsed(line, offset)
            if shown is not line:  # the blanks of the elapsed time are no indentation
                column = line.column
                start = None if column is None else source_column(line.text, column, indent)
                indent = hang(line.text, width, start, indent)
                line = shown
        if mode == "none":
            rows = [_cut_row(line.text, width, self._layout.shift)]
        elif raw or not self._document.is_line_start(offset):
            rows = wrap.rows(line.text, width, 0, mode, joins_for(line.text, options.joins))
        else:
            rows = lay_out(line, width, indent, mode, joins_for(line.text, options.joins))
        return LaidOutLine(offset, [line] * len(rows), rows, [row.start for row in rows])

    def _indent(self) -> Indent:
        """Return the hanging indent of the document's lines."""
        options = self._layout.render
        return self._headers.indent(self._layout.width) if options.indent == "auto" else options.indent

    def _elapsed(self, offset: int) -> float | None:
        """Return the seconds to show in place of a segment's time; None: the time itself."""
        return None if self._timeline is None else self._timeline.elapsed(offset, self._layout.times)

    def _with_elapsed(self, line: StyledLine, offset: int) -> StyledLine:
        """Return a plain line with the elapsed time in place of its time: as wide, so that nothing else moves."""
        elapsed = self._elapsed(offset)
        if elapsed is None:
            return line
        from reflowlog.text.parse.header import parts  # start-up cost: only where times are relative
        from reflowlog.text.parse.line_facts import time_span

        text = line.text
        start, end = time_span(text, parts(text).time)
        if not text[start:end].strip().isascii() or start >= end:
            return line
        return line._replace(text=text[:start] + elapsed_text(elapsed, end - start) + text[end:])

    def _lay_out_fields(self, offset: int, segment: bytes, text: str) -> LaidOutLine | None:
        """Lay out the records with fields in a line; None if it has none."""
        from reflowlog.text.layout.fold_rows import fold_sheet  # start-up cost: most logs have no fields

        found = self._records_in(segment, text)
        if not found:
            return None
        self._track(found)
        styled: list[StyledLine] = []
        rows: list[Row] = []
        starts: list[int] = []
        base = BODY_OFFSET
        options = self._layout.render
        elapsed = self._elapsed(offset)
        for record in found:
            end = 0
            lines = style_record(record, self._layout.width, options, self.seen, elapsed)
            if self._folds.level(offset):
                lines = fold_sheet(lines, self._folds.level(offset))
            for line, body, start in lines:
                for row in self._rows_of(line):
                    is_head = body == len(line.text) > 0
                    into = 0 if options.wrap == "none" else max(row.start - body, 0)
                    starts.append(len(rows) if is_head or not rows else base + start + into)
                    rows.append(row)
                    styled.append(line)
                end = start + len(line.text) - body + 1
            base += end
        return LaidOutLine(offset, styled, rows, _make_ascending(starts)) if rows else None

    def has_frames(self, offset: int) -> bool:
        """Return whether a segment is a record with fields that has a traceback to fold."""
        segment = self.segment(offset)
        options = self._layout.render
        if options.appearance.columns is None or options.raw or not self._document.is_line_start(offset):
            return False
        found = self._records_in(segment, segment.decode("utf-8", "replace"))
        from reflowlog.text.layout.columns import sheet  # start-up cost, as above
        from reflowlog.text.layout.fold_rows import fold_sheet

        sheets = [sheet(record, None) for record in found]
        return any(len(fold_sheet(lines, WHOLE)) < len(lines) for lines in sheets)

    def _track(self, found: list[LogRecord]) -> None:
        """Take records into account before they are laid out; drop all rows if they bring new columns."""
        if self._tracker is None:
            from reflowlog.text.layout.column_plan import ColumnTracker  # start-up cost, as above

            self._tracker = ColumnTracker()
        seen = self._tracker.seen
        if not self._has_first_lines:
            self._has_first_lines = True
            self._track_first_lines(self._tracker)
        for record in found:
            self._tracker.add(record)
        if self._tracker.seen is not seen:
            self.forget_rows()

    def _track_first_lines(self, tracker: ColumnTracker) -> None:
        """Take the records at the start of the document into account."""
        left = FIRST_BYTES
        for _, segment in self._document.segments(self._document.text.start, FIRST_LINES):
            left -= len(segment)
            if left < 0:
                return
            for record in self._records_in(segment, segment.decode("utf-8", "replace")):
                tracker.add(record)

    def _records_in(self, segment: bytes, text: str) -> list[LogRecord]:
        """Parse the records with fields in a line, with the chosen columns."""
        found, choice = self._all_records_in(segment, text), self._layout.choice
        if choice is not None:
            return [each.selected(*choice) for each in found]
        return found if self._read is not None else list(map(self._layout.render.appearance.selected, found))

    def records_of(self, segment: bytes) -> list[LogRecord]:
        """Parse the records with fields in a line, with all their fields."""
        return self._all_records_in(segment, segment.decode("utf-8", "replace"))

    def _all_records_in(self, segment: bytes, text: str) -> list[LogRecord]:
        if self._read is not None:
            return self._read(text)
        from reflowlog.text.parse.field_names import USUAL
        from reflowlog.text.parse.json_records import may_have_fields, read_records

        names = self._layout.render.appearance.names or USUAL
        return read_records(text, names) if may_have_fields(segment, names) else []

    def _rows_of(self, line: StyledLine) -> Sequence[Row]:
        """Break a line of columns into rows."""
        width, mode = self._layout.width, self._layout.render.wrap
        if mode == "none":
            return [_cut_row(line.text, width, self._layout.shift)]
        indent = cells.cells(line.text[: line.column])
        return lay_out(line, width, indent, mode, joins_for(line.text, self._layout.render.joins))

    # -- iteration over rows ----------------------------------------------------------------------------------

    def below(self, shown: ShownSegments, anchor: Anchor) -> Iterator[VisibleRow]:
        """Yield the anchor's row and all rows after it. Raises `NotReady`."""
        self._learn()
        offset = shown.at(anchor.line)
        if offset is None:
            return
        if anchor == (offset, RULE_OFFSET):
            yield from self._rule_above(offset)
        line = self.line(offset)
        number = line.row_of(anchor.offset) if offset == anchor.line else 0
        has_rules, known = self._layout.gaps is not None, self._lines
        while True:
            for each in range(number, len(line.rows)):
                yield VisibleRow(line, each)
            offset = shown.after(offset)
            if offset is None:
                return
            if has_rules:
                yield from self._rule_above(offset)
            line, number = known.get(offset) or self.line(offset), 0

    def above(self, shown: ShownSegments, anchor: Anchor | None) -> Iterator[VisibleRow]:
        """Yield the rows before the anchor's, upward; from the last row of all if it is None. Raises `NotReady`."""
        self._learn()
        if anchor is None:
            offset = shown.last()
            if offset is None:
                return
            line = self.line(offset)
            number = len(line.rows)
        else:
            offset = shown.at(anchor.line)
            if offset is None:
                return
            line = self.line(offset)
            number = line.row_of(anchor.offset) if offset == anchor.line else 0
        is_rule = anchor is not None and anchor == (offset, RULE_OFFSET)
        while True:
            for each in range(number - 1, -1, -1):
                yield VisibleRow(line, each)
            if not is_rule:
                yield from self._rule_above(offset)
            is_rule = False
            offset = shown.before(offset)
            if offset is None:
                return
            line = self.line(offset)
            number = len(line.rows)

    def _rule_above(self, offset: int) -> Iterator[VisibleRow]:
        """Yield the rule above a segment, if nothing was logged for a while before it. Raises `NotReady`."""
        least, timeline = self._layout.gaps, self._timeline
        if least is None or timeline is None or self._layout.render.raw:
            return
        seconds = timeline.since_before(offset)
        if seconds is not None and seconds >= least:
            label = duration_text(seconds)
            yield VisibleRow(
                LaidOutLine(
                    offset, [StyledLine(label, column=0)], [Row(0, len(label), 0, 0, label)], [RULE_OFFSET], "rule"
                ),
                0,
            )


def _make_ascending(starts: list[int]) -> list[int]:
    """Make offsets rise from row to row: a head line inside a segment takes that of the row before it, plus one."""
    for number in range(1, len(starts)):
        starts[number] = max(starts[number], starts[number - 1] + 1)
    return starts


def _cut_row(text: str, width: int, shift: int) -> Row:
    """Return the part of a line that begins `shift` cells to the right."""
    if not shift:
        return wrap.rows(text, width, 0, "none")[0]
    left = cells.clip(text, shift)
    start, gap = len(left), shift - cells.cells(left)
    if gap and start < len(text):  # a wide character lies on the screen's left edge
        cluster = cells.split(text[start : start + 16])[0][0]
        start += len(cluster)
        gap = max(cells.cells(cluster) - gap, 0)
    else:
        gap = 0
    if gap >= width:
        return Row(start, start, width, 0, "")
    row = wrap.rows(text[start:], width - gap, 0, "none")[0]
    return Row(start + row.start, start + row.end, gap, row.cells, row.text)


def draw_row(
    visible_row: VisibleRow,
    match_spans: Sequence[tuple[int, int]],
    style: Style,
    width: int,
    aside_style: Style = PLAIN,
) -> str:
    """Return a row as text with escape sequences, for a painter.

    Args:
        visible_row: the row.
        match_spans: highlighted spans of the styled line's text, ascending, not overlapping.
        style: style of these spans.
        width: in cells, that it was laid out for.
        aside_style: style of the note at the right edge.
    """
    row, styled = visible_row.row, visible_row.styled
    text, spans = styled.text, styled.spans
    if spans:
        spans = _spans_in_row(spans, row)
    if match_spans:
        hits = [(start, end, style) for start, end in match_spans if start < row.end and end > row.start]
        spans = overlay(spans, tuple(hits))
    shown = draw(text, spans, row)
    if styled.aside and (visible_row.number == 0 or visible_row.line.styled[visible_row.number - 1] is not styled):
        gap = aside_gap(styled, row, width)
        if gap:
            size = len(styled.aside)
            spans = ((0, size, aside_style),) if styled.spans and aside_style.sgr else ()
            shown += draw(styled.aside, spans, Row(0, size, gap, 0, styled.aside))
    return shown


def _spans_in_row(spans: Spans, row: Row) -> Spans:
    """Return the spans that touch a row, unchanged."""
    first = bisect_right(spans, (row.start + 1,))
    last = bisect_left(spans, (row.end,), first)
    return spans[max(first - 1, 0) : last]
