"""Multiline grouping: decides which lines continue the record before them (tracebacks, stacks, headless lines). Pure.

Any thread may call it.

Invariants:
- An indented line continues, unless it starts with a time.
- In a source whose records begin with a header that has a time (`header_kind`), a line without any header continues
  the record above: messages of several lines, traces of every language. Only `_RECORD_STARTS`
  begin a record of their own.
- Elsewhere a continuation at column 0 is part of a *trace*, recognized by `_STARTS` (the first line of one) and by the
  state of the trace (`_NEXT`). The grammar is that of the output of runtimes, in as few words as keep ordinary lines
  out. A trace belongs to the record right before it, if there is one: not to a blank line, and not to another trace,
  because two in a row are two events. Go's ``panic:`` starts a record of its own, since it is no part of the record
  logged before; so it has its own level.
- A header may have two lines (java.util.logging), and PostgreSQL's DETAIL, HINT, CONTEXT and STATEMENT continue, in
  any of its languages.
- Behind the prefix of a transport (`_prefix`: compose, kubectl, docker, CRI, syslog) the text behind it decides, with a
  state for each service. Where another service is between, a line starts a record; `grouped` tells that it resumes one.
  A line without a prefix that is indented, or closes a value, continues the line above: ``host | SUCCESS => {``.
- Pieces of a line that a container runtime has cut (CRI's ``P``, docker's json-file without a newline) are one record.
- The state is a value that is passed from chunk to chunk; `BEFORE` means only that there is a line before.
- Two decisions need the next line: an exception at column 0 is one when a stack follows (``    at f``), and a blank
  line inside a record belongs to it when the record continues. Where the next line is not given, the former starts a
  record and the latter continues: pass one line more than needed.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.digits import DIGITS_TO_ZERO
from reflowlog.text.clean.sanitize import strip_colours
from reflowlog.text.parse.crashes import TRACEBACKS, has_node_place, is_node_place, is_ruby_error
from reflowlog.text.parse.levels import MARKED, NUMBERS
from reflowlog.text.parse.local_names import spellings
from reflowlog.text.parse.piece_marks import PIECE_ENDS
from reflowlog.text.parse.prefix_memo import PrefixMemo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "BEFORE",
    "NOTHING",
    "PIECE",
    "GroupState",
    "LineGroup",
    "Prefixed",
    "body_of",
    "continues",
    "depends_on_next",
    "grouped",
    "has_prefix",
    "has_traceback",
    "header_kind",
    "is_plain_start",
    "may_continue",
    "prefix_of",
    "service_of",
    "whole_lines",
]

UNKNOWN = 0  # no line before, or unknown
RECORD = 1  # a line that is no trace
INDENTED = 2  # an indented line
PYTHON = 3  # the frames of a traceback, before its last line
PYTHON_END = 4  # the last line of a traceback
PYTHON_CHAIN = 5  # "During handling of ...", before the next traceback
STACK = 6  # Java, Node, .NET, Ruby: lines that start with "at" or "from"
GO = 7  # goroutines
TWO_LINES = 8  # the first line of a header of java.util.logging
RUST = 9  # "thread 'main' panicked at", before its message
RUST_END = 10  # the message of a panic, or what follows it
PHP = 11  # "Stack trace:" and its frames
NODE = 12  # the source line above an uncaught error, and the lines after it
BOX = 15  # a message of Julia in a frame
CALLS = 16  # places of OCaml
SYNTAX = 17  # the place of a syntax error of Python, without a traceback
SOURCE = 14  # the place of an uncaught error of Node, before its source line
PIECE = 13  # a piece of a line that a container runtime has cut; the next piece of its stream continues it


class GroupState(NamedTuple):
    """State between two lines; compare `trace` only.

    Attributes:
        trace: what the last line was, of the constants above.
        is_headed: the record above begins with a header that has a time.
        service: prefix of the last line, without its time; empty for a line without one.
        services: states of all services met so far; never changed in place.
        is_timed: the prefix of the last line has a time.
    """

    trace: int = UNKNOWN
    is_headed: bool = False
    service: bytes = b""
    services: Mapping[bytes, GroupState] = {}
    is_timed: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether the last line was no part of a trace."""
        return self.trace <= RECORD


NOTHING = GroupState()
BEFORE = GroupState(RECORD)
PIECE_LINES = 32
"""Lines that are searched at once for one that may continue a record."""

MIN_PIECE_LINES = 8
"""Lines that are worth a search of their own."""

MAX_SERVICES = 256
"""States of services that are kept; those whose last lines are older are forgotten."""

