"""Templates: a faster way to the same rows, line by line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import DATA_DIR

from reflowlog.core.records import Style, StyledLine
from reflowlog.render import known_headers, message_words, templates
from reflowlog.render import template_cache as module
from reflowlog.render.ansi import draw_rows
from reflowlog.render.options import style_line
from reflowlog.render.renderer import LineRenderer, RenderOptions
from reflowlog.render.template_cache import TemplateCache
from reflowlog.render.templates import TemplateMaker
from reflowlog.text.clean.joined_emoji import APART, JOINED, Joins, joins_for
from reflowlog.text.clean.sanitize import is_plain
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.highlight.marks import find_marks, highlight_marks
from reflowlog.text.highlight.themes import NAMES, Theme, make_theme
from reflowlog.text.layout.hanging_indent import lay_out

if TYPE_CHECKING:
    from pathlib import Path

    from reflowlog.text.layout.hanging_indent import Indent

LOGS = sorted((DATA_DIR).glob("*.log"))
THEME = make_theme("all", {name: f"color{number + 20}" for number, name in enumerate(NAMES)}, 256)


def drawn(line: str, width: int, theme: Theme = THEME, host: str | None = None) -> str:
    """Return the rows that the cache must reproduce."""
    found = find_marks(line)
    spans = highlight_marks(line, theme, found, host=host)
    return "\n".join(draw_rows(line, spans, lay_out(StyledLine(line, (), found.column), width)))


def make_cache(width: int, indent: Indent, theme: Theme, host: str | None = None) -> TemplateCache:
    """Return a cache at a width."""
    return TemplateCache(TemplateMaker(width, indent, theme, host))


def by_stencils(template_cache: TemplateCache, lines: list[str]) -> list[str]:
    """All lines, in pieces, as a pipe brings them."""
    rows = []
    for start in range(0, len(lines), 7):
        piece = lines[start : start + 7]
        rows += template_cache.lines("".join(f"{line}\n" for line in piece).encode(), piece)
    return rows


@pytest.mark.parametrize("width", [1, 10, 40, 80, 200])
@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_real_logs_look_the_same(path: Path, width: int) -> None:
    """Each line of the samples, three times over so that all have templates, is drawn as it is without."""
    lines = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if is_plain(line)][:60]
    expected = [drawn(line, width) for line in lines]
    assert by_stencils(make_cache(width, "auto", THEME), lines * 3) == expected * 3


_shapes = st.sampled_from(
    [
        "12:00:0# INFO took ## ms for 100% of ###### in /var/log/x.log:##",
        '10.0.0.# - - "GET /a/## HTTP/1.1" #0# ###',
        "status=#00 status: #1# commit @ by 0x@ id @-77aa-bb00-cc11-0123456789ab",
        "      ## %s %% {#} # # #   #  x# #-#.#/#  ",
        "",
        "   ",
        "Jun ## 12:00:0# host sshd[####]: lost #\ttab".replace("\t", " "),
    ]
)
lines = st.builds(
    lambda template, digits, names: _filled(template, iter(digits), iter(names)),
    _shapes,
    st.lists(st.sampled_from("0123456789"), min_size=24, max_size=24),
    st.lists(st.text(st.sampled_from("0123456789abcdef"), min_size=8, max_size=8), min_size=3, max_size=3),
)


def _filled(template: str, digits: object, names: object) -> str:
    return re.sub("[#@]", lambda found: next(digits if found[0] == "#" else names), template)  # type: ignore[call-overload]


@given(st.lists(lines, min_size=1, max_size=40), st.integers(1, 60))
def test_lines_of_few_shapes_look_the_same(lines: list[str], width: int) -> None:
    """Lines that differ in digits and identifiers alone, in any order, at any width."""
    assert by_stencils(make_cache(width, "auto", THEME), lines * 2) == [drawn(line, width) for line in lines * 2]


def test_shapes_that_are_forgotten_are_learnt_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for two shapes, five still look right, and no more than two generations are held."""
    monkeypatch.setattr(module, "MAX_SHAPES", 2)
    monkeypatch.setattr(known_headers, "MAX_HEADERS", 2)
    template_cache = make_cache(30, "auto", THEME)
    lines = [f"{'x' * (number % 5)} took {number} ms for all that there was" for number in range(100)]
    assert by_stencils(template_cache, lines) == [drawn(line, 30) for line in lines]
    assert len(template_cache._young) <= 2
    assert len(template_cache._old) <= 2


