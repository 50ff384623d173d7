"""The inline mode on real terminals: tmux, which reflows and has a scrollback, and a terminal that does neither.

What every test here compares with is `reflowlog.wrap`: at any width, the screen is the tail of the lay-out of all
records at that width. Each record has one mark at its start and one at its end, `<0017` and `0017>`, so that it can be
counted where it was cut, copied or lost.
"""

from __future__ import annotations

import os
import random
import re
import threading
import time
from typing import TYPE_CHECKING

import pytest
from support.inline_log import (
    _WORDS,
    ERASE_SCROLLBACK,
    Log,
    check_untouched_scrollback,
    finish,
    is_tail,
    laid_out,
    records,
    squeezed,
    start_log,
)
from support.terminals import Feed, PyteTerminal, Tmux, modes_left_on, script, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

WIDTHS = int(os.environ.get("REFLOWLOG_WIDTHS", "120"))
BEGIN_UPDATE = b"\x1b[?2026h"


def widths(count: int, least: int = 20, most: int = 200, *, seed: int = 2) -> list[int]:
    """Random widths, none of them twice within eight: see `Tmux.resize`."""
    chance = random.Random(seed)
    result: list[int] = []
    while len(result) < count:
        width = chance.randint(least, most)
        if width not in result[-8:]:
            result.append(width)
    return result


@pytest.mark.slow
@pytest.mark.terminal
def test_at_every_width_the_screen_is_the_tail_of_the_lay_out(open_log: Callable[..., Log]) -> None:
    """After each of many random widths the screen is right; nothing is lost, and a resize copies one record at most."""
    log = open_log()
    log.write(records(40))
    before = log.copies()
    for width in widths(WIDTHS):
        log.resize(width)
        now = log.copies()
        for earlier, later in zip(before, now, strict=True):
            assert sum((later - earlier).values()) <= 1, f"at width {width}: {later - earlier}"
        before = now
    log.check_complete()
    finish(log)
    log.check_complete()
    check_untouched_scrollback(log)


@pytest.mark.terminal
def test_there_and_back_is_the_same_picture(open_log: Callable[..., Log]) -> None:
    """After 104, 78 and 104 columns again, every row that never left the screen is the same."""
    log = open_log(104, 30)
    log.write(records(40))
    first = log.terminal.screen()
    left = len(laid_out(log.lines[-len(set(marks(log.resize(78)))) :], 104))
    again = log.resize(104)
    assert len(again) >= min(left, 29)
    assert again == first[-len(again) :]


@pytest.mark.slow
@pytest.mark.terminal
def test_widths_change_while_records_arrive(open_log: Callable[..., Log]) -> None:
    """With a thousand lines a second nothing is lost or out of order, and the screen is right when they end."""
    log = open_log(100, 30)
    lines = records(20_000, longest=14)
    stop = threading.Event()
    written = 0

    def stream() -> None:
        nonlocal written
        start = time.monotonic()
        for line in lines:
            log.feed.write(f"{line}\n")
            written += 1
            if stop.wait(max(0.0, start + written / 1000 - time.monotonic())):
                return

    thread = threading.Thread(target=stream)
    thread.start()
    try:
        changes = widths(30, seed=3)
        for width in changes:
            log.terminal.resize(width)
            newest = written - 1
            log.terminal.wait_screen(lambda rows, newest=newest: max(marks(rows), default=-1) >= newest)
    finally:
        stop.set()
        thread.join()
    log.lines = lines[:written]
    log.wait_tail()
    log.terminal.settle()
    log.wait_tail()
    log.check_order(repeats=len(changes))
    log.check_complete()
    finish(log)
    check_untouched_scrollback(log)


def marks(rows: Iterable[str]) -> list[int]:
    """The numbers of the records whose starts are on these rows."""
    return [int(number) for row in rows for number in re.findall(r"<(\d{4,5})", row)]


_PROGRAM = """
import sys, reflowlog
with reflowlog.Console(sys.stdout) as console:
    for line in sys.stdin:
        console.print(line, end="")
"""


