"""Properties of a terminal that are known from the environment alone."""

from __future__ import annotations

import os

import pytest

from reflowlog.core.frames import Size
from reflowlog.system.tty import Colour, ColourChoice, colour, has_links, is_dumb, link_host, size_of

ALL = Colour(own=True, text=True)
NONE = Colour(own=False, text=False)
TEXT = Colour(own=False, text=True)


@pytest.mark.parametrize(
    ("choice", "environ", "tty", "expected"),
    [
        ("auto", {}, True, ALL),
        ("auto", {}, False, TEXT),
        ("auto", {"NO_COLOR": ""}, True, ALL),
        ("auto", {"NO_COLOR": "1"}, True, NONE),
        ("auto", {"NO_COLOR": "0"}, True, NONE),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, NONE),
        ("auto", {"FORCE_COLOR": "1"}, False, ALL),
        ("auto", {"FORCE_COLOR": "0"}, False, TEXT),
        ("auto", {"CLICOLOR_FORCE": "1", "TERM": "dumb"}, False, ALL),
        ("auto", {"CLICOLOR": "0"}, True, NONE),
        ("auto", {"TERM": "dumb"}, True, NONE),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, False, ALL),
        ("never", {"FORCE_COLOR": "1"}, True, NONE),
    ],
)
def test_colour(choice: ColourChoice, environ: dict[str, str], tty: bool, expected: Colour) -> None:
    """The choice, then NO_COLOR, then FORCE_COLOR or CLICOLOR_FORCE, then TERM, then the terminal."""
    assert colour(choice, environ, tty=tty) == expected


@pytest.mark.skipif(os.name != "posix", reason="TERM is for POSIX")
@pytest.mark.parametrize(
    ("term", "dumb"), [(None, True), ("", True), ("dumb", True), ("xterm", False), ("linux", False)]
)
def test_is_dumb(term: str | None, dumb: bool) -> None:
    """An unnamed terminal gets no cursor movement."""
    assert is_dumb({} if term is None else {"TERM": term}) == dumb


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Size(80, 24)),
        ({"COLUMNS": "100", "LINES": "30"}, Size(100, 30)),
        ({"COLUMNS": "wide", "LINES": "-3"}, Size(80, 24)),
        ({"COLUMNS": "0", "LINES": "٣"}, Size(80, 24)),
    ],
)
def test_size_where_there_is_no_terminal(environ: dict[str, str], expected: Size) -> None:
    """COLUMNS and LINES, where they are numbers; else 80 x 24."""
    reader, writer = os.pipe()
    try:
        assert size_of(writer, environ) == expected
    finally:
        os.close(reader)
        os.close(writer)


def test_the_kernel_is_asked_first() -> None:
    """A terminal's own size counts; a number that the kernel does not have is taken from the environment."""
    pty = pytest.importorskip("pty")
    termios = pytest.importorskip("termios")
    master, slave = pty.openpty()
    try:
        termios.tcsetwinsize(slave, (33, 101)) if hasattr(termios, "tcsetwinsize") else set_size(slave, 101, 33)
        assert size_of(slave, {"COLUMNS": "7"}) == (101, 33)
        set_size(slave, 0, 0)
        assert size_of(slave, {"COLUMNS": "7"}) == (7, 24)
    finally:
        os.close(master)
        os.close(slave)


def set_size(descriptor: int, columns: int, rows: int) -> None:
    """Give a pseudo-terminal a size."""
    import fcntl
    import struct
    import termios

    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


TMUX = {"TERM": "tmux-256color", "TMUX": "/tmp/tmux", "TERM_PROGRAM": "tmux"}
XTERM = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (XTERM, False),
        ({**XTERM, "XTERM_VERSION": "XTerm(379)"}, False),
        ({**XTERM, "VTE_VERSION": "7600"}, True),
        ({**XTERM, "VTE_VERSION": "5000"}, False),
        ({**XTERM, "VTE_VERSION": "4804"}, False),
        ({**XTERM, "KONSOLE_VERSION": "230804"}, True),
        ({**XTERM, "TERM_PROGRAM": "iTerm.app"}, True),
        ({**XTERM, "TERM_PROGRAM": "vscode"}, True),
        ({**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, False),
        ({**XTERM, "WT_SESSION": "x"}, True),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "foot-extra"}, True),
        ({"TERM": "alacritty"}, True),
        ({**TMUX, "TERM_PROGRAM_VERSION": "3.4"}, True),
        ({**TMUX, "TERM_PROGRAM_VERSION": "3.5a"}, True),
        ({**TMUX, "TERM_PROGRAM_VERSION": "next-3.6"}, True),
        ({**TMUX, "TERM_PROGRAM_VERSION": "3.3a", "VTE_VERSION": "7600"}, False),
        ({**TMUX, "TERM_PROGRAM_VERSION": "\u00b2.x"}, False),
        ({**TMUX, "TERM_PROGRAM": "WezTerm", "TERM_PROGRAM_VERSION": "2024"}, False),
        ({"TERM": "screen.xterm-256color", "STY": "1.pts", "VTE_VERSION": "7600"}, False),
        ({"TERM": "linux", "KITTY_WINDOW_ID": "1"}, False),
        ({"TERM": "dumb", "VTE_VERSION": "7600"}, False),
        ({**XTERM, "FORCE_HYPERLINK": "1"}, True),
        ({"TERM": "xterm-kitty", "FORCE_HYPERLINK": "0"}, False),
        ({"TERM": "xterm-kitty", "FORCE_HYPERLINK": ""}, True),
    ],
)
def test_has_links(environ: dict[str, str], expected: bool) -> None:
    """Only terminals known to support links have them, not those with variables inherited from an outer one."""
    assert has_links(environ) == expected
    assert (link_host(environ) is not None) == expected
