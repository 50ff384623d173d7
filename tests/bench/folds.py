"""Keys of the viewer with folds and gaps, beside the viewer without them, over a log of ten million lines.

    python tests/bench/folds.py [--lines 10000000] [--rounds 3]

Prints a Markdown table: the median and the longest time from a key to the first byte of its answer, in milliseconds,
and the most memory, for the viewer as it is, with `--gaps 1m`, and with tracebacks and repeats folded as well.
Linux: it reads /proc.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

from _harness import REFLOWLOG, OnTerminal, in_turns, scratch, table
from viewer import peak, settle

if TYPE_CHECKING:
    from pathlib import Path

KEYS = "jkkj  bd u50%jk75%k b20%  G k bg" + "zjzj" + "10%z z"
CONTESTANTS = {
    "as it is": (),
    "--gaps 1m": ("--gaps", "1m"),
    "--gaps 1m --fold tracebacks,repeats": ("--gaps", "1m", "--fold", "tracebacks,repeats"),
}
ANSWER_TIMEOUT = 10.0  # seconds
FRAMES = "".join(f'  File "/app/module{at}.py", line {at}, in f\n    call({at})\n' for at in range(8))


def write_log(path: Path, lines: int) -> None:
    """Write a log with runs of up to 160 equal records, tracebacks, gaps and other records in turn."""
    with path.open("w") as file:
        number = second = 0
        while number < lines:
            records = []
            for _ in range(2000):
                second += 400 if second % 5000 == 0 else 1
                clock = f"{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02},{second % 1000:03}"
                head = f"2026-{second // 2_592_000 % 12 + 1:02}-{second // 86_400 % 28 + 1:02} {clock}"
                kind = second // 40 % 7
                if kind < 4:
                    records.append(f"{head} INFO app.http: GET /orders/{second * 7} took {second % 97} ms")
                elif kind < 6:
                    records.append(f"{head} INFO app.{second % 3}: {('begun', 'done', 'cache hit')[second % 3]}")
                elif second % 40 == 5:
                    records.append(
                        f"{head} ERROR app: it failed\nTraceback (most recent call last):\n{FRAMES}KeyError: 1"
                    )
                    number += 16
                else:
                    records.append(f"{head} DEBUG polling")
            number += len(records)
            file.write("\n".join(records) + "\n")


def answer_times(log: Path, options: tuple[str, ...]) -> tuple[list[float], float]:
    """Return the seconds from each key to the first byte of its answer, and the most memory in MB."""
    times = []
    with OnTerminal((*REFLOWLOG, *options, str(log))) as terminal:
        settle(terminal, 1.0, 60.0)
        for key in KEYS:
            settle(terminal)
            start = time.monotonic()
            terminal.press(key.encode())
            while not terminal.pump(0.001) and time.monotonic() - start < ANSWER_TIMEOUT:
                pass
            times.append(time.monotonic() - start)
        memory = peak(terminal.pid)
        terminal.press(b"Q")
    return times, memory


def main() -> None:
    """Read the arguments, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with scratch() as folder:
        log = folder / "app.log"
        write_log(log, arguments.lines)
        found = in_turns(arguments.rounds, CONTESTANTS, lambda name: answer_times(log, CONTESTANTS[name]))
    rows = []
    for name, runs in found.items():
        times = [seconds * 1000 for run, _ in runs for seconds in run if seconds < ANSWER_TIMEOUT]
        rows.append([name, statistics.median(times), max(times), max(memory for _, memory in runs)])
    table(f"Keys at {arguments.lines:,} lines", ["viewer", "median, ms", "longest, ms", "memory, MB"], rows)


if __name__ == "__main__":
    main()
