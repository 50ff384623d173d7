"""What is copied, by which way, and what the user is told."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.texts import Memory, SmallBlocks, patient

from reflowlog.core.events import Key
from reflowlog.core.frames import Size
from reflowlog.display.clipboard import Clipboard, ShownText
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.match_index import Budget
from reflowlog.pager.state import Copy, CopyShown, PagerState
from reflowlog.pager.update import update
from reflowlog.system.background import BackgroundCommand
from reflowlog.terminal.clipboard import clipboard_sequence

if TYPE_CHECKING:
    from pathlib import Path

SAVE = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"


def finished(clipboard: Clipboard) -> str:
    """Wait for the command, and return the message."""
    end = time.monotonic() + 10
    while clipboard.is_busy and time.monotonic() < end:
        message = clipboard.poll()
        if message:
            return message
        time.sleep(0.005)
    raise AssertionError("the command has not ended")


def test_the_terminal_gets_the_sequence() -> None:
    """The message has the name and the size."""
    written: list[str] = []
    clipboard = Clipboard({})
    assert clipboard.copy(Copy(b"hello", "the record"), written.append) == "copied the record: 5 bytes"
    assert clipboard.copy(Copy(b"x", "user.id"), written.append) == "copied user.id: 1 byte"
    assert written == [clipboard_sequence(b"hello", {}), clipboard_sequence(b"x", {})]
    assert clipboard.copy(Copy(b"", "message"), written.append) == "nothing to copy: message is empty"
    assert len(written) == 2


def test_a_text_too_long_is_cut_between_characters() -> None:
    """What is copied is its start, as the message says."""
    written: list[str] = []
    clipboard = Clipboard({})
    clipboard.limit = 10
    data = "12345678éé".encode()
    assert clipboard.copy(Copy(data, "the record"), written.append) == "copied the start of the record: 10 of 12 bytes"
    clipboard.limit = 9
    assert "8 of 12 bytes" in clipboard.copy(Copy(data, "the record"), written.append)
    assert written == [clipboard_sequence(data[:10], {}), clipboard_sequence(data[:8], {})]


def test_a_start_is_called_a_start() -> None:
    """Nothing is said about the size of a text of which only the start is known; it is cut further if need be."""
    written: list[str] = []
    clipboard = Clipboard({})
    start = Copy(b"123456789012", "the record", is_whole=False)
    assert clipboard.copy(start, written.append) == "copied the start of the record: 12 bytes"
    clipboard.limit = 10
    assert clipboard.copy(start, written.append) == "copied the start of the record: 10 bytes"


def test_a_command_takes_the_place_of_the_terminal(tmp_path: Path) -> None:
    """Its standard input is the text; the terminal gets nothing; arguments are no shell's."""
    written: list[str] = []
    target = tmp_path / "a; touch b"
    clipboard = Clipboard({}, (sys.executable, "-c", SAVE, str(target)))
    data = b"one\ntwo\x1b[2J\xff"
    assert clipboard.copy(Copy(data, "the record"), written.append) == ""
    assert finished(clipboard) == f"copied the record: {len(data)} bytes"
    assert target.read_bytes() == data
    assert written == []
    assert [path.name for path in tmp_path.iterdir()] == ["a; touch b"]


def test_a_command_that_fails_says_why() -> None:
    """By the first line that it wrote, its status, or the system's reason."""
    fails = "import sys; sys.exit('no display')"
    clipboard = Clipboard({}, (sys.executable, "-c", fails))
    clipboard.copy(Copy(b"x", "it"), lambda _: None)
    assert finished(clipboard) == f"cannot copy: {sys.executable} failed: no display"
    clipboard = Clipboard({}, (sys.executable, "-c", "raise SystemExit(3)"))
    clipboard.copy(Copy(b"x", "it"), lambda _: None)
    assert finished(clipboard).endswith("failed: exit status 3")
    message = Clipboard({}, ("no-such-command",)).copy(Copy(b"x", "it"), lambda _: None)
    assert message == "cannot copy: no-such-command: No such file or directory"


