"""Cells of text, and where rows break.

Rules of this file:
- Everything here is pure: text and a width in, rows out. It is the only user of `wcwidth`, and asks it only once a
  text is not ASCII, because importing it takes longer than starting most programs.
- Text is what `text/sanitize.py` gives: one line without any control character or tab. A blank is U+0020 alone:
  a no-break space never breaks, and an ideographic space (U+3000) is an ordinary wide character.
- Three ways lead to the same rows. Printable ASCII that holds no long word is cut by one regular expression
  (`wrap_plain`), other printable ASCII by searching blanks (`_ascii_cuts`), all other text by measured words
  (`_Layout`). Whoever changes one changes all; tests/text/test_wrap.py compares them with each other and with a slow
  reference.
- A text is measured as the sum of its clusters, so rows can be added up from words. A cluster that takes no cells
  goes with the one before it.
- No step may look at a whole line once per row: a line of 100 MB takes linear time.

How a row ends, for width W (cells), hang H and room W - H in the rows after the first: at the last blank that leaves
it within its room; blanks around a break are not drawn. A word longer than the room of the later rows starts in the
row it is met in and is cut between clusters. If a line's indentation leaves its first word no room, and the next row
does, then the first row is empty rather than the word cut. A cluster wider than an empty row is a row ``"?"``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

from reflowlog.model import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Mode", "cells", "clip", "rows", "split", "whole", "wrap_plain"]

Mode = Literal["word", "char", "none"]
"""Rows break at blanks; or anywhere between clusters; or there is one row, cut at the edge."""

_MARK = "?"  # stands for a cluster that is wider than the whole row
_LEAST_ROOM = 2  # cells a hanging indent must leave: any usual cluster fits into them
_REMEMBERED = 16_384  # entries of each memo below; a full memo starts again
_LONGEST_REMEMBERED = 64  # characters; longer words hardly come twice
_BLOCK = 4_096  # characters of a long word that are taken apart at a time
_WINDOW = 65_536  # characters of a long line that are taken apart at a time
_AWKWARD = 1 << 48  # a "width" no line reaches: marks words whose blanks are parts of clusters
_WORD_ENDS = re.compile(r"[!-~](?= [!-~])")


# --- measuring ---


class _ClusterCells(dict[str, int]):
    """Cells of grapheme clusters, measured when first asked for."""

    def __missing__(self, cluster: str) -> int:
        from wcwidth import wcswidth

        width = max(wcswidth(cluster), 0)
        if len(cluster) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[cluster] = width
        return width


class _WordCells(dict[str, int]):
    """Cells of words and of the one blank after each, measured when first asked for."""

    def __missing__(self, word: str) -> int:
        width = _AWKWARD if _joins_before(word) or _joins_after(word) else _sum_of_clusters(word) + 1
        if len(word) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[word] = width
        return width


_cluster_cells = _ClusterCells()
_word_cells = _WordCells()


def cells(text: str) -> int:
    """Width of sanitized text.

    Args:
        text: what `sanitize` gives, or a part of it.

    Returns:
        Terminal cells, never negative.

    Examples:
        >>> cells("plain"), cells("日本"), cells("e\u0301")
        (5, 4, 1)
    """
    if text.isascii():
        return len(text)
    width = sum(map(_word_cells.__getitem__, text.split(" "))) - 1
    return width if width < _AWKWARD else _sum_of_clusters(text)


def clip(text: str, width: int) -> str:
    """The longest start of a sanitized text that is no wider than a number of cells.

    Args:
        text: what `sanitize` gives, or a part of it.
        width: cells, 0 or more.

    Returns:
        Whole clusters; trailing blanks stay.

    Examples:
        >>> clip("日本語", 5)
        '日本'
    """
    if text.isascii():
        return text[:width]
    taken = used = 0
    for clusters, widths in _blocks(text, 2 * width + 16):
        for cluster, wide in zip(clusters, widths):
            used += wide
            if used > width:
                return text[:taken]
            taken += len(cluster)
    return text


def _sum_of_clusters(text: str) -> int:
    return len(text) if text.isascii() else sum(sum(widths) for _, widths in _blocks(text, _BLOCK))


def _joins_before(word: str) -> bool:
    """Whether a blank before the word is part of the word's first cluster (a combining mark, say)."""
    return word[:1] > "~" and len(_graphemes(" " + word[0])) == 1


