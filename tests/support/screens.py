"""Stored screens of the viewer: six real logs in four widths and four themes, as styled text.

`tests/data/screens/THEME.txt.xz` holds the screens of one theme, a section for each. Run this file to compare what the
viewer shows now with what is stored; a difference is printed as a unified diff and the exit status is 1:

    PYTHONPATH=tests python tests/support/screens.py              compare
    PYTHONPATH=tests python tests/support/screens.py --write      compare, then store what is shown now
    PYTHONPATH=tests python tests/support/screens.py --show dark 'spark 100'      print one screen in colour

Invariants:
- Screens are those of `pager/screen.py: compose`, without a terminal; the same state makes the same screen.
"""

from __future__ import annotations

import difflib
import lzma
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reflowlog.config.themes import load_theme
from reflowlog.core.events import Key
from reflowlog.core.frames import Size
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.screen import compose
from reflowlog.pager.seeking import advance
from reflowlog.pager.state import PagerState
from reflowlog.pager.status_parts import StatusFacts
from reflowlog.pager.update import update
from reflowlog.render.options import RenderOptions
from reflowlog.store.document import Document
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.layout.column_names import STANDARD_COLUMNS
from support.texts import Memory, patient

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["THEMES", "compare", "screens", "stored"]

DATA = Path(__file__).resolve().parents[1] / "data"
STORED = DATA / "screens"

THEMES: dict[str, tuple[str, Any]] = {
    "dark": ("dark", 256),
    "light": ("light", 256),
    "mono": ("mono", 0),
    "sixteen": ("dark", 16),
}
"""Themes of the screens: their names, and the terminal's number of colours."""

WIDTHS = (160, 100, 60, 40)
ROWS = 24

LOGS: dict[str, tuple[str, Sequence[Sequence[str]]]] = {
    "bunyan": ("fields/lnav-bunyan.log", (("/", *"package", "Enter"), ("o", "j", "j", "j"))),
    "otel": ("fields/lnav-otel-collector.log", ((), ("c", "j"))),
    "tracing": ("fields/lnav-rust-tracing.log", (("t",), ("o",))),
    "android": ("loghub/android.log", (("&", *"Manager", "Enter"), ("w",))),
    "openstack": ("loghub/openstack.log", (("/", *"status", "Enter"), ("o",))),
    "spark": ("loghub/spark.log", (("Z",), ("S", "/", *"MemoryStore", "Enter"))),
}
"""Logs by the names of their screens, and the keys that each of the screens is shown after."""


def screens(theme: str) -> dict[str, list[str]]:
    """Return the rows of all screens in a theme by their names: the log, its width, the number of the screen."""
    found = {}
    for log, (path, scripts) in LOGS.items():
        data = (DATA / path).read_bytes()
        for width in WIDTHS:
            for number, keys in enumerate(scripts, 1):
                found[f"{log} {width} {number}"] = _screen(data, theme, width, keys, path.rpartition("/")[2])
    return found


def _screen(data: bytes, theme: str, width: int, keys: Sequence[str], name: str) -> list[str]:
    """Return the rows of the viewer after some keys."""
    shown, depth = THEMES[theme]
    appearance = Appearance(STANDARD_COLUMNS, utc=True, theme=load_theme(shown, {}, depth))
    options = PagerOptions(RenderOptions(appearance=appearance))
    context = PagerContext(Document(Memory(data)), Size(width, ROWS), options, patient())
    state = PagerState()
    for key in keys:
        state = update(state, Key(key), context)[0]
    context.levels.counts.step()
    for _ in range(3):
        state = advance(state, context)
    return list(compose(state, context, StatusFacts(name, live=False)).rows)


def stored(theme: str) -> dict[str, list[str]]:
    """Return the stored screens of a theme by their names; empty if there are none."""
    path = STORED / f"{theme}.txt.xz"
    if not path.exists():
        return {}
    sections = lzma.decompress(path.read_bytes()).decode().split(_MARK)[1:]
    return {name: rows.split("\n")[:-1] for name, rows in (section.split("\n", 1) for section in sections)}


_MARK = "\f==== "  # begins a section


def _store(theme: str, shown: dict[str, list[str]]) -> None:
    text = "".join(f"{_MARK}{name}\n" + "".join(f"{row}\n" for row in rows) for name, rows in shown.items())
    STORED.mkdir(exist_ok=True)
    (STORED / f"{theme}.txt.xz").write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def compare(theme: str, shown: dict[str, list[str]]) -> str:
    """Return the difference between the stored screens of a theme and others, as a diff; empty if there is none."""
    before = stored(theme)
    parts = []
    for name in sorted({*before, *shown}):
        old, new = (
            [row.replace("\x1b", "\\e") for row in rows] for rows in (before.get(name, []), shown.get(name, []))
        )
        parts += difflib.unified_diff(old, new, f"{theme}: {name}, stored", f"{theme}: {name}, now", n=0, lineterm="")
    return "\n".join(parts)


def main(arguments: Sequence[str]) -> int:
    """Compare, store or show."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    if "--show" in arguments:
        theme, name = arguments[1:]
        print("\n".join(row for each, rows in screens(theme).items() if each.startswith(name) for row in rows))
        return 0
    differs = False
    for theme in THEMES:
        shown = screens(theme)
        difference = compare(theme, shown)
        if difference:
            differs = True
            print(difference)
        if "--write" in arguments:
            _store(theme, shown)
    return int(differs and "--write" not in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