_timed = lazy_pattern(
    rb"[ \t]+[\[(]?(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d:\d\d:\d\d)"
    rb"| (?:LOG|TRACE|DEBUG|INFO|WARN|ERROR|WARNING|FATAL)"
    rb"(?: +\S+(?: > |: | - | --- )|  \S|\[\d{4}\]| +\| )"  # pretty_env_logger, consola, ActiveMQ
    rb"| +(?:DEBUG|INFO|WARN|ERROR|WARNING|CRITICAL|FATAL):? +\d{4}-\d\d-\d\d"
    rb"| +\d+ (?:DEBUG|INFO|WARN|ERROR|WARNING|WARNI|CRITICAL|CRITI|FATAL) +[<\[]\w"  # relative milliseconds
    rb"|  [A-Z]{4}\[\d{4}\] "  # apex/log
    rb"| {8,}(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) +\S"  # Rich, which leaves out a repeated time
    rb"| +\d+[.]\d{3,9}s? +(?:\[[^\]\n]+\] |(?:TRACE|DEBUG|INFO|WARN|ERROR) )"  # uptimes
    rb"| (?:\xe2\x9c[\x93\x96]|\xe2\x97\x8b|\xe2\xa8\xaf|\xe2\x9a\xa0)(?:\xef\xb8\x8f)? "  # icons of Next.js
    rb"| +\d+:\d{8}:\d{6}[. ]| +\d+\(\d+\) [A-Z]+: | \*\* \("  # Zabbix, Kamailio, Wireshark
)  # an indented header

_levelled = lazy_pattern(
    rb" {1,8}(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL) +\S"
    rb"| (?:info|warn): +\S"  # levels to the right
    rb"| (?:Error|Warn|Warning|Info|Alert|Debug) {3,}[A-Za-z\[]"
    rb"| +\d+:\d+ +(?:error|warning) +\S| +\S+:\d+:\d+ - (?:error|warning): "  # ESLint, pyright
)  # an indented header, where records begin with none that has a time

# First lines of a trace at column 0, and the state after them; see `_exception` for Java, Node and Ruby.
_STARTS = {
    b"Traceback (most recent call last)": PYTHON,
    b"Stack (most recent call last)": INDENTED,  # Python's stack_info
    b"future: <Task finished": RECORD,  # asyncio's, between a record and its traceback
    b"goroutine ": GO,  # goroutine 1 [running]:
    b"panic: ": GO,
    b"fatal error: ": GO,
    b"Caused by:": STACK,  # Java, the rest of a stack; anyhow
    b"Stack trace:": PHP,
    b"stack backtrace:": RUST_END,
    b"LINE 1: ": INDENTED,  # psql
    b"CallStack (from HasCallStack):": INDENTED,  # Haskell
    b"HasCallStack backtrace:": INDENTED,
    b"Stacktrace:": INDENTED,  # Julia
    b"stack traceback:": INDENTED,  # Lua
    b"Raised at ": CALLS,  # OCaml
    b"Raised by primitive operation at ": CALLS,
    "╷".encode(): BOX,  # Terraform
    **{mark.encode(): INDENTED for mark in ("✘ [ERROR] ", "▲ [WARNING] ")},  # esbuild
    b"thread '": RUST,
    b"node:internal/": NODE,
    b"terminate called ": INDENTED,  # C++
    b"** (": INDENTED,  # Elixir
    **{f"┌ {level}: ".encode(): BOX for level in ("Debug", "Info", "Warning", "Error")},  # Julia
}
_PREFIXES = tuple(_STARTS)
_START_BYTES = frozenset(prefix[0] for prefix in _PREFIXES)
_RECORD_STARTS = (  # first lines that start a record
    *(b"panic: ", b"fatal error: ", b"Exception in thread ", b"Uncaught ", b"node:internal/"),
    b"terminate called ",  # C++
    *(mark.encode() for mark in ("┌ ", "╷", "✘ [", "▲ [")),  # Julia, Terraform, esbuild
    b"Unhandled exception",
    *(b"START RequestId: ", b"END RequestId: ", b"REPORT RequestId: "),  # AWS Lambda
)
_UNCAUGHT = (b"Exception in thread ", b"Unhandled exception")  # of Java and .NET, before a stack
_BOX_END = "└ @ ".encode()  # Julia
_JOINABLE = (RECORD, INDENTED)  # states of a record that a trace may join
_BLANK = b" \t"
_CLOSING = (b"}", b"]", b")", b"},", b"],")

# java.lang.IllegalStateException: text | Exception in thread "main" a.b.C | TypeError [CODE]: text | Uncaught Error: a
# a.rb:6:in `f': text (Error)
_exception = lazy_pattern(
    rb"""(?: Exception\ in\ thread\ "[^"]*"\ | Uncaught\ | Unhandled\ exception[.:]\ )?
    (?: (?:[A-Za-z_$][\w$]*\.)+[A-Z_$][\w$]* | [A-Z][\w$]*(?:Error|Exception) | Error )
    (?:\ \[[\w-]+\])? (?: : .*)? \r? $ | [^\s:]+\.rb:\d+:in\ .* \r? $""",
    re.VERBOSE,
)
_at = lazy_pattern(rb"[ \t]+(?:at|from|--->) \S")  # .NET has an arrow before the exception within
_go_frame = lazy_pattern(rb"\t\S+\.(?:go|s):\d+")
_go_call = lazy_pattern(
    rb"(?:created by )?(?=\S*[.(])[A-Za-z_][\w./~%*(){}\[\]@-]*(?:\(.*\))?(?: in goroutine \d+)?\r?$"
)
_goes_on_after_blank = (b"Caused by:", b"Stack backtrace:", b"Next ")

