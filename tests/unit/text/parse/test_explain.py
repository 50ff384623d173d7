"""Explanations of lines, as --explain prints them."""

from __future__ import annotations

import pytest

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
