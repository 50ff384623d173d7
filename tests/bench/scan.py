"""Speed of searches, compared with `grep -c`, and the cost of levels and records.

    python tests/bench/scan.py [--log FILE] [--size BYTES]

Prints Markdown tables. Searches read the file in pieces of 256 KiB that end at a newline, as the viewer does, from a
warm cache; each figure is the best of three. Without a file the log is made.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from _harness import log_file, ratio, scratch, table

from reflowlog.text.parse.line_levels import level_of, may_have
from reflowlog.text.parse.multiline import continues, may_continue
from reflowlog.text.search.pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIECE = 1 << 18  # bytes
ROUNDS = 3
LINES = 20_000
SOURCES = (
    *("error", "Error", "blk_", "connection", "zzzz", "error|fatal|panic", "日本"),
    *(r"\d+ms", "user=\\w+", "time.?out|refused", "^.*fail", r"\berror\b", "fail.*port", r"\s\d+$", "(?<=k) failed"),
)


def pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces of whole lines."""
    with path.open("rb", buffering=0) as file:
        rest = b""
        while data := file.read(PIECE):
            end = data.rfind(b"\n") + 1
            yield rest + data[:end] if rest else data[:end]
            rest = data[end:]
        if rest:
            yield rest


def best(run: Callable[[], object]) -> float:
    """The least seconds of some runs."""
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return min(times)


def grep(path: Path, source: str) -> float:
    """The least seconds of ``grep -c``, with Perl's syntax where the basic one is not enough."""
    words = source.replace("|", "").isalnum() or source == "blk_"
    option = "-cE" if words else "-cP"
    return best(lambda: subprocess.run(["grep", option, "--", source, path], stdout=subprocess.PIPE, check=False))


def searched(path: Path) -> None:
    """Each kind of source against the whole file."""
    size = path.stat().st_size / 1e6
    rows = []
    for source in SOURCES:
        beside = grep(path, source)
        row: list[object] = [f"`{source}`".replace("|", "\\|")]
        for re2 in (False, True):
            pattern = compile_pattern(source, re2=re2)
            if re2 and pattern._plan.re2 is None:
                row += ["-", "-"]
                continue
            found = [0]

            def run(pattern=pattern, found=found) -> None:  # type: ignore[no-untyped-def]
                found[0] = sum(len(pattern.matching(data)) for data in pieces(path))

            seconds = best(run)
            row += [size / seconds, ratio(seconds, beside)]
        rows.append([*row, size / beside, found[0]])
    head = ["source", "re, MB/s", "of grep's time", "re2, MB/s", "of grep's time", "grep, MB/s", "lines"]
    table(f"Searches over {size:,.0f} MB", head, rows)


def told(path: Path) -> None:
    """Levels and records."""
    some = list(itertools.islice(pieces(path), 64))
    size = sum(map(len, some)) / 1e6
    lines = b"".join(some).split(b"\n")[:LINES]
    table(
        "Levels and records",
        ["what", "us a line", "MB/s"],
        [
            ["level_of", best(lambda: [level_of(line) for line in lines]) / len(lines) * 1e6, "-"],
            ["continues", best(lambda: continues(lines)) / len(lines) * 1e6, "-"],
            ["may_have ERROR", "-", size / best(lambda: [may_have(data, 40) for data in some])],
            ["may_have WARNING", "-", size / best(lambda: [may_have(data, 30) for data in some])],
            ["may_continue", "-", size / best(lambda: [may_continue(data) for data in some])],
        ],
    )


def main() -> None:
    """Run them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--size", type=int, default=200_000_000)
    options = parser.parse_args()
    with scratch() as folder:
        path = options.log or log_file(folder, "plain", options.size)
        told(path)
        searched(path)


if __name__ == "__main__":
    main()
