"""Folds of inline mode: which lines of a stream are shown, and which are counted, as they arrive. Knows no terminal.

Invariants:
- Every line is shown, or stands behind a count, in order. What cannot be decided yet (the frames of a traceback, a
  record that may be a repeat, the count of a run) is pending: it is shown as volatile rows, and settled when the next
  record decides about it, or at the end.
- A record that turns out to be no repeat is shown as a whole. Long records without frames are not held back.
- The result is that of the viewer (`pager/folds.py`), as far as a stream tells. The rules are shared: what a repeat is
  (`text/parse/repeats.py`), what of a traceback is hidden and what stands for it (`text/layout/fold_rows.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.layout.fold_rows import fold_lines, repeats_label
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_times import LineClock
from reflowlog.text.parse.multiline import NOTHING, continues
from reflowlog.text.parse.repeats import find_repeats, repeats_line
from reflowlog.text.parse.tracebacks import OPEN, has_frames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["FoldOptions", "InlineFolder", "ShownLine"]

MAX_LINES_WITHOUT_FRAMES = 40  # lines of a record that wait for a frame
MAX_HELD_LINES = 2_000  # lines of a record that are held back at most
MIN_LINES_AT_ONCE = 16  # lines of a chunk whose repeats are found in one pass


class FoldOptions(NamedTuple):
    """Kinds of records that are folded.

    Attributes:
        tracebacks: a level of `text/parse/tracebacks.py`.
        repeats: whether repeats are.
        utc: whether times are shown in UTC.
        names: meanings of field names.
    """

    tracebacks: int = OPEN
    repeats: bool = False
    utc: bool = False
    names: FieldNames = USUAL


class ShownLine(NamedTuple):
    """Line of the history, or count of folded lines, that is shown at one position.

    Attributes:
        number: of the line; the first of those that are counted.
        label: the count; None: the line itself is shown.
    """

    number: int
    label: str | None = None


class InlineFolder:
    """Folds the lines of a stream. For one thread.

    Args:
        options: what is folded.
        number: of the first line.
    """

    def __init__(self, options: FoldOptions, number: int = 0) -> None:
        self._options = options
        self._clock = LineClock(options.names)
        self.end = number  # number of the next line
        self._state = NOTHING
        self._before: list[bytes] = []  # the record before, which repeats repeat
        self._open: list[bytes] = []  # the record that is read
        self._numbers: list[int] = []  # the numbers of its lines
        self._given = 0  # number of its lines that are settled
        self._run = 0  # number of the first repeat,
        self._count = 1  # the number of equal records, the first one included,
        self._times: tuple[float | None, float | None] = (None, None)  # and the times of the first and the last one

    @property
    def settled(self) -> int:
        """Number of the first line that is pending; of the next line if none is."""
        if self._count > 1:
            return self._run
        return self._numbers[self._given] if self._given < len(self._numbers) else self.end

    @property
    def is_settled(self) -> bool:
        """Whether no line is pending."""
        return self._count == 1 and self._given == len(self._numbers)

    def feed(self, lines: Sequence[bytes], numbers: Sequence[int] | None = None) -> list[ShownLine]:
        """Take lines without their newlines, and return the settled parts.

        Args:
            lines: the lines.
            numbers: of the lines, ascending; None: they follow the last one.
        """
        numbers = range(self.end, self.end + len(lines)) if numbers is None else numbers
        settled: list[ShownLine] = []
        flags, self._state = continues(lines, self._state)
        repeats = self._repeats(lines, flags)
        number = 0
        while number < len(lines):
            if repeats[number] and self._may_repeat and len(self._open) == len(self._before) == 1:
                stop = repeats.find(0, number)
                self._count_repeats(lines, numbers, number, stop)
                number = stop
                continue
            line, goes_on = lines[number], flags[number]
            if goes_on and self._open:
                self._add(line, numbers[number], settled)
            else:
                self._close(settled)
                self._begin(line, numbers[number], settled)
            self.end = numbers[number] + 1
            number += 1
        return settled

    def _repeats(self, lines: Sequence[bytes], flags: Sequence[bool]) -> bytes:
        """Return for each line whether it is a record of one line that repeats the one before it, and a zero."""
        if not self._options.repeats or len(lines) < MIN_LINES_AT_ONCE or any(flags):
            return bytes(len(lines) + 1)
        return bytes(find_repeats(lines)) + b"\0"

    def _count_repeats(self, lines: Sequence[bytes], numbers: Sequence[int], start: int, stop: int) -> None:
        """Take the lines of a range, each of which repeats the open record, which is a repeat of one line itself."""
        if self._count == 1:
            self._run = self._numbers[0]
        self._count += stop - start
        last = lines[stop - 2] if stop - start > 1 else self._open[0]
        self._times = self._times[0], self._clock.time_of(last)
        self.end = numbers[stop - 1] + 1
        self._open, self._numbers = [lines[stop - 1]], [numbers[stop - 1]]

    def flush(self) -> list[ShownLine]:
        """Settle the pending lines: nothing continues them."""
        settled: list[ShownLine] = []
        self._close(settled)
        self._end_run(settled)
        self._before = []
        return settled

    def pending(self) -> list[ShownLine]:
        """Return the parts shown of the pending lines, for now."""
        may_repeat = self._may_repeat
        count = self._count + may_repeat
        shown = []
        if count > 1:
            first, last = self._times
            if may_repeat:
                last = self._clock.time_of(self._open[0])
            shown.append(self._run_line(self._run if self._count > 1 else self._numbers[0], count, first, last))
        return shown if may_repeat else shown + self._folded()

    # -- records --------------------------------------------------------------------------------------------------

    @property
    def _may_repeat(self) -> bool:
        return bool(self._open) and not self._given

    def _begin(self, line: bytes, number: int, settled: list[ShownLine]) -> None:
        self._open, self._numbers, self._given = [line], [number], 0
        if not (self._options.repeats and repeats_line(self._before, 0, line)):
            self._give_first(settled)

    def _give_first(self, settled: list[ShownLine]) -> None:
        """Settle the first line of a record that repeats nothing, after the run before it."""
        self._end_run(settled)
        settled.append(ShownLine(self._numbers[0]))
        self._given = 1
        self._times = self._clock.time_of(self._open[0]) if self._options.repeats else None, None

    def _add(self, line: bytes, number: int, settled: list[ShownLine]) -> None:
        place = len(self._open)
        self._open.append(line)
        self._numbers.append(number)
        if self._may_repeat:
            if repeats_line(self._before, place, line):
                return
            self._give_first(settled)
        held = len(self._open) - self._given
        if (
            self._options.tracebacks == OPEN
            or self._given > 1  # as the lines before it
            or held > MAX_HELD_LINES
            or (held > MAX_LINES_WITHOUT_FRAMES and not has_frames(self._open))
        ):
            settled += map(ShownLine, self._numbers[self._given :])
            self._given = len(self._open)

    def _close(self, settled: list[ShownLine]) -> None:
        """End the record that is read."""
        if not self._open:
            return
        if self._may_repeat and len(self._open) == len(self._before):
            if self._count == 1:
                self._run = self._numbers[0]
            self._count += 1
            self._times = self._times[0], self._clock.time_of(self._open[0])
        else:
            if self._may_repeat:
                self._give_first(settled)
            settled += self._folded()
            self._before = self._open
        self._open, self._numbers, self._given = [], [], 0

    def _folded(self) -> list[ShownLine]:
        """Return the parts shown of the unsettled lines of the open record."""
        shown: list[ShownLine] = []
        at, level = self._given, self._options.tracebacks
        for start, stop, label in fold_lines(self._open, level) if at <= 1 < len(self._open) else []:
            shown += map(ShownLine, self._numbers[at:start])
            shown.append(ShownLine(self._numbers[start], label))
            at = stop
        return [*shown, *map(ShownLine, self._numbers[at:])]

    def _end_run(self, settled: list[ShownLine]) -> None:
        if self._count > 1:
            settled.append(self._run_line(self._run, self._count, *self._times))
        self._count = 1

    def _run_line(self, number: int, count: int, first: float | None, last: float | None) -> ShownLine:
        return ShownLine(number, repeats_label(count, first, last, utc=self._options.utc))
