"""Stencils: a faster way to the same rows, line by line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog import stencil
from reflowlog.model import Record, Style
from reflowlog.paint.ansi import draw_rows
from reflowlog.stencil import Stencils
from reflowlog.text.highlight import highlighted, marks
from reflowlog.text.layout import lay_out
from reflowlog.text.sanitize import is_plain
from reflowlog.text.themes import NAMES, Theme, make_theme

LOGS = sorted((Path(__file__).parent / "data").glob("*.log"))
THEME = make_theme("all", {name: f"color{number + 20}" for number, name in enumerate(NAMES)}, 256)


def drawn(line: str, width: int, theme: Theme = THEME, host: str | None = None) -> str:
    """What stencils are held to."""
    found = marks(line)
    spans = highlighted(line, theme, found, host=host)
    return "\n".join(draw_rows(line, spans, lay_out(Record(line, (), found.column), width)))


def by_stencils(stencils: Stencils, lines: list[str]) -> list[str]:
    """All lines, in pieces, as a pipe brings them."""
    rows = []
    for start in range(0, len(lines), 7):
        piece = lines[start : start + 7]
        rows += stencils.lines("".join(f"{line}\n" for line in piece).encode(), piece)
    return rows


@pytest.mark.parametrize("width", [1, 10, 40, 80, 200])
@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_real_logs_look_the_same(path: Path, width: int) -> None:
    """Each line of the samples, three times over so that all have stencils, is drawn as it is without."""
    lines = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if is_plain(line)][:60]
    expected = [drawn(line, width) for line in lines]
    assert by_stencils(Stencils(width, "auto", THEME), lines * 3) == expected * 3


templates = st.sampled_from(
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
    templates,
    st.lists(st.sampled_from("0123456789"), min_size=24, max_size=24),
    st.lists(st.text(st.sampled_from("0123456789abcdef"), min_size=8, max_size=8), min_size=3, max_size=3),
)


def _filled(template: str, digits: object, names: object) -> str:
    return re.sub("[#@]", lambda found: next(digits if found[0] == "#" else names), template)  # type: ignore[call-overload]


@given(st.lists(lines, min_size=1, max_size=40), st.integers(1, 60))
def test_lines_of_few_shapes_look_the_same(lines: list[str], width: int) -> None:
    """Lines that differ in digits and identifiers alone, in any order, at any width."""
    assert by_stencils(Stencils(width, "auto", THEME), lines * 2) == [drawn(line, width) for line in lines * 2]


def test_shapes_that_are_forgotten_are_learnt_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for two shapes, five still look right, and no more than two generations are held."""
    monkeypatch.setattr(stencil, "REMEMBERED", 2)
    stencils = Stencils(30, "auto", THEME)
    lines = [f"{'x' * (number % 5)} took {number} ms for all that there was" for number in range(100)]
    assert by_stencils(stencils, lines) == [drawn(line, 30) for line in lines]
    assert len(stencils._young) <= 2
    assert len(stencils._old) <= 2


def test_a_known_shape_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third line of a shape is drawn without any look at its parts, also with another identifier."""
    stencils = Stencils(30, "auto", THEME)
    first = ["12:00:01 INFO took 12 ms by 0fe00cd0", "12:00:02 INFO took 34 ms by 77aa00bb"]
    by_stencils(stencils, first)
    third, other = "23:59:59 INFO took 56 ms by 3b0b0b0b", "23:59:59 INFO took 56 ms by 11111111"
    expected = [drawn(third, 30), drawn(first[1], 30)]
    monkeypatch.setattr(stencil, "marks", None)
    assert by_stencils(stencils, [third, first[1]]) == expected
    with pytest.raises(TypeError):
        by_stencils(stencils, [other])


def test_links_and_long_lines_have_no_stencil() -> None:
    """They look the same as without, whatever is remembered."""
    lines = ["12:00:00 INFO see https://a.b/1 now", "12:00:00 INFO see https://a.b/2 now", "1 " * 900, "2 " * 900] * 2
    found = by_stencils(Stencils(40, "auto", THEME, "box"), lines)
    assert found == [drawn(line, 40, host="box") for line in lines]
    assert found[0] != found[1]


def test_rules_count_line_by_line() -> None:
    """What a rule finds may depend on digits: such a line is drawn by itself, others of its shape are not touched."""
    theme = THEME._replace(rules=((re.compile("order 7"), Style("1;7")),))
    lines = ["order 1 came", "order 7 came", "order 2 came", "order 7 came"] * 2
    assert by_stencils(Stencils(40, "auto", theme), lines) == [drawn(line, 40, theme) for line in lines]
