"""What is seen can be found: a text copied from a shown row is found, counted, highlighted and kept by a filter."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import DATA_DIR
from support.texts import Memory, patient

from reflowlog.config.themes import load_theme
from reflowlog.core.events import Key
from reflowlog.core.frames import Size
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.screen import compose
from reflowlog.pager.state import PagerState
from reflowlog.pager.status_parts import StatusFacts
from reflowlog.pager.update import update
from reflowlog.render.options import RenderOptions
from reflowlog.store.document import Document
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.layout.column_names import STANDARD_COLUMNS
from reflowlog.text.search.comparison import read_comparison
from reflowlog.text.search.pattern_source import PatternError

RECORDS = [
    b'{"time":"2026-01-02T10:00:00.123Z","level":"warn","logger":"app.db.pool","msg":"lost it","user":"bob","n":1.5}',
    (
        b'{"level":50,"time":1767348000000,"msg":"boom","pid":7,"http":{"status":500,"path":"/a b"},'
        b'"err":{"stack":"E\\n at x"}}'
    ),
    b'ts=2026-01-02T11:00:00Z level=error logger=a.very.long.name.of.a.logger msg="it failed" status=404',
    b"2026-01-02 10:00:00 ERROR app.db: plain\ttext with status=500",
    b'{"level":"info","message":"caf\\u00e9 \\"quoted\\"","list":[1,2],"none":null}',
]
ODD_RECORDS = [  # tracebacks, wide characters, escapes, several blanks
    (
        b'{"level":"error","logger":"app","event":"it broke","user":"\\u65e5\\u672c",'
        b'"exception":"Traceback (most recent call last):'
        b'\\n  File \\"a.py\\", line 1, in f\\n    g()\\nValueError: no \\u672c"}'
    ),
    '{"level":"warn","msg":"日本語 のログ wide","user":"éa","n":"x  y","logger":"日本.ログ"}'.encode(),
    b'{"level":"info","msg":"tab\\tand \\u001b[31mred\\u001b[0m and a  b\\nsecond  line","user":"x\\ty"}',
    b"\x1b[31mred ERROR\x1b[0m of \xe6\x97\xa5\xe6\x9c\xac  two blanks",
]
SAMPLES = [
    line.encode()
    for path in sorted(DATA_DIR.rglob("*.log"))
    for line in path.read_text("utf-8", "replace").split("\n")[:40]
    if line
]


CHOICES = [
    STANDARD_COLUMNS,
    STANDARD_COLUMNS,
    ("level", "user", "message"),
    ("n", "http.status", "time", "status", "logger"),
    (),
]


def context_of(
    data: bytes, width: int, columns: tuple[str, ...] = STANDARD_COLUMNS, utc: bool = True, hidden: tuple[str, ...] = ()
) -> PagerContext:
    """Return a context over data at a width."""
    appearance = Appearance(columns, utc, load_theme("mono", {}, 256), hidden=hidden)
    return PagerContext(
        Document(Memory(data)), Size(width, 60), PagerOptions(RenderOptions(appearance=appearance)), patient()
    )


def typed(context: PagerContext, keys: str, state: PagerState | None = None) -> PagerState:
    """Return the state after typed keys."""
    state = state or PagerState()
    for key in keys:
        state, _ = update(state, Key("Enter" if key == "\n" else key), context)
    return state


def quoted(text: str) -> str:
    """Return a regular expression that matches the text itself."""
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text)


def is_comparison(text: str) -> bool:
    """Whether a text such as ``a=b`` is compared with fields instead of being searched."""
    try:
        return read_comparison(text) is not None
    except PatternError:
        return True


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*RECORDS, *ODD_RECORDS, *SAMPLES]), min_size=1, max_size=6),
    st.sampled_from([160, 120, 100, 90, 75, 65, 55, 40, 20]),
    st.booleans(),
    st.sampled_from(CHOICES),
    st.sampled_from([(), ("pid", "list", "user")]),
    st.data(),
)
def test_a_text_copied_from_a_row_is_found(
    lines: list[bytes],
    width: int,
    utc: bool,
    columns: tuple[str, ...],
    hidden: tuple[str, ...],
    data: st.DataObject,
) -> None:
    """At any width, in both zones, with any columns: by /, counted, highlighted; & shows it, at another width too."""
    context = context_of(b"".join(line + b"\n" for line in lines), width, columns, utc, hidden)
    rows = [row for row in context.visible_rows_of(typed(context, "g")) if row.row.text.strip()]
    assume(rows)
    row = data.draw(st.sampled_from(rows))
    start = data.draw(st.integers(0, len(row.row.text) - 1))
    copied = row.row.text[start : data.draw(st.integers(start + 1, len(row.row.text)))].strip()
    assume(copied and copied.isprintable() and not is_comparison(quoted(copied)))
    for width_then in (width, 100):
        context.size = Size(width_then, 60)
        state = typed(context, "/" + quoted(copied) + "\n", PagerState(upward=False))
        assert not state.message.startswith("no match"), copied
        assert context.indexes.hits is not None
        offset = row.line.offset
        assert context.indexes.hits.after(offset - 1) == offset
        line = context.viewport.line(offset)
        context.sync(state)
        assert any(context.highlight.line_spans(line))
        filtered = typed(context, "&" + quoted(copied) + "\n")
        context.sync(filtered)
        assert context.shown.after(offset - 1) == offset


@pytest.mark.parametrize("width", [160, 100, 60, 40])
@pytest.mark.parametrize(
    "pattern", ["ERROR", "warn", "WARNING", "W", r"a\.d\.pool", "10:00", "status=500", "lost it  user", "50"]
)
def test_what_is_highlighted_is_counted(pattern: str, width: int) -> None:
    """A line has a highlighted row exactly if it is a hit."""
    context = context_of(b"".join(line + b"\n" for line in RECORDS), width)
    state = typed(context, f"/{pattern}\n")
    compose(state, context, StatusFacts())
    offset: int | None = 0
    while offset is not None:
        lit = any(context.highlight.line_spans(context.viewport.line(offset)))
        assert context.indexes.hits is not None
        assert lit == (context.indexes.hits.after(offset - 1) == offset)
        offset = context.document.after(offset)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("ERROR", 3),
        ("WARNING", 1),
        ("error", 3),
        ("a\\.v\\.l\\.n", 1),
        ("10:00:00\\.123 WARNING", 1),
        ("café", 1),
        ("status=404", 1),
    ],
)
def test_levels_times_and_loggers_are_found_as_shown(pattern: str, found: int) -> None:
    """Whatever the line has in their place."""
    context = context_of(b"".join(line + b"\n" for line in RECORDS), 120)
    typed(context, f"/{pattern}\n")
    assert context.indexes.hits is not None
    assert context.indexes.hits.total() == found


def test_hits_are_highlighted_while_they_are_typed() -> None:
    """And nothing moves; an invalid pattern highlights nothing."""
    context = context_of(b"one foo\ntwo\n" * 50, 60)
    state = typed(context, "/foo")
    assert "\x1b[7mfoo" in compose(state, context, StatusFacts()).rows[0]
    assert state.top.line == 0
    assert "\x1b[7m" not in "".join(compose(typed(context, "(", state), context, StatusFacts()).rows[:-1])
    assert "\x1b[7m" not in "".join(
        compose(typed(context, "\n", typed(context, "/")), context, StatusFacts()).rows[:-1]
    )


def test_a_name_that_the_parser_gives_is_found() -> None:
    """What stands before an object is shown as ``prefix=``, which is nowhere in the line."""
    line = b'Mar  8 10:15:32 web1 shop[12]: {"level":"warn","msg":"no time"}\n'
    context = context_of(line, 160, columns=())
    for copied in ("no time  prefi", "prefix=", 'prefix="web1'):
        assert not typed(context, "/" + quoted(copied) + "\n").message.startswith("no match"), copied


def test_a_text_with_quotes_that_the_line_escapes_is_found() -> None:
    """The line holds a backslash before each quote; the shown message does not."""
    line = rb"time='2024-03-08T10:15:38Z' level='warning' event='a \'quoted\' b' order=17" + b"\n"
    context = context_of(line, 100)
    for copied in ("'quoted'", "a 'quoted'"):
        assert not typed(context, "/" + quoted(copied) + "\n").message.startswith("no match"), copied


PAUSES = (
    b'{"time":"2026-01-02T10:00:00.123Z","level":"warn","msg":"lost it"}\n'
    b'{"time":"2026-01-02T10:02:05.500Z","level":"info","msg":"still"}\n'
    b"2026-01-02 10:02:06 ERROR app.db: plain\n  its second line\n"
    b'{"time":"2026-01-03T13:02:06Z","level":"info","msg":"late"}\n'
    b"2026-01-03 13:02:06 INFO app.db: at once\n"
)


@pytest.mark.parametrize("width", [160, 100, 60, 40])
@pytest.mark.parametrize("keys", ["t", "matt", "jmatt"])
def test_relative_times_are_found_as_shown(width: int, keys: str) -> None:
    """Each that is shown is found, counted and lit; no other line is lit; absolute times are no longer searched so."""
    context = context_of(PAUSES, width)
    context.sync(state := typed(context, keys))
    rows = context.visible_rows_of(state)
    shown = {
        match[0]: row.line.offset
        for row in rows
        for match in [re.match(r"\s*([+-][\d:.dhms]+)", row.row.text)]
        if match
    }
    texts = {row.line.offset: row.row.text for row in reversed(rows)}
    assert len(shown) >= 3
    for text, offset in shown.items():
        state = typed(context, f"/{quoted(text.strip())}\n", typed(context, keys))
        assert not state.message.startswith("no match"), text
        assert context.indexes.hits is not None
        assert context.indexes.hits.after(offset - 1) == offset
        context.sync(state)
        at: int | None = 0
        while at is not None:
            assert any(context.highlight.line_spans(context.viewport.line(at))) == (
                context.indexes.hits.after(at - 1) == at
            )
            at = context.document.after(at)
    for text in shown:
        context.sync(typed(context, f"/{quoted(text.strip())}\n", typed(context, keys)))
        assert context.indexes.hits is not None
        hits = {at for at in shown.values() if context.indexes.hits.after(at - 1) == at}
        for key, expected in (("&", hits), ("&!", {*shown.values()} - hits)):
            context.sync(state := typed(context, f"{key}{quoted(text.strip())}\n", typed(context, keys)))
            kept = {row.line.offset: row.row.text for row in reversed(context.visible_rows_of(state))}
            assert expected == kept.keys() & {*shown.values()}, (text, key)
            assert all(kept[at].split()[0] == texts[at].split()[0] for at in expected)  # as when it was typed
    assert typed(context, "/+2:05\n", typed(context, "t")).hit is not None
    assert typed(context, "/+2:05\n").message.startswith("no match")
    typed(context, "/1d03h|27:00:00\n", typed(context, "t"))
    assert context.indexes.hits is not None
    assert context.indexes.hits.total() == 1