# Continuations at column 0, by the state before them: the pattern, and the state after them.
_NEXT = {
    PYTHON: (
        lazy_pattern(rb"[A-Za-z_\x80-\xff][\w.\x80-\xff]*(?::.*)?\r?$"),
        PYTHON_END,
    ),  # a.b.Error: text | KeyboardInterrupt
    PYTHON_END: (
        lazy_pattern(rb"During handling of the above exception|The above exception was the direct|Stack \(most recent"),
        PYTHON_CHAIN,
    ),
    PYTHON_CHAIN: (lazy_pattern(rb"Traceback \(most recent call last\)"), PYTHON),
    STACK: (lazy_pattern(rb"Caused by: |--- End of |[\])}]+[,;]?\r?$"), STACK),  # Node closes the properties with }
    INDENTED: (
        lazy_pattern(rb"[\])}]+[,;]?\r?$|\d+ +(?:\||\xe2\x94\x82) "),
        INDENTED,
    ),  # closes a printed value; source lines of rustc
    CALLS: (lazy_pattern(rb"Called from |Re-raised at |Raised (?:at|by) "), CALLS),
    SYNTAX: (lazy_pattern(rb"\w*(?:Error|Exception|Warning)(?:: .*)?\r?$"), PYTHON_END),
    GO: (
        lazy_pattern(
            rb"""goroutine\ \d+\ (?:\w+=\w+\ )*\[ | \[signal\ | created\ by\  | exit\ status\ \d
            | panic:\  | \[recovered\] | [A-Za-z_][\w./~%*(){}\[\]-]* \( [^()]* \) \r? $""",  # main.(*T).f(0x1, ...)
            re.VERBOSE,
        ),
        GO,
    ),
    TWO_LINES: (
        lazy_pattern(rb"(?:SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST|[A-Z\x80-\xff][\w\x80-\xff]{3,12}): "),
        RECORD,
    ),
    RUST: (lazy_pattern(rb"."), RUST_END),
    RUST_END: (lazy_pattern(rb"stack backtrace:|note: "), RUST_END),
    PHP: (lazy_pattern(rb"#\d+ |Stack trace:|Next \S"), PHP),
    BOX: (lazy_pattern(rb"\xe2\x94[\x82\x94]|\xe2\x95\xb5"), BOX),  # the frame at the side, and its end
    SOURCE: (lazy_pattern(rb"."), NODE),
    NODE: (
        lazy_pattern(
            rb"\^+\r?$|[A-Z]\w*(?:Error|Exception)?(?: \[\w+\])?: |Error$|Node\.js v\d|throw |[\])}]+[,;]?\r?$"
        ),
        NODE,
    ),
}
_BLANK_INSIDE = frozenset(_NEXT) - {INDENTED, STACK, TWO_LINES}  # states in which a blank line may belong to the record

