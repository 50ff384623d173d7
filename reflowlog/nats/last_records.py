"""The last N records of a stream, collected while its messages are read. Without I/O and threads.

Invariants:
- A record is a line with its continuation lines (`text/parse/multiline.py`), also where they come in the next messages
  of its subject: a traceback counts once, and is not cut.
"""

from __future__ import annotations

from collections import deque
from itertools import accumulate
from typing import NamedTuple

from reflowlog.text.parse.multiline import NOTHING, continues

__all__ = ["LastRecords"]


class _HeldMessage(NamedTuple):
    subject: str
    data: bytes
    heads: list[int]  # offsets of the records that begin in it


class LastRecords:
    r"""Holds the newest messages that the last `wanted` records need.

    Args:
        wanted: how many records.

    >>> tail = LastRecords(2)
    >>> for message in ("a", b"1\n2\n  more\n"), ("b", b"x\n"), ("a", b"  and more\n"):
    ...     tail.add(*message)
    >>> tail.take()
    [('a', b'2\n  more\n'), ('b', b'x\n'), ('a', b'  and more\n')]
    """

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self._messages: deque[_HeldMessage] = deque()
        self._records = 0  # that begin in these messages
        self._is_cut = False  # whether older messages were discarded
        self._inside: dict[str, int] = {}  # by subject: state of `multiline.continues` for its next line

    def add(self, subject: str, data: bytes) -> None:
        """Append a message of whole lines."""
        lines = data.split(b"\n")[:-1]
        further, inside = continues(lines, self._inside.get(subject, NOTHING))
        if subject not in self._inside and further:  # the subject's first line begins a record
            further[0] = False
        self._inside[subject] = inside
        starts = accumulate([len(line) + 1 for line in lines], initial=0)
        heads = [at for at, goes_on in zip(starts, further) if not goes_on]
        self._messages.append(_HeldMessage(subject, data, heads))
        self._records += len(heads)
        while self._messages and self._records - len(self._messages[0].heads) >= self.wanted:
            self._records -= len(self._messages.popleft().heads)
            self._is_cut = True

    def take(self) -> list[tuple[str, bytes]]:
        """Return the last records as messages (subject, data)."""
        found = [(message.subject, message.data) for message in self._messages]
        over = self._records - self.wanted
        if found and (over > 0 or (over == 0 and self._is_cut)):
            subject, data, heads = self._messages[0]
            found[0] = subject, data[heads[over] :]
        return found
