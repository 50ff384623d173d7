"""Shared helpers of the benches: sample logs, processes on a pseudo-terminal, Markdown tables.

Linux and other systems with pseudo-terminals. Everything is made anew in a temporary folder; nothing is kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import pty
import random
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

REFLOWLOG = (sys.executable, "-m", "reflowlog")
MARK = b"ZQXJENDQJXZ"
"""The word in the last line of every log."""
ROWS = 50
PIECE = 1 << 16  # bytes read from a terminal at once
_WORDS = (
    "request handled connection pool retry after timeout user session opened closed cache miss hit shard replica "
    "commit rollback batch flushed worker started stopped waiting for lock on table orders in payload rejected "
    "because schema version mismatch upstream returned status latency_ms=37 path=/api/v2/orders/8812/items "
    "id=9f3c2a71-5d0e-4c1b-b0f7-2f4e6a9d1c33 bytes=18233 peer=10.4.17.93:5432"
)
_WIDE = (
    "接続がタイムアウトしました 数据库连接池已满 사용자세션이종료되었습니다 再試行します 👩‍💻 👨‍👩‍👧‍👦 👍🏽 🇯🇵 ✅ ⚠️ "
    "re\u0301sume\u0301 Zu\u0308rich สวัสดีครับ नमस्ते straße Ελλάδα path=/документы/отчёт user=Łukasz"
)
WORDS, WIDE = _WORDS.split(), _WIDE.split()
_asked = re.compile(rb"(9999H)?\x1b\[6n")
KINDS = ("plain", "unique", "json", "logfmt", "unicode", "ansi")
BODIES = 4096  # different lines of a log, but for their times
ENDLESS = 1 << 17  # more lines than a log of 25 MB has: those of the kind "unique", plain text


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder, where bytecode goes as well: installed packages have theirs, whatever the environment says.

    The first run of a Python program compiles what it imports; where that matters it is not to count.
    """
    with tempfile.TemporaryDirectory(prefix="reflowlog-bench-") as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        yield Path(folder)


def log_file(folder: Path, kind: str, size: int, bodies_there_are: int = BODIES) -> Path:
    """Write a log of about `size` bytes, with MARK in its last line, and return its path; deterministic.

    Args:
        folder: where to write it.
        kind: one of KINDS.
        size: in bytes.
        bodies_there_are: how many different lines it has, but for their times.
    """
    if kind == "unique":
        bodies_there_are = ENDLESS
    path = folder / f"{kind}-{size}-{bodies_there_are}.log"
    if path.exists():
        return path
    rng = random.Random(kind)
    bodies = [_body(kind, rng) for _ in range(bodies_there_are)]
    endless = itertools.cycle(bodies)
    moment = written = 0
    with path.open("wb") as out:
        while written < size:
            batch = []
            for body in itertools.islice(endless, 5_000) if kind == "unique" else rng.choices(bodies, k=5_000):
                moment += 7
                clock = f"{moment // 3_600_000 % 24:02}:{moment // 60_000 % 60:02}:{moment // 1000 % 60:02}"
                batch.append(body.replace("<time>", f"2025-03-01 {clock},{moment % 1000:03}", 1))
            data = ("\n".join(batch) + "\n").encode()
            if written + len(data) > size:
                data = data[: data.rfind(b"\n", 0, max(1, size - written)) + 1]
                size = 0
            written += out.write(data)
        out.write(MARK + b" last line\n")
    return path


def _body(kind: str, rng: random.Random) -> str:
    """A line with ``<time>`` in place of its time."""
    level = rng.choice(("DEBUG", "INFO", "WARNING", "ERROR"))
    logger = rng.choice(("app.http", "app.db.pool", "app.worker.queue", "auth.session"))
    words: list[str] = []
    left = int(rng.triangular(20, 400, 70))
    while left > 0:
        words.append(rng.choice(WIDE + WORDS[:12] if kind == "unicode" else WORDS))
        left -= len(words[-1]) + 1
    if kind == "json":
        text = " ".join(words)
        return f'{{"ts":"<time>","level":"{level}","logger":"{logger}","msg":"{text}","ms":{rng.randrange(900)}}}'
    if kind == "logfmt":
        return f'ts="<time>" level={level} logger={logger} msg="{" ".join(words)}" ms={rng.randrange(900)}'
    if kind == "ansi":
        words[::4] = [f"\x1b[38;5;{rng.randrange(17, 230)}m{word}\x1b[0m" for word in words[::4]]
        return f"\x1b[2m<time>\x1b[0m \x1b[1;32m{level:<8}\x1b[0m {logger:<18} {' '.join(words)}"
    return f"<time> {level:<8} {logger:<18} {' '.join(words)}"


class Ended(NamedTuple):
    """A process that has ended.

    Attributes:
        seconds: from its start to its end, or to the moment that was waited for.
        status: its exit status, negative for a signal.
        cpu: seconds of CPU time.
        rss: most memory it ever had, in MB.
        read: bytes that it wrote to its terminal.
    """

    seconds: float
    status: int
    cpu: float
    rss: float
    read: int = 0


