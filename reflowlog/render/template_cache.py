"""Caches the drawn rows of lines of one shape at one width as templates, for lines that arrive by a pipe.

Invariants:
- The rows equal those of `highlight`, `lay_out` and `draw_rows` (tests/unit/render/test_template_cache.py).
- Logs repeat. The *shape* of a line is the line with every digit read as 0; its row breaks and spans depend on the
  shape alone (guaranteed by `text/parse/header.py` and `text/highlight/find_marks.py`). So the second line of a shape
  becomes a *template*: the finished rows, escapes included, with holes for the digits. Further lines of the shape are
  sliced and formatted into the holes, all in C, in less time than wrapping takes.
- A shape that is met once costs no template. Such a line is assembled from its header, which has a template of its
  own, and from its *words*: most are drawn the same wherever they stand, and are cached. Where a row breaks within a
  word, or a part extends over a blank (`crosses`), the line is drawn in full. So are very long lines, lines with
  quotes, and lines that a user's highlight rule matches.
- A line of other text gets a template as well, if it holds no controls but SGR sequences, whose digits are part of the
  shape; its words are not cached.
"""

from __future__ import annotations

import re
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from reflowlog.core.frames import Row
from reflowlog.core.memo import Memo
from reflowlog.core.records import PLAIN, Style, StyledLine
from reflowlog.render.ansi import draw_rows, has_styles, paint_run
from reflowlog.text.clean.joined_emoji import all_joined, joins_for
from reflowlog.text.clean.sanitize import is_plain, sanitize, sgr_sequences
from reflowlog.text.clean.wrap import fold_plain, whole
from reflowlog.text.highlight.links import link_id, link_targets
from reflowlog.text.highlight.marks import find_marks, highlight_marks, message_start
from reflowlog.text.highlight.patterns import LONGEST as LOOKED_AT
from reflowlog.text.highlight.patterns import parts_of
from reflowlog.text.highlight.shapes import crosses, digits_that_matter, fold, is_mere, may_cross
from reflowlog.text.highlight.user_rules import rule_spans
from reflowlog.text.layout.hanging_indent import hang, lay_out
from reflowlog.text.parse.usual_header import starts_with_words, usual_header

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.core.records import Spans
    from reflowlog.text.clean.joined_emoji import Joins
    from reflowlog.text.highlight.links import LinkTarget
    from reflowlog.text.highlight.marks import Marks
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.layout.hanging_indent import Indent

__all__ = ["MAX_TEMPLATE_CHARS", "MessageWords", "TemplateCache"]

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

SIGHTINGS = 4
"""Lines of a shape of other text after which it gets a template: making it takes as long as drawing so many."""

STYLED_SIGHTINGS = 16
"""The same for lines with escape sequences: their templates take longer to make, and less time to do without."""

MAX_CHOICES = 64
"""Templates of one shape, for different digits that matter."""

MAX_PREFIXES = 512
"""Shapes of headers that many lines begin with."""

MAX_COLUMNS = 4
"""Message columns at which such a header is looked for."""

_MAX_WORDS = 8_192
"""Cached words of messages of one style."""

_MAX_WORD_CHARS = 64
"""Characters of the longest word that is cached."""

_MAX_MESSAGES = 4_096
"""Cached messages of one style: those of records with fields often repeat as they are."""

_MAX_MESSAGE_CHARS = 600
"""Characters of the longest message that is cached, indentation included."""

_FOLD = bytes.maketrans(b"123456789", b"000000000")
_ZEROS = str.maketrans("123456789", "000000000")
_HOLE = "\ue000"  # placeholder for one character of a line; never in printable ASCII
_ID = "\ue001"  # placeholder for the prefix of the ids of a line's links
_LINK_HOLES = 0xE100  # first placeholder for the targets of links
_DOUBT = "\ue002"  # after a word that may be drawn differently beside other words
_MOST_LINKS = 32
_placeholders = re.compile(f"[{_HOLE}-{chr(_LINK_HOLES + 2 * _MOST_LINKS)}]")  # icons of some fonts

_Template = tuple[str, "Callable[[str], Any]"]
"""A format string for `%`, and a function that returns the parts of a line that go into its holes."""


class _Prefix(NamedTuple):
    """A header that many lines begin with.

    Attributes:
        column: the message column.
        template: draws the header.
        words: draws the message.
        cells: the hanging indent.
    """

    column: int
    template: _Template
    words: MessageWords
    cells: int


