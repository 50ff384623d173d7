"""Target of a save as the user types it: the file, and the format by its name or by a choice before it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SaveFormat", "format_name", "parse_target"]

SaveFormat = Literal["log", "text", "json", "html"]
"""As it came; as shown, laid out without colours; JSON lines; HTML."""

_SUFFIXES: Mapping[str, SaveFormat] = {
    ".html": "html",
    ".htm": "html",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".text": "text",
}
_CHOICES: Mapping[str, SaveFormat] = {"log": "log", "text": "text", "json": "json", "html": "html"}
_NAMES: Mapping[SaveFormat, str] = {"log": "", "text": " as shown", "json": " as JSON", "html": " as HTML"}


def parse_target(typed: str) -> tuple[str, SaveFormat]:
    """Return the path and the format of a typed target; an empty path if none was typed.

    The format is what stands before a colon, else that of the suffix, else the log as it came.

    >>> parse_target("some.log"), parse_target("page.html"), parse_target("text: notes.txt"), parse_target("log:a.json")
    (('some.log', 'log'), ('page.html', 'html'), ('notes.txt', 'text'), ('a.json', 'log'))
    """
    typed = typed.strip()
    choice, colon, rest = typed.partition(":")
    if colon and choice in _CHOICES:
        return rest.strip(), _CHOICES[choice]
    name = typed.lower()
    return typed, next((kind for suffix, kind in _SUFFIXES.items() if name.endswith(suffix)), "log")


def format_name(kind: SaveFormat) -> str:
    """Return the format for a message, such as `` as HTML``; empty for the log as it came."""
    return _NAMES[kind]
