"""Control sequences that painters write: cursor movement, erasing, modes.

Invariants:
- Every sequence is of ECMA-48, DEC's VT100 or a private mode that is ignored where it is unknown. Each terminal that
  can move a cursor has them, so appending a line to a log loads no terminal database.
- A sequence that is dangerous in some terminal has a comment that names the terminal and the danger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "CLEAR_ALL",
    "CLEAR_DOWN",
    "CLEAR_ROW",
    "CLEAR_SCREEN",
    "ENTER_SCREEN",
    "HIDE_CURSOR",
    "LEAVE_SCREEN",
    "MOUSE_OFF",
    "MOUSE_ON",
    "PASTE_MARKS_OFF",
    "PASTE_MARKS_ON",
    "REQUEST_BACKGROUND",
    "REQUEST_POSITION",
    "REQUEST_POSITION_AND_SIZE",
    "REQUEST_VERSION",
    "RESET_REGION",
    "SAVE_CURSOR",
    "SHOW_CURSOR",
    "SYNC_BEGIN",
    "SYNC_END",
    "WRAP_OFF",
    "WRAP_ON",
    "clear_rows",
    "cursor_to",
    "cursor_up",
    "next_free_row",
    "replace_rows",
    "request_widths",
    "scroll_out",
    "scroll_region",
    "unscroll",
]

CLEAR_ROW = "\x1b[K"
"""EL: erase the cursor's row. To be written with the cursor in the first column."""

CLEAR_DOWN = "\x1b[J"
"""ED: erase all from the cursor downward. tmux copies the erased rows into its scrollback if that is all of them."""

SYNC_BEGIN, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
"""Synchronized output (mode 2026): the bytes between are shown in one frame. Ignored where it is unknown."""

CLEAR_ALL = "\x1b[H\x1b[2J\x1b[3J"
"""Erase the screen, then the scrollback (tmux moves the screen there first): the user's own lines are lost."""

CLEAR_SCREEN = "\x1b[H\x1b[2J"
"""Erase the alternate screen, just after entering it: in tmux, erasing the main screen copies it to the scrollback."""

ENTER_SCREEN, LEAVE_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
"""smcup and rmcup: the alternate screen, with the cursor saved and restored. Linux consoles may lack it."""

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
"""civis and cnorm, without the blinking that the database adds to cnorm: that is the user's choice."""

PASTE_MARKS_ON, PASTE_MARKS_OFF = "\x1b[?2004h", "\x1b[?2004l"
"""Bracketed paste: the terminal puts marks around what is pasted, so that its line ends are no keys."""

MOUSE_ON, MOUSE_OFF = "\x1b[?1000h\x1b[?1006h", "\x1b[?1006l\x1b[?1000l"
"""Report mouse buttons and wheel (1000) in the SGR form (1006), which has no limit of 223 columns."""

WRAP_OFF, WRAP_ON = "\x1b[?7l", "\x1b[?7h"
"""rmam and smam: automatic wrap at the right margin. It is on in every terminal at first; never leave it off."""

RESET_REGION = "\x1b[r"
"""DECSTBM: make the whole screen the scrolling region. Most terminals then move the cursor to the first cell."""

SAVE_CURSOR, _RESTORE = "\x1b7", "\x1b8"
"""DECSC and DECRC: save the cursor's position, and move there."""

_CURSOR_DOWN = "\x1b[B"  # CUD: no-op in the lowest row
_INSERT_ROW, _DELETE_ROW = "\x1b[L", "\x1b[M"  # IL, DL

REQUEST_POSITION = "\x1b[6n"
"""DSR 6: request a report ``CSI row ; column R``."""

REQUEST_BACKGROUND = "\x1b]11;?\x1b\\"
"""OSC 11: request the colour of the background, ``OSC 11 ; rgb:R/G/B ST``. Ignored where it is unknown, but see
`terminal/background.py`; the Linux console, among other terminals, may show a part of it."""