@pytest.mark.slow
@pytest.mark.terminal
def test_a_programs_own_console_is_right_without_asking_the_terminal(
    open_tmux: Callable[..., Tmux], feed: Feed, tmp_path: Path
) -> None:
    """Without queries the cursor's row is followed: the screen is right, with few duplicates."""
    (tmp_path / "program.py").write_text(_PROGRAM)
    script(tmp_path / "log", 'cat feed | "$PYTHON" program.py')
    terminal = open_tmux(80, 24)
    log = start_log(terminal, feed)
    log.write(records(40))
    chosen = widths(min(WIDTHS, 30), seed=7)
    for width in chosen:
        log.resize(width)
    assert log.extra() <= len(chosen)
    log.check_complete()
    finish(log)
    check_untouched_scrollback(log)
    assert b"[6n" not in log.terminal.output()


_PROGRAM_WITH_KEYS = """
import reflowlog
with reflowlog.Console(keys=True) as console:
    for line in open("feed"):
        console.print(line, end="")
"""


@pytest.mark.terminal
def test_a_programs_console_with_keys_leaves_one_copy_on_a_screen_that_is_not_full(
    open_tmux: Callable[..., Tmux], feed: Feed, tmp_path: Path
) -> None:
    """Its keyboard asks for the cursor: rows that a narrower window has pushed away are not shown again."""
    (tmp_path / "program.py").write_text(_PROGRAM_WITH_KEYS)
    script(tmp_path / "log", '"$PYTHON" program.py')
    terminal = open_tmux(80, 24)
    log = start_log(terminal, feed)
    log.write(records(4))
    for number, width in enumerate((30, 70, 25), 1):
        log.resize(width)
        assert log.extra() <= number
    log.check_complete()
    finish(log)
    check_untouched_scrollback(log)


@pytest.mark.slow
@pytest.mark.terminal
def test_sizes_come_in_bursts_as_when_an_edge_is_dragged(open_log: Callable[..., Log]) -> None:
    """A drag over many widths, told in tmux's own time, ends in the right screen and copies little."""
    log = open_log()
    log.write(records(40))
    start = log.terminal.size_of_output()
    sizes = [*range(80, 120), *range(120, 30, -1), *range(30, 66)]
    for width in sizes:
        log.terminal.resize(width, at_once=False)
    log.terminal.settle()
    log.wait_tail()
    log.terminal.settle()
    repaints = log.terminal.output(start).count(BEGIN_UPDATE)
    assert log.extra() <= repaints <= len(sizes) // 5
    for width in widths(8, seed=4):
        log.terminal.resize(width, at_once=False)
        log.terminal.settle()
        log.wait_tail()
    log.check_complete()
    finish(log)
    check_untouched_scrollback(log)


@pytest.mark.terminal
def test_height_alone_repaints_nothing(open_log: Callable[..., Log]) -> None:
    """Where only the height changes, no row of the log is sent again; the next width is right all the same."""
    log = open_log(70, 20)
    log.write(records(40))
    for number, height in enumerate((30, 12, 25, 8, 24)):
        start = log.terminal.size_of_output()
        log.terminal.resize(rows=height)
        barrier = records(1, first=40 + number, longest=3)
        log.feed.write(f"{barrier[0]}\n")
        log.lines += barrier
        last = laid_out(barrier, 70)[-1]
        log.terminal.wait_screen(lambda rows, last=last: rows[-1:] == [last])
        log.terminal.settle()
        sent = re.sub(r"\x1b\[[\d;]*m", "", log.terminal.output(start).decode())
        assert re.findall(r"<(\d{4})|(\d{4})>", sent) == [(f"{40 + number:04}", ""), ("", f"{40 + number:04}")], sent
    log.resize(55)
    log.check_complete()
    finish(log)
    check_untouched_scrollback(log)


@pytest.mark.terminal
def test_rewrap_all_lays_out_the_whole_scrollback(open_log: Callable[..., Log]) -> None:
    """With `--rewrap all` scrollback and screen are, at each width, all history laid out for it, and nothing else."""
    log = open_log(80, 24, "--rewrap all")
    log.write(records(150))
    assert ERASE_SCROLLBACK not in log.terminal.output()
    for width in widths(8, seed=5):
        log.resize(width)
        expected = laid_out(log.lines, width)
        wait_for(lambda expected=expected: log.terminal.scrollback() == expected, 10)
    assert ERASE_SCROLLBACK in log.terminal.output()
    finish(log)