_PYTHON_HEADER = rb"(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):[\w.]+:"  # of `logging.basicConfig`
# The usual beginnings of records; a line that has none of them is looked at by `header_kind`.
_USUAL = (
    rb"""(?:[\[(<]?\d{4}[-/.]\d\d[-/.]\d\d[T _-]\d\d?:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d """
    rb"""|\[?\d\d:\d\d:\d\d[.,\] ]|\d{10}(?:\.\d+)? |[VDIWEFC]\d{4} \d\d:|<\d{1,3}>|\[ *\d+\.\d{3,9}\]"""
    rb"""|[\da-f.:]{3,45} - \S{1,40} \[\d\d/[A-Z][a-z]{2}/\d{4}:|"""
    + _PYTHON_HEADER
    + rb"""|\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} """
    rb"""|\d\d/\d\d/\d\d \d\d:\d\d:\d\d |\d{6} \d{6} \d+ (?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) )"""
)
_usual = lazy_pattern(_USUAL)
_LOGFMT = rb"[A-Za-z_@][\w.@-]*=\S[^\n]* [\w.@-]+="
_unusual_line = lazy_pattern(rb"\n(?!" + _USUAL + rb'|\{"|\r?\n|\Z|' + _LOGFMT + rb")")
_PLAIN = (  # beginnings that are usual, behind no prefix of a transport, and of no trace; cheap to search for
    rb"""(?:\d{4}-\d\d-\d\d \d\d?:\d\d|\{"(?!log":")|[A-Za-z_@][\w.@-]*=(?:"[^"\n]*"|[^\s"]+) [\w.@-]+="""
    rb"""|\d[\d.]{2,44} - \S{1,40} \[\d\d/[A-Z][a-z]{2}/\d{4}:|""" + _PYTHON_HEADER + rb"""|\[?\d\d:\d\d:\d\d[.,\] ])"""
)
_plain = lazy_pattern(_PLAIN)
_line_that_is_not_plain = lazy_pattern(rb"\n(?!" + _PLAIN + rb"|\r?\n|\Z)")
_DIGITS = tuple(b"%d" % digit for digit in range(10))
_may_have_time = lazy_pattern(rb"\d(?:[:.]\d\d|\d{5} \d{6}|\d{7}|[hH]\d\d|[\xe5\xe6\xeb\xec])")
_has_python_header = lazy_pattern(_PYTHON_HEADER)
_DETAIL_WORDS = """
    DETAIL HINT CONTEXT STATEMENT QUERY LOCATION TIPP ZUSAMMENHANG ANWEISUNG ANFRAGE ORT
    DÉTAIL ASTUCE CONTEXTE INSTRUCTION REQUÊTE EMPLACEMENT DETALLE SUGERENCIA CONTEXTO SENTENCIA CONSULTA UBICACIÓN
    DETTAGLI SUGGERIMENTO CONTESTO ISTRUZIONE DETALHE DICA COMANDO SZCZEGÓŁY PODPOWIEDŹ KONTEKST WYRAŻENIE ZAPYTANIE
    ПОДРОБНОСТИ ПОДСКАЗКА КОНТЕКСТ ОПЕРАТОР ЗАПРОС 詳細 ヒント 文脈 文 详细信息 提示 上下文 语句
"""  # of PostgreSQL, in the languages of its messages
_DETAILS = tuple(f"{word}:  ".encode() for word in _DETAIL_WORDS.split())
_detail = lazy_pattern(rb"[^:]{0,80}(?::[^:]{0,80}){0,12}?(?<![\w\x80-\xff])(?:" + b"|".join(_DETAILS) + rb")")
_two_line_header = lazy_pattern(
    rb".{0,40}\d\d?:\d\d:\d\d(?:.{0,12} [\w$]+(?:\.[\w$]+)+| [AP]M [A-Z][\w$]*) [\w$<>]+\r?$"
    rb"|.{0,24}\d\d:\d\d:\d\d \[[^\]]+\] [\w$]+(?:\.[\w$<>]+)+\(\)\r?$"
    rb"|.{0,24}\d\d?:\d\d:\d\d [AP]M [\w$]+(?:\.[\w$]+){2,}\r?$"  # tinylog
)
_OBJECT_STARTS = (b'{"', b'{ "')
_json_line = lazy_pattern(rb'\[?\{\s*(?:".*)?\}\]?,?\s*$')
_logfmt_line = lazy_pattern(_LOGFMT)
_pairs = lazy_pattern(
    rb'(?:ts|time|timestamp|level|lvl|severity)=(?:"[^"\\\n]*"|[^\s"]+)'
    rb'(?: +[\w.@-]+=(?:"[^"\\\n]*(?:"|\Z)|[^\s"]*))* *[\w.@-]*\Z'
)  # the start of a line of pairs, cut anywhere
_unquoted_message = lazy_pattern(rb'(?:msg|message)=[^"]')  # text up to the end of the line, behind a header


