"""Renders lines and log records as the rows of one width, ready for a painter.

Invariants:
- The rows of a record are one string, with a newline between two rows.
- The result is a pure function of the arguments, the options, the width, which only `LineRenderer.at` changes, and
  the headers of the source so far, which only `LineRenderer.learn` takes in.
- Printable ASCII, the most frequent text in logs, is wrapped by slicing, without styled lines or rows as objects.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from reflowlog.core.frames import Row
from reflowlog.core.records import PLAIN, LogRecord, Style, StyledLine
from reflowlog.render.ansi import draw, draw_rows, has_styles, paint_run
from reflowlog.render.coloured_lines import draw_coloured
from reflowlog.render.options import RenderOptions, style_line, style_record
from reflowlog.text.clean import cells, wrap
from reflowlog.text.clean.joined_emoji import all_joined, as_drawn, joins_for
from reflowlog.text.clean.sanitize import is_plain, is_plain_bytes, sanitize
from reflowlog.text.layout.column_plan import ColumnTracker
from reflowlog.text.layout.gap_rule import rule
from reflowlog.text.layout.hanging_indent import aside_gap, hang, lay_out, plain_hang, source_column
from reflowlog.text.layout.source_indent import HeaderColumns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reflowlog.core.records import Item, Spans
    from reflowlog.render.line_rows import LineRows
    from reflowlog.render.record_rows import RecordRows
    from reflowlog.render.record_text import RecordText
    from reflowlog.render.template_cache import TemplateCache
    from reflowlog.text.clean.joined_emoji import Joins
    from reflowlog.text.highlight.appearance import Appearance
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.layout.hanging_indent import Indent
    from reflowlog.text.layout.source_labels import SourceLabels
    from reflowlog.text.parse.line_patterns import LinePatterns

__all__ = ["USUAL_WIDTH", "LineRenderer", "RenderOptions", "rows_when_cut"]

USUAL_WIDTH = 80
"""Cells to draw at where there is no width, in a file or a pipe, but one is needed."""

_UNLIMITED = 1 << 48  # cells of an unbroken row: no line reaches it


class LineRenderer:
    """Renders lines and records at its current width.

    Args:
        width: in cells; None for no limit: then a line is one row, whatever its length.
        options: see there; their fixed width is the caller's to heed.
        labels: names of the sources, where there are several; their column is taken from the width.
        tracker: columns that the source has had so far; shared by the displays of one source. None: an own one.

    Attributes:
        width: in cells, without the column of labels; also where the terminal wraps lines (`RenderOptions.unbroken`).
        unbroken: whether the terminal wraps lines.
        tracker: columns that the source has had so far.
    """

    def __init__(
        self,
        width: int | None,
        options: RenderOptions | None = None,
        labels: SourceLabels | None = None,
        tracker: ColumnTracker | None = None,
    ) -> None:
        options = options or RenderOptions()
        self.tracker = tracker or ColumnTracker()
        self._seen = self.tracker.seen  # for which records are drawn
        self.unbroken = options.unbroken
        # Rows of unterminated lines are counted and rewritten, so they are always broken.
        self._live = self
        if options.unbroken:
            self._live = LineRenderer(width, options._replace(unbroken=False), labels, self.tracker)
        self._options = options._replace(wrap="word") if options.unbroken else options
        self._labels = labels
        self._headers = HeaderColumns()
        self._patterns: LinePatterns | None = None
        self.at(width)

    def prepare(self) -> None:
        """Import the modules that log records need, on the calling thread: the first record is then shown at once.

        The printer thread would import them while other threads compute, or after they have ended the process.
        """
        self._refresh_columns()

    def restyle(self, appearance: Appearance) -> None:
        """Render in another appearance from now on."""
        self._options = self._options._replace(appearance=appearance)
        if self._live is not self:
            self._live.restyle(appearance)
        self.at(self._full_width)

    def at(self, width: int | None) -> None:
        """Render at another width from now on."""
        self._full_width = width
        self._room = 0 if self._labels is None or self._options.raw else self._labels.room(width)
        self.width = None if width is None else width - self._room
        self._row_width = _UNLIMITED if self.unbroken and width is not None else self.width
        self._indent = self._find_indent()
        if self._live is not self:
            self._live.at(width)
        self._template_cache: TemplateCache | None = None
        self._record_rows: RecordRows | Literal[False] | None = None  # None: not made yet
        self._line_rows: LineRows | None = None
        self._prefixes: dict[int | None, str] = {}

    def learn(self, data: bytes) -> None:
        """Take in the headers of new lines of the source, before they are rendered: they decide how its lines hang."""
        if self._headers.is_full or self._options.indent != "auto" or self._options.wrap == "none":
            return
        self._headers.add(data.decode("utf-8", "replace").split("\n")[:-1])
        indent = self._find_indent()
        if indent != self._indent:
            self._indent = indent
            self._template_cache = None
        if self._live is not self:
            self._live.learn(data)

    def _find_indent(self) -> Indent:
        """Return the hanging indent of lines at this width."""
        if self._options.indent != "auto" or self._row_width is None:
            return self._options.indent
        return self._headers.indent(self._row_width)

    def labelled(self, drawn: list[str], owners: Sequence[int | None]) -> list[str]:
        """Return the rows of lines with the labels of their sources before them, if there is room for labels."""
        if not self._room:
            return drawn
        further = "\n" + " " * self._room
        prefix = self._prefix
        return [
            prefix(owner) + rows.replace("\n", further) if rows else prefix(owner).rstrip()
            for rows, owner in zip(drawn, owners)
        ]

    def rule(self, label: str) -> str:
        """Return a rule with a label, one row as wide as the whole width, the column of labels included."""
        width = USUAL_WIDTH if self.width is None else self.width + self._room
        return paint_run(rule(label, width), self._aside_style)

    def label(self, text: str) -> str:
        """Return the row of a count of folded lines, cut at the width."""
        shown = text if self.width is None else cells.clip(text, self.width)
        return " " * self._room + paint_run(shown, self._aside_style)

    @property
    def _aside_style(self) -> Style:
        """Style of rows that the program adds."""
        return self._options.appearance.aside_style if self._options.own_colour else PLAIN

    def clock_text(self, moment: float) -> str:
        """Return the time of day of a moment, in seconds since the epoch, as it is shown."""
        from reflowlog.text.layout.columns import time_text  # start-up cost: most logs have no fields

        return time_text(moment, 8, self._options.appearance.utc)

    def _prefix(self, owner: int | None) -> str:
        """Return the drawn label of a source, padded to the column of labels; cached per width."""
        found = self._prefixes.get(owner)
        if found is None:
            assert self._labels is not None
            text = self._labels.text(owner, self._room)
            name = text.rstrip()
            style = self._labels.style(owner) if self._options.own_colour else PLAIN
            found = self._prefixes[owner] = paint_run(name, style) + text[len(name) :]
        return found

    def live_rows(self, text: str) -> list[str]:
        """Render an unterminated line of untrusted text as rows that are never wider than the terminal."""
        return self._live.line(text).split("\n")

    def line(self, text: str) -> str:
        """Render one line of untrusted text."""
        width, options = self._row_width, self._options
        mode, indent, theme = options.wrap, self._indent, options.appearance.theme
        if has_styles(text):
            if width is not None and mode == "word" and self._draws_text_styles:
                drawn = draw_coloured(text, width, indent)
                if drawn is not None and (theme is None or has_styles(drawn)):  # else it is highlighted
                    return drawn
        elif mode == "word" and is_plain(text):
            if theme is None and width is not None:
                return _fold(text, width, None, indent)
            if theme is not None and (template_cache := self._new_template_cache(theme)) is not None:
                return template_cache.line(text)
        return self._draw(style_line(text, options), indent)

    def lines(self, data: bytes) -> list[str]:
        r"""Render each line of a chunk of input, which ends with a newline."""
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
        plain = is_plain_bytes(data)
        text = data.decode("ascii") if plain else data.decode("utf-8", "replace")
        lines = text.split("\n")
        del lines[-1]
        width, mode, appearance = self._row_width, self._options.wrap, self._options.appearance
        if (b"}" in data or b"=" in data) and appearance.columns is not None and not self._options.raw:
            from reflowlog.text.parse.field_names import USUAL  # start-up cost: the first lines often have no fields
            from reflowlog.text.parse.json_records import may_have_fields

            if may_have_fields(data, appearance.names or USUAL):
                return self._lines_or_records(lines)
        if width is None or mode != "word":
            return [self.line(line) for line in lines]
        template_cache = self._new_template_cache(appearance.theme)
        if template_cache is not None:
            if plain:
                return template_cache.lines(data, lines)
            return template_cache.other_lines(data, lines, self.line, partial(style_line, options=self._options))
        if not plain:
            return [self.line(line) for line in lines]
        return wrap.fold_lines(lines, width, plain_hang(width, self._indent))

    def _new_template_cache(self, theme: Theme | None) -> TemplateCache | None:
        """Return the templates of this width; None where they are not used: without a theme, a width, or colours."""
        width = self._row_width
        if self._template_cache is None and theme is not None and width is not None and self._options.colour:
            from reflowlog.render.template_cache import TemplateCache
            from reflowlog.render.templates import TemplateMaker

            options = self._options
            host, joins = options.appearance.host, options.joins
            maker = TemplateMaker(width, self._indent, theme, host, joins, self._draws_text_styles)
            self._template_cache = TemplateCache(maker)
        return self._template_cache

    def _lines_or_records(self, lines: list[str]) -> list[str]:
        """Render lines that may hold one or more records with fields (JSON, logfmt) each."""
        self._refresh_columns()
        usual, drawn = self._usual_lines(), []
        for line in lines:
            rows = usual.draw(line) if usual is not None else None
            if rows is None:
                rows = self._line_or_records(line)
                usual = self._usual_lines()
            drawn.append(rows)
        return drawn

    def _line_or_records(self, line: str) -> str:
        """Render a line that may hold records, the general way."""
        from reflowlog.text.parse.field_names import USUAL
        from reflowlog.text.parse.json_records import read_records

        appearance = self._options.appearance
        records = read_records(line, appearance.names or USUAL)
        if not records:
            return self.line(line)
        drawn = "\n".join([self._record(appearance.selected(each)) for each in records])
        if len(records) == 1 and (usual := self._usual_lines()) is not None:
            usual.learn(line, records[0])
        return drawn

    def item(self, item: Item) -> str:
        """Render a styled line or a log record."""
        if isinstance(item, LogRecord):
            return self._record(item)
        text, spans, column, aside, redraw = item
        if redraw is not None:
            return self._redrawn(redraw)
        width, mode, indent, colour = self._row_width, self._options.wrap, self._indent, self._draws_text_styles
        if (spans and colour) or aside or mode != "word" or not text.isascii():
            return self._draw(item if colour else item._replace(spans=()), indent)
        if width is None:
            return text
        return _fold(text, width, column, indent)

    @property
    def _draws_text_styles(self) -> bool:
        """Whether the styles that a text brings itself are drawn."""
        return self._options.colour and self._options.text_colour

    def record_text(self, columns: tuple[str, ...] | None) -> RecordText | None:
        """Return a renderer of usual records with a choice of columns; None where they have rows or styles."""
        appearance = self._options.appearance
        if self.width is not None or appearance.theme is not None:
            return None
        from reflowlog.render.record_text import RecordText  # start-up cost: only off a terminal

        return RecordText(columns, appearance.utc, self.tracker) if RecordText.can_render(columns) else None

    def _redrawn(self, redraw: Callable[[int], list[tuple[str, Spans]]]) -> str:
        """Render a line that is redrawn at each width, such as a finished progress bar."""
        if self.width is not None:
            return "\n".join(self.clipped(redraw(self.width)))
        lines = [StyledLine(text, spans if self._draws_text_styles else ()) for text, spans in redraw(USUAL_WIDTH)]
        return "\n".join([self._draw(line, "auto") for line in lines])

    def clipped(self, lines: Iterable[tuple[str, Spans]]) -> list[str]:
        """Render each line as one row that is cut at the width, for pins. Without a width there are no rows."""
        width = self.width
        if width is None:
            return []
        rows = []
        for text, spans in lines:
            row = wrap.rows(text, width, 0, "none", joins_for(text, self._options.joins))[0]
            rows.append(draw(text, spans if self._draws_text_styles else (), row))
        return rows

    def _record(self, record: LogRecord) -> str:
        """Render a log record in columns."""
        self.tracker.add(record)
        self._refresh_columns()
        drawn = self._record_rows.draw(record) if self._record_rows else None
        if drawn is not None:
            return drawn
        width = None if self.unbroken else self.width
        lines = [each.styled for each in style_record(record, width, self._options, self._seen)]
        return "\n".join([self._draw(line, cells.cells(line.text[: line.column])) for line in lines])

    def _refresh_columns(self) -> None:
        """Make the drawers of records anew where the source has more columns than they know."""
        if self._seen is not self.tracker.seen:
            self._seen = self.tracker.seen
            self._record_rows = None
        if self._record_rows is None:
            self._record_rows = self._make_record_rows()
            self._line_rows = None

    def _usual_lines(self) -> LineRows | None:
        """Return the drawer of usual lines at this width; None where it cannot be used."""
        if self._line_rows is None and self._record_rows:
            self._line_rows = self._make_line_rows(self._record_rows)
        return self._line_rows

    def _make_line_rows(self, rows: RecordRows) -> LineRows:
        from reflowlog.render.line_rows import LineRows
        from reflowlog.text.parse.field_names import USUAL
        from reflowlog.text.parse.line_patterns import LinePatterns

        appearance = self._options.appearance
        if self._patterns is None:
            self._patterns = LinePatterns(appearance.names or USUAL)
        return LineRows(rows, self._patterns, appearance.columns, appearance.hidden, appearance.utc)

    def _make_record_rows(self) -> RecordRows | Literal[False]:
        """Return the drawer of usual records at this width; False where it cannot be used."""
        options, theme = self._options, self._options.appearance.theme
        if theme is None or self.width is None or options.wrap != "word" or not (options.colour and options.own_colour):
            return False
        if self.unbroken:
            return False
        from reflowlog.render.record_rows import RecordRows

        if not RecordRows.can_draw(theme):
            return False
        return RecordRows(self.width, theme, options.appearance.host, options.appearance.utc, self._seen)

    def _draw(self, line: StyledLine, indent: Indent) -> str:
        """Lay out and draw a styled line."""
        text, spans, width = line.text, line.spans, self._row_width
        if width is None:
            return draw(text, spans, wrap.whole(text))
        rows = lay_out(line, width, indent, self._options.wrap, joins_for(text, self._options.joins))
        drawn = draw_rows(text, spans, rows)
        gap = 0 if self.unbroken else aside_gap(line, rows[0], width)
        if gap:
            style, size = self._options.appearance.aside_style, len(line.aside)
            aside_spans = ((0, size, style),) if spans and style.sgr else ()
            drawn[0] += draw(line.aside, aside_spans, Row(0, size, gap, 0, line.aside))
        return "\n".join(drawn)


def _fold(text: str, width: int, column: int | None, indent: Indent) -> str:
    """Wrap printable ASCII; its message column is computed only if it does not fit into one row."""
    if len(text) <= width:
        return wrap.fold_plain(text, width, 0)
    start = None if column is None else source_column(text, column, indent)
    return wrap.fold_plain(text, width, hang(text, width, start, indent))


def rows_when_cut(drawn: str, columns: int, joins: Callable[[], Joins] = all_joined) -> int:
    """Return the number of rows of a drawn row after a terminal has reflowed it to a number of columns.

    Args:
        drawn: the row, with escapes.
        columns: the terminal's width.
        joins: returns which joined emoji the terminal draws as one; called if the text is not ASCII.
    """
    if is_plain(drawn):
        return -(-len(drawn) // columns) or 1
    text = sanitize(drawn)[0]
    return len(wrap.rows(text if text.isascii() else as_drawn(text, joins()), columns, 0, "char"))
