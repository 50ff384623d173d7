"""Terminal cells of sanitized text: its width, its grapheme clusters, clipping. The only module that uses `wcwidth`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "AWKWARD",
    "BLOCK",
    "cells",
    "clip",
    "cluster_blocks",
    "joins_after",
    "joins_before",
    "split",
    "sum_of_clusters",
    "word_cells",
]
_REMEMBERED = 16_384  # entries of each memo below; a full memo starts again
_LONGEST_REMEMBERED = 64  # characters; longer words hardly come twice
BLOCK = 4_096  # characters of a long word that are taken apart at a time
AWKWARD = 1 << 48  # a "width" no line reaches: marks words whose blanks are parts of clusters


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
        if word.isascii():
            width = len(word) + 1
        else:
            width = AWKWARD if joins_before(word) or joins_after(word) else sum_of_clusters(word) + 1
        if len(word) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[word] = width
        return width


_cluster_cells = _ClusterCells()
word_cells = _WordCells()


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
    with_blanks = sum(map(word_cells.__getitem__, text.split(" ")))
    return with_blanks - 1 if with_blanks < AWKWARD else sum_of_clusters(text)


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
    for clusters, widths in cluster_blocks(text, 2 * width + 16):
        for cluster, wide in zip(clusters, widths):
            used += wide
            if used > width:
                return text[:taken]
            taken += len(cluster)
    return text


def sum_of_clusters(text: str) -> int:
    return len(text) if text.isascii() else sum(sum(widths) for _, widths in cluster_blocks(text, BLOCK))


def joins_before(word: str) -> bool:
    """Whether a blank before the word is part of the word's first cluster (a combining mark, say)."""
    return word[:1] > "~" and len(_graphemes(" " + word[0])) == 1


def joins_after(word: str) -> bool:
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


def cluster_blocks(text: str, size: int) -> Iterator[tuple[list[str], list[int]]]:
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
