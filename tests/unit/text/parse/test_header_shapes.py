"""Where a message starts by what the lines of a source have in common."""

from __future__ import annotations

import pytest
from support import DATA_DIR
from support.formats import listed_cases

from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse.header import header
from reflowlog.text.parse.header_shapes import MIN_LINES, HeaderShapes, settled_start

PROSE = ["it is up again", "connection was lost", "going to sleep now", "the queue is full", "no more work to do"]
LIKE_FIELDS = ["items: 3", "a.b.C initialized", "> run build", "- item removed", "[cache] miss", "alice@web1 joined"]
HEADERS = ["2024-05-01 10:00:00 INFO ", "[10:00:00] [error] ", "2024-05-01T10:00:00Z [app] [WARN] [main] ", "[info] "]


def starts(lines: list[str]) -> list[int]:
    """Return the columns of the messages of a source's lines."""
    shapes = HeaderShapes()
    columns = [header(line).column for line in lines]
    for line, column in zip(lines, columns):
        if 0 < column < len(line):
            shapes.add(line, column)
    return [settled_start(line, column, shapes.settled) for line, column in zip(lines, columns)]


@pytest.mark.parametrize("start", HEADERS)
@pytest.mark.parametrize("message", LIKE_FIELDS)
def test_message_that_looks_like_a_field(start: str, message: str) -> None:
    """It starts where those of plain words do."""
    assert starts([start + each for each in [*PROSE, message]])[-1] == len(start)


@pytest.mark.parametrize("name", ["app: ", "a.b.C - ", "[app] ", "worker-7: "])
def test_field_that_all_lines_have(name: str) -> None:
    """It stays one."""
    lines = [f"2024-05-01 10:00:00 INFO {name}{each}" for each in [*PROSE, "items: 3", "done"]]
    assert starts(lines) == [lines[0].index(PROSE[0])] * len(lines)


def test_field_of_some_lines() -> None:
    """Where plain words stand behind it, too, each line counts alone."""
    lines = [f"10:00:00 INFO {name}{each}" for name in ("", "app: ") for each in [*PROSE, "done"]]
    assert starts(lines) == [header(line).column for line in lines]


def test_few_lines_settle_nothing() -> None:
    """Fewer than `MIN_LINES` lines of plain words are no evidence."""
    lines = [f"10:00:00 INFO {each}" for each in [*PROSE[: MIN_LINES - 1], "items: 3"]]
    assert starts(lines) == [header(line).column for line in lines]


@pytest.mark.parametrize("name", ["[{}] ", "{}: ", "12 {}: ", "({}) ", "main(12) {}: ", "{{4}}{{{}}}: "])
def test_field_that_no_line_alone_settles(name: str) -> None:
    """Words behind the header are a field if most lines have it and no message begins with another word."""
    names = ["worker_1", "shop", "worker_2", "CartService", "db"]
    messages = ["3 of 12 left", "it is up", "[cache] miss", "GET /a", "user=bob"]
    lines = [f"10:00:00 [WARNING] {name.format(each)}{message}" for each, message in zip(names, messages)]
    assert starts(lines) == [len(line) - len(message) for line, message in zip(lines, messages)]


def test_messages_that_begin_differently() -> None:
    """A name with a colon before some messages is no field of all."""
    lines = [f"10:00:00 [WARNING] {each}" for each in [*PROSE, "items: 3", "disk: full", "user_id: 12"]]
    assert starts(lines) == [19] * len(lines)


def test_level_stays_in_the_header() -> None:
    """Lines without a level do not make a level a part of the message."""
    lines = [f"2024-05-01 10:00:00 {each}" for each in [*PROSE, "ERROR: items: 3", "[warn] it is gone"]]
    assert starts(lines)[-2:] == [27, 27]


def test_digits_do_not_matter() -> None:
    """Each digit counts as any other, as in the header of a line."""
    lines = [f"2024-05-01 10:00:0{number} INFO {each}" for number, each in enumerate([*PROSE, "items: 3"])]
    assert starts(lines)[-1] == 25


def test_lists_with_other_messages() -> None:
    """With eight messages behind each header of the newest lists, sources are right where lines alone are, and more."""
    messages = [*PROSE, *LIKE_FIELDS[:3]]
    total = alone = right = 0
    for family, case in listed_cases():
        if family not in ("unseen-13", "unseen-14", "unseen-15"):
            continue
        for line in case.lines:
            if line.column:
                start = sanitize(line.text)[0][: line.column]
                lines = [start + message for message in messages]
                for text, found in zip(lines, starts(lines)):
                    total += 1
                    alone += header(text).column == line.column
                    right += found == line.column
                    assert found == line.column or header(text).column != line.column
    assert right / total > 0.96
    assert right > alone + total // 20


def test_android() -> None:
    """Messages of Android that begin with a name are found by the lines around them."""
    rows = (DATA_DIR / "logcat.columns.tsv").read_text(encoding="utf-8").splitlines()[1:]
    lines = (DATA_DIR / "logcat.log").read_text(encoding="utf-8").splitlines()
    assert starts(lines) == [int(row.partition("\t")[0]) for row in rows]
