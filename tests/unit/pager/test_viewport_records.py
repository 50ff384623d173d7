"""The viewport over records with fields: columns at each width, and places that no width moves."""

from __future__ import annotations

import json
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st
from support.texts import Memory

from reflowlog.core.records import PLAIN, Anchor
from reflowlog.pager.filter import FilteredDocument
from reflowlog.pager.viewport import BODY_OFFSET, LayoutOptions, Viewport, draw_row
from reflowlog.render.options import RenderOptions
from reflowlog.store.document import Document
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.highlight.themes import make_theme
from reflowlog.text.layout.columns import columns
from reflowlog.text.parse.json_records import read_records

ALL = ("time", "level", "logger", "message", "source")
WIDTHS = st.sampled_from([8, 20, 45, 49, 50, 60, 80, 100, 133, 160])
words = st.text("ab 日é", max_size=60)


@st.composite
def lines(draw: st.DrawFn) -> str:
    """A line: JSON, logfmt, or plain."""
    kind = draw(st.integers(0, 3))
    text = draw(words)
    if kind == 0:
        return "plain " + text
    if kind == 1:
        return f'level=info msg="{text}" n=3'
    record = {"time": "2024-05-01T12:00:00Z", "level": "warn", "logger": "app.db", "msg": text, "user": draw(words)}
    if kind == 3:
        record["stack"] = 'Traceback (most recent call last):\n  File "a.py", line 3\nValueError: ' + text
    return json.dumps(record, ensure_ascii=draw(st.booleans()))


documents = st.lists(lines(), min_size=1, max_size=8).map(lambda found: "".join(f"{line}\n" for line in found).encode())


def viewport_over(data: bytes, width: int) -> tuple[Viewport, FilteredDocument]:
    """A viewport with all columns, and the way over all pieces."""
    document = Document(Memory(data))
    return Viewport(
        document, LayoutOptions(width, RenderOptions(appearance=Appearance(columns=ALL)))
    ), FilteredDocument(document, None)


@given(documents, WIDTHS)
def test_up_is_down_backward(data: bytes, width: int) -> None:
    """From any row the rows above it and below it are those of the whole."""
    viewport, shown = viewport_over(data, width)
    places = list(viewport.below(shown, Anchor(0, 0)))
    assert list(viewport.above(shown, None)) == places[::-1]
    for number, place in enumerate(places):
        assert list(islice(viewport.below(shown, place.anchor), 3)) == places[number : number + 3]
        assert list(islice(viewport.above(shown, place.anchor), 3)) == places[max(number - 3, 0) : number][::-1]


@given(documents, WIDTHS)
def test_rows_are_those_of_the_columns(data: bytes, width: int) -> None:
    """Rows of a record are those of `columns`, and none is wider than the width."""
    viewport, shown = viewport_over(data, width)
    found = [place.styled.text for place in viewport.below(shown, Anchor(0, 0)) if place.row.start == 0]
    expected = []
    for line in data.decode().splitlines():
        for fields in read_records(line):
            selected = fields._replace(columns=ALL)
            expected += [record.text for record in columns(selected, width, seen=viewport.seen)]
    assert [text for text in found if text in expected] == expected
    for place in viewport.below(shown, Anchor(0, 0)):
        assert place.row.indent + place.row.cells <= width


@given(documents, WIDTHS, st.lists(WIDTHS, max_size=5))
def test_other_widths_and_back(data: bytes, width: int, others: list[int]) -> None:
    """A place stays in its piece at every width, and at the first width it is the row that it was."""
    viewport, shown = viewport_over(data, width)
    for place in list(viewport.below(shown, Anchor(0, 0))):
        for other in others:
            viewport.set_layout(LayoutOptions(other, RenderOptions(appearance=Appearance(columns=ALL))))
            assert next(viewport.below(shown, place.anchor)).line.offset == place.line.offset
        viewport.set_layout(LayoutOptions(width, RenderOptions(appearance=Appearance(columns=ALL))))
        assert next(viewport.below(shown, place.anchor)) == place


def test_the_body_stays_at_the_top() -> None:
    """A word of the message that is at the top of the screen is on the top row of every other width."""
    message = " ".join(f"word{number:03}" for number in range(200))
    data = json.dumps({"time": "2024-05-01T12:00:00Z", "level": "info", "logger": "a.b", "msg": message}).encode()
    viewport, shown = viewport_over(data + b"\n", 60)
    for place in list(viewport.below(shown, Anchor(0, 0)))[1:]:
        first = place.row.text.split()[0]
        for width in (30, 45, 80, 120, 160):
            viewport.set_layout(LayoutOptions(width, RenderOptions(appearance=Appearance(columns=ALL))))
            top = next(viewport.below(shown, place.anchor))
            assert first in top.row.text
        viewport.set_layout(LayoutOptions(60, RenderOptions(appearance=Appearance(columns=ALL))))


def test_without_columns_a_line_is_a_line() -> None:
    """In raw view, and without columns, a record is a line of text."""
    data = b'{"level":"info","msg":"m"}\n'
    document = Document(Memory(data))
    for layout in (LayoutOptions(80), LayoutOptions(80, RenderOptions(raw=True, appearance=Appearance(columns=ALL)))):
        viewport = Viewport(document, layout)
        assert [place.row.text for place in viewport.below(FilteredDocument(document, None), Anchor(0, 0))] == [
            data.decode().strip()
        ]


def test_unwrapped_columns_are_one_row_a_line() -> None:
    """Unwrapped lines wider than the screen are scrolled sideways, and keep their offsets."""
    line = json.dumps({"level": "info", "msg": "m" * 100 + "\nsecond " + "n" * 100})
    document = Document(Memory(line.encode() + b"\n"))
    for shift in (0, 30, 150):
        viewport = Viewport(
            document, LayoutOptions(60, RenderOptions(wrap="none", appearance=Appearance(columns=ALL)), shift)
        )
        first, second = viewport.below(FilteredDocument(document, None), Anchor(0, 0))
        assert first.row.text == first.styled.text[shift : shift + 60]
        assert (first.anchor, second.anchor) == (Anchor(0, 0), Anchor(0, BODY_OFFSET + 101))


def test_a_source_stands_at_the_right_edge() -> None:
    """Where there is room, on the first row alone."""
    line = json.dumps({"level": "info", "msg": "m " * 100, "caller": "db/pool.go:12"})
    viewport, shown = viewport_over(line.encode() + b"\n", 140)
    rows = [draw_row(place, (), PLAIN, 140) for place in viewport.below(shown, Anchor(0, 0))]
    assert len(rows) > 1
    assert not any("pool.go" in row for row in rows[1:])


def test_a_theme_changes_no_row() -> None:
    """Lines that bring no colours of their own get those of the theme, and are cut where they were."""
    data = b"2024-05-01 12:00:00 ERROR app took 12 ms for /var/log/app.log:3\n\x1b[31mown 12\x1b[0m\n"
    document = Document(Memory(data))
    theme = make_theme("mine", {"level.error": "bold", "number": "cyan"}, 16)
    shown = FilteredDocument(document, None)
    bare = list(Viewport(document, LayoutOptions(30)).below(shown, Anchor(0, 0)))
    lit = list(
        Viewport(document, LayoutOptions(30, RenderOptions(appearance=Appearance(theme=theme)))).below(
            shown, Anchor(0, 0)
        )
    )
    assert [place.row for place in lit] == [place.row for place in bare]
    assert lit[0].styled.spans
    assert not bare[0].styled.spans
    assert lit[-1].styled == bare[-1].styled
