"""Console: printed text is shown, once and in order, and the terminal is restored."""

from __future__ import annotations

import contextlib
import gzip
import io
import logging
import os
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.forks import in_child, needs_fork

from reflowlog import STOP, Console, ReflowHandler
from reflowlog.console.console import Pin
from reflowlog.console.core import core_of
from reflowlog.core.events import DeferredRecords
from reflowlog.core.records import StyledLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT = 10.0  # seconds that end a hang


@pytest.fixture(autouse=True)
def _no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove environment variables that change how the console looks."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


class Held:
    """A console whose printer is held up with an event in hand, until `go`."""

    def __init__(self, **options: Any) -> None:
        self.stream = io.StringIO()
        self.console = Console(self.stream, threaded=True, **options)
        self._gate, inside = threading.Event(), threading.Event()

        def wait(payload: object) -> list[Any]:
            inside.set()
            assert self._gate.wait(WAIT)
            return [StyledLine("held")]

        core_of(self.console).submit(DeferredRecords(None, wait))
        assert inside.wait(WAIT)

    def go(self) -> list[str]:
        """Let it go on, and close the console: the lines that are shown."""
        self._gate.set()
        self.console.close(WAIT)
        return self.stream.getvalue().splitlines()


class Tty:
    """Pseudo-terminal whose output a thread reads."""

    def __init__(self, columns: int = 40, rows: int = 10) -> None:
        import pty
        import tty

        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)  # what is written is what is read
        self.resize(columns, rows)
        self.stream = open(self._slave, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - `finish` closes it
        self._got = b""
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def resize(self, columns: int, rows: int) -> None:
        import fcntl
        import struct
        import termios

        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        while not self._got.endswith(b"<end>"):
            self._got += os.read(self._master, 4096)

    def finish(self) -> str:
        """All that was written."""
        self.stream.flush()
        os.write(self._slave, b"<end>")
        self._thread.join(WAIT)
        self.stream.close()
        os.close(self._slave)
        os.close(self._master)
        return self._got.removesuffix(b"<end>").decode()


@pytest.fixture
def tty() -> Iterator[Tty]:
    """A terminal of 40 x 10."""
    pytest.importorskip("pty")
    terminal = Tty()
    yield terminal
    with contextlib.suppress(OSError, ValueError):
        terminal.finish()


# -- printing ------------------------------------------------------------------------------------------------------


def test_it_prints_as_print_does() -> None:
    """Values, sep and end."""
    ours, theirs = io.StringIO(), io.StringIO()
    with Console(ours) as console:
        for say in (console.print, lambda *values, **how: print(*values, **how, file=theirs)):
            say("a", 1, None)
            say()
            say("a", "b", sep="-", end="!\n")
            say("a", "b", sep=None, end=None)
            say("two\nlines")
            say("begun", end=" ")
            say("and ended")
    assert ours.getvalue() == theirs.getvalue()


def test_it_is_a_file() -> None:
    """`print` can write to it; other types than text raise at the call."""
    stream = io.StringIO()
    with Console(stream) as console:
        print("a", "b", file=console, flush=True)
        assert stream.getvalue() == "a b\n"
        assert console.write("été\n") == 4
        assert console.write("") == 0
        assert console.writable()
        assert not console.isatty()
        for odd in (b"bytes", 1, None):
            with pytest.raises(TypeError):
                console.write(odd)  # type: ignore[arg-type]
    assert stream.getvalue() == "a b\nété\n"
    assert not console.writable()


def test_put_is_the_queues_own_door() -> None:
    """Text is a line; the sentinel ends it once all before it is shown; anything else is refused."""
    stream = io.StringIO()
    console = Console(stream)
    console.put("one")
    console.put("two\n")
    with pytest.raises(TypeError):
        console.put(3)
    console.put(STOP)
    with pytest.raises(ValueError, match="closed"):
        console.put("four")
    console.put(STOP)
    console.join()
    assert stream.getvalue() == "one\ntwo\n"
    assert console.closed


def test_a_threads_line_is_its_own() -> None:
    """A thread's partial line is not continued by another one, even one with the same system id."""
    stream = io.StringIO()
    with Console(stream) as console:
        for text, end in (("left", ""), ("whole", "\n"), ("left too", "")):
            thread = threading.Thread(target=console.print, args=(text,), kwargs={"end": end})
            thread.start()
            thread.join()
        console.flush()
        assert stream.getvalue() == "whole\n"
    assert stream.getvalue() == "whole\nleft\nleft too\n"


def test_many_threads_lose_nothing() -> None:
    """Each thread's lines are in its order, and none is torn."""
    stream = io.StringIO()
    console = Console(stream, queue_size=16)

    def say(name: int) -> None:
        for number in range(500):
            console.print(name, "says", number)

    threads = [threading.Thread(target=say, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    console.close()
    lines = [line.split(" says ") for line in stream.getvalue().splitlines()]
    assert len(lines) == 4000
    for name in range(8):
        assert [int(number) for who, number in lines if who == str(name)] == list(range(500))


# -- the end -------------------------------------------------------------------------------------------------------


def test_a_closed_console_is_a_closed_file() -> None:
    """Printing raises ValueError, even of nothing; closing, flushing and removing pins are harmless."""
    console = Console(io.StringIO())
    pin = console.pin(lambda _: "pin")
    console.close()
    console.close()
    for use in (
        lambda: console.print("x"),
        lambda: console.write("x"),
        lambda: console.write(""),
        lambda: console.put("x"),
        lambda: console.pin(lambda _: ""),
    ):
        with pytest.raises(ValueError, match="closed"):
            use()
    pin.update()
    pin.remove()
    assert console.flush()
    console.join()


def test_a_console_that_was_never_used_opens_nothing() -> None:
    """No thread is started, and nothing is written."""
    stream = io.StringIO()
    before = threading.active_count()
    with Console(stream) as console:
        assert console.flush()
        assert threading.active_count() == before
    assert stream.getvalue() == ""


def test_flush_has_a_timeout() -> None:
    """It says whether all is shown."""
    held = Held()
    held.console.print("one")
    assert not held.console.flush(0.01)
    assert held.go() == ["held", "one"]
    assert held.console.flush()


def test_closing_while_senders_wait_for_room() -> None:
    """No sender hangs, accepted text is shown, and later senders get an error."""
    held = Held(queue_size=1)
    told: list[object] = []

    def say(number: int) -> None:
        try:
            held.console.print(number)
        except ValueError:
            told.append(number)

    threads = [threading.Thread(target=say, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    lines = held.go()
    for thread in threads:
        thread.join(WAIT)
        assert not thread.is_alive()
    held.console.flush()
    lines = held.stream.getvalue().splitlines()
    assert sorted([*lines[1:], *map(str, told)]) == [str(number) for number in range(8)]


def test_a_pin_may_do_anything_to_its_console() -> None:
    """On the printer's own thread nothing waits: not for room, not for a flush, not for the end."""
    stream = io.StringIO()
    console = Console(stream, queue_size=2)
    asked = threading.Event()

    def render(width: int) -> str:
        if not asked.is_set():
            asked.set()
            for number in range(5):
                console.print("from the pin", number)
            assert not console.flush()
            console.join()
            pin.update()
            console.close()
        return "pin"

    pin = Pin(core_of(console), render)
    pin.update()
    assert asked.wait(WAIT)
    console.close(WAIT)
    assert stream.getvalue().splitlines() == [f"from the pin {number}" for number in range(5)]


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, KeyError])
def test_a_pin_that_raises_ends_nothing(error: type[BaseException]) -> None:
    """Not even the printer's thread, whatever it raises."""
    stream = io.StringIO()

    def fail(width: int) -> str:
        raise error

    with Console(stream, mode="inline", width=60) as console:
        console.pin(fail)
        console.print("one")
        assert console.flush(WAIT)
        assert f"a pin raised {error.__name__}" in stream.getvalue()
        console.print("two")
        assert console.flush(WAIT)
    assert "two" in stream.getvalue()


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs POSIX signals")
def test_a_signal_handler_may_print_and_flush() -> None:
    """Whatever its thread was doing with the console."""
    stream = io.StringIO()
    console = Console(stream)

    def handler(number: int, frame: object) -> None:
        console.print("signal")
        assert console.flush(WAIT)

    old = signal.signal(signal.SIGUSR1, handler)
    try:
        for _ in range(50):
            console.print("main")
            signal.raise_signal(signal.SIGUSR1)
            console.flush()
    finally:
        signal.signal(signal.SIGUSR1, old)
    console.close()
    assert stream.getvalue() == "main\nsignal\n" * 50


# -- a full queue --------------------------------------------------------------------------------------------------


def test_what_is_dropped_is_counted_and_told_in_its_place() -> None:
    """The row stands where the records are missing, and counts them all."""
    held = Held(overflow="drop", queue_size=2)
    for number in range(10):
        held.console.print(number)
    core_of(held.console).submit(DeferredRecords("error", lambda text: [StyledLine(text)]), important=True)
    held.console.print("lost\ntoo")
    assert held.console.dropped == 10
    assert held.go() == ["held", "0", "1", "reflowlog: dropped 8 records", "error", "reflowlog: dropped 2 records"]


@pytest.mark.parametrize("how", ["put", "close", "flush"])
def test_the_row_comes_however_it_ends(how: str) -> None:
    """By the sentinel, by `close`, or by a flush."""
    held = Held(overflow="drop", queue_size=1)
    for number in range(5):
        held.console.print(number)
    if how == "put":
        held.console.put(STOP)
    elif how == "flush":
        held.console.flush(0)
    assert held.go() == ["held", "0", "reflowlog: dropped 4 records"]
    assert held.console.dropped == 4


def test_what_is_dropped_joins_no_lines() -> None:
    """The start of a line whose rest is dropped ends there."""
    held = Held(overflow="drop", queue_size=2)
    held.console.print("one")
    held.console.print("begun", end="")
    held.console.print("and lost")
    lines = held.go()
    assert lines[:2] == ["held", "one"]
    assert sorted(lines[2:]) == ["begun", "reflowlog: dropped 1 record"]


def test_many_threads_drop_and_none_is_miscounted() -> None:
    """Shown and dropped records add up, and all important ones are shown."""
    held = Held(overflow="drop", queue_size=50)
    stop = threading.Event()

    def say(name: int) -> None:
        for number in range(2000):
            if number % 100 == 99:
                entry = DeferredRecords(f"important {name} {number}", lambda text: [StyledLine(text)])
                core_of(held.console).submit(entry, important=True)
            else:
                core_of(held.console).submit(DeferredRecords(f"{name} {number}", lambda text: [StyledLine(text)]))

    threads = [threading.Thread(target=say, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    held._gate.set()
    for thread in threads:
        thread.join()
    stop.set()
    lines = held.go()
    told = sum(int(count) for line in lines for count in re.findall(r"^reflowlog: dropped (\d+) records?$", line))
    shown = [line for line in lines if not line.startswith("reflowlog: dropped")]
    assert told == held.console.dropped
    assert len(shown) - 1 + told == 8000
    assert sum(line.startswith("important") for line in shown) == 80


def test_pins_wait_for_no_room() -> None:
    """To say that a pin has changed never holds its program up."""
    held = Held(queue_size=1)
    held.console.print("full")
    pin = held.console.pin(lambda _: "pin")
    for _ in range(1000):
        pin.update()
    pin.remove()
    assert held.go() == ["held", "full"]


# -- pins ----------------------------------------------------------------------------------------------------------


def test_a_pin_is_shown_updated_and_removed() -> None:
    """It is rendered after each update, and never again after its removal."""
    stream = io.StringIO()
    said = ["first"]
    with Console(stream, mode="inline", width=20) as console:
        with console.pin(lambda width: f"{said[0]} {width}") as pin:
            assert console.flush()
            assert stream.getvalue().endswith("first 20\x1b[?7h\r")
            said[0] = "second"
            pin.update()
            assert console.flush()
            assert "second 20" in stream.getvalue()
        pin.remove()
        console.flush()
        end = len(stream.getvalue())
        pin.update()
        console.print("x")
        console.flush()
        assert stream.getvalue()[end:] == "x\r\n"


def test_a_pin_may_leave_its_last_text() -> None:
    """In a file, too, where that is all there is to see of it; also if it is still there when the console closes."""
    stream = io.StringIO()
    console = Console(stream)
    with console.pin(lambda width: f"done {width}", leave=True), console.pin(lambda _: "gone"):
        console.print("one")
    console.print("two")
    console.pin(lambda _: "where it ended", leave=True)
    console.pin(lambda width: "#" * width).remove(last=lambda width: "=" * width)
    console.close()
    assert stream.getvalue().splitlines() == ["one", "done 80", "two", "=" * 80, "where it ended"]


def test_a_pin_is_gone_when_its_block_ends() -> None:
    """Later direct output is not painted over, and no call waits where it must not."""
    stream = io.StringIO()
    with Console(stream, mode="inline", width=20) as console:
        with console.pin(lambda _: "pin", leave=True):
            pass
        assert "pin\r\n" in stream.getvalue()
    held = Held(overflow="drop")
    with held.console.pin(lambda _: "pin"):
        pass
    assert held.go() == ["held"]


def test_pins_stand_by_their_order() -> None:
    """Whenever they came."""
    stream = io.StringIO()
    with Console(stream, mode="inline", width=20) as console:
        console.pin(lambda _: "below", order=2)
        console.pin(lambda _: "above", order=1)
        console.flush()
        assert stream.getvalue().endswith("above\r\nbelow\x1b[?7h\x1b[1A\r")


def test_the_encoding_is_the_streams(tmp_path: Path) -> None:
    """UTF-8 where it has none."""
    with open(tmp_path / "log", "w", encoding="latin-1") as stream:
        assert Console(stream).encoding == "latin-1"
    assert Console(io.StringIO()).encoding == "utf-8"


# -- where it goes -------------------------------------------------------------------------------------------------


def test_a_file_gets_plain_lines(tmp_path: Path) -> None:
    """No width, no colour, no cursor movement."""
    with open(tmp_path / "log", "w") as stream, Console(stream) as console:
        console.print("\x1b[31mred\x1b[0m " + "word " * 100)
        assert console.width is None
        assert not console.isatty()
    assert (tmp_path / "log").read_text() == "red " + ("word " * 100).rstrip() + " \n"


def test_a_width_lays_out_a_file_too() -> None:
    """For so many cells, whatever there is."""
    stream = io.StringIO()
    with Console(stream, width=12) as console:
        console.print("one two three four")
        assert console.width == 12
    assert stream.getvalue() == "one two\nthree four\n"


@pytest.mark.parametrize(
    ("color", "environ", "expected"),
    [
        ("auto", {}, "red"),
        ("auto", {"FORCE_COLOR": "1"}, "\x1b[31mred\x1b[0m"),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, "red"),
        ("always", {"NO_COLOR": "1"}, "\x1b[31mred\x1b[0m"),
        ("never", {"FORCE_COLOR": "1"}, "red"),
    ],
)
def test_colour_in_a_file(color: Any, environ: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where it is asked for."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    with Console(stream, color=color) as console:
        console.print("\x1b[31mred\x1b[0m")
    assert stream.getvalue() == expected + "\n"


def test_no_color_leaves_weight_on_a_terminal(tty: Tty, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors and warnings are found without colour; the text's own colours are not drawn."""
    monkeypatch.setenv("NO_COLOR", "1")
    with Console(tty.stream) as console:
        log = logging.Logger("app")
        log.addHandler(ReflowHandler(console=console, columns=["level", "message"]))
        log.warning("odd")
        log.error("bad")
        console.print("\x1b[31mred\x1b[0m")
    assert tty.finish() == "\x1b[1;7mW\x1b[0m\r\n  odd\r\n\x1b[1;4;7mE\x1b[0m\r\n  \x1b[1mbad\x1b[0m\r\nred\r\n"


def test_on_a_terminal_it_is_laid_out_in_colour(tty: Tty) -> None:
    """At the terminal's width, which may be asked."""
    with Console(tty.stream) as console:
        assert console.isatty()
        assert console.width == 40
        console.print("\x1b[31mred\x1b[0m " + "word " * 9)
    assert tty.finish() == "\x1b[31mred\x1b[0m word word word word word word word\r\n  word word\r\n"


def test_on_a_terminal_a_new_width_lays_out_again(tty: Tty) -> None:
    """Visible rows are laid out for the width that the kernel reports."""
    with Console(tty.stream) as console:
        console.print("word " * 7)
        console.flush()
        tty.resize(20, 10)
        assert console.width == 20
        console.print("next")
    before, repaint = tty.finish().split("\x1b[?2026h")
    assert before == "word word word word word word word\r\n"
    assert re.sub(r"\x1b\[\??\d*[A-Zhl]|\x1b[78]", "", repaint).lstrip("\r") == (
        "word word word word\r\n  word word word\r\nnext\r\n"
    )


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"TERM": ""}])
def test_a_terminal_that_cannot_move_its_cursor(
    tty: Tty, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets plain lines, which it may break as it likes."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with Console(tty.stream) as console:
        assert console.width is None
        console.pin(lambda _: "pin")
        console.print("word " * 20 + "end")
    assert tty.finish() == "word " * 20 + "end\n"


def test_the_mode_may_be_chosen(tty: Tty) -> None:
    """Plain on a terminal; inline where there is none."""
    with Console(tty.stream, mode="plain") as console:
        console.pin(lambda _: "pin")
        console.print("word " * 20 + "end")
    assert tty.finish() == "word " * 20 + "end\n"
    stream = io.StringIO()
    with Console(stream, mode="inline", width=30) as console:
        console.print("one")
    assert stream.getvalue() == "one\r\n"


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "full"},
        {"overflow": "wait"},
        {"rewrap": "none"},
        {"color": True},
        {"width": 0},
        {"width": -3},
        {"width": "80"},
        {"width": True},
        {"width": 80.0},
        {"history": -1},
        {"queue_size": 0},
    ],
)
def test_wrong_options_are_refused_at_once(options: dict[str, Any]) -> None:
    """The message names the option and its valid values."""
    (name,) = options
    with pytest.raises(ValueError, match=f"{name} is .*; it has to be"):
        Console(io.StringIO(), **options)


def test_standard_error_is_looked_up_when_it_is_first_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was there when the console was made."""
    made, used = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", made)
    console = Console()
    monkeypatch.setattr(sys, "stderr", used)
    with console:
        console.print("one")
    assert (made.getvalue(), used.getvalue()) == ("", "one\n")


def test_another_standard_error_takes_the_place_of_one_that_was_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As test runners and `redirect_stderr` do; there may be none at all meanwhile."""
    first, second = io.StringIO(), io.StringIO()
    console = Console()
    for stream in (first, None, second):
        monkeypatch.setattr(sys, "stderr", stream)
        console.print("x")
        assert console.flush(WAIT)
        if stream is first:
            assert first.getvalue() == "x\n"
            first.close()
            console.print("lost")
            console.flush()
    console.close()
    assert second.getvalue() == "x\n"


def test_a_console_in_the_place_of_standard_error_does_not_feed_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """It writes to the real one."""
    real = io.StringIO()
    monkeypatch.setattr(sys, "__stderr__", real)
    console = Console()
    with contextlib.redirect_stderr(console):  # type: ignore[type-var]
        console.print("one")
        print("two", file=sys.stderr)
        assert console.flush(WAIT)
        console.close(WAIT)
    assert real.getvalue() == "one\ntwo\n"


def test_a_stream_that_compresses_is_written_through(tmp_path: Path) -> None:
    """A descriptor under it is not where the text goes."""
    with gzip.open(tmp_path / "log.gz", "wt") as stream, Console(stream) as console:
        console.print("one")
    with gzip.open(tmp_path / "log.gz", "rt") as stream:
        assert stream.read() == "one\n"


def test_a_stream_that_stands_for_another_is_written_through(tmp_path: Path) -> None:
    """So is a stream that copies writes and delegates all other methods."""

    class Tee:
        def __init__(self, stream: Any) -> None:
            self.stream = stream
            self.copy = ""

        def write(self, text: str) -> None:
            self.copy += text
            self.stream.write(text)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.stream, name)

    with open(tmp_path / "log", "w") as stream:
        tee: Any = Tee(stream)
        with Console(tee) as console:
            console.print("one")
    assert tee.copy == (tmp_path / "log").read_text() == "one\n"


