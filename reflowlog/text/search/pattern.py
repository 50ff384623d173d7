r"""Regular expressions and plain words against many lines at once. Pure; any thread may call it.

The rules:
- What is searched is each line's text as it is shown: decoded, colours stripped, carriage returns acted out, tabs
  expanded (`text/clean/sanitize.py`). The answer is that of one search per line so made, and nothing else; whatever is
  faster has to give the same lines.
- **A line of JSON also matches as its strings read** (`as_read`), for that is how it is shown: what is written
  ``"\u00e9t\u00e9"`` is found by ``été``.
- **Smart case**: a source without upper-case letters does not mind the case; letters of escapes (``\S``) and of
  group names do not count.
- **The shown text of a piece** (`shown`) is made as a whole: printable ASCII is its own; trailing carriage returns,
  colours and tabs go by one substitution each; lines with more than that are sanitized one by one, and so are all odd
  lines where they are few. It has a line for each line of the data, so an answer is translated by counting newlines.
- **Case by folding the text**: a search that does not mind the case runs against the text in lower case, with the
  case, which is ten times faster than `re.IGNORECASE`. Only ASCII is lowered, and the four letters beyond it that
  equal an ASCII one for `re` (K, ſ, İ, ı) become that; so it is for sources of ASCII alone in which no range of a
  set has a capital without its small letter.
- **Words** (also ``one|two``) are found by `bytes.find`, in the data itself where nothing in it could make or hide a
  word when it is shown.
- **Regular expressions search the whole piece**, with `re.MULTILINE`, where nothing in them can match a newline:
  then a match lies in one line, and every part of it, looks around included, sees a newline where it would see the
  text's end, and fails alike. So sets, ``\s``, ``\D``, ``\W`` are rewritten to leave out the newline, ``\A`` and
  ``\Z`` are ``^`` and ``$``. What cannot be rewritten by looking at one token (``\B``, which differs on empty lines,
  characters by number, flags for a part, sets that hold ``\W`` or ``\D``) goes line by line.
- google-re2, where it is installed, does what it does with the same meaning; what it does not have (look-around,
  references back) or has otherwise is left to `re`. ``\b`` is ASCII's there, so such a pattern uses it for ASCII
  alone. Its letters and digits may be of another version of Unicode.
"""

from __future__ import annotations

