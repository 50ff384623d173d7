"""Reports of runtimes on exceptions that no program has logged: their level is ERROR at least. Pure; any thread.

Invariants:
- A line of `is_crash` that begins a record is an error, though it names no level: it is no word of a message, but the
  fixed text of a runtime (Python, Java, Go, Node, Rust, .NET, Ruby, C++, Elixir).
- A traceback of Python, Ruby or Elixir raises a lower record to ERROR (`multiline.has_traceback`): nothing
  tells whether it was logged with the record, or ended the program after it.
- `crash_offsets` finds each line of both kinds in a chunk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "CRASH_STARTS",
    "TRACEBACKS",
    "crash_offsets",
    "has_mark",
    "has_node_place",
    "is_crash",
    "is_node_place",
    "is_ruby_error",
]

TRACEBACKS = (b"Traceback (most recent call last)", b"** (")
"""First characters of tracebacks that may also be logged with a record: of Python and Elixir."""

CRASH_STARTS = (
    *TRACEBACKS,
    b"panic: ",
    b"fatal error: ",
    b"Exception in thread ",
    b"Uncaught ",
    b"Unhandled exception",
    b"node:internal/",
    b"terminate called ",
)
"""First characters of such lines."""

_first_letters = frozenset(start[0] for start in CRASH_STARTS)
_rust = lazy_pattern(rb"thread '[^'\n]*' (?:\(\d+\) )?panicked at ")
_ruby = lazy_pattern(rb"\S+\.rb:\d+:in [`'][^\n]*' *: [^\n]* \([\w:]+\)\r?$")
_node_place = lazy_pattern(rb"(?:file://|[A-Za-z]:)?[/\\][^\n]*\.[cm]?[jt]sx?:\d+\r?$")
_marks = (
    *(b"Traceback (m", b"panic: ", b"fatal error: ", b"Exception in thread ", b"Uncaught ", b"Unhandled exception"),
    *(b"node:internal/", b"terminate called ", b"** (", b" panicked at ", b".rb:"),
)
_SCRIPTS = (b"js:", b"ts:", b"sx:")
_number_at_end = lazy_pattern(rb"\d+\r?(?:\n|\Z)")
_script_place = lazy_pattern(rb"[jt]sx?:\d+\r?(?:\n|\Z)")


def is_crash(line: bytes) -> bool:
    """Return whether a line is the first one of an exception that was not logged. About 0.1 us for most lines.

    Args:
        line: without its newline, colours and the prefix of a transport.

    >>> is_crash(b"Traceback (most recent call last):"), is_crash(b"thread 'main' panicked at a.rs:1:2:")
    (True, True)
    >>> is_crash(b"the panic: is over"), is_crash(b"  Traceback (most recent call last):")
    (False, False)
    """
    first = line[:1]
    if first in (b"", b" ", b"{", b"["):
        return False
    if line[0] in _first_letters and line.startswith(CRASH_STARTS):
        return True
    if first == b"t" and _rust.match(line) is not None:
        return True
    return is_ruby_error(line) or is_node_place(line)


def is_ruby_error(line: bytes) -> bool:
    """Return whether a line is the first one of Ruby's report of an exception.

    >>> is_ruby_error(b"a.rb:1:in `/': divided by 0 (ZeroDivisionError)")
    True
    """
    return b".rb:" in line and _ruby.match(line) is not None


def is_node_place(line: bytes) -> bool:
    """Return whether a line is nothing but a place in a script, as Node writes it before an uncaught error.

    >>> is_node_place(b"/srv/app.js:12"), is_node_place(b"file:///srv/app.mjs:3"), is_node_place(b"at /srv/app.js:12")
    (True, True, False)
    """
    return line[-1:].isdigit() and b"s" in line[-16:] and _node_place.match(line) is not None


def has_mark(line: bytes) -> bool:
    """Return whether a line may hold the first line of a crash anywhere, as behind the prefix of a transport."""
    return any(map(line.__contains__, _marks)) or _script_place.search(line, max(len(line) - 16, 0)) is not None


def has_node_place(data: bytes) -> bool:
    """Return whether a line of a chunk may end with the place of an uncaught error of Node."""
    return any(True for _ in _script_offsets(data))


def crash_offsets(data: bytes) -> Iterator[int]:
    r"""Yield an offset in each line of a chunk that may be one of `is_crash`, and in some others. About 4 ms per MB.

    >>> list(crash_offsets(b"one\nTraceback (most recent call last):\n"))
    [4]
    """
    for mark in _marks:
        at = data.find(mark)
        while at >= 0:
            yield at
            at = data.find(mark, at + 1)
    yield from _script_offsets(data)


def _script_offsets(data: bytes) -> Iterator[int]:
    """Yield an offset in each line of a chunk that may end with a place in a script, and in some others."""
    for mark in _SCRIPTS:
        at = data.find(mark)
        while at >= 0:
            if _number_at_end.match(data, at + 3):
                yield at
            at = data.find(mark, at + 3)