def test_a_stream_may_be_anything_that_writes() -> None:
    """A `write` is enough."""

    class Writer:
        text = ""

        def write(self, text: str) -> None:
            self.text += text

    writer: Any = Writer()
    with Console(writer) as console:
        console.print("one")
        console.flush()
        console.print("two")
    assert writer.text == "one\ntwo\n"


def test_nothing_is_written_to_whoever_has_a_closed_streams_number(tmp_path: Path) -> None:
    """The system gives descriptors again at once."""
    stream = open(tmp_path / "log", "w")  # noqa: SIM115 - it is closed in the middle
    console = Console(stream)
    console.print("one")
    console.flush()
    number = stream.fileno()
    stream.close()
    with open(tmp_path / "other", "w") as other:
        assert other.fileno() == number
        console.print("two")
        assert console.flush(WAIT)
        console.close()
    assert (tmp_path / "other").read_text() == ""
    assert (tmp_path / "log").read_text() == "one\n"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "é…\nx\n"),
        ("latin-1", "é?\nx\n"),
        ("ascii", "??\nx\n"),
        ("utf-16", "é…\nx\n"),
        ("utf-8-sig", "é…\nx\n"),
    ],
)
def test_encodings(encoding: str, expected: str, tmp_path: Path) -> None:
    """Characters missing in the encoding are question marks, and a byte order mark is written once."""
    with open(tmp_path / "log", "w", encoding=encoding) as stream, Console(stream) as console:
        console.print("é…")
        console.flush()
        console.print("x")
    assert (tmp_path / "log").read_text(encoding=encoding) == expected


