"""Frames of tracebacks, and the lines of a record that a fold hides. Pure.

Invariants:
- The first line of a record and its last line that is not blank are never hidden. Where the last line is a frame, as in
  Java, the last line that names an exception (``Caused by: ...``) is not hidden either.
- A fold hides two lines or more: one line takes no more room than the count in its place.
- A frame is recognized by its shape in the output of a runtime (Python, Java, Node, .NET, Go, Ruby, Rust, PHP).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FRAMES_OF_LIBRARIES", "OPEN", "WHOLE", "has_frames", "hidden_lines"]

OPEN, FRAMES_OF_LIBRARIES, WHOLE = range(3)
"""Folded parts of a traceback: nothing, the frames of libraries, or all but its first and last line."""

MIN_HIDDEN_LINES = 2

_frame = lazy_pattern(
    rb"""[\s|+-]* File\ ".*",\ line\ \d+ | \s+ at\ \S | \s+ from\ \S+:\d+ | \t\S+\.(?:go|s):\d+
    | \s{2,} \d+:\ +(?:0x[0-9a-f]+\ -\ )?\S | \#\d+\ \S | \s+ \.\.\.\ \d+\ more""",
    re.VERBOSE,
)
_number = lazy_pattern(rb"\s{2,}\d+: ")  # of a frame of Rust, whose place is on the next line
_place = lazy_pattern(rb"\s+at ")
_library = lazy_pattern(
    rb"""(?:site|dist)-packages[/\\] | [/\\]lib[/\\]python\d | [\\]Lib[\\] | <frozen\ | /usr/lib/ | [/\\]gems[/\\]
    | [/\\]node_modules[/\\] | \bnode:\w | \(internal/ | \bat\ (?:java|jdk)\.[\w.]+/ | /usr/local/go/ | /go/pkg/mod/
    | \bat\ (?:java|javax|jdk|sun|com\.sun|kotlin|scala|groovy|io\.netty|System|Microsoft)\.
    | \bat\ org\.(?:springframework|apache|hibernate|junit|eclipse|jboss)\.
    | [/\\]vendor[/\\] | /rustc/ | [/\\]\.cargo[/\\]registry | \ (?:core|std|alloc|tokio)::""",
    re.VERBOSE,
)
_indent = lazy_pattern(rb"[\s|+-]*")


def has_frames(lines: Sequence[bytes]) -> bool:
    """Return whether a record has a frame of a traceback after its first line.

    >>> has_frames([b"12:00:00 ERROR x", b"Traceback (most recent call last):", b'  File "a.py", line 1, in f'])
    True
    """
    return any(map(_frame.match, lines[1:]))


def hidden_lines(lines: Sequence[bytes], level: int) -> list[tuple[int, int]]:
    """Return the start and the end of each run of lines that a fold hides, by their index.

    Args:
        lines: of one record, without newlines.
        level: `OPEN`, `FRAMES_OF_LIBRARIES` or `WHOLE`.

    >>> lines = [b"12:00 ERROR x", b"Traceback (most recent call last):", b'  File "a.py", line 1, in f', b"    g()"]
    >>> hidden_lines([*lines, b"KeyError: 1"], WHOLE)
    [(1, 4)]
    """
    if level == OPEN or len(lines) < MIN_HIDDEN_LINES + 2 or not has_frames(lines):
        return []
    last = len(lines) - 1
    while last and not lines[last].strip():
        last -= 1
    if level == FRAMES_OF_LIBRARIES:
        hidden = _frames_of_libraries(lines[: last + 1])
    else:
        hidden = [True] * (last + 1)
        if _frame.match(lines[last]):
            causes = [index for index in range(1, last) if not _depth(lines[index]) and lines[index].strip()]
            for index in causes[-1:]:
                hidden[index] = False
    hidden[0] = hidden[last] = False
    runs: list[tuple[int, int]] = []
    start = 0
    for index, is_hidden in enumerate([*hidden, False]):
        if not is_hidden:
            if index - start >= MIN_HIDDEN_LINES:
                runs.append((start, index))
            start = index + 1
    return runs


def _frames_of_libraries(lines: Sequence[bytes]) -> list[bool]:
    """Return for each line whether it belongs to a frame of a library."""
    found = [False] * len(lines)
    index = 0
    while index < len(lines):
        if not _frame.match(lines[index]):
            index += 1
            continue
        start = index
        depth = _depth(lines[index])
        is_numbered = _number.match(lines[index]) is not None
        index += 1
        while (
            index < len(lines)
            and _depth(lines[index]) > depth
            and (not _frame.match(lines[index]) or (is_numbered and _place.match(lines[index])))
        ):
            index += 1
        if (
            lines[start].startswith(b"\t")
            and start
            and not _frame.match(lines[start - 1])
            and lines[start - 1][:1].isalpha()
        ):
            start -= 1  # Go has the function on a line of its own before the place
        if _library.search(b"\n".join(lines[start:index])):
            found[start:index] = [True] * (index - start)
    return found


def _depth(line: bytes) -> int:
    """Return the number of bytes before a line's text."""
    found = _indent.match(line)
    return found.end() if found else 0
