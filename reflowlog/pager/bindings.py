"""Key bindings of the pager: the actions, and the default keys of each. `update.py` has the actions' functions."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reflowlog.core.events import Key

__all__ = ["ACTIONS", "COMMAND_HINTS", "HINTS", "action_of", "is_mark_key", "is_opening_key", "key_label"]

ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "down": ("j", "Down", "Enter", "Ctrl-E", "Ctrl-N"),
        "up": ("k", "Up", "Ctrl-Y", "Ctrl-P"),
        "page-down": (" ", "f", "PageDown", "Ctrl-F", "Ctrl-V"),
        "page-up": ("b", "PageUp", "Ctrl-B", "Alt-v"),
        "half-down": ("d", "Ctrl-D"),
        "half-up": ("u", "Ctrl-U"),
        "wheel-down": ("WheelDown",),
        "wheel-up": ("WheelUp",),
        "start": ("g", "Home", "<"),
        "end": ("G", "End", ">"),
        "follow": ("F",),
        "percent": ("%", "p"),
        "search": ("/",),
        "search-up": ("?",),
        "clear-search": ("Escape",),
        "filter": ("&",),
        "drop-filter": ("U",),
        "less-context": ("[",),
        "more-context": ("]",),
        "level": ("l",),
        "line": (":",),
        "save": ("s",),
        "next": ("n",),
        "previous": ("N",),
        "next-error": ("e",),
        "previous-error": ("E",),
        "next-warning": ("w",),
        "previous-warning": ("W",),
        "mark": ("m",),
        "go-to-mark": ("'",),
        "times": ("t",),
        "fold": ("z",),
        "fold-all": ("Z",),
        "wrap": ("S",),
        "raw": ("r",),
        "left": ("Left",),
        "right": ("Right",),
        "detail": ("o",),
        "copy": ("y",),
        "copy-shown": ("Y",),
        "edit": ("v",),
        "columns": ("c",),
        "help": ("h", "F1", "H"),
        "where": ("=", "Ctrl-G"),
        "redraw": ("Ctrl-L", "Ctrl-R"),
        "back": ("q",),
        "quit": ("Q",),
    }
)
"""Actions of the pager and the default keys of each."""

HINTS: Mapping[str, str] = MappingProxyType(
    {
        "-": "S wraps lines; options are given at the start",
        "!": "Ctrl-Z suspends, and fg comes back",
        "|": "s saves what is shown",
        "i": "small letters in a pattern match both cases",
    }
)
"""Messages for keys of other viewers that have no action here: each names what does the same."""

COMMAND_HINTS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("h", "help"), "h shows the keys"),
        **dict.fromkeys(("w", "wq", "write", "save"), "s saves what is shown"),
        **dict.fromkeys(("qa", "exit"), "q quits"),
        **dict.fromkeys(("e", "edit", "open", "n", "next", "p", "prev"), "files are named at the start"),
        **dict.fromkeys(("set", "config", "theme"), "options are given at the start"),
        **dict.fromkeys(("filter", "filter-in", "filter-out"), "& adds a filter; one that begins with ! excludes"),
        "goto": "a number or a time alone goes there",
    }
)
"""Messages for commands that vim, less and lnav take at the colon: each names what does the same."""

_ACTION_OF_KEY = {key: action for action, keys in ACTIONS.items() for key in keys}
_NOT_OPENING = frozenset({"back", "quit", "redraw", "clear-search"})


def action_of(key: str, own: Mapping[str, str]) -> str | None:
    """Return the name of the action that a key is bound to, or None.

    Args:
        key: name of the typed key.
        own: the user's bindings: the name of the default key that a key stands for, or nothing.
    """
    return _ACTION_OF_KEY.get(own.get(key, key))


def is_opening_key(key: Key, own: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Return whether a key opens the pager from inline mode.

    Args:
        key: the typed key.
        own: the user's bindings, see `action_of`.
    """
    if is_mark_key(key, own):
        return False
    action = action_of(key.name, own)
    return action is not None and action not in _NOT_OPENING


def is_mark_key(key: Key, own: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Return whether a key draws a mark in inline mode: Enter, unless the user has given it another action.

    Args:
        key: the typed key.
        own: the user's bindings, see `action_of`.
    """
    return key.name == "Enter" and not own.get("Enter")


def key_label(key: str) -> str:
    """Return the name of a key as it is shown to the user."""
    return "Space" if key == " " else key
