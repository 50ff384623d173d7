"""Joined emoji: clusters that a terminal may draw wider than the width library says. Pure.

Families and professions (emoji joined by U+200D) and skin tones are one cluster of two cells in Unicode and in the
width library. Many terminals draw their parts side by side instead. Rows are laid out for such a terminal by putting a
separator, which is invisible and of no width, between the parts.

Invariants:
- `SEPARATOR` is a code point that is not assigned and never will be a character of a text; it breaks clusters.
- Nothing that is drawn holds a separator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

__all__ = ["APART", "JOINED", "SEPARATOR", "Joins", "all_joined", "as_drawn", "has_joints", "joins_for", "separate"]

SEPARATOR = "\ufff0"


class Joins(NamedTuple):
    """Clusters of emoji that a terminal draws in two cells, as the width library counts them.

    Attributes:
        sequences: emoji joined by U+200D; else side by side.
        modifiers: an emoji with a skin tone; else side by side.
        presentation: a symbol of one cell before U+FE0F, such as U+2764 U+FE0F; else in one cell.
    """

    sequences: bool = True
    modifiers: bool = True
    presentation: bool = True


JOINED = Joins()
APART = Joins(sequences=False, modifiers=False, presentation=False)

_TONES = "\U0001f3fb-\U0001f3ff"
_TONE = f"[{_TONES}]"
_JOINT = lazy_pattern(  # what it begins with comes first, so that the search passes over all else in C
    f"[\u200d{_TONES}](?:(?<=\u200d)(?=[\u2190-\u2bff\U0001f000-\U0001fbff])|(?<=[^ ]{_TONE}))"
)

_JOINED_PART = lazy_pattern(f"\u200d[\u2190-\u2bff\U0001f000-\U0001fbff]\ufe0f?{_TONE}?")


def has_joints(text: str) -> bool:
    """Return whether a text has emoji that some terminals draw side by side."""
    return not text.isascii() and ("\u200d" in text or _has_tone(text)) and _JOINT.search(text) is not None


def _has_tone(text: str) -> bool:
    """Return whether a text has a skin tone: five searches for one character take less time than one for a range."""
    return (
        "\U0001f3fb" in text
        or "\U0001f3fc" in text
        or "\U0001f3fd" in text
        or "\U0001f3fe" in text
        or "\U0001f3ff" in text
    )


def all_joined() -> Joins:
    """Return the joins of the width library."""
    return JOINED


def joins_for(text: str, find: Callable[[], Joins]) -> Joins:
    """Return the joins to lay a text out with: those that `find` returns, which is called only if they matter."""
    return find() if has_joints(text) else JOINED


def separate(text: str, joins: Joins) -> str:
    """Put a separator between the parts of emoji that a terminal draws side by side.

    >>> separate("\U0001f44d\U0001f3fd", APART) == f"\U0001f44d{SEPARATOR}\U0001f3fd"
    True
    """
    if not has_joints(text):
        return text

    def part(found: re.Match[str]) -> str:
        joint = found[0]
        if joint == "\u200d":
            return joint if joins.sequences else joint + SEPARATOR
        return joint if joins.modifiers else SEPARATOR + joint

    return _JOINT.sub(part, text)


def as_drawn(text: str, joins: Joins) -> str:
    """Return a text that is as wide, by the width library, as the terminal draws another; to be measured only.

    >>> from reflowlog.text.clean.cells import cells
    >>> heart = "\u2764\ufe0f"
    >>> cells(heart), cells(as_drawn(heart, APART))
    (2, 1)
    """
    if text.isascii():
        return text
    if joins.sequences:  # what is joined takes no cells
        text = _JOINED_PART.sub("", text)
    return separate(text if joins.presentation else text.replace("\ufe0f", ""), joins)
