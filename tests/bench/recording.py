"""The recording of the README: the viewer in a real terminal, as one SVG.

    python tests/bench/recording.py OUT.svg

Needs tmux. Opens `tests/data/recording.txt` in the viewer, in a window of a tmux server of its own, resizes the window
step by step, narrow and wide again, then types the keys of `SCENES`, and draws what the terminal holds after each step,
one picture after the other.

Rules of this file:
- Nothing is made up: each character and colour is one that the terminal had in that cell.
- On the way back every picture has to be the one of the way there, or there is no recording.
- The columns stand still in every browser. A piece of text starts at its own cell and is told how long it is; a new
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

from reflowlog.text.clean.cells import split

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
LOG = "tests/data/recording.txt"
ROWS = 28
WIDTHS = (136, 118, 102, 88, 76, 66, 54, 42)
STEP, REST = 0.45, 2.6  # seconds a picture is seen; the widest and the narrowest one, and those of keys
SCENES = (  # keys in tmux's notation, what the title says, and what is on the screen then
    (("/", *"order", "Enter"), "/order: a search", "/order: 1 of 5"),
    (("Z",), "Z: tracebacks and repeats are folded", "Z unfolds them"),
    (("n", "n", "n", "n"), "n: the next hit", "/order: 5 of 5"),
    (("o", *["Down"] * 6), "o: one record, field by field", "record at line"),
)
SECONDS = 10.0
PAUSE, QUIET = 0.02, 0.5

CELL, LINE, FONT = 8.4, 19, 14  # pixels: a cell is 0.6 of the size of the font, as in most monospaced fonts
EDGE, BAR = 16, 34
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
GROUND, BORDER, FAINT, TEXT = "#161b22", "#30363d", "#8b949e", "#d5dce4"
COLOURS = (
    *("#161b22", "#ff7b72", "#56d364", "#e3b341", "#6cb6ff", "#d2a8ff", "#56d4dd", "#d5dce4"),
    *("#8b949e", "#ffa198", "#7ee787", "#f2cc60", "#a5d6ff", "#e2c5ff", "#8be9f0", "#ffffff"),
)
BUTTONS = ("#ff7b72", "#e3b341", "#56d364")
_ON = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",)}


class Look(NamedTuple):
    """Attributes that SGR sequences have enabled, and the colours by their numbers (empty: the terminal's own)."""

    colour: str = ""
    ground: str = ""
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False

    def after(self, parameters: str) -> Look:
        """The look after one more SGR sequence.

        Raises:
            ValueError: it selects something that is not drawn here.
        """
        look = self
        numbers = [int(text or 0) for text in parameters.split(";")]
        while numbers:
            number = numbers.pop(0)
            if number == 0:
                look = Look()
            elif number in _ON:
                look = look._replace(**{_ON[number]: True})
            elif number in _OFF:
                look = look._replace(**dict.fromkeys(_OFF[number], False))
            elif 30 <= number <= 37 or 90 <= number <= 97:
                look = look._replace(colour=str(number - 30 if number < 90 else number - 82))
            elif number in (38, 48) and numbers[:1] == [5]:
                look = look._replace(**{"colour" if number == 38 else "ground": str(numbers[1])})
                del numbers[:2]
            elif 40 <= number <= 47:
                look = look._replace(ground=str(number - 40))
            elif number == 39:
                look = look._replace(colour="")
            elif number == 49:
                look = look._replace(ground="")
            else:
                raise ValueError(f"SGR {number} is not drawn")
        return look

    @property
    def names(self) -> str:
        """The classes of the style sheet that draw it."""
        appearance = {"b": self.bold, "d": self.dim, "i": self.italic, "u": self.underline, "r": self.reverse}
        return " ".join(name for name, on in {**appearance, f"c{self.colour}": bool(self.colour)}.items() if on)


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
    """A tmux server of its own on a private socket, with the viewer in its one window; a context manager."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="recording-")
        settings = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath)}
        own = {"PYTHONPATH": str(ROOT), "SHELL": "/bin/sh", "XDG_CONFIG_HOME": self._folder.name, "TZ": "UTC"}
        self._environment = settings | own

    def __enter__(self) -> Terminal:
        size = ("-x", str(WIDTHS[0]), "-y", str(ROWS))
        settings = ("set", "-g", "status", "off", ";", "set", "-g", "default-terminal", "tmux-256color")
        command = (sys.executable, "-m", "reflowlog", "--gaps", "1m", LOG)
        self.run("start-server", ";", *settings, ";", "new-session", "-d", "-c", str(ROOT), *size, *command)
        return self

    def __exit__(self, *_: object) -> None:
        self.run("kill-server")
        self._folder.cleanup()

    def run(self, *arguments: str) -> str:
        """Run a tmux command and return its output."""
        command = ["tmux", "-u", "-S", f"{self._folder.name}/socket", "-f", "/dev/null", *arguments]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False).stdout

    def resize(self, width: int) -> str:
        """The screen at a width."""
        self.run("resize-window", "-x", str(width), "-y", str(ROWS))
        return self.capture(" of ")

    def press(self, keys: tuple[str, ...], shown: str) -> str:
        """The screen after some keys, once it shows one of some texts."""
        for key in keys:
            self.run("send-keys", key)
        return self.capture(shown)

    def capture(self, shown: str) -> str:
        """The screen with its colours, once it shows one of some texts and has been at rest for a while.

        Raises:
            RuntimeError: it never is.
        """
        deadline = time.monotonic() + SECONDS
        before, since = "", time.monotonic()
        while time.monotonic() < deadline:
            screen = self.run("capture-pane", "-e", "-p")
            if screen != before:
                before, since = screen, time.monotonic()
            elif any(text in screen for text in shown.split("|")) and time.monotonic() > since + QUIET:
                return screen
            time.sleep(PAUSE)
        raise RuntimeError(f"nothing comes to rest that shows {shown!r}:\n{before}")


def session() -> list[str]:
    """The screen at each of the widths, and after the keys of each scene.

    Raises:
        RuntimeError: on the way back a screen is not what it was on the way there.
    """
    with Terminal() as terminal:
        there = [terminal.resize(width) for width in WIDTHS]
        back = [terminal.resize(width) for width in reversed(WIDTHS)]
        if there != back[::-1]:
            raise RuntimeError("the way back is not the way there")
        return there + [terminal.press(keys, shown) for keys, _, shown in SCENES]


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
            for text in [part] if look.reverse or look.ground else re.findall(r"  +|(?:[^ ]| (?! ))+| ", part):
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
    """The piece that is left of a text without the blanks at its ends, which show only where it is reversed."""
    if look.reverse or look.ground:
        return Piece(column, sum(split(text)[1]), text.replace(" ", "\u00a0"), look, wide)
    bare = text.strip(" ")
    return Piece(column + len(text) - len(text.lstrip(" ")), sum(split(bare)[1]), bare, look, wide)


def drawn(piece: Piece, baseline: float) -> str:
    """A piece as an element. Narrow characters fill their cells, so that a rule has no gaps; wide ones keep shape."""
    left = EDGE + piece.column * CELL
    shift = CELL - FONT / 2 if piece.wide else 0.0  # to the middle of two cells
    fit = "" if piece.wide else f' textLength="{piece.cells * CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
    names = f' class="{piece.look.names}"' if piece.look.names else ""
    size = f'width="{piece.cells * CELL:.1f}" height="{LINE}"'
    ground = "back" if piece.look.reverse else f"c{piece.look.ground}" if piece.look.ground else ""
    back = f'<rect x="{left:.1f}" y="{baseline - 14:g}" {size} class="{ground}"/>' if ground else ""
    return f'{back}<text x="{left + shift:.1f}" y="{baseline:g}"{fit}{names}>{escape(piece.text)}</text>'


def window(screen: str, columns: int, title: str) -> Iterator[str]:
    """A frame with a title in its bar, and the screen in it."""
    width, height = columns * CELL + 2 * EDGE, BAR + ROWS * LINE + EDGE
    yield f'<rect x=".5" y=".5" width="{width:g}" height="{height:g}" rx="9" class="frame"/>'
    yield f'<path d="M.5 {BAR}.5h{width:g}" class="frame"/>'
    for number, colour in enumerate(BUTTONS):
        yield f'<circle cx="{20 + 18 * number:g}" cy="17.5" r="5" fill="{colour}" opacity=".8"/>'
    yield f'<text x="{width / 2:g}" y="22" class="title">{escape(title)}</text>'
    for number, row in enumerate(pieces(screen)):
        yield from (drawn(piece, BAR + LINE * (number + 1)) for piece in row)


def film(widths: int, scenes: int) -> tuple[float, list[list[tuple[float, float]]]]:
    """How long all takes, and from when to when each picture is seen meanwhile, in seconds."""
    order = [*range(widths), *range(widths - 2, -1, -1), *range(widths, widths + scenes)]
    seen: list[list[tuple[float, float]]] = [[] for _ in range(widths + scenes)]
    now = 0.0
    for number in order:
        end = now + (STEP if 0 < number < widths - 1 else REST)
        seen[number].append((now, end))
        now = end
    return now, seen


def timed(number: int, seen: list[tuple[float, float]], length: float) -> str:
    """The style rules that show a picture at its times. The first one is what shows where nothing can move."""
    marks = {0.0: "hidden"}
    for start, end in seen:
        marks[start] = "visible"
        marks[end] = "hidden"
    steps = "".join(f"{100 * at / length:.3f}%{{visibility:{how}}}" for at, how in sorted(marks.items()) if at < length)
    still = "visible" if number == 0 else "hidden"
    name = f"f{number}"
    return f".{name}{{visibility:{still};animation:{name} {length:g}s step-end infinite}}@keyframes {name}{{{steps}}}"


def colour_of(number: int) -> str:
    """One of a terminal's 256 colours."""
    if number < len(COLOURS):
        return COLOURS[number]
    if number >= 232:
        return f"#{8 + 10 * (number - 232):02x}" + f"{8 + 10 * (number - 232):02x}" * 2
    steps = (0, 95, 135, 175, 215, 255)
    return "#" + "".join(f"{steps[(number - 16) // each % 6]:02x}" for each in (36, 6, 1))


def recording(screens: list[str]) -> str:
    """All screens as one document, each seen in its turn."""
    width, height = WIDTHS[0] * CELL + 2 * EDGE + 1, BAR + ROWS * LINE + EDGE + 1
    length, seen = film(len(WIDTHS), len(SCENES))
    used = {each for screen in screens for row in pieces(screen) for piece in row for each in piece.look[:2] if each}
    colours = "".join(f".c{number}{{fill:{colour_of(number)}}}" for number in sorted(map(int, used)))
    classes = f".frame{{fill:{GROUND};stroke:{BORDER}}}.title{{fill:{FAINT};font-size:13px;text-anchor:middle}}"
    classes += ".b{font-weight:bold}.d{fill-opacity:.6}.i{font-style:italic}.u{text-decoration:underline}"
    classes += f".back{{fill:{TEXT}}}.r{{fill:{GROUND}}}"
    times = "\n".join(timed(number, when, length) for number, when in enumerate(seen))
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    font = f'font-family="{FONTS}" font-size="{FONT}" fill="{TEXT}"'
    told = f"reflowlog {LOG}: the window becomes narrow, {WIDTHS[0]} columns to {WIDTHS[-1]}, and wide again; then "
    told += "a search, a folded traceback, the next hit, and one record by itself"
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {font}>',
        f"<title>{told}</title>",
        f"<style>{classes}{colours}\n{times}</style>",
    ]
    titles = [(columns, f"{columns} columns") for columns in WIDTHS] + [(WIDTHS[0], title) for _, title, _ in SCENES]
    for number, (screen, (columns, title)) in enumerate(zip(screens, titles)):
        body += [f'<g class="f{number}">', *window(screen, columns, title), "</g>"]
    return "\n".join([*body, "</svg>"]) + "\n"


def main() -> None:
    """Record, and write the file that is named."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    Path(sys.argv[1]).write_text(recording(session()), encoding="utf-8")


if __name__ == "__main__":
    main()
