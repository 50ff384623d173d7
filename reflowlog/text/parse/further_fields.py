r"""Fields of a header that the format table and the grammar leave unread: a level, and the fields behind it.

Invariants:
- A level is read where it stands in *marks* (``[info]``, ``<Error>``, ``app.db#warn]``), or in capitals between blanks
  or separators (``:: INFO ::``), or before a colon of its own (``1234: error :``).
- What stands between the time and such a level has to look like fields: brackets, numbers, separators, names with a
  digit, a capital or a mark, and at most one word of small letters. So ``10:00:00 the last error: none`` has no level.
- Fields behind the header are read where their shape is that of no message: ``a.py:12 -``, ``[]``, ``in app:``; those
  behind them by scores (`text/parse/message_start.py`).
- A result depends on the head alone, as in `text/parse/header.py`, and a head that is cut inside a field is unknown.
"""

from __future__ import annotations

import re
from functools import cache

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.parse.grammar import END, HEADER_CHARS, MESSAGE_WORD, HeaderParts
from reflowlog.text.parse.levels import NUMBERS
from reflowlog.text.parse.message_start import message_start

__all__ = ["FurtherFields", "further_fields"]

MAX_CHARS_BETWEEN = 90
"""Characters between a time and the level of its header at most."""

MAX_WORDS_BETWEEN = 8
"""Words, as runs of letters, between a time and the level of its header at most."""

TAB_CELLS = 8
"""Cells from one tab stop to the next."""

MAX_ALIGNED_CHARS = 9
"""Characters of the blanks behind a time, and of a level that is aligned to the right, at most: ``critical``."""

_MIN_CHARS_AFTER = 8
"""Characters: a field that ends fewer than this before the end of a cut head may continue in the part cut off."""

_ALSO_WORDS = frozenset(
    {"log", "statement", "detail", "hint", "context", "system", "config", "http", "note", "fine", "deprecated"}
    | {"failure", "fail"}
)
_NAMES = [name for name in NUMBERS if len(name) > 2 and " " not in name and name not in _ALSO_WORDS]
_LETTERS = frozenset(b"CEFWNIVDT")

