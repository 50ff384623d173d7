"""Events: what crosses the border between threads. Each is immutable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.records import Item

__all__ = [
    "AllInputsEnded",
    "Chunk",
    "DeferredRecords",
    "EndOfInput",
    "Flush",
    "Key",
    "PinUpdate",
    "Runs",
    "Suspend",
    "TerminalChanged",
    "TextWritten",
]


# Events: what crosses the border between threads. Each is immutable.


class Key(NamedTuple):
    """A key was typed.

    Attributes:
        name: the character itself where it is a printable one (``"a"``, ``" "``, ``"é"``), else ``Enter``, ``Escape``,
            ``Backspace``, ``Tab``, ``Up``, ``Down``, ``Left``, ``Right``, ``PageUp``, ``PageDown``, ``Home``, ``End``,
            ``Insert``, ``Delete``, ``F1`` to ``F12``, ``Ctrl-A`` to ``Ctrl-Z``, ``Alt-x``, ``WheelUp``, ``WheelDown``.
    """

    name: str


Runs = Sequence[tuple[int, int]]
"""Whose bytes are whose: the number of a source, and how many bytes are of it, one after another."""


class Chunk(NamedTuple):
    """Bytes as they came, cut anywhere; the bytes of all chunks together are the input.

    Attributes:
        data: the bytes; whole lines, if there are runs.
        runs: of which source they are, where there are several and it is asked for.
    """

    data: bytes
    runs: Runs = ()


class EndOfInput(NamedTuple):
    """The input has ended: a last line without a newline is complete now."""


class AllInputsEnded(NamedTuple):
    """All inputs have ended: nothing more comes."""


class TextWritten(NamedTuple):
    """Text that a program printed, cut anywhere. What one speaker leaves unfinished only it continues."""

    text: str
    writer: int = 0


class DeferredRecords(NamedTuple):
    """Something that becomes records on the printer thread, where that costs its sender nothing."""

    payload: Any
    render: Callable[[Any], list[Item]]
    important: bool = False  # never dropped; for who sends it on to a queue elsewhere


class PinUpdate(NamedTuple):
    """A pin was added, has changed, or was removed; then ``last`` is what it leaves in the log, see `Record.redraw`."""

    pin: Any
    removed: bool = False
    last: Callable[[int], str] | None = None


class Flush(NamedTuple):
    """Call ``done`` once all that came before is on the screen."""

    done: Callable[[], object]


class Suspend(NamedTuple):
    """Let go of the terminal: others use it until ``wait`` returns. ``parked`` is called once it is let go."""

    parked: Callable[[], object]
    wait: Callable[[], object]


class TerminalChanged(NamedTuple):
    """Look again: at the size; or at a terminal that others have used.

    Attributes:
        resumed: this process was stopped meanwhile, and the screen may hold anything.
        smudged: the terminal has echoed something into the cursor's row, such as ``^C``.
    """

    resumed: bool = False
    cursor_row_dirty: bool = False
