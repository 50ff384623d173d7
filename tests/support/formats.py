r"""Corpus of log formats in ``tests/data/formats``: samples with their truth, and the share that is read right.

A file holds formats. A format is ``== name``, ``@ source``, optionally ``now TIME`` (the reference for times without
date or year, UTC), then its lines in the order of a log::

    TIME LEVEL LOGGER » LINE      a line that begins a record; § stands before its message
    + » LINE                      a line that continues the record above

TIME is ISO 8601 in UTC, LEVEL a name of `logging` or NOTICE or TRACE; ``-`` stands for none, ``*`` for not checked (so
does ``-`` for a logger). In a line ``\e`` is ESC, ``\t`` a tab and ``\\`` a backslash.

``known-faults.tsv`` holds what is read wrong: name of the format, kind, number of lines. Files ``unseen-*`` are lists
whose truth was written before the parser saw them.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.source_indent import HeaderColumns
from reflowlog.text.parse.formats import FAMILIES
from reflowlog.text.parse.header import header
from reflowlog.text.parse.header_shapes import settled_start
from reflowlog.text.parse.json_records import read_records
from reflowlog.text.parse.levels import STANDARD, python
from reflowlog.text.parse.line_facts import plain_facts
from reflowlog.text.parse.line_levels import level_of_record
from reflowlog.text.parse.line_times import LineClock
from reflowlog.text.parse.multiline import continues
from support import DATA_DIR

__all__ = [
    "FormatCase",
    "SampleLine",
    "cases",
    "cases_of_table",
    "columns_by_source",
    "faults",
    "known_faults",
    "listed_cases",
    "shares",
]

_ESCAPES = {"\\e": "\x1b", "\\t": "\t", "\\n": "\\n", '\\"': '\\"'}
DEFAULT_NOW = "2026-01-01T00:00:00"


class SampleLine(NamedTuple):
    """A line and its truth; None for a part that is not checked."""

    text: str
    begins: bool
    time: float | str | None
    level: str | None
    logger: str | None
    column: int | None


class FormatCase(NamedTuple):
    """A format: its name, its source and its lines."""

    name: str
    source: str
    now: float
    lines: list[SampleLine]


def seconds(text: str) -> float:
    """Return the seconds since the epoch of an ISO time in UTC, with a fraction of any length."""
    whole, _, fraction = text.partition(".")
    start = datetime.datetime.fromisoformat(whole + "+00:00").timestamp()
    return start + float("0." + (fraction or "0"))


def _sample(row: str) -> SampleLine:
    truth, _, text = row.partition(" » ")
    text = text.replace("\\\\", "\0").replace("\\e", "\x1b").replace("\\t", "\t").replace("\0", "\\")
    if truth == "+":
        return SampleLine(text.replace("§", ""), False, None, None, None, None)
    time, level, logger = truth.split(maxsplit=2)
    shown = sanitize(text)[0]
    column = shown.index("§") if "§" in shown else None
    return SampleLine(
        text.replace("§", ""),
        True,
        time if time == "-" else None if time == "*" else seconds(time),
        None if level == "*" else level,
        None if logger in ("*", "-") else logger,
        column,
    )


def cases() -> list[FormatCase]:
    """Return all formats of the corpus."""
    return [case for _, case in listed_cases()]


def listed_cases() -> list[tuple[str, FormatCase]]:
    """Return all formats of the corpus with the names of their lists."""
    found: list[tuple[str, FormatCase]] = []
    for path in sorted((DATA_DIR / "formats").glob("*.txt")):
        for block in path.read_text(encoding="utf-8").split("\n== ")[0:]:
            name, *rows = block.removeprefix("== ").rstrip("\n").split("\n")
            source = next(row[2:] for row in rows if row.startswith("@ "))
            now = next((row[4:] for row in rows if row.startswith("now ")), DEFAULT_NOW)
            lines = [_sample(row) for row in rows if " » " in row]
            found.append((path.stem, FormatCase(name, source, seconds(now), lines)))
    return found


def cases_of_table() -> list[FormatCase]:
    """Return the formats of the table in ``reflowlog/text/parse/formats`` with their samples."""
    return [
        FormatCase(each.name, each.source, seconds(DEFAULT_NOW), [_sample(row.strip()) for row in _rows(each.samples)])
        for family in FAMILIES
        for each in family.FORMATS
    ]


def _rows(text: str) -> list[str]:
    return [row for row in text.split("\n") if " » " in row]


def faults(case: FormatCase) -> dict[str, list[str]]:
    """Return what is read wrong in a format, by kind: time, level, logger, column, records."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    raw = [line.text.encode() for line in case.lines]
    further = continues(raw)[0]
    clock, again = LineClock(now=case.now), LineClock(now=case.now)
    for text in raw:
        again.time_of(text)
    for number, line in enumerate(case.lines):
        if further[number] == line.begins and number:
            found["records"].append(f"{'begins' if line.begins else 'continues'}: {line.text}")
        if not line.begins:
            continue
        end = next((at for at in range(number + 1, len(raw)) if case.lines[at].begins), len(raw))
        if line.time is not None:
            for each in (clock, again):
                time = each.time_of(raw[number])
                if (time is None) != (line.time == "-") or (time is not None and abs(time - line.time) > 1e-5):
                    found["time"].append(f"{time} for {line.time}: {line.text}")
                    break
        level = level_of_record(raw[number:end])
        if line.level is not None and (STANDARD[python(level) or level] if level else "-") != line.level:
            found["level"].append(f"{STANDARD.get(level or 0, level)} for {line.level}: {line.text}")
        shown = sanitize(line.text)[0]
        if line.logger is not None:
            records = read_records(line.text)
            logger = records[0].logger if records else plain_facts(shown, case.now).logger
            if logger != line.logger:
                found["logger"].append(f"{logger!r} for {line.logger!r}: {line.text}")
        if line.column is not None and header(shown).column != line.column:
            found["column"].append(f"{header(shown).column} for {line.column}: {shown}")
    return found


