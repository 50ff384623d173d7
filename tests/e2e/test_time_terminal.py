"""Time on real terminals: rules where nothing was logged, dated marks, relative times; none of it in what is kept."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.inline_log import is_tail
from support.terminals import REFLOWLOG, TIMEOUT, Tmux, environment
from support.viewing import View, open_viewer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.inline_log import Log

LINES = [
    "2026-01-02 12:00:00,000 INFO app: start",
    "2026-01-02 12:02:05,000 INFO app: later",
    "2026-01-02 12:02:07,500 ERROR app: failed",
    "Traceback (most recent call last):",
    '  File "a.py", line 1, in f',
    "KeyError: 1",
    "2026-01-02 13:02:07,500 INFO app: much later",
    "2026-01-02 11:00:00,000 INFO app: clock set back",
    "no time here",
]
TEXT = "".join(f"{line}\n" for line in LINES)


def ruled(width: int) -> list[str]:
    """Return the lines with the rules between them, for widths at which no line breaks."""
    found = list(LINES)
    found.insert(6, "── 1 h 00 m ".ljust(width, "─"))
    found.insert(1, "── 2 m 05 s ".ljust(width, "─"))
    return found


def open_view(
    open_tmux: Callable[..., Tmux], tmp_path: Path, options: str, text: str = TEXT, columns: int = 80
) -> View:
    """Open the viewer on a log."""
    return open_viewer(open_tmux, tmp_path, f"{options} app.log", text, (columns, 24), TZ="UTC")


@pytest.mark.terminal
def test_gaps_are_as_wide_as_the_terminal_inline(open_log: Callable[..., Log], tmp_path: Path) -> None:
    """At every width; and the copy that is written has none."""
    log = open_log(80, 24, "--gaps 1m -o copy")
    log.feed.write(TEXT)
    for width in (80, 61, 119, 80, 50):
        if width != log.terminal.columns:
            log.terminal.resize(width)
        # What a terminal that narrows its rows has scrolled off stays as it was.
        log.terminal.wait_screen(lambda rows, width=width: len(rows) > 7 and is_tail(rows, ruled(width), log.before))
        log.terminal.settle()
        assert is_tail(log.terminal.screen(), ruled(width), log.before)
    log.feed.close()
    log.terminal.wait_screen(lambda rows: rows[-1:] == ["$"])
    assert (tmp_path / "copy").read_text() == TEXT


@pytest.mark.terminal
def test_gaps_are_as_wide_as_the_terminal_in_the_viewer(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """At every width, in the whole document; what is saved has none; raw text has none; the end is where it is."""
    view = open_view(open_tmux, tmp_path, "--gaps 1m")
    for width in (80, 61, 119):
        view.terminal.resize(width)
        view.shows(ruled(width), width)
    view.type("s")
    view.type("saved.log\n")
    view.says("saved 9 lines to saved.log")
    assert (tmp_path / "saved.log").read_text() == TEXT
    view.type("r")
    view.shows(LINES)
    view.type("rG")
    view.says("following")
    view.shows(ruled(119))
    view.type("Q")


@pytest.mark.terminal
def test_rows_above_and_below_a_gap_are_scrolled_through(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """Down and up through all rows, the rules included, is the same list of rows."""
    lines = [f"2026-01-02 {at // 3 % 24:02}:{at % 3}0:00 INFO record {at}" for at in range(60)]
    view = open_view(open_tmux, tmp_path, "--gaps 30m", "".join(f"{line}\n" for line in lines), 60)
    expected = []
    for at, line in enumerate(lines):
        if at and at % 3 == 0:
            expected.append("── 40 m 00 s ".ljust(60, "─"))
        expected.append(line)
    for top in range(len(expected) - 23):
        view.shows(expected[top : top + 23], top)
        view.type("j")
    view.says("end")
    for top in range(len(expected) - 24, -1, -1):
        view.type("k")
        view.shows(expected[top : top + 23], top)
    view.type("Q")


@pytest.mark.terminal
def test_enter_draws_a_dated_mark(open_log: Callable[..., Log], tmp_path: Path) -> None:
    """As wide as the terminal, laid out again at each width; records go on under it; it is not in the copy."""
    log = open_log(80, 24, "-o copy")
    log.feed.write("one\n")
    log.terminal.wait_screen(lambda rows: rows[-1:] == ["one"])
    log.terminal.send("\n")
    rows = log.terminal.wait_screen(lambda rows: rows[-1:] and rows[-1].startswith("── "))
    assert re.fullmatch(r"── \d\d:\d\d:\d\d ─{68}", rows[-1])
    mark = rows[-1][:12]
    log.feed.write("two\n")
    for width in (80, 50, 100):
        log.terminal.resize(width)
        log.terminal.wait_screen(lambda rows, width=width: rows[-2:] == [mark.ljust(width, "─"), "two"])
        log.terminal.settle()
    log.terminal.send("g")  # the viewer has the log only
    log.terminal.wait_screen(lambda rows: rows[:2] == ["one", "two"])
    log.terminal.send("q")
    log.terminal.wait_screen(lambda rows: rows[-2:] == [mark.ljust(100, "─"), "two"])
    log.feed.close()
    log.terminal.wait_screen(lambda rows: rows[-1:] == ["$"])
    assert (tmp_path / "copy").read_text() == "one\ntwo\n"


@pytest.mark.terminal
def test_times_are_relative_to_the_record_before_and_to_the_mark(
    open_tmux: Callable[..., Tmux], tmp_path: Path
) -> None:
    """T goes through them; the status row says which; nothing but the time's own cells changes."""
    view = open_view(open_tmux, tmp_path, "")
    view.shows(LINES)
    before = [
        LINES[0],
        LINES[1].replace("2026-01-02 12:02:05,000", f"{'+2:05.000':>23}"),
        LINES[2].replace("2026-01-02 12:02:07,500", f"{'+2.500':>23}"),
        *LINES[3:6],
        LINES[6].replace("2026-01-02 13:02:07,500", f"{'+1:00:00.000':>23}"),
        LINES[7].replace("2026-01-02 11:00:00,000", f"{'-2:02:07.500':>23}"),
        LINES[8],
    ]
    view.type("t")
    view.says("since the record before")
    view.shows(before)
    view.type("t")
    view.says("since the mark: m and a letter sets one")
    view.type("jma")
    view.says("mark a is set")
    view.wait(lambda rows, _: rows[0] == LINES[0].replace(LINES[0][:23], f"{'+0.000':>23}"))
    view.wait(lambda rows, _: rows[1] == LINES[1].replace(LINES[1][:23], f"{'+2:05.000':>23}"))
    view.type("t")
    view.says("times as they are")
    view.shows(LINES)
    view.type("Q")


