"""Grammar of line headers: token classes, and the regular expression over them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.once import Once
from reflowlog.text.parse.levels import LOCAL_NAMES
from reflowlog.text.parse.local_names import STAND_IN
from reflowlog.text.parse.months import month_words

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "END",
    "FOLD_DIGITS",
    "LEVEL_WORDS",
    "MAX_MEMO_ENTRIES",
    "MESSAGE_WORD",
    "NO_HEADER",
    "TOKEN_CLASSES",
    "ZONES",
    "HeaderParts",
    "Outline",
    "fixed_words",
    "grammar",
    "level_pair",
]

TOKEN_CLASSES = {
    # times
    "t": "clock, or date and clock in one: 12:00:00, 2024-01-01T12:00:00Z",
    "T": "date, clock and numeric zone in one: 2024-01-01T12:00:00+00:00",
    "D": "date: 2024-01-01, 01/Jan/2024",
    "d": "date without year, or decimal number: 01-31, 10.30, 17/06/09",
    "H": "hour and minute: 12:00",
    "6": "six digits: a compact date or clock",
    "e": "epoch: 10, 13, 16 or 19 digits, with a fraction or without",
    "m": "month name: Jan",
    "y": "day of the week: Mon",
    "z": "time zone: UTC, +0100",
    "B": "bracketed time: [12:00:00]",
    "A": "bracketed time with level: [12:00:00 INF]",
    "X": "bracketed time with level, and colon: [12:00:00 INFO]:",
    "u": "bracketed uptime: [   12.345678]",
    # levels
    "L": "level in capitals: INFO",
    "M": "bracketed level: [info]",
    "K": "level in capitals and colon: INFO:",
    "k": "level in small letters and colon: info:",
    "l": "level in small letters: info, Info",
    "v": "level in small letters that is also prose: error",
    "i": "level of one letter: I",
    "g": "level letter and date of glog: I0610",
    "j": "level letter and tag of logcat: I/Tag(1):",
    "J": "level and logger of Python's basicConfig: INFO:root:",
    "<": "syslog priority: <30>",
    "5": "syslog priority with the version of RFC 5424: <34>1",
    # names
    "c": "name and colon: name:",
    "C": "dotted name and colon: a.b:",
    "R": "span of Rust's tracing: span{a=1}:",
    "Y": "absolute path and colon, of no program: /srv/a:",
    "F": "source location and colon: file.c:12:",
    "G": "source location of glog: file.cc:12]",
    "f": "source location: file.c:12",
    "p": "name with process id and colon: name[1]:, name(x)[1]:",
    "q": "name with process id: name[1]",
    "N": "IP address, with a port or without: 10.0.0.7:80",
    "o": "name with digits or punctuation: a.b, x-1",
    "O": "qualified name: a.b.c, a::b, a$b",
    "U": "word in capitals: WORD",
    "P": "word or name padded by several blanks",
    "w": "other word",
    "a": "the word last, of lastlog",
    "1": "stream name of container runtimes: stdout, stderr",
    # parts and separators
    "b": "bracketed part: [part]",
    "Q": "bracketed part and colon: [part]:",
    "h": "part in parentheses, or thread number: (part), *64",
    "n": "number",
    "E": "pair: name=value",
    "s": "separator: - : > => ->",
    "S": "long separator: -- ---",
    "r": "role mark of Redis: * # .",
    "|": "pipe",
    # the message
    "{": 'start of JSON or of a quoted text: {... "...',
    "[": "bracket that is not closed",
    "x": "token cut by the end of the head",
    ".": "any other token: the message",
}
"""Token classes: letter -> meaning and examples. The grammar `_HEADER` is a regular expression over these letters."""

_PADDED_CLASSES = {"v": "l", "w": "P", "o": "P", "U": "P", "O": "P"}  # class of a token that several blanks follow
_NUMBER_CLASSES = {
    6: "6",
    10: "e",
    13: "e",
    14: "t",
    16: "e",
    17: "t",
    19: "e",
}  # class of a whole number, by its digits

HEADER_CHARS = 400
"""Characters of a line that `header` reads at most."""

LOOKAHEAD_CHARS = 16
"""Characters that `message_column` reads after its limit, so that the last field of the header is read whole.