def test_what_the_stream_held_comes_first(tmp_path: Path) -> None:
    """The program's own writes into it are not overtaken."""
    with open(tmp_path / "log", "w") as stream, Console(stream) as console:
        stream.write("before\n")
        console.print("after")
    assert (tmp_path / "log").read_text() == "before\nafter\n"


def test_a_full_disk_is_told_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    """In one line, and the log goes on there."""
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    with open("/dev/full", "w") as stream, Console(stream) as console:
        console.print("one")
        assert console.flush(WAIT)
        console.print("two")
    assert capfd.readouterr().err == "reflowlog: cannot write: No space left on device\none\ntwo\n"


def test_a_reader_that_is_gone_ends_it_silently(capfd: pytest.CaptureFixture[str]) -> None:
    """Events are drained: no call hangs, and no error is reported."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as stream, Console(stream, queue_size=4) as console:
        for number in range(100):
            console.print(number)
        assert console.flush(WAIT)
    assert capfd.readouterr().err == ""


# -- signals, forks ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "SIGWINCH"), reason="needs SIGWINCH")
@pytest.mark.parametrize("theirs", [signal.SIG_IGN, lambda *_: None, None])
def test_only_the_default_sigwinch_action_is_replaced(theirs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler of the program stays; None is a handler installed in C."""
    taken: list[object] = []
    monkeypatch.setattr(signal, "getsignal", lambda _: theirs)
    monkeypatch.setattr(signal, "signal", lambda *arguments: taken.append(arguments))
    with Console(io.StringIO(), mode="inline", width=20) as console:
        console.print("x")
    assert not taken