def test_a_known_shape_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third line of a shape is drawn without any look at its parts, also with another identifier."""
    template_cache = make_cache(30, "auto", THEME)
    first = ["12:00:01 INFO took 12 ms by 0fe00cd0", "12:00:02 INFO took 34 ms by 77aa00bb"]
    by_stencils(template_cache, first)
    third, other = "23:59:59 INFO took 56 ms by 3b0b0b0b", "23:59:59 INFO took 56 ms by 11111111"
    expected = [drawn(third, 30), drawn(first[1], 30)]
    monkeypatch.setattr(templates, "find_marks", None)
    assert by_stencils(template_cache, [third, first[1]]) == expected
    with pytest.raises(TypeError):
        by_stencils(template_cache, [other])


HEADERS = (
    "",
    "12:00:0# ERROR ",
    "Mar  1 12:00:0# host sshd[##]: ",
    "12:00:00,### INFO     app.db   ",
    "[@] ",
    " ",
    "#",
)
WORDS = """
    took handled # ## 1.# ms bytes=## s status status: =# 404 status=# Jan GET /a/b.py:# https://a.b/# @ 0x@ (##)
    10.0.0.#:## 12:00:0# +0200 'a b' " true null, level=error WARN x.y= 5% %d %s : - extraordinarily
"""
words = st.sampled_from((*WORDS.split(), ""))
fresh_lines = st.builds(
    lambda header, these, digits, names: _filled(header + " ".join(these), iter(digits), iter(names)),
    st.sampled_from(HEADERS),
    st.lists(words, max_size=14),
    st.lists(st.sampled_from("0123456789"), min_size=64, max_size=64),
    st.lists(st.text(st.sampled_from("0123456789abcdef"), min_size=8, max_size=8), min_size=40, max_size=40),
)


@given(st.lists(fresh_lines, min_size=1, max_size=30), st.integers(1, 90), st.sampled_from([None, "box"]))
def test_lines_of_ever_new_shapes_look_the_same(lines: list[str], width: int, host: str | None) -> None:
    """Lines whose headers and words are known, but not together, are drawn as they are one by one."""
    found = by_stencils(make_cache(width, "auto", THEME, host), lines)
    assert found == [drawn(line, width, host=host) for line in lines]


_OTHER_PARTS = [
    *("2024-05-01 10:00:0# INFO app: ", "接続 ", "日本7語", "Zu\u0308rich ", "é# ", "took #7 ms ", "status=#04 "),
    *("👩‍💻", "👍🏽 ", "⚠️ ", "1\ufe0f\u20e3 ", "\ue000 ", "\ue0a0# ", "\ufffd", "\ufff0", "\u200b", "tab\t", "\x07"),
    *(
        "\x1b[3#mred\x1b[0m ",
        "\x1b[38;5;#2m",
        "\x1b[1;#;3#m",
        "\x1b]8;;https://a.b/#\x1b\\link\x1b]8;;\x1b\\",
        "\x1b[m",
    ),
    *("/var/ä/#.py:#7 ", "x" * 30, "ü" * 30, " ", "https://a.b/ü#?q=# ", "0fe1c2d# ", '"é #" ', "a\u2028b", "#\u0661 "),
]
_OTHER = st.lists(st.sampled_from(_OTHER_PARTS), min_size=1, max_size=10).map("".join)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(_OTHER, st.lists(st.sampled_from("0123456789"), min_size=12, max_size=12)), min_size=1, max_size=4
    ),
    st.sampled_from([1, 2, 10, 40, 80]),
    st.sampled_from([JOINED, APART]),
    st.sampled_from([None, "box"]),
)
def test_lines_of_other_text_look_the_same(
    shapes: list[tuple[str, list[str]]], width: int, joins: Joins, host: str | None
) -> None:
    """Each shape with several digits, so that it has a template."""
    options = RenderOptions(appearance=Appearance(theme=THEME, host=host), joins=lambda: joins)
    lines = [shape.replace("#", digit) for shape, digits in shapes for digit in digits]

    def draw(line: str) -> str:
        text = style_line(line, options)
        return "\n".join(
            draw_rows(text.text, text.spans, lay_out(text, width, "auto", "word", joins_for(text.text, lambda: joins)))
        )

    data = "".join(f"{line}\n" for line in lines).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STYLED_SIGHTINGS", module.COLOURED_SIGHTINGS + 1)
        assert LineRenderer(width, options).lines(data) == [draw(line) for line in lines]


_OTHER_WORDS = [
    *(
        "é",
        "größer",
        "接続が",
        "✅",
        "👩‍💻",
        "👍🏽",
        "⚠️",
        "→",
        "·",
        "ошибка",
        "错误",
        "ü=ä",
        "/ä/b.py:7",
        "#",
        "ms",
        "é7",
        "GET",
    ),
    *(
        "Jan",
        "took",
        "level=error",
        "'é'",
        "x" * 40,
        "ü" * 30,
        "é:",
        "[é]",
        "",
        "\ue000",
        "https://ä.b/7",
        "0fe1c2d3",
        "\ufeff",
    ),
]


@pytest.mark.parametrize("width", [20, 80])
@pytest.mark.parametrize("host", [None, "box"])
def test_lines_of_other_text_after_known_headers_look_the_same(width: int, host: str | None) -> None:
    """They are assembled from the header that they begin with and their words."""
    options = RenderOptions(appearance=Appearance(theme=THEME, host=host))
    lines = [
        f"{header}{one} {two} {number}{one} und so weiter ö"
        for header in HEADERS
        for number, one in enumerate(_OTHER_WORDS)
        for two in _OTHER_WORDS[::4]
    ]
    found = LineRenderer(width, options).lines("".join(f"{line}\n" for line in lines).encode())
    assert found == [LineRenderer(width, options)._draw(style_line(line, options), "auto") for line in lines]


def test_lines_of_other_text_are_assembled(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the third line with a header on, no line is searched as a whole."""
    renderer = LineRenderer(40, RenderOptions(appearance=Appearance(theme=THEME)))
    lines = [f"2024-05-01 10:00:00 INFO app: größer als {word} und é\n" for word in ("eins", "zwei", "drei", "vier")]
    renderer.lines("".join(lines[:2]).encode())
    monkeypatch.setattr(templates, "find_marks", lambda *_, **__: pytest.fail("searched"))
    assert len(renderer.lines("".join(lines[2:]).encode())) == 2