import re
import warnings
from importlib import import_module
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from reflowlog.text.clean.sanitize import ESC, sanitize
from reflowlog.text.search.pattern_source import PLAIN_WORDS, PatternError, has_case, no_case, plain_words, translate
from reflowlog.text.search.shown_text import (
    FEW,
    NO_CONTROL,
    TAB,
    as_read,
    escaped,
    line_numbers,
    line_starts,
    places_of,
    same_lines,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Matcher", "Pattern", "compile_pattern"]

MANY = 64  # matches; when they lie nearer than `NEAR` bytes from each other, lines are asked one by one
NEAR = 300
_TWINS = ((b"\xc4\xb0", b"i"), (b"\xc4\xb1", b"i"), (b"\xc5\xbf", b"s"), (b"\xe2\x84\xaa", b"k"))  # İ ı ſ K


class Matcher(Protocol):
    """What lines are searched for: a `Pattern`, or a comparison of fields (`text/search/query.py`)."""

    @property
    def source(self) -> str:
        """As the user gave it."""

    @property
    def linear(self) -> bool:
        """Whether its time is linear in the text, whatever the text is; one that is not needs a guard."""

    @property
    def of_fields(self) -> bool:
        """Whether it looks for fields, in lines as they are written, rather than for what is shown."""

    @property
    def unknown(self) -> str:
        """Once all was searched and nothing matched: a line that says why that is so, if it is known; else nothing."""

    def matching(self, data: bytes) -> list[int]:
        """The start of each line that matches."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it matches in one text."""


class _SearchPlan(NamedTuple):
    """How the lines that match are found; see the rules above."""

    line: re.Pattern[str]  # the definition: searched in each shown line
    words: tuple[bytes, ...] = ()
    fold: bool = False  # the text is folded, for all but `line`
    whole: re.Pattern[str] | None = None  # searched in whole pieces
    re2: Any = None  # the same with google-re2
    re2_ascii: bool = False  # it means the same in ASCII alone


class Pattern:
    """What lines are searched for. Made by `compile_pattern`; does not change.

    Attributes:
        source: as the user gave it.
        linear: its time is linear in the text, whatever the text is; one that is not needs a guard.
        of_fields: no.
        unknown: nothing.
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
        self._twins = [twin for twin, letter in _TWINS if plan.fold and letter in text]

    def __repr__(self) -> str:
        return f"Pattern({self.source!r})"

    @property
    def words(self) -> tuple[bytes, ...]:
        """The words of which one is in each line that matches, in small letters; nothing where that is not known."""
        return tuple(word.lower() for word in self._plan.words)

    def matching(self, data: bytes) -> list[int]:
        """The lines that match.

        Args:
            data: lines with a newline after each; the last may lack its own.

        Returns:
            The offset in `data` of each such line's first byte, ascending.
        """
        hits = self._as_written(data)
        if b"\\" not in data or b"{" not in data:
            return hits
        places = [found.span() for found in escaped(data)]
        if not places:
            return hits
        lines = [as_read(data[start:end]) for start, end in places]
        at = dict(zip(accumulate([len(line) + 1 for line in lines], initial=0), places))
        found = self._as_written(b"\n".join(lines) + b"\n")
        return sorted({*hits, *(at[start][0] for start in found)})

    def _as_written(self, data: bytes) -> list[int]:
        """The lines that match, taken by their letters."""
        plan = self._plan
        if self._raw and self._is_searched_raw(data):
            return self._with_words(data.lower() if plan.fold else data)
        if self._raw and data.isascii() and len(controls := data.translate(None, NO_CONTROL)) <= FEW:
            return self._with_odd_lines(data, places_of(data, controls))
        if not data:
            return []
        text, same = shown(data)
        if not data.endswith(b"\n"):
            text += b"\n"  # so that a last line of which nothing is shown is one, too
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
        return hits if same else same_lines(data, text, hits)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it matches in one text, which is sanitized: (start, end) of each match that is not empty."""
        plan = self._plan
        if plan.re2 is None or plan.re2_ascii:
            return [found.span() for found in plan.line.finditer(text) if found.end() > found.start()]
        low = _folded(text.encode()).decode() if plan.fold else text
        data = low.encode()
        spans = [found.span() for found in plan.re2.finditer(data) if found.end() > found.start()]
        return spans if low.isascii() else _in_characters(data, spans)

    def _is_searched_raw(self, data: bytes) -> bool:
        """Whether the words, which are printable ASCII, are in a line's bytes exactly if they are in what is shown."""
        if ESC in data or b"\b" in data or (self._blank and TAB in data):
            return False
        if b"\r" in data and data.count(b"\r") != data.count(b"\r\n") + data.endswith(b"\r"):
            return False
        return not self._twins or data.isascii() or not any(twin in data for twin in self._twins)

    def _with_odd_lines(self, data: bytes, places: list[int]) -> list[int]:
        """The same where lines that have these places are asked one by one: no text is made, nothing translated."""
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
        """The starts of the lines that hold one of the words."""
        if len(self._plan.words) == 1:
            return _with_word(text, self._plan.words[0])
        return sorted(set().union(*(_with_word(text, word) for word in self._plan.words)))


def compile_pattern(source: str, *, re2: bool = True) -> Pattern:
    r"""A pattern from what a user typed: a regular expression of Python's `re`, or a plain word.

    Args:
        source: with smart case.
        re2: use google-re2 where it is installed and means the same.

    Raises:
        PatternError: it is none.

    Examples:
        >>> compile_pattern("error").matching(b"one\nan Error\n")
        [4]
        >>> compile_pattern("(")
        Traceback (most recent call last):
        reflowlog.text.search.pattern_source.PatternError: a ( without its ), at character 1
    """
    if not source:
        raise PatternError("an empty pattern")
    bare = no_case.sub("", source)
    lower = bare == bare.lower()
    words = plain_words(source)
    line = _compiled("|".join(map(re.escape, words)) or source, re.IGNORECASE if lower else 0)
    if "\n" in source:
        return Pattern(source, _SearchPlan(line))
    if words and (not lower or source.isascii() or not any(map(has_case, source))):
        fold = lower and source.isascii()
        return Pattern(source, _SearchPlan(line, tuple(word.encode("utf-8", "surrogatepass") for word in words), fold))
    insensitive = bool(line.flags & re.IGNORECASE)
    whole = translate(source, "re")
    if whole is None:
        return Pattern(source, _SearchPlan(line))
    fold = lower and whole.folds
    flags = "(?im)" if insensitive and not fold else "(?m)"
    plan = _SearchPlan(line, fold=fold, whole=_compiled(flags + whole.source, 0))
    other = translate(source, "re2") if re2 and source.isascii() else None
    if other is not None:
        found = _with_re2(flags + other.source)
        plan = plan._replace(re2=found, re2_ascii="i" in flags or other.ascii)
    return Pattern(source, plan)


def _compiled(source: str, flags: int) -> re.Pattern[str]:
    """As `re` compiles it; what is wrong is told in plain words."""
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
    """The same from google-re2, or None."""
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
    """The text in lower case, as far as ASCII goes, and the letters that equal one of ASCII without the case."""
    if not text.isascii():
        for twin, letter in _TWINS:
            text = text.replace(twin, letter)
    return text.lower()


# --- lines and their places ---


def _with_word(text: bytes, word: bytes) -> list[int]:
    """The starts of the lines that hold a word, which has no newline."""
    starts: list[int] = []
    found = text.find(word)
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


def _asked(text: bytes, start: int, word: bytes) -> list[int]:
    """The same from a place on, asking line after line: faster where most of them have it."""
    lines = text[start:].split(b"\n")
    places = accumulate(map(len, lines), lambda place, size: place + size + 1, initial=start)
    return [place for place, line in zip(places, lines) if word in line]


def _found(search: Callable[..., Any], text: Any, newline: Any) -> list[int]:
    """The starts of the lines in which a pattern that matches no newline matches. The text ends with a newline."""
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
    """Spans of bytes as spans of characters."""
    found, at, characters = [], 0, 0
    for start, end in spans:
        first = characters + len(data[at:start].decode())
        characters = first + len(data[start:end].decode())
        at = end
        found.append((first, characters))
    return found
