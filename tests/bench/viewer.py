"""The full-screen viewer beside `less`, `lnav` and `grep`, in one run.

    python tests/bench/viewer.py [--mb 1000] [--lines 10000,10000000] [--rounds 3] [--only intake,first,resize,...]

Prints Markdown tables, medians of all rounds:

- intake: `cat LOG | VIEWER`, from its start until the last line shows, in units of `cat LOG | cat > FILE`;
- first: `VIEWER LOG` until the first screen is complete, for a log of ten lines and for the large one;
- resize: from the ioctl to the last byte of the repaint at 50 rows, following the end of a pipe, by length of history;
- rest: CPU time while nothing happens;
- search: `/word` over the large log until the count is complete, in units of `grep -c`; and how long a key takes
  to be answered meanwhile.

Contestants that are not installed are left out. Linux: it reads /proc.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from _harness import MARK, REFLOWLOG, OnTerminal, in_turns, log_file, middle, numbers, ratio, scratch, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

QUIET = 0.2  # seconds without a byte after which a repaint is over
BYTES_A_LINE = 190
WORD = "NEEDLE"  # in one line of ten thousand


class Viewer(NamedTuple):
    """A contestant.

    Attributes:
        pipe: its command for a pipe, following the end.
        file: its command for a file, which is added.
        end: the key that takes it to the end once its input has ended; empty if it is there.
    """

    pipe: Sequence[str]
    file: Sequence[str]
    end: bytes = b""


VIEWERS = {
    "reflowlog": Viewer((*REFLOWLOG, "--full"), REFLOWLOG),
    "less": Viewer(("less", "-R", "+G"), ("less", "-R")),
    "lnav": Viewer(("lnav", "-c", ":enable-word-wrap"), ("lnav",)),
}


def contestants() -> list[str]:
    """Return the names of installed viewers."""
    return [name for name, viewer in VIEWERS.items() if shutil.which(viewer.pipe[0])]


def settle(terminal: OnTerminal, quiet: float = QUIET, most: float = 5.0) -> None:
    """Read until nothing comes any more."""
    start = last = time.monotonic()
    while time.monotonic() - last < quiet and time.monotonic() - start < most:
        if terminal.pump(0.01):
            last = time.monotonic()


def piped(name: str, source: Path) -> tuple[subprocess.Popen[bytes], OnTerminal]:
    """`cat LOG | VIEWER`."""
    feeder = subprocess.Popen(["cat", str(source)], stdout=subprocess.PIPE)
    assert feeder.stdout is not None
    terminal = OnTerminal(VIEWERS[name].pipe, feeder.stdout.fileno())
    feeder.stdout.close()
    return feeder, terminal


def at_the_end(name: str, terminal: OnTerminal, timeout: float) -> float | None:
    """Seconds until the last line shows."""
    end = VIEWERS[name].end
    if not end:
        return terminal.wait_for(MARK, timeout)
    deadline = time.monotonic() + timeout
    seen = b""
    while time.monotonic() < deadline:
        terminal.press(end)
        seen = (seen + terminal.pump(0.05))[-200_000:]
        if MARK in seen:
            return terminal.last_byte - terminal.start
    return None


# -- intake ---------------------------------------------------------------------------------------------------------


def intake(source: Path, folder: Path, rounds: int) -> None:
    """How soon all of a pipe is there."""
    copy = folder / "copy"
    memory: dict[str, float] = {}

    def run(name: str) -> float | None:
        if name == "cat | cat > file":
            start = time.monotonic()
            subprocess.run(["sh", "-c", 'cat "$1" | cat > "$2"', "sh", str(source), str(copy)], check=True)
            seconds = time.monotonic() - start
            copy.unlink()
            return seconds
        feeder, terminal = piped(name, source)
        with terminal:
            seconds_ = at_the_end(name, terminal, 120.0)
            memory[name] = peak(terminal.pid)
        feeder.kill()
        feeder.wait()
        return seconds_

    names = ["cat | cat > file", *contestants()]
    found = in_turns(rounds, names, run)
    base = middle(found[names[0]])
    rows = [
        (
            name,
            middle(found[name]),
            ratio(middle(found[name]), base),
            ratio(best(found[name]), best(found[names[0]])),
            memory.get(name),
        )
        for name in names
    ]
    table(f"a pipe of {source.stat().st_size / 1e6:,.0f} MB", ("", "s", "x cat", "x cat (best)", "peak MB"), rows)


def best(values: Sequence[float | None]) -> float | None:
    """The least of those that there are."""
    return min((value for value in values if value is not None), default=None)


def peak(pid: int) -> float:
    """Most memory a process ever had, in MB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


