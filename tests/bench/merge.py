"""Merging files by time, compared with `sort -m` by the same key, and the time until its first rows.

    python tests/bench/merge.py [MEGABYTES]        of each of 8 files; default 20

Prints a Markdown table; each figure is the best of three runs in turns.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _harness import in_turns, ratio, table

COMMAND = [sys.executable, "-m", "reflowlog"]
FILES = 8


def write_logs(directory: Path, size: int) -> list[str]:
    """Write files of `size` bytes, over which records with rising times are distributed at random."""
    chance = random.Random(1)
    names = [str(directory / f"{number}.log") for number in range(FILES)]
    files = [open(name, "w", encoding="utf-8") for name in names]  # noqa: SIM115
    now, written = 1_760_000_000.0, 0
    while written < size * FILES:
        now += chance.random() * 0.01
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now)) + f",{int(now % 1 * 1000):03}"
        line = f"{stamp} INFO app.module{chance.randrange(20)}: request {written} handled in {chance.random():.3f} s\n"
        chance.choice(files).write(line)
        written += len(line)
    for file in files:
        file.close()
    return names


def seconds(command: list[str], out: Path, **environ: str) -> float:
    """Return the seconds that a command takes to write its output into a file."""
    with out.open("wb") as file:
        begun = time.perf_counter()
        subprocess.run(command, stdout=file, env=os.environ | environ, check=True)
        return time.perf_counter() - begun


def first_rows(names: list[str]) -> float:
    """Return the seconds until the first rows, laid out for 100 columns, are written."""
    begun = time.perf_counter()
    with subprocess.Popen([*COMMAND, "-w", "100", *names], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(4000)
        passed = time.perf_counter() - begun
        process.kill()
    return passed


def main() -> None:
    """Write the logs, and measure."""
    size = int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 20_000_000
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        names = write_logs(directory, size)
        ours, theirs, rows = directory / "ours", directory / "theirs", directory / "rows"
        ways = {
            "sort -m -s -k1,2": lambda: seconds(["sort", "-m", "-s", "-k1,2", *names], theirs, LC_ALL="C"),
            "reflowlog FILE...": lambda: seconds([*COMMAND, *names], ours),
            "reflowlog -w 100 FILE...": lambda: seconds([*COMMAND, "-w", "100", *names], rows),
            "its first rows": lambda: first_rows(names),
        }
        took = {way: min(runs) for way, runs in in_turns(3, ways, lambda way: ways[way]()).items()}
        if ours.read_bytes() != theirs.read_bytes():
            sys.exit("merge: the two do not write the same")
        base = took["sort -m -s -k1,2"]
        table(
            f"{FILES} files of {size / 1e6:.0f} MB",
            ("command", "seconds", "x sort"),
            [(way, least, ratio(least, base)) for way, least in took.items()],
        )


if __name__ == "__main__":
    main()
