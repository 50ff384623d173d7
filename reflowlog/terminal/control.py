"""Moving the cursor and erasing rows: the control sequences that painters write.

They are those of ECMA-48 and DEC's VT100, which all terminals have that can move a cursor at all, so no terminal
database is loaded to append a line to a log. Where a sequence has a danger of its own, its comment says so.
"""

from __future__ import annotations

__all__ = [
    "ASK_PLACE_AND_SIZE",
    "CLEAR_ALL",
    "CLEAR_ROW",
    "CLEAR_SCREEN",
    "ENTER_SCREEN",
    "HIDE_CURSOR",
    "LEAVE_SCREEN",
    "MOUSE_OFF",
    "MOUSE_ON",
    "SHOW_CURSOR",
    "SYNC_BEGIN",
    "SYNC_END",
    "WHOLE_REGION",
    "WRAP_OFF",
    "WRAP_ON",
    "clear_rows",
    "cursor_to",
    "cursor_up",
    "scroll_out",
    "scroll_region",
]

CLEAR_ROW = "\x1b[K"
"""EL, to be written in the first column: the cursor's row becomes blank."""

SYNC_BEGIN, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
"""What is written between them is shown at once; terminals that do not know them ignore them."""

CLEAR_ALL = "\x1b[H\x1b[2J\x1b[3J"
"""The screen, then the scrollback (tmux moves the screen there first): the user's own lines are gone for good."""

CLEAR_SCREEN = "\x1b[H\x1b[2J"
"""The screen; only for one that was just entered: in tmux, erasing the main screen copies it into the scrollback."""

ENTER_SCREEN, LEAVE_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
"""smcup and rmcup: the alternate screen; the cursor's place is kept and put back. The Linux console may have none."""

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
"""civis and cnorm, without what the database adds to cnorm: whether it blinks is the user's choice."""

MOUSE_ON, MOUSE_OFF = "\x1b[?1000h\x1b[?1006h", "\x1b[?1006l\x1b[?1000l"
"""Buttons and wheel are reported (1000), in the form that has no limit of 223 columns (1006)."""

WRAP_OFF, WRAP_ON = "\x1b[?7l", "\x1b[?7h"
"""rmam and smam: whether text goes on in the next row. On is how every terminal starts; never leave it off."""

WHOLE_REGION = "\x1b[r"
"""DECSTBM: everything scrolls. Most terminals move the cursor to the first cell then."""

_SAVE, _RESTORE = "\x1b7", "\x1b8"
_DOWN = "\x1b[B"  # stays where it is in the lowest row

ASK_PLACE_AND_SIZE = f"{_SAVE}\x1b[6n\x1b[9999;9999H\x1b[6n{_RESTORE}"
"""Two reports come back, each ``CSI row ; column R``: the cursor's place, and the lowest rightmost place there is."""


def cursor_up(rows: int) -> str:
    """Move up so many rows, at most to the highest."""
    return f"\x1b[{rows}A" if rows > 0 else ""


def cursor_to(row: int, column: int = 1) -> str:
    """CUP: move to a cell, counted from 1."""
    return f"\x1b[{row};{column}H" if column > 1 else f"\x1b[{row}H"


def scroll_region(top: int, bottom: int, up: int) -> str:
    """Scroll the rows from `top` to `bottom`, counted from 1 and at least two; the cursor has to be moved after it.

    Line feed at the lower margin and reverse index at the upper one: the Linux console and others lack SU and SD.

    Args:
        top: the highest row of the region.
        bottom: its lowest row.
        up: by how many rows; negative: down.
    """
    if not up:
        return ""
    region = f"\x1b[{top};{bottom}r"
    if up > 0:
        return region + cursor_to(bottom) + "\n" * up + WHOLE_REGION
    return region + cursor_to(top) + "\x1bM" * -up + WHOLE_REGION


def clear_rows(rows: int) -> str:
    """Blank so many rows from the cursor's on, which is in the first column; the cursor stays."""
    if rows <= 0:
        return ""
    return _SAVE + (CLEAR_ROW + _DOWN) * (rows - 1) + CLEAR_ROW + _RESTORE if rows > 1 else CLEAR_ROW


def scroll_out(rows: int) -> str:
    """Push so many rows out at the top, into the scrollback; the cursor stays where it is on the screen."""
    return f"{_SAVE}\x1b[9999B" + "\n" * rows + _RESTORE
