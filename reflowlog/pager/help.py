"""The help: all keys on one screen."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from reflowlog.text.clean.cells import clip
from reflowlog.text.clean.wrap import rows as wrap_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KEYS", "help_rows"]

KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "move",
        (
            ("j k  Down Up  Enter", "one row"),
            ("Space f PgDn,  b PgUp", "one screen"),
            ("d u", "half a screen"),
            ("g Home", "to the start"),
            ("G End F", "to the end, and follow"),
            (":", "to a line, by its number"),
            ("m'", "m and a letter marks, ' and it goes there"),
            ("Left Right", "sideways, where lines are not wrapped"),
        ),
    ),
    (
        "find",
        (
            ("/ ?", "search downward, upward"),
            ("n N", "next match, previous"),
            ("&", "only what matches, or id=42; ! not; empty all"),
            ("l", "show only from a level on; empty all"),
            ("e E  w W", "next, previous error; warning"),
        ),
    ),
    (
        "look",
        (
            ("S", "wrap lines, or not"),
            ("r", "raw: the text as it came"),
            ("=", "where am I"),
            ("s", "save what is shown to a file"),
            ("Ctrl-L", "draw the screen again"),
            ("Ctrl-C Ctrl-Z", "end a search; suspend"),
            ("h F1", "this help"),
            ("q Q", "back, or quit; quit"),
        ),
    ),
)

_NARROW = 64  # cells; below, keys and their meaning stand one after the other


def help_rows(width: int, height: int, own: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """The help as rows, at most so many, each at most so wide.

    Where not all of it fits, the blank rows go, and then the end.

    Args:
        width: cells.
        height: rows.
        own: what the user's own keys mean: the name of another key, or nothing.
    """
    rows: list[str] = []
    for title, keys in (*_own_keys(own), *KEYS):
        rows += [""] if rows else []
        for names, meaning in keys:
            if width >= _NARROW:
                label = "" if rows and rows[-1] else title
                rows.append(f" {label:<5} {names:<22} {meaning}")
            else:
                rows += _wrap(f"{names}: {meaning}", width)
    if len(rows) > height:
        rows = [row for row in rows if row]
    return [clip(row, width) for row in rows[:height]]


def _own_keys(own: Mapping[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The user's own keys as another part of the help."""
    entries = [(_key_label(key), f"what is {_key_label(meaning)} below") for key, meaning in own.items() if meaning]
    removed = " ".join(_key_label(key) for key, meaning in own.items() if not meaning)
    if removed:
        entries.append((removed, "no longer"))
    return [("yours", entries)] if entries else []


def _key_label(key: str) -> str:
    return "Space" if key == " " else key


def _wrap(text: str, width: int) -> list[str]:
    """A text wrapped, further rows indented."""
    return [" " * row.indent + row.text for row in wrap_rows(text, width, 2 if width > 20 else 0)]
