"""Reader of many inputs: reads them together on one thread, splits and filters each, and merges them by time.

Invariants:
- Each input is a `MergeInput`. The output is whole lines, in the order of `sources/merge.py`: where lines have no times
  that is one input after another.
- Files are read when the merger needs more of them, so memory is a chunk or two of each; chunks are smaller where there
  are many inputs.
- Live inputs (pipes, FIFOs, standard input) are waited for as well, but not after `QUIET_TIMEOUT` seconds of silence,
  until they have data again. A partial line is held until its newline; in a followed file for `PARTIAL_LINE_TIMEOUT`
  seconds (`merge_input_maker.py`), after which it counts as a line.
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
from reflowlog.sources.inputs import open_input
from reflowlog.sources.merge import Merged, Merger
from reflowlog.sources.merge_input import NO_LINES
from reflowlog.sources.merge_input_maker import MergeInputMaker, MergeOptions
from reflowlog.sources.new_files import NewFiles
from reflowlog.sources.reader import CHUNK_BYTES, POLL_INTERVAL
from reflowlog.system.fds import wait_readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reflowlog.core.events import Runs
    from reflowlog.sources.inputs import Input
    from reflowlog.sources.merge_input import FilteredLines, MergeInput
    from reflowlog.text.parse.line_times import LineClock

__all__ = ["MergeReader", "MergedInputs", "split_chunks"]

QUIET_TIMEOUT = 0.2  # seconds of silence for which a live input is waited for
BUSY_POLL_INTERVAL = 0.01  # seconds between two polls of followed files while they grow
MAX_POLL_BYTES = 1 << 20  # bytes that one poll may bring before they are released without waiting for the next poll


class MergedInputs:
    """Iterator over the lines of several inputs in the order of their times. For one thread.

    Args:
        inputs: what to read.
        warn: takes one line for each input that cannot be read, and about rotation of a followed file.
        options: what is read of each input.
        tee: takes a copy of the lines, before the filters, in the same order.
        source_names: the names of sources, those of the inputs first; those that inputs carry are added before their
            lines are released. None: sources are not tracked.
        watched: the descriptor that all of it is written to; while no input arrives, the end of its reader is detected.
        directories: directories whose files are among the inputs; files that appear in them are read too, except those
            that this program writes.
        output: path of a file that is written besides standard output.
        keeps_lines: a line may come in parts, of which only the last one has a newline; else one is put behind each.
            Of several inputs each part has one.

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
        options: MergeOptions = MergeOptions(),  # noqa: B008 - a value
        tee: Callable[[bytes], None] | None = None,
        source_names: list[str] | None = None,
        watched: int | None = None,
        directories: Sequence[str] = (),
        output: str | None = None,
        keeps_lines: bool = False,
    ) -> None:
        self.failed = False
        self._warn = warn
        self._tee = tee
        self._source_names = source_names
        self._watched = watched
        is_only = len(inputs) == 1 and source_names is None and not directories and keeps_lines
        self._maker = MergeInputMaker(options, inputs, source_names, warn, is_only=is_only)
        self._merge_inputs = [self._maker.make(number, source) for number, source in enumerate(inputs)]
        self._new_files = NewFiles(directories, [source.name for source in inputs], output)
        self._mergers = _Mergers(
            lambda: [self._maker.make_clock(merge_input) for merge_input in self._merge_inputs],
            with_runs=source_names is not None,
            with_copies=tee is not None and options.make_filter is not None,
            grows=bool(directories),
            is_only=is_only,
        )
        self._is_only = is_only
        self._carries_sources = source_names is not None and any(source.runs is not None for source in inputs)
        self._open = set(range(len(inputs)))
        self._polls = _FollowedPolls()
        self._awaited: list[int] = []  # live inputs to wait for

    # -- the loop ----------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Merged]:
        """Read all inputs to their ends."""
        while self._open or self._new_files.are_possible:
            self._poll_directories()
            polled = self._poll_followed()
            read = self._read() or polled
            merged, copy = self._take_merged()
            if copy and self._tee is not None:
                self._tee(copy)
            if merged.data:
                yield merged
            elif not read and (self._open or self._new_files.are_possible):
                self._wait()

    def _take_merged(self) -> tuple[Merged, bytes]:
        """Return the lines to release now, and the bytes for the tee."""
        merged, copy = self._mergers.take(marked=bool(self._open) and self._polls.holds_new)
        if copy is None:
            if not self._open and self._source_names is None and not self._is_only:
                merged = self._without_added_newline(merged)
            copy = merged.data
        return self._with_sources(merged), copy

    def _with_sources(self, merged: Merged) -> Merged:
        """Replace input numbers by source numbers, where an input carries several sources."""
        if not (self._carries_sources and merged.runs):
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
        starved = set(self._mergers.starved())
        has_read = False
        self._awaited = awaited = []
        for number in tuple(self._open):
            merge_input = self._merge_inputs[number]
            if merge_input.is_live:
                if merge_input.is_resting or number in starved:
                    awaited.append(number)
            elif number in starved and not merge_input.is_resting:
                self._read_file(number, merge_input)
                has_read = True
        for number in self._ready(awaited, 0.0):
            self._read_live(number)
            has_read = True
        for number in awaited:
            merge_input = self._merge_inputs[number]
            is_awaited = number in self._open and merge_input.is_live and not merge_input.is_resting
            if is_awaited and self._is_quiet(merge_input):
                self._pause(number)
                has_read = True
        return has_read

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
            self._feed(number, merge_input.flush_restarted())
        elif data:
            merge_input.active_at = time.monotonic() if merge_input.followed is not None else 0.0
            self._polls.new_bytes += len(data)
            self._feed(number, merge_input.filter(data))
        elif merge_input.followed is None:
            self._end(number)
        elif self._is_quiet(merge_input):
            self._pause(number)
        else:
            self._set_idle(number)

    def _read_live(self, number: int) -> None:
        """Read the available data of a live input and feed it."""
        merge_input = self._merge_inputs[number]
        try:
            data = os.read(merge_input.source.descriptor, self._maker.read_size)
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
        lines = merge_input.filter(data)
        if merge_input.holds:
            self._set_idle(number)
        elif lines.selected or not merge_input.is_resting:
            merge_input.is_resting = False
            self._feed(number, lines)

    @staticmethod
    def _is_quiet(merge_input: MergeInput) -> bool:
        return time.monotonic() - merge_input.active_at >= QUIET_TIMEOUT

    def _feed(self, number: int, lines: FilteredLines) -> None:
        self._mergers.feed(number, lines)
        if len(lines.kept) < len(lines.selected):  # other inputs need not wait until something is kept
            self._mergers.advance(number, self._merge_inputs[number].watermark_candidates(lines.selected))

    def _pause(self, number: int) -> None:
        """Release the undecided lines of a quiet input, and stop waiting for it."""
        self._feed(number, self._merge_inputs[number].flush_paused())
        self._set_idle(number)

    def _set_idle(self, number: int) -> None:
        """Stop waiting for an input."""
        self._merge_inputs[number].is_resting = True
        self._mergers.set_idle(number)

    def _end(self, number: int) -> None:
        """Flush an input that has ended."""
        merge_input = self._merge_inputs[number]
        lines = merge_input.reread_held()
        if lines is not None:
            merge_input.is_resting = False
            self._feed(number, lines)
            return
        self._feed(number, merge_input.flush_end())
        self._set_idle(number)
        self._open.discard(number)

    def _fail(self, name: str, error: OSError) -> None:
        self.failed = True
        self._warn(f"cannot read {name}: {error.strerror or error}")

    # -- files that grow ---------------------------------------------------------------------------------------------

    def _poll_followed(self) -> bool:
        """Poll the followed files if the interval has passed; return whether it had."""
        followed = [number for number in self._open if self._merge_inputs[number].followed is not None]
        resting = [number for number in followed if self._merge_inputs[number].is_resting]
        if not resting:
            return False
        all_rest = len(resting) == len(followed)
        if not self._polls.start(all_rest=all_rest):
            return False
        if all_rest:
            self._mergers.mark()
        for number in resting:
            merge_input = self._merge_inputs[number]
            assert merge_input.followed is not None
            merge_input.chunks = merge_input.followed.read_new()
            merge_input.is_resting = False
            self._mergers.feed(number, NO_LINES)
        return True

    def _poll_directories(self) -> None:
        """Add the files that have appeared in a directory, once in an interval."""
        is_first_look = self._new_files.is_first_look
        for path in self._new_files.poll(self._merge_inputs):
            if self._new_files.is_new(path, self._merge_inputs):
                self._add_file(path, reports=not is_first_look)

    def _add_file(self, path: str, *, reports: bool) -> None:
        """Read one more file; `reports`: warn if that fails, as was done already for the first files."""
        try:
            source = open_input(path, waits=False)
        except OSError as error:
            if reports:
                self._fail(path, error)
            return
        index = len(self._merge_inputs)
        number = index
        if self._source_names is not None:
            number = len(self._source_names)
            self._source_names.append(path)
        merge_input = self._maker.make(number, source)
        self._open.add(index)
        self._merge_inputs.append(merge_input)
        self._mergers.add_source(lambda: self._maker.make_clock(merge_input))
        if merge_input.followed is None:
            self._mergers.feed(index, NO_LINES)  # it is waited for, as at the start
        self._warn(f"{path} is there: reading it, too")

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
            due.append(self._polls.due)
        if self._new_files.are_possible:
            due.append(self._new_files.due)
        self._ready(self._awaited, max(min(due) - time.monotonic(), 0.001) if due else None)


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