def _joins_after(word: str) -> bool:
    """Whether a blank after the word is part of the word's last cluster (an Arabic number sign, say)."""
    return word[-1:] > "~" and len(_graphemes(word[-1] + " ")) == 1


def _graphemes(text: str) -> list[str]:
    from wcwidth import iter_graphemes

    return list(iter_graphemes(text))


def split(text: str) -> tuple[list[str], list[int]]:
    """A sanitized text's clusters, and the cells of each; those without cells are joined to the one before."""
    if text.isascii():
        return list(text), [1] * len(text)
    parts = _graphemes(text)
    widths = list(map(_cluster_cells.__getitem__, parts))
    return _joined(parts, widths) if 0 in widths else (parts, widths)


def _joined(parts: list[str], widths: list[int]) -> tuple[list[str], list[int]]:
    """Join each cluster that takes no cells to the one before it, but never to a blank."""
    groups: list[list[str]] = []
    for part, width in zip(parts, widths):
        if width == 0 and groups and groups[-1][0] != " ":
            groups[-1].append(part)
        else:
            groups.append([part])
    clusters = ["".join(group) for group in groups]
    return clusters, [_cluster_cells[cluster] or _cluster_cells[" " + cluster] - 1 for cluster in clusters]


def _blocks(text: str, size: int) -> Iterator[tuple[list[str], list[int]]]:
    """A text's clusters and their cells, about ``size`` characters at a time."""
    start, end = 0, len(text)
    take = size
    while start < end:
        clusters, widths = split(text[start : start + take])
        if start + take < end:  # what follows may belong to the last one
            if len(clusters) == 1:
                take *= 2
                continue
            clusters.pop()
            widths.pop()
        yield clusters, widths
        start += sum(map(len, clusters))
        take = size


# --- printable ASCII ---

_finders: dict[int, Callable[[str, int], list[str]]] = {}


def _finder(room: int) -> Callable[[str, int], list[str]]:
    """Finds all rows of ``room`` cells, each with the blanks after it, in a text that ends in a blank.

    The literal blank directly after the repeat is what makes it fast: the engine then only looks at blanks on its way
    back. Where a word does not fit, the last match is all the rest, longer than any row.
    """
    found = _finders.get(room)
    if found is None:
        if len(_finders) >= 256:
            _finders.clear()
        found = _finders[room] = re.compile(f"(?s).{{0,{room}}}  *|.+").findall
    return found


def wrap_plain(text: str, width: int, hang: int) -> list[str]:
    """Rows of printable ASCII, finished: rows after the first begin with their hanging indent.

    Args:
        text: printable ASCII (`is_plain`).
        width: cells, 1 or more.
        hang: blanks before the rows after the first, in cells; 0 is taken where less than 2 cells are left.

    Returns:
        One string or more, none wider than ``width`` and none ending in a blank.

    Examples:
        >>> wrap_plain("one two three", 9, 2)
        ['one two', '  three']
    """
    if len(text) <= width:
        return [text.rstrip()]
    if width - hang < _LEAST_ROOM:
        hang = 0
    room = width - hang
    found = (_finders.get(room) or _finder(room))(text + " ", hang)
    if len(found[-1]) > room + 1:  # a long word, or many blanks at the end
        indent = " " * hang
        cuts = _ascii_cuts(text.rstrip(), width, hang)
        return [indent + text[start:end] if start else text[start:end] for start, end in cuts]
    if not hang:
        return [row.rstrip() for row in found]
    indent = " " * hang
    lines = [indent + row.rstrip() for row in found]
    lines[0] = (text[:hang] + found[0]).rstrip()
    return lines


def _ascii_cuts(text: str, width: int, hang: int) -> list[tuple[int, int]]:
    """Starts and ends (offsets) of the rows of printable ASCII without blanks at its end."""
    cuts: list[tuple[int, int]] = []
    start, end, room = 0, len(text), width
    while end - start > room:
        cut = text.rfind(" ", start, start + room + 1)
        if cut >= 0:
            drawn = cut
            while drawn > start and text[drawn - 1] == " ":
                drawn -= 1
            cuts.append((start, drawn))
            start = cut + 1
            if text[start] == " ":
                start = _after_blanks(text, start)
        elif start and text[start - 1] == " " and cuts[-1][0] + _room(cuts, width, hang) > start:
            # A long word: it starts in the row before, as far as there is room.
            edge = cuts[-1][0] + _room(cuts, width, hang)
            cuts[-1] = (cuts[-1][0], edge)
            start = edge
        else:
            cuts.append((start, start + room))
            start += room
        room = width - hang
    cuts.append((start, end))
    return cuts


