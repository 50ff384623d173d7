"""Templates of lines: finished rows with holes for the parts in which the lines of a shape differ. Pure.

Invariants:
- A template is the rows of one line, escapes included, in which the digits are holes. Another line of its shape is
  sliced, and formatted into the holes, all in C.
- A hole is a placeholder from the private use area. A line that holds one itself gets no template.
- The rows are those of `highlight`, `lay_out` and `draw_rows` (tests/unit/render/test_template_cache.py).
"""

from __future__ import annotations

from functools import lru_cache, partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from reflowlog.core.frames import Row
from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.core.records import Style, StyledLine
from reflowlog.render.ansi import draw_rows
from reflowlog.render.coloured_lines import find_changes
from reflowlog.text.clean.digits import DIGITS_TO_ZERO
from reflowlog.text.clean.joined_emoji import all_joined, joins_for
from reflowlog.text.clean.sanitize import sanitize, sgr_sequences
from reflowlog.text.highlight.links import link_id, link_targets
from reflowlog.text.highlight.marks import find_marks, highlight_marks
from reflowlog.text.highlight.shapes import digits_that_matter
from reflowlog.text.layout.hanging_indent import lay_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.core.records import Spans
    from reflowlog.text.clean.joined_emoji import Joins
    from reflowlog.text.highlight.links import LinkTarget
    from reflowlog.text.highlight.marks import Marks
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.layout.hanging_indent import Indent

__all__ = ["HOLE", "Template", "TemplateMaker", "fill", "make_template", "with_holes"]

HOLE = "\ue000"
"""Placeholder for one character of a line."""

MAX_CHOICES = 64
"""Templates of one shape, for different digits that matter."""

_ID = "\ue001"  # placeholder for the prefix of the ids of a line's links
_LINK_HOLES = 0xE100  # first placeholder for the targets of links
_MOST_LINKS = 32
_placeholders = lazy_pattern(f"[{HOLE}-{chr(_LINK_HOLES + 2 * _MOST_LINKS)}]")  # icons of some fonts
_ANY_HOLE = f"[{HOLE}{chr(_LINK_HOLES)}-{chr(_LINK_HOLES + 2 * _MOST_LINKS)}]"  # two kinds are never adjacent
_holes = lazy_pattern(f"({_ANY_HOLE}{_ANY_HOLE}*)")  # written so that the search skips other characters in C
_gap = lazy_pattern(f"{HOLE}[^{HOLE} ](?={HOLE})")  # one character between two holes, which become one hole

_slice_of = lru_cache(maxsize=8_192)(slice)  # templates have a few thousand different ones, and dozens each

Template = tuple[str, "Callable[[str], Any]"]
"""A format string for `%`, and a function that returns the parts of a line that go into its holes."""


def fill(template: Template, line: str) -> str:
    """Return the rows of a line of the shape of a template."""
    return str(template[0] % template[1](line))