class _Repeats:
    """Measures how often the shapes of lines repeat: where they hardly do, it is cheaper not to look for templates."""

    def __init__(self) -> None:
        self._lines = self._repeated = self._passed = 0
        self._rare = False

    def add(self, is_new: bool) -> None:
        """Take in a line without a template, whose shape is new or repeats."""
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
    """Draws lines of printable ASCII at one width in the styles of a theme.

    Args:
        width: cells.
        indent: the hanging indent, see `reflowlog.text.layout.hanging_indent.hang`.
        theme: styles of the parts.
        host: this machine's name, to make links; see `highlight`.
        joins: returns which joined emoji the terminal draws as one.
    """

    def __init__(
        self,
        width: int,
        indent: Indent,
        theme: Theme,
        host: str | None = None,
        joins: Callable[[], Joins] = all_joined,
    ) -> None:
        self._width = width
        self._joins = joins
        self._indent = indent
        self._theme = theme
        self._host = host
        self._young: dict[bytes, _Template | None] = {}
        self._old: dict[bytes, _Template | None] = {}
        self._named: Memo[bytes, _Template] = Memo(
            limit=MAX_SHAPES
        )  # by shapes with their identifiers, which often repeat
        self._headers: Memo[tuple[bytes, int, int], tuple[_Template, MessageWords] | None] = Memo(limit=MAX_SHAPES)
        self._words: dict[Style, MessageWords] = {}  # by the style of a message
        self._repeats = _Repeats()
        self._sightings: Memo[bytes, int] = Memo(limit=2 * MAX_SHAPES)  # of shapes of other text without a template
        self._prefixes: Memo[bytes, _Prefix] = Memo(limit=MAX_PREFIXES)  # by the shape of the header
        self._columns: list[int] = []  # message columns of these, the latest first

    def lines(self, data: bytes, lines: list[str]) -> list[str]:
        """Draw each line. Takes about 1 us for a line of a known shape, 5 to 30 us for another.

        Args:
            data: printable ASCII and newlines.
            lines: the data split at its newlines, without the empty part after the last.

        Returns:
            One string a line, with a newline between its rows.
        """
        if self._theme.rules:
            return [self._draw(line) if rule_spans(line, self._theme) else self._known(line) for line in lines]
        get, named, drawn = self._young.get, self._named.get, []
        for line, shape in zip(lines, data.translate(_FOLD).split(b"\n")):
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
        for line, shape in zip(lines, data.translate(_FOLD).split(b"\n")):
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
        """Draw a line that is not printable ASCII, and whose shape is not in the young generation."""
        if len(line) > MAX_TEMPLATE_CHARS:
            return draw(line)
        template = self._recall(shape)
        if template is None:
            count = self._sightings.get(shape, 0) + 1
            self._sightings.remember(shape, count)
            if count < (STYLED_SIGHTINGS if has_styles(line) else SIGHTINGS):
                return draw(line)
            template = self._other_template(line, shape, draw, style) or ("%s", draw)
            self._remember(shape, template)
        return str(template[0] % template[1](line))

    def _other_template(
        self, line: str, shape: bytes, draw: Callable[[str], str], style: Callable[[str], StyledLine]
    ) -> _Template | None:
        """Return the template of a line that is not printable ASCII; None if its shape does not determine its rows."""
        if _placeholders.search(line):
            return None
        sequences = sgr_sequences(line)
        if sequences:
            matter = tuple([slice(*span) for span in sequences])
            make: Callable[[str], _Template | None] = partial(self._cut_out_styled, sequences=sequences, style=style)
        elif sanitize(line) == (line, ()):
            matter, make = _digits_that_matter(line), partial(self._cut_out, shape=shape, places=[])
        else:
            return None
        return ("%s", self._choice(make, matter, draw)) if matter else make(line)

    def line(self, line: str) -> str:
        """Draw one line of printable ASCII."""
        return self.lines(line.encode(), [line])[0]

    def _known(self, line: str) -> str:
        """Draw a line that no highlight rule of the user matches."""
        return self._line(line, line.encode().translate(_FOLD))

    def _line(self, line: str, shape: bytes) -> str:
        """Draw a line whose shape is not in the young generation."""
        if len(line) > MAX_TEMPLATE_CHARS:
            return self._draw(line) if len(line) > LOOKED_AT else self._fresh(line, *fold(shape))
        if self._repeats.are_rare():
            rows = self._after_known_header(line, shape)
            if rows is not None:
                return rows
        template = self._recall(shape) or self._named.get(shape)
        if template is not None:
            return str(template[0] % template[1](line))
        same, places = fold(shape)
        if places:  # the shape may be known with other identifiers
            template = self._recall(same)
            if template is not None:
                self._named.remember(shape, template)
                return str(template[0] % template[1](line))
        is_new = same not in self._young
        self._repeats.add(is_new)
        if is_new:
            self._remember(same, None)
            return self._fresh(line, same, places)
        matter = _digits_that_matter(line)
        make = partial(self._cut_out, shape=shape, places=places)
        template = ("%s", self._choice(make, matter, self._draw)) if matter else make(line)
        template = template or ("%s", self._draw)
        self._remember(same, template)
        return str(template[0] % template[1](line))

    def _recall(self, shape: bytes) -> _Template | None:
        """Return a template of either generation; one of the old generation moves to the young one."""
        template = self._young.get(shape)
        if template is None and shape in self._old:
            template = self._old[shape]
            self._remember(shape, template)
        return template

    def _remember(self, shape: bytes, template: _Template | None) -> None:
        """Store the template of a shape; None: the shape was met once."""
        if len(self._young) >= MAX_SHAPES:
            self._old = self._young
            self._young = {}
        self._young[shape] = template

    @staticmethod
    def _choice(
        make: Callable[[str], _Template | None], matter: tuple[slice, ...], draw: Callable[[str], str]
    ) -> Callable[[str], str]:
        """Return a function that draws lines of a shape whose rows depend on the digits in some of its parts.

        Args:
            make: makes the template of a line, and of those with the same such digits; None if there is none.
            matter: the parts.
            draw: draws a line without a template.
        """
        made: Memo[object, _Template | tuple[()]] = Memo(limit=MAX_CHOICES)
        digits_of = itemgetter(*matter)

        def drawn(line: str) -> str:
            digits = digits_of(line)
            template = made.get(digits)
            if template is None:
                template = made.remember(digits, make(line) or ())
            return str(template[0] % template[1](line)) if template else draw(line)

        return drawn

    # -- lines of a shape that is not known ---------------------------------------------------------------------

    def _fresh(self, line: str, shape: bytes, places: list[tuple[int, int]]) -> str:
        """Draw a line of an unknown shape."""
        usual = usual_header(shape)
        header = (usual.column, *usual.level) if usual is not None and usual.level[1] else message_start(line)
        column, start, end = header
        if '"' in line or "'" in line or end > column:  # there are strings, or the message holds the level
            return self._draw(line, header)
        key = shape[:column], start, end
        known = self._headers.get(key)
        if known is not None:
            cells = hang(line, self._width, column, self._indent)
            if usual is not None and usual.level[1] and starts_with_words(shape, column):
                self._remember_prefix(shape[:column], _Prefix(column, *known, cells))
            rows = self._put_together(line, column, *known, cells)
            return self._draw(line, header) if rows is None else rows
        if key in self._headers:
            return self._draw_and_learn(line, header, key, places)
        self._headers.remember(key, None)
        return self._draw(line, header)

    def _remember_prefix(self, prefix: bytes, known: _Prefix) -> None:
        """Remember the header of lines that begin like one."""
        if prefix not in self._prefixes:
            self._prefixes.remember(prefix, known)
            if known.column not in self._columns:
                self._columns = [known.column, *self._columns[: MAX_COLUMNS - 1]]

    def _after_known_header(self, line: str, shape: bytes) -> str | None:
        """Return the rows of a line by the header it begins with; None if none is known to end there."""
        for column in self._columns:
            known = self._prefixes.get(shape[:column])
            if known is not None:
                if '"' in line or "'" in line or not starts_with_words(shape, column):
                    return None
                return self._put_together(line, *known)
        return None

    def _put_together(self, line: str, column: int, template: _Template, words: MessageWords, cells: int) -> str | None:
        """Assemble the rows of a line from its header and its words; None if these alone do not determine the rows.

        Args:
            line: the line.
            column: its message column.
            template: of the header.
            words: draws the message.
            cells: the hanging indent.
        """
        width = self._width
        if len(line) <= width:
            drawn = None if line[-1:] == " " else words.drawn(line[column:], line[column:], "\n")
        else:
            rows, joint = fold_plain(line, width, cells), "\n" + " " * cells
            if rows.replace(joint, " ") != line or "\n" in rows[:column]:  # a break is not between two words
                return None
            drawn = words.drawn(line[column:], rows[column:], joint)
        return None if drawn is None else str(template[0] % template[1](line) + drawn)

    def _draw_and_learn(
        self, line: str, header: tuple[int, int, int], key: tuple[bytes, int, int], places: list[tuple[int, int]]
    ) -> str:
        """Draw a line whose header is met for the second time, and store the header's template."""
        found, spans, rows = self._laid(line, header)
        column = found.column
        before = tuple([span for span in spans if span[0] < column])
        if line[:column][-1:] in {"", " "} and not (before and before[-1][1] > column):
            text = _with_holes(key[0], [place for place in places if place[1] <= column])
            drawn = draw_rows(text, before, (whole(text),))[0]
            tint = PLAIN if found.level is None else self._theme.message(found.level)
            if tint not in self._words:
                self._words[tint] = MessageWords(self._theme, tint, self._host)
            template = _template(text, drawn, {})
            if template is not None:
                self._headers[key] = template, self._words[tint]
        return "\n".join(draw_rows(line, spans, rows))

    # -- drawing ------------------------------------------------------------------------------------------------

    def _laid(self, line: str, header: tuple[int, int, int] | None = None) -> tuple[Marks, Spans, list[Row]]:
        """Return the marks, spans and rows of a line."""
        found = find_marks(line, header=header)
        spans = highlight_marks(line, self._theme, found, host=self._host)
        joins = joins_for(line, self._joins)
        return found, spans, lay_out(StyledLine(line, (), found.column), self._width, self._indent, joins=joins)

    def _draw(self, line: str, header: tuple[int, int, int] | None = None) -> str:
        """Draw a line without a template."""
        _, spans, rows = self._laid(line, header)
        return "\n".join(draw_rows(line, spans, rows))

    def _cut_out(self, line: str, shape: bytes, places: list[tuple[int, int]]) -> _Template | None:
        """Make a template from a line of its shape; None where a link needs percent-encoding or there are too many.

        The line is drawn with holes for its digits, and for its identifiers (``places``); a link has holes of its own
        for its target, and one for its id.
        """
        found, spans, rows = self._laid(line)
        if not line.isascii() and any(row.text != line[row.start : row.end] for row in rows):
            return None  # a mark stands for a cluster that is too wide
        holes: dict[str, slice] = {}
        if self._host is not None and (linked := link_targets(line, found.parts, self._host)):
            links = _links_with_holes(line, linked, holes)
            if links is None:
                return None
            spans = tuple([(start, end, Style(sgr, links[start] if link else "")) for start, end, (sgr, link) in spans])
        text = _with_holes(shape, places)
        again = [Row(start, end, indent, cells, text[start:end]) for start, end, indent, cells, _ in rows]
        drawn = draw_rows(text, spans, again)
        found_template = _template(text, "\n".join(drawn), holes)
        if not holes or found_template is None:
            return found_template
        template, cut = found_template
        return "%s", lambda line: (template % cut(line)).replace(_ID, link_id(line))

    def _cut_out_styled(
        self, line: str, sequences: list[tuple[int, int]], style: Callable[[str], StyledLine]
    ) -> _Template | None:
        """Make a template from a line with SGR sequences; None if it holds other sequences or controls as well."""
        record = style(line)
        starts = [0, *[end for _, end in sequences]]
        ends = [*[start for start, _ in sequences], len(line)]
        text = "".join([line[start:end] for start, end in zip(starts, ends)])
        if not record.spans or (record.text, record.spans) != sanitize(line) or record.text != text:
            return None  # of highlighted parts, more than the sequences would matter
        rows = lay_out(record, self._width, self._indent, joins=joins_for(text, self._joins))
        if any(row.text != text[row.start : row.end] for row in rows):
            return None  # a mark stands for a cluster that is too wide
        holed = _with_holes(text.encode("utf-8", "surrogatepass").translate(_FOLD), [])
        again = [Row(start, end, indent, cells, holed[start:end]) for start, end, indent, cells, _ in rows]
        offsets = [at for start, end in zip(starts, ends) for at in range(start, end)]
        return _template(holed, "\n".join(draw_rows(holed, record.spans, again)), {}, offsets)