When the head is cut before the line's end, each kind of field is tried as its continuation; if the header then ended
elsewhere, the answer is 0, because the header may run past the limit. Measured on the logs of eight systems: with 0
characters the answer agrees with `header` in 88 to 100 % of lines, with 8 in 99.8, with 16 in 99.9, and the share of
calls answered from the memo falls from 95 over 94 to 93 % (132 cells, 1,000 lines, empty memo).
"""

MAX_TOKENS = 24
"""Tokens of a head that the grammar reads at most."""

MAX_TOKEN_CHARS = 150
"""Characters of the longest token outside brackets that can be a field; logger names with arguments come near."""

MIN_TIME_CHARS = 16
"""Characters of a time in parentheses, which is a header only if it has date and clock."""

MIN_BLANK_BRACKET = 8
"""Characters of brackets around blanks that are an empty column; shorter ones are boxes to be ticked."""

FIRST_TOKENS = 7
"""Tokens that are classified at first: in most lines they settle the header, and those behind do not count."""

MIN_TOKENS_AFTER = 6
"""Tokens: a header that ends fewer than this before the end of a cut head may continue in the part cut off."""

MAX_MEMO_ENTRIES = 4096
"""Entries of each memo of heads or tokens; a full memo is cleared."""


class HeaderParts(NamedTuple):
    """Spans of the parts of a header: offsets in the text, in characters; (0, 0) for an absent part.

    Attributes:
        column: offset of the message; 0 when the line has no header.
        level: span of the level.
        time: span of the first time, with its brackets.
        logger: span of the component's name, without number, colon and brackets.
    """

    column: int
    level: tuple[int, int]
    time: tuple[int, int]
    logger: tuple[int, int]


class Outline(NamedTuple):
    """Header of a line as its tokens' classes tell it. Spans are numbers of tokens; (0, 0) for an absent part.

    Attributes:
        tokens: number of the header's tokens; 0 for no header. Negative where the head may end inside the header:
            -1 - the tokens of the header read so far.
        level: number of the token with the level; -1 for none.
        time: the first time.
        name: the token with the component's name.
        last: class of the last token.
        is_transport: the header of an application may follow.
    """

    tokens: int
    level: int
    time: tuple[int, int]
    name: tuple[int, int]
    last: str
    is_transport: bool


_COLON, _SLASH, _ZERO = ord(":"), ord("/"), ord("0")
_WEEKDAYS = frozenset((b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"))
FOLD_DIGITS = bytes.maketrans(b"\n\t\r123456789", b"   000000000")
_NO_SPAN = (0, 0)
NO_HEADER = HeaderParts(0, _NO_SPAN, _NO_SPAN, _NO_SPAN)


# ---------------------------------------------------------------------------------------------------------------------
# Tokens. Everything below sees bytes in which every digit is 0.

END = b"\n"  # ends a head that holds the whole line; a head without it may have cut a token


_LEVELS = """
    TRACE DEBUG DEBUG0 INFO INFORMATION NOTICE WARN WARNING ERROR ERR CRIT CRT CRITICAL ALERT EMERG EMERGENCY FATAL
    SEVERE PANIC VERBOSE FINE FINER FINEST FAILURE INF WRN DBG FTL VRB TRC PNC
    ERRO EROR FATA PANI DPANIC DEB DEBU DEBG DDEBUG SUBDEBUG TRAC TRCE DBUG FAIL SILLY SUCCESS
"""
_PROSE_LEVELS = """
    ERROR WARNING FATAL CRITICAL ALERT PANIC SEVERE FAILURE FINE FINER FINEST EMERGENCY FAIL SILLY SUCCESS
"""  # may be prose
_LOCAL_LEVELS = " ".join(name for names in LOCAL_NAMES.values() for name in names.split() if name.isascii())
_COLON_LEVELS = "LOG STATEMENT DETAIL HINT CONTEXT NOTE"  # of PostgreSQL, BitBake; levels with a colon only
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_DAYS = """
    Mon Tue Wed Thu Fri Sat Sun Monday Tuesday Wednesday Thursday Friday Saturday Sunday
    Mo Di Mi Do Fr Sa So lun. mar. mer. jeu. ven. sam. dim.
"""
ZONES = """
    Z AM PM UTC GMT CET CEST EET EEST WET WEST BST IST JST KST MSK EST EDT CST CDT MST MDT PST PDT AEST AEDT MEZ MESZ
    AKST AKDT HST NZST NZDT SGT HKT PHT WIB PKT BRT SAST AWST ACST