class OnTerminal:
    """A process on a pseudo-terminal that is read as fast as possible, or at a rate. A context manager: ends it.

    Args:
        command: what to run.
        source: its standard input; None: the terminal.
        columns: of the terminal.
        rate: bytes per second at which the terminal takes output; None for all it gets.
        environ: added to the environment.
        errors_too: whether standard error is the terminal as well, or is thrown away.
    """

    def __init__(
        self,
        command: Sequence[str],
        source: int | None = None,
        *,
        columns: int = 120,
        rate: float | None = None,
        environ: dict[str, str] | None = None,
        errors_too: bool = True,
    ) -> None:
        self._master, slave = pty.openpty()
        self.resize(columns)
        self._rate = rate
        self.read = 0
        self.start = time.monotonic()
        self._due = self.start
        self.last_byte = self.start
        self._process = subprocess.Popen(
            command,
            stdin=slave if source is None else source,
            stdout=slave,
            stderr=slave if errors_too else subprocess.DEVNULL,
            preexec_fn=lambda: self._own(slave),  # noqa: PLW1509 - it only makes system calls
            env={**os.environ, "TERM": "xterm-256color", **(environ or {})},
        )
        os.close(slave)
        self._watch = Watch(self._process.pid)
        self._tail = b""
        self._open = True

    @staticmethod
    def _own(slave: int) -> None:
        """Make the terminal the controlling one of a new session, so that the process gets SIGWINCH."""
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    def resize(self, columns: int) -> None:
        """Another width; the process is told."""
        self._columns = columns
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def pump(self, seconds: float) -> bytes:
        """Return the output that arrives within `seconds`; empty if there is none, or the process has ended."""
        if not self._open:
            time.sleep(min(seconds, 0.01))
            return b""
        return self._take() if select.select([self._master], [], [], seconds)[0] else b""

    def _take(self) -> bytes:
        """Return the next output; empty if the process has ended."""
        try:
            data = os.read(self._master, PIECE)
        except OSError:
            data = b""
        self._open = bool(data)
        self.read += len(data)
        self.last_byte = time.monotonic()
        if self._rate:
            self._due = max(self._due, self.last_byte) + len(data) / self._rate
            time.sleep(max(0.0, self._due - time.monotonic()))
        if b"\x1b[6n" in data:
            for corner in _asked.findall(data):  # where its cursor is; or, from the far corner, how large the screen is
                os.write(self._master, b"\x1b[%d;%dR" % (ROWS, self._columns if corner else 1))
        return data

    def wait_for(self, text: bytes, timeout: float) -> float | None:
        """Seconds from the start until a text was written; None if it does not come, or comes too late.

        It reads without asking first whether there is something, which would make it half as fast; so too late is
        when the process has been killed for it.
        """
        killer = threading.Timer(timeout, self._process.kill)
        killer.start()
        tail, size = self._tail, len(text)
        try:
            while self._open:
                data = self._take()
                if text in data or text in tail + data[:size]:
                    return self.last_byte - self.start
                tail = data[-size:] if len(data) >= size else (tail + data)[-size:]
        finally:
            self._tail = tail
            killer.cancel()
        return None

    def press(self, key: bytes) -> None:
        """Type something."""
        os.write(self._master, key)

    def wait_end(self, timeout: float) -> Ended:
        """Read until it ends; it is killed if that takes too long."""
        deadline = time.monotonic() + timeout
        while self._open and time.monotonic() < deadline:
            self.pump(0.05)
        if self._open:
            self._process.kill()
        ended = reap(self._process, self.start, self._watch)
        return ended._replace(read=self.read)

    def __enter__(self) -> OnTerminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)


class Watch(threading.Thread):
    """Looks at the most memory that a process ever had, as long as it lives.

    What the system tells at its end (`resource`) counts what its parent had when it was forked, too.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._status = Path(f"/proc/{pid}/status")
        self._stopped = threading.Event()
        self.peak = 0.0  # MB; 0 where the system does not tell
        self.start()

    def run(self) -> None:
        while not self._stopped.wait(0.02):
            try:
                found = re.search(r"VmHWM:\s+(\d+)", self._status.read_text())
            except OSError:
                return
            if found:
                self.peak = int(found[1]) / 1024

    def stop(self) -> float:
        """The peak in MB."""
        self._stopped.set()
        self.join()
        return self.peak


def reap(process: subprocess.Popen[Any], start: float, watch: Watch) -> Ended:
    """Wait for a process, and return its duration, status and resource usage."""
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(seconds, process.returncode, used.ru_utime + used.ru_stime, watch.stop())


def in_turns(rounds: int, names: Iterable[str], run: Callable[[str], Any]) -> dict[str, list[Any]]:
    """Run all contestants once per round, each round in another order, and return their results."""
    order = list(names)
    found: dict[str, list[Any]] = {name: [] for name in order}
    for number in range(rounds):
        random.Random(number).shuffle(order)
        for name in order:
            found[name].append(run(name))
    return found


def middle(values: Iterable[float | None]) -> float | None:
    """The median of those that there are."""
    there = [value for value in values if value is not None]
    return statistics.median(there) if there else None


def ratio(value: float | None, base: float | None) -> str:
    """One number in units of another, such as ``0.42x``."""
    return "-" if value is None or not base else f"{value / base:.2f}x"


def shown(value: object) -> str:
    """Three digits that count; ``-`` for nothing."""
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table: its first column to the left, the others to the right."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(head) + " |")
    print("|---" + "|--:" * (len(head) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(shown(cell).replace("|", r"\|") for cell in row) + " |")
    print(flush=True)


def numbers(text: str) -> Iterator[int]:
    """Numbers of a list such as ``1,8``."""
    return (int(part.replace("_", "")) for part in text.split(","))