@pytest.mark.skipif(not hasattr(signal, "SIGWINCH"), reason="needs SIGWINCH")
def test_a_free_sigwinch_is_taken_and_given_back() -> None:
    """In the main thread only."""
    old = signal.signal(signal.SIGWINCH, signal.SIG_DFL)
    try:
        with Console(io.StringIO(), mode="inline", width=20) as console:
            console.print("x")
            assert signal.getsignal(signal.SIGWINCH) is not signal.SIG_DFL
            signal.raise_signal(signal.SIGWINCH)
            assert console.flush(WAIT)
        assert signal.getsignal(signal.SIGWINCH) is signal.SIG_DFL
        with Console(io.StringIO(), mode="inline", width=20) as console:
            thread = threading.Thread(target=console.print, args=("x",))
            thread.start()
            thread.join()
            assert signal.getsignal(signal.SIGWINCH) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGWINCH, old)


@needs_fork
def test_a_child_prints_plain_lines_into_the_same_stream(tmp_path: Path) -> None:
    """Also a last one without a newline; nothing of the parent's is said again."""
    with open(tmp_path / "log", "w") as stream, Console(stream) as console:
        console.print("parent")
        console.flush()

        def work() -> None:
            console.print("child")
            assert console.flush(WAIT)
            console.print("left", end="")
            console.close()

        assert in_child(work) == 0
        console.print("parent again")
    assert (tmp_path / "log").read_text() == "parent\nchild\nleft\nparent again\n"


