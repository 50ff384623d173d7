"""The viewer as a value: where one is in a document, and what is shown of it. A key makes another of it (`keys.py`).

A place is an `Anchor`: a piece's key and an offset in its text. A new width moves none: not the top of the screen, not
a mark, not a hit.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from reflowlog.core.records import Anchor
from reflowlog.pager.filter import FilterCriteria

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reflowlog.pager.prompts import Prompt
    from reflowlog.text.search.pattern import Matcher

__all__ = ["Goto", "PagerState", "Save", "Seek"]


class Seek(NamedTuple):
    """An errand: go to the next piece that counts.

    Attributes:
        levels: the least and the greatest level; None: what is searched for.
        upward: the direction.
        key: the pieces beyond it are looked at.
        again: whether it has come round, from the other end.
    """

    levels: tuple[int, int] | None
    upward: bool
    offset: int
    again: bool = False


class Goto(NamedTuple):
    """An errand: go to a line, by its number from 0, as soon as so many are counted."""

    number: int


class Save(NamedTuple):
    """What the stage is to do: write the pieces that are shown into a file.

    Attributes:
        path: of the file.
        key: the next piece; None: the first.
        written: lines so far.
    """

    path: str
    offset: int | None = None
    written: int = 0


class PagerState(NamedTuple):
    """All that a viewer is.

    Attributes:
        top: the character at the top of the screen, unless the end is followed.
        following: whether the end of the document is at the bottom of the screen, and stays there.
        wrapped: whether lines are broken.
        raw: whether the text is shown as it came.
        shift: cells left of the screen, where lines are not broken.
        marks: places by letter.
        back: where the last jump went from.
        wanted: what is shown.
        search: what is searched for.
        upward: in which direction.
        hit: where it was found.
        hit_is_level: whether the hit is an error or a warning, and not what is searched for.
        prompt: what is being typed.
        waiting: the key that needs another one: ``m`` or ``'``.
        helping: whether the help is shown.
        message: one line for the reader, until the next key.
        errand: what takes longer.
        saving: a file that is being written.
        past: what was typed at prompts, by their kind.
        leave: what the reader wants: to go back where they came from, or to quit.
        redraw: whether the whole screen is to be written again.
    """

    top: Anchor = Anchor(0, 0)
    following: bool = False
    wrapped: bool = True
    raw: bool = False
    shift: int = 0
    marks: Mapping[str, Anchor] = MappingProxyType({})
    back: Anchor | None = None
    criteria: FilterCriteria = FilterCriteria()
    search: Matcher | None = None
    upward: bool = False
    hit: Anchor | None = None
    hit_is_level: bool = False
    prompt: Prompt | None = None
    waiting: Literal["", "m", "'"] = ""
    helping: bool = False
    message: str = ""
    pending: Seek | Goto | None = None
    saving: Save | None = None
    past: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    leave: Literal["", "back", "quit"] = ""
    redraw: bool = False
