"""Recognizer of headers: the format table first, then the grammar, then the header of an application behind a prefix.

Invariants:
- A result depends on the head alone, so it may be memoized by head.
- Headers of the usual form are read with one pattern (`text/parse/usual_header.py`), with the result of what follows.
- A format of the table counts before the grammar, at the start of the line; behind a time or a component that the
  grammar has read it counts where the grammar found no level of its own.
- **The more specific level counts**: behind a transport (syslog, CRI, docker, CI, a priority) the level of the
  application's header replaces that of the transport. So does the level of ``error: x`` behind ``sshd[1]:``, which is
  message all the same.
- Behind a prefix of the transport alone (`Format.carries`, ``stdout F``, ``service |``) the message starts behind the
  application's header; a component (``name[pid]:``) ends the header, and what follows it is message.
- When a head is cut inside the header, the column exceeds `HEADER_CHARS`, as in the grammar.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.formats import FormatMatch, format_table
from reflowlog.text.parse.further_fields import further_fields
from reflowlog.text.parse.glued_levels import with_glued_level
from reflowlog.text.parse.grammar import END, HEADER_CHARS, NO_HEADER, HeaderParts, grammar
from reflowlog.text.parse.known_prefixes import KnownPrefixes
from reflowlog.text.parse.late_header import UNKNOWN, late_header
from reflowlog.text.parse.levels import NUMBERS
from reflowlog.text.parse.local_names import STAND_IN
from reflowlog.text.parse.logger_names import with_logger
from reflowlog.text.parse.usual_header import usual_header

if TYPE_CHECKING:
    from reflowlog.text.parse.formats import FormatTable
    from reflowlog.text.parse.further_fields import FurtherFields
    from reflowlog.text.parse.grammar import Grammar

__all__ = ["RecognizedHeader", "Recognizer", "recognizer"]

_NO_SPAN = (0, 0)
_BY_GRAMMAR = ("header",)
_MIN_CHARS_AFTER = 8
"""Characters: a format that ends fewer than this before the end of a cut head may continue in the part cut off."""

_MAX_DEPTH = 3
"""Headers behind each other in a line: transport, container runtime, application."""


class RecognizedHeader(NamedTuple):
    """A header, and how it was recognized.

    Attributes:
        parts: its spans.
        formats: names of the formats, the outermost first; empty for a line without header.
    """

    parts: HeaderParts
    formats: tuple[str, ...]


class Recognizer:
    """The recognizer. Its patterns are compiled with the first line of no usual form, as that takes milliseconds.

    Attributes:
        known: headers that lines had before.
    """

    def __init__(self) -> None:
        self.known = KnownPrefixes()

    @cached_property
    def _grammar(self) -> Grammar:
        return grammar()

    @cached_property
    def _table(self) -> FormatTable:
        return format_table()

    @cached_property
    def _further(self) -> FurtherFields:
        return further_fields()

    def scan(self, head: bytes) -> tuple[int, int, int]:
        """Return the column of the message, and start and end of the level; see `parts`."""
        parts = self.parts(head)
        return parts.column, *parts.level

    def parts(self, head: bytes) -> HeaderParts:
        """Return the spans in a head; the column exceeds `HEADER_CHARS` when the head may end inside the header."""
        found = usual_header(head) or self.known.find(head)
        if found is None:
            found = self.read(head).parts
            self.known.learn(head, found)
        return found

    def read(self, head: bytes, depth: int = _MAX_DEPTH) -> RecognizedHeader:
        """Return the header of a head.

        Args:
            head: see `text/parse/header.py`.
            depth: headers behind each other that may be read.
        """
        if depth < _MAX_DEPTH:
            return self._read(head, depth)
        usual = usual_header(head)
        if usual is not None:
            return RecognizedHeader(usual, _BY_GRAMMAR if usual.column else ())
        found = self._read(head, depth)
        parts = with_logger(head, _with_whole_message(head, with_glued_level(head, found.parts)))
        return found if parts is found.parts else found._replace(parts=parts)

    def _read(self, head: bytes, depth: int) -> RecognizedHeader:
        """Return the result of `read` for a head of any form."""
        indent = len(head) - len(head.lstrip(b" ")) if head[:1] == b" " else 0
        match = self._table.match
        found = match(head, indent, is_behind=depth < _MAX_DEPTH)
        if found is not None:
            header = self._of_format(head, found, NO_HEADER, depth)
            is_timed = header.parts.time[1] or not header.parts.level[1] or b"00:00" not in head
            late = None if is_timed else self._late_header(head, header.parts, depth)
            return header if late is None or late.parts.time[0] > header.parts.column else late
        tokens, letters = self._grammar.classify_tokens(head)
        outer = self._grammar.parts_of(head, tokens, letters)
        if not outer.time[1] and b"00:00:00" in head:
            late = self._late_time(head, depth)
            if late is not None:
                return late
        if not (outer.time[1] or _LATE_CLASSES.isdisjoint(letters) or letters[0] in _NO_FIELDS):
            behind = self._late_header(head, outer, depth)
            if behind is not None:
                return behind
        if not 0 < outer.column <= HEADER_CHARS:
            return _unknown(0) if head[-1:] != END and head.startswith(b"<0") else RecognizedHeader(outer, ())
        behind_time = _after(head, outer.time[1]) if outer.time[1] else 0
        if behind_time:
            found = match(head, behind_time, is_behind=True)
            if found is not None and (found.column >= outer.column or found.format.is_exact):
                return self._of_format(head, found, outer, depth)
        if outer.level[1] and head[outer.level[0]] != _LESS_THAN:
            return self._of_grammar(head, outer)
        outline = self._grammar.outline_of(letters)
        if outline.last in _COMPONENTS and tokens[outline.tokens - 1].strip(b"0: "):
            if not (outer.time[1] or outer.level[1]) and _is_of_runner(head, outer.column):
                return self._behind(head, outer, ("transport",), depth)
            inner = self._full_header(head, outer.column) if outer.time[1] or outer.level[1] else None
            if inner is not None and inner.column > HEADER_CHARS:
                return _unknown(outer.column)
            if inner is not None:
                return RecognizedHeader(
                    outer._replace(column=inner.column, level=inner.level), (*_BY_GRAMMAR, "header")
                )
            outer = outer._replace(level=self._level_behind(head, outer))
            end = outer.level[1]
            if outline.last == "F" and head[end : end + 2] in (b": ", b"] "):  # a.go:12: ERROR: text
                outer = outer._replace(column=_after(head, end + (head[end] == _BRACKET)))
            return RecognizedHeader(outer, _BY_GRAMMAR)
        found = match(head, outer.column, is_behind=True) if outer.column != behind_time else None
        if found is not None:
            return self._of_format(head, found, outer, depth)
        if outline.is_transport:
            return self._behind(head, outer, ("transport",), depth)
        return self._of_grammar(head, outer)

    def _late_time(self, head: bytes, depth: int) -> RecognizedHeader | None:
        """Return a header whose time stands behind columns that no grammar knows, if the time is surely one.

        That is the bracketed time of an access log (``[02/Nov/2023:09:14:11 +0000]``), ctime's in brackets, and a time
        with a zone behind two blanks, a tab or a bracket. None for any other line.
        """
        if b"0000:00:00:00" not in head and b"T00:00:00.0" not in head and b" 00:00:00 0000]" not in head:
            return None
        found = _late_time.match(head)
        if found is None:
            return None
        name = next(name for name in ("time", "time2", "stamp") if found[name])
        parts = HeaderParts(found.end(), _NO_SPAN, found.span(name), _NO_SPAN)
        if name == "stamp":
            return self._behind(head, parts, ("columns before the time",), depth)
        return RecognizedHeader(parts, ("columns before the time",))

    def _late_header(self, head: bytes, outer: HeaderParts, depth: int) -> RecognizedHeader | None:
        """Return a header that begins behind other fields, see `text/parse/late_header.py`; None for none."""
        if outer.column > HEADER_CHARS or (outer.level[1] and b"00:00" not in head):
            return None
        late = late_header(head) if depth > 1 else None
        if late is None or (outer.column and self._table.match(head, outer.column, is_behind=True) is not None):
            return None
        if late is UNKNOWN:
            return _unknown(outer.column)
        if outer.level[1] and not late.is_timed:
            return None
        inner = self.read(head[late.offset :], depth - 1).parts
        if inner.column > HEADER_CHARS:
            return _unknown(outer.column)
        if late.is_timed and not inner.time[1]:
            return None
        level = late.level if late.level[1] else outer.level
        time, logger = _moved(inner.time, late.offset), _moved(inner.logger, late.offset)
        if inner.column and not (late.is_timed and level[1]):
            own = _moved(inner.level, late.offset)
            parts = HeaderParts(late.offset + inner.column, own if own[1] else level, time, logger)
        else:  # it has no level of its own, so what looks like one behind it is of the message
            parts = outer._replace(column=max(late.column, outer.column), level=level, time=time)
            parts = self._further.extended(head, parts)
        return RecognizedHeader(parts, ("fields before the time or level",))

    def _of_grammar(self, head: bytes, outer: HeaderParts) -> RecognizedHeader:
        """Return the header of the grammar with the fields behind it that only `further_fields` knows."""
        parts = self._further.extended(head, outer)
        return RecognizedHeader(parts, _BY_GRAMMAR if parts is outer else ("header", "further fields"))

    def _of_format(self, head: bytes, found: FormatMatch, outer: HeaderParts, depth: int) -> RecognizedHeader:
        """Return the header of a format, with those of the text before it (`outer`) and behind it."""
        if head[-1:] != END and found.column + _MIN_CHARS_AFTER > len(head):
            return _unknown(found.column)
        names = (("header",) if outer.column else ()) + (found.format.name,)
        parts = HeaderParts(
            found.column,
            found.level if found.level[1] or found.format.is_exact else outer.level,
            outer.time if outer.time[1] else found.time,
            found.logger if found.logger[1] or found.column > outer.column > 0 else outer.logger,
        )
        if found.format.carries:
            return self._behind(head, parts, names, depth)
        if parts.level[1] and head[parts.level[0]] == _LESS_THAN:
            parts = parts._replace(level=self._level_behind(head, parts))
        return RecognizedHeader(parts if found.format.is_exact else self._further.extended(head, parts), names)

    def _full_header(self, head: bytes, offset: int) -> HeaderParts | None:
        """Return the application's header behind a component, if it has a date and a level; None for any other."""
        if head[offset : offset + 1] not in _FULL_STARTS or _full_start.match(head, offset) is None:
            return None
        parts = self._grammar.parts(head[offset:])
        if not (parts.time[1] and parts.level[1] and 0 < parts.column <= HEADER_CHARS):
            return None
        parts = self._further.extended(head[offset:], parts)
        return parts._replace(column=offset + parts.column, level=_moved(parts.level, offset))

    def _level_behind(self, head: bytes, outer: HeaderParts) -> tuple[int, int]:
        """Return the level of the application's header behind a component, or else that of the component's header."""
        offset = outer.column
        if head[offset : offset + 2].lstrip(b"[")[:1] == b"0":  # a time, and a level behind it
            parts = self._grammar.parts(head[offset:])
            if parts.time[1] and parts.level[1] and parts.column <= HEADER_CHARS:
                return _moved(parts.level, offset)
        level = _inner_level(head, offset)
        if level[1]:
            return level
        found = self._table.match(head, offset, is_behind=True)
        return found.level if found is not None and found.level[1] else outer.level

    def _behind(self, head: bytes, outer: HeaderParts, names: tuple[str, ...], depth: int) -> RecognizedHeader:
        """Return a transport's header, extended by the header of the application behind it."""
        if depth <= 1:
            return RecognizedHeader(outer, names)
        rest = head[outer.column :]
        inner, inner_names = self.read(rest, depth - 1)
        if inner.column > HEADER_CHARS:
            return _unknown(outer.column)
        if not inner.column:
            return RecognizedHeader(outer, names)
        column, level, time, logger = outer.column, *(_moved(span, outer.column) for span in inner[1:])
        return RecognizedHeader(
            HeaderParts(
                column + inner.column,
                level if level[1] else outer.level,
                outer.time if outer.time[1] else time,
                outer.logger if outer.logger[1] else logger,
            ),
            names + inner_names,
        )