@needs_fork
def test_a_fork_in_the_middle_of_dropping_does_not_hang_the_child(tmp_path: Path) -> None:
    """Whatever other threads held at that moment."""
    with open(tmp_path / "log", "w") as stream, Console(stream, overflow="drop") as console:
        console.print("parent")
        console.flush()
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with console._core._lock:
                held.set()
                done.wait(WAIT)

        holder = threading.Thread(target=hold)
        holder.start()
        assert held.wait(WAIT)
        status = in_child(lambda: console.print("child"))
        done.set()
        holder.join()
    assert status == 0
    assert (tmp_path / "log").read_text() == "parent\nchild\n"


@needs_fork
def test_a_pin_may_flush_in_a_child(tmp_path: Path) -> None:
    """There is no thread to wait for, and it does not wait for itself."""
    with open(tmp_path / "log", "w") as stream, Console(stream) as console:
        console.print("parent")
        console.flush()

        def work() -> None:
            console.pin(lambda _: str(console.flush()))
            console.print("child")
            assert console.flush(WAIT)

        assert in_child(work) == 0


def test_ctrl_c_during_late_work_is_not_swallowed() -> None:
    """Late work is done on its sender's thread."""
    console = Console(io.StringIO())
    console.print("x")
    console.flush()
    console._core.output.worker.finish()

    def interrupted(payload: object) -> list[Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        core_of(console).submit(DeferredRecords(None, interrupted))


_PIN_LOCK = """
import logging, threading, time, reflowlog
handler = reflowlog.ReflowHandler(mode="inline", width=40)
log = logging.Logger("x")
log.addHandler(handler)
lock, inside, held = threading.Lock(), threading.Event(), threading.Event()
def render(width):
    inside.set()
    held.wait()
    with lock:
        return "pin"
def work():
    inside.wait()
    with lock:
        held.set()
        threading.Event().wait(0.5)
        log.info("one")
threading.Thread(target=work, daemon=True).start()
handler.console.pin(render)
inside.wait()
"""


def test_a_lock_that_a_pin_takes_does_not_hold_up_the_exit() -> None:
    """A thread may log while it holds a lock that a pin's render function takes."""
    subprocess.run([sys.executable, "-c", _PIN_LOCK], timeout=10, stderr=subprocess.DEVNULL, check=True)
