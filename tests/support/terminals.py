"""Terminals for tests: tmux, which reflows its lines, and pyte, which does not; both run real processes.

Invariants:
- No test sleeps to let time pass: it waits for a condition, with a deadline. The condition is polled every few
  milliseconds (`_PAUSE`), because neither a terminal nor a FIFO announces a change of its content.
- Each terminal belongs to one test, and ends every process that it started.
- Sizes are in cells, (columns, rows); deadlines are in seconds and generous: they end a hang and measure nothing.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

import pyte

if sys.platform != "win32":  # there only what needs no terminal of these is of use
    import fcntl
    import pty
    import termios

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

PYTHON = sys.executable
REFLOWLOG = (PYTHON, "-m", "reflowlog")
TIMEOUT = 30.0
_PAUSE = 0.005
_QUIET = 0.06
_COLOUR_SETTINGS = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM")
_PYTHON_SETTINGS = ("PYTHONUNBUFFERED", "PYTHONFAULTHANDLER")
_OTHER_SETTINGS = ("REFLOWLOG", "ENV", "BASH_ENV", "PAGER", "LESS")
_TERMINAL_SETTINGS = (
    *(
        "TERM",
        "TERM_PROGRAM",
        "TERM_PROGRAM_VERSION",
        "TMUX",
        "STY",
        "XTERM_VERSION",
        "VTE_VERSION",
        "COLUMNS",
        "LINES",
    ),
    *("KONSOLE_VERSION", "KITTY_WINDOW_ID", "WEZTERM_PANE", "WT_SESSION", "ALACRITTY_WINDOW_ID"),
    *("GHOSTTY_RESOURCES_DIR", "FORCE_HYPERLINK"),
)


def environment(**changes: str | None) -> dict[str, str]:
    """Return this process's environment without the variables that change what the program shows, plus `changes`.

    Args:
        changes: variables to set; None removes one.
    """
    forget = {*_COLOUR_SETTINGS, *_TERMINAL_SETTINGS, *_PYTHON_SETTINGS, *_OTHER_SETTINGS}
    result = {name: value for name, value in os.environ.items() if name not in forget}
    result |= {"TERM": "xterm-256color", "PS1": "$ ", "PYTHON": PYTHON, "LC_ALL": "C.UTF-8"}
    result["XDG_CONFIG_HOME"] = "/nowhere"  # no configuration
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def script(path: Path, text: str) -> Path:
    """Write an executable shell script and return its path."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def wait_for(condition: Callable[[], Any], timeout: float = TIMEOUT, *, describe: Callable[[], str] = str) -> Any:
    """Poll `condition` until it returns a true value, and return that.

    Raises:
        AssertionError: it was false for `timeout` seconds; the message is that of `describe`.
    """
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing of the kind within {timeout:g} s\n{describe()}")
        time.sleep(_PAUSE)  # the only sleep: between two polls of a condition that no event announces
    return value


def open_descriptors() -> set[str]:
    """Return the numbers of this process's open descriptors, without the one that lists them."""
    return {name for name in os.listdir("/dev/fd") if os.path.exists(f"/dev/fd/{name}")}


def wait_until_closed(before: set[str]) -> None:
    """Wait until no descriptor is open that was not `before`.

    Threads of earlier tests may open one for a moment; one that stays open was left behind.

    Raises:
        AssertionError: one stays open; the message names it and what it is open on.
    """

    def opened() -> set[str]:
        return open_descriptors() - before

    def targets() -> str:
        return ", ".join(f"{name}: {os.path.realpath(f'/dev/fd/{name}')}" for name in sorted(opened()))

    wait_for(lambda: not opened(), describe=targets)


def without_blank_end(rows: Sequence[str]) -> list[str]:
    """Return rows without trailing blanks, and without blank rows at the end."""
    rows = [row.rstrip() for row in rows]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def picture(rows: Sequence[str]) -> str:
    """Return rows as text for the message of a failure, numbered and with visible ends."""
    return "\n".join(f"{number:4} |{row}|" for number, row in enumerate(rows))


def modes_left_on(output: bytes) -> set[str]:
    """Return the private modes (alternate screen, mouse, hidden cursor) that `output` changed and did not restore."""
    state: dict[bytes, bytes] = {}
    for modes, action in re.findall(rb"\x1b\[\?([0-9;]+)([hl])", output):
        for mode in modes.split(b";"):
            state[mode] = action
    usual = {b"25": b"h", b"7": b"h"}
    return {mode.decode() for mode, action in state.items() if action != usual.get(mode, b"l")}