# -- first screen ---------------------------------------------------------------------------------------------------


def first(source: Path, folder: Path, rounds: int) -> None:
    """How soon a file's first screen is there."""
    small = folder / "ten.log"
    with source.open("rb") as whole:
        small.write_bytes(b"".join(whole.readline() for _ in range(10)))
    lines = small.read_bytes().split(b"\n")

    def run(what: str) -> float | None:
        name, _, kind = what.partition(" ")
        path = small if kind == "small" else source
        marker = lines[9][:19]  # the tenth line's time
        with OnTerminal((*VIEWERS[name].file, str(path))) as terminal:
            return terminal.wait_for(marker, 60.0)

    found = in_turns(rounds * 3, [f"{name} {kind}" for name in contestants() for kind in ("small", "large")], run)
    rows = []
    for name in contestants():
        small_s, large_s = middle(found[f"{name} small"]), middle(found[f"{name} large"])
        rows.append((name, small_s and small_s * 1000, large_s and large_s * 1000, ratio(large_s, small_s)))
    head = ("first screen", "10 lines, ms", f"{source.stat().st_size / 1e6:,.0f} MB, ms", "ratio")
    table("a file's first screen", head, rows)


# -- resize ---------------------------------------------------------------------------------------------------------


def resize(folder: Path, lengths: Sequence[int], rounds: int) -> None:
    """How soon a new width is laid out."""
    rng = random.Random(1)
    rows = []
    base: dict[str, float] = {}
    for lines in lengths:
        source = log_file(folder, "plain", lines * BYTES_A_LINE)
        for name in contestants():
            if name == "lnav" and lines > 1_000_000:
                continue  # it takes minutes to load
            times: list[float] = []
            written: list[float] = []
            seen = total = 0
            memory = idle = 0.0
            for _ in range(rounds):
                feeder, terminal = piped(name, source)
                with terminal:
                    if at_the_end(name, terminal, 120.0) is None:
                        continue
                    settle(terminal, 0.5)
                    for width in [rng.randrange(60, 119) for _ in range(7)] + [120]:
                        before = terminal.read
                        start = time.monotonic()
                        terminal.resize(width)
                        screen = b""
                        while time.monotonic() - max(terminal.last_byte, start) < QUIET:
                            screen += terminal.pump(0.005)
                        total += 1
                        if terminal.read > before:
                            times.append((terminal.last_byte - start) * 1000)
                            written.append((terminal.read - before) / 1000)
                        seen += MARK in screen
                    memory = peak(terminal.pid)
                    settle(terminal, 3.0, 10.0)  # what is loaded when there is nothing else to do
                    idle = at_rest(terminal)
                feeder.kill()
                feeder.wait()
            median = middle(times)
            base.setdefault(name, median or 0.0)
            rows.append(
                (
                    name,
                    f"{lines:,}",
                    median,
                    max(times, default=None),
                    ratio(median, base[name]),
                    middle(written),
                    f"{seen} of {total}",
                    memory,
                    idle,
                )
            )
        source.unlink()
    head = ("", "lines", "ms", "longest", "x fewest lines", "kB", "end in sight", "peak MB", "% of a core at rest")
    table("a new width, 50 rows, following a pipe", head, rows)


