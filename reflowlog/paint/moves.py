"""Moving the cursor and erasing rows: the control sequences that painters write.

They are those of ECMA-48 and DEC's VT100, which all terminals have that can move a cursor at all, so no terminal
database is loaded to append a line to a log. Where a sequence has a danger of its own, its comment says so.
"""

from __future__ import annotations

__all__ = [
    "ASK_PLACE_AND_SIZE",
    "CLEAR_ALL",
    "CLEAR_ROW",
    "SYNC_BEGIN",
    "SYNC_END",
    "clear_rows",
    "cursor_up",
    "scroll_out",
]

CLEAR_ROW = "\x1b[K"
"""EL, to be written in the first column: the cursor's row becomes blank."""

SYNC_BEGIN, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
"""What is written between them is shown at once; terminals that do not know them ignore them."""

CLEAR_ALL = "\x1b[H\x1b[2J\x1b[3J"
"""The screen, then the scrollback (tmux moves the screen there first): the user's own lines are gone for good."""

_SAVE, _RESTORE = "\x1b7", "\x1b8"
_DOWN = "\x1b[B"  # stays where it is in the lowest row

ASK_PLACE_AND_SIZE = f"{_SAVE}\x1b[6n\x1b[9999;9999H\x1b[6n{_RESTORE}"
"""Two reports come back, each ``CSI row ; column R``: the cursor's place, and the lowest rightmost place there is."""


def cursor_up(rows: int) -> str:
    """Move up so many rows, at most to the highest."""
    return f"\x1b[{rows}A" if rows > 0 else ""


def clear_rows(rows: int) -> str:
    """Blank so many rows from the cursor's on, which is in the first column; the cursor stays."""
    if rows <= 0:
        return ""
    return _SAVE + (CLEAR_ROW + _DOWN) * (rows - 1) + CLEAR_ROW + _RESTORE if rows > 1 else CLEAR_ROW


def scroll_out(rows: int) -> str:
    """Push so many rows out at the top, into the scrollback; the cursor stays where it is on the screen."""
    return f"{_SAVE}\x1b[9999B" + "\n" * rows + _RESTORE