def test_bytes_that_are_no_text_look_the_same() -> None:
    """Whatever their number, and with line ends of Windows."""
    options = RenderOptions(appearance=Appearance(theme=THEME))
    data = b"".join(b"caf\xe9 \xff\xfe took %d ms \xe6\x97\r\n" % number for number in range(5))
    lines = data.decode("utf-8", "replace").replace("\r", "").splitlines()
    assert LineRenderer(40, options).lines(data) == [LineRenderer(40, options).line(line) for line in lines]


def test_a_known_shape_of_other_text_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the fifth line on, whatever its digits."""
    renderer = LineRenderer(40, RenderOptions(appearance=Appearance(theme=THEME)))
    data = "".join(f"接続が {number} 回タイムアウトしました {number}% é\n" for number in range(1, 10)).encode()
    renderer.lines(data)
    monkeypatch.setattr(templates, "find_marks", lambda *_, **__: pytest.fail("looked at again"))
    monkeypatch.setattr(renderer, "line", lambda _: pytest.fail("looked at again"))
    assert len(renderer.lines(data)) == 9


@pytest.mark.parametrize(
    "line", ["\x1b[2m10:00\x1b[0m \x1b[38;5;12mtook # ms\x1b[0m and", "\x1b[1mtook\x1b[m \x1b[01;31m# ms\x1b[m"]
)
@pytest.mark.parametrize("width", [10, 80])
def test_a_known_shape_with_usual_colours_is_not_drawn_again(
    line: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the fourth line on with the same sequences, whatever the digits of its text."""
    renderer = LineRenderer(width, RenderOptions(appearance=Appearance(theme=THEME)))
    lines = [line.replace("#", str(number)) for number in range(1, 8)]
    drawn = [renderer.line(each) for each in lines]
    renderer.lines("".join(f"{each}\n" for each in lines[:3]).encode())
    monkeypatch.setattr(renderer, "line", lambda _: pytest.fail("drawn again"))
    monkeypatch.setattr(templates, "find_changes", lambda *_: pytest.fail("drawn again"))
    assert renderer.lines("".join(f"{each}\n" for each in lines).encode()) == drawn


