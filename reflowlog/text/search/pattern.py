r"""Searches many lines at once for a regular expression or plain words. Pure; any thread may call it.

Invariants:
- The text searched is each line as it is shown: decoded, colours stripped, carriage returns acted out, tabs expanded
  (`text/clean/sanitize.py`). The result is defined as one search per such line; every faster path gives the same lines.
- **A line of JSON also matches as its strings read** (`decode_escapes`), because it is shown that way: ``été`` matches
  the written form ``"\u00e9t\u00e9"``.
- **Smart case**: a source without upper-case letters ignores case; letters of escapes (``\S``) and of group names do
  not count.
- **The shown text of a block** (`shown_text`) is built as a whole: printable ASCII is unchanged; trailing carriage
  returns, colours and tabs take one substitution each; lines with other controls are sanitized one by one, and so are
  all lines with controls where they are few. It has a line for each line of the data, so a result is translated by
  counting newlines.
- **Case by folding the text**: a case-insensitive search runs case-sensitively against the text in lower case, which is
  ten times faster than `re.IGNORECASE`. Only ASCII is lowered, and the four letters beyond it that equal an ASCII one
  for `re` (K, ſ, İ, ı) become that letter; so this is for sources of ASCII alone in which no range of a set has an
  upper-case letter without its lower-case one.
- **Words** (also ``one|two``) are found by `bytes.find`, in the data itself where nothing in it could make or hide a
  word when it is shown.
- **Regular expressions search the whole block**, with `re.MULTILINE`, where nothing in them can match a newline: then a
  match lies in one line, and every part of it, look-around included, meets a newline where it would meet the end of
  the text, and fails alike. So sets, ``\s``, ``\D``, ``\W`` are rewritten to exclude the newline, ``\A`` and ``\Z``
  become ``^`` and ``$``. A source that cannot be rewritten token by token (``\B``, which differs on empty lines,
  characters by number, flags for a part, sets that hold ``\W`` or ``\D``) is searched line by line.
- google-re2, where it is installed, runs the sources that mean the same there; a source it does not support
  (look-around, back-references) or reads differently is left to `re`. Its ``\b`` is ASCII's, so such a pattern uses it
  for ASCII text only. Its letters and digits may be of another version of Unicode.
"""

from __future__ import annotations