def test_a_command_that_hangs_is_killed() -> None:
    """After its seconds; nothing waits for it meanwhile."""
    now = [0.0]
    arguments = (sys.executable, "-c", "import time; time.sleep(1000)")
    command = BackgroundCommand(arguments, b"", 5, clock=lambda: now[0])
    assert command.poll() is None
    now[0] = 5.0
    assert command.poll() == f"{sys.executable} took longer than 5 s"
    command = BackgroundCommand(arguments, b"", 5, clock=lambda: now[0])
    command.close(0.01)
    assert command.poll() is not None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_that_stays_behind_holds_nothing_up(tmp_path: Path) -> None:
    """Such as xclip, which goes on in the background with what it was given."""
    script = "import os, sys, time\nif os.fork() == 0:\n    time.sleep(3)\n"
    clipboard = Clipboard({}, (sys.executable, "-c", script))
    started = time.monotonic()
    clipboard.copy(Copy(b"x", "it"), lambda _: None)
    assert finished(clipboard) == "copied it: 1 byte"
    assert time.monotonic() - started < 2.5


def shown_text(data: bytes, *keys: str, limit: int = 1000, ticks: int = 0) -> tuple[list[Copy], int]:
    """Collect what is shown after some keys; return the requests and the number of slices."""
    clock = [0.0]

    def tick() -> float:
        clock[0] += bool(ticks)
        return clock[0]

    budget = Budget(tick) if ticks else patient()
    context = PagerContext(SmallBlocks(Memory(data)), Size(40, 6), PagerOptions(), patient())
    state = PagerState()
    for key in keys:
        state, _ = update(state, Key(key), context)
    shown = ShownText(context, budget, limit)
    copying: CopyShown | None = CopyShown()
    slices = 0
    while copying is not None:
        budget.restart(ticks or 1)
        copying, request = shown.take_slice(copying)
        slices += 1
        assert slices < 1000
    assert request is not None
    return [request], slices


LINES = b"".join(b"line %d\n" % number for number in range(30))


def test_all_that_is_shown() -> None:
    """The lines as they came, with their newlines; of a filtered log those that are shown."""
    assert shown_text(LINES)[0] == [Copy(LINES, "30 lines")]
    kept = b"".join(line + b"\n" for line in LINES.split(b"\n") if b"7" in line)
    assert shown_text(LINES, "&", "7", "Enter")[0] == [Copy(kept, "3 lines")]
    assert shown_text(b"one")[0] == [Copy(b"one\n", "1 line")]
    assert shown_text(b"")[0] == [Copy(b"", "what is shown")]


def test_what_is_folded_is_copied_too() -> None:
    """Repeats that stand in one row are all there, and the lines of a traceback."""
    text = b"12:00:00 ERROR x\nTraceback (most recent call last):\n  File 1\nE: 1\n" + b"12:00:01 INFO same 1\n" * 5
    assert shown_text(text, "Z")[0] == [Copy(text, "9 lines")]


def test_what_is_too_much_ends_with_a_whole_line() -> None:
    """The message says that it is the start."""
    assert shown_text(LINES, limit=30)[0] == [Copy(LINES[:28], "the first 4 lines")]


@pytest.mark.parametrize("ticks", [0, 4])
def test_a_first_line_that_is_too_long_is_cut(ticks: int) -> None:
    """Its start is copied, between two characters; of a later one that is too long no part is."""
    giant = b"12345678" * 100_000
    limit = 300_004
    assert shown_text(giant + b"\n" + LINES, ticks=ticks, limit=limit)[0] == [
        Copy(giant[:300_004], "the first line", is_whole=False)
    ]
    assert shown_text("\u00e9".encode() * 20, limit=9)[0] == [
        Copy("\u00e9".encode() * 4, "the first line", is_whole=False)
    ]
    assert shown_text(b"one\n" + giant + b"\n", ticks=ticks, limit=300_004)[0] == [Copy(b"one\n", "the first line")]


def test_it_is_collected_in_slices() -> None:
    """The text is the same, however short the slices are."""
    requests, slices = shown_text(LINES, ticks=4)
    assert requests == [Copy(LINES, "30 lines")]
    assert slices > 3