class Feed:
    """FIFO as the input of a program in a terminal (`cat feed | program`): the test writes to it and closes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        # For reading too: opening then does not wait for a reader. Not blocking: a hung program must not hang the test.
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def write(self, text: str | bytes, timeout: float = TIMEOUT) -> None:
        """Write all of `text`, and wait while the program reads more slowly."""
        left = memoryview(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
        deadline = time.monotonic() + timeout
        while left:
            if not select.select([], [self._descriptor], [], max(0.0, deadline - time.monotonic()))[1]:
                raise AssertionError(f"the program has read nothing for {timeout:g} s")
            with contextlib.suppress(BlockingIOError):
                left = left[os.write(self._descriptor, left[:65536]) :]

    def close(self) -> None:
        """End the input. Idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def tmux_missing() -> str:
    """Return why tests with tmux cannot run here; empty if they can."""
    if shutil.which("tmux") is None:
        return "tmux is not installed"
    version = subprocess.run(["tmux", "-V"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"(\d+)\.(\d+)", version)
    if number and (int(number[1]), int(number[2])) < (2, 9):
        return f"{version.strip()} has no resize-window (2.9 has)"
    return ""


class Tmux:
    """tmux server with one pane that runs a plain `sh` in the directory `home`.

    All output of the pane's programs is also kept, byte for byte (`output`).
    """

    _numbers = itertools.count()
    _SETTINGS = """
        set -g history-limit 1000000
        set -g status off
        set -g default-terminal screen-256color
        set -s escape-time 0
    """

    def __init__(self, home: Path, columns: int = 80, rows: int = 24, **changes: str | None) -> None:
        self.home = home
        self.columns, self.rows = columns, rows
        # Not in `home`: the path of a socket has at most about a hundred bytes.
        self._sockets = tempfile.TemporaryDirectory(prefix="tmux-")
        self._name = f"test{next(self._numbers)}"
        self._environment = environment(TMUX_TMPDIR=self._sockets.name, SHELL="/bin/sh", **changes)
        self._raw = home / f"{self._name}.raw"
        self._raw.touch()
        self._settings = os.path.join(self._sockets.name, "tmux.conf")
        with open(self._settings, "w") as file:
            file.write(self._SETTINGS)
        try:
            self.run("new-session", "-d", "-c", str(home), "-x", str(columns), "-y", str(rows), "exec /bin/sh")
            self.run("pipe-pane", "-o", f"exec cat >> '{self._raw}'")
            self._tty = os.open(self.run("display-message", "-p", "#{pane_tty}").strip(), os.O_RDWR | os.O_NOCTTY)
            self.wait_screen(self.at_prompt)
            self.settings = self.settings_now()
        except BaseException:
            self.close()
            raise

    def run(self, *arguments: str) -> str:
        """Run a tmux command and return its output."""
        command = ["tmux", "-u", "-L", self._name, "-f", self._settings, *arguments]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, errors="surrogateescape", check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def send(self, text: str) -> None:
        """Type `text`; a newline is the Enter key."""
        self.run("send-keys", "-l", text.replace("\n", "\r"))

    def screen(self) -> list[str]:
        """Return the rows on the screen, without trailing blanks, and without blank rows at the end."""
        return without_blank_end(self.run("capture-pane", "-p").split("\n"))

    def scrollback(self, *, joined: bool = False) -> list[str]:
        """Return all rows of scrollback and screen.

        Args:
            joined: join rows that the terminal itself has cut at its edge.
        """
        return without_blank_end(self.run("capture-pane", "-p", "-S", "-", *(["-J"] if joined else [])).split("\n"))

    def cursor(self) -> tuple[int, int]:
        """Return the cursor's column and row, from 0."""
        column, row = self.run("display-message", "-p", "#{cursor_x} #{cursor_y}").split()
        return int(column), int(row)

    def output(self, start: int = 0) -> bytes:
        """Return all bytes written to the terminal, from the byte `start` on."""
        with self._raw.open("rb") as file:
            file.seek(start)
            return file.read()

    def size_of_output(self) -> int:
        """Return the number of bytes written to the terminal so far."""
        return self._raw.stat().st_size

    def resize(self, columns: int | None = None, rows: int | None = None, *, at_once: bool = True) -> None:
        """Change the size of the window.

        Args:
            columns: new width; None keeps it.
            rows: new height; None keeps it.
            at_once: tmux announces the first size to the programs in a pane at once and, while more sizes follow, only
                every 250 ms. True announces it now, as tmux does (TIOCSWINSZ). A test must not return to an earlier
                size within that time then: tmux announces such a change twice, to be sure that it is noticed.
        """
        self.columns, self.rows = columns or self.columns, rows or self.rows
        self.run("resize-window", "-x", str(self.columns), "-y", str(self.rows))
        if at_once:
            fcntl.ioctl(self._tty, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))

    def settle(self, timeout: float = TIMEOUT) -> None:
        """Wait until the new size is in effect, and then until the output is quiet."""
        wait_for(lambda: tuple(os.get_terminal_size(self._tty)) == (self.columns, self.rows), timeout)
        before, since = -1, time.monotonic()

        def quiet() -> bool:
            nonlocal before, since
            if (now := self.size_of_output()) != before:
                before, since = now, time.monotonic()
            return time.monotonic() - since > _QUIET

        wait_for(quiet, timeout, describe=lambda: "the output does not come to rest")

    def wait_screen(self, predicate: Callable[[list[str]], Any], timeout: float = TIMEOUT) -> list[str]:
        """Wait until `predicate` holds for the rows of the screen, and return them."""
        rows: list[str] = []

        def holds() -> bool:
            nonlocal rows
            rows = self.screen()
            return bool(predicate(rows))

        wait_for(holds, timeout, describe=lambda: f"{self.columns} x {self.rows} at the end:\n{picture(rows)}")
        return rows

    @staticmethod
    def at_prompt(rows: list[str]) -> bool:
        """Return whether the last row is the shell's empty prompt."""
        return bool(rows) and rows[-1] == "$"

    def write(self, text: str) -> None:
        """Write to the terminal as another program in it would."""
        os.write(self._tty, text.encode())

    def settings_now(self) -> list[Any]:
        """Return the settings of the pane's tty (`settings` holds those at the first prompt)."""
        return termios.tcgetattr(self._tty)

    def close(self) -> None:
        """End the server and every program in it."""
        if hasattr(self, "_tty"):
            os.close(self._tty)
            del self._tty
        command = ["tmux", "-L", self._name, "kill-server"]
        subprocess.run(command, env=self._environment, capture_output=True, check=False)
        with contextlib.suppress(OSError):  # the ending server may remove its socket first
            self._sockets.cleanup()