def known_faults() -> dict[tuple[str, str], int]:
    """Return the number of lines that are read wrong, by format and kind."""
    rows = (DATA_DIR / "formats" / "known-faults.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {(name, kind): int(number) for name, kind, number in (row.split("\t") for row in rows)}


KINDS = ("time", "level", "logger", "column", "records")


def shares(every: list[FormatCase]) -> dict[str, tuple[int, int]]:
    """Return how many lines are read right, and how many there are, by kind."""
    wrong = [faults(case) for case in every]
    totals = {
        "time": sum(line.begins and line.time is not None for case in every for line in case.lines),
        "level": sum(line.begins and line.level is not None for case in every for line in case.lines),
        "logger": sum(line.logger is not None for case in every for line in case.lines),
        "column": sum(line.column is not None for case in every for line in case.lines),
        "records": sum(len(case.lines) for case in every),
    }
    return {kind: (total - sum(len(each[kind]) for each in wrong), total) for kind, total in totals.items()}


def columns_by_source(case: FormatCase) -> list[tuple[int, int, int]]:
    """Return the columns of a format's messages: the true one, that of each line alone, and that by all its lines."""
    lines = [(line.column, sanitize(line.text)[0]) for line in case.lines]
    headers = HeaderColumns()
    headers.add([text for _, text in lines])
    found = []
    for column, text in lines:
        if column is not None:
            alone = header(text).column
            found.append((column, alone, settled_start(text, alone, headers.shapes)))
    return found


def report() -> str:
    """Return the share of right answers by kind, over all formats."""
    every = cases()
    rows = [f"{len(every)} formats"]
    for kind, (right, total) in shares(every).items():
        rows.append(f"{kind:8} {100 * right / max(total, 1):6.1f} % of {total} lines")
    by_source = [start == column for case in every for column, _, start in columns_by_source(case)]
    rows.append(f"column by source {100 * sum(by_source) / max(len(by_source), 1):6.1f} % of {len(by_source)} lines")
    return "\n".join(rows)


if __name__ == "__main__":
    import sys

    for case in cases():
        for kind, rows in faults(case).items():
            if sys.argv[1:] == ["known"]:  # the content of known-faults.tsv
                print(f"{case.name}\t{kind}\t{len(rows)}\n" * (bool(rows) and kind != "logger"), end="")
            elif rows and (len(sys.argv) < 2 or kind in sys.argv[1:]):
                print(f"-- {case.name}: {kind}")
                print(*("   " + row for row in rows), sep="\n")
    print(report(), file=sys.stderr if sys.argv[1:] == ["known"] else sys.stdout)
