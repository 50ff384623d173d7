"""Assembles the rows of lines from headers and words that were drawn before, for lines that are like no other.

Invariants:
- The rows equal those of `highlight`, `lay_out` and `draw_rows` (tests/unit/render/test_template_cache.py). A line is
  drawn in full where a row breaks within a word, where a part extends over a blank, and where it has quotes.
- A header has a template once two lines had it. Its level decides the style of the message.
- A line that is not ASCII is assembled alike if its header is, from rows that are measured.
- A line that begins with a known header and goes on with plain words has that header (`starts_with_words`), and so has
  one that goes on with pairs if another did (`starts_with_pairs`); any other line is read first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import PLAIN
from reflowlog.render.ansi import draw_rows
from reflowlog.render.message_words import MessageWords
from reflowlog.render.templates import fill, make_template, with_holes
from reflowlog.text.clean.wrap import fold_plain, whole
from reflowlog.text.highlight.marks import message_start
from reflowlog.text.layout.hanging_indent import SourceIndent, hang, source_column
from reflowlog.text.parse.grammar import END, FOLD_DIGITS
from reflowlog.text.parse.header_shapes import settled_end
from reflowlog.text.parse.local_names import ascii_head
from reflowlog.text.parse.usual_header import starts_with_pairs, starts_with_words, usual_header

if TYPE_CHECKING:
    from reflowlog.core.records import Style
    from reflowlog.render.templates import Template, TemplateMaker

__all__ = ["KnownHeaders"]

MAX_HEADERS = 4_096
"""Headers with templates."""

MAX_PREFIXES = 512
"""Headers that are known by the beginning of a line."""

_OTHER_CHARS = 160  # of a line that is not ASCII, in which its header is looked for

MAX_COLUMNS = 4
"""Message columns at which such a header is looked for."""


class _KnownHeader(NamedTuple):
    """A header that lines had before.

    Attributes:
        column: the message column.
        template: draws the header.
        words: draws the message.
        cells: the hanging indent.
        is_movable: whether by its source the message may start before the column, see `text/parse/header_shapes.py`.
    """

    column: int
    template: Template
    words: MessageWords
    cells: int
    is_movable: bool


class KnownHeaders:
    """Draws lines at the width and in the styles of a maker of templates.

    Args:
        maker: draws a line in full.
    """

    def __init__(self, maker: TemplateMaker) -> None:
        self._maker = maker
        self._width = maker.width
        self._headers: Memo[tuple[bytes, int, int], _KnownHeader | None] = Memo(limit=MAX_HEADERS)
        self._words: dict[Style, MessageWords] = {}  # by the style of a message
        self._prefixes: Memo[bytes, _KnownHeader] = Memo(limit=MAX_PREFIXES)  # by the shape of the header
        self._prefixes_of_pairs: Memo[bytes, _KnownHeader] = Memo(limit=MAX_PREFIXES)  # of lines that go on with pairs
        self._columns: list[int] = []  # message columns of these, the latest first

    def draw(self, line: str, shape: bytes, places: list[tuple[int, int]]) -> str:
        """Draw a line of printable ASCII.

        Args:
            line: the line.
            shape: its shape, with identifiers folded.
            places: spans of the identifiers.
        """
        header, is_usual = _header_of(line, shape)
        column = header[0]
        rows = None
        if _may_assemble(line, header):
            key = shape[:column], *header[1:]
            known = self._headers.get(key)
            if known is not None:
                if known.is_movable and source_column(line, column, self._maker.indent) != column:
                    return self._maker.draw(line, header)
                if is_usual and not known.is_movable:
                    self._remember_prefix(shape, known)
                if not column and len(line) > self._width:  # each line hangs by its own indentation, or by its source
                    start = source_column(line, 0, self._maker.indent)
                    known = known._replace(cells=hang(line, self._width, start, self._maker.indent))
                rows = self._assemble(line, known)
            elif key in self._headers:
                rows = self._draw_and_learn(line, header, key, places)
            else:
                self._headers.remember(key, None)
        return self._maker.draw(line, header) if rows is None else rows

    def draw_other(self, line: str) -> str:
        """Draw a line that is not ASCII.

        Args:
            line: text without controls.
        """
        head = ascii_head(line[:_OTHER_CHARS]).translate(FOLD_DIGITS)
        header, _ = _header_of(line, head if len(line) > _OTHER_CHARS else head + END)
        column = header[0]
        rows = None
        if 0 < column < _OTHER_CHARS and _may_assemble(line, header) and line[:column].isascii():
            key = head[:column], *header[1:]
            known = self._headers.get(key)
            if known is not None:
                rows = self._assemble_other(line, known)
            elif key in self._headers:
                rows = self._draw_and_learn(line, header, key, [])
            else:
                self._headers.remember(key, None)
        return self._maker.draw(line, header) if rows is None else rows

    def make_template(self, line: str, shape: bytes, same: bytes, places: list[tuple[int, int]]) -> Template | None:
        """Return the template of a line's shape; None if the shape does not determine its rows.

        Args:
            line: the line.
            shape: its shape.
            same: its shape with identifiers folded.
            places: spans of the identifiers.
        """
        return self._maker.of_plain_line(line, shape, places, _header_of(line, same)[0])

    def draw_by_prefix(self, line: str, shape: bytes) -> str | None:
        """Draw a line by the header it begins with; None if no known one ends there, or it is to be drawn in full."""
        for column in self._columns:
            prefix = shape[:column]
            known = self._prefixes.get(prefix)
            if known is None or not starts_with_words(shape, column):
                known = self._prefixes_of_pairs.get(prefix)
                if known is None or not starts_with_pairs(shape, column):
                    continue
            return None if '"' in line or "'" in line else self._assemble(line, known)
        return None

    def _remember_prefix(self, shape: bytes, known: _KnownHeader) -> None:
        """Store the header with which a line of a usual form begins, if it goes on with plain words or with pairs."""
        column = known.column
        if starts_with_words(shape, column):
            prefixes = self._prefixes
        elif starts_with_pairs(shape, column):
            prefixes = self._prefixes_of_pairs
        else:
            return
        if shape[:column] not in prefixes:
            prefixes.remember(shape[:column], known)
            if column not in self._columns:
                self._columns = [column, *self._columns[: MAX_COLUMNS - 1]]

    def _assemble(self, line: str, header: _KnownHeader) -> str | None:
        """Return the rows of a line from its header and its words; None if these alone do not determine the rows."""
        column, template, words, cells, _ = header
        if len(line) <= self._width:
            drawn = None if line[-1:] == " " else words.drawn(line[column:], line[column:], "\n")
        else:
            rows, joint = fold_plain(line, self._width, cells), "\n" + " " * cells
            if rows.replace(joint, " ") != line or "\n" in rows[:column]:  # a break is not between two words
                return None
            drawn = words.drawn(line[column:], rows[column:], joint)
        return None if drawn is None else fill(template, line) + drawn

    def _assemble_other(self, line: str, header: _KnownHeader) -> str | None:
        """Return the rows of a line that is not ASCII as `_assemble` does."""
        column, template, words, *_ = header
        rows = self._maker.rows(line, column)
        joint = "\n" + " " * rows[-1].indent
        text = joint.join([row.text for row in rows])
        if text.replace(joint, " ") != line or len(rows[0].text) <= column:  # a break is not between two words
            return None
        drawn = words.drawn(line[column:], text[column:], joint)
        return None if drawn is None else fill(template, line) + drawn

    def _draw_and_learn(
        self, line: str, header: tuple[int, int, int], key: tuple[bytes, int, int], places: list[tuple[int, int]]
    ) -> str:
        """Draw a line whose header is met for the second time, and store the header's template."""
        found, spans, rows = self._maker.lay_out(line, header)
        column = found.column
        before = tuple([span for span in spans if span[0] < column])
        if line[:column][-1:] in {"", " "} and not (before and before[-1][1] > column):
            text = with_holes(key[0], [place for place in places if place[1] <= column])
            drawn = draw_rows(text, before, (whole(text),))[0]
            tint = PLAIN if found.level is None else self._maker.theme.message(found.level)
            if tint not in self._words:
                self._words[tint] = MessageWords(self._maker.theme, tint, self._maker.host)
            indent = self._maker.indent
            cells = hang(line, self._width, column, indent)
            shapes = indent.shapes if column and isinstance(indent, SourceIndent) and indent.shapes else None
            is_movable = shapes is not None and settled_end(key[0], shapes) != column
            self._headers[key] = _KnownHeader(column, make_template(text, drawn), self._words[tint], cells, is_movable)
        return "\n".join(draw_rows(line, spans, rows))


def _may_assemble(line: str, header: tuple[int, int, int]) -> bool:
    """Return whether the header and the words of a line may determine its rows: strings extend over blanks."""
    return '"' not in line and "'" not in line and header[2] <= header[0]  # the message does not hold the level


def _header_of(line: str, shape: bytes) -> tuple[tuple[int, int, int], bool]:
    """Return a line's message column and level, as `message_start` does, and whether it has a usual header."""
    usual = usual_header(shape)
    if usual is not None and usual.level[1]:
        return (usual.column, *usual.level), True
    return message_start(line), False
