"""Translates a user's regular expression into one that searches whole blocks of lines at once."""

from __future__ import annotations

import re
import warnings
from functools import cache
from importlib import import_module
from typing import Any

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple

__all__ = [
    "PLAIN_WORDS",
    "PatternError",
    "has_capitals",
    "has_case",
    "no_case",
    "plain_words",
    "required_literals",
    "translate",
]


class PatternError(ValueError):
    """An invalid pattern; its text is one line with the error and the number of the character."""


# --- the source ---

PLAIN_WORDS = {
    "unterminated character set": "a [ without its ]",
    "missing ), unterminated subpattern": "a ( without a )",
    "unbalanced parenthesis": "a ) without a (",
    "nothing to repeat": "nothing to repeat before this",
    "multiple repeat": "a repetition of a repetition",
    "bad escape (end of pattern)": "a \\ with nothing after it",
}
_ESCAPE = r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|.)"
no_case = lazy_pattern(
    rf"{_ESCAPE}|\(\?P[<=>]\w*|\(\?[a-zA-Z-]+", re.DOTALL
)  # letters that are not part of the searched text
_word_parts = lazy_pattern(r"(?:[^.^$*+?{}\[\]\\|()]|\\[^0-9A-Za-z])+|(\|)", re.DOTALL)

_SPACES = " \\t\\r\\f\\v\\x1c-\\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # \s without newline
_OUTSIDE = {
    "re": {"D": r"[^\d\n]", "W": r"[^\w\n]", "s": r"[^\S\n]", "d": r"\d", "w": r"\w", "S": r"\S", "b": r"\b"},
    "re2": {
        "D": r"[^\p{Nd}\n]",
        "W": r"[^\p{L}\p{N}_\n]",
        "s": f"[{_SPACES}]",
        "d": r"\p{Nd}",
        "w": r"[\p{L}\p{N}_]",
        "S": rf"[^\n{_SPACES}]",
        "b": r"\b",
    },
}
_INSIDE = {
    "re": {"s": _SPACES, "d": r"\d", "w": r"\w"},
    "re2": {"s": _SPACES, "d": r"\p{Nd}", "w": r"\p{L}\p{N}_"},
}
_ALIKE = {"A": "^", "Z": "$", "z": "$", **{letter: f"\\{letter}" for letter in "trfva"}}
_leading_flags = lazy_pattern(r"\(\?[ims]+\)")
_tokens = lazy_pattern(
    r"""\\.
      | \[\^?\]?(?:\\.|[^\]\\])*\]
      | \(\?(?:P<\w+>|P=\w+\)|<[=!]|[=!>:]|\(|-?i:)
      | \(\?
      | .""",
    re.VERBOSE | re.DOTALL,
)


def has_capitals(source: str) -> bool:
    r"""Return whether a pattern has a capital letter, so that case counts; letters of escapes do not count.

    >>> has_capitals("Error"), has_capitals(r"\S+"), has_capitals("error")
    (True, False, False)
    """
    bare = no_case.sub("", source)
    return bare != bare.lower()


def no_match_hint(source: str, *, ignore_case: bool = False) -> str:
    """Return the likely reason why a pattern of text matches nothing; empty if none is known.

    >>> no_match_hint("timeout and db"), no_match_hint("Error"), no_match_hint("error")
    ('a|b is or, two filters are and', 'capitals count, small letters match both', '')
    >>> no_match_hint("status=>500"), no_match_hint("status=500 user=ann")
    ('a comparison is written status>=500', 'comparisons are joined by and, or, not')
    >>> no_match_hint("done status=404"), no_match_hint("done  status=404")
    ('two blanks stand before a field', '')
    """
    if _joins_words.search(source):
        return "a|b is or, two filters are and"
    mistyped = _mistyped_operator.fullmatch(source)
    if mistyped is not None:
        return f"a comparison is written {mistyped[1]}{_OPERATOR_MEANT[mistyped[2]]}{mistyped[3]}"
    if _adjacent_comparisons.fullmatch(source):
        return "comparisons are joined by and, or, not"
    if _joins_message_and_field.search(source):
        return "two blanks stand before a field"
    return "capitals count, small letters match both" if has_capitals(source) and not ignore_case else ""