_COMPONENTS = frozenset("pcCFQj")
_LATE_CLASSES = frozenset("tTBAXLMKkunde")  # of tokens, one of which is in each header that begins behind other fields
_NO_FIELDS = frozenset("{[xEYK")  # classes of the first tokens of lines without such a header
_LESS_THAN = ord("<")
_BRACKET = ord("]")
_LEVEL_NAMES = frozenset(name.upper().encode() for name in NUMBERS if len(name) > 2)
_FULL_STARTS = frozenset((b"[", b"0", *(b"%c" % letter for letter in b"IWEFDAVC")))
_full_start = lazy_pattern(rb"\[?0000-00-00[T ]00:00:00|[VDIWEFC]0000 00:00:00|[DIWEFA], \[0000-00-00T")
_runner = lazy_pattern(rb"[\w@.-]*[/:\#@][\w@./:\#-]*(?:\[[\w.-]+\])?: +\Z")  # web:build:    shop/web[app]:
_application = lazy_pattern(
    rb"\[?0000[-/]00[-/]00[T ]00:00|[DIWEF]0000 00:00|(?:DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\b"
)
_angled = lazy_pattern(rb"(?:\([^()]{1,80}\) )?<([A-Za-z]{3,9})>: ")
_late_time = lazy_pattern(
    rb"""\# \ Time: \ (?P<time>0000-00-00T\S+) $                         # slow queries of MySQL
    | [^"\n]{1,160}? (?: (?P<time2>\[ (?: 00/[A-Z][a-z]{2}/0000:00:00:00(?:[.]0+)?(?:\ [+-]0000)?
                                       | [A-Z][a-z]{2}\ [A-Z][a-z]{2}\ [\ 0]0\ 00:00:00\ 0000 ) \])
      | (?:\ {2}|[\])|}]\ ) (?P<stamp>0000-00-00T00:00:00[.]0+Z) ) \ +""",
    re.VERBOSE,
)
_bracketed = lazy_pattern(rb"\[ *([^][]{3,32}?) *\]")
_component_level = lazy_pattern(  # error: of sshd; imap(a)<1><x>: Error: of Dovecot
    rb"""(?: [\w.-]+ (?:\([^()\n]*\))? (?:<[^<>\n]*>){0,3} :\ )??
    (?P<level> (?i: error|warning|fatal|critical|panic|notice|info|debug ) | err|warn|crit|alert|emerg ) \ ? :\ """,
    re.VERBOSE,
)
_capitals = lazy_pattern(rb"[A-Z0\x01]{2,16}(?: [A-Z]{2,16}){0,3}(?=[:\s])")


