"""Immutable events that cross threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from reflowlog.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.records import Item

__all__ = [
    "AllInputsEnded",
    "BackgroundReported",
    "Chunk",
    "DeferredRecords",
    "EndOfInput",
    "Flush",
    "ForeignText",
    "Key",
    "LineEnded",
    "PinUpdate",
    "Runs",
    "Suspend",
    "TerminalChanged",
    "TextWritten",
]


class Key(NamedTuple):
    """One key press.

    Attributes:
        name: the character itself where it is a printable one (``"a"``, ``" "``, ``"é"``), else ``Enter``, ``Escape``,
            ``Backspace``, ``Tab``, ``Up``, ``Down``, ``Left``, ``Right``, ``PageUp``, ``PageDown``, ``Home``, ``End``,
            ``Insert``, ``Delete``, ``F1`` to ``F12``, ``Ctrl-A`` to ``Ctrl-Z``, ``Alt-x``, ``WheelUp``, ``WheelDown``,
            ``Paste``.
        text: the pasted text; empty for other keys.
    """

    name: str
    text: str = ""


Runs = Sequence[tuple[int, int]]
"""Run-length map of bytes to sources: (number of the source, count of bytes) pairs in order."""


class Chunk(NamedTuple):
    """Input bytes, split at arbitrary offsets; the concatenation of all chunks is the input.

    Attributes:
        data: the bytes; whole lines if there are runs.
        runs: the source of each range of bytes; empty with a single source or where it is not needed.
    """

    data: bytes
    runs: Runs = ()


class EndOfInput(NamedTuple):
    """End of one input: a last line without a newline is complete now."""


class AllInputsEnded(NamedTuple):
    """End of all inputs: no further chunk follows."""


class TextWritten(NamedTuple):
    """Printed text, split at arbitrary offsets. A partial line is continued only by text of the same writer.

    Attributes:
        stream: the number of the stream that several threads write to, each as a writer of its own; 0 for no such one.
        printed: whether it comes from `Console.print`, and so is no part of what its writer redraws.
    """

    text: str
    writer: int = 0
    stream: int = 0
    printed: bool = False


class LineEnded(NamedTuple):
    """A writer's unterminated line, if there is one, is complete now. Unlike a newline it adds no empty line."""

    writer: int


class DeferredRecords(NamedTuple):
    """A payload that is rendered into items on the printer thread, to keep the cost off the sending thread."""

    payload: Any
    render: Callable[[Any], list[Item]]
    important: bool = False  # never dropped, also not by a queue of another process that it is forwarded to


class PinUpdate(NamedTuple):
    """A pin was added, changed or removed. On removal ``last`` draws the text it leaves, see `StyledLine.redraw`."""

    pin: Any
    removed: bool = False
    last: Callable[[int], str] | None = None


class Flush(NamedTuple):
    """Request to call ``done`` once all earlier events are on the screen."""

    done: Callable[[], object]


class Suspend(NamedTuple):
    """Request to release the terminal until ``wait`` returns. ``parked`` is called once it is released."""

    parked: Callable[[], object]
    wait: Callable[[], object]


class BackgroundReported(NamedTuple):
    """The terminal's answer about its background has arrived.

    Attributes:
        shade: "light" or "dark".
    """

    shade: Literal["light", "dark"]


class TerminalChanged(NamedTuple):
    """Request to measure the size again, or to redraw after other programs have used the terminal.

    Attributes:
        resumed: this process was stopped meanwhile, and the screen may hold anything.
        cursor_row_dirty: the terminal has echoed something into the cursor's row, such as ``^C``.
    """

    resumed: bool = False
    cursor_row_dirty: bool = False


class ForeignText(NamedTuple):
    """Notice that another writer (a child process, uncaptured code) may have written to the terminal.

    Attributes:
        is_question: the program waits for an answer, which the terminal echoes.
        if_unterminated: it counts only if an unterminated line, the question, is under the log; at the end of the
            answer: only if there was one at its beginning.
        line_ended: the terminal has echoed Enter: the unterminated line under the log is complete.
    """

    is_question: bool = False
    if_unterminated: bool = False
    line_ended: bool = False
