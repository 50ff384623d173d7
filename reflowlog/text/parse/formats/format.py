"""A header format: its name, its source, its pattern and its samples."""

from __future__ import annotations

from reflowlog.core.named_tuple import NamedTuple

__all__ = ["Format"]


class Format(NamedTuple):
    """A header format.

    Attributes:
        name: shown by ``--explain``.
        source: where the format is defined: a URL, or a program and its version.
        pattern: see `reflowlog.text.parse.formats`.
        samples: lines with their truth, one a line: ``TIME LEVEL LOGGER » LINE``; see ``tests/support/formats.py``.
        starts: first characters of the pattern: ``a`` for any small letter, ``A`` for any capital, ``0`` for any digit.
        needs: texts of which each header of the format holds one, so that other lines are passed over fast; they may
            begin a few characters before the pattern (`NEEDS_BEFORE`).
        carries: the header of an application may follow.
        behind_time: read only behind a time or another header, not at the start of a line.
        is_exact: the pattern tells all: the message starts where it ends, even where what follows looks like a component,
            and there is no other level.
    """

    name: str
    source: str
    pattern: str
    samples: str
    starts: str
    needs: tuple[str, ...]
    carries: bool = False
    behind_time: bool = False
    is_exact: bool = False
