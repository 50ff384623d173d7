"""Reader of many inputs: reads them together on one thread, splits and filters each, and merges them by time.

Invariants:
- Each input is a `MergeInput`. The output is whole lines, in the order of `sources/merge.py`: where lines have no times
  that is one input after another.
- Files are read when the merger needs more of them, so memory is a chunk or two of each; chunks are smaller where there
  are many inputs.
- Live inputs (pipes, FIFOs, standard input) are waited for as well, but not after `QUIET_TIMEOUT` seconds of silence,
  until they have data again. A partial line is held until its newline; in a followed file for `PARTIAL_LINE_TIMEOUT`
  seconds, after which it counts as a line.
- All followed files are polled before anything of that poll is released, and lines newer than the poll before wait for
  the next one; so lines that were written to several of them are released in the order of their times.
- A failed input is reported in one line, and the others continue.
- Followed directories are polled like followed files: what appears in them is one more input.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from itertools import chain
from typing import TYPE_CHECKING

from reflowlog.core.byte_runs import ByteRuns
from reflowlog.core.events import Chunk, EndOfInput
from reflowlog.sources.decode import is_utf16
from reflowlog.sources.decompress import decompress_chunks
from reflowlog.sources.expand_paths import is_rotated, new_logs_in
from reflowlog.sources.follow import FollowedFile
from reflowlog.sources.inputs import can_grow, comes_by_itself, open_input, output_files
from reflowlog.sources.merge import Merged, Merger
from reflowlog.sources.merge_input import MergeInput, SourceFilter
from reflowlog.sources.reader import CHUNK_BYTES, POLL_INTERVAL
from reflowlog.sources.time_range import RangeFilter, Selection, find, sequential_clock
from reflowlog.system.fds import read_some, wait_readable
from reflowlog.system.files import modification_time, read_at
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_times import SequentialClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reflowlog.core.events import Runs
    from reflowlog.sources.inputs import Input
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.record_filter import RecordFilter

__all__ = ["MergeReader", "MergedInputs", "split_chunks"]

PARTIAL_LINE_TIMEOUT = 1.0  # seconds for which a partial line of a followed file is held back
QUIET_TIMEOUT = 0.2  # seconds of silence for which a live input is waited for
BUSY_POLL_INTERVAL = 0.01  # seconds between two polls of followed files while they grow
LINK_TIMEOUT = 1.0  # seconds for which a link that is followed may move to a file that has appeared beside it
READ_SIZE = 1 << 16  # bytes of a file read at once: fits into a cache
MIN_READ_SIZE = 1 << 12  # bytes of a file read at once, where there are many
TOTAL_READ_SIZE = 4 << 20  # bytes read at once of all of them together
MAX_POLL_BYTES = 1 << 20  # bytes that one poll may bring before they are released without waiting for the next poll


class MergedInputs:
    """Iterator over the lines of several inputs in the order of their times. For one thread.

    Args:
        inputs: what to read.
        warn: takes one line for each input that cannot be read, and about rotation of a followed file.
        follow: whether to keep reading as the regular files among them grow, without end.
        selection: the part of each input to read.
        make_filter: makes the record filter of each source; None keeps all records.
        names: the meaning of field names; None: the usual one.
        tee: takes a copy of the lines, before the filters, in the same order.
        source_names: the names of sources, those of the inputs first; those that inputs carry are added before their
            lines are released. None: sources are not tracked.
        watched: the descriptor that all of it is written to; while no input arrives, the end of its reader is detected.
        directories: directories whose files are among the inputs; files that appear in them are read too, except those
            that this program writes.
        output: path of a file that is written besides standard output.

    Raises:
        OutputClosed: the reader of `watched` is gone.

    Attributes:
        failed: whether an input could not be read.
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        warn: Callable[[str], None],
        *,
        follow: bool = False,
        selection: Selection = Selection(),  # noqa: B008 - a value
        make_filter: Callable[[], RecordFilter] | None = None,
        names: FieldNames | None = None,
        tee: Callable[[bytes], None] | None = None,
        source_names: list[str] | None = None,
        watched: int | None = None,
        directories: Sequence[str] = (),
        output: str | None = None,
    ) -> None:
        self._output = output
        self._warn = warn
        self._directories = directories
        self._known_paths = {each.name for each in inputs}
        self._listed_at = 0.0  # monotonic time of the last look into the directories
        self._appeared: list[tuple[float, str]] = []  # files in them that are not read yet, with the time when they are
        self._selection = selection
        self._names = names
        self._tee = tee
        self._source_names = source_names
        self._watched = watched
        self.failed = False
        self._read_size = min(READ_SIZE, max(MIN_READ_SIZE, TOTAL_READ_SIZE // max(len(inputs), 1)))
        self._make_filter = make_filter
        self._paths = {os.path.abspath(each.name) for each in inputs}
        self._merge_inputs = [self._make_merge_input(number, each, follow) for number, each in enumerate(inputs)]
        self._has_parts = source_names is not None and any(each.runs is not None for each in inputs)
        self._merger = self._make_merger(source_names is not None)
        self._copies = self._make_merger(False) if tee is not None and make_filter is not None else None
        self._open = set(range(len(inputs)))
        self._polls = 0
        self._polled_at = 0.0  # monotonic time of the last poll
        self._new_bytes = 0  # bytes read since then
        self._holds_new = False  # whether lines newer than the poll before are held back
        self._awaited: list[int] = []  # live inputs to wait for

    def _make_merger(self, with_runs: bool) -> Merger:
        clocks = [self._make_clock(each) for each in self._merge_inputs]
        return Merger(clocks, with_runs, grows=bool(self._directories))

    def _make_clock(self, merge_input: MergeInput) -> SequentialClock:
        """Make the clock of an input; lines of one that is followed are dated from now."""
        names = self._names or USUAL
        if merge_input.followed is not None:
            return SequentialClock(names)
        return sequential_clock(merge_input.source.descriptor, names)

    def _make_merge_input(self, number: int, source: Input, follow: bool) -> MergeInput:
        """Make the merge input of an input, with the chunks to read of it."""
        start, stop = 0, None
        wanted = self._selection if source.begin is None else Selection(until=self._selection.until)
        grows = can_grow(source)
        if grows and not wanted.is_all and not is_utf16(source.descriptor):  # else it is read through
            start, stop = self._find_range(source)
            wanted = Selection(until=wanted.until if follow else None)

        def make_source_filter() -> SourceFilter:
            keep = None if self._make_filter is None else self._make_filter()
            return SourceFilter(
                keep, None if wanted.is_all else RangeFilter(wanted, self._names, modification_time(source.descriptor))
            )

        merge_input = MergeInput(source, number, self._source_names, make_source_filter, self._warn)
        if follow and grows:
            merge_input.followed = FollowedFile(
                source,
                PARTIAL_LINE_TIMEOUT,
                self._warn,
                self._read_size,
                start,
                rotated=is_rotated(source.name, self._paths),
            )
            merge_input.is_resting = True
        elif source.compression:
            merge_input.chunks = decompress_chunks(source.descriptor, source.compression, self._read_size)
        elif grows:
            merge_input.chunks = _read_range(source.descriptor, start, stop, self._read_size)
        elif not comes_by_itself(source.descriptor):
            merge_input.chunks = iter(lambda: read_some(source.descriptor, self._read_size), b"")
        return merge_input

    def _find_range(self, source: Input) -> tuple[int, int | None]:
        """Return the offsets at which the selected part of a file begins and ends; None: at its end."""
        try:
            size = os.fstat(source.descriptor).st_size
            start, stop = find(source.descriptor, size, self._selection, self._names)
        except OSError:  # reported when it is read
            return 0, None
        return start, stop

    # -- the loop ----------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Merged]:
        """Read all inputs to their ends."""
        while self._open or self._directories:
            self._poll_directories()
            polled = self._poll_followed()
            read = self._read() or polled
            merged, copy = self._take_merged()
            if copy and self._tee is not None:
                self._tee(copy)
            if merged.data:
                yield merged
            elif not read and (self._open or self._directories):
                self._wait()

    def _take_merged(self) -> tuple[Merged, bytes]:
        """Return the lines to release now, and the bytes for the tee."""
        holds_new = self._holds_new and bool(self._open) and self._new_bytes <= MAX_POLL_BYTES
        merged = self._merger.take(holds_new)
        if self._copies is None:
            if not self._open and self._source_names is None:
                merged = self._without_added_newline(merged)
            return self._with_sources(merged), merged.data
        return self._with_sources(merged), self._copies.take(holds_new).data

    def _with_sources(self, merged: Merged) -> Merged:
        """Replace input numbers by source numbers, where an input carries several sources."""
        if not (self._has_parts and merged.runs):
            return merged
        runs = (self._merge_inputs[number].owners(number, size) for number, size in merged.runs)
        return merged._replace(runs=list(chain.from_iterable(runs)))

    def _without_added_newline(self, merged: Merged) -> Merged:
        """Return the very last lines, without the newline that the last one did not have in its file."""
        if any(
            merge_input.partial_line and merged.data[:-1].endswith(merge_input.partial_line)
            for merge_input in self._merge_inputs
        ):
            return Merged(merged.data[:-1], ())
        return merged

    def _read(self) -> bool:
        """Read the inputs that the merger waits for, and live ones with new data; return whether any was read."""
        asked = set((self._copies or self._merger).starved())  # the unfiltered merger needs each input no later
        done = False
        self._awaited = speaking = []
        for number in tuple(self._open):
            merge_input = self._merge_inputs[number]
            if merge_input.is_live:
                if merge_input.is_resting or number in asked:
                    speaking.append(number)
            elif number in asked and not merge_input.is_resting:
                self._read_file(number, merge_input)
                done = True
        for number in self._ready(speaking, 0.0):
            self._read_live(number)
            done = True
        for number in speaking:
            merge_input = self._merge_inputs[number]
            if number in self._open and not merge_input.is_resting and self._is_quiet(merge_input):
                self._pause(number)
                done = True
        return done

    def _read_file(self, number: int, merge_input: MergeInput) -> None:
        """Read one chunk of a file and feed it."""
        assert merge_input.chunks is not None
        try:
            data = next(merge_input.chunks, b"")
        except OSError as error:
            self._fail(merge_input.source.name, error)
            merge_input.followed = None
            data = b""
        if data is None:  # a followed file starts over
            self._feed(number, *merge_input.flush_restarted())
        elif data:
            merge_input.active_at = time.monotonic() if merge_input.followed is not None else 0.0
            self._new_bytes += len(data)
            self._feed(number, *merge_input.filter_lines(merge_input.lines(data)))
        elif merge_input.followed is None:
            self._end(number)
        elif time.monotonic() - merge_input.active_at >= QUIET_TIMEOUT:
            self._pause(number)
        else:
            self._set_idle(number)

    def _read_live(self, number: int) -> None:
        """Read the available data of a live input and feed it."""
        merge_input = self._merge_inputs[number]
        try:
            data = os.read(merge_input.source.descriptor, self._read_size)
        except BlockingIOError:
            return
        except OSError as error:
            data = b""
            if error.errno != errno.EIO:  # EIO: the other side of a terminal is gone
                self._fail(merge_input.source.name, error)
        if not data:
            self._end(number)
            return
        merge_input.active_at = time.monotonic()
        wanted, kept = merge_input.filter_lines(merge_input.lines(data))
        if merge_input.holds:
            self._set_idle(number)
        elif wanted or not merge_input.is_resting:
            merge_input.is_resting = False
            self._feed(number, wanted, kept)

    @staticmethod
    def _is_quiet(merge_input: MergeInput) -> bool:
        return time.monotonic() - merge_input.active_at >= QUIET_TIMEOUT

    def _feed(self, number: int, wanted: bytes, kept: bytes) -> None:
        if self._copies is not None:
            self._copies.feed(number, wanted)
        self._merger.feed(number, kept)
        if len(kept) < len(wanted):  # other inputs need not wait until something is kept
            self._merger.advance(number, self._merge_inputs[number].watermark_candidates(wanted))

    def _pause(self, number: int) -> None:
        """Release the undecided lines of a quiet input, and stop waiting for it."""
        self._feed(number, *self._merge_inputs[number].flush_paused())
        self._set_idle(number)

    def _set_idle(self, number: int) -> None:
        """Stop waiting for an input."""
        self._merge_inputs[number].is_resting = True
        self._merger.set_idle(number)
        if self._copies is not None:
            self._copies.set_idle(number)

    def _end(self, number: int) -> None:
        """Flush an input that has ended."""
        merge_input = self._merge_inputs[number]
        self._feed(number, *merge_input.flush_end())
        self._set_idle(number)
        self._open.discard(number)

    def _fail(self, name: str, error: OSError) -> None:
        self.failed = True
        self._warn(f"cannot read {name}: {error.strerror or error}")

    # -- files that grow ---------------------------------------------------------------------------------------------

    def _poll_followed(self) -> bool:
        """Poll the followed files if the interval has passed; return whether it had."""
        followed = [number for number in self._open if self._merge_inputs[number].followed is not None]
        is_resting = [number for number in followed if self._merge_inputs[number].is_resting]
        if not is_resting:
            return False
        all_rest = len(is_resting) == len(followed)
        if time.monotonic() < self._polled_at + (self._poll_interval() if all_rest else POLL_INTERVAL):
            return False
        if all_rest:
            for merger in (self._merger, self._copies):
                if merger is not None:
                    merger.mark()
            self._holds_new = self._polls > 0
        self._new_bytes = 0
        self._polls += 1
        self._polled_at = time.monotonic()
        for number in is_resting:
            merge_input = self._merge_inputs[number]
            assert merge_input.followed is not None
            merge_input.chunks = merge_input.followed.read_new()
            merge_input.is_resting = False
            self._merger.feed(number, b"")
            if self._copies is not None:
                self._copies.feed(number, b"")
        return True

    def _poll_directories(self) -> None:
        """Add the files that have appeared in a directory, once in an interval."""
        if not self._directories or time.monotonic() < self._listed_at + POLL_INTERVAL:
            return
        is_first, self._listed_at = not self._listed_at, time.monotonic()
        now = time.monotonic()
        for directory in self._directories:
            has_links = any(os.path.islink(each.source.name) for each in self._merge_inputs)
            due = now + LINK_TIMEOUT if has_links and not is_first else now
            self._appeared += [(due, path) for path in new_logs_in(directory, self._known_paths)]
        ready = [path for due, path in self._appeared if due <= now]
        self._appeared = [each for each in self._appeared if each[0] > now]
        for path in ready:
            if not self._is_followed(path):
                self._add_file(path, reports=not is_first)

    def _is_followed(self, path: str) -> bool:
        """Return whether a file is one that is read already, under another name, or one that is written."""
        try:
            found = os.stat(path)
        except OSError:
            return True  # it is gone again
        identity = found.st_dev, found.st_ino
        if identity in output_files(self._output):
            return True
        followed = [each.followed for each in self._merge_inputs if each.followed is not None]
        return any(identity in (each.identity, _identity_of(each.name)) for each in followed)

    def _add_file(self, path: str, *, reports: bool) -> None:
        """Read one more file; `reports`: say so if that fails, as was said already of the first files."""
        try:
            source = open_input(path, waits=False)
        except OSError as error:
            if reports:
                self._fail(path, error)
            return
        number = len(self._merge_inputs) if self._source_names is None else len(self._source_names)
        if self._source_names is not None:
            self._source_names.append(path)
        self._paths.add(os.path.abspath(path))
        merge_input = self._make_merge_input(number, source, follow=True)
        self._open.add(len(self._merge_inputs))
        self._merge_inputs.append(merge_input)
        for merger in (self._merger, self._copies):
            if merger is not None:
                merger.add_source(self._make_clock(merge_input))
                if merge_input.followed is None:
                    merger.feed(len(self._merge_inputs) - 1, b"")  # it is waited for, as at the start
        self._warn(f"{path} is there: reading it, too")

    def _poll_interval(self) -> float:
        """Return the seconds between two polls."""
        return BUSY_POLL_INTERVAL if self._new_bytes else POLL_INTERVAL

    # -- waiting -----------------------------------------------------------------------------------------------------

    def _ready(self, numbers: Sequence[int], seconds: float | None) -> list[int]:
        """Return the live inputs that have data, after waiting for at most `seconds`.

        Raises:
            OutputClosed: the reader of the watched descriptor is gone.
        """
        if not numbers and not seconds:
            return []
        by_descriptor = {self._merge_inputs[number].source.descriptor: number for number in numbers}
        return [by_descriptor[each] for each in wait_readable(by_descriptor, seconds, self._watched)]

    def _wait(self) -> None:
        """Wait until a live input has data, or a followed file is due for a poll."""
        due = [
            merge_input.active_at + QUIET_TIMEOUT
            for merge_input in map(self._merge_inputs.__getitem__, self._awaited)
            if not merge_input.is_resting
        ]
        if any(self._merge_inputs[number].followed is not None for number in self._open):
            due.append(self._polled_at + self._poll_interval())
        if self._directories:
            due.append(self._listed_at + POLL_INTERVAL)
        self._ready(self._awaited, max(min(due) - time.monotonic(), 0.001) if due else None)


def _identity_of(name: str) -> tuple[int, int] | None:
    """Return device and inode of the file that has a name now; None if there is none."""
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _read_range(descriptor: int, start: int, stop: int | None, read_size: int) -> Iterator[bytes]:
    """Yield the content of a file from one offset to another, or to its end."""
    while stop is None or start < stop:
        data = read_at(descriptor, read_size if stop is None else min(read_size, stop - start), start)
        if not data:
            return
        start += len(data)
        yield data


def split_chunks(data: bytes, runs: Runs) -> Iterator[tuple[bytes, Runs]]:
    """Yield lines in chunks that are no larger than those read at once, if lines allow, each with its runs."""
    if len(data) <= CHUNK_BYTES:
        yield data, runs
        return
    start = 0
    byte_runs = ByteRuns(runs)
    while start < len(data):
        end = data.rfind(b"\n", start, start + CHUNK_BYTES) + 1 or data.find(b"\n", start) + 1 or len(data)
        yield data[start:end], byte_runs.take(end - start)
        start = end


class MergeReader(threading.Thread):
    """Thread that reads many inputs and sends their lines as events.

    Args:
        inputs: the merged inputs.
        send: takes each event with its number of bytes; may block.
        finished: called last, whatever happened.
    """

    def __init__(
        self, inputs: MergedInputs, send: Callable[[object, int], None], finished: Callable[[], object]
    ) -> None:
        super().__init__(name="reflowlog-reader", daemon=True)
        self._inputs = inputs
        self._send = send
        self._finished = finished

    @property
    def failed(self) -> bool:
        """Return whether an input could not be read. Any thread."""
        return self._inputs.failed

    def run(self) -> None:
        """Read all inputs to their ends."""
        try:
            for merged in self._inputs:
                for data, runs in split_chunks(*merged):
                    self._send(Chunk(data, runs), len(data))
            self._send(EndOfInput(), 0)
        finally:
            self._finished()