class _Mergers:
    """The merger of the kept lines, and where a copy is taken before the filters a second one of all selected lines.

    Args:
        make_clocks: makes a clock for each input; a clock belongs to one merger.
        with_runs: whether the sources of the kept lines are tracked.
        with_copies: whether there is a second merger.
        grows: whether inputs may be added.
        is_only: there is one input, whose bytes are passed on unchanged.
    """

    def __init__(
        self,
        make_clocks: Callable[[], Sequence[LineClock]],
        *,
        with_runs: bool,
        with_copies: bool,
        grows: bool,
        is_only: bool,
    ) -> None:
        self._kept = Merger(make_clocks(), with_runs=with_runs, grows=grows, is_only=is_only)
        self._copies = Merger(make_clocks(), with_runs=False, grows=grows, is_only=is_only) if with_copies else None

    @property
    def _all(self) -> list[Merger]:
        return [self._kept] if self._copies is None else [self._kept, self._copies]

    def starved(self) -> list[int]:
        """Return the inputs to feed next: the merger of all lines needs each no later than that of the kept ones."""
        return (self._copies or self._kept).starved()

    def feed(self, number: int, lines: FilteredLines) -> None:
        """Add lines of an input, which is waited for from now on."""
        if self._copies is not None:
            self._copies.feed(number, lines.selected)
        self._kept.feed(number, lines.kept)

    def advance(self, number: int, candidates: Iterable[bytes]) -> None:
        """Advance the watermark of an input's kept lines to the first of some lines that has a time."""
        self._kept.advance(number, candidates)

    def set_idle(self, number: int) -> None:
        """Stop waiting for an input."""
        for merger in self._all:
            merger.set_idle(number)

    def mark(self) -> None:
        """Hold lines back that are newer than those fed until now, see `Merger.mark`."""
        for merger in self._all:
            merger.mark()

    def add_source(self, make_clock: Callable[[], LineClock]) -> None:
        """Add an input, with a clock for each merger."""
        for merger in self._all:
            merger.add_source(make_clock())

    def take(self, *, marked: bool) -> tuple[Merged, bytes | None]:
        """Return the kept lines to release now, and all selected ones; None: they are the same."""
        return self._kept.take(marked=marked), None if self._copies is None else self._copies.take(marked=marked).data


class _FollowedPolls:
    """Schedule of the polls of followed files, and whether new lines are held back until the next one.

    Attributes:
        new_bytes: bytes read since the last poll.
    """

    def __init__(self) -> None:
        self.new_bytes = 0
        self._count = 0
        self._polled_at = 0.0  # monotonic time of the last poll
        self._holds_new = False

    @property
    def due(self) -> float:
        """Monotonic time of the next poll, if all files rest by then."""
        return self._polled_at + (BUSY_POLL_INTERVAL if self.new_bytes else POLL_INTERVAL)

    @property
    def holds_new(self) -> bool:
        """Whether lines newer than the poll before are held back: not in the first poll, nor too many."""
        return self._holds_new and self.new_bytes <= MAX_POLL_BYTES

    def start(self, *, all_rest: bool) -> bool:
        """Begin a poll if it is due, and return whether it is; a file that does not rest is still being read."""
        now = time.monotonic()
        if now < (self.due if all_rest else self._polled_at + POLL_INTERVAL):
            return False
        if all_rest:
            self._holds_new = self._count > 0
        self.new_bytes = 0
        self._count += 1
        self._polled_at = now
        return True


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