import re
import warnings
from functools import cached_property
from importlib import import_module
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Protocol

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.sanitize import ESC, sanitize
from reflowlog.text.search.pattern_source import PLAIN_WORDS, PatternError, has_case, no_case, plain_words, translate
from reflowlog.text.search.shown_text import (
    FEW,
    NO_CONTROL,
    TAB,
    control_offsets,
    decode_escapes,
    escaped_lines,
    line_numbers,
    line_starts,
    shown_text,
    translate_lines,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TWINS", "Matcher", "Pattern", "compile_pattern"]

MANY = 64  # matches; when their distance is below `NEAR` bytes on average, lines are searched one by one
NEAR = 300  # bytes
MIN_RE2_BYTES = 64 << 10  # from here on google-re2 tests a text for words in any case; loading it takes 6 ms
FEW_TESTS = 16  # of a byte that may turn out to be common
RARE = 2048  # bytes; a byte that is rarer than one in so many is found faster than a word
_COMMON_FIRST = b" 0123456789:.-/=_etaoinsrhdlucmfywgpbvkxqjzETAOINSRHDLUCMFYWGPBVKXQJZ"
TWINS = ((b"\xc4\xb0", b"i"), (b"\xc4\xb1", b"i"), (b"\xc5\xbf", b"s"), (b"\xe2\x84\xaa", b"k"))  # İ ı ſ K


class Matcher(Protocol):
    """Searches lines: a `Pattern`, or a comparison of fields (`text/search/query.py`)."""

    @property
    def source(self) -> str:
        """The source as the user typed it."""

    @property
    def linear(self) -> bool:
        """True if its running time is linear in any text; otherwise it must run where it can be interrupted."""

    @property
    def of_fields(self) -> bool:
        """True if it compares fields of lines as they are written; False if it searches the shown text."""

    @property
    def unknown(self) -> str:
        """After a complete search without a match: one line with the reason, if it is known; otherwise empty."""

    def matching(self, data: bytes) -> list[int]:
        """Return the offset of each line that matches, ascending."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the (start, end) of each match in one text."""


class _SearchPlan(NamedTuple):
    """How matching lines are found; see the invariants of the module."""

    line: re.Pattern[str]  # the definition of a match: searched in each shown line
    words: tuple[bytes, ...] = ()
    fold: bool = False  # the text is folded to lower case, for all but `line`
    whole: re.Pattern[str] | None = None  # searched in whole blocks
    re2: Any = None  # `whole` compiled by google-re2
    re2_ascii: bool = False  # `re2` means the same for ASCII text only
    tests_words: bool = False  # google-re2 may test a text for the words


class Pattern:
    """A compiled regular expression or list of words. Immutable; made by `compile_pattern`.

    Attributes:
        source: as the user typed it.
        linear: its running time is linear in any text; otherwise it must run where it can be interrupted.
        of_fields: False: it searches the shown text.
        unknown: always empty.
    """

    of_fields = False
    unknown = ""

    def __init__(self, source: str, plan: _SearchPlan) -> None:
        self.source = source
        self.linear = bool(plan.words) or (plan.re2 is not None and not plan.re2_ascii)
        self._plan = plan
        text = b"".join(plan.words)
        self._raw = bool(text) and text.isascii() and text.decode().isprintable()
        self._blank = b" " in text
        self._twins = [twin for twin, letter in TWINS if plan.fold and letter in text]

    def __repr__(self) -> str:
        return f"Pattern({self.source!r})"

    @property
    def words(self) -> tuple[bytes, ...]:
        """Words, in lower case, of which every matching line holds at least one; empty where none are known."""
        return tuple(word.lower() for word in self._plan.words)

    def matching(self, data: bytes) -> list[int]:
        """Find the lines that match.

        Args:
            data: lines with a newline after each; the last may lack its own.

        Returns:
            The offset in `data` of each such line's first byte, ascending.
        """
        hits = self._as_written(data)
        if b"\\" not in data or b"{" not in data:
            return hits
        places = [found.span() for found in escaped_lines.finditer(data)]
        if not places:
            return hits
        lines = [decode_escapes(data[start:end]) for start, end in places]
        at = dict(zip(accumulate([len(line) + 1 for line in lines], initial=0), places))
        found = self._as_written(b"\n".join(lines) + b"\n")
        return sorted({*hits, *(at[start][0] for start in found)})

    def _as_written(self, data: bytes) -> list[int]:
        """Find the lines whose shown text matches, without decoding the escapes of JSON."""
        plan = self._plan
        if self._raw and self._is_searched_raw(data):
            if self._has_no_word(data):
                return []
            return self._with_words(data.lower() if plan.fold else data)
        if self._raw and data.isascii() and len(controls := data.translate(None, NO_CONTROL)) <= FEW:
            return self._with_odd_lines(data, control_offsets(data, controls))
        if not data:
            return []
        text, same = shown_text(data)
        if not data.endswith(b"\n"):
            text += b"\n"  # so that a last line of which nothing is shown counts as a line
        if plan.fold:
            same = same and text.isascii()
            text = _folded(text)
        if plan.words:
            hits = self._with_words(text)
        elif plan.re2 is not None and (not plan.re2_ascii or text.isascii()):
            hits = _found(plan.re2.search, text, b"\n")
        else:
            decoded = text.decode()
            if plan.whole is None:
                search = plan.line.search
                return line_starts(
                    data, [number for number, line in enumerate(decoded.split("\n")[:-1]) if search(line)]
                )
            hits = _found(plan.whole.search, decoded, "\n")
            if not text.isascii():
                return line_starts(data, line_numbers(decoded, hits, "\n"))
        return hits if same else translate_lines(data, text, hits)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the (start, end) of each non-empty match in one sanitized text."""
        plan = self._plan
        if plan.re2 is None or plan.re2_ascii:
            return [found.span() for found in plan.line.finditer(text) if found.end() > found.start()]
        low = _folded(text.encode()).decode() if plan.fold else text
        data = low.encode()
        spans = [found.span() for found in plan.re2.finditer(data) if found.end() > found.start()]
        return spans if low.isascii() else _in_characters(data, spans)

    def _has_no_word(self, data: bytes) -> bool:
        """Return whether google-re2 finds none of the words, in any case, in a long text; False without it."""
        if not self._plan.tests_words or len(data) < MIN_RE2_BYTES:
            return False
        search = self._re2_words
        return search is not None and search(data) is None

    @cached_property
    def _re2_words(self) -> Callable[[bytes], Any] | None:
        """Search of google-re2 for one of the words in any case, without a copy in lower case; None without it."""
        found = _with_re2("(?i)" + "|".join(re.escape(word.decode()) for word in self._plan.words))
        return None if found is None else found.search

    def _is_searched_raw(self, data: bytes) -> bool:
        """Return whether a word of printable ASCII is in a line's bytes exactly if it is in the line's shown text."""
        if ESC in data or b"\b" in data or (self._blank and TAB in data):
            return False
        if b"\r" in data and data.count(b"\r") != data.count(b"\r\n") + data.endswith(b"\r"):
            return False
        return not self._twins or data.isascii() or not any(twin in data for twin in self._twins)

    def _with_odd_lines(self, data: bytes, places: list[int]) -> list[int]:
        """Find the matching lines in ASCII data with few controls, at these offsets; only their lines are sanitized."""
        odd: set[int] = set()
        found: list[int] = []
        for place in places:
            start = data.rfind(b"\n", 0, place) + 1
            if start not in odd:
                odd.add(start)
                end = data.find(b"\n", place)
                line = data[start : end if end >= 0 else len(data)]
                if self._plan.line.search(sanitize(line.decode())[0]):
                    found.append(start)
        hits = self._with_words(data.lower() if self._plan.fold else data)
        return sorted([*found, *(start for start in hits if start not in odd)])

    def _with_words(self, text: bytes) -> list[int]:
        """Return the starts of the lines that hold one of the words."""
        if len(self._plan.words) == 1:
            return _with_word(text, self._plan.words[0])
        return sorted(set().union(*(_with_word(text, word) for word in self._plan.words)))


def compile_pattern(source: str, *, re2: bool = True, ignore_case: bool = False) -> Pattern:
    r"""Compile a pattern that a user typed: a regular expression of Python's `re`, or plain words.

    Args:
        source: the pattern; smart case applies.
        re2: use google-re2 where it is installed and means the same.
        ignore_case: case does not count, even if the source has capitals.

    Raises:
        PatternError: the source is no valid pattern.

    Examples:
        >>> compile_pattern("error").matching(b"one\nan Error\n")
        [4]
        >>> compile_pattern("(")
        Traceback (most recent call last):
        reflowlog.text.search.pattern_source.PatternError: a ( without a ), at character 1
    """
    if not source:
        raise PatternError("an empty pattern")
    bare = no_case.sub("", source)
    is_lower = bare == bare.lower()
    lower = is_lower or ignore_case
    words = plain_words(source)
    line = _compiled("|".join(map(re.escape, words)) or source, re.IGNORECASE if lower else 0)
    if "\n" in source:
        return Pattern(source, _SearchPlan(line))
    if words and (not lower or source.isascii() or not any(map(has_case, source))):
        fold = lower and source.isascii()
        if fold:
            words = [word.lower() for word in words]
        return Pattern(
            source,
            _SearchPlan(
                line, tuple(word.encode("utf-8", "surrogatepass") for word in words), fold, tests_words=re2 and fold
            ),
        )
    insensitive = bool(line.flags & re.IGNORECASE)
    whole = translate(source, "re")
    if whole is None:
        return Pattern(source, _SearchPlan(line))
    fold = is_lower and whole.folds
    flags = "(?im)" if insensitive and not fold else "(?m)"
    plan = _SearchPlan(line, fold=fold, whole=_compiled(flags + whole.source, 0))
    other = translate(source, "re2") if re2 and source.isascii() else None
    if other is not None:
        compiled = _with_re2(flags + other.source)
        plan = plan._replace(re2=compiled, re2_ascii="i" in flags or other.ascii)
    return Pattern(source, plan)


def _compiled(source: str, flags: int) -> re.Pattern[str]:
    """Compile a source with `re`; raise `PatternError` with a plain message if it is invalid."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(source, flags)
    except re.error as error:
        wrong = PLAIN_WORDS.get(error.msg, error.msg)
        place = "" if error.pos is None else f", at character {error.pos + 1}"
        raise PatternError(f"{wrong}{place}") from None
    except (OverflowError, RecursionError):
        raise PatternError("too large, or too deep") from None


def _with_re2(source: str) -> Any:
    """Compile a source with google-re2; None if it is not installed or does not support the source."""
    try:
        re2: Any = import_module("re2")
    except ImportError:
        return None
    options = re2.Options()
    options.never_capture = True
    options.log_errors = False
    try:
        return re2.compile(source.encode(), options)
    except re2.error:
        return None


def _folded(text: bytes) -> bytes:
    """Lower the ASCII letters of a text, and replace the letters that equal an ASCII one when case is ignored."""
    if not text.isascii():
        for twin, letter in TWINS:
            text = text.replace(twin, letter)
    return text.lower()


# --- offsets of lines ---


def _with_word(text: bytes, word: bytes) -> list[int]:
    """Return the starts of the lines that hold a word, which has no newline."""
    starts, at = _with_rare_byte(text, word)
    if at < 0:
        return starts
    found = text.find(word, at)
    first = found
    while found >= 0:
        starts.append(text.rfind(b"\n", 0, found) + 1)
        end = text.find(b"\n", found)
        if end < 0:
            break
        if len(starts) == MANY and end - first < MANY * NEAR:
            return starts + _asked(text, end + 1, word)
        found = text.find(word, end + 1)
    return starts


def _with_rare_byte(text: bytes, word: bytes) -> tuple[list[int], int]:
    """Return the starts of the lines that hold a word, by testing the places of the byte of it that is rarest in logs.

    Returns:
        The starts; -1, or the offset to go on from in another way because the byte is not rare in this text.
    """
    starts: list[int] = []
    rare = max(word, key=_COMMON_FIRST.find)
    place = word.index(rare)
    at = text.find(rare)
    tests = -FEW_TESTS
    while at >= 0:
        if text.startswith(word, max(at - place, 0)):
            starts.append(text.rfind(b"\n", 0, at) + 1)
            at = text.find(b"\n", at)
            if at < 0:
                break
        tests += 1
        if tests * RARE > at:
            return starts, at + 1 - place
        at = text.find(rare, at + 1)
    return starts, -1


def _asked(text: bytes, start: int, word: bytes) -> list[int]:
    """Return the starts of the lines from `start` on that hold a word, by testing each: faster where most do."""
    lines = text[start:].split(b"\n")
    places = accumulate(map(len, lines), lambda place, size: place + size + 1, initial=start)
    return [place for place, line in zip(places, lines) if word in line]


def _found(search: Callable[..., Any], text: Any, newline: Any) -> list[int]:
    """Return the starts of the lines where a pattern that matches no newline matches. The text ends with a newline."""
    starts: list[int] = []
    end = len(text) - 1
    at = 0
    while at <= end:
        found = search(text, at, end)
        if found is None:
            break
        place = found.start()
        starts.append(text.rfind(newline, 0, place) + 1)
        at = text.find(newline, place) + 1
    return starts


def _in_characters(data: bytes, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Convert spans of bytes into spans of characters."""
    found, at, characters = [], 0, 0
    for start, end in spans:
        first = characters + len(data[at:start].decode())
        characters = first + len(data[start:end].decode())
        at = end
        found.append((first, characters))
    return found