_OPERATOR_MEANT = {"=>": ">=", "=<": "<=", "<>": "!="}
_mistyped_operator = lazy_pattern(r"\s*([\w.@-]+)\s*(=>|=<|<>)\s*([\w.:-]+)\s*")
_adjacent_comparisons = lazy_pattern(r"[\w.@-]+[!<>=~]{1,2}\S+(?:\s+[\w.@-]+[!<>=~]{1,2}\S+)+")
_joins_message_and_field = lazy_pattern(r"\S (?:[A-Za-z_@][\w.@-]*)=")
_joins_words = lazy_pattern(r"\S (?:and|or|AND|OR) \S")


class _BlockSource(NamedTuple):
    """A source, in one dialect, that finds the same lines in a whole block as the user's does line by line."""

    source: str
    ascii: bool  # it holds a construct that google-re2 supports for ASCII only
    folds: bool  # ignoring case is the same as a case-sensitive search in folded text


def plain_words(source: str) -> list[str]:
    """Return the plain words of a source such as ``one`` or ``one|two``; empty if it is any other expression."""
    words, at = [""], 0
    while at < len(source):
        found = _word_parts.match(source, at)
        if found is None:
            return []
        if found[1]:
            words.append("")
        else:
            words[-1] = re.sub(r"\\(.)", r"\1", found[0], flags=re.DOTALL)
        at = found.end()
    return words if all(words) else []


def has_case(letter: str) -> bool:
    """Return whether a letter has an upper-case and a lower-case form."""
    return letter != letter.swapcase()


def translate(source: str, dialect: str) -> _BlockSource | None:
    """Translate a source for searches of whole blocks; None if it must be searched line by line."""
    flags = _leading_flags.match(source)  # m and s mean nothing in one line; i is known
    if flags:
        source = source[flags.end() :]
    if any(letter < " " for letter in source) or (dialect == "re2" and "{," in source):
        return None
    parts: list[str] = []
    narrow, folds = False, source.isascii()
    for match in _tokens.finditer(source):
        token = part = match[0]
        if token[0] == "\\" and token[1].isalnum():
            narrow = narrow or token[1] == "b"
            if dialect == "re" and token[1] in "123456789":
                folds = False  # for `re`, i repeats I, but not ı
            else:
                part = _OUTSIDE[dialect].get(token[1]) or _ALIKE.get(token[1], "")
        elif token[0] == "[":
            part = _set(token, dialect)
            folds = folds and _ranges_fold(token)
        elif token[:2] == "(?":
            folds = folds and token != "(?-i:" and not token.startswith("(?P=")
            part = "" if token == "(?" else token
        if not part:
            return None
        parts.append(part)
    return _BlockSource("".join(parts), narrow, folds)


def _set_tokens(token: str) -> tuple[str, list[str]]:
    """Split a set into its start, ``[`` or ``[^``, and its members."""
    start = "[^" if token[1] == "^" else "["
    return start, re.findall(r"\\.|.", token[len(start) : -1], re.DOTALL)


def _set(token: str, dialect: str) -> str:
    """Rewrite a set to exclude the newline; empty if that cannot be done token by token."""
    start, members = _set_tokens(token)
    parts = [start + ("\\n" if start == "[^" else "")]
    for member in members:
        part = member
        if member[0] == "\\" and member[1].isalnum():
            part = _INSIDE[dialect].get(member[1], "")
            if not part:
                return ""
        elif member in "[]&~|^":
            part = f"\\{member}"
        parts.append(part)
    return "".join(parts) + "]"


def _ranges_fold(token: str) -> bool:
    """Return whether each range of a set that holds an upper-case letter also holds its lower-case one."""
    _, members = _set_tokens(token)
    for before, dash, after in zip(members, members[1:], members[2:]):
        if dash == "-":
            first, last = ord(before[-1]), ord(after[-1])
            if any(first <= code <= last and not first <= code + 32 <= last for code in range(65, 91)):
                return False
    return True


def required_literals(source: str) -> list[str]:
    r"""Return texts that every match of a regular expression holds, in any case; none where none are known.

    >>> required_literals(r"user=\d+.*timed? out(?: twice)?")
    ['user=', 'time', ' out']
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the source was compiled before, which reports nothing of that kind either
            steps = list(_regex_parser().parse(source))
    except (re.error, RecursionError, OverflowError):
        return []
    literals = [""]
    for operation, argument in steps:
        if str(operation) == "LITERAL":
            literals[-1] += chr(argument)
        else:
            literals.append("")
    return [literal for literal in literals if literal]


@cache
def _regex_parser() -> Any:
    """Return the parser of the standard library's `re`, which has another name before Python 3.11."""
    try:
        return import_module("re._parser")
    except ImportError:
        return import_module("sre_parse")