"""
_AREAS = "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc|US|Canada|Brazil|Mexico"


@cache
def fixed_words() -> dict[bytes, str]:
    """Return the classes of the tokens that are fixed words; created on first use."""
    words = {
        "-": "s",
        ":": "s",
        ">": "s",
        "=>": "s",
        "->": "s",
        "-->": "s",
        "::": "s",
        ">>": "s",
        "~": "s",
        "@": "s",
        "?": "s",
        "--": "S",
        "---": "S",
        "|": "|",
    }
    words |= dict.fromkeys("*#.", "r") | dict.fromkeys("VDIWEFTCN", "i") | {"last": "a", "stdout": "1", "stderr": "1"}
    words |= {f"{letter},": "L" for letter in "DIWEFAU"} | {"ERR!": "L"}
    words |= {f"{month}{mark}": "m" for month in month_words() for mark in ("", ",", ".")}
    words |= {f"{month}{comma}": "m" for month in _MONTHS.split() for comma in ("", ",")}
    words |= {f"{day}{comma}": "y" for day in _DAYS.split() for comma in ("", ",")}
    words |= {f"{zone}{colon}": "z" for zone in ZONES.split() for colon in ("", ":")}
    for level in _LEVELS.split():
        lower = "v" if level in _PROSE_LEVELS.split() else "l"
        for name in (level.lower(), level.title()):
            words |= {name: lower, f"{name}:": "k"}
        words |= {level: "L", f"{level}:": "K", f"{level},": "L", f"<{level.lower()}>": "M", f"<{level}>": "M"}
    words |= {f"{level}:": "K" for level in _COLON_LEVELS.split()}
    for level in _LOCAL_LEVELS.split():
        words |= {level: "L", f"{level}:": "K", f"{level.lower()}:": "k", f"{level.title()}:": "k"}
    words |= {"ATTENTION:": "K", "attention:": "k"}  # a word of English, too
    return {word.encode(): letter for word, letter in words.items()}


LEVEL_WORDS = tuple(
    sorted(f"{_LEVELS} {_LOCAL_LEVELS} {_COLON_LEVELS} ATTENTION NOTE SYSTEM II WW EE".split(), key=len, reverse=True)
)
"""Names of levels in headers, in capitals, the longest first."""

_LEVEL_WORD = "|".join((*LEVEL_WORDS, f"{STAND_IN.decode()}+"))
_GLUED_LEVELS = (
    "DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|debug|info|notice|warn|warning|error|critical|fatal"
)
_TOKEN = rf"""
    (?: <0{{4}}-00-00[T\ ][^<>\n]{{4,40}}> (?=[\ \n])                 # <time>
    | 00\ 00\ 0000 (?=\ 00:00:00)                                # 07 03 2025 12:00:00 of log4js
    | 0000-00-00\ 00-00-00 (?:[.,]0+)? (?=[\ \n])                 # 2025-03-07 12-00-00.000
    | <0{{1,3}}>(?:0\ )?                                           # syslog priority, with the version of RFC 5424
    | \[ [^][\n]* (?: \[[^][\n]*\] [^][\n]* )* \] [:,]? (?=[ |\[(\n])   # [part], with one level of [] inside
    | \[ (?:{_GLUED_LEVELS}) \] (?=[A-Za-z])                        # [LEVEL]text
    | \( [^()\n]* (?: \([^()\n]*\) [^()\n]* )* \) :? (?=[ |\n])        # (part)
    | (?:DEBUG|INFO|WARNING|ERROR|CRITICAL) : [\w.$-]+ :           # INFO:root:message
    | [{{<] \ * [A-Z]{{3,9}} \ + [}}>] :? (?=[ |\n])                # {{INFO   }}
    | \|
    | [^ |\n({{]+ (?=[ |\n])                                        # most tokens; before the rarer ones for speed
    | [^ |\n(]+ \( \ *0+ \) :                                      # Tag( 123):
    | [^ |\n{{]+ \{{ [^{{}}\n]* \}} :                                     # span{{a=1}}:
    | [^ |\n]+
    ) \ *
"""
_CLOCK = r"(?:0?0:0?0:0?0(?:[.,:]0+(?:[.]000)?)?(?:[AaPp][Mm])?|0?0:00[AaPp][Mm])"
_ZONE = r"(?:\ ?Z|[+-]00(?::?00)?|UTC|GMT)?"
_MONTH = r"[A-Za-z?]{3,9}\.?"
_NAME = r"[\w?.$@/+~\#*-]+"

_NUMBER_SHAPES = rf"""
    (?P<T> 0000-00-00T0?0:00:00(?:[.,]0+)?[+-]00(?::?00)? )
  | (?P<t> (?: (?: 0000[-/.]0?0[-/.]0?0[T_-] | 0{{8}}[T_-] | 0?0[-/.]{_MONTH}[-/.]0000: ) )? {_CLOCK} {_ZONE} [,:]?
         | 0000[-./]00[-./]00[-_]00[.]00[.]00(?:[.]0+)? | 0000-00-00[T_]00-00-00
         | 0{{6}}/0{{6}}(?:[.]0+)?,? | 0{{8}}[T_-]0{{4,6}}(?:[.,]0{{3,9}})?Z? | 0{{14}}
         | 0000-00-00[T_]00:00(?:Z|[+-]00:?00)? | 0{{6}}[-_]00:00:00(?:[.,]0+)? | 00:00[.]00[.]000
         | 0000-00-00\ 00-00-00(?:[.,]0+)?
         | 0?0[hH?]00[mM?](?:00[sS?])? | 0?0[-/.]0?0(?:[-/.]0{{2,4}})?[-T_]{_CLOCK} )
  | (?P<D> 0000[-/.]0?0[-/.]0?0[,:]? | 00\ 00\ 0000 | 0?0[-/.]0?0[-/.]0000[,:]? | 0?0[-/.]{_MONTH}[-/.]0000[,:]?
         | 0000[-/.]{_MONTH}[-/.]00,? | 00[A-Z][a-z]{{2}}0000 | 0000\?0?0\?0?0\? )
  | (?P<d> 0?0[-/.]00(?:[-/.]00)? | 0?0-0?0-0?0 | 0?0/0?0/00,? | 0?0-[A-Z][a-z]{{2}} )
  | (?P<N> 0{{1,3}}(?:\.0{{1,3}}){{3}}(?::0+)? )
  | (?P<H> 00:00 )
  | (?P<e> 0{{10}}(?:[.,]0+)?:? | 0[.]0+e\+00 | 0{{13}}(?:[.]0+)? | 0{{16}} | 0{{19}} )
  | (?P<n> 0+[,.]? | 0x[0-9a-f]+ | 0+\#0+ | 0+[.]0+ )
"""  # of words that begin with a digit, before the following
_SHAPES = rf"""
    (?P<z> [+-]00:?00 | (?:UTC|GMT)[+-]0?0(?::?00)? | [AP]M[+-]00:?00 | (?:{_AREAS})/[\w+-]+(?:/[\w+-]+)? )
  | (?P<e> @[0a-f]{{24}} )
  | (?P<h> \*0+ )
  | (?P<n> [-+\#]0+[,.]? )
  | (?P<g> [VDIWEFC](?:0000|0{{6}}|0{{8}}) )
  | (?P<G> {_NAME}:0+\] )
  | (?P<j> [VDIWEFA]/[^:]*: )
  | (?P<J> (?:{_LEVEL_WORD}):[\w.$-]+: )
  | (?P<F> (?=.*[./]) {_NAME}:0+:(?:0+:)? )
  | (?P<k> (?:error|warning|warn|info|debug)\(\w+\): )
  | (?P<p> [\w?./@$+-]* [\w?./@$+] (?:\([^()\ ]*\))? (?:\[[^][\ ]*\]|\(\ *0+\)): )
  | (?P<q> [\w?./@$+-]* [\w?./@$+] \[[^][\ ]*\] )
  | (?P<K> [\w.-]+[./:](?:{_LEVEL_WORD}): )
  | (?P<C> (?=.*[^\w?]) (?:\w+::)*{_NAME}(?::{_NAME})?(?:\([^()\ ]*\))?(?:<[^<>\ ]*>){{0,3}}: )
  | (?P<R> {_NAME}\{{[^{{}}]*\}}: )
  | (?P<c> [\w?]+: )
  | (?P<f> {_NAME}:[\w<>.]+:0+ | (?=.*\.)(?=.*[a-z]){_NAME}:0+ )
  | (?P<O> (?:\w+::)+\w+ | [a-zA-Z_][\w-]*(?:[.$@][\w-]+){{2,}} | [a-zA-Z_][\w.]*[$@][\w$.]+ )
  | (?P<o> (?=.*[\w?\#]) [\w?.$@/+~:\#-]+ )
  | (?P<E> [\w.-]+=\S+ )
"""

_TITLE_LEVELS = "Debug|Info|Warning|Error|Fatal"
_PART_LEVEL = rf"""
    [EWIDFCV] (?: :[^"'{{}}]* )? | (?i: (?:[\w.-]+:)? (?:{_LEVEL_WORD}|NOTE|SYSTEM) )  # [info], [core:notice]
  | [^"'{{}}]* [/ ] (?:{_LEVEL_WORD})                      # [Server thread/INFO]
  | (?:{_LEVEL_WORD}) (?: [/ ] [^"'{{}}]* | : [\w./-]+\(0+\) )  # [INFO/MainProcess], [INFO:a/b.cc(12)]
  | (?:{_LEVEL_WORD}|(?:{_TITLE_LEVELS})) \ *:\ +[\w.-]+(?:\ [\w.-]+)?          # [INFO: App], [Info   :   BepInEx]
"""
_PART_PROSE = (  # [key: value], [client x], [1, 2], [1/12 blocks], [generated in 0.2s]
    r"""[\w.-]+:\s | (?:client|remote)\ [^ ]*[.:][^ ]*$ | .*["'{}] | [^ ]*,\  | \s*$
    | 0+/0+\  | [a-z]+\ (?:in|since|of|to|for|by|from|at)\ """
)

# ---------------------------------------------------------------------------------------------------------------------
# The grammar of headers, over the classes. The groups are the places of levels; the last one that took part counts.

_WORD = "[wmyza]"  # a word that says nothing
_NAME_LIKE = "[wmyzaoOUPf]"
_CLOCKED = """(?:
    y(?:mntz{0,2}n|mnn?[tH]z{0,2}) | y?nmn?[tH]z{0,2} | mnn?s?[tH]z{0,2} | y?[Dd6]z?s?[tHT]z{0,2}
    | (?<!.)n6 | 66 | [tT]z{0,2}D? | BB?
)"""
_TIME = rf"(?: {_CLOCKED} | eD? | D(?![tHT]) )"
_MORE_TIMES = rf"(?: s?(?:{_WORD}|[oOUPnqN]{{1,2}}|\|)?s? {_CLOCKED} ){{0,3}}"
_SYSLOG = "(?: (?<=nt)(?<!^nt) | (?<=T) )"  # after a time that a host follows; not 20240501 10:00:00
_HOST = "[wmyzaoOUPnlvq6dN]"
_NUMBER = "[n6](?=[sSbMQhn6])"
_COMPONENT = rf"""(?:
    R{{1,3}}[cC]? | [cC] | Q | F | p | (j) | {_NAME_LIKE}h?[sS] | (?<=B)[wUoP]?[oO.]h?s   # a.b: f.c:12: name -
  | [oOPU]b+s? | O | P?f(?=.) | P(?![{{E]|f$) | G                                            # a.b [part]  a.b.c  f.c:12
)"""
_AFTER_LEVEL = rf"""(?:
    (?:[bh]|{_NUMBER}){{0,4}}
    (?: S b{{0,4}} (?:[cC]|[woOUfP.]s|s)?                       # --- [main] a.b.C :
      | (?<=b) s                                              # [main] -
      | s (?: s | (?:b|{_NUMBER}){{0,2}} (?:[woOUfP]s)? )       # : -    - a.b.C -
      | \|(?:[^|.{{]\|){{0,4}}
      | {_COMPONENT}
    )?
)"""
_FIELDS = (
    "c",
    "p",
    "Q",
    "b",
    "t",
    "B",
    "L",
    "s",
    "n",
    "os",
    "bs",
    "G",
    "nG",
    "tnG",
)  # what may follow a head that is cut
_HEADER = rf"""
    (5) (?:[tT]z?|s) [^.]{{4}} (?:s|b{{1,3}}|\.)                   # RFC 5424: host, name, id, id, structured data
  | [n6e] [^|{{x]{{1,4}}? e [n6]                                   # a long run: number, node, name, state, time, flag
  | (<)? (?:[oOPq]\|)? (?:                                         # <30>  service |
        (?: (?: b{{1,2}}s? | z(?=D[tT]) | h(?=B|D[tT]|T) | [cC](?=D[tT][zn]{{0,2}}[^zn])
            | [cC]E{{1,2}}(?=D[tT]) | [oO]w(?=Dt)
            | [bn]{{0,2}}(L|M|K|k|[lv](?=B|D[tT]|T)|i(?=[DtTmdy]))[bsn|]{{0,3}} | [oOfnUsqP6N]{{1,3}}?
            | [oOwUPf]{{1,2}}s[swoUnP](?=B) )??
            {_TIME} {_MORE_TIMES}
          | (?: [n6][wmyzaoOUPnslvdf6qN]{{0,4}}? | [sU] ) e D? {_MORE_TIMES}
        )
        (?: (g) t[n6]? [Gf]                                            # glog behind the time of a container
          | \| (?: (?:([LMKklvi])|[^|.{{]{{0,2}}) \| ){{0,9}} (?: [oOf]s | (K) )?   # fields ended by |
          | {_SYSLOG} {_HOST} ([lv]) p                                                # host notice name[1]:
          | {_SYSLOG} {_HOST} (?: [wUo]{{0,2}}p u? | [jcCFY]u? | qQ | [wUo][cC] )
          | (?<=nmt) r(K)?                                                        # redis 2
          | (?<=nt) (?: r(K)? | {_HOST}(?=[Ssa]) | o )                             # redis; --- last message
          | {_HOST}? (?: p u? | q[QC] )
          | (?<=Dt) r(?=[wnCco])                                                # pyterm's #
          | oQ                                                                     # EXT4-fs (sda1):
          | 1[iw]                                                              # stdout F, of container runtimes
          | [bhsSn6u]{{0,5}} (?:
                (L|l|v(?=[cCobskPOf|])|i(?=[cCQpqjUPsbfoOG|])|(?<=n)i) (?: (?<=i)qb{{0,2}} | {_AFTER_LEVEL} )
              | (M) (?: (?<=BM) [bh]{{0,4}} (?: [QFp] | P(?![{{EP]|f$) | s?(?:[woOUfP]h?s)? ) | {_AFTER_LEVEL} )
              | (K|k)
            )
          | [wP]nn (i) {_AFTER_LEVEL}
          | (?: [bhsSn6oOUqPfcCQE] | {_WORD}s ){{0,6}} (?: {_WORD}? (L|M|K) | (k) ) b? (?: s(?:[woOUfP]s)? )? \|?
          | (?: [bhs] | [n6](?=[bQn6hscCpjS]) ){{0,4}} {_COMPONENT}?
        )
      | b{{0,2}} (?:
            (A) b{{0,3}} [sp]?                                  # [12:00:00 INF]
          | (X)                                                 # [12:00:00 INFO]:
          | u (?: ([LM])b{{0,3}} | h | {_HOST} p )?                         # [   12.345678]
          | (g) t[n6]? [Gf]                                      # glog
        )
      | (j) | (J)
      | (L)\| (?: [^|.{{]\| ){{0,4}}                                 # ERROR | name |
      | b{{0,3}} ([LM]) [bh]{{0,3}} (?: s(?:[woOUfP]s)? | Cs? | [oOPUw]s | Q | f )?
      | [bcCF]{{0,2}} v? (K|k) | n (K)                          # 812 INFO:
      | ([lv]) Q                                              # Warning (12021):
      | [cC] (M)
      | U (K)                                                   # COMET WARNING:
      | P (L)                                                   # EventSelector      INFO
      | F | p
      | b{{1,4}}
    )?
"""


# Where a header names who speaks: its last component; or a name before separators at its end, after a time or a level;
# or the service before a pipe.
_NAMED = r"""
    ^ 5 [tT]z? . (?P<app> [^.s] )
  | [tTzHDdeB6] s (?P<dashed> [oOUPw] ) (?= s[LM] )
  | (?P<component> [cCpRjJY] ) (?= [^cCpRjJY]* $ )
  | [tTzHDdeBA6Lnlvib] [hbsSn|6]*? (?<!nt) (?P<name> [oOPwU] ) (?= [hbsS]* $ )
  | [tTzHDdeB6] (?<!nt) (?P<before> [oOPUw] ) (?= [LMKlk] )
  | [LMKklvitTHBe] .*? (?<!nt) (?P<logger> [oO] ) (?= [hbsS]* $ )
  | ^ (?P<service> [oOwUPq] ) (?= \| )
"""


# Classes after which nothing more belongs to a header: a level and two words, a component after a level, a process id,
# and five words in any header. `_LONG_RUN` and RFC 5424 are headers in which they may stand farther to the left.
_SETTLES = lazy_pattern(r"[LMK][^|]*?w[nwo.EUlvf] | L[CcFpQ][^s] | p[^u] | w{5}", re.VERBOSE)
_LONG_RUN = lazy_pattern(r"[e5<|] | .\| | [n6].{0,4}e", re.VERBOSE)


_VERBS = (
    "spawn|exit|stopp|start|connect|receiv|fail|finish|complet|skipp|creat|updat|delet|remov|add|load|sav|clos|open|accept"
    "|reject|refus|deni|dropp|ignor|process|execut|expect|detect|install|download|upload|mov|resolv|render|compil|chang"
    "|modifi|renam|replac|request|return|retri|schedul|queu|kill|terminat|abort|cancell?"
)
MESSAGE_WORD = rf"""(?: (?: [A-Z][A-Z-]+0{{3,}}[A-Z]? | [\w.$:]*(?:[a-z]Error|Exception|[a-z]Warning)
    | KeyboardInterrupt | Errno::E[A-Z0]+
    | E(?:NOENT|ACCES|PERM|CONN[A-Z]+|TIMEDOUT|PIPE|ADDR[A-Z]+|NOTFOUND|EXIST|ISDIR|NOTDIR|MFILE|NOSPC|INVAL|IO|BUSY
          |HOSTUNREACH|AI_AGAIN|NOTEMPTY|PROTO|SOCKETTIMEDOUT)
    | (?i:(?:un|dis|re)?(?:{_VERBS}))(?:ed|ing)
    | Command | Usage | Version | Result | Reason | Duration | Elapsed | Total | Epoch | Summary | Details | Arguments
    | bad | done | fail | start | got | sent | found | missing | unknown | invalid | usage ) : )"""
"""Pattern of a word with which a message begins: ``AH00128:``, ``a.b.KeyError:``, ``ENOENT:``, ``exited:``."""

_ENDS = (  # of these words, which are tested first, in C
    "Error Exception Warning Interrupt ed ing Command Usage Version Result Reason Duration Elapsed Total Epoch Summary"
    " Details Arguments bad done fail start got sent found missing unknown invalid usage 0 0I 0E 0W 0A 0D"
    " 0F 0S ENT CES ERM ED ET NCE UT IPE RESS USE AIL UND IST DIR ILE SPC VAL EIO USY ACH AIN PTY OTO ORT"
)
_MESSAGE_ENDS = tuple(f"{end}:".encode() for end in _ENDS.split())
_message_word = lazy_pattern(MESSAGE_WORD.encode(), re.VERBOSE)
_priority = lazy_pattern(rb"<0{1,3}>(?:0 ?)?")
_braced = lazy_pattern(rb"\{ *([A-Za-z]{3,}) *\}:?")
_letter_in_brackets = lazy_pattern(rb"\[ *[A-Z] *\]")
_letter_behind = lazy_pattern(rb"00:00[.,0]*:? [DIWEFTV](?: [\w./-]+:0+)?\Z")  # [12:00:00 E], [12:00:00: W a.cc:1]
_level_first = lazy_pattern(rf"(?:(?i:{_LEVEL_WORD})|[DIWEFTV]) +(?:[-|] +)?(?=0)".encode())


def settled_end(letters: str) -> int:
    """Return how many classes of tokens settle the header, so that those behind do not matter; 0 if they do not."""
    found = _SETTLES.search(letters)
    if found is None or _LONG_RUN.match(letters):
        return 0
    return 0 if "[" in letters[: found.end()] else found.end()


@cache
def _component_name() -> Callable[[bytes, int, int], re.Match[bytes] | None]:
    """Return the matcher of the name in a component: ``name[1]:``, ``I/Tag(1):``, ``INFO:root:``, ``span{a=1}:``."""
    name = rb"(?: [^][(){}:\ |] | :(?=[^\ |]) | (?<=\w)\([^][(){}:\ 0]*\) )+"
    start = rb"(?: [VDIWEFA]/ | [A-Z]+:(?=[\w.$-]+:) )?"
    return re.compile(rb"(?x)" + start + rb"(?![0\#.:*-]+(?:\ |:?$)) (" + name + rb")").match


def _token_span(tokens: list[bytes], first: int, last: int, indent: int) -> tuple[int, int]:
    """Return the span of tokens `first` to `last` in the head, without the blanks after them."""
    start = indent + len(b"".join(tokens[:first]))
    return start, start + len(b"".join(tokens[first:last]).rstrip(b" "))


class Grammar:
    """Patterns of the grammar; created with the first line of no usual form, because compiling takes milliseconds."""

    def __init__(self) -> None:
        self.words = fixed_words()
        self.joined = re.compile(  # the separator comes first, so that the search passes over all else in C
            rb"[|:;,](?:(?<=0[|;,])(?=0?0:00)|(?:(?<=0[:;,])|(?<=0Z[:;,]))(?=[A-Za-z\[:]))"
        ).search
        self.date_mark = lazy_pattern(
            rb"((?:0000[-/.]0?0[-/.]0?0|0?0[-/.]0?0[-/.]0000|0?0-0?0-0?0|(?<=\[)00-00))[|;,](?=0?0:00)"
        )
        self.clock_mark = lazy_pattern(rb"(00:00(?:[.,]0+)?Z?|^0{10}(?:[.]0+)?|^0{13})[:;,](?=[A-Za-z\[:])")
        self.tokens = re.compile(_TOKEN.encode(), re.VERBOSE).findall
        self.number_shape = lazy_pattern(_NUMBER_SHAPES.encode(), re.VERBOSE)
        self.shape = lazy_pattern(_SHAPES.encode(), re.VERBOSE)
        self.level = re.compile(rf"(?i:(?<![a-z])(?:{_LEVEL_WORD})(?![a-z]))".encode()).search
        self.part_level = lazy_pattern(_PART_LEVEL.encode(), re.VERBOSE)  # compiled with the first bracket
        self.part_prose = lazy_pattern(_PART_PROSE.encode(), re.VERBOSE)
        self.time = lazy_pattern(_TIME, re.VERBOSE)
        self.first_time = re.compile(rf"gt|[AX]|{_TIME}", re.VERBOSE).search
        self.times = re.compile(rf"gt|[AX]|{_TIME}", re.VERBOSE).finditer
        self.component = re.compile(_NAMED, re.VERBOSE).search
        self.header = re.compile(_HEADER, re.VERBOSE).match
        self.message_only = lazy_pattern(rb"""["'=,;!{<>]|://|\(\)""")
        self.class_of = Memo(self.classify, limit=MAX_MEMO_ENTRIES).__getitem__
        self.settled_end_of = Memo(settled_end, limit=MAX_MEMO_ENTRIES).__getitem__
        self.outline_of = Memo(self.outline, limit=MAX_MEMO_ENTRIES).__getitem__
        self.level_span_of = Memo(self.level_span, limit=MAX_MEMO_ENTRIES).__getitem__

    def split(self, head: bytes) -> list[bytes]:
        """Return the first tokens of a head, each with the blanks behind it.

        A separator that joins a time with its neighbour is a blank: ``10:00:00,123:ERROR``, ``2024-05-01|10:00``.
        """
        if self.joined(head):
            head = self.date_mark.sub(rb"\1 ", self.clock_mark.sub(rb"\1 ", head))
        return self.tokens(head)[:MAX_TOKENS]

    def classify_tokens(self, head: bytes) -> tuple[list[bytes], str]:
        """Return the tokens of a head, and their classes in one string, which ends where they settle the header."""
        tokens = self.split(head)
        letters = "".join(map(self.class_of, tokens[:FIRST_TOKENS]))
        end = self.settled_end_of(letters)
        if not end and len(tokens) > FIRST_TOKENS:
            letters += "".join(map(self.class_of, tokens[FIRST_TOKENS:]))
            end = self.settled_end_of(letters)
        if end:
            return tokens, letters[:end]
        if head[-1:] != END and len(tokens) < MAX_TOKENS:
            if "[" in letters:
                letters = letters[: letters.index("[")]
            elif tokens and tokens[-1][-1:] != b" " and not self.prose(tokens[-1]):
                letters = letters[:-1]
            letters += "x"
        return tokens, letters

    def parts(self, head: bytes) -> HeaderParts:
        """Return the spans in a head; the column exceeds `HEADER_CHARS` when the head may end inside the header."""
        return self.parts_of(head, *self.classify_tokens(head))

    def parts_of(self, head: bytes, tokens: list[bytes], letters: str) -> HeaderParts:
        """Return the result of `parts` for tokens and their classes."""
        outline = self.outline_of(letters)
        indent = len(head) - len(head.lstrip(b" ")) if head[:1] == b" " else 0
        if outline.tokens <= 0:
            if not outline.tokens:
                return NO_HEADER
            so_far = indent + len(b"".join(tokens[: -1 - outline.tokens]))
            return HeaderParts(HEADER_CHARS + 1 + so_far, _NO_SPAN, _NO_SPAN, _NO_SPAN)
        column = indent + len(b"".join(tokens[: outline.tokens]))
        if column > HEADER_CHARS:
            return HeaderParts(column, _NO_SPAN, _NO_SPAN, _NO_SPAN)
        level = self._level_in(head, tokens, letters, outline.level, indent) if outline.level >= 0 else _NO_SPAN
        time = _token_span(tokens, *outline.time, indent) if outline.time[1] else _NO_SPAN
        logger = _NO_SPAN
        if outline.name[1]:
            found = _component_name()(head, *_token_span(tokens, *outline.name, indent))
            if found is not None and found.span(1) != level:
                logger = found.span(1)
        return HeaderParts(column, level, time, logger)

    def _level_in(self, head: bytes, tokens: list[bytes], letters: str, number: int, indent: int) -> tuple[int, int]:
        """Return the span of the level in the token of this number."""
        start = indent + len(b"".join(tokens[:number]))
        if letters[number] in "igj":
            return start, start + 1
        if letters[number] in "<5":
            return start, head.index(b">", start) + 1
        if _letter_in_brackets.match(tokens[number]):  # a word counts more: INFO [12:00:00][W]
            words = [at for at in range(number) if letters[at] in "LKM" and not _letter_in_brackets.match(tokens[at])]
            if words:
                return self._level_in(head, tokens, letters, words[-1], indent)
        first, last = self.level_span_of(tokens[number])
        return start + first, start + last

    def outline(self, letters: str) -> Outline:
        """Return the parts of a header that follow from the classes of its tokens alone."""
        size, level = self.match_header(letters)
        if size <= 0:
            return Outline(size, -1, _NO_SPAN, _NO_SPAN, "", is_transport=False)
        time = self.first_time(letters, 0, size)
        name = self.component(letters, 0, size)
        return Outline(
            size,
            level,
            _NO_SPAN if time is None else time.span(),
            _NO_SPAN if name is None else name.span(name.lastgroup or 0),
            letters[size - 1],
            letters[1:size] == "|" or letters[:size].endswith(("1", "1i", "1w")),
        )

    def level_span(self, token: bytes) -> tuple[int, int]:
        """Return the span of the level's name in a token that is or contains a level."""
        word = self.level(token)
        if word is not None:
            return word.span()
        letter = _letter_behind.search(token.rstrip(b" ]:"))
        if letter is not None:
            at = token.index(b" ", letter.start()) + 1
            return at, at + 1
        return (1, 2) if token[:1] == b"[" else (0, 1)

    def match_header(self, letters: str) -> tuple[int, int]:
        """Return the number of tokens of the header, and the index of its level's token (-1 for none).

        Where more of the line is needed for that, the number is negative: -1 - the tokens of the header read so far.
        """
        match = self.header(letters)
        if match is None:
            return 0, -1
        end = match.end()
        if letters[-1:] == "x" and end + MIN_TOKENS_AFTER > len(letters):
            for field in _FIELDS:
                longer = self.header(letters[:-1] + field)
                if longer is None or longer.end() != end:
                    return -1 - end, -1
        return end, max(match.regs[1:])[0]

    def prose(self, token: bytes) -> bool:
        """Return whether a token cut by the head's end can only belong to the message."""
        return self.message_only.search(token) is not None

    def classify(self, token: bytes) -> str:
        """Return the class of a token, which is given with the blanks after it."""
        word = token.rstrip(b" ")
        letter = self.words.get(word)
        if letter is None:
            letter = "w" if word.islower() and word.isalpha() else self.class_by_shape(word)
        return _PADDED_CLASSES.get(letter, letter) if len(token) - len(word) > 1 else letter

    def class_by_shape(self, word: bytes) -> str:
        """Return the class of a word that is not a fixed one."""
        if word[:1] == STAND_IN:
            return "K" if word[-1] == _COLON else "L"
        if word.isalpha():
            return "U" if word.isupper() and len(word) > 1 else "w"
        if b"." in word:  # the usual names, tested in C
            letters = word.replace(b".", b"")
            if letters.islower() and letters.isalpha():
                return "O" if word.count(b".") > 1 and all(word.split(b".")) else "o"
        if word[0] in b"[(":
            return self.part(word)
        if len(word) > MAX_TOKEN_CHARS:
            return "."
        if word[0] in b"{\"'":
            return self.braced(word) if word[-1:] in (b"}", b":") else "{"
        if word.startswith(b"<0000-"):
            return "B"
        if word.startswith(b"<0") and _priority.fullmatch(word) is not None:
            return "5" if word.endswith(b"0") else "<"
        if word[-1] == _COLON and word.endswith(_MESSAGE_ENDS) and _message_word.fullmatch(word) is not None:
            return "."
        if not word.strip(b"0"):
            return _NUMBER_CLASSES.get(len(word), "n")
        if word[0] == _SLASH and word[-1] == _COLON and word[-2] != _ZERO and b"bin/" not in word:
            return "Y"
        shape = (word[0] == _ZERO and self.number_shape.fullmatch(word)) or self.shape.fullmatch(word)
        return "." if shape is None else shape.lastgroup or "."

    def is_time(self, text: bytes) -> bool:
        """Return whether a text within brackets is a time and nothing else."""
        letters = "".join(map(self.class_of, self.tokens(text.strip() + b" ")))
        time = self.time.match(letters)
        return time is not None and time.end() == len(letters)

    def begins_with_clock(self, text: bytes) -> bool:
        """Return whether a text begins with a clock, or with a date and a clock."""
        letters = "".join(map(self.class_of, self.tokens(text + b" ")))
        return (letters[:1] in ("t", "T", "m", "y") and self.time.match(letters) is not None) or letters[:2] == "Dt"

    def _is_long_time(self, text: bytes) -> bool:
        """Return whether a text in parentheses is a date and clock, or a clock with seconds and nothing else."""
        return text == b"00:00:00" or (len(text) + 2 > MIN_TIME_CHARS and self.is_time(text))

    def braced(self, word: bytes) -> str:
        """Return the class of a token in braces: that of one in brackets for a level, else ``{``."""
        name = _braced.fullmatch(word)
        return "M" if name is not None and self.part_level.fullmatch(name[1]) is not None else "{"

    def part(self, word: bytes) -> str:
        """Return the class of a token that starts with a bracket or a parenthesis."""
        inner = word.rstrip(b":,")
        colon = len(inner) < len(word)
        if inner[:1] == b"(" and (inner[1:2] == b"0" or inner[1:4] in _WEEKDAYS) and self._is_long_time(inner[1:-1]):
            return "B"
        if inner[:1] == b"(":
            if inner in {b"(II)", b"(WW)", b"(EE)"}:
                return "M"
            if self.words.get(inner[1:-1].strip()) == "L":
                return "M"
            return "." if inner[-1:] != b")" else "Q" if colon else "h"
        if inner[-1:] != b"]":
            return "." if inner == b"[client" or re.fullmatch(rb"\[\w+:", word) else "["
        inner = inner[1:-1].strip()
        if re.fullmatch(rb"0{10}(?:\.0+(?:, 0+\.0+)?)?|0{13}", inner):
            return "B"
        if re.fullmatch(rb"0+\.0+s?", inner):
            return "u"
        letters = "".join(map(self.class_of, self.tokens(inner + b" ")))
        time = self.time.match(letters)
        if time is not None:
            if time.end() == len(letters) or not (self.level(inner) or _letter_behind.search(inner)):
                return "B"
            return "X" if word[-1] == _COLON else "A"
        levelled = _level_first.match(inner) if b"0" in inner else None
        if levelled is not None and self.begins_with_clock(inner[levelled.end() :]):  # [Info  - 12:00:00]
            return "A"
        if self.part_level.fullmatch(inner):
            return "M"
        if self.part_prose.match(inner) and (inner or len(word) < MIN_BLANK_BRACKET):
            return "."
        return "Q" if colon else "b"


@cache
@Once
def grammar() -> Grammar:
    """Return the shared grammar; created on first use."""
    return Grammar()


@cache
def level_pair() -> re.Pattern[str]:
    """Return the pattern of a level in JSON and logfmt."""
    return re.compile(r"(?:^|[\s{,\"])(?:level|lvl|severity)\"?[=:]\s*\"?([A-Za-z]+)")