REQUEST_POSITION_AND_SIZE = f"{SAVE_CURSOR}\x1b[6n\x1b[9999;9999H\x1b[6n{_RESTORE}"
"""Request two reports ``CSI row ; column R``: the cursor's position, then that of the lower right corner."""

REQUEST_VERSION = "\x1b[>q"
"""XTVERSION: request the terminal's name and version, ``DCS > | text ST``. Ignored where it is unknown."""


def cursor_up(rows: int) -> str:
    """Return CUU: move up `rows` rows, at most to the highest."""
    return f"\x1b[{rows}A" if rows > 0 else ""


def cursor_to(row: int, column: int = 1) -> str:
    """Return CUP: move to a cell. Rows and columns count from 1."""
    return f"\x1b[{row};{column}H" if column > 1 else f"\x1b[{row}H"


def scroll_region(top: int, bottom: int, up: int) -> str:
    """Return the sequence that scrolls the rows from `top` to `bottom`; the cursor has to be moved after it.

    It uses line feed at the lower margin and reverse index at the upper one: the Linux console, among other terminals,
    lacks SU and SD.

    Args:
        top: the highest row of the region, from 1.
        bottom: the lowest row of the region, below `top`.
        up: number of rows to scroll up by; negative: down.
    """
    if not up:
        return ""
    region = f"\x1b[{top};{bottom}r"
    if up > 0:
        return region + cursor_to(bottom) + "\n" * up + RESET_REGION
    return region + cursor_to(top) + "\x1bM" * -up + RESET_REGION


def unscroll(rows: int) -> str:
    """Return the sequence that scrolls down by rows that come back from the scrollback; the cursor's row stays.

    For terminals only that have it (kitty, mintty): others may take it for SD, which scrolls blank rows in.
    """
    return f"\x1b[{rows}+T" if rows > 0 else ""


def next_free_row(columns: int) -> str:
    """Return the text that moves to the first column: of the cursor's row if it is there, else of the next row.

    Blanks fill a row: from its first cell they end in the last one, where a terminal wraps only before the next
    character, and from any other they wrap. They erase the cells that they pass.
    """
    return " " * columns + "\r"


def clear_rows(rows: int) -> str:
    """Return the sequence that erases `rows` rows downward from the cursor, which is in the first column and stays."""
    if rows <= 0:
        return ""
    return SAVE_CURSOR + (CLEAR_ROW + _CURSOR_DOWN) * (rows - 1) + CLEAR_ROW + _RESTORE if rows > 1 else CLEAR_ROW


def replace_rows(rows: int) -> str:
    """Return the sequence that replaces `rows` rows by new ones, downward from the cursor, which stays.

    Erased rows of GNU screen keep the mark that they continue in the next row; new ones have none. A row is inserted
    (IL), and the old one deleted under it (DL), so that all other rows stay where they are; deleting a row at the top
    of the screen would append it to the scrollback.
    """
    return f"{SAVE_CURSOR}{(_INSERT_ROW + _CURSOR_DOWN + _DELETE_ROW) * rows}{_RESTORE}" if rows > 0 else ""


def request_widths(texts: Sequence[str]) -> str:
    """Return the sequence that requests a report of the cursor after each text, drawn in the first column.

    They are drawn on the alternate screen, within a synchronized update, so that nothing is seen of them. GNU screen
    has no alternate screen by default: there they would stay.
    """
    drawn = "".join(f"\r{text}{REQUEST_POSITION}" for text in texts)
    return f"{SYNC_BEGIN}{ENTER_SCREEN}{drawn}\r{CLEAR_ROW}{LEAVE_SCREEN}{SYNC_END}"


def scroll_out(rows: int) -> str:
    """Return the sequence that scrolls `rows` rows into the scrollback; the cursor keeps its position on the screen."""
    return f"{SAVE_CURSOR}\x1b[9999B" + "\n" * rows + _RESTORE