def test_usual_colours_that_are_not_drawn_are_in_no_template() -> None:
    """Where a user wants the text without its own colours, each line of a shape is without them."""
    renderer = LineRenderer(20, RenderOptions(appearance=Appearance(theme=THEME), text_colour=False))
    data = "".join(f"\x1b[31mthe pool is full {number}\x1b[0m again\n" for number in range(1, 8)).encode()
    assert all("\x1b[31m" not in each for each in renderer.lines(data))


HEADERS = [
    *("2024-05-01 10:00:03,123 INFO     app.db   ", "2024-05-01 10:00:03 ERROR ", "2024-05-01 10:00:03 WARN app: "),
    *("2024-05-01T10:00:03Z app.db - INFO - ", "2024-05-01 10:00:03 [main] INFO  a.b.C - ", "[10:00:03] [main/INFO]: "),
    *("2024-05-01 - app.db - INFO - ", "INFO ", "2024-05-01 10:00:03 INFO ", "2024-05-01 10:00:03 INFO  ", ""),
]
WORDS = [
    *("pool", "is", "full", "info", "in", "main", "app", "app:", "app.db", "a.b.c", "note", "level=error", "Jan"),
    *("took", "37", "ms", "status", "404", "path=/a/b", "", " ", "'quoted", '"x"', "x" * 40, "GET", "/x", "why?", "-"),
]