def at_rest(terminal: OnTerminal, seconds: float = 3.0) -> float:
    """Per cent of a core that it uses while nothing happens."""

    def used() -> float:
        tasks = Path(f"/proc/{terminal.pid}/task")
        return sum(int((tasks / task / "schedstat").read_text().split()[0]) for task in os.listdir(tasks)) / 1e9

    start, before = time.monotonic(), used()
    while time.monotonic() - start < seconds:
        terminal.pump(0.1)
    return 100 * (used() - before) / (time.monotonic() - start)


# -- search ---------------------------------------------------------------------------------------------------------


def search(source: Path, folder: Path, rounds: int) -> None:
    """How soon all matches are counted, and how soon a key is answered meanwhile."""
    marked = folder / "marked.log"
    with source.open("rb") as whole, marked.open("wb") as out:
        for number, line in enumerate(whole):
            out.write(line[:-1] + b" " + WORD.encode() + b"\n" if number % 10_000 == 0 else line)
    waits: list[float] = []

    def run(name: str) -> float | None:
        if name.startswith("grep"):
            start = time.monotonic()
            subprocess.run([*name.split(), WORD, str(marked)], capture_output=True, check=False)
            return time.monotonic() - start
        with OnTerminal((*VIEWERS["reflowlog"].file, str(marked))) as terminal:
            settle(terminal, 2.0)
            word = WORD.lower() if "any case" in name else WORD
            terminal.press(b"/" + word.encode() + b"\r")
            return counted(terminal, word.encode(), waits)

    names = ["grep -c", "grep -ci", "reflowlog", "reflowlog, any case"]
    found = in_turns(rounds, names, run)
    base = middle(found["grep -c"])
    table(
        f"a word in {marked.stat().st_size / 1e6:,.0f} MB",
        ("", "s", "x grep -c", "x grep -ci"),
        [
            (
                name,
                middle(found[name]),
                ratio(middle(found[name]), base),
                ratio(middle(found[name]), middle(found[names[1]])),
            )
            for name in names
        ],
    )
    table(
        "a key meanwhile",
        ("", "median ms", "longest ms", "keys"),
        [("j, k", middle(waits) and middle(waits) * 1000, max(waits, default=0.0) * 1000, len(waits))],
    )
    marked.unlink()


def counted(terminal: OnTerminal, word: bytes, waits: list[float]) -> float | None:
    """Seconds until the count is complete. All the while keys are typed, and how long each takes is noted."""
    start = time.monotonic()
    complete = re.compile(rb"[/?]" + word + rb": (?:[\d,]+ of )?[\d,]+(?! *\+|[\d,+])")
    keys = (b"j", b"k")
    seen = b""
    while time.monotonic() - start < 60.0:
        pressed = time.monotonic()
        terminal.press(keys[len(waits) % 2])
        data = terminal.pump(1.0)
        waits.append(terminal.last_byte - pressed)
        seen = (seen + data)[-20_000:]
        row = seen[seen.rfind(b"\x1b[7m") :]
        if complete.search(row) and b"%)" not in row:
            return time.monotonic() - start
    return None


def main() -> None:
    """Read the command line and run all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=int, default=1000, help="of the large log")
    parser.add_argument("--lines", default="10000,10000000", help="of history, for resize, about")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="intake,first,resize,search")
    args = parser.parse_args()
    only = set(args.only.split(","))
    with scratch() as folder:
        subprocess.run([*REFLOWLOG, "--version"], check=True, stdout=subprocess.DEVNULL)
        benches: dict[str, Callable[[Path], None]] = {
            "intake": lambda source: intake(source, folder, args.rounds),
            "first": lambda source: first(source, folder, args.rounds),
            "search": lambda source: search(source, folder, args.rounds),
        }
        if only & set(benches):
            source = log_file(folder, "plain", args.mb * 1_000_000)
            for name in benches:
                if name in only:
                    benches[name](source)
            source.unlink()
        if "resize" in only:
            resize(folder, list(numbers(args.lines)), args.rounds)


if __name__ == "__main__":
    main()
