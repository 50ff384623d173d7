"""Width, grapheme clusters and clipping of sanitized text, in terminal cells. The only module that uses `wcwidth`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.memo import Memo

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "AWKWARD",
    "BLOCK",
    "MAX_MEMO_CHARS",
    "cells",
    "clip",
    "cluster_blocks",
    "joins_after",
    "joins_before",
    "measure_word",
    "split",
    "sum_of_clusters",
    "word_cells",
]
_MAX_MEMO_ENTRIES = 16_384
MAX_MEMO_CHARS = 64  # of a word or cluster; longer ones hardly repeat
BLOCK = 4_096  # characters of a long word that are split into clusters at a time
AWKWARD = 1 << 48  # a "width" that no line reaches: marks words whose neighbouring blanks are parts of clusters


# --- measuring ---


def _measure_cluster(cluster: str) -> int:
    """Return the width of a grapheme cluster in cells, never negative."""
    from wcwidth import wcswidth  # imported for text that is not ASCII only: it takes longer than starting a program

    return max(wcswidth(cluster), 0)


def measure_word(word: str) -> int:
    """Return the width in cells of a word and of the one blank after it."""
    if word.isascii():
        return len(word) + 1
    return AWKWARD if joins_before(word) or joins_after(word) else sum_of_clusters(word) + 1


_cluster_cells: Memo[str, int] = Memo(_measure_cluster, limit=_MAX_MEMO_ENTRIES, max_key_length=MAX_MEMO_CHARS)
word_cells: Memo[str, int] = Memo(measure_word, limit=_MAX_MEMO_ENTRIES, max_key_length=MAX_MEMO_CHARS)
"""The width in cells of a word and of the one blank after it; `AWKWARD` where such a blank is part of a cluster."""


def cells(text: str) -> int:
    """Return the width of sanitized text.

    Args:
        text: output of `sanitize`, or a part of it.

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
    """Return the longest prefix of a sanitized text that is at most `width` cells wide.

    Args:
        text: output of `sanitize`, or a part of it.
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
    """Return the width of a sanitized text in cells, added up cluster by cluster and not remembered."""
    return len(text) if text.isascii() else sum(sum(widths) for _, widths in cluster_blocks(text, BLOCK))


def joins_before(word: str) -> bool:
    """Return whether a blank before a word belongs to its first cluster (before a combining mark, for example)."""
    return word[:1] > "~" and len(_graphemes(" " + word[0])) == 1


def joins_after(word: str) -> bool:
    """Return whether a blank after a word belongs to its last cluster (after an Arabic number sign, for example)."""
    return word[-1:] > "~" and len(_graphemes(word[-1] + " ")) == 1


def _graphemes(text: str) -> list[str]:
    from wcwidth import iter_graphemes

    return list(iter_graphemes(text))


def split(text: str) -> tuple[list[str], list[int]]:
    """Split a sanitized text into clusters and their widths in cells; zero-width clusters join the one before."""
    if text.isascii():
        return list(text), [1] * len(text)
    parts = _graphemes(text)
    widths = list(map(_cluster_cells.__getitem__, parts))
    return _joined(parts, widths) if 0 in widths else (parts, widths)


def _joined(parts: list[str], widths: list[int]) -> tuple[list[str], list[int]]:
    """Join each zero-width cluster to the one before it, but never to a blank."""
    groups: list[list[str]] = []
    for part, width in zip(parts, widths):
        if width == 0 and groups and groups[-1][0] != " ":
            groups[-1].append(part)
        else:
            groups.append([part])
    clusters = ["".join(group) for group in groups]
    return clusters, [_cluster_cells[cluster] or _cluster_cells[" " + cluster] - 1 for cluster in clusters]


def cluster_blocks(text: str, size: int) -> Iterator[tuple[list[str], list[int]]]:
    """Yield a text's clusters and their widths in cells, about ``size`` characters at a time."""
    start, end = 0, len(text)
    take = size
    while start < end:
        clusters, widths = split(text[start : start + take])
        if start + take < end:  # the next characters may belong to the last cluster
            if len(clusters) == 1:
                take *= 2
                continue
            clusters.pop()
            widths.pop()
        yield clusters, widths
        start += sum(map(len, clusters))
        take = size
