"""Explanations of lines, as --explain prints them."""

from __future__ import annotations

import pytest

from reflowlog.text.layout.source_indent import HeaderColumns
from reflowlog.text.parse.explain import explain, explain_lines


@pytest.mark.parametrize(
    ("line", "format_name"),
    [
        (b"2024-05-01T10:00:00Z ERROR app.db: it failed", "header"),
        (b'{"level":"error","msg":"it failed"}', "json"),
        (b"level=error msg=x", "logfmt"),
        (b"ERRO[0012] it failed", "logrus, geth: level[time]"),
        (b"web-1  | ERROR it failed", "header"),
        (b"plain words", "text"),
    ],
)
def test_the_format_of_a_line(line: bytes, format_name: str) -> None:
    """Each kind of line has the name of its format."""
    assert explain(line).format == format_name


def test_lines_of_a_record() -> None:
    """The first line of a record begins it, the others continue it."""
    lines = [b"2024-05-01T10:00:00Z ERROR app: it failed", b"Traceback (most recent call last):", b"  File", b"E: x"]
    found, _ = explain_lines([*lines, lines[0]])
    assert [each.begins for each in found] == [True, False, False, False, True]


def test_the_text_of_an_explanation() -> None:
    """Absent parts are dashes."""
    assert explain(b"plain words").text() == "record=begins format='text' time=- level=- logger=- column=0"


def test_the_column_by_the_other_lines() -> None:
    """A message that looks like a field starts where those of the source's other lines do."""
    lines = [
        b"10:00:00 [INF] it is up",
        b"10:00:00 [INF] 3 of 10 left",
        b"10:00:01 [ERR] 7 failed",
        b"10:00:01 [INF] Done",
    ]
    line = b"10:00:02 [WRN] items: 3, total: 12"
    headers = HeaderColumns()
    headers.add(each.decode() for each in [*lines, line])
    alone, settled = explain(line), explain(line, shapes=headers.shapes)
    assert (alone.column, alone.logger, settled.column, settled.logger) == (22, "items", 15, "")
    assert [explain(each, shapes=headers.shapes).column for each in lines] == [15] * 4
