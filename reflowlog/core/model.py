"""The nouns: values that every room may hold. They know nothing of each other's rooms and do no work.

Rules of this file:
- Everything here is immutable and cheap to make; nothing here imports anything of ours.
- Offsets are indices into a record's text (code points); widths are terminal cells; sizes are (columns, rows).
- No string here holds an escape character. Escapes are read in `text/clean/sanitize.py` and written in `paint/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "PLAIN",
    "Anchor",
    "Block",
    "Chunk",
    "Ended",
    "Entry",
    "Fields",
    "Flush",
    "Frame",
    "Item",
    "Key",
    "Over",
    "PinChange",
    "Record",
    "Row",
    "Runs",
    "Said",
    "Screen",
    "Size",
    "Span",
    "Spans",
    "Style",
    "Suspend",
    "Wake",
]


class Size(NamedTuple):
    """A terminal's size, in cells; both are at least 1."""

    columns: int
    rows: int


class Style(NamedTuple):
    """How a run of text looks, complete in itself: nothing is inherited from the run before.

    Attributes:
        sgr: parameters of the one SGR sequence that selects this look from the reset state, such as
            ``"1;31"`` (bold red); empty for the terminal's own look.
        link: what an OSC 8 hyperlink holds between its number and its end, ``"id=ID;URI"``, always with an
            id, so that the parts of a link that is broken over rows still are one; empty for no link.
    """

    sgr: str = ""
    link: str = ""


PLAIN = Style()

Span = tuple[int, int, Style]
"""``(start, end, style)``: the characters ``text[start:end]`` look like ``style``."""

Spans = tuple[Span, ...]
"""In ascending order, not overlapping, none empty, none `PLAIN`: what is not covered is plain."""


class Record(NamedTuple):
    """One logical line, free of any width: what was said, never how it was wrapped.

    Attributes:
        text: one line, without newline, carriage return, escape or any other control character, no tab.
        spans: how parts of it look.
        column: where its message starts (an offset); None: `text/parse/header.py` is to find it in the text.
        aside: a short note, such as ``file.py:12``, drawn at the right edge of the first row where there is room.
        redraw: draws its lines anew at a width in cells, as a finished progress bar wants it; each is cut at the
            width. It says the same whenever it is asked. None: the text is wrapped.
    """

    text: str
    spans: Spans = ()
    column: int | None = None
    aside: str = ""
    redraw: Callable[[int], list[tuple[str, Spans]]] | None = None


class Fields(NamedTuple):
    """A record with fields, free of any width: what a logging handler is given, or what a line of JSON says.

    Attributes:
        time: seconds since the epoch; None: it has none.
        level: as a number of `logging` (10 is DEBUG); 0: it has none.
        level_name: as the program names it; may be empty.
        logger: its dotted name; may be empty.
        message: rendered; may hold newlines.
        extras: further fields as (name, text) pairs, in the order given.
        source: where it was logged, ``file.py:12``; may be empty.
        trace: a traceback or a stack, with newlines; may be empty.
        columns: the names of the columns to show; None for all.
        hidden: further fields that are not shown, for filters: what a journal notes about each of its records.
    """

    time: float | None
    level: int
    level_name: str
    logger: str
    message: str
    extras: tuple[tuple[str, str], ...] = ()
    source: str = ""
    trace: str = ""
    columns: tuple[str, ...] | None = None
    hidden: tuple[tuple[str, str], ...] = ()


Item = Record | Fields
"""What the history of a program's own console holds."""


class Row(NamedTuple):
    """One row of a laid-out record; exists only while it is being drawn.

    Attributes:
        start: offset of its first character in the record's text.
        end: offset after its last character; blanks dropped at a break lie between two rows.
        indent: blank cells drawn before it (the hanging indent).
        cells: cells that its text takes, without the indent; ``indent + cells`` is at most the width.
        text: what is drawn. It is ``record.text[start:end]``, save where one grapheme cluster is wider than the
            whole width: then it is ``"?"``.
    """

    start: int
    end: int
    indent: int
    cells: int
    text: str


class Anchor(NamedTuple):
    """A place in a document that no change of width moves: a piece's key and an offset in its text."""

    record: int
    offset: int


Block = tuple[int, str]
"""A record as it is drawn at one width: its number in the history, and its rows with a newline between them.

Each row is ready for a terminal of that width and complete in itself. (A tuple, and not a row by itself, for the sake
of a pipe that brings a million lines: most rows are written, and never looked at again.)
"""


class Frame(NamedTuple):
    """All that a painter may know of what is to be seen.

    Attributes:
        blocks: records new since the last frame; or, after a new width, all that the painter asked for.
        again: whether the blocks take the place of those that are on the screen.
        live: rows of lines that have not ended yet; they may change, and go when their line ends.
        pins: rows of the pins, under all else.
        awaited: whether somebody waits until this is written.
    """

    blocks: Sequence[Block]
    again: bool = False
    live: Sequence[str] = ()
    pins: Sequence[str] = ()
    awaited: bool = False


class Screen(NamedTuple):
    """All that a full-screen painter may know of what is to be seen.

    Attributes:
        rows: from the top, as many as the screen has (a painter adds blank ones, or cuts). Each is at most as wide as
            the screen, ready for a terminal, and complete in itself.
        cursor: column and row, from 0, where the cursor shows; None: it is hidden.
    """

    rows: Sequence[str]
    cursor: tuple[int, int] | None = None


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


class Ended(NamedTuple):
    """The input has ended: a last line without a newline is complete now."""


class Over(NamedTuple):
    """All inputs have ended: nothing more comes."""


class Said(NamedTuple):
    """Text that a program printed, cut anywhere. What one speaker leaves unfinished only it continues."""

    text: str
    speaker: int = 0


class Entry(NamedTuple):
    """Something that becomes records on the printer thread, where that costs its sender nothing."""

    payload: Any
    render: Callable[[Any], list[Item]]
    important: bool = False  # never dropped; for who sends it on to a queue elsewhere


class PinChange(NamedTuple):
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


class Wake(NamedTuple):
    """Look again: at the size; or at a terminal that others have used.

    Attributes:
        resumed: this process was stopped meanwhile, and the screen may hold anything.
        smudged: the terminal has echoed something into the cursor's row, such as ``^C``.
    """

    resumed: bool = False
    smudged: bool = False
