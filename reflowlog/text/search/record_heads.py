"""Beginnings of records in chunks of lines, and the services that the records belong to. Pure."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from reflowlog.text.parse.multiline import (
    BEFORE,
    MAX_SERVICES,
    NOTHING,
    PIECE,
    GroupState,
    continues,
    grouped,
    has_prefix,
    is_plain_start,
    may_continue,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["RecordHeads", "last_lines", "line_at"]

HEADED_LINE = b"00:00:00 x\n"
LAST_LINES = 32  # lines at the end of a chunk whose services are remembered, as further lines may resume their records


class RecordHeads:
    """Finds the lines that begin a record, chunk by chunk; see `continues`. For one thread.

    Attributes:
        owners: of the records that were found last: the service, and whether it resumes one; empty without services.
    """

    def __init__(self) -> None:
        self.owners: list[tuple[bytes, bool]] = []
        self.reset()

    def reset(self) -> None:
        """Begin anew: no line is before the next one."""
        self._inside = NOTHING  # the state after the lines so far, but for the next one
        self._last_line: bytes | None = None  # a record of one line, the last line so far, if its state is not known
        self._before: dict[bytes, GroupState] = {}  # states of services before lines that were passed over
        self.owners = []

    def end_with(self, line: bytes) -> None:
        """Take over lines whose records were not looked for; the last one of them, `line`, is a record."""
        self._last_line = line

    def forget(self, *, has_services: bool) -> None:
        """Note that lines were passed over. The states of services before them are kept for `recall`."""
        inside, self._last_line = self._state() if has_services else NOTHING, None
        self._inside = BEFORE if has_services else NOTHING
        if inside.services or inside.service:
            self._before.update(inside.services)
            self._before[inside.service] = GroupState(inside.trace, inside.is_headed)
            self._before = dict(list(self._before.items())[-MAX_SERVICES:])

    @property
    def has_forgotten(self) -> bool:
        """Whether there are states for `recall`."""
        return bool(self._before)

    def recall(self, service: bytes, *, is_new: bool) -> None:
        """Continue with the state of a service before the lines that were passed over, unless it begins a record."""
        state = self._before.pop(service, None)
        if is_new and (state is None or state.trace != PIECE):
            state = NOTHING
        if state is not None:
            inside = self._state()
            self._inside = inside._replace(services={**inside.services, service: state})

    def has_single(self, data: bytes) -> bool:
        """Return whether no line of a chunk continues the one before it."""
        if self._last_line is None and self._inside == NOTHING:
            return not may_continue(data)
        first = line_at(data, 0)
        if self._last_line is not None and is_plain_start(first) and not has_prefix(self._last_line):
            return not may_continue(data)
        inside = self._state()
        if not _is_idle(inside) or (inside.is_timed and not has_prefix(first)):  # headless lines continue
            return False
        header = HEADED_LINE if inside.is_headed else b""  # behind it, a line without a header continues
        return not may_continue(header + data) and not continues([first], inside)[0][0]

    def _state(self) -> GroupState:
        """Return the state of `continues` after the lines so far."""
        if self._last_line is not None:
            self._inside, self._last_line = _state_behind(self._last_line), None
        return self._inside

    def heads(self, data: bytes, at: int, *, is_open: bool, has_services: bool) -> list[int]:
        """Return the offsets of the lines from `at` on that begin a record; see `heads_of`."""
        lines = data[at:].split(b"\n")
        if not lines[-1]:
            lines.pop()
        offsets = list(accumulate([len(line) + 1 for line in lines[:-1]], initial=at))
        return self.heads_of(lines, offsets, is_open=is_open, has_services=has_services)

    def heads_of(
        self,
        lines: Sequence[bytes],
        offsets: Sequence[int],
        parts: frozenset[int] = frozenset(),
        *,
        is_open: bool,
        has_services: bool,
    ) -> list[int]:
        """Return the offsets of the lines that begin a record.

        Args:
            lines: the lines.
            offsets: of the lines.
            parts: offsets of later parts of giant lines.
            is_open: a record is open, which the first line may continue.
            has_services: records of services were interrupted before.
        """
        if not lines:
            return []
        further, self._inside = grouped(lines, self._state())
        found = [
            (offset, line.service, line.resumes)
            for offset, line in zip(offsets, further)
            if not line.goes_on and offset not in parts
        ]
        if not is_open and (not found or found[0][0] > offsets[0]):
            found.insert(0, (offsets[0], further[0].service, further[0].goes_on))
        has_services = has_services or bool(self._inside.service or self._inside.services)
        self.owners = [(service, resumes) for _, service, resumes in found] if has_services else []
        return [offset for offset, _, _ in found]

    def ended(self) -> set[int]:
        """Return the numbers of the present records, from 1 on, after which their service begins another one here."""
        ended: set[int] = set()
        following: dict[bytes, bool] = {}  # service: whether its next record resumes one
        for number in range(len(self.owners), 0, -1):
            service, resumes = self.owners[number - 1]
            if following.get(service) is False:
                ended.add(number)
            following[service] = resumes
        return ended

    def united(self, masks: dict[int, int]) -> dict[int, int]:
        """Return the masks of records by number, from 1 on, each with those of all parts of the same record."""
        firsts: list[int] = []  # for each record the number of the one that it resumes, or its own
        latest: dict[bytes, int] = {}  # service: number of its last record
        for number, (service, resumes) in enumerate(self.owners, 1):
            firsts.append(firsts[latest[service] - 1] if resumes and service in latest else number)
            latest[service] = number
        united: dict[int, int] = {}
        for number, first in enumerate(firsts, 1):
            united[first] = united.get(first, 0) | masks.get(number, 0)
        return {number: united[first] for number, first in enumerate(firsts, 1)}


def _state_behind(line: bytes) -> GroupState:
    """Return the state behind a record of one line.

    Without a header of its own the line would continue another: so it tells whether the lines have headers.
    """
    return continues([line.rstrip(b"\n")], BEFORE)[1] if line.strip() else NOTHING


def _is_idle(state: GroupState) -> bool:
    """Return whether only lines that `may_continue` notices can continue a record before them."""
    return state.is_idle and not any(each.is_headed or not each.is_idle for each in state.services.values())


def last_lines(data: bytes) -> int:
    """Return the start of the lines that may be continued after the data: the last one, or some behind a prefix."""
    start = data.rfind(b"\n", 0, len(data) - 1) + 1
    if not has_prefix(data[start:]) and not has_prefix(data):
        return start
    for _ in range(LAST_LINES):
        start = data.rfind(b"\n", 0, max(start - 1, 0)) + 1
    return start


def line_at(data: bytes, start: int) -> bytes:
    """Return the line that starts at an offset, without its newline."""
    end = data.find(b"\n", start)
    return data[start:] if end < 0 else data[start:end]