def _room(cuts: list[tuple[int, int]], width: int, hang: int) -> int:
    """Room (cells) of the row that was cut last."""
    return width if len(cuts) == 1 else width - hang


_blanks = re.compile(" *")


def _after_blanks(text: str, start: int) -> int:
    found = _blanks.match(text, start)
    return found.end() if found else start


# --- all other text ---


def rows(text: str, width: int, hang: int, mode: Mode = "word") -> list[Row]:
    """Rows of any sanitized text.

    Args:
        text: what `sanitize` gives.
        width: cells, 1 or more.
        hang: blanks before the rows after the first, in cells; 0 is taken where less than 2 cells are left.
        mode: ``"word"`` breaks at blanks; ``"char"`` at the edge, between any two clusters, and draws all blanks but
            those at a row's end; ``"none"`` gives the one row that fits.

    Returns:
        One row or more. ``start`` and ``end`` are offsets in ``text`` and rise; what lies between two rows, before
        the first or after the last is blanks that are not drawn (or, in mode ``"none"``, what did not fit).

    Examples:
        >>> [(row.start, row.end, row.indent, row.text) for row in rows("日本 one", 5, 2)]
        [(0, 2, 0, '日本'), (3, 6, 2, 'one')]
    """
    text = text.rstrip(" ")
    if width - hang < _LEAST_ROOM:
        hang = 0
    if mode == "none":
        return [_clipped(text, width)]
    if text.isascii():
        cuts = _ascii_cuts(text, width, hang) if mode == "word" else _edge_cuts(len(text), width, hang)
        return [_ascii_row(text, start, end, hang) for start, end in cuts]
    return _Layout(width, hang).lay(text) if mode == "word" else _by_clusters(text, width, hang)


def whole(text: str) -> Row:
    """A sanitized text as one row without end, to the letter; its cells are not measured (0)."""
    return Row(0, len(text), 0, 0, text)


def _clipped(text: str, width: int) -> Row:
    shown = clip(text, width).rstrip(" ")
    if not shown and text[:1].strip(" "):
        first = next(_blocks(text, width))[0][0]
        return Row(0, len(first), 0, 1, _MARK)
    return Row(0, len(shown), 0, cells(shown), shown)


def _edge_cuts(end: int, width: int, hang: int) -> list[tuple[int, int]]:
    room = width - hang
    starts = [0, *range(width, end, room)]
    return list(zip(starts, [*starts[1:], end]))


def _ascii_row(text: str, start: int, end: int, hang: int) -> Row:
    shown = text[start:end].rstrip(" ")
    size = len(shown)
    return Row(start, start + size, hang if start else 0, size, shown)


def _by_clusters(text: str, width: int, hang: int) -> list[Row]:
    """Rows cut at the edge, between any two clusters."""
    found: list[Row] = []
    start = base = 0
    size = cells(text)
    for piece_end, piece_base, mark in _pieces(text, size, width, width - hang, fresh=True):
        found.append(_cut_row(text, start, piece_end, piece_base - base, hang if found else 0, mark))
        start, base = piece_end, piece_base
    if start < len(text) or not found:
        found.append(_cut_row(text, start, len(text), size - base, hang if found else 0, mark=False))
    return found


def _cut_row(text: str, start: int, end: int, width: int, indent: int, mark: bool) -> Row:
    if mark:
        return Row(start, end, indent, 1, _MARK)
    shown = text[start:end]
    bare = shown.rstrip(" ")
    return Row(start, start + len(bare), indent, width - (len(shown) - len(bare)), bare)