class TemplateMaker:
    """Draws lines at one width in the styles of a theme, and makes templates of them.

    Args:
        width: cells.
        indent: the hanging indent, see `reflowlog.text.layout.hanging_indent.hang`.
        theme: styles of the parts.
        host: this machine's name, to make links; see `highlight`.
        joins: returns which joined emoji the terminal draws as one.
        draws_text_styles: whether the styles of the text itself are drawn.

    Attributes:
        width: cells.
        indent: the hanging indent.
        theme: styles of the parts.
        host: this machine's name.
    """

    def __init__(
        self,
        width: int,
        indent: Indent,
        theme: Theme,
        host: str | None = None,
        joins: Callable[[], Joins] = all_joined,
        draws_text_styles: bool = True,
    ) -> None:
        self.width = width
        self.indent = indent
        self.theme = theme
        self.host = host
        self._joins = joins
        self._draws_text_styles = draws_text_styles

    def lay_out(self, line: str, header: tuple[int, int, int] | None = None) -> tuple[Marks, Spans, list[Row]]:
        """Return the marks, spans and rows of a line."""
        found = find_marks(line, header=header)
        spans = highlight_marks(line, self.theme, found, host=self.host)
        return found, spans, self.rows(line, found.column)

    def rows(self, line: str, column: int) -> list[Row]:
        """Return the rows of a line whose message starts at a column."""
        joins = joins_for(line, self._joins)
        return lay_out(StyledLine(line, (), column), self.width, self.indent, joins=joins)

    def draw(self, line: str, header: tuple[int, int, int] | None = None) -> str:
        """Draw a line without a template."""
        _, spans, rows = self.lay_out(line, header)
        return "\n".join(draw_rows(line, spans, rows))

    def of_plain_line(
        self,
        line: str,
        shape: bytes,
        places: list[tuple[int, int]],
        header: tuple[int, int, int] | None = None,
    ) -> Template | None:
        """Return a template of printable ASCII; None if its shape does not determine its rows.

        Args:
            line: the line.
            shape: its shape.
            places: spans of its identifiers, which are holes as well.
            header: the result of `message_start`, if the caller has it.
        """
        matter = _digits_that_matter(line)
        make = partial(self._cut_out, shape=shape, places=places, header=header)
        return ("%s", _choice(make, matter, self.draw)) if matter else make(line)

    def of_other_line(
        self, line: str, shape: bytes, draw: Callable[[str], str], style: Callable[[str], StyledLine]
    ) -> Template | None:
        """Return a template of other text; None if its shape does not determine its rows.

        Args:
            line: the line.
            shape: its shape.
            draw: draws a line of any text.
            style: returns the sanitized text and the styles of a line that has styles of its own.
        """
        if _placeholders.search(line):
            return None
        sequences = sgr_sequences(line)
        if sequences:
            matter = tuple([_slice_of(*span) for span in sequences])
            make: Callable[[str], Template | None] = partial(self._cut_out_styled, sequences=matter, style=style)
        elif sanitize(line) == (line, ()):
            matter, make = _digits_that_matter(line), partial(self._cut_out, shape=shape, places=[])
        else:
            return None
        return ("%s", _choice(make, matter, draw)) if matter else make(line)

    def of_coloured_line(self, line: str, draw: Callable[[str], str]) -> Template | None:
        """Return a template of a line of which each style is opened by one sequence and closed by one; None for others.

        Making it takes twice the time of drawing the line.

        Args:
            line: the line.
            draw: draws a line of any text.
        """
        sequences = sgr_sequences(line)
        make = partial(self._cut_at_changes, sequences=sequences)
        template = make(line)
        if template is None:
            return None
        return "%s", _choice(make, tuple([_slice_of(*span) for span in sequences]), draw, (line, template))

    def _cut_at_changes(self, line: str, sequences: list[tuple[int, int]]) -> Template | None:
        """Make a template of the rows of a line, for lines of its shape with the same sequences."""
        changes = find_changes(line, sequences, self.width, self.indent) if self._draws_text_styles else None
        if changes is None:
            return None
        starts = [0, *[end for _, end, _ in changes]]
        slices = [_slice_of(start, end) for start, (end, _, _) in zip(starts, changes)]
        return "%s" + "".join([f"{text}%s" for _, _, text in changes]), itemgetter(*slices, slice(starts[-1], None))

    def _cut_out(
        self,
        line: str,
        shape: bytes,
        places: list[tuple[int, int]],
        header: tuple[int, int, int] | None = None,
    ) -> Template | None:
        """Make a template from a line of its shape; None where a link needs percent-encoding or there are too many.

        The line is drawn with holes for its digits, and for its identifiers (``places``); a link has holes of its own
        for its target, and one for its id.
        """
        found, spans, rows = self.lay_out(line, header)
        if not line.isascii() and any(row.text != line[row.start : row.end] for row in rows):
            return None  # a mark stands for a cluster that is too wide
        holes: dict[str, slice] = {}
        if self.host is not None and (linked := link_targets(line, found.parts, self.host)):
            links = _links_with_holes(line, linked, holes)
            if links is None:
                return None
            spans = tuple([(start, end, Style(sgr, links[start] if link else "")) for start, end, (sgr, link) in spans])
        text = with_holes(shape, places)
        again = [Row(start, end, indent, cells, text[start:end]) for start, end, indent, cells, _ in rows]
        drawn = draw_rows(text, spans, again)
        template = make_template(text, "\n".join(drawn), holes)
        return ("%s", lambda line: fill(template, line).replace(_ID, link_id(line))) if holes else template

    def _cut_out_styled(
        self, line: str, sequences: tuple[slice, ...], style: Callable[[str], StyledLine]
    ) -> Template | None:
        """Make a template from a line with SGR sequences; None if it holds other sequences or controls as well."""
        record = style(line)
        starts = [0, *[each.stop for each in sequences]]
        ends = [*[each.start for each in sequences], len(line)]
        text = "".join([line[start:end] for start, end in zip(starts, ends)])
        if not record.spans or (record.text, record.spans) != sanitize(line) or record.text != text:
            return None  # of highlighted parts, more than the sequences would matter
        rows = lay_out(record, self.width, self.indent, joins=joins_for(text, self._joins))
        if any(row.text != text[row.start : row.end] for row in rows):
            return None  # a mark stands for a cluster that is too wide
        holed = with_holes(text.encode("utf-8", "surrogatepass").translate(DIGITS_TO_ZERO), [])
        again = [Row(start, end, indent, cells, holed[start:end]) for start, end, indent, cells, _ in rows]
        offsets = [at for start, end in zip(starts, ends) for at in range(start, end)]
        return _template_of_parts(holed, "\n".join(draw_rows(holed, record.spans, again)), offsets)