def _is_of_runner(head: bytes, column: int) -> bool:
    """Return whether a component is a name of a runner of tasks or containers before the header of an application."""
    return _runner.match(head, 0, column) is not None and _application.match(head, column) is not None


def _inner_level(head: bytes, offset: int) -> tuple[int, int]:
    """Return the span of a level at an offset behind a component.

    That is ``[info]``, ``WARN:``, ``error:``, ``(part) <Error>:``, or behind a process id a word in capitals:
    ``]: ERROR``.
    """
    if head[offset : offset + 1] in (b"<", b"(") and head[offset - 3 : offset] == b"]: ":
        angled = _angled.match(head, offset)
        if angled is not None and angled[1].upper() in _LEVEL_NAMES:
            return angled.span(1)
    bracketed = _bracketed.match(head, offset)
    if bracketed is not None:
        return bracketed.span(1) if _is_level(bracketed[1].upper()) else _NO_SPAN
    words = _capitals.match(head, offset)
    if words is None:
        levelled = _component_level.match(head, offset)
        return _NO_SPAN if levelled is None else levelled.span("level")
    name, end = words[0], words.end()
    if head[end : end + 1] == b":":
        if _is_level(name):
            return words.span()
        name = name.rpartition(b" ")[0]
    if head.endswith((b"]: ", b"] ", b"- "), 0, offset):
        while name:
            if _is_level(name):
                return offset, offset + len(name)
            name = name.rpartition(b" ")[0]
    return _NO_SPAN


