"""Lines of JSON and logfmt that are drawn without a record have the rows of their records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.field_lines import (
    CHANGES,
    FIELDS,
    LEVELS,
    LOGGERS,
    TEXTS,
    TIMES,
    VALUES,
    WRITERS,
    as_json,
    changed_lines,
)
from support.zones import set_zone

from reflowlog.config.themes import load_theme
from reflowlog.render.line_rows import LineRows
from reflowlog.render.renderer import LineRenderer, RenderOptions
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.layout.column_names import STANDARD_COLUMNS
from reflowlog.text.parse.line_patterns import MAX_PATTERNS

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parents[2] / "data"
THEME = load_theme("dark", {}, 256)


def renderer(width: int, *, utc: bool = False, **choices: Any) -> LineRenderer:
    """One that shows records in columns."""
    return LineRenderer(width, RenderOptions(appearance=Appearance(STANDARD_COLUMNS, utc, THEME)._replace(**choices)))


def compare(lines: list[str], width: int, **choices: Any) -> int:
    """Assert that each line has the rows of its records, and return how many were drawn without one."""
    quick, slow = renderer(width, **choices), renderer(width, **choices)
    drawn = 0
    original = LineRows.draw

    def counted(self: LineRows, line: str) -> str | None:
        nonlocal drawn
        rows = original(self, line)
        drawn += rows is not None
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LineRows, "draw", counted)
        found = quick.lines("".join(f"{line}\n" for line in lines).encode())
        patch.setattr(LineRows, "draw", lambda *_: None)
        assert found == slow.lines("".join(f"{line}\n" for line in lines).encode())
    return drawn


@settings(deadline=None, max_examples=400)
@given(
    st.lists(FIELDS, min_size=1, max_size=4),
    CHANGES,
    st.sampled_from(WRITERS),
    st.integers(50, 150),
    st.sampled_from(
        [{}, {"utc": True}, {"hidden": ("status",)}, {"columns": ("level", "time")}, {"columns": ("level",)}]
    ),
)
def test_a_line_has_the_rows_of_its_record(
    kinds: list[dict[str, Any]],
    changes: list[tuple[int, Any, Any, Any, Any]],
    write: Callable[[dict[str, Any]], str],
    width: int,
    choices: dict[str, Any],
) -> None:
    """Whatever its values, after lines of the same kind with other values."""
    compare(changed_lines(kinds, changes, write), width, **choices)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ts", "level", "logger", "msg", "status", "k1"])
@pytest.mark.parametrize("write", WRITERS)
def test_a_line_with_one_other_value_has_the_rows_of_its_record(
    name: str, write: Callable[[dict[str, Any]], str]
) -> None:
    """Each value, after lines of each kind that the same field may have."""
    others: dict[str, list[Any]] = {"ts": TIMES, "level": LEVELS, "logger": LOGGERS, "msg": TEXTS}
    usual = {"ts": TIMES[0], "level": "info", "logger": "app", "msg": "done", "status": "200", "k1": "7"}
    for first in others.get(name, VALUES):
        lines = [write(usual | {name: first})] * 5 + [
            write(usual | {name: other}) for other in others.get(name, VALUES)
        ]
        compare(lines, 100)
        compare(lines, 60, utc=True)


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        ('{"level":"info","msg":"a","n":17}', '{"level":"info","msg":"a","n":07}'),  # no JSON
        ('{"level":"info","msg":"a","n":17}', '{"level":"info","msg":"a","n":-0}'),  # shown as 0
        ('{"level":"info","msg":"a","n":17}', '{"level":"info","msg":"a","n":1e5}'),
        ('{"level":"info","msg":"a"}', '{"level":"info","msg":"{}"}'),
        ('{"level":"info","msg":"a","n":1.5}', '{"level":"info","msg":"a","n":07.5}'),  # no JSON
        ("level=info msg=a n=1", "level=info msg=a n={}"),
        ("level=info msg=a n=1", 'level=info msg=a n={"level":"warn","msg":"b"}'),
        ("level=info msg=a n=1", 'level=info msg={"level":"warn","msg":"b"} n=1'),
        ('level=info msg="a" n=1', 'level=info msg="{" n="a":"b"}'),
        ("level=info msg=a n=1", "level=info msg=a n='1 2'"),
        ("level=info msg=a n=1", 'level=info msg="a b" n=1 flag'),
        ('{"level":"info","msg":"a"}', '[{"level":"info","msg":"a"}'),
        ('{"level":"info","msg":"a"}', '{"level":"info","msg":"a"} '),
        ('{"level":"info","msg":"a"}', '{"level":"info","msg":"a\\u0031"}'),
        ('{"level":"info","msg":"a","caller":"a.go:1"}', '{"level":"info","msg":"a","caller":"nobody"}'),
        (
            '{"level":"info","msg":"a","service":"x","name":"y"}',
            '{"level":"info","msg":"a","service":"x","name":"18ms"}',
        ),
        ('{"level":"info","msg":"a","event":"b"}', '{"level":"info","msg":"a","event":"a"}'),
        (
            '{"time":"10:15","date":"2024-05-01","msg":"a","level":"info"}',
            '{"time":"x","date":"y","msg":"a","level":"i"}',
        ),
    ],
)
def test_a_line_that_only_resembles_others_has_the_rows_of_its_record(usual: str, other: str) -> None:
    """Or those of plain text, if it is no record."""
    for width in (60, 100, 140):
        compare([usual] * 5 + [other, usual, other], width)


def test_a_minute_of_local_time_that_begins_within_another_is_not_drawn_from_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in Monrovia before 1972, 44 minutes and 30 seconds behind Greenwich."""
    set_zone(monkeypatch, "Africa/Monrovia")
    compare([f'{{"ts":"1971-01-01T00:00:{second:02}.123Z","level":"info","msg":"a"}}' for second in range(60)], 140)


@pytest.mark.parametrize("write", WRITERS)
def test_usual_lines_are_drawn_without_a_record(write: Callable[[dict[str, Any]], str]) -> None:
    """All but the first ones of their kind, and the first of each level."""
    lines = [
        write(
            {"ts": f"2025-03-01T10:15:30.{n:03}Z", "level": "info", "msg": f"took {n} turns", "n": n, "user": f"u{n}"}
        )
        for n in range(100)
    ]
    assert compare(lines, 100) >= 95


def test_many_kinds_of_lines_in_turns() -> None:
    """More kinds than patterns are tried on a line."""
    kinds = [{"level": "info", "msg": "one"} | {f"field{kind}": 1} for kind in range(MAX_PATTERNS + 3)]
    assert compare([as_json(kind) for _ in range(12) for kind in kinds], 100) < 12 * len(kinds)


@pytest.mark.parametrize("width", [50, 72, 100, 140])
def test_lines_of_real_logs_have_the_rows_of_their_records(width: int) -> None:
    """Each log three times, so that its kinds are known."""
    for path in sorted([*(DATA / "fields").glob("*.log"), *(DATA / "columns").glob("*.log")]):
        compare(path.read_text("utf-8", "replace").splitlines() * 3, width)
