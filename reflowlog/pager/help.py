"""The help: all keys, on as few rows as the width allows; it scrolls where it does not fit."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from reflowlog.pager.bindings import key_label
from reflowlog.text.clean.cells import clip
from reflowlog.text.clean.wrap import rows as wrap_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reflowlog.pager.state import Place

__all__ = ["KEYS", "PLACE_KEYS", "help_rows"]

KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "move",
        (
            ("j k  Down Up  Enter", "one row; also Ctrl-E Ctrl-Y Ctrl-N Ctrl-P"),
            ("Space f PgDn,  b PgUp", "one screen; also Ctrl-F Ctrl-B Ctrl-V Alt-v"),
            ("d u", "half a screen; also Ctrl-D Ctrl-U"),
            ("g Home,  G End F", "to the start; to the end, and follow; also < >"),
            (": %", "to a line, time, percentage: 120, 12:30, -10m, 50%"),
            ("m'", "m and a letter marks, ' and it goes there; '' back"),
            ("5j 120G 50%", "a number before a key; also 50p"),
        ),
    ),
    (
        "find",
        (
            ("/ ?", "search downward, upward"),
            ("n N Esc", "next match, previous; clear the search"),
            ("&", "only what matches, or id=42; ! not; empty all"),
            ("U [ ]", "drop the last filter; show less, more around"),
            ("l", "show only from a level on; empty all"),
            ("e E  w W", "next, previous error; warning"),
        ),
    ),
    (
        "look",
        (
            ("t", "times; since the record before; since the mark"),
            ("z Z", "fold the traceback or the repeats here; all"),
            ("S,  Left Right", "wrap lines, or not; then sideways"),
            ("r =", "raw: the text as it came; where am I, also Ctrl-G"),
            ("o", "the record by itself: f x c h y act on a field"),
            ("y Y s", "copy the record, all that is shown; save that"),
            ("c", "choose columns and hidden fields from a list"),
            ("v", "edit the file that the record names, or the log"),
            ("Ctrl-L Ctrl-Z Ctrl-C", "draw again, also Ctrl-R; suspend; end a search"),
            ("h F1  q Q", "this help, also H; back, or quit; quit, also :q"),
        ),
    ),
)

PLACE_KEYS: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        "detail": (
            "field",
            (
                ("j k  Down Up", "choose a field"),
                ("f x", "show only records with its value; all but these"),
                ("c h", "make it a column, or not; hide it, or not"),
                ("y Y", "copy its value; the record as it came"),
                ("v", "edit the file that it names"),
                ("Left Right", "the record before; the next one"),
                ("n N  e E  w W", "to the record of a hit, an error, a warning"),
                ("q Esc o", "back to the log"),
            ),
        ),
        "columns": (
            "list",
            (
                ("j k  Down Up", "choose a field"),
                ("Space Enter", "make it a column, or not"),
                ("h", "hide it, or not"),
                ("Left Right", "move the column"),
                ("s", "write the choice into the configuration"),
                ("r", "columns as they were at the start"),
                ("q Esc c", "back to the log"),
            ),
        ),
    }
)
"""Keys in the detail of a record and in the list of fields, where those of `KEYS` that differ have another meaning."""

NARROW_CELLS = 64  # below this width, keys and their meaning stand one after the other


def help_rows(width: int, height: int, own: Mapping[str, str] = MappingProxyType({}), place: Place = "") -> list[str]:
    """Return the rows of the help, each at most `width` cells wide.

    If they do not fit into the height, the blank rows are left out.

    Args:
        width: in cells.
        height: number of rows on the screen.
        own: the user's bindings: for a typed key, the name of the default key that it stands for, or nothing.
        place: where the help is asked for, whose keys come first.
    """
    rows: list[str] = []
    here = [PLACE_KEYS[place]] if place else []
    for title, keys in (*here, *_own_keys(own), *KEYS):
        rows += [""] if rows else []
        for names, meaning in keys:
            if width >= NARROW_CELLS:
                label = "" if rows and rows[-1] else title
                beside = f" {label:<5} {names:<22} "
                for row in wrap_rows(meaning, max(width - len(beside), 1), 0):
                    rows.append(f"{beside}{row.text}")
                    beside = " " * len(beside)
            else:
                rows += _wrap(f"{names}: {meaning}", width)
    if len(rows) > height:
        rows = [row for row in rows if row]
    return [clip(row, width) for row in rows]


def _own_keys(own: Mapping[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the user's bindings as another part of the help."""
    entries = [(key_label(key), f"what is {key_label(meaning)} below") for key, meaning in own.items() if meaning]
    removed = " ".join(key_label(key) for key, meaning in own.items() if not meaning)
    if removed:
        entries.append((removed, "no longer"))
    return [("yours", entries)] if entries else []


def _wrap(text: str, width: int) -> list[str]:
    """Return a text wrapped to a width, with a hanging indent."""
    return [" " * row.indent + row.text for row in wrap_rows(text, width, 2 if width > 20 else 0)]