def _with_whole_message(head: bytes, parts: HeaderParts) -> HeaderParts:
    """Return a header without the tokens at its end that surely belong to the message.

    These are an arrow before a request or a path (``-> GET /a``), a symbol behind a colon (``app: → x``), a rule that
    closes the line, too (``--- x ---``), and the last token of a line that would be all header: an empty message has a
    blank before it.
    """
    column = parts.column
    if not 0 < column <= HEADER_CHARS:
        return parts
    end = max(parts.level[1], parts.time[1])
    if column + 1 == len(head):
        if head[-1:] != END or head[column - 1] in _NO_LAST_BYTES:
            return parts
        opening = _OPENING.get(head[column - 1])
        start = head.rfind(b" " if opening is None else opening, end, column) + (opening is None)
        if start <= end or head[start - 1] not in b" |":
            return parts
    elif head[column - 2] not in _SYMBOL_BYTES:
        return parts
    else:
        arrow = _arrow.search(head, end, column)
        if arrow is None or _target.match(head, column) is None:
            arrow = _symbol.search(head, end, column)
        if arrow is None:
            arrow = _rule.search(head, end, column)
            if arrow is None or not head.rstrip().endswith(b" " + arrow[0].strip()):
                return parts
        start = arrow.start()
    logger = parts.logger if parts.logger[1] <= start else _NO_SPAN
    return parts._replace(column=start, logger=logger)


