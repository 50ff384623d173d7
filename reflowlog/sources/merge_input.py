"""Input of a merge: splits one input into whole lines and filters them on the way into the merger. Thread-unaware.

Invariants:
- Chunks come in, split at any byte; whole lines come out, twice: those in the selected range, which are copied to the
  tee, and those of them that the filter keeps.
- A line that is too long to be held is handled in parts, each with a newline where there are other inputs; the filters
  know that it is one line.
- An input may carry the lines of many sources, each with a `SourceFilter` of its own. It is one input of the merger all
  the same, because its lines are in order already. Their sources are kept beside the merger, as counts of bytes.
"""

from __future__ import annotations

import time
from itertools import chain
from typing import TYPE_CHECKING

from reflowlog.core.byte_runs import ByteRuns
from reflowlog.core.line_splitter import LineSplitter
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.sources.decode import TextDecoder
from reflowlog.sources.sinks import LongLines
from reflowlog.sources.waiting import WaitingClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reflowlog.sources.follow import FollowedFile
    from reflowlog.sources.inputs import Input
    from reflowlog.sources.time_range import RangeFilter
    from reflowlog.text.search.record_filter import RecordFilter

__all__ = ["NO_LINES", "FilteredLines", "MergeInput", "SourceFilter"]

TIME_SEARCH_SIZE = 1 << 10  # bytes at the end of a chunk in which a time is looked for


class FilteredLines(NamedTuple):
    """Whole lines of an input: those in the selected range, and those of them that the filters keep."""

    selected: bytes
    kept: bytes


NO_LINES = FilteredLines(b"", b"")


class SourceFilter:
    """Selection of the lines of one source: a range of time or count, then a record filter.

    Args:
        keep: filter of its records; None keeps all.
        range_filter: filter for a source that is read through; None passes all.
    """

    def __init__(self, keep: RecordFilter | None, range_filter: RangeFilter | None) -> None:
        self._keep = keep
        self._range_filter = range_filter
        self._clock = WaitingClock(counts_work=keep is None or keep.is_on_screen)

    @property
    def holds(self) -> bool:
        """Return whether nothing is released before the source's end."""
        return self._range_filter is not None and self._range_filter.holds

    def selected(self, lines: bytes, *, is_part: bool = False) -> bytes:
        """Return the lines that are in the selected range; `is_part`: it is a later part of the last line."""
        if self._range_filter is None or not lines:
            return lines
        return self._range_filter.feed_part(lines) if is_part else self._range_filter.feed(lines)

    def flush(self) -> bytes:
        """Return the lines that were held until the source's end."""
        return b"" if self._range_filter is None else self._range_filter.flush()

    def take_held(self) -> Iterator[bytes]:
        """Return the lines that were held until the source's end, in chunks split at any byte; what follows passes."""
        range_filter, self._range_filter = self._range_filter, None
        return iter(()) if range_filter is None else range_filter.chunks()

    def pause(self) -> bytes:
        """Return the held lines that can be released during a pause of the input."""
        return b"" if self._range_filter is None or self._range_filter.holds else self._range_filter.pause()

    def keep_lines(self, lines: bytes, *, goes_on: bool = False) -> bytes:
        """Return the lines that the filter keeps; `goes_on`: the last one is the first part of a line."""
        if self._keep is None or not lines:
            return lines
        kept = self._keep.feed(lines, self._clock.start_work(), goes_on=goes_on and not self.holds)
        self._clock.stop_work()
        return kept

    def keep_part(self, part: bytes, *, goes_on: bool) -> bytes:
        """Return a later part of the last line if the filter keeps that line; `goes_on`: it is not the last part."""
        if self._keep is None or not part or self.holds:
            return self.keep_lines(part)
        kept = self._keep.feed_part(part, self._clock.start_work(), goes_on=goes_on)
        self._clock.stop_work()
        return kept

    def decide_old(self) -> bytes:
        """Decide about pending lines that are held for long, and return those that are kept."""
        return b"" if self._keep is None else self._keep.pause_if_old(self._clock.start_work())

    @property
    def pending(self) -> bytes:
        """Return the lines that the filter has not decided about, from the first on."""
        return b"" if self._keep is None else self._keep.pending

    def decide(self, *, ended: bool) -> bytes:
        """Decide about the pending lines and return those that are kept; `ended` tells its end from a pause."""
        return b"" if self._keep is None else self._keep.rest() if ended else self._keep.pause()


