"""Accuracy of message columns and levels of plain lines, and the cost of a call and of a screen.

    python tests/bench/columns.py [FOLDER]
    python tests/bench/columns.py --screens

FOLDER holds pairs ``NAME.log`` and ``NAME.columns.tsv``: a header, then for each line of the log the column where its
message starts (characters from 0) and its level as written, empty when it has none. Default: ``tests/data``.

``--screens`` composes screens of 60 records in the look of the theme ``dark``, with links, none of which was seen
before (60 of 10 KB each are 3,000 rows); and JSON lines beside what Rich takes to print the same into nothing, if it is
installed.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, NamedTuple

from _harness import WIDE, WORDS, table

from reflowlog.config.themes import load_theme
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.parse import header

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).resolve().parent.parent / "data"


class Case(NamedTuple):
    """Line with its expected message column and level."""

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
        header._columns_by_head.clear()
        spent = 0.0
        if known:
            for text in texts:
                header.message_column(text, limit)
            start = perf_counter()
            for text in lines:
                header.message_column(text, limit)
            spent = perf_counter() - start
        else:
            start = perf_counter()
            for text in lines:
                header._columns_by_head.clear()
                header.message_column(text, limit)
            spent = perf_counter() - start
        best = min(best, spent)
    return best / calls * 1e6


def hits(texts: list[str], limit: int) -> float:
    """The share of calls, in order and from nothing, that were answered from memory."""
    header._columns_by_head.clear()
    known = 0
    for text in texts:
        before = len(header._columns_by_head)
        header.message_column(text, limit)
        known += len(header._columns_by_head) == before
    return known / len(texts)


def agreement(texts: list[str], limit: int) -> float:
    """Return the share of lines for which `message_column` and `header` agree, within the limit."""
    same = 0
    for text in texts:
        column = header.header(text).column
        same += header.message_column(text, limit) == (column if column <= limit else 0)
    return same / len(texts)


def main(folder: Path, *, show: int = 0) -> None:
    """Prints both tables."""
    logs = systems(folder)
    print("| system | lines | right column | right level |")
    print("|---|--:|--:|--:|")
    everything: list[Case] = []
    columns = levels = 0
    for name, lines in logs.items():
        wrong = [(case, header.header(case.text)) for case in lines if header.header(case.text) != case[1:]]
        right_columns = sum(header.header(case.text).column == case.column for case in lines)
        right_levels = sum(header.header(case.text).level == case.level for case in lines)
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


# -- screens -----------------------------------------------------------------------------------------------------------

RECORDS, ROUNDS = 60, 30


def prose(rng: random.Random, size: int, words: list[str] = WORDS) -> str:
    """Words of about so many characters, with a number among them that hardly comes twice."""
    found = [f"{rng.choice(words)} {rng.randrange(10**9)}"]
    while len(found) * 9 < size:
        found.append(rng.choice(words))
    return " ".join(found)


def stamp(rng: random.Random) -> str:
    """A time of some day."""
    return f"2025-03-01T{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}.{rng.randrange(1000):03}Z"


def plain_line(rng: random.Random) -> str:
    """A line of text with a header."""
    return f"{stamp(rng)} {rng.choice(('INFO', 'ERROR'))} app.db.pool{rng.randrange(9)}: {prose(rng, 130)}"


def json_line(rng: random.Random, extras: int = 20) -> str:
    """A record as JSON."""
    more = {f"field_{number}": rng.choice((rng.random(), prose(rng, 12), None, [1, 2])) for number in range(extras)}
    told = {"ts": stamp(rng), "level": rng.choice(("info", "error")), "logger": "app.db", "msg": prose(rng, 60)}
    return json.dumps({**told, **more})


def logfmt_line(rng: random.Random) -> str:
    """A record as logfmt."""
    more = " ".join(f"field_{number}={rng.choice((rng.randrange(9999), 'word'))}" for number in range(8))
    return f'time={stamp(rng)} level=warn logger=app.db msg="{prose(rng, 60)}" {more}'


def coloured_line(rng: random.Random) -> str:
    """A line with colours of its own."""
    told = prose(rng, 130).split(" ")
    return " ".join([f"\x1b[3{rng.randrange(8)}m{word}\x1b[0m" if rng.random() < 0.3 else word for word in told])


KINDS: dict[str, Callable[[random.Random], str]] = {
    "plain": plain_line,
    "JSON, 20 extras": json_line,
    "logfmt, 8 extras": logfmt_line,
    "unicode": lambda rng: f"{stamp(rng)} INFO {prose(rng, 130, WIDE)}",
    "own colours": coloured_line,
    "plain, 10 KB a line": lambda rng: f"{stamp(rng)} INFO {prose(rng, 10_000)}",
    "JSON, 10 KB a message": lambda rng: json.dumps({"ts": stamp(rng), "level": "info", "msg": prose(rng, 10_000)}),
}
COLUMNS = ("time", "level", "logger", "source", "message", "extra")


def screens() -> None:
    """How long a screen of records takes that were never seen before."""
    theme = load_theme("dark", {}, 256)
    rows = []
    for kind, line in KINDS.items():
        rng = random.Random(kind)
        took = []
        for _ in range(ROUNDS + 1):
            data = "".join(f"{line(rng)}\n" for _ in range(RECORDS)).encode()
            renderer = LineRenderer(
                200, RenderOptions(appearance=Appearance(columns=COLUMNS, theme=theme, host="host"))
            )
            begun = process_time()
            renderer.lines(data)
            took.append(1000 * (process_time() - begun))
        del took[0]  # patterns are compiled with the first line
        rows.append((kind, statistics.median(took), max(took)))
    table(f"{RECORDS} records at 200 cells, milliseconds", ("kind", "median", "worst"), rows)


def beside_rich() -> None:
    """JSON lines, and Rich on the same lines: microseconds a line, no terminal in between."""
    rng = random.Random(1)
    lines = [json_line(rng, 3) for _ in range(500)]
    data = "".join(f"{line}\n" for line in lines).encode()
    theme = load_theme("dark", {}, 256)
    renderer = LineRenderer(120, RenderOptions(appearance=Appearance(columns=COLUMNS, theme=theme, host="host")))
    ways: dict[str, Callable[[], object]] = {"reflowlog": lambda: renderer.lines(data)}
    try:
        from rich.console import Console
    except ImportError:
        print("(Rich is not installed)")
    else:
        with Path(os.devnull).open("w") as nothing:
            console = Console(file=nothing, force_terminal=True, width=120, color_system="256")
            ways["Console.print"] = lambda: [console.print(line) for line in lines]
            ways["Console.print_json"] = lambda: [console.print_json(line) for line in lines]
            compare(ways, len(lines))
        return
    compare(ways, len(lines))


def compare(ways: dict[str, Callable[[], object]], lines: int) -> None:
    """Each way in turns, several times: its best, and how often the first way is as fast."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(5):
        for name, way in ways.items():
            begun = process_time()
            way()
            best[name] = min(best[name], 1e6 * (process_time() - begun) / lines)
    base = best["reflowlog"]
    rows = [(name, value, f"{value / base:.1f}x") for name, value in best.items()]
    table("JSON lines at 120 cells, microseconds a line", ("way", "us", "x reflowlog"), rows)


if __name__ == "__main__":
    if "--screens" in sys.argv:
        screens()
        beside_rich()
        sys.exit()
    arguments = [argument for argument in sys.argv[1:] if argument != "-v"]
    main(Path(arguments[0]) if arguments else DATA, show=5 if "-v" in sys.argv else 0)
