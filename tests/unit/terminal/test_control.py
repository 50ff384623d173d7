"""Sequences that move and erase are those of blessed's terminal database for common terminals.

They are constants rather than look-ups because blessed takes about 0.1 s to import, and gives no sequence at all
under NO_COLOR, which is about colour; so its answers are asked here.
"""

from __future__ import annotations

import io

import pyte
import pytest

from reflowlog.terminal import control

KINDS = ("xterm-256color", "xterm", "tmux-256color", "screen", "linux", "vt100", "rxvt-unicode-256color", "alacritty")


@pytest.mark.parametrize("kind", KINDS)
def test_sequences_are_those_of_the_terminal_database(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each kind of terminal, blessed would write the same bytes."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    blessed = pytest.importorskip("blessed")
    terminal = blessed.Terminal(kind=kind, stream=io.StringIO(), force_styling=True)
    assert control.cursor_up(3) == terminal.move_up(3)
    assert terminal.clear_eol == control.CLEAR_ROW
    assert control.clear_rows(1) == terminal.clear_eol
    assert control.clear_rows(2).startswith(terminal.save)
    assert control.clear_rows(2).endswith(terminal.restore)
    assert terminal.u7 in control.REQUEST_POSITION_AND_SIZE
    assert control.cursor_to(3, 5) == terminal.move_yx(2, 4)
    assert control.scroll_region(2, 9, 1).startswith(terminal.csr(1, 8))
    assert terminal.ind * 2 in control.scroll_region(2, 9, 2)
    assert terminal.ri * 2 in control.scroll_region(2, 9, -2)
    assert terminal.home + terminal.clear_eos.replace("[J", "[2J") == control.CLEAR_SCREEN
    for ours, theirs in (  # not every kind has them; what the database adds to them is not ours to touch
        (control.ENTER_SCREEN, terminal.smcup),
        (control.LEAVE_SCREEN, terminal.rmcup),
        (control.HIDE_CURSOR, terminal.civis),
        (control.SHOW_CURSOR, terminal.cnorm),
        (control.WRAP_OFF, terminal.rmam),
        (control.WRAP_ON, terminal.smam),
    ):
        assert not theirs or ours in theirs


def test_moving_nowhere_is_nothing() -> None:
    """CSI 0 A means up by one: it is never written."""
    assert control.cursor_up(0) == control.cursor_up(-1) == ""


@pytest.mark.parametrize(
    ("sequence", "cursor", "rows"),
    [
        (control.cursor_up(1), (1, 1), ["aaa", "bbb", "ccc"]),
        (control.cursor_up(9), (0, 1), ["aaa", "bbb", "ccc"]),
        ("\r" + control.CLEAR_ROW, (2, 0), ["aaa", "bbb", ""]),
        ("\r" + control.cursor_up(1) + control.clear_rows(1), (1, 0), ["aaa", "", "ccc"]),
        ("\r" + control.cursor_up(2) + control.clear_rows(9), (0, 0), ["", "", ""]),
        ("\r" + control.clear_rows(0), (2, 0), ["aaa", "bbb", "ccc"]),
        (control.scroll_out(1), (2, 1), ["bbb", "ccc", ""]),
        (control.cursor_up(1) + control.scroll_out(2), (1, 1), ["ccc", "", ""]),
        (control.cursor_to(1, 3), (0, 2), ["aaa", "bbb", "ccc"]),
        (control.cursor_to(2), (1, 0), ["aaa", "bbb", "ccc"]),
        (control.CLEAR_SCREEN, (0, 0), ["", "", ""]),
        (control.scroll_region(1, 2, 1) + control.cursor_to(1), (0, 0), ["bbb", "", "ccc"]),
        (control.scroll_region(1, 3, 2) + control.cursor_to(1), (0, 0), ["ccc", "", ""]),
        (control.scroll_region(2, 3, -1) + control.cursor_to(1), (0, 0), ["aaa", "", "bbb"]),
        (control.scroll_region(1, 2, 0), (2, 1), ["aaa", "bbb", "ccc"]),
        (control.scroll_region(1, 2, 1) + "\x1b[3H\n", (2, 0), ["", "ccc", ""]),
        (control.SYNC_BEGIN + control.SYNC_END, (2, 1), ["aaa", "bbb", "ccc"]),
    ],
)
def test_sequences_do_what_they_say(sequence: str, cursor: tuple[int, int], rows: list[str]) -> None:
    """On a terminal of 3 rows full of letters, with the cursor in the last one."""
    screen = pyte.Screen(5, 3)
    pyte.Stream(screen).feed("aaa\r\nbbb\r\nccc\x1b[3;2H" + sequence)
    assert (screen.cursor.y, screen.cursor.x) == cursor
    assert [row.rstrip() for row in screen.display] == rows
