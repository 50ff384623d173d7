"""Models of terminals: how each one moves its rows and its cursor when its size changes. Pure.

Invariants:
- Adding a terminal is a line in `_BY_VERSION` or `model_by_environment`; every fact names its source.
- Measured means by cursor reports and by reading screen and scrollback. Read means from the source code or the manual,
  and not run.
- An unknown terminal gets `UNKNOWN`, the conservative choice: rows may then be shown twice, and are never overwritten.
  Counting a line as fewer rows than it takes leaves a copy; counting more rows would reach above the log.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.joined_emoji import APART, JOINED, Joins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reflowlog.core.frames import Size

__all__ = ["UNKNOWN", "TerminalModel", "model_by_environment", "model_by_version"]

RowKeeping = Literal["always", "at bottom", "top", "bottom", "never"]
Growth = Literal["pull", "pull at bottom", "stay"]
Shrinkage = Literal["clip", "clip below line", "scroll", "scroll all"]


class TerminalModel(NamedTuple):
    """Behaviour of a terminal on a new size.

    Attributes:
        name: for tests and reports.
        reflows: a new width re-cuts finished lines.
        reflows_cursor_line: a new width re-cuts the line that the cursor is in, too.
        keeps_row: a new width leaves the cursor in its row ("always"), or only if that is the lowest ("at bottom"),
            else its row is unknown afterwards. "top": any new size leaves the first row in its place, so the cursor's
            row follows from the rows above it; unless the cursor is in the lowest one and `on_growth` pulls then.
            "bottom": any new size moves the last written row into the lowest one, or into the one above that if there
            was a row below it; so the cursor's row follows from the rows below it.
        on_growth: on a greater height rows come back from the scrollback ("pull"), or only if the cursor is in the
            lowest row ("pull at bottom"), or not at all ("stay").
        on_shrinkage: on a smaller height rows below the cursor go first ("clip"), or those below the cursor's line
            ("clip below line"), or rows at the top ("scroll"), the cursor's row too, so that blank rows are left above
            the cursor ("scroll all").
        joins: joined emoji that it draws as one.
        keeps_wrap_marks: an erased row keeps the mark that it continues in the next row.
        keeps_written_marks: an erased row keeps the mark that it was written, unless it is erased from above (ED).
        unscrolls: rows can be taken back from the scrollback (`control.unscroll`).
        keeps_unscrolled: also while nothing is in the scrollback, a new width re-cuts lines, and a smaller height moves
            rows there; else both cut them off, and the first row stays in its place.
        moves_to_line_start: when the cursor's line is re-cut, the cursor moves to its first row.
        size_lag: seconds for which the size that the kernel reports may differ from the size of the terminal.
    """

    name: str
    reflows: bool = True
    reflows_cursor_line: bool = True
    keeps_row: RowKeeping = "always"
    on_growth: Growth = "pull"
    on_shrinkage: Shrinkage = "clip"
    keeps_wrap_marks: bool = False
    keeps_written_marks: bool = False
    unscrolls: bool = False
    keeps_unscrolled: bool = True
    moves_to_line_start: bool = False
    size_lag: float = 0.15
    joins: Joins = JOINED

    def row_after(self, row: int | None, old: Size, new: Size) -> int | None:
        """Return the cursor's row, from 1, after a change of the size, if no row below it is written; None: unknown.

        It is 0 or negative where the cursor's row was scrolled out, and the cursor is in the first row.
        """
        if self.keeps_row == "bottom":
            return new.rows
        if row is None:
            return None
        if self.keeps_row == "top":
            return new.rows if self.on_growth == "pull at bottom" and row == old.rows else None
        if old.columns != new.columns and self.keeps_row != "always":
            return new.rows if self.keeps_row == "at bottom" and row == old.rows else None
        if new.rows > old.rows:
            pulls = self.on_growth == "pull" or (self.on_growth == "pull at bottom" and row == old.rows)
            return row + new.rows - old.rows if pulls else row
        if self.on_shrinkage in ("clip", "clip below line"):
            return min(row, new.rows)
        row -= old.rows - new.rows
        return row if self.on_shrinkage == "scroll all" else max(1, row)


UNKNOWN: Final = TerminalModel("unknown", reflows=False, reflows_cursor_line=False, keeps_row="never")
"""Lines count as one row each, and after a new size the cursor counts as in the lowest row."""

# Measured: VTE 0.70.6, tmux 3.3a, GNU screen 4.09.00, xterm.js 6.0.0 (VS Code), kitty 0.26.5, alacritty 0.11.0,
# foot 1.13.1, Konsole 22.12.3, urxvt 9.30, mlterm 3.9.0, xterm 379, st 0.9. All but mlterm run as tests
# (tests/e2e/terminals). Joined emoji were measured in all of these but kitty, foot, Konsole, mlterm, xterm, st.
# VTE drops no row of the cursor's paragraph (vte.cc: screen_set_size).
_VTE: Final = TerminalModel("VTE", on_shrinkage="clip below line", joins=APART)
# tmux resizes its panes' ttys at most every 250 ms (server-client.c), later on a loaded machine.
_TMUX: Final = TerminalModel("tmux", size_lag=0.35, joins=APART._replace(sequences=True))
_SCREEN: Final = TerminalModel("GNU screen", on_shrinkage="scroll", keeps_wrap_marks=True, joins=APART)
_XTERM_JS: Final = TerminalModel("xterm.js", reflows_cursor_line=False, on_growth="pull at bottom", joins=APART)
# kitty lays out its screen anew from the first row (kitty/screen.c: screen_resize). It returns rows from the scrollback
# since 0.20.2 (docs/unscroll.rst).
_KITTY: Final = TerminalModel("kitty", keeps_row="top", on_growth="stay", unscrolls=True)
_OLD_KITTY: Final = _KITTY._replace(unscrolls=False)
_ALACRITTY: Final = TerminalModel("alacritty", joins=APART)
# urxvt counts all rows from the lowest one, also blank ones; the cursor stops at the top (screen.C: scr_reset).
_URXVT: Final = TerminalModel(
    "urxvt", on_shrinkage="scroll all", keeps_unscrolled=False, moves_to_line_start=True, joins=APART
)
_MLTERM: Final = TerminalModel("mlterm")
_XTERM: Final = TerminalModel("xterm", reflows=False, reflows_cursor_line=False)
_ST: Final = _XTERM._replace(name="st", on_growth="stay")
# Konsole keeps the lowest row if the cursor is in it, else the first row of the screen.
_KONSOLE: Final = TerminalModel("Konsole", reflows_cursor_line=False, keeps_row="top", on_growth="pull at bottom")
# foot marks the rows that were written, drops the others at the end, and begins a row after each but the lowest one; it
# ends with the last row in the lowest one (terminal.c: term_print, grid.c: grid_resize_and_reflow). It passes a size on
# to the kernel 100 ms after it has taken it over (resize-delay-ms).
_FOOT: Final = TerminalModel("foot", keeps_row="bottom", keeps_written_marks=True, size_lag=0.3)

# Read, not run.
# WezTerm 20250223 drops blank rows below the cursor, and ends with the last row that is left in the lowest one
# (term/src/screen.rs: Screen::resize and rewrap_lines).
_WEZTERM: Final = TerminalModel("WezTerm", keeps_row="never")
# iTerm2 3.5 passes the whole screen through its line buffer, so the distance to the lowest row is kept
# (sources/VT100ScreenMutableState+Resizing.m: appendScreen, VT100Grid.m: restoreScreenFromLineBuffer).
_ITERM2: Final = TerminalModel("iTerm2")
# ghostty 1.3 keeps the number of rows below the cursor, less the rows by which lines above it have grown
# (src/terminal/PageList.zig: resizeCols and resizeWithoutReflow).
_GHOSTTY: Final = TerminalModel("ghostty", keeps_row="at bottom", on_growth="pull at bottom")
# Windows Terminal 1.22: what is in the scrollback stays there (src/cascadia/TerminalCore/Terminal.cpp: UserResize,
# src/buffer/out/textBuffer.cpp: TextBuffer::Reflow).
_WINDOWS: Final = TerminalModel("Windows Terminal", keeps_row="never", on_growth="stay")
# vt.c: vc_do_resize.
_LINUX: Final = TerminalModel("Linux console", reflows=False, reflows_cursor_line=False, keeps_row="never")

_BY_VERSION: Final = {  # the start of the answer to XTVERSION, in lower case
    "vte(": _VTE,
    "tmux ": _TMUX,
    "xterm.js(": _XTERM_JS,
    "kitty(0.1": _OLD_KITTY,
    "kitty(0.20.0": _OLD_KITTY,
    "kitty(0.20.1": _OLD_KITTY,
    "kitty(": _KITTY,
    "foot(": _FOOT,
    "wezterm ": _WEZTERM,
    "iterm2 ": _ITERM2,
    "konsole ": _KONSOLE,
    "ghostty ": _GHOSTTY,
    "xterm(": _XTERM,
    "mlterm(": _MLTERM,
}

_BY_PROGRAM: Final = {  # TERM_PROGRAM, in lower case
    "vscode": _XTERM_JS,
    "hyper": _XTERM_JS,
    "tabby": _XTERM_JS,
    "wezterm": _WEZTERM,
    "iterm.app": _ITERM2,
    "ghostty": _GHOSTTY,
}

_BY_VARIABLE: Final = {
    "KITTY_WINDOW_ID": _KITTY,
    "GHOSTTY_RESOURCES_DIR": _GHOSTTY,
    "WEZTERM_PANE": _WEZTERM,
    "WT_SESSION": _WINDOWS,
    "ALACRITTY_WINDOW_ID": _ALACRITTY,
    "KONSOLE_VERSION": _KONSOLE,
    "XTERM_VERSION": _XTERM,
    "MLTERM": _MLTERM,
    "VTE_VERSION": _VTE,  # last: shells that are started from a VTE terminal inherit it into other ones
}

_BY_TERM: Final = {  # the start of TERM
    "tmux": _TMUX,
    "screen": _SCREEN,
    "xterm-kitty": _KITTY,
    "xterm-ghostty": _GHOSTTY,
    "foot": _FOOT,
    "alacritty": _ALACRITTY,
    "wezterm": _WEZTERM,
    "rxvt-unicode": _URXVT,
    "mlterm": _MLTERM,
    "konsole": _KONSOLE,
    "st-": _ST,
    "linux": _LINUX,
}


@lru_cache(maxsize=16)  # asked for each line with joined emoji
def model_by_version(version: str) -> TerminalModel | None:
    """Return the model for an answer to XTVERSION; None if it is empty or not known.

    >>> model_by_version("xterm.js(6.0.0)").name, model_by_version("tmux 3.3a").name, model_by_version("")
    ('xterm.js', 'tmux', None)
    """
    name = version.lower()
    return next((model for start, model in _BY_VERSION.items() if name.startswith(start)), None)


def model_by_environment(environ: Mapping[str, str]) -> TerminalModel:
    """Return the model for the environment of a process in a terminal, `UNKNOWN` if it does not tell.

    A multiplexer is recognized first: variables of the terminal around it are inherited.

    >>> model_by_environment({"TERM": "screen", "TMUX": "/tmp/x,1,0", "VTE_VERSION": "7006"}).name
    'tmux'
    >>> model_by_environment({"TERM": "xterm-256color"}).name
    'unknown'
    """
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "").lower()
    if environ.get("TMUX"):
        return _TMUX
    if environ.get("STY"):
        return _SCREEN
    by_term = next((model for start, model in _BY_TERM.items() if term.startswith(start)), None)
    if by_term is not None:
        return by_term
    if program in _BY_PROGRAM:
        return _BY_PROGRAM[program]
    return next((model for name, model in _BY_VARIABLE.items() if environ.get(name)), UNKNOWN)
