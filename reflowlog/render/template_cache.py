"""Caches the drawn rows of lines of one shape at one width as templates, for lines that arrive by a pipe.

Invariants:
- The rows equal those of `highlight`, `lay_out` and `draw_rows` (tests/unit/render/test_template_cache.py).
- Logs repeat. The *shape* of a line is the line with every digit read as 0; its row breaks and spans depend on the
  shape alone (guaranteed by `text/parse/header.py` and `text/highlight/marks.py`). So the second line of a shape
  becomes a template (`render/templates.py`), which draws further lines in less time than wrapping takes.
- A shape that is met once costs no template: such a line is assembled from its header and its words, which repeat
  (`render/known_headers.py`). Very long lines, and those that a user's highlight rule matches, are drawn in full.
- A line of other text gets a template as well, if it holds no controls but SGR sequences, whose digits are part of the
  shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.memo import Memo
from reflowlog.render.ansi import has_styles
from reflowlog.render.known_headers import KnownHeaders
from reflowlog.render.templates import TemplateMaker, fill
from reflowlog.text.clean.digits import DIGITS_TO_ZERO
from reflowlog.text.clean.sanitize import is_plain, sanitize
from reflowlog.text.highlight.patterns import LONGEST as LOOKED_AT
from reflowlog.text.highlight.shapes import fold
from reflowlog.text.highlight.user_rules import rule_spans

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.records import StyledLine
    from reflowlog.render.templates import Template

__all__ = ["MAX_TEMPLATE_CHARS", "TemplateCache"]

MAX_TEMPLATE_CHARS = 1_024
"""Characters of the longest line that gets a template."""

MAX_SHAPES = 4_096
"""Shapes in a generation; there are two, and a shape that is not used in one of them is dropped."""

RARE_SHARE = 4
"""Repeats are rare if fewer than one in so many lines has a shape that was met before."""

SAMPLE_EVERY = 16
"""Lines of which one is looked at while repeats are rare."""

SAMPLES = 256
"""Lines looked at after which is decided again."""

SIGHTINGS = 2
"""Lines of a shape of other text after which it gets a template: making it takes as long as drawing so many."""

COLOURED_SIGHTINGS = 3
"""Lines of which each style is opened by one sequence and closed by one, after which their shape gets a template."""

STYLED_SIGHTINGS = 16
"""Lines with other escape sequences after which a shape gets a template: it takes as long as drawing nine of them."""


class _Repeats:
    """Measures how often the shapes of lines repeat: where they hardly do, it is cheaper not to look for templates."""

    def __init__(self) -> None:
        self._lines = self._repeated = self._passed = 0
        self._rare = False

    def add(self, is_new: bool) -> None:
        """Take in a line without a template, of a shape that is new or repeats."""
        self._lines += 1
        self._repeated += not is_new
        if self._lines >= (SAMPLES if self._rare else MAX_SHAPES):
            self._rare = self._repeated * RARE_SHARE < self._lines
            self._lines = self._repeated = 0

    def are_rare(self) -> bool:
        """Return whether to pass over the templates; False for one of `SAMPLE_EVERY` lines, to see how that changes."""
        self._passed += 1
        return self._rare and self._passed % SAMPLE_EVERY != 0


class TemplateCache:
    """Draws lines at the width and in the styles of a maker of templates.

    Args:
        maker: draws a line in full, and makes its template.
    """

    def __init__(self, maker: TemplateMaker) -> None:
        self._theme = maker.theme
        self._maker = maker
        self._headers = KnownHeaders(self._maker)
        self._young: dict[bytes, Template | None] = {}
        self._old: dict[bytes, Template | None] = {}
        self._named: Memo[bytes, Template] = Memo(limit=MAX_SHAPES)  # by shapes with their identifiers, which repeat
        self._repeats = _Repeats()
        self._sightings: Memo[bytes, int] = Memo(limit=2 * MAX_SHAPES)  # of shapes of other text without a template

    def lines(self, data: bytes, lines: list[str]) -> list[str]:
        """Draw each line. Takes about 1 us for a line of a known shape, 5 to 30 us for another.

        Args:
            data: printable ASCII and newlines.
            lines: the data split at its newlines, without the empty part after the last.

        Returns:
            One string a line, with a newline between its rows.
        """
        if self._theme.rules:
            return [self._maker.draw(line) if rule_spans(line, self._theme) else self._known(line) for line in lines]
        get, named, drawn = self._young.get, self._named.get, []
        for line, shape in zip(lines, data.translate(DIGITS_TO_ZERO).split(b"\n")):
            found = get(shape) or named(shape)
            if found is None:
                drawn.append(self._line(line, shape))
                get = self._young.get
            else:
                template, cut = found
                drawn.append(template % cut(line))
        return drawn

    def other_lines(
        self, data: bytes, lines: list[str], draw: Callable[[str], str], style: Callable[[str], StyledLine]
    ) -> list[str]:
        """Draw each line of a chunk in which not all lines are printable ASCII. About 2 us for a line of a known shape.

        Args:
            data: any bytes.
            lines: the data, decoded with ``errors="replace"``, and split as in `lines`.
            draw: draws a line of any text without a template.
            style: returns the sanitized text and the styles of a line that has styles of its own.
        """
        if self._theme.rules:
            return [draw(line) for line in lines]
        get, drawn = self._young.get, []
        for line, shape in zip(lines, data.translate(DIGITS_TO_ZERO).split(b"\n")):
            found = get(shape)
            if found is not None:
                template, cut = found
                drawn.append(template % cut(line))
            else:
                is_other = has_styles(line) or not is_plain(line)
                drawn.append(self._other_line(line, shape, draw, style) if is_other else self._line(line, shape))
                get = self._young.get
        return drawn

    def _other_line(
        self, line: str, shape: bytes, draw: Callable[[str], str], style: Callable[[str], StyledLine]
    ) -> str:
        """Draw a line that is not printable ASCII, of a shape that is not in the young generation."""
        if len(line) > MAX_TEMPLATE_CHARS:
            return draw(line)
        template = self._recall(shape)
        if template is None:
            count = self._sightings.get(shape, 0) + 1
            self._sightings.remember(shape, count)
            if has_styles(line) and count < STYLED_SIGHTINGS:
                template = self._maker.of_coloured_line(line, draw) if count == COLOURED_SIGHTINGS else None
                if template is None:
                    return draw(line)
            elif count < SIGHTINGS:
                return self._headers.draw_other(line) if sanitize(line) == (line, ()) else draw(line)
            else:
                template = self._maker.of_other_line(line, shape, draw, style) or ("%s", draw)
            self._remember(shape, template)
        return fill(template, line)

    def line(self, line: str) -> str:
        """Draw one line of printable ASCII."""
        return self.lines(line.encode(), [line])[0]

    def _known(self, line: str) -> str:
        """Draw a line that no highlight rule of the user matches."""
        return self._line(line, line.encode().translate(DIGITS_TO_ZERO))

    def _line(self, line: str, shape: bytes) -> str:
        """Draw a line whose shape is not in the young generation."""
        if len(line) > MAX_TEMPLATE_CHARS:
            return self._maker.draw(line) if len(line) > LOOKED_AT else self._headers.draw(line, *fold(shape))
        if self._repeats.are_rare():
            rows = self._headers.draw_by_prefix(line, shape)
            if rows is not None:
                return rows
        template = self._recall(shape) or self._named.get(shape)
        if template is not None:
            return fill(template, line)
        same, places = fold(shape)
        if places:  # the shape may be known with other identifiers
            template = self._recall(same)
            if template is not None:
                self._named.remember(shape, template)
                return fill(template, line)
        is_new = same not in self._young
        self._repeats.add(is_new)
        if is_new:
            self._remember(same, None)
            return self._headers.draw(line, same, places)
        template = self._headers.make_template(line, shape, same, places) or ("%s", self._maker.draw)
        self._remember(same, template)
        return fill(template, line)

    def _recall(self, shape: bytes) -> Template | None:
        """Return a template of either generation; one of the old generation moves to the young one."""
        template = self._young.get(shape)
        if template is None and shape in self._old:
            template = self._old[shape]
            self._remember(shape, template)
        return template

    def _remember(self, shape: bytes, template: Template | None) -> None:
        """Store the template of a shape; None: the shape was met once."""
        if len(self._young) >= MAX_SHAPES:
            self._old = self._young
            self._young = {}
        self._young[shape] = template
