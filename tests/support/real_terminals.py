"""Terminals that people use, without a person in front of them: xterm.js (VS Code), VTE, urxvt, GNU screen, tmux.

Those of `support.window_terminals` run under REFLOWLOG_TERMINALS=all only.

Each runs a shell and has the same few methods (`RealTerminal`). `missing` returns why one cannot be run here.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from support.terminals import Tmux, environment, tmux_missing, wait_for
from support.window_terminals import WINDOW_TERMINALS, XServer, missing_window_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TERMINALS", "RealTerminal", "missing", "open_terminal", "wait_for_rest"]

TERMINALS = ("xterm.js", "VTE", "urxvt", "GNU screen", "tmux", *WINDOW_TERMINALS)
TIMEOUT = 15.0  # seconds for an answer of a terminal
QUIET = 0.4  # seconds without a change, after which a screen is at rest; a burst of resizes rests after 0.3
_SHELL = ("bash", "--norc", "--noprofile")
_ADOPT = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
_FOLDER = Path(__file__).parent.parent / "e2e" / "terminals"


class RealTerminal(Protocol):
    """A terminal that runs a shell."""

    columns: int
    rows: int

    def send(self, text: str) -> None:
        """Type a text; a newline is the Enter key."""

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as dragging the window's edge does."""

    def read(self) -> tuple[list[str], list[str]]:
        """Return all rows of scrollback and screen, and those of the screen, without trailing blanks."""

    def close(self) -> None:
        """End the terminal and its programs."""


def missing(name: str) -> str:
    """Return why a terminal cannot be run here; empty if it can."""
    if name in WINDOW_TERMINALS:
        is_wanted = os.environ.get("REFLOWLOG_TERMINALS") == "all"
        return missing_window_terminal(name) if is_wanted else "takes long; runs under REFLOWLOG_TERMINALS=all"
    if name == "tmux":
        return tmux_missing()
    if name == "GNU screen":
        return "" if shutil.which("screen") else "needs GNU screen"
    if name == "xterm.js":
        if not shutil.which("node"):
            return "needs node"
        return "" if (_modules() / "@xterm" / "headless").is_dir() else "needs `npm install` in tests/e2e/terminals"
    if not shutil.which("Xvfb"):
        return "needs Xvfb"
    if name == "urxvt":
        return "" if shutil.which("urxvt") and shutil.which("xdotool") else "needs urxvt and xdotool"
    probe = "import gi; gi.require_version('Gtk', '3.0'); gi.require_version('Vte', '2.91')"
    done = subprocess.run(["/usr/bin/python3", "-c", probe], capture_output=True, check=False)
    return "" if done.returncode == 0 else "needs VTE's bindings for /usr/bin/python3 (gir1.2-vte-2.91, python3-gi)"


def open_terminal(name: str, home: Path, columns: int, rows: int) -> RealTerminal:
    """Start a terminal by its name in `TERMINALS`; its shell works in `home`."""
    kinds: dict[str, Callable[..., RealTerminal]] = {
        "xterm.js": _XtermJs,
        "VTE": _Vte,
        "urxvt": _Urxvt,
        "GNU screen": _Screen,
        "tmux": _TmuxShell,
        **WINDOW_TERMINALS,
    }
    return kinds[name](home, columns, rows)


def wait_for_rest(
    terminal: RealTerminal,
    is_expected: Callable[[list[str]], bool] = lambda _: True,
    *,
    quiet: float = QUIET,
    within: float = 10.0,
) -> list[str]:
    """Wait until the rows have not changed for a while and are as expected, and return those of the screen.

    Args:
        terminal: the terminal.
        is_expected: whether the rows of scrollback and screen are those waited for.
        quiet: seconds without a change.
        within: seconds after which the rows of that time are returned.
    """
    end = time.monotonic() + within
    before: tuple[list[str], list[str]] = ([], [])
    since = time.monotonic()
    while time.monotonic() < end:
        now = terminal.read()
        if now != before:
            before, since = now, time.monotonic()
        if time.monotonic() - since >= quiet and is_expected(now[0]):
            break
        time.sleep(0.05)
    screen = before[1]
    while screen and not screen[-1]:
        screen = screen[:-1]
    return screen


def _modules() -> Path:
    return Path(os.environ.get("XTERMJS_MODULES") or _FOLDER / "node_modules")