_CLOSERS = r"(?: \ * (?: [\])}] | :: ) )? [\])>}*:|!,;\#-]* (?: \ * (?: [-:|>;,\#~/]{1,2} | \?{1,3} ) (?=\ ) )? \ *"
_SURE = r"""(?:
    \[\] [\ ]+ (?: -\ + )?                                    # [] -
  | (?: [\w.$/-]* [\w$/-] )? \[\] \[ [\w.:$-]* \] :? \ +         # app[][o.s.a]
  | (?= \S*[.][a-z] ) [\w./@-]+:0+ (?: \ -{1,2} | \ > | \ \([\w.<>$-]+\) | \ +[\w.-]+\ ) \ +    # a.py:1 -
  | (?<=0\ ) \( [\w.<>$-]+ \) \ +                              # (f) behind a.js:4
  | (?<=0\ \ ) [\w.-]+ \ {2,}                                 # name    behind a.js:4
  | [\w./-]+\.\w{1,4}\ 0+: \ +                                # startup.go 432:
  | in \ [\w.<>-]+: \ +                                        # in app:
  | (?: [\w.$-]{1,40} \ )? 0{3,8} \ -{1,3} \ +                  # 10870 -    app 10870 -
  | [A-Za-z_][\w.-]* <0+>: \ +                               # Application<1>:
  | -?0+\| \ +                                               # 0|
  | (?: MainThread | MainProcess | Thread-0+ | ThreadPoolExecutor-0+_0+ | (?:Spawn|Fork)Process-0+ ) \ +
  | [a-z]\w*(?:\.\w+){2,} \ + (?! (?:is|was|has|had|cannot|could|did|does|will|not)\ )  # not: a.b.C is missing
    (?: (?:[a-z]\w*\ )? -\ + )?                                # a.b.C -    a.b.C run -
  | (?<=\]\ ) [A-Za-z][\w.#-]* \ [a-z]\w*(?:\.\w+){2,} \ - \ +      # main a.b.C - behind [INFO ]
  | (?: (?<=\[0\]\ ) | (?<=\[00\]\ ) ) [A-Z][\w.]+: \ +         # Main: behind [12]
  | \( [a-z]\w*(?:\.\w+)+ \) \ +                              # (gcloud.run.deploy)
  | \[ [^][]* (?:Thread|-Pool|Worker|Executor) [^][]* -0+ \] \ +  # [Handler-Pool: Thread-12]
  | (?<=\]\ ) \{ [\w.-]+ \} \ +                               # {general} behind a bracket
  | 0+ \ - \ [\w.-]+ \ - \ [\w.-]* \ \| \ +                   # 12 - a.b.c - 4.4 |
  | m=[+-]0+[.]0+ \ +                                          # m=+0.12 of Go's monotonic clock
  | us=0+ \ +                                                # microseconds of OpenVPN
  | \?\?\?\[\?\?\?\]: \ +                                      # Celery outside of a task
  | (?: [\w-]+ \ )? ThreadId\(0+\) \ + (?: [a-z_]\w*(?:::\w+)*: \ + )? (?: [\w./-]+\.rs:0+: \ + )?  # Rust's tracing
  | (?<=:\ ) [a-z_]\w*(?:::\w+)+: \ +                         # a::b: behind a span
  | (?<=[:0]0\ ) [\w:~]+ \ - \ +                              # run - behind main.cpp:42
  | [\w.$<>]* \( (?=\S*[A-Za-z]) [\w.-]+:0+ \) :? \ + (?: -{1,2}\ + )?         # Main.run(Main.java:42) -
  | \[ [\w./-]+\.(?:rs|go|py|cc?|cpp|h|hpp|js|ts|java|rb|php|cs|kt|swift|lua):0+ \] \ +  # [src/main.rs:3]
  | [\w.$-]+:\[0+\] \ - \ + (?: (?:\[[^][\n]*\])+ \ - \ + )?                                  # a.b.C:[123] -
  | [a-z_]\w*(?:\.\w+)+\(0+\) \ +                               # app.db(42)
  | (?<=[A-Z]\ ) [a-z_]\w* \(0+\) \ +                         # connect(12) behind INFO
  | (?<=\*\ ) \[[^][\n]{1,60}\] \ + [a-z]\w*(?:\.\w+){2,} \ +     # [main] a.b.C behind *INFO*
  | Thread\[[^]\n]*\]: \ +                                    # Thread[#29,main,5,main]:
  | (?<=[a-z0]:) (?: MainThread | MainProcess | (?:Thread|Worker|Process)-0+ ) :  # INFO:app:MainThread:
  | (?<=:\ ) \[0+\] \ +                                       # [12] behind INFO:
  | 0+\#0+ \ +                                                # 12#12 of nginx unit
  | (?<=[0:]\ ) \w+\(\): \ +                                     # main(): behind main.c:12
  | (?<=\|\ ) \w+\(\) \ \| \ +                                 # main() | behind main.c:12 |
  | (?<=0\]\ ) [*!-] \                                         # * behind [4711] of Puma
  | (?<=[A-Z]\]\ ) [A-Z]\w*(?:\.[A-Z]\w*)+: \ +                 # My.App: behind [12:00:00 INF]
  | \[ (?=[a-f-]*0) [0a-f]{4,}(?:-[0a-f]+)+ \] \ +              # [0b0f-12]
  | \[ (?=[a-f-]*0) [0a-f]{6,}(?:-[0a-f]+)* \] \ +              # [4b1f2c3d-1]
  | (?: [a-z]\w*=[^\s|]+ \ ){1,4} \| \ +                       # p=4711 u=root |
  | (?: [a-z]\w*=[^\s|]+ \ ){2,6} [a-z]\w*=[^\s|:]+ : \ +       # pid=12 tid=a class=B: of Sidekiq
  | (?<=\]\ ) \*[A-Z]+ \ + [a-z]\w*(?:\.\w+){2,} \ - \ +       # *SYSTEM a.b.C -
)"""
_SUFFIXES = (
    "py js ts go rs rb io sh md so com org net txt yml xml php rst cfg ini log css cpp json yaml toml html java conf"
)
_BEHIND_TIME = rf"""(?: {_SURE}
  | (?! {MESSAGE_WORD} )
    [a-z_]\w*(?:\.[A-Za-z_]\w*)+ {"".join(rf"(?<![.]{each})" for each in _SUFFIXES.split())} [:,] \ +   # app.db:
  | [a-z][\w-]*(?::[a-z*][\w*-]*)+ \ +                          # express:router
)"""
_BEHIND_TIME_ALONE = r"""(?:
    [a-z][\w-]*(?::[a-z*][\w*-]*)+ \ +                          # express:router
  |    [A-Za-z][\w.+-]*\[0+(?::0+)?\] \ + (?: \[[\w.:-]+\] \ + )?     # MyApp[4711:123456] of NSLog
  | (?=\S*0) [0A-Za-z]{6}-[0A-Za-z]{6}(?:[0A-Za-z]{5})?-[0A-Za-z]{2,4} \ +  # 1qyT5D-0003Tu-2k of Exim
)"""
_BEHIND_LEVEL = rf"""(?: {_BEHIND_TIME}
  | [\[(<{{] [\w.:/@\#$*\ -]{{1,60}} [\])>}}] [:,|]? \ +         # [part]
  | [\w.$/:<>@?-]{{1,60}} \ + (?: - | -- | :: | : | > | \| | \# ) \ +   # name -
  | (?! {MESSAGE_WORD} ) [\w.$/<>@-]{{2,60}}: \ +                  # a.b:
  | (?= \S*[.][a-z] ) [\w./@-]+:0+ \ +                        # a.py:12
  | (?= \w*[./$_:-] | \w+\ \  ) [\w.$/<>@-]{{1,60}} \ \ +       # a.b    text
)"""
_REQUEST = (  # what stands before the request of an access log
    rb"(?:(?=[^ ]*[0./:_-])[\w.:/\[\]-]+ |- ){1,2}(?=\"(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|CONNECT) )"
)
_NAMED_REQUEST = (  # the same behind a level: a name, no address, which a message may begin with
    rb"[A-Za-z_][\w.:-]* (?=\"(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|CONNECT) /)"
)
_CHAINED = (  # names between separators, as they stand before the column, too: wild - main_loop -
    r"(?: [A-Za-z_]\w* \ + - \ + )? (?! 0+[.]0+[.]0+ ) (?= \S*[_.:()] ) [\w.:()<>-]+ \ + - \ +"
)
_BRACKETED_NAME = rf"\[ (?! (?i:{'|'.join(_NAMES)}) \] ) [a-z_][\w.:/-]* \] \ +"
_ONE_WORD = (  # a message begins with a word, or is one; only few fields are one
    rb"(?!in\ |Main|[A-Za-z]+\ [a-z]\w*(?:\.\w+){2,}\ -\ )[A-Za-z]+(?: (?![0:])|\n)"
)


