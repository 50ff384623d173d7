"""Stencils: how plain lines of one shape are drawn at one width, remembered. The station beside `compose`, for a pipe.

Rules of this file:
- It is a faster way to the same rows: what comes out is what `highlight`, `lay_out` and `draw_rows` give for a line.
  tests/test_stencil.py holds it to that.
- Logs repeat. A line with every digit read as 0 is its *shape*; where its rows break and which spans it has depends on
  the shape alone (`text/parse.py` and `text/highlight.py` promise that). So the second line of a shape becomes a
  *stencil*: the finished rows, escapes and all, with holes where its digits go. Each further one is cut out of the
  line and put into the holes, all in C, in less time than wrapping it would take.
- A shape that is met once costs no stencil. Long lines, and lines that a user's rule speaks of, are drawn one by one.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from reflowlog.model import Record, Row, Style
from reflowlog.paint.ansi import draw_rows
from reflowlog.text.highlight import digits_that_matter, fold, highlighted, link_id, marks, ruled, targets
from reflowlog.text.layout import lay_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.model import Spans
    from reflowlog.text.highlight import Marks, Target
    from reflowlog.text.layout import Indent
    from reflowlog.text.themes import Theme

__all__ = ["Stencils"]

LONGEST = 1_024
"""Characters of the longest line that gets a stencil."""

REMEMBERED = 4_096
"""Shapes in a generation; there are two, and what is not used in one of them is forgotten."""

_FOLD = bytes.maketrans(b"123456789", b"000000000")
_HOLE = "\ue000"  # stands for one character of a line; in no plain one
_ID = "\ue001"  # stands for what the ids of a line's links begin with
_LINK_HOLES = 0xE100  # and these for where they lead
_MOST_LINKS = 32

_Stencil = tuple[str, "Callable[[str], Any]"]
"""What `%` puts together, and what takes the parts for its holes from a line."""


class Stencils:
    """Draws lines of printable ASCII in the colours of a theme.

    Args:
        width: cells.
        indent: the hanging indent, see `reflowlog.text.layout.hang`.
        theme: what is found looks so.
        host: this machine's name, if links are wanted; see `highlight`.
    """

    def __init__(self, width: int, indent: Indent, theme: Theme, host: str | None = None) -> None:
        self._width = width
        self._indent = indent
        self._theme = theme
        self._host = host
        self._young: dict[bytes, _Stencil | None] = {}
        self._old: dict[bytes, _Stencil | None] = {}
        self._named: dict[bytes, _Stencil] = {}  # by shapes with their own identifiers, which often come again

    def lines(self, data: bytes, lines: list[str]) -> list[str]:
        """The rows of each line. About 1 us for a line of a known shape, 30 us for another.

        Args:
            data: printable ASCII and newlines.
            lines: the same, split at its newlines, without the empty part after the last.

        Returns:
            One string a line, with a newline between its rows.
        """
        if self._theme.rules:
            return [self._draw(line) if ruled(line, self._theme) else self._known(line) for line in lines]
        get, named, drawn = self._young.get, self._named.get, []
        for line, shape in zip(lines, data.translate(_FOLD).split(b"\n")):
            stencil = get(shape) or named(shape)
            if stencil is None:
                drawn.append(self._line(line, shape))
                get = self._young.get
            else:
                template, cut = stencil
                drawn.append(template % cut(line))
        return drawn

    def line(self, line: str) -> str:
        """The rows of one line of printable ASCII."""
        return self.lines(line.encode(), [line])[0]

    def _known(self, line: str) -> str:
        """A line that no rule speaks of."""
        return self._line(line, line.encode().translate(_FOLD))

    def _line(self, line: str, shape: bytes) -> str:
        """A line whose shape is not among the young ones."""
        if len(line) > LONGEST:
            return self._draw(line)
        stencil = self._recall(shape) or self._named.get(shape)
        if stencil is not None:
            return str(stencil[0] % stencil[1](line))
        same, places = fold(shape)
        if places:  # it may be known but for its identifiers
            stencil = self._recall(same)
            if stencil is not None:
                if len(self._named) >= REMEMBERED:
                    self._named.clear()
                self._named[shape] = stencil
                return str(stencil[0] % stencil[1](line))
        if same not in self._young:
            self._remember(same, None)
            return self._draw(line)
        matter = digits_that_matter(line)
        stencil = ("%s", self._choice(same, places, matter)) if matter else self._cut_out(line, shape, places)
        stencil = stencil or ("%s", self._draw)
        self._remember(same, stencil)
        return str(stencil[0] % stencil[1](line))

    def _recall(self, shape: bytes) -> _Stencil | None:
        """A stencil of either generation; one of the old is young again."""
        stencil = self._young.get(shape)
        if stencil is None and shape in self._old:
            stencil = self._old[shape]
            self._remember(shape, stencil)
        return stencil

    def _remember(self, shape: bytes, stencil: _Stencil | None) -> None:
        if len(self._young) >= REMEMBERED:
            self._old = self._young
            self._young = {}
        self._young[shape] = stencil

    def _choice(self, shape: bytes, places: list[tuple[int, int]], matter: tuple[int, ...]) -> Callable[[str], str]:
        """What draws lines of a shape that look different by some of their digits."""
        made: dict[str, _Stencil | None] = {}

        def draw(line: str) -> str:
            digits = "".join([line[at] for at in matter])
            if digits not in made:
                made[digits] = self._cut_out(line, shape, places)
            stencil = made[digits]
            return self._draw(line) if stencil is None else str(stencil[0] % stencil[1](line))

        return draw

    # -- drawing ------------------------------------------------------------------------------------------------

    def _laid(self, line: str) -> tuple[Marks, Spans, list[Row]]:
        found = marks(line)
        spans = highlighted(line, self._theme, found, host=self._host)
        return found, spans, lay_out(Record(line, (), found.column), self._width, self._indent)

    def _draw(self, line: str) -> str:
        """The rows of a line, without a stencil."""
        _, spans, rows = self._laid(line)
        return "\n".join(draw_rows(line, spans, rows))

    def _cut_out(self, line: str, shape: bytes, places: list[tuple[int, int]]) -> _Stencil | None:
        """A stencil from a line of its shape; None where one of its links has escapes, or there are very many.

        The line is drawn with holes for its digits, and for its identifiers (``places``); a link has holes of its own
        for where it leads, and one for its id.
        """
        found, spans, rows = self._laid(line)
        holes: dict[str, slice] = {}
        if self._host is not None and (linked := targets(line, found.parts, self._host)):
            links = _with_holes(line, linked, holes)
            if links is None:
                return None
            spans = tuple([(start, end, Style(sgr, links[start] if link else "")) for start, end, (sgr, link) in spans])
        text = shape.decode().replace("0", _HOLE)
        for start, end in places:
            text = text[:start] + _HOLE * (end - start) + text[end:]
        text = _gap.sub(_HOLE, text)
        again = [Row(start, end, indent, cells, text[start:end]) for start, end, indent, cells, _ in rows]
        drawn = draw_rows(text, spans, again)
        template, cut = _stencil(text, "\n".join(drawn), holes)
        if not holes:
            return template, cut
        return "%s", lambda line: (template % cut(line)).replace(_ID, link_id(line))


def _with_holes(line: str, linked: dict[int, Target], holes: dict[str, slice]) -> dict[int, str] | None:
    """`Style.link` by its start, with holes that are added to the others; None where that cannot be."""
    links = {}
    for number, (start, target) in enumerate(linked.items()):
        address = target.address(line)
        if number >= _MOST_LINKS or target.before + line[slice(*target.path)] != address.partition("#")[0]:
            return None
        holes[path := chr(_LINK_HOLES + 2 * number)] = slice(*target.path)
        holes[place := chr(_LINK_HOLES + 2 * number + 1)] = slice(*target.line)
        links[start] = f"id={_ID}.{number + 1};{target.before}{path}" + f"#{place}" * (target.line[1] > 0)
    return links


_holes = re.compile(f"({_HOLE}+|[{chr(_LINK_HOLES)}-{chr(_LINK_HOLES + 2 * _MOST_LINKS)}])")
_gap = re.compile(f"(?<={_HOLE})[^{_HOLE} ](?={_HOLE})")  # what parts holes that may as well be one


def _stencil(text: str, drawn: str, holes: dict[str, slice]) -> _Stencil:
    """A stencil from a text with holes, and from its rows: the holes are the same there, but may be cut.

    Other holes, which may come more than once, take what the line has in their slices.
    """
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
        slices.append(slice(at, at + len(found)))
        at += len(found)
    return "%s".join(pieces[::2]), itemgetter(*slices) if slices else _nothing


def _nothing(_: str) -> tuple[()]:
    """For a stencil without holes."""
    return ()