class _ShellOnPty:
    """A program on a pty of this process, whose output is passed to `on_output` on a thread."""

    def __init__(
        self,
        command: tuple[str, ...],
        home: Path,
        size: tuple[int, int],
        on_output: Callable[[bytes], None],
        **more: str,
    ) -> None:
        self.master, slave = pty.openpty()
        self.set_size(*size)
        self._process = subprocess.Popen(
            ["python3", "-I", "-S", "-c", _ADOPT, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=home,
            env=environment(**more),
            start_new_session=True,
        )
        os.close(slave)
        self._on_output = on_output
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def set_size(self, columns: int, rows: int) -> None:
        """Tell the kernel a size: the program gets SIGWINCH."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def has_output(self) -> bool:
        """Return whether the program has written what is not read yet."""
        return bool(select.select([self.master], [], [], 0)[0])

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := os.read(self.master, 1 << 16):
                self._on_output(data)

    def close(self) -> None:
        """End the program and its session."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGHUP)
        self._process.kill()
        self._process.wait()
        self._thread.join(TIMEOUT)
        os.close(self.master)


class _JsonServer:
    """A terminal in a process that is driven by JSON lines."""

    def __init__(
        self, command: list[str], on_message: Callable[[dict[str, Any]], None] = lambda _: None, **more: str
    ) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(**more), bufsize=1
        )
        self._lock = threading.Lock()
        self._on_message = on_message
        self._replies: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def send(self, **message: Any) -> None:
        """Send one line."""
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def ask(self, **message: Any) -> dict[str, Any]:
        """Send one line and return the next reply."""
        self.send(**message)
        try:
            return self._replies.get(timeout=TIMEOUT)
        except Empty:
            raise AssertionError(f"no reply to {message}") from None

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            if "answer" in message:
                self._on_message(message)
            else:
                self._replies.put(message)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._thread.join(TIMEOUT)
        self._process.stdout.close()


def _split_dump(dump: dict[str, Any]) -> tuple[list[str], list[str]]:
    rows = [row.rstrip() for row in dump["rows"]]
    return rows, rows[dump["base"] :]


