"""The model of a terminal: recognized by its answer or by the environment, and where it leaves its cursor."""

from __future__ import annotations

import pytest

from reflowlog.core.frames import Size
from reflowlog.terminal.reflow_models import UNKNOWN, model_by_environment, model_by_version


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"TERM": "xterm-256color"}, "unknown"),
        ({}, "unknown"),
        ({"TERM": "vt220"}, "unknown"),
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "alacritty"}, "alacritty"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7006"}, "VTE"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7006", "XTERM_VERSION": "XTerm(379)"}, "xterm"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, "xterm.js"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iTerm2"),
        ({"TERM": "xterm-256color", "WT_SESSION": "x"}, "Windows Terminal"),
        ({"TERM": "rxvt-unicode-256color"}, "urxvt"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux"}, "tmux"),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux", "VTE_VERSION": "7006"}, "tmux"),
        ({"TERM": "tmux-256color"}, "tmux"),
        ({"TERM": "screen", "STY": "1.pts"}, "GNU screen"),
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)", "TMUX": "/tmp/tmux"}, "tmux"),
        ({"TERM": "linux"}, "Linux console"),
        ({"TERM": "st-256color"}, "st"),
        ({"TERM": "xterm-ghostty"}, "ghostty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "ghostty"),
    ],
)
def test_recognized_by_environment(environ: dict[str, str], name: str) -> None:
    """A multiplexer goes before the terminal around it, whose variables it inherits."""
    assert model_by_environment(environ).name == name


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("xterm.js(6.0.0)", "xterm.js"),
        ("VTE(7006)", "VTE"),
        ("XTerm(379)", "xterm"),
        ("tmux 3.3a", "tmux"),
        ("kitty(0.26.5)", "kitty"),
        ("foot(1.13.1)", "foot"),
        ("WezTerm 20230712-072601-f4abf8fd", "WezTerm"),
        ("iTerm2 3.5.0", "iTerm2"),
        ("ghostty 1.3.0", "ghostty"),
        ("Konsole 22.12.3", "Konsole"),
        ("other 1", None),
        ("", None),
    ],
)
def test_recognized_by_version(version: str, name: str | None) -> None:
    """The answer to XTVERSION tells terminals apart whatever the environment holds."""
    model = model_by_version(version)
    assert (model and model.name) == name


@pytest.mark.parametrize(
    ("version", "row", "old", "new", "expected"),
    [  # measured
        ("xterm.js(", 18, (80, 24), (80, 30), 18),
        ("VTE(", 18, (80, 24), (80, 30), 24),
        ("tmux ", 18, (80, 24), (80, 30), 24),
        ("xterm.js(", 18, (80, 30), (80, 20), 18),
        ("VTE(", 24, (80, 30), (80, 20), 20),
        ("tmux ", 24, (80, 30), (80, 20), 20),
        ("VTE(", 10, (80, 24), (40, 24), 10),
        ("xterm.js(", 24, (80, 24), (80, 30), 30),
        ("xterm.js(", 24, (80, 24), (40, 20), 20),
        ("kitty(", 24, (80, 24), (40, 24), None),
        ("mlterm(", 18, (80, 30), (80, 20), 18),
        ("ghostty ", 24, (80, 24), (40, 20), 20),  # read
        ("ghostty ", 23, (80, 24), (40, 24), None),
        ("iTerm2 ", 10, (80, 24), (40, 24), 10),
        ("Konsole ", 24, (100, 24), (60, 24), 24),
        ("Konsole ", 24, (100, 24), (130, 30), 30),
        ("Konsole ", 15, (100, 24), (60, 24), None),
        ("XTerm(", 15, (100, 24), (60, 30), 21),
        ("XTerm(", 15, (100, 24), (130, 18), 15),
        ("foot(", 15, (100, 24), (60, 20), 20),
    ],
)
def test_the_row_of_the_cursor_after_a_new_size(
    version: str, row: int, old: tuple[int, int], new: tuple[int, int], expected: int | None
) -> None:
    """A new width keeps the row where that was measured; a new height moves it by the terminal's rule."""
    model = model_by_version(version)
    assert model is not None
    assert model.row_after(row, Size(*old), Size(*new)) == expected


def test_kitty_returns_rows_from_its_scrollback_since_0_20_2() -> None:
    """An older one takes the sequence for an error."""
    versions = ["kitty(0.19.3)", "kitty(0.20.1)", "kitty(0.20.2)", "kitty(0.26.5)", "kitty(0.42.0)"]
    models = [model_by_version(version) for version in versions]
    assert [model.unscrolls for model in models if model] == [False, False, True, True, True]


def test_gnu_screen_drops_rows_at_the_top_first() -> None:
    """Measured: row 24 of 30 becomes row 14 of 20."""
    assert model_by_environment({"STY": "1.pts"}).row_after(24, Size(80, 30), Size(80, 20)) == 14


def test_an_unknown_terminal_gets_the_conservative_model() -> None:
    """Its lines count as one row each, and its cursor's row is unknown after a new width."""
    assert not UNKNOWN.reflows
    assert not UNKNOWN.reflows_cursor_line
    assert UNKNOWN.row_after(5, Size(80, 24), Size(40, 24)) is None
