"""Accuracy of levels and message columns in all formats, and the cost of parsing a line.

    python tests/bench/levels.py [FOLDER]... [-v]

A FOLDER holds samples: plain ones as pairs ``NAME.log`` and ``NAME.columns.tsv`` (see ``columns.py``), and ones with
fields as ``NAME.log`` and ``NAME.tsv``, a table with the records' lines, levels and messages. Default: those of
``tests/data``. The level of a line is a number of `logging`, as a filter sees it (`level_of`), the worst of a line that
holds several records; that of a record's message column is where the message starts in the line that is shown. Fails
if a sample is below 97 % of levels or 95 % of message columns; ``tests/text/test_levels.py`` holds them to that, too.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from timeit import repeat
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.render.renderer import LineRenderer
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.columns import columns
from reflowlog.text.parse.header import header
from reflowlog.text.parse.json_records import read_records
from reflowlog.text.parse.levels import PRIORITIES, severity
from reflowlog.text.parse.line_facts import plain_facts
from reflowlog.text.parse.line_levels import level_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA = Path(__file__).resolve().parent.parent / "data"
LEVELS, COLUMNS = 0.97, 0.95
WIDTH = 120


class Score(NamedTuple):
    """Numbers of correct levels and columns in a sample."""

    lines: int
    levels: int
    columns: int

    @property
    def is_good(self) -> bool:
        """Whether both shares are high enough."""
        return self.levels >= LEVELS * self.lines and self.columns >= COLUMNS * self.lines


def number_of(name: str) -> int | None:
    """The level that a table's name is."""
    if name.startswith("<"):
        return PRIORITIES[int(name.strip("<>")) & 7]
    return severity(name) if name else None


def plain(log: Path, *, show: bool) -> Score:
    """The score of a log of plain lines, beside a table of columns and levels."""
    lines = log.read_bytes().decode("utf-8", "replace").splitlines()
    table = log.with_name(f"{log.stem}.columns.tsv").read_text(encoding="utf-8").splitlines()[1:]
    levels = places = 0
    for line, row in zip(lines, table, strict=True):
        column, _, name = row.partition("\t")
        text = sanitize(line)[0]
        found = level_of(line.encode())
        right = found == number_of(name) and plain_facts(text).level in (found, None)
        place = header(text).column == int(column)
        if show and not (right and place):
            print(f"    {name!r} {column}: {found} {header(text).column} {text[:100]}", file=sys.stderr)
        levels += right
        places += place
    return Score(len(lines), levels, places)


def fields(log: Path, *, show: bool) -> Score:
    """The score of a log whose lines have fields, beside a table of its records."""
    lines = log.read_bytes().decode("utf-8", "replace").removesuffix("\n").split("\n")
    table = [row.split("\t") for row in log.with_suffix(".tsv").read_text(encoding="utf-8").splitlines()[1:]]
    levels = places = 0
    for number, line in enumerate(lines, 1):
        truth = [row for row in table if int(row[0]) == number]
        found = level_of(line.encode())
        right = (found or 0) == max(int(row[2]) for row in truth)
        place = list(shown(line)) == [row[6] for row in truth]
        if show and not (right and place):
            print(f"    {truth}: {found} {list(shown(line))} {line[:100]}", file=sys.stderr)
        levels += right
        places += place
    return Score(len(lines), levels, places)


def shown(line: str) -> Iterator[str]:
    """The messages of a line's records as the tables have them; empty where the message column shows anything else."""
    for record in read_records(line):
        first = columns(record._replace(extras=(), time=0.0), WIDTH)[0]
        raw = record.message
        there = first.text[first.column :] == sanitize(raw.partition("\n")[0])[0]
        told = raw.encode("unicode_escape").decode() if any(ord(char) < 32 for char in raw) else raw
        yield told if there else ""


def cost(call: Callable[[], object], count: int) -> float:
    """Microseconds of each of so many steps of a call, the best of five runs."""
    return min(repeat(call, number=3, repeat=5)) / 3 / count * 1e6


def samples(*folders: Path) -> Iterator[tuple[Path, Callable[..., Score]]]:
    """The logs in some folders that have a table, each with the function that gives its score."""
    for log in (log for folder in folders for log in sorted(folder.glob("*.log"))):
        if log.with_name(f"{log.stem}.columns.tsv").exists():
            yield log, plain
        elif log.with_suffix(".tsv").exists() and log.parent.name == "fields":
            yield log, fields


def main(folders: list[Path], *, show: bool) -> int:
    """Prints both tables; 1 if a share is too low."""
    print("| sample | lines | right level | right message column |")
    print("|---|--:|--:|--:|")
    scores = []
    every: list[str] = []
    for log, scored in samples(*folders):
        score = scored(log, show=show)
        if scored is fields:
            every += log.read_bytes().decode("utf-8", "replace").removesuffix("\n").split("\n")
        scores.append(score)
        print(f"| {log.stem} | {score.lines} | {score.levels / score.lines:.1%} | {score.columns / score.lines:.1%} |")
    lines, levels, places = (sum(each) for each in zip(*scores))
    print(f"| **total** | {lines} | {levels / lines:.1%} | {places / lines:.1%} |")
    if every:
        costs(every)
    return int(not all(score.is_good for score in scores))


def costs(lines: list[str]) -> None:
    """Print the cost of one line of JSON or logfmt, and of a screen of them."""
    raw = [line.encode() for line in lines]
    records = [record for line in lines for record in read_records(line)]
    screen = (lines * 60)[:60]
    renderer = LineRenderer(200)

    def draw() -> None:
        for line in screen:
            for record in read_records(line):
                renderer.item(record)

    print("\n| step | µs |\n|---|--:|")
    print(f"| read_records, a line | {cost(lambda: [read_records(line) for line in lines], len(lines)):.1f} |")
    print(f"| level_of, a line | {cost(lambda: [level_of(line) for line in raw], len(raw)):.1f} |")
    print(f"| columns, a record | {cost(lambda: [columns(each, WIDTH) for each in records], len(records)):.1f} |")
    print(f"| read and composed, 60 lines at 200 cells | {cost(draw, 1):.0f} |")


if __name__ == "__main__":
    time.tzset()
    chosen = [Path(argument) for argument in sys.argv[1:] if argument != "-v"]
    sys.exit(main(chosen or [DATA, DATA / "fields"], show="-v" in sys.argv))
