r"""Comparisons of fields joined by ``and``, ``or``, ``not`` and parentheses. Pure; for one thread at a time.

Invariants:
- A text is an expression only if each operand is a comparison, such as ``status>=500 and not user=bot``; everything
  else that has these words in it is a regular expression, for ``read and write`` may be in a log. One comparison
  beside a word that is none is an error that tells what to write instead.
- Comparisons that are joined as in other languages (``&&``, ``||``, ``!``) are an error that tells the words.
- ``not`` binds tighter than ``and``, ``and`` tighter than ``or``. The words are in small letters or in capitals.
- An expression holds for a whole record: its operands may match different lines of it. ``not`` holds for a record if
  its operand matches none of its lines; lines at the start of the data that continue a record belong to no record here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.multiline import continues, may_continue
from reflowlog.text.search.pattern_source import PatternError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.text.search.pattern import Matcher

__all__ = ["Expression", "check_signs", "read_expression"]

MAX_DEPTH = 50
"""Parentheses within parentheses."""

_token = lazy_pattern(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<word>(?:and|or|not|AND|OR|NOT)(?=[\s()]|\Z))
        |(?P<leaf>(?:"(?:[^"\\]|\\.)*"|'[^']*'|(?!\s(?:and|or|AND|OR)(?:[\s(]|\Z))[^()"'])+))""",
    re.VERBOSE,
)


_sign = lazy_pattern(r"\s*(?:(?P<and>&&|(?<=\s)&(?=\s))|(?P<or>\|\|))\s*")
_negation = lazy_pattern(r"!\s*")


class _Node(NamedTuple):
    """A part of an expression.

    Attributes:
        kind: ``and``, ``or``, ``not`` or ``leaf``.
        parts: the operands.
        matcher: of a leaf.
    """

    kind: str
    parts: tuple[_Node, ...] = ()
    matcher: Matcher | None = None


def read_expression(source: str, compile_comparison: Callable[[str], Matcher | None]) -> Expression | None:
    """Parse an expression; None if the text is none.

    Args:
        source: as the user typed it.
        compile_comparison: returns the matcher of a comparison; None if the text is none.

    Raises:
        PatternError: a comparison is joined with something else, or an operand or a parenthesis is missing.
    """
    tokens = _tokens(source)
    if tokens is None:
        return None
    leaves = [text for kind, text in tokens if kind == "leaf"]
    matchers = {text: compile_comparison(text) for text in leaves}
    plain = [text for text in leaves if matchers[text] is None]
    joins = any(kind == "word" for kind, _ in tokens)
    if not leaves or len(plain) == len(leaves) or (plain and not joins):
        return None
    if plain:
        raise PatternError(
            f"{plain[0]!r} is not a comparison: write message~{_quoted(plain[0])}, or give it as a filter of its own"
        )
    parser = _Parser([(kind, text.lower() if kind == "word" else text) for kind, text in tokens], matchers)
    return Expression(source.strip(), parser.parse(), list(matchers.values()))  # type: ignore[arg-type]


def check_signs(source: str, compile_comparison: Callable[[str], Matcher | None]) -> None:
    """Raise an error for comparisons joined by signs in place of words; no-op for any other text.

    Args:
        source: as the user typed it.
        compile_comparison: see `read_expression`.

    Raises:
        PatternError: each part between the signs is a comparison.
    """
    signs = list(_sign.finditer(source))
    sign = signs[0] if signs else None
    starts, ends = [0, *[each.end() for each in signs]], [*[each.start() for each in signs], len(source)]
    parts = [source[start:end].strip() for start, end in zip(starts, ends)]
    operands = [_negation.sub("", part, count=1) if _negation.match(part) else part for part in parts]
    if (sign is None and operands == parts) or not all(map(compile_comparison, operands)):
        return
    if sign is None:
        raise PatternError(f"write 'not {operands[0]}'")
    word = sign.lastgroup or ""
    raise PatternError(f"write '{word}' in place of '{sign[0].strip()}'")