class Pty:
    """Process with a plain pty as its controlling terminal; this process plays the terminal.

    Output is read, and queries are answered, only inside a `wait` method. Nothing is drawn; see `PyteTerminal`.

    Args:
        command: program and arguments.
        size: columns and rows.
        answers: whether queries (cursor position, device attributes) are answered.
        keep: whether to keep all output (`output`); else only its last 100,000 bytes.
        rate: bytes per second that the terminal reads; None: without limit.
        changes: changes of `environment`.
    """

    # Runs in the new process: takes the pty as the controlling terminal, then executes the program. Not a preexec_fn,
    # which is not safe with threads.
    _ADOPT = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
    )

    def __init__(
        self,
        command: Sequence[str],
        size: tuple[int, int] = (80, 24),
        *,
        home: Path | None = None,
        answers: bool = True,
        keep: bool = True,
        rate: float | None = None,
        changes: Mapping[str, str | None] | None = None,
        adopt: bool = True,
        **streams: Any,
    ) -> None:
        self.columns, self.rows = size
        self.answers = answers
        self._output = bytearray()
        self.written = 0
        self._keep = keep
        self._rate = rate
        self._start = time.monotonic()
        self._unanswered = b""
        self._master, self._slave = pty.openpty()
        os.set_blocking(self._master, False)
        self._set_size()
        self.settings = termios.tcgetattr(self._slave)
        streams = {"stdin": self._slave, "stdout": self._slave, "stderr": self._slave} | streams
        adopt_it = [PYTHON, "-I", "-S", "-c", self._ADOPT] if adopt else []
        self.process = subprocess.Popen(
            [*adopt_it, *command], cwd=home, env=environment(**(changes or {})), start_new_session=True, **streams
        )

    def _set_size(self) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))

    def resize(self, columns: int | None = None, rows: int | None = None) -> None:
        """Change the size; the kernel sends SIGWINCH to the foreground processes."""
        self.pump()
        self.columns, self.rows = columns or self.columns, rows or self.rows
        self._resized()
        self._set_size()

    def _resized(self) -> None:
        """Update the screen's content after a change of size."""

    def _feed(self, data: bytes) -> None:
        """Process output; here, only find the queries in it."""
        self._unanswered += data
        for question in re.findall(rb"\x1b\[(6n|c|>c|0c)", self._unanswered):
            self._reply(b"\x1b[1;1R" if question == b"6n" else b"\x1b[?62c")
        self._unanswered = self._unanswered[max(self._unanswered.rfind(b"n"), self._unanswered.rfind(b"c")) + 1 :][-8:]

    def _reply(self, data: bytes) -> None:
        if self.answers:
            self.send(data)

    def send(self, data: bytes) -> None:
        """Type `data` at the terminal."""
        while data:
            with contextlib.suppress(BlockingIOError):
                data = data[os.write(self._master, data) :]

    def output(self, start: int = 0) -> bytes:
        """Return all bytes written to the terminal, from the byte `start` on."""
        return bytes(self._output[start:])

    def pump(self) -> bool:
        """Read all pending output, and return whether there was any."""
        had_any = False
        while (allowed := self._allowed()) > 0:
            try:
                data = os.read(self._master, allowed)
            except OSError:  # no output (EAGAIN), or the other end is closed (EIO)
                return had_any
            had_any = True
            self.written += len(data)
            self._output += data
            if not self._keep:
                del self._output[:-100_000]
            self._feed(data)
        return had_any

    def _allowed(self) -> int:
        """Return the number of bytes that the rate allows to read now."""
        if self._rate is None:
            return 65536
        return min(65536, int((time.monotonic() - self._start) * self._rate) - self.written)

    def wait_until(self, predicate: Callable[[], Any], timeout: float = TIMEOUT) -> None:
        """Read output until `predicate` holds."""

        def holds() -> bool:
            select.select([self._master], [], [], _PAUSE)
            self.pump()
            return bool(predicate())

        wait_for(holds, timeout, describe=self.describe)

    def describe(self) -> str:
        """Return the terminal's content for the message of a failure."""
        return repr(self.output()[-2000:])

    def settle(self, timeout: float = TIMEOUT) -> None:
        """Wait until the output is quiet."""
        since, written = time.monotonic(), self.written

        def quiet() -> bool:
            nonlocal since, written
            if self.written != written:
                since, written = time.monotonic(), self.written
            return time.monotonic() - since > _QUIET

        self.wait_until(quiet, timeout)

    def wait(self, timeout: float = TIMEOUT) -> int:
        """Wait until the process has ended and all its output is read, and return its exit status."""
        self.wait_until(lambda: self.process.poll() is not None, timeout)
        self.pump()
        return self.process.wait()

    def settings_now(self) -> list[Any]:
        """Return the settings of the tty (`settings` holds those before the process started)."""
        return termios.tcgetattr(self._slave)

    @property
    def text(self) -> str:
        """Output without escape sequences and carriage returns."""
        plain = re.sub(rb"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()].|[=>78])", b"", self.output())
        return plain.replace(b"\r", b"").decode("utf-8", "replace")

    def write(self, data: bytes) -> None:
        """Write to the terminal as another program in it would."""
        os.write(self._slave, data)

    def hang_up(self) -> None:
        """Close the window: both ends of the pty that this process holds."""
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    def close(self) -> None:
        """Hang up: end the process and its process group, by SIGHUP, then by SIGKILL."""
        if self._master < 0:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            return
        if self.process.poll() is None:
            for number in (signal.SIGHUP, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(2)
                    break
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1


class _Screen(pyte.Screen):
    """Screen of pyte, plus what xterm does and pyte does not: scrollback, the alternate screen, resizing."""

    _ALTERNATE = 1049

    def __init__(self, columns: int, rows: int, reply: Callable[[bytes], None]) -> None:
        self.scrolled: list[str] = []
        self._main: tuple[dict[int, Any], int, int] | None = None  # the main screen, while the alternate one is active
        self._reply = reply
        super().__init__(columns, rows)

    @property
    def alternate(self) -> bool:
        """Whether the alternate screen is active."""
        return self._main is not None

    def set_mode(self, *modes: int, **options: Any) -> None:
        super().set_mode(*modes, **options)
        if options.get("private") and self._ALTERNATE in modes and self._main is None:
            self._main = dict(self.buffer), self.cursor.x, self.cursor.y
            self.buffer.clear()

    def reset_mode(self, *modes: int, **options: Any) -> None:
        super().reset_mode(*modes, **options)
        if options.get("private") and self._ALTERNATE in modes and self._main is not None:
            rows, column, row = self._main
            self._main = None
            self.buffer.clear()
            self.buffer.update(rows)
            self.cursor.x, self.cursor.y = min(column, self.columns - 1), row
            while self.cursor.y >= self.lines:  # the screen has become lower meanwhile
                self._push_off()

    def index(self) -> None:
        top, bottom = self.margins or (0, self.lines - 1)
        if self.cursor.y == bottom and top == 0 and not self.alternate:
            self.scrolled.append(self.display[0].rstrip())
        super().index()

    def _push_off(self) -> None:
        """Scroll the top row off; the other rows and the cursor move up."""
        if not self.alternate:
            self.scrolled.append(self.display[0].rstrip())
        for number in range(max(self.lines - 1, self.cursor.y)):
            self.buffer[number] = self.buffer[number + 1]
        self.buffer.pop(max(self.lines - 1, self.cursor.y), None)
        self.cursor.y -= 1

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        lines, columns = lines or self.lines, columns or self.columns
        while self.lines > lines:  # from the bottom while it is blank there, else off the top, as xterm does
            if self.cursor.y < self.lines - 1:
                self.buffer.pop(self.lines - 1, None)
                self.lines -= 1
            else:
                self._push_off()
                self.lines -= 1
        super().resize(lines, columns)
        self.cursor.x = min(self.cursor.x, columns - 1)

    def report_device_status(self, mode: int) -> None:
        if mode == 6:
            column = min(self.cursor.x, self.columns - 1)  # at the edge the wrap is pending, not done
            self.write_process_input(f"\x1b[{self.cursor.y + 1};{column + 1}R")
        else:
            super().report_device_status(mode)

    def write_process_input(self, data: str) -> None:
        self._reply(data.encode())


class PyteTerminal(Pty):
    """Process on a terminal in memory that does not reflow: on a new width its rows stay, cut at the edge."""

    def __init__(self, command: Sequence[str], size: tuple[int, int] = (80, 24), **options: Any) -> None:
        self._screen = _Screen(*size, self._reply)
        self._stream = pyte.ByteStream(self._screen)
        super().__init__(command, size, **options)

    def _feed(self, data: bytes) -> None:
        self._stream.feed(data)

    def _resized(self) -> None:
        self._screen.resize(self.rows, self.columns)

    def screen(self) -> list[str]:
        """Return the rows on the screen, as `Tmux.screen` does."""
        return without_blank_end(self._screen.display)

    def scrollback(self) -> list[str]:
        """Return all rows that scrolled off the top, then those on the screen."""
        return without_blank_end([*self._screen.scrolled, *self._screen.display])

    def wait_screen(self, predicate: Callable[[list[str]], Any], timeout: float = TIMEOUT) -> list[str]:
        """Wait until `predicate` holds for the rows of the screen, and return them."""
        self.wait_until(lambda: predicate(self.screen()), timeout)
        return self.screen()

    @property
    def title(self) -> str:
        """Title of the window."""
        return self._screen.title

    @property
    def alternate(self) -> bool:
        """Whether the alternate screen is active."""
        return self._screen.alternate

    @property
    def cursor_hidden(self) -> bool:
        """Whether the cursor is hidden."""
        return bool(self._screen.cursor.hidden)

    def colours_of(self, text: str) -> set[str]:
        """Return the foreground colours of the first occurrence of `text` on the screen."""
        for number, row in enumerate(self._screen.display):
            if (column := row.find(text)) >= 0:
                return {self._screen.buffer[number][column + offset].fg for offset in range(len(text))}
        raise AssertionError(f"{text!r} is not there\n{self.describe()}")

    def describe(self) -> str:
        return f"{self.columns} x {self.rows}:\n{picture(self.screen())}"
