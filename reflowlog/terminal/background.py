"""The terminal's background: whether to ask for it, and the meaning of an answer. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from reflowlog.core.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Shade", "can_report_background", "shade_of"]

Shade = Literal["light", "dark"]

_COLOUR = lazy_pattern(r"rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})(?:/[0-9a-f]{1,4})?", re.IGNORECASE)
_HEX = lazy_pattern(
    r"#(?:([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})|([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4}))", re.IGNORECASE
)
_WEIGHTS = (0.299, 0.587, 0.114)  # of red, green and blue in the perceived brightness (ITU-R BT.601)
_SILENT_TERMS = ("dumb", "linux", "screen", "eterm", "vt1", "vt2", "vt3", "vt5", "cons25", "sun")
"""Starts of TERM: terminals that show the query as text, or that do not answer it."""


def can_report_background(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal may be asked for its background (OSC 11): no terminal is known to show the query.

    >>> can_report_background({"TERM": "xterm-256color"}), can_report_background({"TERM": "linux"})
    (True, False)
    >>> can_report_background({"TERM": "screen", "STY": "1.a"}), can_report_background({"TERM": "screen", "TMUX": "x"})
    (False, True)
    """
    term = environ.get("TERM", "")
    if environ.get("TMUX"):
        return True
    return bool(term) and not term.startswith(_SILENT_TERMS) and not environ.get("STY")


def shade_of(answer: str) -> Shade | None:
    """Return whether a colour is light or dark; None if the text is no colour.

    Args:
        answer: the colour in an answer to OSC 11: ``rgb:`` and three hexadecimal numbers of 1 to 4 digits, or ``#``
            and the same without separators.

    >>> shade_of("rgb:ffff/ffff/f0f0"), shade_of("rgb:1e/1e/1e"), shade_of("#fdf6e3"), shade_of("11;?")
    ('light', 'dark', 'light', None)
    """
    if colour := _COLOUR.fullmatch(answer):
        parts = [int(part, 16) / (16 ** len(part) - 1) for part in colour.groups()]
    elif colour := _HEX.fullmatch(answer):
        parts = [int(part, 16) / (16 ** len(part) - 1) for part in colour.groups() if part]
    else:
        return None
    return "light" if sum(weight * part for weight, part in zip(_WEIGHTS, parts)) > 0.5 else "dark"
