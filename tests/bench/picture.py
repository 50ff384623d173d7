"""The picture of the README: a real terminal shows the demo, is made narrow, and shows it again; both as one SVG.

    python tests/bench/picture.py OUT.svg

Needs tmux. Plays `demo.py` in a window of its own server until log, wrapped text and pins are on the screen together,
makes the window narrow while the demo goes on, and draws what the terminal held before and after. One scene is played
twice: when the first is done and prints its long line, the second still has its progress bar. The scenes race each
other, so that a good moment comes in few runs: it is tried again until one does, for some minutes at worst.

Rules of this file:
- Nothing is made up: each character and colour is one that the terminal had in that cell.
- The columns stand still in every viewer. A piece of text starts at its own cell and is told how long it is; a new
  piece starts where the style changes, and after every gap; a wide character is a piece of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from reflowlog.text.wrap import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
DEMO = ("demo.py", "--together", "pages", "pages", "stop", "printer")
ROWS = 26
WIDE, NARROW = 100, 46
TALE, PROGRESS = "pages make one line", "\npages █"
SEEN_WIDE = ("DEBUG", "INFO", "WARNING", "ERROR", TALE, PROGRESS, f"\n{WIDE} columns")
SEEN_NARROW = (" I ", " W ", TALE, PROGRESS, f"\n{NARROW} columns")
RUNS = 200
SECONDS = 10.0  # a run is over long before
PAUSE = 0.01

CELL, LINE, FONT = 8.4, 19, 14  # pixels: a cell is 0.6 of the size of the font, as in most monospaced fonts
EDGE, BAR, GAP = 16, 34, 44
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
GROUND, BORDER, FAINT, TEXT = "#161b22", "#30363d", "#8b949e", "#d5dce4"
COLOURS = (
    *("#6e7681", "#ff7b72", "#56d364", "#e3b341", "#6cb6ff", "#d2a8ff", "#56d4dd", "#d5dce4"),
    *("#8b949e", "#ffa198", "#7ee787", "#f2cc60", "#a5d6ff", "#e2c5ff", "#8be9f0", "#ffffff"),
)
BUTTONS = ("#ff7b72", "#e3b341", "#56d364")


class Look(NamedTuple):
    """What SGR sequences have switched on: a colour by its number (empty for the terminal's own), and attributes."""

    colour: str = ""
    bold: bool = False
    dim: bool = False
    italic: bool = False

    def after(self, parameters: str) -> Look:
        """The look after one more SGR sequence.

        Raises:
            ValueError: it selects something that the picture cannot show.
        """
        look = self
        for text in parameters.split(";"):
            number = int(text or 0)
            if number == 0:
                look = Look()
            elif number in (1, 2, 3):
                on = (look.bold or number == 1, look.dim or number == 2, look.italic or number == 3)
                look = Look(look.colour, *on)
            elif number == 22:
                look = look._replace(bold=False, dim=False)
            elif number == 23:
                look = look._replace(italic=False)
            elif 30 <= number <= 37 or 90 <= number <= 97:
                look = look._replace(colour=str(number - 30 if number < 90 else number - 82))
            elif number == 39:
                look = look._replace(colour="")
            elif number != 49:
                raise ValueError(f"SGR {number} is not drawn")
        return look

    @property
    def names(self) -> str:
        """The classes of the style sheet that draw it."""
        looks = {"b": self.bold, "d": self.dim, "i": self.italic, f"c{self.colour}": bool(self.colour)}
        return " ".join(name for name, on in looks.items() if on)


class Piece(NamedTuple):
    """Characters that are drawn together, without two blanks in a row, and none at either end.

    Attributes:
        column: the cell where it starts.
        cells: how many it takes.
        wide: whether it is one character that takes two.
    """

    column: int
    cells: int
    text: str
    look: Look
    wide: bool


# -- the terminal -----------------------------------------------------------------------------------------------------


class Terminal:
    """A tmux server of its own on a private socket, with the demo in its one window; a context manager."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="picture-")
        settings = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath)}
        self._environment = settings | {"PYTHONPATH": str(ROOT), "SHELL": "/bin/sh"}

    def __enter__(self) -> Terminal:
        size = ("-x", str(WIDE), "-y", str(ROWS))
        settings = ("set", "-g", "status", "off", ";", "set", "-g", "default-terminal", "tmux-256color")
        window = ("new-session", "-d", "-c", str(ROOT), *size, sys.executable, *DEMO)
        self.run("start-server", ";", *settings, ";", *window)
        return self

    def __exit__(self, *_: object) -> None:
        self.run("kill-server")
        self._folder.cleanup()

    def run(self, *arguments: str) -> str:
        """What a tmux command prints; nothing when the demo, and so the server, has ended."""
        command = ["tmux", "-u", "-S", f"{self._folder.name}/socket", "-f", "/dev/null", *arguments]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False).stdout

    def capture(self, wanted: Sequence[str]) -> str:
        """The screen with its colours, at rest, as soon as it holds all that is wanted; empty if it never does."""
        deadline = time.monotonic() + SECONDS
        before = "-"
        while (screen := self.run("capture-pane", "-e", "-p")) and time.monotonic() < deadline:
            shown = "\n" + re.sub(r"\x1b\[[\d;]*m", "", screen)
            if TALE in shown and PROGRESS not in shown:  # the second one has ended too
                break
            if screen == before and all(word in shown for word in wanted):
                return screen
            before = screen
            time.sleep(PAUSE)
        return ""


def session() -> tuple[str, str]:
    """The screen in the wide window, and in the narrow one, of a run in which both show all that they should.

    Raises:
        RuntimeError: there was no such run.
    """
    for _ in range(RUNS):
        with Terminal() as terminal:
            if wide := terminal.capture(SEEN_WIDE):
                terminal.run("resize-window", "-x", str(NARROW), "-y", str(ROWS))
                if narrow := terminal.capture(SEEN_NARROW):
                    return wide, narrow
    raise RuntimeError(f"no good moment in {RUNS} runs")


# -- the picture ------------------------------------------------------------------------------------------------------


def pieces(screen: str) -> Iterator[list[Piece]]:
    """The rows of a captured screen; a look lasts from one row into the next."""
    look = Look()
    for line in screen.removesuffix("\n").split("\n"):
        row: list[Piece] = []
        column = 0
        for number, part in enumerate(re.split(r"\x1b\[([\d;]*)m", line)):
            if number % 2:
                look = look.after(part)
                continue
            for text in re.findall(r"  +|(?:[^ ]| (?! ))+| ", part):
                row.extend(piece for piece in cut(text, look, column) if piece.text)
                column += sum(split(text)[1])
        yield row


def cut(text: str, look: Look, column: int) -> Iterator[Piece]:
    """Text of one look, cut around each wide character; blanks at the ends of a piece are not drawn."""
    start, held = column, ""
    wide = False
    for cluster, cells in zip(*split(text)):
        if wide or cells == 2:
            yield trimmed(held, look, start, wide)
            start, held, wide = column, "", cells == 2
        held += cluster
        column += cells
    yield trimmed(held, look, start, wide)


def trimmed(text: str, look: Look, column: int, wide: bool) -> Piece:
    """The piece that is left of a text without the blanks at its ends."""
    bare = text.strip(" ")
    return Piece(column + len(text) - len(text.lstrip(" ")), sum(split(bare)[1]), bare, look, wide)


def drawn(piece: Piece, left: float, baseline: float) -> str:
    """A piece as an element. Narrow characters fill their cells, so that a rule has no gaps; wide ones keep shape."""
    shift = CELL - FONT / 2 if piece.wide else 0.0  # to the middle of two cells
    place = f'x="{left + piece.column * CELL + shift:.1f}" y="{baseline:g}"'
    fit = "" if piece.wide else f' textLength="{piece.cells * CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
    names = f' class="{piece.look.names}"' if piece.look.names else ""
    return f"<text {place}{fit}{names}>{escape(piece.text)}</text>"


def window(screen: str, columns: int, left: float) -> Iterator[str]:
    """A frame with a title bar that tells the width, and the screen in it."""
    width, height = columns * CELL + 2 * EDGE, BAR + ROWS * LINE + EDGE
    yield f'<rect x="{left + 0.5:g}" y=".5" width="{width:g}" height="{height:g}" rx="9" class="frame"/>'
    yield f'<path d="M{left + 0.5:g} {BAR}.5h{width:g}" class="frame"/>'
    for number, colour in enumerate(BUTTONS):
        yield f'<circle cx="{left + 20 + 18 * number:g}" cy="17.5" r="5" fill="{colour}" opacity=".8"/>'
    yield f'<text x="{left + width / 2:g}" y="22" class="title">{columns} columns</text>'
    for number, row in enumerate(pieces(screen)):
        yield from (drawn(piece, left + EDGE, BAR + LINE * (number + 1)) for piece in row)


def picture(wide: str, narrow: str) -> str:
    """Both screens beside each other, as a document."""
    middle = WIDE * CELL + 2 * EDGE
    width = middle + GAP + NARROW * CELL + 2 * EDGE + 1
    height = BAR + ROWS * LINE + EDGE + 1
    colours = "".join(f".c{number}{{fill:{colour}}}" for number, colour in enumerate(COLOURS))
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    font = f'font-family="{FONTS}" font-size="{FONT}" fill="{TEXT}"'
    classes = f".frame{{fill:{GROUND};stroke:{BORDER}}}.title{{fill:{FAINT};font-size:13px;text-anchor:middle}}"
    classes += ".b{font-weight:bold}.d{fill-opacity:.6}.i{font-style:italic}"
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {font}>',
        f"<title>python {' '.join(DEMO)}: in a window of {WIDE} columns, then of {NARROW}</title>",
        f"<style>{classes}{colours}</style>",
        *window(wide, WIDE, 0),
        f'<path d="M{middle + 11:g} {height / 2:g}h22m-8 -8l8 8l-8 8" fill="none" stroke="{FAINT}" stroke-width="2"/>',
        *window(narrow, NARROW, middle + GAP),
        "</svg>",
    ]
    return "\n".join(body) + "\n"


def main() -> None:
    """Play, and draw into the file that is named."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    Path(sys.argv[1]).write_text(picture(*session()), encoding="utf-8")


if __name__ == "__main__":
    main()
