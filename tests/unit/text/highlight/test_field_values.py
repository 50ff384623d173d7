"""Values of fields have the colours of the same text in a message; HTTP statuses are known by the field's name."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reflowlog.core.records import LogRecord
from reflowlog.text.highlight.field_values import SIMPLE_VALUE, value_spans
from reflowlog.text.highlight.patterns import parts_of
from reflowlog.text.highlight.themes import NAMES, make_theme
from reflowlog.text.layout.columns import columns, sheet

THEME = make_theme(
    "names", {name: f"color{number + 16}" for number, name in enumerate(NAMES) if name[:5] != "extra"}, 256
)
NAME_OF = {THEME.styles[name].sgr: name for name in NAMES}


def names(name: str, value: str) -> list[tuple[str, str]]:
    """Return the parts of a value, each with the name of its style."""
    return [(value[start:end], NAME_OF[style.sgr]) for start, end, style in value_spans(name, value, THEME)]


@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        ("status", "500", [("500", "http.5xx")]),
        ("http.response.status_code", "204", [("204", "http.2xx")]),
        ("statusCode", "404", [("404", "http.4xx")]),
        ("exit_code", "137", [("137", "number")]),
        ("status", "up", []),
        ("took", "12ms", [("12ms", "number")]),
        ("peer", "10.0.0.7:80", [("10.0.0.7:80", "ip")]),
        ("path", "/api/items?id=3", [("/api/items?id=3", "path")]),
        ("link", "https://a.b/c", [("https://a.b/c", "url")]),
        ("id", "0fe1c2d30fe1c2d3", [("0fe1c2d30fe1c2d3", "uuid")]),
        ("ok", "true", [("true", "keyword")]),
        ("query", "GET /x took 5 ms", [("GET", "http.method"), ("/x", "path"), ("5 ms", "number")]),
        ("user", "alice", []),
    ],
)
def test_values_have_the_colours_of_text(name: str, value: str, parts: list[tuple[str, str]]) -> None:
    """As in a message; what is an ordinary word there has none."""
    assert names(name, value) == parts


@given(st.text("0123456789abcdefAF.-e", min_size=1, max_size=40))
@example("12345678e9")
@example("01234567-89ab-cdef-0123-456789abcdef")
@example("deadbeef")
@example("1.2.3")
@example("00000000")
def test_values_that_are_known_at_once(value: str) -> None:
    """They are the one part that the patterns of messages find."""
    found = SIMPLE_VALUE(value)
    if found is not None:
        assert parts_of(value) == [(0, len(value), found.lastgroup)]


def test_values_behind_the_message_and_in_columns() -> None:
    """A quote that delimits a value has no colour; a field that is a column has that of its value."""
    record = LogRecord(None, 20, "INFO", "", "got", (("status", "503"), ("note", "see /a/b.py:3 now")))
    line = columns(record, 80, theme=THEME)[0]
    shown = {line.text[start:end]: NAME_OF[style.sgr] for start, end, style in line.spans if style.sgr in NAME_OF}
    assert shown["503"] == "http.5xx"
    assert shown["/a/b.py:3"] == "path"
    line = sheet(record._replace(columns=("level", "status", "message")), 80, theme=THEME)[0].styled
    assert {line.text[start:end]: NAME_OF[style.sgr] for start, end, style in line.spans if style.sgr in NAME_OF}[
        "503"
    ] == "http.5xx"
