"""Multiline grouping: decides which lines continue the record before them (tracebacks, stacks, indented lines). Pure.

Any thread may call it.

Invariants:
- An indented line continues, unless it starts with a time. Every other continuation is part of a *trace*, recognized
  by `_STARTS` (the first line of one at column 0) and by the state of the trace (`_NEXT`).
- The grammar is that of the output of runtimes, in as few words as keep ordinary lines out; an unknown line starts a
  record. A trace belongs to the record right before it, if there is one: not to a blank line, and not to another
  trace, because two in a row are two events. Go's ``panic:`` starts a record of its own, since it is no part of the
  record logged before; so it has its own level.
- The state is a small number that is passed from chunk to chunk; `BEFORE` means only that there is a line before.
- Two decisions need the next line: an exception at column 0 is one when a stack follows (``    at f``), and a blank
  line inside a trace belongs to it when the trace continues. Where the next line is not given, the former starts a
  record and the latter continues: pass one line more than needed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reflowlog.text.clean.sanitize import strip_colours

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BEFORE", "continues", "may_continue"]

NOTHING = 0  # no line before, or unknown
BEFORE = 1  # a line that is no trace
INDENTED = 2  # an indented line
PYTHON = 3  # the frames of a traceback, before its last line
PYTHON_END = 4  # the last line of a traceback
PYTHON_CHAIN = 5  # "During handling of ...", before the next traceback
STACK = 6  # Java, Node, .NET: lines that start with "at"
GO = 7  # goroutines

_timed = re.compile(rb"[ \t]+[\[(]?(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d:\d\d:\d\d)").match

# First lines of a trace at column 0, and the state after them; see `_exception` for Java and Node.
_STARTS = {
    b"Traceback (most recent call last)": PYTHON,
    b"Stack (most recent call last)": INDENTED,  # Python's stack_info
    b"future: <Task finished": BEFORE,  # asyncio's, between a record and its traceback
    b"goroutine ": GO,  # goroutine 1 [running]:
    b"panic: ": GO,
    b"fatal error: ": GO,
    b"Caused by: ": STACK,  # Java, the rest of a stack
}
_PREFIXES = tuple(_STARTS)
_HINTS = {b"ack (most recent call last)" if b"(most" in prefix else prefix for prefix in _PREFIXES}  # a substring each
_RECORD_STARTS = (
    b"panic: ",
    b"fatal error: ",
    b"Exception in thread ",
    b"Uncaught ",
)  # first lines that start a record
_JOINABLE = (BEFORE, INDENTED)  # states of a record that a trace may join
_BLANK = b" \t"
_FIRST_BYTES = _BLANK + bytes({prefix[0] for prefix in _PREFIXES})  # first bytes of lines that may continue

# java.lang.IllegalStateException: text | Exception in thread "main" a.b.C | TypeError [CODE]: text | Uncaught Error: a
_exception = re.compile(
    rb"""(?: Exception\ in\ thread\ "[^"]*"\ | Uncaught\ )?
    (?: (?:[A-Za-z_$][\w$]*\.)+[A-Z_$][\w$]* | [A-Z][\w$]*(?:Error|Exception) | Error )
    (?:\ \[[\w-]+\])? (?: : .*)? \r? $""",
    re.VERBOSE,
).match
_at = re.compile(rb"[ \t]+(?:at|--->) \S").match  # .NET has an arrow before the exception within

# Continuations at column 0, by the state before them: the pattern, and the state after them.
_NEXT = {
    PYTHON: (
        re.compile(rb"[A-Za-z_\x80-\xff][\w.\x80-\xff]*(?::.*)?\r?$"),
        PYTHON_END,
    ),  # a.b.Error: text | KeyboardInterrupt
    PYTHON_END: (
        re.compile(rb"During handling of the above exception|The above exception was the direct|Stack \(most recent"),
        PYTHON_CHAIN,
    ),
    PYTHON_CHAIN: (re.compile(rb"Traceback \(most recent call last\)"), PYTHON),
    STACK: (re.compile(rb"Caused by: |[\])}]+[,;]?\r?$"), STACK),  # Node closes the properties of an error with }
    INDENTED: (re.compile(rb"[\])}]+[,;]?\r?$"), BEFORE),  # closes a value printed over several lines
    GO: (
        re.compile(
            rb"""goroutine\ \d+\ (?:\w+=\w+\ )*\[ | \[signal\ | created\ by\  | exit\ status\ \d
            | panic:\  | \[recovered\] | [A-Za-z_][\w./~%*(){}\[\]-]* \( [^()]* \) \r? $""",  # main.(*T).f(0x1, ...)
            re.VERBOSE,
        ),
        GO,
    ),
}


def continues(lines: Sequence[bytes], inside: int = NOTHING) -> tuple[list[bool], int]:
    r"""Return which lines continue the record before them. About 0.2 us a line.

    Args:
        lines: without their newlines.
        inside: state before the lines: the one this function returned last, `BEFORE`, or 0 if nothing is known.

    Returns:
        For each line whether it continues, and the state to pass with the lines that follow. (The first line of a
        source starts a record whatever it looks like; the caller handles that.)

    Examples:
        >>> continues([b"10:00:00 it failed", b"Traceback (most recent call last):", b"  File 1", b"KeyError: 1", b"b"])
        ([False, True, True, True, False], 1)
    """
    found: list[bool] = []
    state = inside
    lines = [strip_colours(line) for line in lines]
    firsts = [line[:1] for line in lines]
    for line, first, after, next_first in zip(lines, firsts, [*lines[1:], None], [*firsts[1:], b"."]):
        # What is empty is in every string: empty lines are never passed over here.
        if state <= BEFORE and first not in _FIRST_BYTES and (next_first not in _BLANK or not next_first):
            found.append(False)
            state = BEFORE
            continue
        goes_on, state = _step(line, after, state)
        found.append(goes_on)
    return found, state


def may_continue(data: bytes) -> bool:
    r"""Return whether a chunk may have a line that continues a record. About 1 ms per MB.

    Args:
        data: lines with their newlines.

    Returns:
        False only if no line of the chunk, and no line after it because of its content, continues another. A trace
        that began before the chunk is the caller's to track.

    Examples:
        >>> may_continue(b"one\ntwo\n"), may_continue(b"one\n  two\n")
        (False, True)
    """
    data = strip_colours(data)
    return (
        data[:1] in (b" ", b"\t")
        or b"\n " in data
        or (b"\t" in data and b"\n\t" in data)
        or any(hint in data for hint in _HINTS)
    )


def _step(line: bytes, after: bytes | None, state: int) -> tuple[bool, int]:
    """Return whether a line continues, and the state after it; `after` is the next line, None if unknown."""
    if not line.strip():
        goes_on = (
            state in _NEXT and state not in (INDENTED, STACK) and (after is None or _trace_continues(after, state))
        )
        return goes_on, state if goes_on else NOTHING
    if line[0] in _BLANK:
        if _timed(line):
            return False, BEFORE
        if b"Exception Group Traceback" in line:
            return True, PYTHON_END
        if state <= INDENTED:
            state = STACK if _at(line) else INDENTED
        return True, state
    if state in _NEXT:
        pattern, then = _NEXT[state]
        if pattern.match(line):
            return True, then
    for prefix, then in _STARTS.items():
        if line.startswith(prefix):
            return state in _JOINABLE and prefix not in _RECORD_STARTS, then
    if after and _at(after) and _exception(line):
        return state in _JOINABLE and not line.startswith(_RECORD_STARTS), STACK
    return False, BEFORE


def _trace_continues(after: bytes, state: int) -> bool:
    """Return whether a trace continues with the line that follows a blank one."""
    return bool(_NEXT[state][0].match(after)) or (state == PYTHON and after[:1] in (b" ", b"\t"))
