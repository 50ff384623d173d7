"""The last N records of a stream, collected while its messages are read. Without I/O and threads.

Invariants:
- A record is a line with its continuation lines (`text/parse/multiline.py`), also where they come in the next messages
  of its subject: a traceback counts once, and is not cut.
"""

from __future__ import annotations

from collections import deque
from itertools import accumulate

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.multiline import NOTHING, GroupState, continues

__all__ = ["LastRecords"]


class _HeldMessage(NamedTuple):
    subject: str
    data: bytes
    heads: list[int]  # offsets of the records that begin in it


class LastRecords:
    r"""Holds the newest messages that the last `limit` records need.

    Args:
        limit: number of records.

    >>> tail = LastRecords(2)
    >>> for message in ("a", b"1\n2\n  more\n"), ("b", b"x\n"), ("a", b"  and more\n"):
    ...     tail.add(*message)
    >>> tail.take()
    [('a', b'2\n  more\n'), ('b', b'x\n'), ('a', b'  and more\n')]
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._messages: deque[_HeldMessage] = deque()
        self._records = 0  # that begin in these messages
        self._has_discarded = False  # whether older messages were discarded
        self._states: dict[str, GroupState] = {}  # by subject: state of `multiline.continues` for its next line

    def add(self, subject: str, data: bytes) -> None:
        """Append a message of whole lines."""
        lines = data.split(b"\n")[:-1]
        is_continuation, state = continues(lines, self._states.get(subject, NOTHING))
        if subject not in self._states and is_continuation:  # the subject's first line begins a record
            is_continuation[0] = False
        self._states[subject] = state
        starts = accumulate([len(line) + 1 for line in lines], initial=0)
        heads = [offset for offset, continued in zip(starts, is_continuation) if not continued]
        self._messages.append(_HeldMessage(subject, data, heads))
        self._records += len(heads)
        while self._messages and self._records - len(self._messages[0].heads) >= self.limit:
            self._records -= len(self._messages.popleft().heads)
            self._has_discarded = True

    def take(self) -> list[tuple[str, bytes]]:
        """Return the last records as messages (subject, data)."""
        messages = [(message.subject, message.data) for message in self._messages]
        surplus = self._records - self.limit
        if messages and (surplus > 0 or (surplus == 0 and self._has_discarded)):
            subject, data, heads = self._messages[0]
            messages[0] = subject, data[heads[surplus] :]
        return messages
