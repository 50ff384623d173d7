"""Labels: the short names of sources in front of their lines, where there are several. Pure.

The rules:
- A name is the file's own; where two are called alike, with as many of the directories above as tell them apart.
- All labels of a screen are as wide as the widest, so they stand still; of one that is wider than `WIDEST` the middle
  is left out; where that is what tells some apart, they are cut to the words that do. Names that come up later
  (subjects of a stream) are shown as they are.
- They are the first to go when it gets narrow: below `LEAST` cells there are none, and lines have all of the width.
- Colours go by the order of the sources, and come again after the last one.
- A line keeps its bytes: a label is drawn beside it, and which it gets is known by its source alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reflowlog.core.records import PLAIN
from reflowlog.text.clean.cells import cells, clip
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.highlight.themes import parse_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.core.events import Runs
    from reflowlog.core.records import Style
    from reflowlog.text.highlight.themes import Depth

__all__ = ["LEAST", "SourceLabels", "owners_of", "short_names"]

LEAST = 72
"""Cells of a screen that has labels."""

WIDEST = 16
"""Cells of a label."""

_LEFT_OUT = "\u2026"
_BREAKS = ("-", "_", ".", "/", " ")
_COLOURS = (
    *("cyan", "yellow", "green", "magenta", "blue", "red"),
    *("bright-cyan", "bright-yellow", "bright-green", "bright-magenta", "bright-blue", "bright-red"),
)


class SourceLabels:
    """The labels of sources.

    Args:
        names: of the sources, as they were given. More may be added to them while this is in use, before the first line
            of each.
        depth: how many colours there are; 0: none.
        grows: whether more will be added: then labels have the room of the widest there can be, from the start.

    >>> labels = SourceLabels(["/a/app.log", "/b/app.log", "/b/db.log"])
    >>> labels.room(80), labels.text(2, 11), labels.room(60)
    (10, 'db.log     ', 0)
    """

    def __init__(self, names: Sequence[str], depth: Depth = 0, *, grows: bool = False) -> None:
        self._names = names
        self._texts = _fitted([_clean(name) for name in short_names(names)])
        self._styles = [parse_style(colour, depth) if depth else PLAIN for colour in _COLOURS]
        self._room = (WIDEST if grows else max(map(cells, self._texts), default=0)) + 1

    def room(self, width: int | None) -> int:
        """Cells that labels take of a width, the blank after them included; 0: there are none."""
        return 0 if width is None or width < LEAST else self._room

    def text(self, owner: int | None, room: int) -> str:
        """What stands before a line in so many cells; None: a line that is of no source."""
        text = "" if owner is None else self._text(owner)
        return text + " " * (room - cells(text))

    def _text(self, owner: int) -> str:
        known = len(self._texts)
        if owner >= known:
            self._texts += [_fit(_clean(name)) for name in self._names[known:]]
        return self._texts[owner]

    def style(self, owner: int | None) -> Style:
        """How it looks."""
        return PLAIN if owner is None else self._styles[owner % len(self._styles)]


def short_names(names: Sequence[str]) -> list[str]:
    """The shortest ends of paths that tell them apart.

    >>> short_names(["/var/log/app.log", "/var/log/old/app.log", "standard input"])
    ['log/app.log', 'old/app.log', 'standard input']
    """
    parts = [[part for part in name.split("/") if part] or [name] for name in names]
    counts = [1] * len(names)
    while True:
        found = ["/".join(part[-count:]) for part, count in zip(parts, counts)]
        alike = [number for number, name in enumerate(found) if found.count(name) > 1]
        longer = [number for number in alike if counts[number] < len(parts[number])]
        if not longer:
            return found
        for number in longer:
            counts[number] += 1


def owners_of(data: bytes, runs: Runs) -> list[int | None]:
    r"""The source of each line of some whole lines.

    >>> owners_of(b"a\nb\nc\n", [(1, 4), (0, 2)])
    [1, 1, 0]
    """
    owners: list[int | None] = []
    at = 0
    for owner, size in runs:
        owners += [owner] * data.count(b"\n", at, at + size)
        at += size
    return owners


def _clean(name: str) -> str:
    return sanitize("".join(each if each.isprintable() else "?" for each in name))[0] or "?"


def _fitted(names: list[str]) -> list[str]:
    """Names in so many cells as a label has; different ones stay so, as far as that can be."""
    texts = [_fit(name) for name in names]
    alike: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        alike.setdefault(text, []).append(number)
    for numbers in alike.values():
        group = [names[number] for number in numbers]
        if len(set(group)) > 1:
            for number, name in zip(numbers, _apart(group)):
                texts[number] = _fit(name)
    return texts


def _apart(names: list[str]) -> list[str]:
    """Names without the words that all of them begin and end with.

    >>> _apart(["shop-backend-5f7c/log/app.log", "shop-frontend-5f7c/log/app.log"])
    ['\u2026backend\u2026', '\u2026frontend\u2026']
    """
    words = [re.findall(r"[^-_./\s]*[-_./\s]?", name) for name in names]
    begin = _same(words)
    end = min(_same([each[::-1] for each in words]), min(map(len, words)) - begin)
    cut = ["".join(each[begin : len(each) - end]) for each in words]
    if end and all(each[-1:] in _BREAKS for each in cut):
        cut = [each[:-1] for each in cut]
    before, after = _LEFT_OUT * (begin > 0), _LEFT_OUT * (end > 0)
    return [before + each + after if each else name for each, name in zip(cut, names)]


def _same(words: list[list[str]]) -> int:
    """How many words all begin with."""
    return next((at for at, each in enumerate(zip(*words)) if len(set(each)) > 1), min(map(len, words)))


def _fit(name: str) -> str:
    """A name in so many cells as a label has, without its middle if it is longer."""
    if cells(name) <= WIDEST:
        return name
    half = (WIDEST - 1) // 2
    end = name[-half - 1 :]
    while cells(end) > WIDEST - 1 - half:
        end = end[1:]
    return clip(name, half) + _LEFT_OUT + end