class MessageWords(Memo[str, str]):
    """Memo of drawn words of messages. A word that may be drawn differently beside others ends with `_DOUBT`.

    Args:
        theme: styles of the parts.
        tint: style of the text that has no other.
        host: see `TemplateCache`.
    """

    def __init__(self, theme: Theme, tint: Style, host: str | None) -> None:
        super().__init__(limit=_MAX_WORDS, max_key_length=_MAX_WORD_CHARS)
        self._theme = theme
        self._host = host
        self._on, self._off = paint_run(_DOUBT, tint).split(_DOUBT) if tint.sgr else ("", "")
        self._shapes: Memo[str, _Template | None] = Memo(limit=MAX_SHAPES)  # templates of words with digits
        self._messages: Memo[str, str] = Memo(limit=_MAX_MESSAGES, max_key_length=_MAX_MESSAGE_CHARS)

    def drawn(self, message: str, rows: str, joint: str) -> str | None:
        """Draw the rows of a message as `draw_rows` does; None where its words alone do not determine them.

        Args:
            message: the whole message.
            rows: the rows of the message; all breaks are between words.
            joint: the separator between two rows.
        """
        on, off = self._on, self._off
        drawn = " ".join(map(self.__getitem__, rows.replace(joint, " \n ").split(" ")))
        if _DOUBT in drawn:
            if _ID in drawn or crosses(message):
                return None
            drawn = drawn.replace(_DOUBT, "")
        if rows is not message:
            drawn = drawn.replace(" \n ", off + joint + on)
        return f"{on}{drawn}{off}".replace(on + off, "") if on else drawn

    def drawn_before(self, message: str, rows: str, joint: str) -> str | None:
        """Draw the rows of a message as `drawn` does, from a cache: messages of records often repeat as they are."""
        found = self._messages.get(rows)
        if found is None:
            found = self.drawn(message, rows, joint)
            if found is not None:
                self._messages.remember(rows, found)
        return found

    def word(self, text: str) -> str | None:
        """Return a text without blanks as it is drawn by itself; None if it holds a link."""
        drawn = self[text]
        if _DOUBT in drawn:
            return None if _ID in drawn else drawn.replace(_DOUBT, "")
        return drawn

    def __missing__(self, word: str) -> str:
        drawn = word if is_mere(word) else self._look_at(word)
        return self.remember(word, drawn)

    def _look_at(self, word: str) -> str:
        """Draw a word that is not cached, by the template of its shape if there is one."""
        shape = word.translate(_ZEROS)
        known = self._shapes.get(shape)
        if known is not None:
            return str(known[0] % known[1](word))
        again = shape in self._shapes
        drawn = self._draw(word, shape.replace("0", _HOLE) if again else word)
        if not again:
            if "0" in shape and not digits_that_matter(word):
                self._shapes.remember(shape, None)
            return drawn
        template = self._shapes[shape] = _template(shape.replace("0", _HOLE), drawn, {})
        return drawn if template is None else str(template[0] % template[1](word))

    def _draw(self, word: str, text: str) -> str:
        """Draw a word; `text` is the word or its shape with holes."""
        parts = parts_of(word)
        pieces, at = [], 0
        for start, end, name in parts:
            style = self._theme.styles[name]
            if style is not PLAIN:
                pieces += [text[at:start], self._off, paint_run(text[start:end], style), self._on]
                at = end
        pieces.append(text[at:])
        if may_cross(word):
            pieces.append(_DOUBT)
        if self._host is not None and parts and link_targets(word, parts, self._host):
            pieces.append(_DOUBT + _ID)
        return "".join(pieces)