def _tokens(source: str) -> list[tuple[str, str]] | None:
    """Split a text into parentheses, joining words and operands; None if there is nothing to join or group."""
    found: list[tuple[str, str]] = []
    at = 0
    end = len(source.rstrip())
    while at < end:
        token = _token.match(source, at, end)
        if token is None or token.end() == at:
            return None
        kind = token.lastgroup or ""
        found.append((kind, token[kind].strip()))
        at = token.end()
    return found if len(found) > 1 else None


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "") + '"'


class _Parser:
    """Recursive descent parser over tokens."""

    def __init__(self, tokens: list[tuple[str, str]], matchers: dict[str, Matcher | None]) -> None:
        self._tokens = tokens
        self._matchers = matchers
        self._at = 0
        self._depth = 0

    def parse(self) -> _Node:
        node = self._either()
        if self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            if kind == "close":
                raise PatternError("a ) without a (")
            raise PatternError(f"'and' or 'or' is missing before {text!r}")
        return node

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _joined(self, word: str, operand: Callable[[], _Node]) -> _Node:
        parts = [operand()]
        while self._peek() == ("word", word):
            self._at += 1
            parts.append(operand())
        return parts[0] if len(parts) == 1 else _Node(word, tuple(parts))

    def _either(self) -> _Node:
        return self._joined("or", lambda: self._joined("and", self._operand))

    def _operand(self) -> _Node:
        kind, text = self._peek()
        self._at += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise PatternError("too many nested parentheses or 'not's")
        try:
            if (kind, text) == ("word", "not"):
                return _Node("not", (self._operand(),))
            if kind == "leaf":
                return _Node("leaf", matcher=self._matchers[text])
            if kind == "open":
                node = self._either()
                if self._peek()[0] != "close":
                    raise PatternError("a ( without a )")
                self._at += 1
                return node
        finally:
            self._depth -= 1
        before = "at the end" if kind == "end" else f"before {text!r}"
        raise PatternError(f"a comparison is missing {before}")


class Expression:
    """Comparisons joined by and, or, not. Made by `read_expression`; for one thread at a time.

    Attributes:
        source: as the user typed it.
        linear: whether its time is linear in the text.
        of_fields: True: it compares fields.
    """

    of_fields = True

    def __init__(self, source: str, root: _Node, matchers: list[Matcher]) -> None:
        self.source = source
        self.linear = all(matcher.linear for matcher in matchers)
        self._root = root
        self._matchers = matchers

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"

    @property
    def unknown(self) -> str:
        """The reason why nothing matched, if it is known after all was searched; else empty."""
        return next((matcher.unknown for matcher in self._matchers if matcher.unknown), "")

    def matching(self, data: bytes) -> list[int]:
        """Find the records that match.

        Args:
            data: lines with a newline after each; the last may lack its own.

        Returns:
            The offset in `data` of the first line of each, ascending.
        """
        if not data:
            return []
        lines = data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        starts = list(accumulate([len(line) + 1 for line in lines[:-1]], initial=0))
        if may_continue(data):
            further = continues([b"-", *lines])[0][1:]  # after a line, so that an indented one continues a record
            heads = [start for start, goes_on in zip(starts, further) if not goes_on]
        else:
            heads = starts
        return sorted(self._records(self._root, data, heads))

    def _records(self, node: _Node, data: bytes, heads: list[int]) -> set[int]:
        """Return the heads of the records for which a part holds; 0 for lines before the first head."""
        if node.matcher is not None:
            return {
                heads[at - 1] if at else 0 for at in (bisect_right(heads, each) for each in node.matcher.matching(data))
            }
        first, *rest = [self._records(part, data, heads) for part in node.parts]
        if node.kind == "not":
            return set(heads) - first
        return first.union(*rest) if node.kind == "or" else first.intersection(*rest)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the spans of the matching comparisons in one shown text, ascending, not overlapping."""
        found: list[tuple[int, int]] = []
        for start, end in sorted(self._spans(self._root, text)):
            if not found or start >= found[-1][1]:
                found.append((start, end))
        return found

    def _spans(self, node: _Node, text: str) -> list[tuple[int, int]]:
        if node.matcher is not None:
            return list(node.matcher.spans(text))
        if node.kind == "not":
            return []
        return [span for part in node.parts for span in self._spans(part, text)]
