"""Merging files by time: against `sort -m` by the same key, and the first lines of it.

python tests/bench/merge.py [MEGABYTES]        of each of 8 files; 20 if it is not said
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = [sys.executable, "-m", "reflowlog"]
FILES = 8


def write_logs(directory: Path, size: int) -> list[str]:
    """Files of so many bytes, with the records of one clock dealt out at random."""
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
    """How long a command takes to write all it has into a file."""
    with out.open("wb") as file:
        begun = time.perf_counter()
        subprocess.run(command, stdout=file, env=os.environ | environ, check=True)
        return time.perf_counter() - begun


def first_rows(names: list[str]) -> float:
    """How long it takes until the first lines are there, laid out."""
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
        ours, theirs = directory / "ours", directory / "theirs"
        merge = min(seconds([*COMMAND, *names], ours) for _ in range(3))
        sort = min(seconds(["sort", "-m", "-s", "-k1,2", *names], theirs, LC_ALL="C") for _ in range(3))
        same = "the same" if ours.read_bytes() == theirs.read_bytes() else "NOT THE SAME"
        print(
            f"{FILES} files of {size / 1e6:.0f} MB: {merge:.2f} s, sort -m {sort:.2f} s: {merge / sort:.1f} x, {same}"
        )
        print(f"laid out for 100 columns: {seconds([*COMMAND, '-w', '100', *names], ours):.2f} s")
        print(f"first screen: {first_rows(names):.2f} s")


if __name__ == "__main__":
    main()
