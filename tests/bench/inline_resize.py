"""How long a new width takes in inline mode: from the ioctl to the last byte of the repaint, by length of history.

    python tests/bench/inline_resize.py [--lines 1000,100000] [--widths N] [--rewrap screen|all]

Prints a Markdown table, medians and the longest in milliseconds. It is to be the same for every length of history, as
only what is on the screen is laid out again. reflowlog waits until a drag of the window's edge is over, a few tens of
milliseconds, which is most of the time that is shown: ``CPU ms`` is what the work itself takes. ``written``
is what a repaint writes.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from _harness import MARK, REFLOWLOG, OnTerminal, log_file, middle, numbers, scratch, table

QUIET = 0.25  # seconds without a byte after which a repaint is over
BYTES_A_LINE = 190


class Repaint(NamedTuple):
    """One new width: seconds until the last byte, bytes written, and seconds of CPU time."""

    seconds: float
    written: int
    cpu: float


def cpu_of(pid: int) -> float:
    """Seconds of CPU time a process has used, fine-grained where the system tells (Linux)."""
    try:
        tasks = [Path(f"/proc/{pid}/task/{task}/schedstat") for task in os.listdir(f"/proc/{pid}/task")]
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
    except OSError:
        return 0.0


def settle(terminal: OnTerminal) -> None:
    """Read until nothing comes any more."""
    last = time.monotonic()
    while time.monotonic() - last < QUIET:
        if terminal.pump(0.02):
            last = time.monotonic()


def measure(source: Path, widths: list[int], rewrap: str) -> list[Repaint]:
    """Load a log, then change the width again and again."""
    out, into = os.pipe()
    feeder = subprocess.Popen(["cat", str(source)], stdout=into)
    found = []
    with OnTerminal((*REFLOWLOG, "--rewrap", rewrap), out) as terminal:
        os.close(out)
        if terminal.wait_for(MARK, 120.0) is None:
            return []
        settle(terminal)
        for width in widths:
            before, used = terminal.read, cpu_of(terminal.pid)
            start = time.monotonic()
            terminal.resize(width)
            settle(terminal)
            written = terminal.read - before
            if written:
                found.append(Repaint(terminal.last_byte - start, written, cpu_of(terminal.pid) - used))
    os.close(into)
    feeder.wait()
    return found


def main() -> None:
    """Read the command line and run all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", default="100,1000,10000,100000,500000", help="of history, about")
    parser.add_argument("--widths", type=int, default=8, help="how many new widths for each")
    parser.add_argument("--rewrap", choices=("screen", "all"), default="screen")
    args = parser.parse_args()
    rng = random.Random(1)
    widths = [rng.randrange(60, 119) for _ in range(args.widths)]
    rows = []
    with scratch() as folder:
        for lines in numbers(args.lines):
            source = log_file(folder, "plain", lines * BYTES_A_LINE)
            found = measure(source, widths, args.rewrap)
            times = [one.seconds * 1000 for one in found]
            rows.append(
                (
                    f"{lines:,}",
                    middle(times),
                    max(times, default=None),
                    middle(one.cpu * 1000 for one in found),
                    middle(one.written / 1000 for one in found),
                    f"{len(found)} of {len(widths)}",
                )
            )
            source.unlink()
    head = ("lines of history", "ms", "longest", "CPU ms", "written kB", "repaints")
    table(f"inline, a new width, --rewrap {args.rewrap}", head, rows)


if __name__ == "__main__":
    main()
