"""Saving from the viewer on a real terminal: formats by their names or by a choice; files that are there stay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.terminals import PyteTerminal
from support.viewing import open_viewer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.terminals import Tmux

LINES = [f"2026-01-02 12:00:0{at} INFO app: record {at} " + "word " * 12 + f"end {at}" for at in range(5)]
TEXT = "".join(f"{line}\n" for line in LINES)


@pytest.mark.terminal
def test_formats_and_files_that_are_there(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """The status row says what was written; y replaces, any other key does not; the file that is shown is refused."""
    view = open_viewer(open_tmux, tmp_path, "--utc --gaps 1s app.log", TEXT, (60, 24), TZ="UTC")
    view.type("spage.html\n")
    view.says("saved 5 lines as HTML to page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.count("<div class=") == 5
    assert "──" not in page
    view.type("s")
    view.type("a.jsonl\n")
    view.says("saved 5 lines as JSON to a.jsonl")
    records = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [record["time"] for record in records] == [f"2026-01-02T12:00:0{at}.000Z" for at in range(5)]
    view.type("s")
    view.type("text:rows.txt\n")
    view.says("saved 5 lines as shown to rows.txt")
    rows = (tmp_path / "rows.txt").read_text().splitlines()
    assert [row for row in view.rows if row and not row.startswith("──")] == [row.rstrip() for row in rows]
    view.type("s")
    view.type("app.log\n")
    view.wait(lambda rows, _: any("cannot save to app.log: it is in use here" in row for row in rows))
    view.type("s")
    view.type("rows.txt\n")
    view.says("rows.txt is there already: nothing is saved")
    view.type("j")
    view.type("s")
    view.type("rows.txt\n")
    view.says("rows.txt is there already")
    view.type("y")
    view.says("saved 5 lines to rows.txt")
    assert (tmp_path / "rows.txt").read_text() == TEXT
    view.type("Q")


def test_a_file_that_standard_input_reads(tmp_path: Path) -> None:
    """Saving over the file that standard input reads is refused, by any name; over another it is asked."""
    (tmp_path / "app.log").write_text(TEXT)
    (tmp_path / "other.log").write_text(TEXT)
    (tmp_path / "link.log").symlink_to("app.log")
    terminal = PyteTerminal(["sh", "-c", '"$PYTHON" -m reflowlog --full < app.log'], (100, 24), home=tmp_path)
    try:
        terminal.wait_screen(lambda rows: any("end 4" in row for row in rows))
        for name, message in (("link.log", "it is in use here"), ("other.log", "other.log is there already")):
            terminal.send(b"s" + name.encode() + b"\r")
            terminal.wait_screen(lambda rows, message=message: any(message in row for row in rows))
        terminal.send(b"nq")
        assert terminal.wait() == 0
    finally:
        terminal.close()