class MergeInput:
    """One input of a merge, with its splitter and filters.

    Args:
        source: what is read.
        number: the number of its source.
        source_names: names of all sources; those that the input carries are added. None: sources are not tracked.
        make_source_filter: makes the filter of each source in it.
        warn: takes one line when a line is too long.
        is_only: it is passed on unchanged: no newline is put between the parts of a line.

    Attributes:
        chunks: the chunks to read of a file, split at any byte; None for a live input.
        followed: the follower of a file that grows; None: it is not followed.
        is_resting: whether the merger does not wait for it now.
        active_at: monotonic time at which it last yielded something.
        partial_line: its last line, if it ended without a newline.
    """

    def __init__(
        self,
        source: Input,
        number: int,
        source_names: list[str] | None,
        make_source_filter: Callable[[], SourceFilter],
        warn: Callable[[str], None],
        *,
        is_only: bool = False,
    ) -> None:
        self.source = source
        self.chunks: Iterator[bytes | None] | None = None
        self.followed: FollowedFile | None = None
        self.is_resting = False
        self.active_at = time.monotonic()
        self.partial_line = b""
        self._source_names = [] if source_names is None else source_names
        self._tracks_sources = source_names is not None and source.runs is not None
        self._make_source_filter = make_source_filter
        self._filters = {} if source.runs is not None else {number: make_source_filter()}
        self._numbers: dict[str, int] = {}
        self._splitter = LineSplitter()
        # Of a source whose messages are counted by bytes none may be added or converted; its server bounds their size.
        self._decoder = TextDecoder() if source.runs is None else None
        self._long_lines = LongLines(warn)
        self._is_cut = False  # the partial line is a later part of a line
        self._part_end = b"" if is_only else b"\n"
        self._is_decoded = False  # what is read was decoded when it was held
        self._merged_runs: ByteRuns[int] = ByteRuns()  # sources of the bytes in the merger, if the input has several

    @property
    def is_live(self) -> bool:
        """Return whether the input is waited for (a pipe, FIFO or socket) rather than read on demand."""
        return self.chunks is None and self.followed is None

    @property
    def holds(self) -> bool:
        """Return whether nothing is released before the input's end."""
        return any(source_filter.holds for source_filter in self._filters.values())

    def filter(self, data: bytes) -> FilteredLines:
        """Return the lines that a chunk completes, filtered."""
        if self.followed is not None:  # a partial line comes after its timeout
            goes_on = not data.endswith(b"\n")
            return self._filter_lines(data + self._part_end if goes_on else data, goes_on=goes_on)
        if self._decoder is None:
            return self._filter_lines(self._splitter.feed(data))
        if not self._is_decoded:
            data = self._decoder.feed(data)
        selected = kept = b""
        if data[:1] not in (b"", b"\n") and self._long_lines.must_cut(self._splitter.partial_bytes):
            selected, kept = self._filter_lines(self._splitter.flush_partial() + self._part_end, goes_on=True)
        more_selected, more_kept = self._filter_lines(self._splitter.feed(data))
        return FilteredLines(selected + more_selected, kept + more_kept)

    def _filter_lines(self, lines: bytes, *, goes_on: bool = False) -> FilteredLines:
        """Filter lines, of which the last one may go on, though it has a newline here; see `filter`."""
        selected, kept = [], []
        is_live = self.is_live or self.followed is not None
        for number, part, is_part in self._parts(lines):
            source_filter = self._filters[number]
            wanted = source_filter.selected(part, is_part=is_part)
            selected.append(wanted)
            keep = source_filter.keep_part if is_part else source_filter.keep_lines
            found = keep(wanted, goes_on=goes_on)
            if is_live and wanted:
                found += source_filter.decide_old()
            kept.append(self._count_sources(number, found))
        if lines:
            self._is_cut = goes_on
        return FilteredLines(b"".join(selected), b"".join(kept))

    def _parts(self, lines: bytes) -> Iterable[tuple[int, bytes, bool]]:
        """Return lines by source, in order: its number, the lines, whether they are a later part of the last one."""
        if self.source.runs is None:
            end = lines.find(b"\n") + 1 or len(lines) if self._is_cut else 0
            parts = [(lines[:end], True), (lines[end:], False)]
            return [(number, *part) for number in self._filters for part in parts if part[0]]
        found, start = [], 0
        for name, size in self.source.runs(len(lines)):
            found.append((self._number_of(name), lines[start : start + size], False))
            start += size
        return found

    def _number_of(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._source_names)
            self._source_names.append(name)
            self._filters[number] = self._make_source_filter()
        return number

    def _count_sources(self, number: int, lines: bytes) -> bytes:
        if lines and self._tracks_sources:
            self._merged_runs.put(number, len(lines))
        return lines

    def watermark_candidates(self, selected: bytes) -> Iterable[bytes]:
        """Return candidates for this input's low watermark after lines of which not all were kept.

        Nothing still pending is older than the first of them that has a time.
        """
        if self.source.runs is not None:
            return ()
        pending = b"".join([source_filter.pending for source_filter in self._filters.values()])
        if pending:
            return (pending.partition(b"\n")[0],)
        return reversed(selected[-TIME_SEARCH_SIZE:].split(b"\n")[1:])

    def flush_paused(self) -> FilteredLines:
        """Release undecided lines during a pause."""
        selected, kept = [], []
        for number, source_filter in self._filters.items():
            selected.append(source_filter.pause())
            kept.append(
                self._count_sources(number, source_filter.keep_lines(selected[-1]) + source_filter.decide(ended=False))
            )
        return FilteredLines(b"".join(selected), b"".join(kept))

    def flush_restarted(self) -> FilteredLines:
        """Flush the partial line and undecided records because a file starts over."""
        selected, kept = self._filter_lines(self._splitter.flush_partial())
        self._is_cut = False
        return FilteredLines(selected, kept + self._decide_rest())

    def reread_held(self) -> FilteredLines | None:
        """Make the lines that were held until the input's end those to read next; None: it holds none.

        Returns:
            What its last bytes complete before them.
        """
        if not self.holds or len(self._filters) > 1 or self._decoder is None:
            return None
        lines = self._filter_lines(self._splitter.feed(self._decoder.flush()) + self._splitter.flush_partial())
        self._is_cut, self._is_decoded = False, True
        self.chunks = chain.from_iterable(each.take_held() for each in self._filters.values())
        return lines

    def flush_end(self) -> FilteredLines:
        """Flush all that is left at the input's end."""
        undecoded = b"" if self._decoder is None or self._is_decoded else self._decoder.flush()
        rest = self._splitter.feed(undecoded) + self._splitter.flush_partial()
        selected, kept = self._filter_lines(rest)
        for number, source_filter in self._filters.items():
            held = source_filter.flush()
            selected += held
            kept += self._count_sources(number, source_filter.keep_lines(held))
        self.partial_line = b"" if selected.endswith(b"\n") else selected[selected.rfind(b"\n") + 1 :]
        return FilteredLines(selected, kept + self._decide_rest())

    def _decide_rest(self) -> bytes:
        return b"".join(
            [self._count_sources(number, each.decide(ended=True)) for number, each in self._filters.items()]
        )

    def owners(self, number: int, size: int) -> Sequence[tuple[int, int]]:
        """Return the sources of the next `size` bytes from the merger, in which this input has the given number."""
        return [(number, size)] if self.source.runs is None else self._merged_runs.take(size)