class _XtermJs:
    """xterm.js as in VS Code: the terminal has its new size before the kernel.

    Attributes:
        late_answers: number of answers to come that are `lateness` seconds late, as over ssh.
        lateness: seconds.
        resizes_between_lines: whether a new size waits, for a second at most, until all output so far is shown and its
            last line is finished. xterm.js itself cuts off what a narrower size finds of an unfinished line: of 200
            streams of whole lines, cut and resized anywhere, 83 lost a line without this program.
        lag: longest time in seconds for which the kernel had another size. A busy machine takes longer than VS Code.
    """

    late_answers = 0
    lateness = 0.26
    resizes_between_lines = False
    lag = 0.0

    def __init__(self, home: Path, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._output_lock = threading.Lock()
        self._is_unfinished = False
        server = [str(_FOLDER / "xtermjs_server.js"), str(columns), str(rows)]
        self._server = _JsonServer(["node", *server], self._answer, NODE_PATH=str(_modules()))
        self._shell = _ShellOnPty(_SHELL, home, (columns, rows), self._show, TERM_PROGRAM="vscode")

    def _show(self, data: bytes) -> None:
        with self._output_lock:
            self._server.send(output=base64.b64encode(data).decode())
            self._is_unfinished = not data.endswith(b"\n")

    def _answer(self, message: dict[str, Any]) -> None:
        answer = message["answer"].encode()
        if self.late_answers:
            self.late_answers -= 1
            threading.Timer(self.lateness, os.write, (self._shell.master, answer)).start()
        else:
            os.write(self._shell.master, answer)

    def send(self, text: str) -> None:
        os.write(self._shell.master, text.replace("\n", "\r").encode())

    def resize(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        deadline = time.monotonic() + self.resizes_between_lines
        while True:
            with self._output_lock:
                is_within_line = self._is_unfinished or self._shell.has_output()
                if not is_within_line or time.monotonic() >= deadline:
                    start = time.monotonic()
                    self._server.ask(size=[columns, rows])
                    self._shell.set_size(columns, rows)
                    self.lag = max(self.lag, time.monotonic() - start)
                    return
            time.sleep(0.001)

    def read(self) -> tuple[list[str], list[str]]:
        return _split_dump(self._server.ask(dump=True)["dump"])

    def close(self) -> None:
        self._shell.close()
        self._server.close()


class _Vte:
    """VTE, the engine of GNOME's terminals, in a window under Xvfb."""

    def __init__(self, home: Path, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._x = XServer()
        server = [str(_FOLDER / "vte_server.py"), str(columns), str(rows), "env", "-C", str(home), *_SHELL]
        more = {"DISPLAY": self._x.display, "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}
        self._server = _JsonServer(["/usr/bin/python3", *server], **more)

    def send(self, text: str) -> None:
        self._server.send(type=text.replace("\n", "\r"))

    def resize(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._server.ask(size=[columns, rows])

    def read(self) -> tuple[list[str], list[str]]:
        return _split_dump(self._server.ask(dump=True)["dump"])

    def close(self) -> None:
        self._server.close()
        self._x.close()


class _Urxvt:
    """urxvt in a window under Xvfb, on a pty of this process; its print key writes the rows to a file."""

    def __init__(self, home: Path, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._x = XServer()
        self._folder = tempfile.TemporaryDirectory(prefix="urxvt-")
        self._copy = Path(self._folder.name) / "copy"
        self._environment = environment(DISPLAY=self._x.display)
        self._master, self._slave = pty.openpty()
        save = f"URxvt.print-pipe: cat > {self._copy}.new && mv {self._copy}.new {self._copy}"
        look = ["-fn", "xft:DejaVu Sans Mono:pixelsize=8", "-sl", "100000", "-xrm", save, "-T", "urxvt-under-test"]
        command = ["urxvt", "-pty-fd", str(self._master), "-geometry", f"{columns}x{rows}", *look]
        self._terminal = subprocess.Popen(
            command, pass_fds=[self._master], env=self._environment, stderr=subprocess.DEVNULL
        )
        self._window = wait_for(lambda: self._xdotool("search", "--name", "urxvt-under-test").split())[0]
        self._shell = subprocess.Popen(
            ["python3", "-I", "-S", "-c", _ADOPT, *_SHELL],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            cwd=home,
            env=environment(TERM="rxvt-unicode-256color"),
            start_new_session=True,
        )
        wait_for(self._has_size)

    def _xdotool(self, *arguments: str) -> str:
        return subprocess.run(
            ["xdotool", *arguments], env=self._environment, capture_output=True, text=True, check=False
        ).stdout

    def _has_size(self) -> bool:
        rows, columns = struct.unpack("HHHH", fcntl.ioctl(self._slave, termios.TIOCGWINSZ, bytes(8)))[:2]
        return (columns, rows) == (self.columns, self.rows)

    def send(self, text: str) -> None:
        os.write(self._master, text.replace("\n", "\r").encode())

    def resize(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._xdotool("windowsize", "--usehints", self._window, str(columns), str(rows))
        wait_for(self._has_size)

    def _print(self, key: str) -> list[str]:
        self._copy.unlink(missing_ok=True)
        self._xdotool("windowfocus", self._window, "key", "--window", self._window, key)
        wait_for(self._copy.exists)
        return [row.rstrip() for row in self._copy.read_text(errors="replace").split("\n")[:-1]]

    def read(self) -> tuple[list[str], list[str]]:
        return self._print("shift+Print"), self._print("Print")

    def close(self) -> None:
        for process in (self._shell, self._terminal):
            process.kill()
            process.wait()
        os.close(self._master)
        os.close(self._slave)
        self._x.close()
        self._folder.cleanup()


class _Screen:
    """GNU screen on a pty. Its copies of the screen are not UTF-8."""

    def __init__(self, home: Path, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._folder = tempfile.TemporaryDirectory(prefix="screen-")
        folder = Path(self._folder.name)
        (folder / "rc").write_text("defscrollback 100000\nstartup_message off\nhardstatus off\n")
        self._environment = {"SCREENDIR": str(folder)}
        command = ("screen", "-c", str(folder / "rc"), "-S", "test", *_SHELL)
        self._shell = _ShellOnPty(command, home, (columns, rows), lambda _: None, **self._environment)

    def send(self, text: str) -> None:
        os.write(self._shell.master, text.replace("\n", "\r").encode())

    def resize(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._shell.set_size(columns, rows)

    def _run(self, *arguments: str) -> None:
        command = ["screen", "-S", "test", "-X", *arguments]
        subprocess.run(command, env=environment(**self._environment), capture_output=True, check=False)

    def _copy(self, *options: str) -> list[str]:
        path = Path(self._folder.name) / "copy"
        path.unlink(missing_ok=True)
        end = time.monotonic() + TIMEOUT
        asked = 0.0
        while time.monotonic() < end:  # screen reports neither that it has written the file nor that it is not up yet
            if time.monotonic() - asked > 0.5:
                asked = time.monotonic()
                self._run("hardcopy", *options, str(path))
            if path.exists() and (text := path.read_text(errors="replace")).endswith("\n"):
                return [row.rstrip() for row in text.split("\n")[:-1]]
            time.sleep(0.02)
        return []

    def read(self) -> tuple[list[str], list[str]]:
        return self._copy("-h"), self._copy()

    def close(self) -> None:
        self._run("quit")
        self._shell.close()
        self._folder.cleanup()


class _TmuxShell:
    """tmux without a client; it tells the kernel of sizes in its own time."""

    def __init__(self, home: Path, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._tmux = Tmux(home, columns, rows)

    def send(self, text: str) -> None:
        self._tmux.send(text)

    def resize(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._tmux.resize(columns, rows, at_once=False)

    def read(self) -> tuple[list[str], list[str]]:
        return self._tmux.scrollback(), self._tmux.screen()

    def close(self) -> None:
        self._tmux.close()