@pytest.mark.slow
@pytest.mark.terminal
def test_width_and_height_change_together(open_log: Callable[..., Log]) -> None:
    """After random sizes the screen is right and nothing is lost."""
    log = open_log()
    log.write(records(40))
    chance = random.Random(6)
    for width in widths(30, seed=6):
        log.resize(width, chance.randint(3, 50))
    log.check_complete()
    finish(log)
    check_untouched_scrollback(log)


@pytest.mark.slow
@pytest.mark.terminal
def test_five_rows(open_log: Callable[..., Log]) -> None:
    """On a terminal of five rows, most records being taller, the screen is right at each width."""
    log = open_log(60, 5)
    log.write(records(12))
    for width in widths(25, 20, 90, seed=7):
        log.resize(width)
    log.check_complete()
    finish(log)
    check_untouched_scrollback(log)


@pytest.mark.slow
@pytest.mark.terminal
def test_record_taller_than_the_screen(open_log: Callable[..., Log]) -> None:
    """A record of many screens is cut by the top edge at each width and still is whole in scrollback and screen."""
    log = open_log()
    tall = f"<0003 {' '.join(f'word{number}' for number in range(900))} 0003>"
    log.write([*records(3), tall])
    for width in widths(12, seed=8):
        log.resize(width)
    log.write(records(2, first=4))
    for width in widths(4, seed=9):
        log.resize(width)
    log.check_complete()
    assert log.extra() <= 16
    finish(log)
    check_untouched_scrollback(log)


@pytest.mark.terminal
def test_one_to_ten_columns(open_log: Callable[..., Log]) -> None:
    """Down to a single column and up again, the screen is right and nothing is lost."""
    log = open_log(40, 24)
    log.write(records(8, longest=6))
    for width in (10, 7, 5, 4, 3, 2, 1, 6, 9, 30, 8, 1, 80):
        log.resize(width)
    log.check_complete()
    finish(log)
    check_untouched_scrollback(log)


@pytest.mark.slow
@pytest.mark.terminal
def test_wide_characters_at_the_edge(open_log: Callable[..., Log]) -> None:
    """Characters of two cells, combining marks and emoji stay whole and in place at each width."""
    log = open_log()
    chance = random.Random(10)
    pieces = ["日本語のログ", "接続が閉じられました", "😀", "naïve", "cafe\u0301", "x", "한국어"]
    log.write(
        [
            f"<{number:04} {' '.join(chance.choices(pieces, k=chance.randint(1, 25)))} {number:04}>"
            for number in range(30)
        ]
    )
    for width in [*range(20, 33), *widths(12, seed=11)]:
        log.resize(width)
    log.check_complete()
    finish(log)
    check_untouched_scrollback(log)


@pytest.mark.terminal
def test_coloured_text(open_log: Callable[..., Log]) -> None:
    """Lines with colours and links are laid out as the same lines without."""
    log = open_log()
    plain = records(30)
    coloured = [re.sub(r"(retry queue|pool)", "\x1b[1;31m\\1\x1b[0m", line) for line in plain]
    log.feed.write("".join(f"{line}\n" for line in coloured))
    log.lines = plain
    log.wait_tail()
    for width in widths(12, seed=12):
        log.resize(width)
    log.check_complete()
    finish(log)


@pytest.mark.terminal
def test_last_line_without_its_end(open_log: Callable[..., Log]) -> None:
    """A line that is not complete is shown at once, laid out at each width, and completed in its place."""
    log = open_log(60, 16)
    log.write(records(10))
    begun = "<0010 " + " ".join(_WORDS)
    log.feed.write(begun)
    log.lines.append(begun)
    log.wait_tail()
    for width in (40, 100, 23, 61):
        log.resize(width)
    log.feed.write(" and its end 0010>\n")
    log.lines[-1] = begun + " and its end 0010>"
    log.wait_tail()
    log.write(records(2, first=11))
    log.resize(44)
    log.feed.write("<0013 never ended 0013>")
    log.lines.append("<0013 never ended 0013>")
    log.wait_tail()
    log.check_complete()
    finish(log)
    log.check_complete()
    check_untouched_scrollback(log)