class FurtherFields:
    """Patterns, each compiled with the first line that is searched for it, because compiling takes milliseconds."""

    def __init__(self) -> None:
        self._levels = frozenset(each.encode() for name in _NAMES for each in (name, name.title(), name.upper()))
        self._words = lazy_pattern(rb"[A-Za-z]+")
        self._prose = lazy_pattern(rb"[\"'=]|[a-z][.?!,;]\ ")
        self._request = lazy_pattern(_REQUEST)
        self._named_request = lazy_pattern(_NAMED_REQUEST)
        self._chained = _verbose(_CHAINED)
        self._bracketed_name = _verbose(_BRACKETED_NAME)
        self._dated = lazy_pattern(rb".*(?:0000[-/.]0|0[-/.][0A-Z]\w*[-/.]0)")
        self._first_person = lazy_pattern(rb" (?:am|was|had|have|will|would|think|do|did|can|could) ")
        self._masked = lazy_pattern(rb"\[[^][\n]*=[^][\n]*\]")
        self._span = lazy_pattern(rb"(?:\}|[\w}]:\w+): \Z")
        self._prose_level = lazy_pattern(rb"(?:error|warning|fatal|panic|alert|failure) [a-z]+ ")
        self._named_bracket = lazy_pattern(rb"\[(?!NO )[A-Z][A-Z0_]+ \Z")
        self._marked_name = lazy_pattern(rb" [A-Za-z]\w*[.:/-][\w./:-]+ \Z")
        self._closing = lazy_pattern(rb"\ *[\])>}*]+(?:[\ :\[(\n]|$)")
        self._target = lazy_pattern(rb"[a-z_]\w*(?:::\w+)*: +")
        self._one_word = lazy_pattern(_ONE_WORD)
        self._closers = _verbose(_CLOSERS)
        self._sure = _verbose(rf"{_SURE}{{1,4}}")
        self._behind_time_alone = _verbose(_BEHIND_TIME_ALONE)
        self._behind_time = _verbose(rf"{_BEHIND_TIME}{{1,3}}")
        self._behind_level = _verbose(rf"{_BEHIND_LEVEL}{{0,3}}")

    def extended(self, head: bytes, parts: HeaderParts) -> HeaderParts:
        """Return a header with the fields behind it that the grammar does not know.

        Args:
            head: see `text/parse/header.py`.
            parts: a header that has a time or a level.

        Returns:
            The header; its column exceeds `HEADER_CHARS` when the head may end inside it.
        """
        if parts.time[1]:
            request = (self._named_request if parts.level[1] else self._request).match(head, parts.column)
            if request is not None:
                return parts._replace(column=request.end())
        found = self._by_shape(head, parts)
        return found if found.column > HEADER_CHARS else self.scored(head, _separated(head, found))

    def scored(self, head: bytes, parts: HeaderParts) -> HeaderParts:
        """Return a header up to the best start of the message behind it."""
        column = message_start(head, parts)
        return parts if column == parts.column else parts._replace(column=column)

    def _by_shape(self, head: bytes, parts: HeaderParts) -> HeaderParts:
        """Return a header with a level among fields, and the fields behind it whose shape is that of no message."""
        is_timed = bool(parts.time[1])
        is_levelled = bool(parts.level[1])
        if is_timed and not is_levelled:
            found = self._with_level(head, parts)
            if found is not None:
                return found
        if is_timed and is_levelled:
            name = self._name_behind(head, parts)
            if name is not None:
                return _checked(head, parts._replace(column=name.end()))
        if self._span.search(head, 0, parts.column) is not None:
            target = self._target.match(head, parts.column)
            if target is not None:
                return _checked(head, parts._replace(column=target.end()))
        if self._one_word.match(head, parts.column) is not None:
            return parts
        further = (self._behind_time if is_timed and is_levelled else self._sure).match(head, parts.column)
        if further is None and is_timed and not is_levelled:
            further = self._behind_time_alone.match(head, parts.column)
        if further is not None:
            return _checked(head, parts._replace(column=further.end()))
        if head[-1:] != END and b" " not in head[parts.column :]:  # the head is cut inside the first word behind it
            return parts._replace(column=HEADER_CHARS + 1 + parts.column)
        return parts

    def _name_behind(self, head: bytes, parts: HeaderParts) -> re.Match[bytes] | None:
        """Return the names behind a level that ends with a separator or a colon; None if there are none."""
        before = head[: parts.column]
        if before.endswith(b" - ") and before.count(b" - ") > 1:
            return self._chained.match(head, parts.column)
        is_named = before[parts.level[1] :].strip(b" ])>") == b":"  # a colon of the level, not of a component
        return self._bracketed_name.match(head, parts.column) if is_named else None

    def _with_level(self, head: bytes, parts: HeaderParts) -> HeaderParts | None:
        """Return a header with the level that stands behind its time, among fields; None if there is none."""
        start = parts.time[1]
        plain = 0  # words of small letters so far
        end = start + MAX_CHARS_BETWEEN
        if b"=" in head[start:end]:
            head, end = self._masked.sub(_without_pairs, head), HEADER_CHARS
        for number, found in enumerate(self._words.finditer(head, start, end)):
            word = found[0]
            first, last = found.span()
            if word in self._levels or (len(word) == 1 and word[0] in _LETTERS):
                form = self._form(head, word, start, first, last)
                if form and self._are_fields(head[start:first], form):
                    column = self._closers.match(head, last)
                    at = last if column is None else column.end()
                    further = self._behind_level.match(head, at)
                    at = max(at if further is None else further.end(), parts.column)
                    return _checked(head, parts._replace(column=at, level=(first, last)))
                if form:
                    return None
            plain += head[first - 1] == _BLANK and head[last : last + 1] == b" " and word.islower()
            if plain > 1 or number > MAX_WORDS_BETWEEN:
                return None
        if head[-1:] != END and len(head) < start + MAX_CHARS_BETWEEN and self._are_fields(head[start:], "marked"):
            return parts._replace(column=HEADER_CHARS + 1 + parts.column)
        return None

    def _form(self, head: bytes, word: bytes, start: int, first: int, last: int) -> str:
        """Return the form in which a level's name is written, by the characters around it; empty for no such form.

        Args:
            head: see `text/parse/header.py`.
            word: the name.
            start: end of the time; two blanks or more between it and the name are a column, or a tab.
            first: where the name starts.
            last: where it ends.
        """
        before, behind = head[first - 1 : first], head[last : last + 1]
        if len(word) == 1:  # [C]  [---E---]  C>  name  E   text
            if head[:first].rstrip(b"-*=")[-1:] == b"[" and head[last : last + 6].lstrip(b"-*=")[:1] == b"]":
                return "marked"
            is_first = head[start:first].strip(b"0][ ") == b""
            if is_first and before == b" " and behind in (b" ", b":") and self._dated.match(head, 0, start):
                return "letter" if word != b"I" or not self._first_person.match(head, last) else ""
            return "letter" if before == b" " and (behind in (b">", b"!") or head[last : last + 2] == b"  ") else ""
        if self._closing.match(head, last) is not None:
            opening = head[:first].rstrip(b" ")[-1:]
            if before in _OPENING or (before == b" " and (opening in _OPENING or word.isupper())):
                return "marked"
            if word.istitle() and head[last : last + 1] == b"]" and self._named_bracket.search(head, start, first):
                return "marked"  # [TRANSPORT Error]
        if word.isupper():
            if before in (b"-", b"/"):
                return "capitals" if behind == before else ""
            if before == b"_" and head[first - 4 : first] == b"LOG_":
                before = head[first - 5 : first - 4]
            return "capitals" if before in _AROUND and behind and behind in b" |:;,#>])}[(" else ""
        if before == b" " and word.istitle() and head[last : last + 2] == b"  ":
            return "padded"
        if (
            before == b" "
            and word.istitle()
            and head[last : last + 2] == b" ["
            and self._marked_name.search(head, start, first)
        ):
            return "capitals"  # BW.Shop Info [core]
        if word.islower() and before == b" ":
            separator = head[:first].split()[-1]
            if separator in _SEPARATORS and head[last:].startswith(b" " + separator + b" "):
                return "capitals"
            is_column = first > start + 1 and not head[start:first].strip() and b":00" in head[:start]
            if is_column and self._prose_level.match(head, first) is not None:  # a word, unless in a column
                is_column = last - start <= MAX_ALIGNED_CHARS or first % TAB_CELLS == (last + 1) % TAB_CELLS == 0
            if is_column or head[last : last + 2] == b"  ":
                return "padded"
            is_behind_field = head[:first].rstrip(b" ")[-1:] in (b":", b"]", b")", b"|")
            return "colon" if is_behind_field and head[last : last + 3].lstrip(b" ")[:2] in _COLONS else ""
        return ""

    def _are_fields(self, text: bytes, form: str) -> bool:
        """Return whether a text between a time and a level of a form consists of fields."""
        if self._prose.search(text):
            return False
        words = [word for word in text.split() if word.isalpha()]
        plain = sum(map(bytes.islower, words))
        if form in ("padded", "letter"):
            return (plain == 0 and len(words) <= 2) or (len(words) == 1 and form == "padded")
        return plain <= (0 if form == "colon" else 1) and len(words) <= 2