@pytest.mark.parametrize("width", [20, 40, 80, 120])
@pytest.mark.parametrize("header", HEADERS)
def test_lines_after_known_headers_look_the_same(header: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where shapes hardly repeat, lines are assembled from the header that they begin with and their words."""
    monkeypatch.setattr(module, "MAX_SHAPES", 2)
    monkeypatch.setattr(module, "SAMPLES", 1)
    monkeypatch.setattr(module, "RARE_SHARE", 0)  # they always are rare
    usual = [f"{each}the pool is {word}" for each in HEADERS for word in ("full", "low", "dry", "new", "hot", "old")]
    usual += [f"{each}n=1 of={word} the pool" for each in HEADERS for word in ("full", "low", "dry", "new", "hot")]
    lines = [f"{header}{one} {two} and so on" for one in WORDS for two in WORDS]
    assert by_stencils(make_cache(width, "auto", THEME), usual + lines) == [
        drawn(line, width) for line in usual + lines
    ]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("INFO app: ", ["pool", "conn", "user", "shard", "lock", "cache", "queue", "batch"]),
        ("INFO app: done ", ["in", "pool", "conn", "user", "shard", "lock", "cache", "queue"]),
        ("INFO     app.db   n=1 ", ["pool", "conn", "user", "shard", "lock", "cache", "queue", "batch"]),
        ("INFO     app.db   n=1 user=bob ", ["pool", "conn", "user", "shard", "lock", "cache", "queue", "batch"]),
    ],
)
def test_headers_are_not_looked_for_where_shapes_hardly_repeat(
    header: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And are again, once shapes repeat."""
    lines = [f"2024-05-01 10:00:00 {header}{a} {b} {c} {d}" for a in words for b in words for c in words for d in words]
    monkeypatch.setattr(module, "MAX_SHAPES", 256)
    cache = make_cache(80, "auto", THEME)
    by_stencils(cache, lines[:2000])
    looked_at = 0
    find = known_headers.usual_header

    def counted(shape: bytes) -> object:
        nonlocal looked_at
        looked_at += 1
        return find(shape)

    monkeypatch.setattr(known_headers, "usual_header", counted)
    by_stencils(cache, lines[2000:3600])
    assert 0 < looked_at <= 1600 // module.SAMPLE_EVERY
    by_stencils(cache, lines[:8] * 2000)
    looked_at = 0
    by_stencils(cache, lines[:8] * 10)
    assert looked_at == 0


def test_known_words_are_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of a new shape is put together from a header and words that others had, with digits of its own."""
    template_cache = make_cache(60, "auto", THEME)
    head = "2025-03-01 12:00:0{} ERROR app.db: "
    known = [f"{'and ' * number}retried and took={number} at 10.0.0.{number}" for number in range(6)]
    by_stencils(template_cache, [head.format(number) + message for number, message in enumerate(known)])
    line = head.format(7) + "at 10.0.0.9 retried and took=8"
    expected = drawn(line, 60)
    monkeypatch.setattr(templates, "find_marks", None)
    monkeypatch.setattr(message_words, "parts_of", None)
    assert by_stencils(template_cache, [line]) == [expected]


def test_words_that_are_forgotten_are_learnt_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for few words, shapes and headers, all still look right."""
    monkeypatch.setattr(message_words, "_MAX_WORDS", 3)
    monkeypatch.setattr(module, "MAX_SHAPES", 2)
    monkeypatch.setattr(known_headers, "MAX_HEADERS", 2)
    template_cache = make_cache(30, "auto", THEME)
    heads = ("12:00:00 INFO ", "12:00:00 ERROR ", "12:00:00 WARN a: ", "")
    lines = [f"{head}{'x' * (n % 7)}={n} for {n}ms {'y' * n}" for n in range(20) for head in heads]
    assert by_stencils(template_cache, lines) == [drawn(line, 30) for line in lines]
    assert all(len(words) <= 3 for words in template_cache._headers._words.values())
    assert len(template_cache._headers._headers) <= 2


@pytest.mark.parametrize("width", [1, 25, 80])
@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_links_of_real_logs_look_the_same(path: Path, width: int) -> None:
    """Where addresses and files are links, with ids and targets of each line's own."""
    lines = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if is_plain(line)][:60]
    lines += [
        f"{number} see https://a.b/{number}?{line[:9]} and /var/log/{number}.log:7" for number, line in enumerate(lines)
    ]
    expected = [drawn(line, width, host="box") for line in lines]
    assert by_stencils(make_cache(width, "auto", THEME, "box"), lines * 3) == expected * 3


def test_a_known_shape_with_links_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its links lead where the line says, and have the line's id; over a break, too."""
    template_cache = make_cache(30, "auto", THEME, "box")
    text = "12:00:01 INFO see https://a.b/x?n={} and /var/log/x{}.log:{}"
    by_stencils(template_cache, [text.format(1, 2, 3), text.format(4, 5, 6)])
    third = text.format(7, 8, 9)
    expected = drawn(third, 30, host="box")
    assert all(each in expected for each in ("https://a.b/x?n=7\x1b", "file://box/var/log/x8.log#9\x1b"))
    monkeypatch.setattr(templates, "find_marks", None)
    assert by_stencils(template_cache, [third]) == [expected]


def test_what_has_no_stencil_looks_the_same() -> None:
    """Long lines, links with escapes, and very many of them."""
    lines = [
        "1 " * 900,
        "2 " * 900,
        "at /a%20b/c.py:1",
        "at /a%20b/c.py:2",
        "/a/b.c " * 40 + "1",
        "/a/b.c " * 40 + "2",
    ] * 3
    found = by_stencils(make_cache(40, "auto", THEME, "box"), lines)
    assert found == [drawn(line, 40, host="box") for line in lines]


def test_rules_count_line_by_line() -> None:
    """A match of a rule may depend on digits: such a line is drawn by itself, others of its shape are unaffected."""
    theme = THEME._replace(rules=((re.compile("order 7"), Style("1;7")),))
    lines = ["order 1 came", "order 7 came", "order 2 came", "order 7 came"] * 2
    assert by_stencils(make_cache(40, "auto", theme), lines) == [drawn(line, 40, theme) for line in lines]
