"""The sequences that move and erase are what blessed's terminal database has for the terminals people use.

They are constants rather than look-ups because blessed takes about 0.1 s to import, and gives no sequence at all
under NO_COLOR, which is about colour; so its answers are asked here.
"""

from __future__ import annotations

import io

import pytest

from reflowlog.paint import moves

KINDS = ("xterm-256color", "xterm", "tmux-256color", "screen", "linux", "vt100", "rxvt-unicode-256color", "alacritty")


@pytest.mark.parametrize("kind", KINDS)
def test_sequences_are_those_of_the_terminal_database(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each kind of terminal, blessed would write the same bytes."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    blessed = pytest.importorskip("blessed")
    terminal = blessed.Terminal(kind=kind, stream=io.StringIO(), force_styling=True)
    assert moves.cursor_up(3) == terminal.move_up(3)
    assert terminal.clear_eol == moves.CLEAR_ROW
    assert moves.clear_rows(1) == terminal.save + terminal.clear_eol + terminal.restore
    assert terminal.u7 in moves.ASK_PLACE_AND_SIZE


def test_moving_nowhere_is_nothing() -> None:
    """CSI 0 A means up by one: it is never written."""
    assert moves.cursor_up(0) == moves.cursor_up(-1) == ""
