"""Start of the message behind the fields of a header, chosen by scores. Pure; any thread may call it.

A head is split into tokens, and each token has a *kind*. Between the end of the header that the grammar has read and
the first words of prose, each place between two tokens is a candidate. Its score is the sum of few small weights: of
the tokens passed, of the token before it, of the token behind it, and of their situation. The best candidate counts,
the shortest of equal ones.

Invariants:
- The weights are data (`text/parse/message_weights.py`), computed from the lists of formats in ``tests/data/formats``
  by ``tests/support/message_weights.py``; nothing here depends on the program that wrote a line.
- Prose ends a header: no place behind two words in a row, a quoted text, a request or an opening bracket is a
  candidate.
- What settles where a known header ends (`text/parse/known_prefixes.py`) begins the message.
- The start is never before the end of the header that was read.
- A result depends on the head alone. Where a cut head may go on with fields, the column exceeds `HEADER_CHARS`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.grammar import (
    END,
    HEADER_CHARS,
    LEVEL_WORDS,
    MAX_MEMO_ENTRIES,
    MESSAGE_WORD,
    HeaderParts,
    grammar,
)
from reflowlog.text.parse.known_prefixes import settles
from reflowlog.text.parse.message_weights import WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KINDS", "HeadTokens", "candidates", "is_source", "is_thread", "kind_of", "message_start", "read_tokens"]

MAX_TOKENS_BEHIND = 14
"""Tokens behind the end of the header that are read at most."""

MIN_TOKENS_AFTER = 4
"""Whole tokens behind the start of the message that settle it in a cut head."""

KINDS = {
    "time": "12:00:00, [2024-05-01], and each token of a time of several",
    "level": "INFO, [info], <Error>, W!",
    "letter": "one letter that may be a level: I",
    "level colon": "INFO: and error:",
    "separator": "- | : => -- /",
    "marks": "other punctuation: * ! +",
    "place": "source location: a.py:12, main@12, Main.run(Main.java:42)",
    "call": "run(), main(0)",
    "qualified": "name with two dots or with colons: a.b.C, a::b",
    "dotted": "a.b, user@host",
    "file": "name of a source file: a.py",
    "process": "app[12], es[][o.e.b.X]",
    "thread": "MainThread, main, Thread-1",
    "number": "12, 0x1f, 4b1f2c, 12#12",
    "address": "10.0.0.7:80",
    "pair": "a=b",
    "compound": "name with a digit, dash or underscore: worker-7, a_b",
    "camel": "CardService",
    "method": "doGet",
    "word": "small letters: started",
    "error": "error, fatal or another level that is also a word of prose, in small letters",
    "small": "a word that is in prose only: the, of",
    "verb": "a verb that follows its subject: is, has, cannot",
    "title": "Started",
    "capitals": "WORD",
    "punctuated": "a word of prose: gone,",
    "place colon": "a.py:12:, run():",
    "process colon": "app[12]:",
    "name colon": "a.b:, my-app:",
    "word colon": "app:",
    "title colon": "App:",
    "number colon": "12:",
    "bracket colon": "[main]:",
    "last place": "file.cc:12] of glog, which ends a header",
    "role": "# of Redis, which ends a header",
    "priority": "<30> of syslog, which ends a header",
    "uptime": "[   12.345678] of the kernel, which ends a header",
    "span": "span{a=1}: of Rust's tracing",
    "exception": "ValueError:, AH00128:, ENOENT:, exited:",
    "[number": "[12], [0x1f], []",
    "[word": "[main]",
    "[words": "[shard 0]",
    "[dotted": "[a.b.C]",
    "[place": "[a.py:12]",
    "[pairs": "[a=b]",
    "(number": "(12), <1>",
    "(word": "(main), {main}",
    "(dotted": "(a.b)",
    "(place": "(a.py:12)",
    "device": "PCI address, of which messages of a kernel speak: 0000:02:00.0",
    "quoted": '"text',
    "open": "bracket that is not closed, or whose content is prose: [client 10.0.0.7]; numbers with commas: 1,234",
    "request": "GET",
    "path": "absolute path: /srv/a, /srv/a:",
    "other": "anything else: http://x",
}
"""Kinds of tokens: name -> meaning and examples."""

_SOURCES = frozenset(
    b"c cc cpp cxx h hh hpp m mm go rs py pl pm rb php js jsx mjs cjs ts tsx java kt kts scala groovy clj cs fs vb"
    b" swift lua ex exs erl hs ml nim zig jl sh sql vue dart".split()
)
_SUFFIXES = frozenset(
    b"io md so com org net txt yml xml rst cfg ini log css json yaml toml html conf zip gz pid".split()
)
_SMALL = frozenset(b"a an the be not no of to for with and or by at on in from as".split())
_ARTICLES = frozenset(b"a an the no not".split())
_VERBS = frozenset(b"is was are were has have had must should cannot can will does did".split())
_REQUESTS = frozenset(b"HTTP GET HEAD POST PUT DELETE PATCH OPTIONS CONNECT".split())
_PLAIN = frozenset(
    (
        "word",
        "error",
        "title",
        "small",
        "verb",
        "capitals",
        "quoted",
        "camel",
        "method",
        "punctuated",
        "request",
        "other",
    )
)
_PROSE = frozenset(("word", "error", "title", "small", "verb"))
_COLONS = frozenset(
    ("name colon", "word colon", "title colon", "number colon", "process colon", "place colon", "bracket colon", "span")
)
_NAMES = _COLONS | {
    *("qualified", "dotted", "file", "place", "call", "process", "camel", "thread", "compound"),
    *("[dotted", "[place", "[pairs", "(place", "(dotted", "(word"),
}
_STRONG = frozenset(("place", "qualified", "dotted", "[place", "[dotted", "(place"))
_DOTTED = frozenset(("dotted", "qualified", "compound"))
_PLACES = frozenset(("place", "(place", "[place", "place colon"))
_STOPS = frozenset(("device", "quoted", "open", "exception", "path", "request"))
_LAST = ("last place", "role", "uptime", "priority")
_LAST_SEPARATORS = frozenset((b"-", b":", b"::", b"--", b">", b"->", b"=>"))
_ARROWS = frozenset((b"->", b"=>", b"-->"))
_NO_FIRST_FIELDS = frozenset(("marks", "role", "punctuated"))

_LEVEL = "|".join(LEVEL_WORDS)
_marked_level = lazy_pattern(
    rf"(?:LOG_(?:{_LEVEL})|[\[(<{{*=!]{{1,3}} *(?i:{_LEVEL}) *[\])>}}*=!]{{1,3}}:?|[DIWEF][!>]|(?:ERR|WARN)!)".encode()
)
_closing_level = lazy_pattern(  # of a header that has all in one
    rb"\[[^\[\]\n]*/[A-Z]+\]:"  # [Server thread/INFO]:
    rb"|\[00:00:00 [A-Z]+\]:"  # [12:00:00 INFO]:
    rb"|\[[^\[\]\n]*00:00[^\[\]\n]* [A-Z]+/[^\[\]\n]*\]"  # [2024-05-01 12:00:00,123: INFO/MainProcess]
    rb"|[a-z][\w-]*\.[A-Z]+:"  # app.ERROR:
)
_thread = lazy_pattern(
    rb"MainThread|MainProcess|main|ThreadId\(0+\)|[a-z-]+-0+-(?:thread|exec)-0+"
    rb"|(?:Dummy-|Thread-|Task-|Worker-|(?:Spawn|Fork)?(?:Pool)?(?:Worker|Process)-|ThreadPoolExecutor-)[0_-]+"
)
_place = lazy_pattern(
    rb"[\w?./@+~$:<>#-]+?[:@](?:\[?0+\]?(?::0+)?|\w+(?:\(\))?(?::0+)?)(?:#\w+)?|[\w?./$-]+\(0+\)|0*\]\w+"
    rb"|[\w.$:<>?-]+\((?=.*[A-Za-z_])[\w.$-]+:0+\)|[\w.$:<>?#-]+\([\w:,]*\)[:/]0+|\([\w.$-]+:0+\)"
)
_call = lazy_pattern(rb"[\w.$:<>?#-]+\([\w:,]*\)")
_number = lazy_pattern(rb"[-+#*]?0+(?:[.:]0+)*(?:ms|us|s|M|%)?|0x[0-9a-fA-F]+|(?=[a-fA-F-]*0)[0a-fA-F-]{3,}|0+#0+")
_device = lazy_pattern(rb"[0a-f]{4}:[0a-f]{2}:[0a-f]{2}\.0")
_address = lazy_pattern(rb"0{1,3}(?:\.0{1,3}){3}(?:[.:]0+)?|\[[0a-f]*:[0a-f:]*:[0a-f]*\](?::0+)?")
_dotted = lazy_pattern(rb"#?[A-Za-z_?][\w?$/-]*(?:(?:[.$@]|::)[A-Za-z_?<][\w?$<>-]*)+|(?:[a-z]\w*:)+[a-z*][\w*-]*")
_pairs = lazy_pattern(rb"[^=]*[\w@]=.*")
_prose = lazy_pattern(
    rb".*[\"'{}]|[^ ]*, |[\w.-]+: |(?:client|remote) |0+/0+ |[a-z]+ (?:in|since|of|to|for|by|from|at) "
)
_process = lazy_pattern(rb"[\w.-]+(?:\[[^][\s]*\])+\([\w.-]*\):?|[\w.-]*(?:\[[\w.:$-]*\]){2,}:?")
_exception = lazy_pattern(MESSAGE_WORD.encode(), re.VERBOSE)
_span = lazy_pattern(rb"[\w:-]*\{[^{}]*\}(?:[\w:]*\{[^{}]*\})*:")
_mixed = lazy_pattern(rb".*[^\w:.$@/<>(){}#?*+~-]")
_marks = lazy_pattern(rb"[^\w\s\"'\[({<]{1,4}")
_letter_stand_in = lazy_pattern(rb"(?<=[A-Za-z])\?(?=[A-Za-z])")
_letters = lazy_pattern(rb"[A-Za-z?']+")

_BY_CLASS = {  # of the grammar
    **dict.fromkeys("tTDB", "time"),
    **dict.fromkeys("LMglAX", "level"),
    **dict.fromkeys("5<", "priority"),
    **dict.fromkeys("KkjJ", "level colon"),
    **dict.fromkeys("s|S", "separator"),
    "N": "address",
    "p": "process colon",
    "R": "span",
    "G": "last place",
    "r": "role",
    "u": "uptime",
    "i": "letter",
}


def is_source(name: bytes) -> bool:
    """Return whether a dotted name is that of a source file: ``a.py``."""
    return name.rpartition(b".")[2] in _SOURCES


def is_thread(name: bytes) -> bool:
    """Return whether a name is that of a thread: ``main``, ``Thread-1``; digits are zeros."""
    return _thread.fullmatch(name) is not None


def _kind(token: bytes) -> str:
    """Return the kind of a token, which is given without the blanks behind it."""
    may_be_marked = token[:1] in b"[(<{*=!" or token[-1:] in b"!>" or token[:4] == b"LOG_"
    if may_be_marked and _marked_level.fullmatch(token) is not None:
        return "level"
    letter = grammar().class_of(token + b" ")
    if letter in "KLkMilgAXu5<":
        return _BY_CLASS[letter]
    if letter == "v":
        return "error"
    if token in _REQUESTS:
        return "request"
    if token == b"/":
        return "separator"
    if is_thread(token):
        return "thread"
    first = token[:1]
    if first == b"[" and _address.fullmatch(token) is not None:
        return "address"
    if first in b"[(<{":
        found = _kind_of_part(token, letter)
        if found:
            return found
    if letter == "q" and first.isdigit():  # thread of strongSwan: 00[DMN]
        return "open"
    if letter == "q" or _process.fullmatch(token) is not None:
        return "process colon" if token[-1:] == b":" else "process"
    found = _BY_CLASS.get(letter, "")
    if found:
        return found
    if first in b"\"'`":
        return "quoted"
    if first in b"[({<":
        return "place" if _place.fullmatch(token.strip(b"[]()<>")) is not None else "open"
    if b"://" in token:
        return "other"
    if first == b"0" and b"," in token[1:-1]:  # 1,234 or a line of comma-separated values
        return "open"
    if token[-1:] in b",;.!?" and token[-2:-1].isalpha():
        return "punctuated"
    if token[-1:] == b":":
        return _kind_before_colon(token, letter)
    return _kind_of_name(token, letter)


def _kind_of_part(token: bytes, letter: str) -> str:
    """Return the kind of a token that begins with a bracket; empty if it is no whole part in brackets."""
    part = token.rstrip(b":,")
    if len(part) < 2 or part[-1:] not in b"])>}" or letter in "tTDBAXu5<":
        return ""
    inner = part[1:-1].strip()
    is_square = token[:1] == b"["
    if _prose.match(inner) is not None or (letter == "." and is_square and inner):
        return "open"
    if part != token and token[-1:] == b":":
        return "place colon" if _place.fullmatch(inner) is not None else "bracket colon"
    if not inner.strip(b"-") or _number.fullmatch(inner) is not None:
        name = "number"
    elif _thread.fullmatch(inner) is not None or _place.fullmatch(inner) is not None:
        name = "place"
    elif _pairs.fullmatch(inner) is not None:
        name = "pairs" if is_square else "word"
    elif _dotted.fullmatch(inner) is not None:
        name = "dotted"
    else:
        name = "words" if b" " in inner and is_square else "word"
    return ("[" if is_square else "(") + name


def _kind_before_colon(token: bytes, letter: str) -> str:
    """Return the kind of a token that ends with a colon."""
    name = token[:-1]
    if _address.fullmatch(name) is not None:
        return "address"
    if letter == "Y":
        return "path"
    if token[:1] == b"/":
        return "other"
    if _exception.fullmatch(token) is not None:
        return "exception"
    if _span.fullmatch(token) is not None:
        return "span"
    if b"::" in token and name[-1:] != b"0":
        return "qualified" if name[-1:] == b":" else "name colon"
    if not name.strip(b"0:#."):
        return "number colon"
    if name[-1:] == b")" and name[-2:-1].isalpha():  # f(argument):
        return "other"
    if letter == "F" or _call.fullmatch(name) is not None or _place.fullmatch(name) is not None:
        return "place colon"
    if name.isalpha():
        return "word colon" if name.islower() else "title colon"
    if _number.fullmatch(name) is not None:
        return "number colon"
    return "other" if _mixed.match(name) is not None else "name colon"


def _kind_of_name(token: bytes, letter: str) -> str:
    """Return the kind of a token of letters, digits and marks."""
    if letter == "E":
        return "pair"
    if b"?" in token:  # a character that is not ASCII, which is a letter among letters
        token = _letter_stand_in.sub(b"e", token)
    if token.isalpha():
        if token in _SMALL:
            return "small"
        if token in _VERBS:
            return "verb"
        if token.islower():
            return "word"
        if token.isupper():
            return "capitals" if len(token) > 1 else "title"
        return "title" if token.istitle() else "method" if token[:1].islower() else "camel"
    if token[-1:] == b")" and _call.fullmatch(token) is not None:
        return "call" if b":0" not in token else "place"
    if _device.fullmatch(token) is not None:
        return "device"
    if token[:4] in (b"pid:", b"tid:") and not token[4:].strip(b"0"):
        return "number"
    if _address.fullmatch(token) is not None:
        return "address"
    if _number.fullmatch(token) is not None or not token.strip(b"0:#.@/-"):
        return "number"
    if letter not in "zH" and _place.fullmatch(token) is not None:
        return "address" if token.partition(b":")[0].rpartition(b".")[2] in _SUFFIXES else "place"
    if token[:1] == b"/":
        return "path"
    if _dotted.fullmatch(token) is not None:
        if is_source(token):
            return "file"
        suffix = token.rpartition(b".")[2]
        dots = token.count(b".")
        if suffix in _SUFFIXES and dots == 1:
            return "other"
        return "qualified" if dots > 1 or b"::" in token else "dotted"
    if letter in "oOUPwfdmyzaH1":
        if b"." in token.strip(b"."):
            return "dotted"
        if not token.strip(b"?"):
            return "separator" if len(token) == 1 else "word"
        return "compound"
    if _marks.fullmatch(token) is not None:
        return "marks"
    return "word" if _letters.fullmatch(token) is not None else "other"


def _kind_and_class(token: bytes) -> tuple[str, str]:
    """Return the kind of a token, and its class in the grammar."""
    return _kind(token), grammar().class_of(token + b" ")


_kind_and_class_of = Memo(_kind_and_class, limit=MAX_MEMO_ENTRIES).__getitem__


def kind_of(word: bytes) -> str:
    """Return the kind of a token of a head, which is given without the blanks behind it."""
    return _kind_and_class_of(word)[0]


_two_words = lazy_pattern(rb"([A-Za-z]?[a-z]+) ([A-Za-z]?[a-z]+)(?: (?! )|\n)")


class HeadTokens(NamedTuple):
    """Tokens of a head.

    Attributes:
        words: the tokens, without the blanks behind them.
        kinds: their kinds.
        starts: their offsets, and that of the end.
        joined: numbers of tokens that continue a time.
    """

    words: list[bytes]
    kinds: list[str]
    starts: list[int]
    joined: set[int]

    def gap(self, number: int) -> int:
        """Return the blanks behind a token."""
        return self.starts[number + 1] - self.starts[number] - len(self.words[number])

    def is_padded(self, number: int) -> bool:
        """Return whether several blanks stand behind a token."""
        return self.gap(number) > 1


def read_tokens(head: bytes, column: int = HEADER_CHARS) -> HeadTokens:
    """Return the tokens of a head with their kinds: those before a column, and `MAX_TOKENS_BEHIND` more."""
    rules = grammar()
    at = len(head) - len(head.lstrip(b" ")) if head[:1] == b" " else 0
    starts = [at]
    words: list[bytes] = []
    kinds: list[str] = []
    letters: list[str] = []
    size = MAX_TOKENS_BEHIND
    for token in rules.split(head):
        at += len(token)
        starts.append(at)
        word = token.rstrip(b" ")
        kind, letter = _kind_and_class_of(word)
        words.append(word)
        kinds.append(kind)
        letters.append(letter)
        if at > column:
            if len(words) == size:
                break
        else:
            size = len(words) + MAX_TOKENS_BEHIND
    joined: set[int] = set()
    for found in rules.times("".join(letters)):
        first, last = found.span()
        if kinds[first] == "level" and last == first + 1:  # [12:00:00 INF]
            continue
        kinds[first:last] = ["time"] * (last - first)
        joined.update(range(first + 1, last))
    return HeadTokens(words, kinds, starts, joined)


class Candidate(NamedTuple):
    """A place where the message may start.

    Attributes:
        token: number of the first token of the message.
        passed: names of the weights of the tokens between the candidate before it and this one.
        own: names of the weights of the place itself.
    """

    token: int
    passed: list[str]
    own: list[str]


def candidates(line: HeadTokens, column: int) -> Iterator[Candidate]:
    """Yield the places where the message may start, from the end of the header that was read on.

    Args:
        line: the tokens of a head.
        column: end of the header that was read.
    """
    words, kinds, starts = line.words, line.kinds, line.starts
    context = _Context()
    size = len(kinds)
    for number in range(size):
        if starts[number] >= column:
            break
        context.add(kinds[number], words[number])
    else:
        number = size
    passed: list[str] = []
    prose = 0  # words of prose in a row
    first = number
    if _begins_prose(line, number):
        yield Candidate(number, passed, [])
        return
    while True:
        if number > first and number < size and kinds[number] == "verb" and kinds[number - 1] in _NAMES - _COLONS:
            return
        if number not in line.joined:
            yield Candidate(number, passed, _own(line, number, context))
            passed = []
        if number >= size:
            return
        kind = kinds[number]
        is_word = kind in _PROSE or (kind == "pair" and prose > 0)
        prose = prose + 1 if is_word and not line.is_padded(number) else 0
        if (
            prose > 1
            or (kind == "level colon" and number > first and kinds[number - 1] in _PROSE)
            or (kind == "separator" and words[number : number + 1] == words[number + 1 : number + 2])
            or (
                words[number] in _ARROWS
                and number > first + 1
                and kinds[number - 1] == "word"
                and kinds[number - 2] in _PROSE
            )
            or (kind == "call" and not _is_field(line, number))
            or (kind == "method" and context.has_colon and line.is_padded(number))  # Player: playSound   volume: 1
            or (kind == "pair" and number > 0 and line.is_padded(number - 1) and not line.is_padded(number))
            or kind in _STOPS
            or (number == first and _begins_message(line, number, context))
        ):
            return
        passed += _passed(line, number, context)
        context.add(kind, words[number])
        number += 1


def _begins_prose(line: HeadTokens, number: int) -> bool:
    """Return whether two words of prose follow."""
    kinds = line.kinds[number : number + 2]
    return len(kinds) == 2 and _PROSE.issuperset(kinds) and not (line.is_padded(number) or line.is_padded(number + 1))


def _begins_message(line: HeadTokens, number: int, context: _Context) -> bool:
    """Return whether a token at the end of the header that was read is surely one of the message."""
    kind, word, left = line.kinds[number], line.words[number], line.words[number - 1]
    if kind in _NO_FIRST_FIELDS or line.kinds[number - 1] in _LAST:
        return True
    if word == b"---" and word not in context.separators:  # --- last message repeated 1 time ---
        return True
    if left == b"|" and b"|" not in line.words[number + 1 : number + 3]:  # the last of some columns
        return True
    if line.kinds[number - 1] in _LEVELS and _closing_level.fullmatch(left) is not None:
        return kind != "process colon"
    if context.has_level and context.is_new_separator and b"|" not in line.words[number : number + 2]:
        return True
    if word in _ARTICLES:
        return True
    if word[:2] == b"*0" and b"#0" in left:  # number of a connection of nginx
        return True
    is_level = kind in ("error", "letter") or (kind in _LEVELS and context.has_level)
    return is_level and not line.is_padded(number)


def _is_field(line: HeadTokens, number: int) -> bool:
    """Return whether a call may be a field: behind its place in the source, before a separator or more blanks."""
    kinds = line.kinds
    return (
        line.is_padded(number)
        or (number > 0 and (kinds[number - 1] in _PLACES or line.gap(number - 1) > 3))
        or (number + 1 < len(kinds) and kinds[number + 1] == "separator")
    )


class _Context:
    """State of the header before a token.

    Attributes:
        separators: the separators so far.
        is_new_separator: whether the last token is a separator that ends a header of columns between ``|``.
        has_level: whether a level was read.
        is_bracketed: whether that level is in brackets.
        has_colon: whether a name with a colon was read.
    """

    __slots__ = ("has_colon", "has_level", "is_bracketed", "is_new_separator", "separators")

    def __init__(self) -> None:
        self.separators: set[bytes] = set()
        self.has_level = self.is_bracketed = self.has_colon = self.is_new_separator = False

    def add(self, kind: str, word: bytes) -> None:
        """Take a token in."""
        self.is_new_separator = word in _LAST_SEPARATORS and b"|" in self.separators and word not in self.separators
        if kind == "separator" or kind == "marks":
            self.separators.add(word)
        elif kind in _HAVE_LEVELS:
            self.has_level = True
            self.is_bracketed = self.is_bracketed or word[:1] == b"["
        elif kind in _COLONS:
            self.has_colon = True


def _passed(line: HeadTokens, number: int, context: _Context) -> list[str]:
    """Return the names of the weights of a token that is passed."""
    kind = line.kinds[number]
    names = ["passed " + kind]
    if kind not in _BOUNDS and line.is_padded(number):
        names.append("passed, in a column" if line.gap(number) > 3 else "passed, padded")
    if kind in _COLONS:
        names.append("passed colon behind " + _left(line, number - 1))
        if context.has_colon and kind != "place colon":
            names.append("passed colon again")
    elif context.has_colon:
        names.append("passed behind a colon")
    if kind == "separator" and _left(line, number - 1) == "word":
        names.append("passed separator behind word")
    if kind[:1] == "[":
        names.append("passed bracket behind " + _left(line, number - 1))
        if context.is_bracketed:
            names.append("passed bracket behind a level in brackets")
    elif kind in _DOTTED:
        names.append("passed name behind " + _left(line, number - 1))
    elif kind in _LEVELS and context.has_level:
        names.append("passed level again")
    return names


def _own(line: HeadTokens, number: int, context: _Context) -> list[str]:
    """Return the names of the weights of a place: of the tokens around it."""
    kinds, words = line.kinds, line.words
    names = []
    if number:
        left = kinds[number - 1]
        names.append("behind " + left)
        if line.is_padded(number - 1):
            names.append("behind a column" if line.gap(number - 1) > 3 else "behind padded")
        if context.separators and left != "separator" and left != "marks":
            names.append("behind no separator")
    if number >= len(kinds):
        names.append("before nothing")
        return names
    names.append("before " + kinds[number])
    if number + 1 == len(kinds):
        names.append("before the last token")
    run = 0
    while run < 4 and number + run < len(kinds):
        kind = kinds[number + run]
        if line.is_padded(number + run) or not (kind in _PLAIN or (run and kind == "number")):
            break
        run += 1
    if run > 2:
        names.append("before words")
    elif not run:
        names.append("before no word")
    if run < 4 and number + run < len(kinds):
        kind = kinds[number + run]
        if kind == "separator" or kind == "marks":
            if run > 1:
                names.append("before words and a separator")
            if words[number + run] in context.separators:
                names.append("before a separator as before")
        elif kind == "level" or kind == "time":
            names.append("before words and a level or time")
        elif kind in _STRONG and not run:
            names.append("before a strong name")
    return names


_LEVELS = ("level", "level colon")
_HAVE_LEVELS = ("level", "level colon", "letter")
_BOUNDS = frozenset(("level", "level colon", "time", "separator", "marks"))


def _left(line: HeadTokens, number: int) -> str:
    """Return the class of a token before another: level, marked level, level colon, separator, name ... or start."""
    if number < 0:
        return "the start"
    kind = line.kinds[number]
    if kind == "letter":
        return "level"
    if kind == "level":
        return "marked level" if line.words[number][:1] in b"[(<*=!" else "level"
    if kind in ("level colon", "time", "number", "separator"):
        return kind
    if kind in _COLONS:
        return "colon"
    if kind[:1] in "[(":
        return "bracket"
    return "name" if kind in _NAMES else "word"


AS_READ = 2
"""Weight of the place where the header ends that the grammar has read."""

DOUBTFUL_AS_READ = 22
"""Weight of that place before a name with a colon or in brackets, which the grammar would have read as a rule."""

_DOUBTFUL = frozenset(
    (
        *("name colon", "word colon", "title colon", "number colon", "bracket colon"),
        "[word",
        "[words",
        "[dotted",
        "address",
    )
)


def _is_doubtful(line: HeadTokens, token: int) -> bool:
    """Return whether a token at the end of a header that was read looks like a field that would have been read."""
    if token >= len(line.kinds):
        return False
    kind = line.kinds[token]
    return kind in _DOUBTFUL or (kind == "dotted" and _left(line, token - 1) == "marked level")


def best_start(line: HeadTokens, column: int, weights: dict[str, int] = WEIGHTS) -> tuple[int, int]:
    """Return the best place where the message may start: its column, and the number of its first token.

    Args:
        line: the tokens of a head.
        column: end of the header that was read.
        weights: the scores of names that `candidates` yields.
    """
    weight = weights.get
    best = found = -1_000_000
    running = 0
    for token, passed, own in candidates(line, column):
        for name in passed:
            running += weight(name, 0)
        score = running
        for name in own:
            score += weight(name, 0)
        if line.starts[token] == column:
            score += DOUBTFUL_AS_READ if _is_doubtful(line, token) else AS_READ
        if score > best:
            best, found = score, token
    return (max(column, line.starts[found]), found) if found >= 0 else (column, len(line.kinds))


def message_start(head: bytes, parts: HeaderParts) -> int:
    r"""Return the column of the message, from the end of a header on; see `text/parse/header.py`.

    Args:
        head: see `text/parse/header.py`.
        parts: the header that was read.

    Examples:
        >>> head = b"0000-00-00 00:00:00 INFO worker-0 a.b.C - started\n"
        >>> head[message_start(head, HeaderParts(25, (20, 24), (0, 19), (0, 0))) :]
        b'started\n'
    """
    column = parts.column
    words = _two_words.match(head, column)
    if words is not None and _kind_and_class_of(words[1])[0] in _PROSE and _kind_and_class_of(words[2])[0] in _PROSE:
        return column
    line = read_tokens(head, column)
    if column not in line.starts:  # within a token: name:LEVEL:text
        return column
    for number, word in enumerate(line.words[:-1]):
        if word == b"main" and line.kinds[number + 1] in _PROSE and line.gap(number) == 1:
            line.kinds[number] = "word"  # no thread, as any other word of prose: main and so on
    start, token = best_start(line, column)
    if head[-1:] != END and not _is_settled(line, token, len(line.kinds) - (head[-1:] != b" ")):
        return HEADER_CHARS + 1 + column
    for earlier in line.starts:
        if column <= earlier < start and settles(head, parts._replace(column=earlier)):
            return earlier
    return start


def _is_settled(line: HeadTokens, token: int, end: int) -> bool:
    """Return whether more text behind a cut head would not change where the message starts.

    Args:
        line: the tokens of the head.
        token: number of the first token of the message.
        end: number of the tokens that are whole.
    """
    kinds = line.kinds[token:end]
    if len(kinds) >= MIN_TOKENS_AFTER or not _STOPS.isdisjoint(kinds):
        return True
    return (
        len(kinds) > 1
        and kinds[0] in _PROSE
        and (kinds[1] in _PROSE or kinds[1] == "pair")
        and not (line.is_padded(token) or line.is_padded(token + 1))
    )
