"""Start-up: cost of an import to a program, and time until a viewer shows its first line.

    python tests/bench/startup.py [--rounds N]

Prints Markdown tables; contestants take turns within each round, figures are medians in milliseconds. The first table
is the wall time of whole interpreters; ``over logging`` is what one takes more than an interpreter that imports
`logging`. All have their bytecode, as installed packages do. The package loads its parts when they are first used, so
the import alone says little: the other rows use them as well. The second table is the time from the start of a viewer
until a line that was piped into it is on its terminal. `lnav` and `less` join in if they are installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time

from _harness import REFLOWLOG, OnTerminal, in_turns, middle, ratio, scratch, table

PROGRAMS = {
    "python -c pass": "pass",
    "import logging": "import logging",
    "import reflowlog": "import reflowlog",
    "import logging, reflowlog": "import logging, reflowlog",
    "from reflowlog import Console": "from reflowlog import Console",
    "from reflowlog import ReflowHandler": "from reflowlog import ReflowHandler",
    "reflowlog.install(), one record": "import logging, reflowlog; reflowlog.install(); logging.warning('x')",
    "StreamHandler, one record": "import logging; logging.basicConfig(); logging.warning('x')",
    "import wcwidth": "import wcwidth",
    "import blessed": "import blessed",
    "import rich.logging": "import rich.logging",
    "import loguru": "import loguru",
}
VIEWERS = {
    "cat": ("cat",),
    "reflowlog": REFLOWLOG,
    "lnav": ("lnav",),
    "less +F": ("less", "-R", "+F"),
}
LINE = b"2025-03-01 12:00:00,123 INFO app.http ZQXJFIRSTQJXZ\n"


def interpreter(code: str) -> float | None:
    """Milliseconds that an interpreter takes for a program; None if it fails."""
    start = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL, check=False)
    return (time.monotonic() - start) * 1000 if ended.returncode == 0 else None


def first_line(command: tuple[str, ...]) -> float | None:
    """Milliseconds from a viewer's start until the line that waits in its pipe is on its terminal."""
    out, into = os.pipe()
    os.write(into, LINE)
    os.close(into)
    with OnTerminal(command, out) as terminal:
        os.close(out)
        seconds = terminal.wait_for(b"ZQXJFIRSTQJXZ", 10.0)
    return None if seconds is None else seconds * 1000


def compare(rounds: int) -> None:
    """Both tables."""
    in_turns(1, PROGRAMS, lambda name: interpreter(PROGRAMS[name]))  # compiles, and warms the disk's cache
    found = in_turns(rounds, PROGRAMS, lambda name: interpreter(PROGRAMS[name]))
    took = {name: middle(runs) for name, runs in found.items()}
    base = took["import logging"] or 0.0
    absent = [name for name in took if took[name] is None]
    table(
        f"whole interpreters, {rounds} rounds",
        ("program", "ms", "fastest", "over logging, ms"),
        [
            (name, took[name], min(filter(None, runs), default=None), f"{(took[name] or 0) - base:+.1f}")
            for name, runs in found.items()
            if took[name] is not None
        ],
    )
    there = {name: command for name, command in VIEWERS.items() if shutil.which(command[0])}
    in_turns(1, there, lambda name: first_line(there[name]))
    found = in_turns(rounds, there, lambda name: first_line(there[name]))
    took = {name: middle(runs) for name, runs in found.items()}
    table(
        f"from its start to its first line, {rounds} rounds",
        ("viewer", "ms", "fastest", "x cat"),
        [
            (name, took[name], min(filter(None, runs), default=None), ratio(took[name], took["cat"]))
            for name, runs in found.items()
        ],
    )
    absent += [name for name in VIEWERS if name not in there]
    if absent:
        print(f"(left out, as not installed: {', '.join(absent)})")


def main() -> None:
    """Read the command line and run all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    with scratch():
        compare(args.rounds)


if __name__ == "__main__":
    main()
