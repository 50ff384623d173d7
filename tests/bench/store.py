"""Speed of the store, and its memory for each line, as a Markdown table.

    python tests/bench/store.py [LINES]

Each case runs in a process of its own, so that its greatest resident memory can be told; what Python itself needs is
taken off. LINES is 10 million unless told otherwise: 2 GB of log, most of which goes to the temporary directory.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time

from reflowlog.store.line_index import LineIndex
from reflowlog.store.spool import Spool


def text(length: int, size: int) -> bytes:
    """About `size` bytes of lines whose mean length, with the newline, is `length` bytes."""
    dice = random.Random(length)
    lines = []
    left = size
    while left > 0:
        lines.append(b"x" * dice.randint(length // 2 - 1, length + length // 2 - 1) + b"\n")
        left -= len(lines[-1])
    return b"".join(lines)


def measure(lines: int, length: int, piece: int, limit: int | None) -> None:
    """Fill a history with pieces of so many bytes, or line by line, then read from it; print the row's cells."""
    data = text(length, piece) if piece else b"x" * (length - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    history = LineIndex(Spool(), limit)
    began = time.perf_counter()
    if piece:
        while history.end < lines:
            history.extend(data)
    else:
        for _ in range(lines):
            history.append(data)
    seconds = time.perf_counter() - began
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    index = history._numbers.itemsize * len(history._numbers) * 2
    cells = [f"{history._spool.end / seconds / 1e6:,.0f} MB/s", f"{history.end / seconds / 1e6:.1f} M lines/s"]
    cells += [f"{memory / 1e6:.0f} MB", f"{memory / history.end:.1f}", f"{index / history.end:.3f}"]
    print(" | ".join(cells + read_back(history)))
    history.close()


def read_back(history: LineIndex) -> list[str]:
    """The mean time of a screenful of 50 lines anywhere, and the speed of a scan of up to 2 million lines."""
    dice = random.Random(1)
    places = [dice.randrange(history.first, history.end) for _ in range(1000)]
    began = time.perf_counter()
    for place in places:
        history.lines(place, place + 50)
    screen = (time.perf_counter() - began) / len(places)
    number = history.first
    size = 0
    began = time.perf_counter()
    while number < min(history.end, history.first + 2_000_000):
        number, data = history.group(number)
        number += data.count(b"\n")
        size += len(data)
    scan = size / (time.perf_counter() - began)
    return [f"{screen * 1e6:.0f} µs", f"{scan / 1e6:,.0f} MB/s"]


# name: share of LINES, bytes a line, bytes a piece (0: line by line), limit
CASES = {
    "200 B lines, 64 KiB pieces": (1, 200, 64 << 10, None),
    "200 B lines, 1 MiB pieces": (1, 200, 1 << 20, None),
    "100 B lines, 64 KiB pieces": (1, 100, 64 << 10, None),
    "20 B lines, 64 KiB pieces": (1, 20, 64 << 10, None),
    "200 B lines, newest 10,000": (1, 200, 64 << 10, 10_000),
    "200 B lines, newest 1,000,000": (1, 200, 64 << 10, 1_000_000),
    "100 B lines, one by one": (0.1, 100, 0, None),
    "100 B lines, one by one, newest 10,000": (0.1, 100, 0, 10_000),
}


def main() -> None:
    """Run one case, when it is named, or all."""
    if len(sys.argv) == 3:
        share, length, piece, limit = CASES[sys.argv[2]]
        measure(int(int(sys.argv[1]) * share), length, piece, limit)
        return
    lines = sys.argv[1] if len(sys.argv) > 1 else "10000000"
    print(f"{int(lines):,} lines (a tenth of it one by one)\n")
    print("| case | in | in | memory | bytes a line | of it index | any 50 lines | scan |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in CASES:
        done = subprocess.run([sys.executable, __file__, lines, name], stdout=subprocess.PIPE, text=True, check=True)
        print(f"| {name} | {done.stdout.strip()} |", flush=True)


if __name__ == "__main__":
    main()
