"""Labels: short names of sources in front of their lines, where there are several sources. Pure.

Invariants:
- A label is the file's name; where two are equal, with as many parent directories as distinguish them.
- All labels of a screen are as wide as the widest, so they stand still; one wider than `MAX_LABEL_CELLS` loses its
  middle; where only the middle distinguishes some, they are cut to the words that differ. Names added later (subjects
  of a stream) are fitted on their own, without regard to the others.
- Labels are the first to go on a narrow screen: below `MIN_SCREEN_CELLS` cells there are none, and lines have all of
  the width.
- Colours follow the order of the sources, cyclically.
- A line keeps its bytes: a label is drawn beside it, and depends on its source alone.
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

__all__ = ["MIN_SCREEN_CELLS", "SourceLabels", "owners_of", "short_names"]

MIN_SCREEN_CELLS = 72
"""Cells at least of a screen that has labels."""

MAX_LABEL_CELLS = 16
"""Cells at most of a label."""

_ELLIPSIS = "\u2026"
_SEPARATORS = ("-", "_", ".", "/", " ")
_COLOURS = (
    *("cyan", "yellow", "green", "magenta", "blue", "red"),
    *("bright-cyan", "bright-yellow", "bright-green", "bright-magenta", "bright-blue", "bright-red"),
)


class SourceLabels:
    """Labels of a set of sources.

    Args:
        names: names of the sources, as given by the user. More may be appended while this is in use, before the first
            line of each.
        depth: number of colours of the terminal; 0: none.
        grows: more names will be appended: then labels have the room of the widest possible one, from the start.

    >>> labels = SourceLabels(["/a/app.log", "/b/app.log", "/b/db.log"])
    >>> labels.room(80), labels.text(2, 11), labels.room(60)
    (10, 'db.log     ', 0)
    """

    def __init__(self, names: Sequence[str], depth: Depth = 0, *, grows: bool = False) -> None:
        self._names = names
        self._texts = _fit_names([_clean(name) for name in short_names(names)])
        self._styles = [parse_style(colour, depth) if depth else PLAIN for colour in _COLOURS]
        self._room = (MAX_LABEL_CELLS if grows else max(map(cells, self._texts), default=0)) + 1

    def room(self, width: int | None) -> int:
        """Return the cells that labels take of a width, including the blank after them; 0 for no labels."""
        return 0 if width is None or width < MIN_SCREEN_CELLS else self._room

    def text(self, owner: int | None, room: int) -> str:
        """Return the label before a line, padded to `room` cells; blanks for a line of no source (None)."""
        text = "" if owner is None else self._text(owner)
        return text + " " * (room - cells(text))

    def _text(self, owner: int) -> str:
        known = len(self._texts)
        if owner >= known:
            self._texts += [_fit(_clean(name)) for name in self._names[known:]]
        return self._texts[owner]

    def style(self, owner: int | None) -> Style:
        """Return the style of a source's label."""
        return PLAIN if owner is None else self._styles[owner % len(self._styles)]


def short_names(names: Sequence[str]) -> list[str]:
    """Return the shortest ends of paths that distinguish them.

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
    r"""Return the source of each line of a chunk of whole lines.

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
    """Return a name without control characters; "?" for one that takes no cells."""
    text = sanitize("".join(each if each.isprintable() else "?" for each in name))[0]
    return text if cells(text) else "?"


def _fit_names(names: list[str]) -> list[str]:
    """Fit names into the cells of a label; different names stay different, as far as possible."""
    texts = [_fit(name) for name in names]
    alike: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        alike.setdefault(text, []).append(number)
    for numbers in alike.values():
        group = [names[number] for number in numbers]
        if len(set(group)) > 1:
            for number, name in zip(numbers, _cut_common_words(group)):
                texts[number] = _fit(name)
    return texts


def _cut_common_words(names: list[str]) -> list[str]:
    """Return names without their common first and last words.

    >>> _cut_common_words(["shop-backend-5f7c/log/app.log", "shop-frontend-5f7c/log/app.log"])
    ['\u2026backend\u2026', '\u2026frontend\u2026']
    """
    words = [re.findall(r"[^-_./\s]*[-_./\s]?", name) for name in names]
    begin = _common_words(words)
    end = min(_common_words([each[::-1] for each in words]), min(map(len, words)) - begin)
    cut = ["".join(each[begin : len(each) - end]) for each in words]
    if end and all(each[-1:] in _SEPARATORS for each in cut):
        cut = [each[:-1] for each in cut]
    before, after = _ELLIPSIS * (begin > 0), _ELLIPSIS * (end > 0)
    return [before + each + after if each else name for each, name in zip(cut, names)]


def _common_words(words: list[list[str]]) -> int:
    """Return the number of first words that all have in common."""
    return next((at for at, each in enumerate(zip(*words)) if len(set(each)) > 1), min(map(len, words)))


def _fit(name: str) -> str:
    """Fit a name into the cells of a label: a longer one loses its middle."""
    if cells(name) <= MAX_LABEL_CELLS:
        return name
    half = (MAX_LABEL_CELLS - 1) // 2
    end = name[-half - 1 :]
    while cells(end) > MAX_LABEL_CELLS - 1 - half:
        end = end[1:]
    return clip(name, half) + _ELLIPSIS + end