@pytest.mark.terminal
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--since 2027-01-01", "nothing since 2027-01-01 00:00:00"),
        ("--until 2025-01-01", "nothing until 2025-01-01 00:00:00"),
        ("--utc --since 2027-01-01 --until 2027-01-02", "nothing from 2027-01-01 00:00:00 to 2027-01-02 00:00:00"),
    ],
)
def test_bounds_of_time_that_leave_nothing_are_named(
    open_tmux: Callable[..., Tmux], tmp_path: Path, options: str, reason: str
) -> None:
    """The status row does not call the file empty."""
    (tmp_path / "app.log").write_text(TEXT)
    terminal = open_tmux(80, 24, TZ="UTC")
    terminal.send(f'"$PYTHON" -m reflowlog {options} app.log\n')
    terminal.wait_screen(lambda rows: reason in "".join(rows[-1:]))


@pytest.mark.terminal
def test_times_of_records_keep_their_column(open_tmux: Callable[..., Tmux], tmp_path: Path) -> None:
    """At each width the message stays where it is."""
    records = [
        {"time": f"2026-01-02T12:00:{second:02}.250Z", "level": "info", "logger": "app.db", "msg": f"query {second}"}
        for second in (0, 1, 31)
    ]
    text = "".join(json.dumps(record) + "\n" for record in records)
    view = open_view(open_tmux, tmp_path, "--utc", text, 140)
    for width in (140, 100, 90, 70, 45):
        view.terminal.resize(width)
        view.wait(lambda rows, _: "12:00:31" in "".join(rows))
        view.terminal.settle() if isinstance(view.terminal, Tmux) else None
        rows = view.rows
        view.type("t")
        changed = view.wait(lambda rows, _: "+30" in "".join(rows))
        assert [row.find("query") for row in changed] == [row.find("query") for row in rows]
        view.type("tt")
        view.says("times as they are")
    view.type("Q")


def test_gaps_in_a_pipe_follow_the_width() -> None:
    """With --width there are rules; without it the bytes are what they were."""
    settings = environment(TZ="UTC")
    for width in (60, 90):
        command = [*REFLOWLOG, "--gaps", "1m", "--width", str(width)]
        done = subprocess.run(
            command, input=TEXT, env=settings, timeout=TIMEOUT, check=True, capture_output=True, text=True
        )
        assert done.stdout.splitlines() == ruled(width)
    done = subprocess.run(
        [*REFLOWLOG, "--gaps", "1m"],
        input=TEXT,
        env=settings,
        timeout=TIMEOUT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == TEXT


def test_gaps_of_merged_files_are_those_of_the_merge(tmp_path: Path) -> None:
    """A file that is silent makes no gap while another speaks."""
    (tmp_path / "a.log").write_text("2026-01-02 12:00:00 INFO a\n2026-01-02 12:09:00 INFO a\n")
    (tmp_path / "b.log").write_text("2026-01-02 12:04:50 INFO b\n2026-01-02 12:05:00 INFO b\n")
    command = [*REFLOWLOG, "--gaps", "2m", "-w", "60", "a.log", "b.log"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(TZ="UTC"), timeout=TIMEOUT, check=True, capture_output=True, text=True
    )
    assert [row for row in done.stdout.splitlines() if "──" in row] == [
        "── 4 m 50 s ".ljust(60, "─"),
        "── 4 m 00 s ".ljust(60, "─"),
    ]


@pytest.mark.parametrize("duration", ["soon", "0", "-1m"])
def test_a_wrong_duration_is_a_usage_error(duration: str) -> None:
    """In one line, with an example."""
    done = subprocess.run(
        [*REFLOWLOG, f"--gaps={duration}", os.devnull],
        check=False,
        env=environment(),
        timeout=TIMEOUT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "is not a duration, such as 30s" in done.stderr
