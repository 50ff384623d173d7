"""How often the message column and the level of plain lines are right, and what a call costs.

    python tests/bench/columns.py [FOLDER]

FOLDER holds pairs ``NAME.log`` and ``NAME.columns.tsv``: a header, then for each line of the log the column where its
message starts (characters from 0) and its level as written, empty when it has none. Default: ``tests/data``.
"""

from __future__ import annotations

import sys
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from reflowlog.text import parse

DATA = Path(__file__).resolve().parent.parent / "data"


class Case(NamedTuple):
    """A line and what is true of it."""

    text: str
    column: int
    level: str


def cases(log: Path) -> list[Case]:
    """The lines of a log, with the columns and levels of the table beside it."""
    table = log.with_name(f"{log.stem}.columns.tsv").read_text(encoding="utf-8").splitlines()[1:]
    lines = log.read_text(encoding="utf-8").splitlines()
    found = []
    for text, row in zip(lines, table, strict=True):
        column, _, level = row.partition("\t")
        found.append(Case(text, int(column), level))
    return found


def systems(folder: Path) -> dict[str, list[Case]]:
    """The logs of a folder that have a table, by name."""
    logs = sorted(folder.glob("*.log"))
    return {log.stem: cases(log) for log in logs if log.with_name(f"{log.stem}.columns.tsv").exists()}


def cost(texts: list[str], limit: int, *, known: bool, calls: int = 20_000) -> float:
    """Microseconds of one `message_column` call, the best of five runs.

    Args:
        texts: the lines; taken round and round.
        limit: the largest column wanted.
        known: whether the heads are remembered; if not they are forgotten after each call.
        calls: how many calls are timed in one run.
    """
    lines = list(islice(cycle(texts), calls))
    best = float("inf")
    for _ in range(5):
        parse._heads.clear()
        spent = 0.0
        if known:
            for text in texts:
                parse.message_column(text, limit)
            start = perf_counter()
            for text in lines:
                parse.message_column(text, limit)
            spent = perf_counter() - start
        else:
            start = perf_counter()
            for text in lines:
                parse._heads.clear()
                parse.message_column(text, limit)
            spent = perf_counter() - start
        best = min(best, spent)
    return best / calls * 1e6


def hits(texts: list[str], limit: int) -> float:
    """The share of calls, in order and from nothing, that were answered from memory."""
    parse._heads.clear()
    known = 0
    for text in texts:
        before = len(parse._heads)
        parse.message_column(text, limit)
        known += len(parse._heads) == before
    return known / len(texts)


def agreement(texts: list[str], limit: int) -> float:
    """The share of lines for which `message_column` says what `header` says, within the limit."""
    same = 0
    for text in texts:
        column = parse.header(text).column
        same += parse.message_column(text, limit) == (column if column <= limit else 0)
    return same / len(texts)


def main(folder: Path, *, show: int = 0) -> None:
    """Prints both tables."""
    logs = systems(folder)
    print("| system | lines | right column | right level |")
    print("|---|--:|--:|--:|")
    everything: list[Case] = []
    columns = levels = 0
    for name, lines in logs.items():
        wrong = [(case, parse.header(case.text)) for case in lines if parse.header(case.text) != case[1:]]
        right_columns = sum(parse.header(case.text).column == case.column for case in lines)
        right_levels = sum(parse.header(case.text).level == case.level for case in lines)
        print(f"| {name} | {len(lines)} | {right_columns / len(lines):.1%} | {right_levels / len(lines):.1%} |")
        columns += right_columns
        levels += right_levels
        everything += lines
        for case, found in wrong[:show]:
            print(f"    {case[1:]} {tuple(found)} {case.text[:150]}", file=sys.stderr)
    total = len(everything)
    print(f"| **total** | {total} | {columns / total:.1%} | {levels / total:.1%} |")
    print()
    every = [case.text for case in everything]
    texts = every[:: max(1, len(every) // 2000)]
    print("| width | limit | hit, µs | miss, µs | hits, from nothing | agrees with header() |")
    print("|--:|--:|--:|--:|--:|--:|")
    for width in (40, 80, 132, 200):
        limit = int(0.4 * width)
        hit, miss = cost(texts, limit, known=True), cost(texts, limit, known=False)
        same = agreement(every, limit)
        print(f"| {width} | {limit} | {hit:.2f} | {miss:.2f} | {hits(every, limit):.1%} | {same:.1%} |")


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "-v"]
    main(Path(arguments[0]) if arguments else DATA, show=5 if "-v" in sys.argv else 0)
