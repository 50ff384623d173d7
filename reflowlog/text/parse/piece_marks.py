"""Marks of lines that a container runtime has cut. Imports no reader of lines: each chunk on a screen is searched."""

from __future__ import annotations

from reflowlog.core.lazy_pattern import lazy_pattern

__all__ = ["PIECE_ENDS", "has_pieces"]

PIECE_ENDS = (b" stdout P ", b" stderr P ")
"""Ends of the prefixes before the pieces of CRI, but for the last one of a text."""

_json_piece = lazy_pattern(rb'(?<!\\n)","stream"')


def has_pieces(data: bytes) -> bool:
    r"""Return whether a chunk may hold pieces of lines that a container runtime has cut.

    About 0.02 ms per MB without a capital P and a brace, which are searched first, because one byte is found a hundred
    times as fast as a word; else up to 2 ms.

    Which lines these are is decided by `text/parse/pieces.py`.

    >>> has_pieces(b"2024-05-01T10:00:00Z stdout P it fai\n"), has_pieces(b"2024-05-01T10:00:00Z stdout F it\n")
    (True, False)
    """
    if b"P" in data and any(mark in data for mark in PIECE_ENDS):
        return True
    return b"{" in data and b'{"log":' in data and _json_piece.search(data) is not None