@pytest.mark.terminal
def test_screen_cleared_by_another_program(open_log: Callable[..., Log]) -> None:
    """After another program has cleared the screen, new lines are shown, and a new width lays them out."""
    log = open_log()
    log.write(records(40))
    log.terminal.write("\x1b[H\x1b[2J")
    log.terminal.wait_screen(lambda rows: not rows)
    log.write(records(4, first=40, longest=8))
    for width in (50, 90, 33):
        log.resize(width)
    log.check_complete()
    finish(log)


@pytest.mark.terminal
def test_suspended_and_continued(open_log: Callable[..., Log]) -> None:
    """Ctrl-Z gives the terminal back as it was; after `fg` at another width the log goes on and nothing is lost."""
    log = open_log()
    settings = log.terminal.settings
    log.write(records(10))
    log.terminal.send("\x1a")
    log.terminal.wait_screen(Tmux.at_prompt)
    assert log.terminal.settings_now() == settings
    assert modes_left_on(log.terminal.output()) == set()
    log.terminal.resize(57)
    log.terminal.send("echo in between\n")
    log.terminal.wait_screen(lambda rows: rows[-1:] == ["$"] and "in between" in rows)
    log.terminal.send("fg\n")
    log.terminal.wait_screen(lambda rows: rows[-1:] != ["$"])
    more = records(20, first=10)
    log.feed.write("".join(f"{line}\n" for line in more))
    log.lines += more
    log.wait_tail()
    between = squeezed(["$ echo in between", "in between", "$ fg", "./log"])
    assert between in squeezed(log.terminal.scrollback()), "painted over what the shell wrote"
    log.resize(76)
    log.check_complete()
    assert between in squeezed(log.terminal.scrollback()), "painted over what the shell wrote"
    log.feed.close()
    log.terminal.wait_screen(Tmux.at_prompt)
    assert log.terminal.settings_now() == settings


def on_pyte(open_pyte: Callable[..., PyteTerminal], feed: Feed, tmp_path: Path, **options: object) -> Log:
    """The log on a terminal that does not reflow, under one line that was there before."""
    command = 'echo before the log; cat feed | "$PYTHON" -m reflowlog'
    changes = {"TERM": "xterm-256color", "XTERM_VERSION": "XTerm(1)"}
    terminal = open_pyte(["sh", "-c", command], (80, 24), home=tmp_path, changes=changes, **options)
    terminal.wait_screen(lambda rows: rows == ["before the log"])
    return Log(terminal, feed, ["before the log"])


@pytest.mark.slow
def test_terminal_that_does_not_reflow(open_pyte: Callable[..., PyteTerminal], feed: Feed, tmp_path: Path) -> None:
    """Where rows are cut by a new width, not re-cut, the screen is right after each all the same."""
    log = on_pyte(open_pyte, feed, tmp_path)
    log.write(records(40))
    changes = widths(30, seed=13)
    for width in changes:
        log.resize(width)
    assert log.extra() <= len(changes)
    log.check_complete()
    feed.close()
    assert log.terminal.wait() == 0
    assert is_tail(log.terminal.screen(), laid_out(log.lines, log.terminal.columns))
    assert log.terminal.settings_now() == log.terminal.settings
    assert modes_left_on(log.terminal.output()) == set()
    assert ERASE_SCROLLBACK not in log.terminal.output()


@pytest.mark.slow
def test_terminal_that_answers_no_question(open_pyte: Callable[..., PyteTerminal], feed: Feed, tmp_path: Path) -> None:
    """Where the terminal never says where its cursor is, nothing hangs or is lost, and the newest record is right."""
    log = on_pyte(open_pyte, feed, tmp_path, answers=False)
    log.write(records(40))
    for width in widths(8, seed=14):
        log.terminal.resize(width)
        expected = laid_out(log.lines[-1:], width)[-23:]
        log.terminal.wait_screen(lambda rows, expected=expected: rows[-len(expected) :] == expected, timeout=5)
        log.terminal.settle()
    text = squeezed(log.terminal.scrollback())
    assert all(f"<{number:04}" in text for number in range(40))
    feed.close()
    assert log.terminal.wait() == 0
    assert log.terminal.settings_now() == log.terminal.settings