_OPENING = {ord("]"): b"[", ord(")"): b"("}
_NO_LAST_BYTES = b" :|->"
_SYMBOL_BYTES = b"->?=*# "
_arrow = lazy_pattern(rb"(?:<?--?>|<--?|=>|\?) +\Z")
_symbol = lazy_pattern(rb"(?<=: )\?{1,3} +\Z")
_rule = lazy_pattern(rb"[-=*#]{3,} \Z")
_target = lazy_pattern(rb"(?:HTTP |GET |HEAD |POST |PUT |DELETE |PATCH |OPTIONS |CONNECT )?(?:/|https?://)|0{3} ")


def _is_level(name: bytes) -> bool:
    """Return whether a word of a head, in capitals, is the name of a level."""
    return name in _LEVEL_NAMES or not name.strip(STAND_IN)


def _unknown(column: int) -> RecognizedHeader:
    """Return the result for a head that may end inside its header."""
    return RecognizedHeader(HeaderParts(HEADER_CHARS + 1 + column, _NO_SPAN, _NO_SPAN, _NO_SPAN), ())


def _after(head: bytes, offset: int) -> int:
    """Return the offset behind the blanks and separators at an offset; 0 stays 0."""
    return len(head) - len(head[offset:].lstrip(b" :;,|")) if offset else 0


def _moved(span: tuple[int, int], offset: int) -> tuple[int, int]:
    """Return a span moved by an offset; an absent one stays absent."""
    return (span[0] + offset, span[1] + offset) if span[0] < span[1] else _NO_SPAN


@cache
def recognizer() -> Recognizer:
    """Return the shared recognizer; created on first use."""
    return Recognizer()
