"""Bounds of time that leave nothing are explained by the times that the files have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.zones import set_zone

from reflowlog.cli.merging import explain_empty_range
from reflowlog.cli.options import parse

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("typed", "note"),
    [
        ("", ""),
        ("--tail 0", ""),
        ("--since 2027-01-01", "nothing since 2027-01-01 00:00:00; the log: 2026-03-01 09:00:01 to 10:17:35"),
        (
            "--since 2024-01-01 --until 2025-01-01",
            "nothing from 2024-01-01 00:00:00 to 2025-01-01 00:00:00; the log: 2026-03-01 09:00:01 to 10:17:35",
        ),
    ],
)
def test_the_note_has_the_times_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, note: str
) -> None:
    """The first and the last, of all files; lines without a time, and what is no file with times, do not count."""
    set_zone(monkeypatch, "UTC")
    (tmp_path / "a.log").write_text("# begins\n2026-03-01 09:00:01 INFO a\n2026-03-01 09:10:00 INFO b\n")
    lines = [f"2026-03-01 10:{number // 60:02}:{number % 60:02} INFO line {number}\n" for number in range(17 * 60 + 36)]
    (tmp_path / "b.log").write_text("".join(lines) * 3 + "  at line 7\n")
    (tmp_path / "c.log").write_text("no times\n")
    paths = [str(tmp_path / name) for name in ("a.log", "b.log", "c.log", "missing.log", ".")]
    assert explain_empty_range(parse(typed.split(), {}), paths) == note


def test_the_note_on_a_log_of_several_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end has its date; where no times are known only the bound is named."""
    set_zone(monkeypatch, "UTC")
    (tmp_path / "a.log").write_text("2026-02-28 09:00:01 INFO a\n2026-03-01 09:10:00 INFO b\n")
    options = parse(["--until", "2025-01-01"], {})
    until = "nothing until 2025-01-01 00:00:00"
    known = f"{until}; the log: 2026-02-28 09:00:01 to 2026-03-01 09:10:00"
    assert explain_empty_range(options, [str(tmp_path / "a.log")]) == known
    assert explain_empty_range(options, [str(tmp_path / "none")]) == until