_BLANK = ord(" ")
_SEPARATORS = frozenset((b"--", b"-", b"|", b"::", b"/", b"~", b">"))
_COLONS = (b": ", b"- ", b"| ")
_OPENING = tuple(bytes([code]) for code in b"[(<{|#/*=")
_AROUND = tuple(bytes([code]) for code in b" |:;,#>])}\t")


def _verbose(source: str) -> re.Pattern[bytes]:
    return lazy_pattern(source.encode(), re.VERBOSE)


def _separated(head: bytes, parts: HeaderParts) -> HeaderParts:
    """Return a header with the parts in brackets behind it that stand between its last separator and the same one."""
    column = parts.column
    separator = _separator_before.search(head, max(parts.level[1], parts.time[1], column - 6), column)
    while separator is not None:
        field = _field_in_brackets.match(head, column)
        if field is None or (field[1].strip() != separator[0].strip() and field[1] != b": "):
            break
        column = field.end()
        if field[1].strip() != separator[0].strip():
            break
    return parts if column == parts.column else _checked(head, parts._replace(column=column))


_separator_before = lazy_pattern(rb"(?:(?<=[\])}>]):| +(?:-|\||::|--|>|:)|\|) *\Z")
_field_in_brackets = lazy_pattern(
    rb"(?:\[(?!0+/0+\])[\w.:/@$ #-]{1,60}\]|\((?!0+/0+\))[\w.:/@$ #-]{1,60}\)|[<{][\w.:/@$-]{1,60}[>}])"
    rb"(: +| +(?:-|\||::|--|>|:) +|\|)"
)


def _without_pairs(found: re.Match[bytes]) -> bytes:
    """Return a bracketed part of pairs with zeros for its content."""
    return b"[" + b"0" * (len(found[0]) - 2) + b"]"


def _checked(head: bytes, parts: HeaderParts) -> HeaderParts:
    """Return a header, or an unknown one where it may go on beyond the end of a cut head."""
    if head[-1:] != END and parts.column + _MIN_CHARS_AFTER > len(head):
        return parts._replace(column=HEADER_CHARS + 1 + parts.column)
    return parts


@cache
def further_fields() -> FurtherFields:
    """Return the shared patterns; created on first use."""
    return FurtherFields()
