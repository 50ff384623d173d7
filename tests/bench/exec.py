"""Throughput of a command through a pseudo-terminal, and the time to start one.

    python tests/bench/exec.py [--mb N] [--rounds N]

Prints a Markdown table; contestants take turns within each round, figures are medians. Each runs ``cat LOG``, then
``true``, and writes into a file. The plain pipe has no terminal at all. `script` and `unbuffer` join in if they are
installed; ``same`` is whether what came out is the log, to the byte.
"""

from __future__ import annotations

import argparse
import filecmp
import shlex
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

from _harness import REFLOWLOG, in_turns, log_file, middle, ratio, scratch, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BASE = "a pipe"


class Ran(NamedTuple):
    """How a contestant ran.

    Attributes:
        seconds: for the log.
        start: seconds for a command that does nothing.
        same: whether the log came out as it was.
    """

    seconds: float
    start: float
    same: bool


def under(name: str, command: Sequence[str]) -> list[str]:
    """A command as a contestant runs it."""
    if name == "script":
        return ["script", "-qec", shlex.join(command), "/dev/null"]
    if name == "unbuffer":
        return ["unbuffer", *command]
    if name == "reflowlog":
        return [*REFLOWLOG, "-e", *command]
    return ["sh", "-c", f"{shlex.join(command)} | cat"]


def timed(command: Sequence[str], target: Path) -> float:
    """Seconds that a command takes to write into a file."""
    with target.open("wb") as out:
        start = time.monotonic()
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, check=False)
        return time.monotonic() - start


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mb", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    names = [BASE, "reflowlog", *[each for each in ("script", "unbuffer") if shutil.which(each)]]
    with scratch() as folder:
        log, out = log_file(folder, "plain", options.mb << 20), folder / "out"

        def run(name: str) -> Ran:
            start = timed(under(name, ["true"]), out)
            seconds = timed(under(name, ["cat", str(log)]), out)
            return Ran(seconds, start, filecmp.cmp(log, out, shallow=False))

        run("reflowlog")  # compiles it
        ran = in_turns(options.rounds, names, run)
    base = middle(each.seconds for each in ran[BASE])
    rows = []
    for name in names:
        seconds = middle(each.seconds for each in ran[name])
        start = middle(each.start for each in ran[name])
        same = all(each.same for each in ran[name])
        rows.append((name, seconds, ratio(seconds, base), start and start * 1000, "yes" if same else "no"))
    table(f"A command that says {options.mb} MiB", ("", "seconds", "x pipe", "ms to run `true`", "same"), rows)


if __name__ == "__main__":
    main()