def _pieces(text: str, size: int, left: int, room: int, fresh: bool) -> Iterator[tuple[int, int, bool]]:
    """Cut a text that is too long for a row between its clusters.

    Args:
        text: what to cut, of ``size`` cells.
        size: cells of the whole text.
        left: cells left for it in the row it starts in.
        room: cells of each later row.
        fresh: whether it is at the start of that row.

    Yields:
        For each piece but the last: where it ends, in characters and in cells of the text, and whether it is one
        cluster that is wider than the row. The first piece is empty if nothing of the text fits into ``left``.
        The last piece, not told, takes ``room`` or less; it is empty after a cluster that is too wide.
    """
    row_start, limit = 0, left  # offset and cells
    char_base = cell_base = 0  # where the block starts
    for clusters, widths in _blocks(text, _BLOCK):
        cell_ends = list(accumulate(widths, initial=cell_base))
        char_ends = list(accumulate(map(len, clusters), initial=char_base))
        while True:
            fits = max(bisect_right(cell_ends, limit) - 1, 0)
            if fits == len(clusters):
                break
            mark = fresh and char_ends[fits] == row_start
            if mark:
                fits += 1
            row_start, row_base = char_ends[fits], cell_ends[fits]
            yield row_start, row_base, mark
            if size - row_base <= room:
                return
            fresh, limit = True, row_base + room
        char_base, cell_base = char_ends[-1], cell_ends[-1]


class _Layout:
    """Rows of one line of measured words. Cells are counted along the line as if it were one endless row."""

    __slots__ = ("hang", "rows", "width")

    def __init__(self, width: int, hang: int) -> None:
        self.width = width
        self.hang = hang
        self.rows: list[Row] = []

    def lay(self, text: str) -> list[Row]:
        """Lay out a whole line, a window at a time: a window's last row is laid out again with the next one."""
        start, end, window = 0, len(text), _WINDOW
        while end - start > window:
            found = _WORD_ENDS.search(text, start + window)
            if found is None:
                break
            self._fill(text[start : found.end()], start)
            last = self.rows.pop()
            window = _WINDOW if last.start > start else 2 * window
            start = last.start
        self._fill(text[start:], start)
        return self.rows

    def _fill(self, text: str, offset: int) -> None:
        """Add the rows of a text that starts at an offset of the line, at the start of a row, and ends in a word."""
        words, cell_ends = _measured(text)
        lengths = list(accumulate(map(len, words)))  # the blanks between words come on top
        rest = self.width - self.hang
        first = start = base = 0  # word, offset and cells where the row starts
        while True:
            room = rest if self.rows else self.width
            past = bisect_right(cell_ends, base + room + 1, first)
            if past == len(words):
                self._add(text, offset, start, len(text), cell_ends[-1] - 1 - base)
                return
            word_base = cell_ends[past - 1] if past > first else base
            size = cell_ends[past] - 1 - word_base
            if past == first or size > rest:
                word_start = lengths[past - 1] + past if past > first else start
                word_end = lengths[past] + past
                for chars, wide, mark in _pieces(
                    text[word_start:word_end], size, base + room - word_base, rest, past == first
                ):
                    if mark:
                        self._add(text, offset, start, word_start + chars, 1, mark)
                    else:
                        self._add(text, offset, start, word_start + chars, word_base + wide - base)
                    start, base = word_start + chars, word_base + wide
                first = past
                if start < word_end:
                    continue
                past += 1
                if past == len(words):
                    return
            else:
                self._add(text, offset, start, max(lengths[past - 1] + past - 1, start), word_base - 1 - base)
            while not words[past]:
                past += 1
            first, start, base = past, lengths[past - 1] + past, cell_ends[past - 1]

    def _add(self, text: str, offset: int, start: int, end: int, width: int, mark: bool = False) -> None:
        self.rows.append(_cut_row(text, start, end, width, self.hang if self.rows else 0, mark))
        if offset:
            row = self.rows[-1]
            self.rows[-1] = row._replace(start=row.start + offset, end=row.end + offset)


def _measured(text: str) -> tuple[list[str], list[int]]:
    """A text's words, and the cells up to the end of the blank after each."""
    words = text.split(" ")
    cell_ends = list(accumulate(map(_word_cells.__getitem__, words)))
    if cell_ends[-1] >= _AWKWARD:
        words = _merged(words)
        cell_ends = list(accumulate(_sum_of_clusters(word) + 1 for word in words))
    return words, cell_ends


def _merged(words: list[str]) -> list[str]:
    """Join words at those blanks that are part of a cluster, and so no blanks: nothing may break there."""
    groups: list[list[str]] = []
    for word in words:
        if groups and (_joins_before(word) or _joins_after(groups[-1][-1])):
            groups[-1].append(word)
        else:
            groups.append([word])
    return [" ".join(group) for group in groups]