def _choice(
    make: Callable[[str], Template | None],
    matter: tuple[slice, ...],
    draw: Callable[[str], str],
    known: tuple[str, Template] | None = None,
) -> Callable[[str], str]:
    """Return a function that draws lines of a shape whose rows depend on the digits in some of its parts.

    Args:
        make: makes the template of a line, and of those with the same such digits; None if there is none.
        matter: the parts.
        draw: draws a line without a template.
        known: a line, and its template if it has been made.
    """
    made: Memo[object, Template | tuple[()]] = Memo(limit=MAX_CHOICES)
    digits_of = itemgetter(*matter)
    if known is not None:
        made[digits_of(known[0])] = known[1]

    def drawn(line: str) -> str:
        digits = digits_of(line)
        template = made.get(digits)
        if template is None:
            template = made.remember(digits, make(line) or ())
        return fill(template, line) if template else draw(line)

    return drawn


def with_holes(shape: bytes, places: list[tuple[int, int]]) -> str:
    """Return the text of a shape with holes for its digits and identifiers."""
    text = shape.decode("utf-8", "replace").replace("0", HOLE)
    for start, end in places:
        text = text[:start] + HOLE * (end - start) + text[end:]
    return _gap.sub(HOLE * 2, text)


def _links_with_holes(line: str, linked: dict[int, LinkTarget], holes: dict[str, slice]) -> dict[int, str] | None:
    """Return `Style.link` by the start of each link, and add its holes to `holes`; None where that is impossible."""
    links = {}
    for number, (start, target) in enumerate(linked.items()):
        address = target.address(line)
        if number >= _MOST_LINKS or target.before + line[slice(*target.path)] != address.partition("#")[0]:
            return None
        holes[path := chr(_LINK_HOLES + 2 * number)] = slice(*target.path)
        holes[place := chr(_LINK_HOLES + 2 * number + 1)] = slice(*target.line)
        links[start] = f"id={_ID}.{number + 1};{target.before}{path}" + f"#{place}" * (target.line[1] > 0)
    return links


def make_template(text: str, drawn: str, holes: dict[str, slice] | None = None) -> Template:
    """Make a template from a text with holes and from its rows, in which the same holes may be split by a break.

    Args:
        text: the text.
        drawn: its rows.
        holes: holes that may occur more than once, and the slices of the line that go there.
    """
    pieces, slices = _slices(text, drawn, holes or {})
    return "%s".join(pieces), itemgetter(*slices) if slices else _nothing


def _template_of_parts(text: str, drawn: str, offsets: Sequence[int]) -> Template | None:
    """Make a template for lines of which a text is a part; None if a hole extends over another part.

    Args:
        text: the text, with holes.
        drawn: its rows.
        offsets: for each character of the text its offset in the line.
    """
    pieces, slices = _slices(text, drawn, {})
    if any(offsets[each.stop - 1] - offsets[each.start] != each.stop - each.start - 1 for each in slices):
        return None
    moved = [_slice_of(offsets[each.start], offsets[each.stop - 1] + 1) for each in slices]
    return "%s".join(pieces), itemgetter(*moved) if moved else _nothing


def _slices(text: str, drawn: str, holes: dict[str, slice]) -> tuple[list[str], list[slice]]:
    """Return the parts of drawn rows between their holes, as formats, and the slices of the text that go there."""
    slices: list[slice] = []
    at = end = 0
    parts = iter([found.span() for found in _holes.finditer(text)])
    pieces = _holes.split(drawn.replace("%", "%%"))
    for found in pieces[1::2]:
        if found in holes:
            slices.append(holes[found])
            continue
        if at == end:
            at, end = next(parts)
        slices.append(_slice_of(at, at + len(found)))
        at += len(found)
    return pieces[::2], slices


def _digits_that_matter(line: str) -> tuple[slice, ...]:
    """Return the digits of a line on which its spans depend."""
    return tuple([_slice_of(at, at + 1) for at in digits_that_matter(line)])


def _nothing(_: str) -> tuple[()]:
    """Return no parts, for a template without holes."""
    return ()
