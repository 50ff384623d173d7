r"""Run of fields behind the bare level of a header, up to the message: thread, logger, place in the source, pairs.

Invariants:
- A level is *bare* where nothing but brackets, marks and blanks follows it: behind a colon or a component the message
  has begun, as in `text/parse/grammar.py`.
- A field is a token of a shape that words of a message do not have: in brackets, with a number, dotted, ``a::b``,
  ``f.c:12``, ``f()``. Plain words are fields only before a separator, a bracket or a place in the source.
- A run ends behind its separator, or behind a field that needs none: ``a.b.C``, ``f.c:12``, ``name: ``, ``[a=b]``.
- A result depends on the head alone. Where a cut head may end inside a run, that is told.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = ["FieldRun", "field_run"]

MAX_FIELDS = 6
"""Fields of a run at most."""

_FILE_TYPES = (
    "c cc cpp cxx h hh hpp m mm go rs py pl pm rb php js jsx mjs cjs ts tsx java kt kts scala groovy clj cs fs vb"
    " swift lua ex exs erl hs ml nim zig jl sh sql vue dart"
)
_SUFFIXES = f"{_FILE_TYPES} io md so com org net txt yml xml rst cfg ini log css json yaml toml html conf zip gz pid"
_SOURCE = rf"(?: [\w?./@+~$-]* \. (?:{_FILE_TYPES.replace(' ', '|')}) )"
_INNER = r"[^][\n]{0,80}"
_BRACKET = rf"""(?: \[ (?! [\w.-]+:\  | (?:client|remote)\  | \" )
    [^][\n]{{0,160}} (?: \[ {_INNER} \] {_INNER} ){{0,3}} \] (?=[\ :|(\[]) )"""
_PAREN = r"(?: \( [^()\n\"]{0,80} \) (?=[\ :]) )"
_ANGLE = r"(?: <[^<>\s]{0,40}> (?=\ ) )"
_PLACE = rf"""(?: {_SOURCE}:0+ (?: \#\w+ )? | [\w.$]+\(\)/0+
    | [\w.$<>]+ \( [\w.-]+:0+ \) | [\w$]+ (?:[.][\w$<>]+)+ \( (?:0+|Native\ Method) \) | \( {_SOURCE}:0+ \)
    | (?!/) [\w.-]+ / [\w./-]+ :0+ )"""  # f.c:12  Main.run(Main.java:42)  (f.c:12)  a/b:12
_QUALIFIED = r"(?: (?:[A-Za-z_?][\w?-]*(?:[.$]|::|\#))+ [\w?<>$-]+ (?:/0+)? (?::0+)? | [A-Za-z_]\w*(?:::\w+)*:: )"
_MIXED = r"(?: (?! 0+\.0+\.0+\.0+ ) (?= [^\s\"']*[0_./=-] ) [\w?.$/@+~\#=-]+ (?::0+)? )"
_SMALL = r"(?: from | in | at | on | by )"
_THREAD = r"""(?: MainThread | MainProcess
    | (?:Dummy-|Thread-|Worker-|(?:Spawn|Fork)?Process-|ThreadPoolExecutor-)[0_-]+ (?:\ \(\w+\))? )"""
_SEPARATOR = r"(?: - | :{1,2} | \| | => | >{1,2} | ~ | ->{1} )"
_TELLING = r"""\[ (?: [A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+ | [^][\n]* [\w@] = [^][\n]* | = [^][\n]*
    | [\w./-]*[A-Za-z_][\w-]*\.[a-z]\w{0,4}:0+ | \w[\w.:$]*::\w[^][\n]* ) \]"""  # [a=b]  [a.go:12]  [a::b c]

_FIELD = rf"""(?: {_PLACE} | {_QUALIFIED} | {_BRACKET} | {_PAREN} | {_ANGLE} | \{{[\w.:$-]+\}} | %+ | {_MIXED}
    | {_SMALL} (?=\ \S+\ (?:\S+\ ){{0,3}}-\ ) ) \ + """
_FUNCTION = r"(?: [\w.]+\(\) :? \ + | [a-z]\w*_\w+ : \ + )"
# behind one field or more
_END = (
    rf"(?: {_SEPARATOR} | \w+ \ +- | {_THREAD} \ +: ) \ + (?: {_BRACKET}+ \ + - \ + | {_TELLING} \ + | {_FUNCTION} )?"
)
_NO_FILE = rf"(?= [A-Za-z_] ) (?! \S+\.(?:{_SUFFIXES.replace(' ', '|')})\  )"
_NO_VERB = r"(?! (?: is|was|are|has|have|had|must|should|cannot|can|will|not|does|did )\  )"  # behind a subject
_DOTTED = r"[\w?]+ (?: [.][A-Za-z_][\w?-]* ){1,8}"
_SPAN = r"\w+ \{ [^{}\n]* \} :"
_TARGET = r"[a-z_]\w* (?:::\w+)* : \ +"

_WHOLE = rf"""(?:
    {_QUALIFIED} \ + \| \ + {_BRACKET} \ +                        # mod.x | [f:  12 main()]
  | [\w-]+ \ + (?: 0+ \ + )? {_PLACE} \ + - \ +                   # controller 123 a.py:12 -
  | [\w.-]+ \ + {_THREAD} \ + (?: 0+ \ + | {_SEPARATOR} \ + )?             # worker MainThread :
  | (?: (?: {_BRACKET} | {_PAREN} | {_ANGLE} | \{{[\w.-]+\}} ) \ + ){{2,5}}   # <MainProcess> (MainThread)
        (?: {_NO_FILE} {_DOTTED} \ + {_NO_VERB} (?![=({{-]) )?
  | [^\s\"'=]+ \ + (?P<mark> -{{2,3}} | \| | >> | :: ) \ +
        (?: [^\s\"'=]+ \ + (?P=mark) \ + ){{1,4}}                 # main --- a.b.C ---
  | (?: {_BRACKET} \ + )? [\w-]+ \ + (?: [A-Za-z_]\w*\. ){{2,}} \w+ \ + - \ +   # admin a.b.C -
  | [\w-]+ \ + (?: (?: (?= (?: \w+\. ){{2}} ) | {_NO_FILE} (?= {_DOTTED} \ + - ) ) {_DOTTED} \ + (?: {_SEPARATOR} \ + )?
        | {_TELLING} \ + (?: {_BRACKET} \ + ){{0,3}}
        | \( \w+:0+ \) :? \ + )                               # main a.b.C  App [a.java:3]  App (f:3):
  | \w+ \ + - \ + {_FUNCTION}                                   # name - the_function:
  | {_SOURCE} \ + (?: 0+ \ + ){{1,3}}                             # a.py 12 4711
  | (?: [\w-]+ \ + )? -{{3}} \ + {_BRACKET} \ + [\w.$]+ \ * (?: :0+ )? \ * : \ +   # app --- [main] a.b.C  :3  :
  | (?: -- | : ) \ +
  | (?: [\w-]+ \ + )? {_TARGET} {_SOURCE}:0+: \ +                # main app: src/main.rs:3:
  | (?: {_QUALIFIED} | {_PLACE} ) \ + (?: (?: {_BRACKET} | {_PAREN} | {_ANGLE} | {_QUALIFIED} ) \ + )? -{{2,3}} \ +
  | (?: [\w?-]+ \ + )? ThreadId\(0+\) \ + (?: \w+ (?: \{{[^{{}}\n]*\}} )? : (?: {_SPAN} | \w+: )* \ + )?
        (?: {_TARGET} )? (?: [\w./-]+:0+: \ + )?                  # main ThreadId(01) app: src/main.rs:3:
  | (?: {_SPAN} | [a-z]\w*: [a-z]\w*: ) (?: {_SPAN} | \w+: )* \ + (?: {_TARGET} )?   # a{{b=1}}:c: app:
  | (?: {_QUALIFIED} \ + )? {_SOURCE} \ + \(0+\) \ +             # main::f a.pl (12)
  | (?: [\w?-]* \w \[ [\w?.:-]+ \] :? | [a-z][\w?-]* (?: \ 0+ )? ) \ + (?= {_TELLING} ) (?: {_BRACKET} \ + ){{1,4}}
                                                                 # vpxd[12] [opID=a]  wcp [a.go:12]
  | [\w?-]* \w \[ 0+ \] \ +                                      # vpxd[12]
  | (?: {_TELLING} \ + ){{1,3}} (?: {_QUALIFIED} (?: \ + {_SEPARATOR} )? \ + )?    # [opID=a]
  | (?: [a-z]+0+ \ + )? {_PLACE} (?: :? \ + [\w.:$<>*()]+\(\) | \ + \([\w.:$<>-]+\) )? :? \ + (?: -{{1,2}} \ + )?
  | (?: [a-z][\w.-]* \ + ){{1,2}} {_PLACE} \ {{2,}}                # envoy config a.h:12
  | (?: 0+ \ + )? {_NO_FILE} (?: (?<!\]\ ) | (?= (?: [\w?]+\. ){{2}} ) ) {_DOTTED} (?::0+)? \ + {_NO_VERB} (?![=({{-])
        (?: (?: {_BRACKET} | {_PAREN} ) \ + (?: {_SEPARATOR} \ + )? )?   # a.b  [part]
  | {_BRACKET} \ + {_NO_FILE} {_DOTTED} \ + {_NO_VERB} (?![=({{-])             # [main] a.b
  | (?= [A-Za-z_] ) [\w?]+ (?: :: [A-Za-z_][\w?]* ){{1,8}} \ +      # a::b
)"""
_OPEN = r"(?: [\w?-]+ (?: \ 0+ )? \ + )? (?: \[ [^\]\n]* | \( [^)\n]* | \S* ) $"  # behind any fields


class FieldRun:
    """Compiled patterns; created with the first line that needs them, because compiling takes milliseconds."""

    def __init__(self) -> None:
        self._marks = re.compile(rb"[\])>}* ]*").match
        self._fields = re.compile(rb"(?:(?:[\w?.$@/-]+(?::0+)?|\[[^][\n]*\]|\([^()\n]*\)) +)+").fullmatch
        self._address = re.compile(rb"0+\.0+\.0+\.0+").match
        self._field, self._end, self._whole, self._open = (
            re.compile(pattern.encode(), re.VERBOSE).match for pattern in (_FIELD, _END, _WHOLE, _OPEN)
        )

    def start(self, head: bytes, end: int, column: int) -> int:
        """Return where a run may start: behind the marks of a bare level that ends at `end`; 0 for no such place.

        Fields without a separator, which the grammar has read between it and the column of the message, belong to it.
        """
        marks = self._marks(head, end, column)
        start = end if marks is None else marks.end()
        if end < start == column:
            return start
        return start if start > end and self._fields(head, start, column) is not None else 0

    def end(self, head: bytes, offset: int) -> int:
        """Return the offset behind the run at an offset of a head; the offset itself where there is none."""
        if self._address(head, offset) is not None:
            return offset
        at = offset
        for _ in range(MAX_FIELDS):
            field = self._field(head, at)
            if field is None:
                break
            at = field.end()
            end = self._end(head, at)
            if end is not None:
                return end.end()
        found = self._whole(head, offset)
        return offset if found is None else found.end()

    def is_open(self, head: bytes, offset: int) -> bool:
        """Return whether a cut head may end inside a run that starts at an offset."""
        for _ in range(MAX_FIELDS):
            field = self._field(head, offset)
            if field is None:
                break
            offset = field.end()
        return self._open(head, offset) is not None


@cache
def field_run() -> FieldRun:
    """Return the shared patterns; created on first use."""
    return FieldRun()