def _with_holes(shape: bytes, places: list[tuple[int, int]]) -> str:
    """Return the text of a shape with holes for its digits and identifiers."""
    text = shape.decode("utf-8", "replace").replace("0", _HOLE)
    for start, end in places:
        text = text[:start] + _HOLE * (end - start) + text[end:]
    return _gap.sub(_HOLE * 2, text)


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


_ANY_HOLE = f"[{_HOLE}{chr(_LINK_HOLES)}-{chr(_LINK_HOLES + 2 * _MOST_LINKS)}]"  # two kinds are never adjacent
_holes = re.compile(f"({_ANY_HOLE}{_ANY_HOLE}*)")  # written so that the search skips other characters in C
_gap = re.compile(f"{_HOLE}[^{_HOLE} ](?={_HOLE})")  # one character between two holes, which become one hole


def _template(text: str, drawn: str, holes: dict[str, slice], offsets: Sequence[int] | None = None) -> _Template | None:
    """Make a template from a text with holes and from its rows, in which the same holes may be split by a break.

    Args:
        text: the text.
        drawn: its rows.
        holes: holes that may occur more than once, and the slices of the line that go there.
        offsets: for each character of the text its offset in the line; None: the text is the line.

    Returns:
        None if a hole extends over a part of the line that is not in the text.
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
        stop = at + len(found)
        if offsets is None:
            slices.append(slice(at, stop))
        elif offsets[stop - 1] - offsets[at] == len(found) - 1:
            slices.append(slice(offsets[at], offsets[at] + len(found)))
        else:
            return None
        at = stop
    return "%s".join(pieces[::2]), itemgetter(*slices) if slices else _nothing


def _digits_that_matter(line: str) -> tuple[slice, ...]:
    """Return the digits of a line on which its spans depend."""
    return tuple([slice(at, at + 1) for at in digits_that_matter(line)])


def _nothing(_: str) -> tuple[()]:
    """Return no parts, for a template without holes."""
    return ()