# Prefixes of transports: the pattern, and whether it has a time (then plain indentation does not continue).
_STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"
_compose = lazy_pattern(rb"(?:\d+\|)?([A-Za-z][\w.-]*) *\| ?"), False  # compose, foreman, PM2
_kubectl = lazy_pattern(rb"(\[pod/[^\]\s]+\]) "), False  # kubectl --prefix
_cri = lazy_pattern(_STAMP + rb" (std(?:out|err)) [FP] "), False
_syslog = (  # syslog, journald
    lazy_pattern(rb"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|" + _STAMP + rb") [\w.-]+ ([\w./@()-]+(?:\[\d+\])?): "),
    True,
)
_stamped = lazy_pattern(_STAMP + rb" (?=(.{0}))"), True  # docker, kubectl --timestamps, GitHub Actions
_PREFIX_FORMS = {  # by the first byte of the line
    ord("["): (_kubectl,),
    **dict.fromkeys(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", (_compose, _syslog)),
    **dict.fromkeys(b"abcdefghijklmnopqrstuvwxyz", (_compose,)),
    **dict.fromkeys(b"0123456789", (_compose, _cri, _syslog, _stamped)),
}
_docker_json = lazy_pattern(rb'\{"log":"((?:[^"\\]|\\.)*)","stream":"?(\w*)')
_BEGINNING = rb"(?:" + b"|".join(map(re.escape, _PREFIXES)) + rb")"  # of a trace
_may_begin = lazy_pattern(
    rb'\n(?:[ \t]|\{"log":"|' + _BEGINNING + rb")"
)  # the newline first: `re` searches for it in C
_PLAIN_LOGFMT = rb"(?:ts|time|timestamp)=\"?\d[^\n]*(?:msg|message)=[^\"]"  # a text without quotes may have lines
_may_begin_behind = lazy_pattern(
    rb"\n(?:(?:"
    + _STAMP
    + rb" (?:\S+ \S+: )?|[A-Z][a-z]{2} [ \d]\d [\d:]{8} \S+ \S+ )(?:"
    + _BEGINNING
    + rb"|[ \t]+(?:at|from|--->) |\t|"
    + _USUAL
    + rb"|"
    + _PLAIN_LOGFMT
    + rb")|"
    + _STAMP
    + rb" std(?:out|err) (?:P |F (?:"
    + _BEGINNING
    + rb"|[ \t]|"
    + _USUAL
    + rb"|"
    + _PLAIN_LOGFMT
    + rb")))"
)  # behind the prefix of a transport; where that has a time of its own, plain indentation does not continue
_has_pipe = lazy_pattern(rb"\n(?:(?:\d+\|)?[A-Za-z][\w.-]* *\|(?:[ \t]|" + _BEGINNING + rb")|\[pod/)")
_ESCAPES = ((rb"\n", b""), (rb"\t", b"\t"), (rb"\"", b'"'), (rb"\\", b"\\"))

HEADLESS, HEADED, LEVELLED = 0, 1, 2  # kinds of lines: no header, one with a time, another one
_KIND_BYTES = 96
_kinds: Memo[bytes, int] = Memo(limit=4096)
_headed: PrefixMemo[bool] = PrefixMemo()  # headers with a time, up to the message, whatever that is
_SEPARATORS = (b"|", b"-", b":", b"=", b">", b"")  # with which a message hardly begins, but a further column


def continues(
    lines: Sequence[bytes], inside: GroupState = NOTHING, following: bytes | None = None
) -> tuple[list[bool], GroupState]:
    r"""Return which lines continue the record before them.

    About 6 us a line; 1.4 us a line of the pieces of `PIECE_LINES` lines that have no candidate.

    Args:
        lines: without their newlines.
        inside: state before the lines: the one this function returned last, `BEFORE`, or `NOTHING`.
        following: the line after them; None: unknown.

    Returns:
        For each line whether it continues, and the state to pass with the lines that follow. (The first line of a
        source starts a record whatever it looks like; the caller handles that.)

    Examples:
        >>> continues([b"10:00:00 it failed", b"Traceback (most recent call last):", b"  File 1", b"KeyError: 1"])[0]
        [False, True, True, True]
        >>> continues([b"web-1 | boom", b"web-1 |   at line 7", b"db-1 | x"])[0]
        [False, True, False]
    """
    found: list[bool] = []
    state = inside
    begun = 0  # lines before this one are decided
    for start in range(0, len(lines) - MIN_PIECE_LINES + 1, PIECE_LINES):
        piece = lines[start : start + PIECE_LINES]
        if b"" in piece or b"\r" in piece or may_continue(b"\n".join(piece) + b"\n"):
            continue  # what a blank line belongs to depends on the lines around it
        groups, state = grouped(lines[begun:start], state, piece[0])
        found += [line.goes_on for line in groups]
        begun = start
        if not state.is_idle or state.services:
            continue
        first = grouped(piece[:1], state, piece[1])[0][0]
        behind = grouped(piece[-2:-1], BEFORE, piece[-1])[1]
        if first.goes_on or first.service or behind.service or service_of(piece[-1]):
            continue
        begun += len(piece) - 1  # the last line may be the first of a trace
        found += [False] * (len(piece) - 1)
        state = behind
    groups, state = grouped(lines[begun:], state, following)
    return [*found, *(line.goes_on for line in groups)], state


class LineGroup(NamedTuple):
    """How a line belongs to the lines before it.

    Attributes:
        goes_on: it continues the record of the line before.
        service: see `GroupState.service`.
        resumes: it continues the last record of its service, which lines of other services have interrupted.
    """

    goes_on: bool
    service: bytes
    resumes: bool


def grouped(
    lines: Sequence[bytes], inside: GroupState = NOTHING, behind: bytes | None = None
) -> tuple[list[LineGroup], GroupState]:
    r"""Return how lines belong together, and the state after them; see `continues`.

    Args:
        lines: without their newlines.
        inside: state before the lines.
        behind: the line that follows them; None: unknown.

    Examples:
        >>> [line.resumes for line in grouped([b"web-1 | boom", b"db-1 | x", b"web-1 |   at line 7"])[0]]
        [False, False, True]
    """
    found: list[LineGroup] = []
    services = dict(inside.services)
    service, state, is_headed, is_timed = inside.service, inside.trace, inside.is_headed, inside.is_timed
    lines = [strip_colours(line) for line in lines]
    prefixes = [prefix_of(line) for line in lines]
    prefix_behind = None if behind is None else prefix_of(strip_colours(behind))
    for number, prefix in enumerate(prefixes):
        following = prefixes[number + 1] if number + 1 < len(prefixes) else prefix_behind
        is_own = is_timed or (bool(service) and _goes_on_without_prefix(prefix.body))
        if not prefix.end and is_own:  # the time is the program's own: a transport puts one before each line
            goes_on, state, _ = _step(prefix.body, following and following.body, state, is_timed or is_headed, False)
            found.append(LineGroup(goes_on, service, False))
            continue
        is_other = prefix.service != service
        if is_other:
            services.pop(service, None)  # those whose lines are the oldest are the first
            services[service] = GroupState(state, is_headed)
            is_first = not (number or inside.trace or inside.service)
            state, is_headed = services.get(prefix.service, NOTHING)[:2]
            service = prefix.service
        is_timed = prefix.is_timed
        after = None
        if following is not None:
            is_same = following.service == service or (is_timed and not following.end)
            after = following.body if is_same else b"."
        if state == PIECE:
            goes_on, state = True, RECORD
        else:
            goes_on, state, is_headed = _step(prefix.body, after, state, is_headed, is_timed)
        if prefix.is_piece:
            state = PIECE
        is_interrupted = is_other and not is_first
        found.append(LineGroup(goes_on and not is_interrupted, service, goes_on and is_interrupted))
    while len(services) > MAX_SERVICES:
        del services[next(iter(services))]
    return found, GroupState(state, is_headed, service, services, is_timed)


def _goes_on_without_prefix(line: bytes) -> bool:
    """Return whether a line without a prefix, behind one with a prefix, is indented or closes a value."""
    return line[:1] in (b" ", b"\t") or line.strip() in _CLOSING


def may_continue(data: bytes) -> bool:
    r"""Return whether a chunk may have a line that continues a record. About 2 ms per MB.

    Args:
        data: lines with their newlines.

    Returns:
        False only if no line of the chunk, and no line after it because of its content, continues another. A trace
        that began before the chunk is the caller's to track.

    Examples:
        >>> may_continue(b"one\ntwo\n"), may_continue(b"one\n  two\n")
        (False, True)
    """
    data = b"\n" + strip_colours(data)  # so that each line follows a newline, for which the patterns search first
    if b":  " in data and any(detail in data for detail in _DETAILS):
        return True
    return _line_that_is_not_plain.search(data) is not None and _may_continue_unless_plain(data)


def _may_continue_unless_plain(data: bytes) -> bool:
    """Return `may_continue`, but for details, of lines without colours with a newline before each."""
    has_digit = any(digit in data for digit in _DIGITS)
    if _may_begin.search(data) or (has_digit and _may_begin_behind.search(data)):
        return True
    if (b"|" in data or b"[pod/" in data) and _has_pipe.search(data):
        return True
    if _BOX_END in data or any(mark in data for mark in _UNCAUGHT) or has_node_place(data) or _has_ruby_error(data):
        return True
    unusual = _unusual_line.search(data)
    if unusual is None:
        return False
    if has_digit and _may_have_time.search(data):
        return any(header_kind(line) != HEADED for line in _unusual_lines(data, unusual.end()))
    return b":" in data and _has_python_header.search(data) is not None


def _unusual_lines(data: bytes, start: int) -> Iterator[bytes]:
    """Yield the lines that do not begin as most records do, given the start of the first one."""
    while True:
        stop = data.find(b"\n", start)
        yield data[start : stop if stop >= 0 else len(data)]
        found = _unusual_line.search(data, stop) if stop >= 0 else None
        if found is None:
            return
        start = found.end()


def is_plain_start(line: bytes) -> bool:
    r"""Return whether a line begins a record whatever is before it, but for the inside of a trace. Cheap, not complete.

    Lines for which `may_continue` is True, and those after them, are the caller's to look at.

    Examples:
        >>> is_plain_start(b'ts=1 msg="x"'), is_plain_start(b"it failed")
        (True, False)
    """
    line = strip_colours(line)
    if line[:1] == b"{" and not _json_line.match(line):
        return False
    return _plain.match(line) is not None


def whole_lines(data: bytes, *, has_begun: bool = False, is_cut: bool = False) -> bytes:
    r"""Return a chunk without the parts of lines at its ends, which look like no header to `may_continue`.

    Args:
        data: lines with their newlines; all of it is returned where it has no whole line.
        has_begun: the first line may have begun before the chunk.
        is_cut: the last line goes on behind the chunk, unless it ends with a newline.

    Examples:
        >>> whole_lines(b"rt\none\ntwo\nthr", has_begun=True, is_cut=True)
        b'one\ntwo\n'
    """
    start = data.find(b"\n") + 1 if has_begun else 0
    stop = data.rfind(b"\n") + 1 if is_cut else len(data)
    return data[start:stop] if start < stop else data


class Prefixed(NamedTuple):
    """A line with the prefix of a transport.

    Attributes:
        end: of the prefix, in bytes; 0 for a line without one.
        service: the prefix without its time.
        is_timed: it has a time.
        body: the text behind it.
        is_piece: the text goes on in the next line of the service.
    """

    end: int
    service: bytes
    is_timed: bool
    body: bytes
    is_piece: bool = False


def prefix_of(line: bytes) -> Prefixed:
    """Split a line into a transport's prefix and the text behind it."""
    if line[:1] == b"{":
        found = _docker_json.match(line)
        if found is not None:
            body = found[1]
            for escaped, plain in _ESCAPES:
                body = body.replace(escaped, plain)
            return Prefixed(found.end(), b"json-file " + found[2], False, body, not found[1].endswith(rb"\n"))
    elif line[:1].isdigit() and line[10:11] != b"T" and b"|" not in line[:6]:
        pass  # neither a time stamp of a transport nor PM2's number
    else:
        for form, is_timed in _PREFIX_FORMS.get(line[0], ()) if line else ():
            found = form.match(line)
            if found is not None:
                is_piece = found[0].endswith(PIECE_ENDS)
                return Prefixed(found.end(), found[1] or b"time", is_timed, line[found.end() :], is_piece)
    return Prefixed(0, b"", False, line)


def has_prefix(data: bytes) -> bool:
    r"""Return whether a chunk begins with the prefix of a transport, so that its lines belong to services.

    Examples:
        >>> has_prefix(b"Jun 14 15:16:01 host sshd[1]: x\n"), has_prefix(b"10:00:00 INFO x\n")
        (True, False)
    """
    return prefix_of(strip_colours(data[: data.find(b"\n") + 1 or len(data)].rstrip(b"\n"))).end > 0


def service_of(line: bytes) -> bytes:
    r"""Return the prefix of a transport before a line, without its time; empty for a line without one.

    >>> service_of(b"Jun 14 15:16:01 host sshd[1]: x"), service_of(b"web-1  | x"), service_of(b"it failed")
    (b'sshd[1]', b'web-1', b'')
    """
    return prefix_of(strip_colours(line)).service


def body_of(line: bytes) -> bytes:
    r"""Return the text of a line behind the prefix of a transport; the whole line where it has none.

    >>> body_of(b"web-1  | it failed"), body_of(b'{"log":"it failed\\n","stream":"stderr"}'), body_of(b"it failed")
    (b'it failed', b'it failed', b'it failed')
    """
    return prefix_of(line).body


def has_traceback(data: bytes) -> bool:
    r"""Return whether a line begins a traceback of Python, Ruby or Elixir, behind the prefix of a transport, too.

    >>> has_traceback(b"10:00:00 INFO up\nTraceback (most recent call last):\n"), has_traceback(b"see Traceback (most")
    (True, False)
    """
    for mark in TRACEBACKS:
        at = data.find(mark)
        while at >= 0:
            start = data.rfind(b"\n", 0, at) + 1
            if at == start or body_of(strip_colours(data[start : at + len(mark)])).startswith(mark):
                return True
            at = data.find(mark, at + 1)
    return _has_ruby_error(data)


def _has_ruby_error(data: bytes) -> bool:
    """Return whether a line begins Ruby's report of an exception, behind the prefix of a transport, too."""
    if b".rb:" not in data:
        return False
    return any(is_ruby_error(body_of(strip_colours(line))) for line in data.split(b"\n") if b".rb:" in line)


def depends_on_next(line: bytes) -> bool:
    r"""Return whether it may depend on the next line if a line continues the record before it.

    >>> depends_on_next(b"a.b.BadError: it failed"), depends_on_next(b"main.main()"), depends_on_next(b"boom")
    (True, True, False)
    """
    body = body_of(strip_colours(line))
    return not body.strip() or _exception.match(body) is not None or _go_call.match(body) is not None


def header_kind(line: bytes) -> int:
    """Return whether a line begins with a header that has a time, another header, or none."""
    if _usual.match(line):
        return HEADED
    if line.startswith(_OBJECT_STARTS) and _json_line.match(line):  # no header has a quote after its first brace
        return LEVELLED
    head = line[:_KIND_BYTES]
    folded = head.translate(DIGITS_TO_ZERO)
    known = _headed.find(folded)
    if known is not None and line[known[0] : known[0] + 1] not in _SEPARATORS:
        return HEADED
    if not head[:1].isalnum() and head[:1] not in b"[<*#(" and not _may_have_time.search(head):
        return LEVELLED if _json_line.match(line) or _logfmt_line.match(line) else HEADLESS
    if _pairs.match(head) and not _unquoted_message.search(head) and _logfmt_line.match(line):
        return LEVELLED  # without the grammar of headers
    kind = HEADLESS if _may_have_header().search(folded) is None else _kinds.get(folded)
    if kind is None:
        from reflowlog.text.parse.header import parts  # start-up cost: only for unusual headers

        found = parts(head.decode("utf-8", "replace"))
        kind = HEADED if found.time[1] else LEVELLED if found.level[1] else HEADLESS
        _kinds.remember(folded, kind)
        prefix = folded[: found.column]
        if kind == HEADED and prefix[-1:] == b" " and b"0:00" in prefix and b"=" not in prefix and head.isascii():
            _headed.remember(prefix, True)
    return LEVELLED if kind == HEADLESS and (_json_line.match(line) or _logfmt_line.match(line)) else kind


@cache
def _may_have_header() -> re.Pattern[bytes]:
    """Return the pattern of a part that each header has: a digit, for a time, or a level's name, letter or icon."""
    from reflowlog.text.parse.grammar import LEVEL_WORDS  # start-up cost: only for unusual headers

    local = (each for name in NUMBERS if not name.isascii() for each in spellings(name.upper()))
    marked = b"|".join(re.escape(name.encode()) for name in MARKED if name[0] == "<")
    every = {*LEVEL_WORDS, "MSG", "FAILED", *(name.upper() for name in NUMBERS if len(name) > 1), *local}
    words = b"|".join(re.escape(name.encode()) for name in sorted(every, key=len, reverse=True))
    return re.compile(
        rb"[0-9]|^ ?[^\x00-\x7f]|"
        + marked
        + rb"|(?i:(?<![a-z])(?:"
        + words
        + rb")(?![a-z]))|(?<![A-Za-z])[A-Z](?![A-Za-z])"
    )


def _step(line: bytes, after: bytes | None, state: int, is_headed: bool, is_timed: bool) -> tuple[bool, int, bool]:
    """Return whether a line continues, the state after it, and whether its record has a header.

    Args:
        line: without the prefix of a transport.
        after: the next line of its service; None: unknown.
        state: of the line before.
        is_headed: of the record before.
        is_timed: its prefix has a time, so that plain indentation means nothing.
    """
    if not line.strip():
        goes_on = _blank_goes_on(after, state, is_headed)
        return goes_on, state if goes_on else UNKNOWN, is_headed
    if line[0] in _BLANK:
        if _timed.match(line) or (not is_headed and ((is_timed and state <= RECORD) or _begins_levelled(line, state))):
            return False, RECORD, is_headed
        if b"Exception Group Traceback" in line:
            return True, PYTHON_END, is_headed
        if state <= INDENTED:
            state = STACK if _at.match(line) else SYNTAX if line.startswith(b'  File "') else INDENTED
        elif state == SOURCE:
            state = NODE
        return True, state, is_headed
    if state in _NEXT:
        pattern, then = _NEXT[state]
        if pattern.match(line):
            return True, then, is_headed
    kind = header_kind(line)
    if kind == HEADED and not (after and _at.match(after) and _exception.match(line)):
        if b":  " in line and state != UNKNOWN and any(detail in line for detail in _DETAILS) and _detail.match(line):
            return True, RECORD, True
        return False, TWO_LINES if _two_line_header.match(line) else RECORD, True
    return _headless_step(line, after, state, is_headed, kind)


def _begins_levelled(line: bytes, state: int) -> bool:
    """Return whether an indented line begins a record: with a level, outside of traces."""
    return state <= INDENTED and _levelled.match(line) is not None


def _headless_step(line: bytes, after: bytes | None, state: int, is_headed: bool, kind: int) -> tuple[bool, int, bool]:
    """Return the result of `_step` for a line at column 0 without a time."""
    for prefix, then in _STARTS.items() if line[0] in _START_BYTES else ():
        if line.startswith(prefix):
            goes_on = (state in _JOINABLE or is_headed) and not line.startswith(_RECORD_STARTS)
            goes_on = goes_on and then != RUST
            return goes_on, then, is_headed and goes_on
    if is_node_place(line):
        return False, SOURCE, False
    is_sure = line.startswith(_UNCAUGHT) or is_ruby_error(line)
    if is_sure or (after and _at.match(after) and _exception.match(line)):
        goes_on = (state in _JOINABLE or is_headed) and not line.startswith(_RECORD_STARTS)
        return goes_on, STACK, is_headed and goes_on
    if after and _go_frame.match(after) and state in (*_JOINABLE, GO) and _go_call.match(line):
        return True, GO, is_headed
    if line.startswith(_BOX_END) and state != UNKNOWN:
        return True, RECORD, is_headed
    if is_headed and kind == HEADLESS and not line.startswith(_RECORD_STARTS):
        return True, RECORD, True
    return False, RECORD, False


def _blank_goes_on(after: bytes | None, state: int, is_headed: bool) -> bool:
    """Return whether a blank line belongs to the record before it."""
    if after is not None and after.startswith(_goes_on_after_blank):
        return state != UNKNOWN
    if state == INDENTED and after is None:
        return True
    if state == INDENTED and after and after[0] in _BLANK and after.strip():  # a paragraph of an indented text
        return not _timed.match(after) and not _levelled.match(after)
    if state in _BLANK_INSIDE and (after is None or _trace_continues(after, state)):
        return True
    if not is_headed or not after or not after.strip():
        return False
    if after[:1] in (b" ", b"\t"):
        return not _timed.match(after)
    if state == INDENTED and _exception.match(after):  # Node: the source line, a blank line, the error
        return True
    return header_kind(after) == HEADLESS and not after.startswith(_RECORD_STARTS)


def _trace_continues(after: bytes, state: int) -> bool:
    """Return whether a trace continues with the line that follows a blank one."""
    if state in (RUST, RUST_END):
        return after.startswith((b"stack backtrace:", b"note: "))
    return bool(_NEXT[state][0].match(after)) or (state in (PYTHON, NODE) and after[:1] in (b" ", b"\t"))
