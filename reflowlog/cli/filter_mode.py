"""Filter mode: lines in; the selected ones out, unchanged, laid out for a width, or sanitized for a plain terminal.

Invariants:
- A line is written as soon as it is complete and known to be selected. Off a terminal, what is selected depends on
  the bytes of the input only, unless its writer rests for `STREAM_TIMEOUT` seconds; on a screen no line waits for 0.1.
- The end of standard output's reader ends the program, also while no input arrives.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from reflowlog.cli.build import followed_directories, is_merged, make_field_watch
from reflowlog.cli.criteria import RecordCriteria, warn_at_end
from reflowlog.core.line_splitter import LineSplitter
from reflowlog.sources.inputs import comes_by_itself
from reflowlog.sources.reader import InputStream
from reflowlog.sources.sinks import DecodingSink, LineBoundSink, LongLines, copy_stream
from reflowlog.sources.waiting import WaitingClock
from reflowlog.system.fds import is_tty, reuse_large_blocks, write_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.cli.field_check import FieldWatch
    from reflowlog.cli.options import CliOptions
    from reflowlog.cli.tee import Tee
    from reflowlog.core.events import Runs
    from reflowlog.sources.inputs import Input
    from reflowlog.sources.sinks import Sink

__all__ = ["UNDECIDED_TIMEOUT", "SelectingSink", "is_live", "show"]

UNDECIDED_TIMEOUT = 0.06  # seconds without input after which a record on a screen that may go on is decided about
STREAM_TIMEOUT = 1.0  # as many for one off a terminal: `MAX_STREAM_AGE`, whose module is loaded for a filter only


def show(options: CliOptions, inputs: list[Input], tee: Tee | None, warn: Callable[[str], None]) -> int:
    """Write the selected lines of started inputs to standard output; return the exit status.

    Raises:
        OutputClosed: the reader of standard output is gone.
        OSError: standard output cannot be written.
    """
    reuse_large_blocks()
    if is_merged(options, inputs):
        return _show_merged(options, inputs, tee, warn)
    return _show_one(options, inputs[0], tee, warn)


def _make_output(
    options: CliOptions, inputs: list[Input], watch: FieldWatch | None
) -> tuple[LineOutput, list[str] | None]:
    """Return the sink of standard output, and the names of the sources if it labels lines with them."""
    if options.width is None and not is_tty(1):
        return ByteOutput(), None
    # start-up cost: only for a width or a terminal
    from reflowlog.cli.rendering import SourceNames, make_gap_finder, make_renderer
    from reflowlog.cli.row_output import RowOutput, TerminalOutput

    if options.width is None:
        return TerminalOutput(make_renderer(options._replace(raw=True), None)), None
    sources = SourceNames(inputs, grows=bool(followed_directories(options)))
    output = RowOutput(make_renderer(options, options.width, sources.labels), make_gap_finder(options))
    return output if watch is None else watch.of_sink(output), sources.names


def _show_merged(options: CliOptions, inputs: list[Input], tee: Tee | None, warn: Callable[[str], None]) -> int:
    """Write several inputs, or a part of one, merged by time; return the exit status."""
    from reflowlog.cli.merging import explain_empty_range, make_merged_inputs  # start-up cost: only for several inputs

    paths = [source.name for source in inputs]
    fields = make_field_watch(options)
    sink, names = _make_output(options, inputs, fields)
    criteria = RecordCriteria(options)
    keeps_lines = isinstance(sink, ByteOutput)
    merged = make_merged_inputs(
        options, inputs, warn, tee, criteria, source_names=names, watched=1, keeps_lines=keeps_lines
    )
    for data, runs in merged:
        sink.write(data, runs)
        criteria.has_passed = criteria.has_passed or bool(data)
    sink.end()
    has_failed = warn_at_end(warn, fields, [criteria]) or merged.failed
    is_empty = not (criteria.has_passed or options.has_filter)
    if is_empty and is_tty(2) and (note := explain_empty_range(options, paths)):
        warn(note)
    return int(has_failed)


def _show_one(options: CliOptions, source: Input, tee: Tee | None, warn: Callable[[str], None]) -> int:
    """Write one input, each line as soon as it is known to be selected; return the exit status."""
    fields = make_field_watch(options)
    sink: Sink = _make_output(options, [source], fields)[0]
    long_lines = LongLines(warn)
    if not isinstance(sink, ByteOutput):  # lines are held until they are complete
        sink = LineBoundSink(sink, long_lines)
    criteria = [RecordCriteria(options)] if options.has_filter else []
    if criteria:
        sink = SelectingSink(criteria[0], sink, long_lines, is_live=is_live(options, source))
    if source.chunks is None:
        sink = DecodingSink(sink)
    holds = bool(criteria) or options.width is not None or is_tty(1)
    pause = STREAM_TIMEOUT if criteria and not is_tty(1) else UNDECIDED_TIMEOUT if holds else None
    stream = InputStream(source, warn, follow=options.follow, pause=pause, watched=1)
    copy_stream(stream, sink, tee)
    return int(warn_at_end(warn, fields, criteria) or stream.failed)


def is_live(options: CliOptions, source: Input) -> bool:
    """Return whether lines of an input are awaited, so that none may be held for long."""
    if options.follow or source.chunks is not None:
        return True
    return not source.compression and comes_by_itself(source.descriptor)


class LineOutput(Protocol):
    """Sink of standard output, for chunks with the runs of their sources."""

    def write(self, data: bytes, runs: Runs = ()) -> None:
        """Write a chunk."""

    def pause(self) -> None:
        """Write the decided part of a held line."""

    def end(self) -> None:
        """Note the end of an input."""


class ByteOutput:
    """Sink that writes bytes unchanged to standard output, and ends an unterminated line before a file starts over."""

    def __init__(self) -> None:
        self._is_line_open = self._has_ended = False

    def write(self, data: bytes, runs: Runs = ()) -> None:  # noqa: ARG002 - bytes have no labels
        """Write a chunk."""
        write_all(1, b"\n" + data if self._has_ended and self._is_line_open else data)
        self._has_ended, self._is_line_open = False, not data.endswith(b"\n")

    def pause(self) -> None:
        """Ignored: nothing is held back here."""

    def end(self) -> None:
        """Note that the next chunk continues no line."""
        self._has_ended = True


class SelectingSink:
    """Sink that passes the records which some criteria select.

    Args:
        criteria: of the records; noted there is that some have passed.
        sink: takes whole lines, and in parts those that are too long.
        long_lines: decides which lines are filtered in parts.
        is_live: lines are held for a limited time, while further ones arrive, too.
        clock: returns seconds.
    """

    def __init__(
        self,
        criteria: RecordCriteria,
        sink: Sink,
        long_lines: LongLines,
        *,
        is_live: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._criteria = criteria
        self._filter = criteria.make_filter()
        self._sink = sink
        self._is_live = is_live
        self._clock = WaitingClock(clock, counts_work=self._filter.is_on_screen)
        self._splitter = LineSplitter()
        self._long_lines = long_lines
        self._is_cut = False  # the last line is filtered in parts

    def write(self, data: bytes) -> None:
        """Filter a chunk."""
        self._filter_chunk(data, self._clock.start_work())
        self._clock.stop_work()

    def _filter_chunk(self, data: bytes, now: float) -> None:
        if self._is_cut:
            end = data.find(b"\n") + 1 or len(data)
            self._is_cut = data[end - 1 : end] != b"\n"
            self._pass_on(self._filter.feed_part(data[:end], now, goes_on=self._is_cut))
            data = data[end:]
        if data:
            self._pass_on(self._filter.feed(self._splitter.feed(data), now))
        if self._long_lines.must_cut(self._splitter.partial_bytes):
            self._is_cut = True
            self._pass_on(self._filter.feed(self._splitter.flush_partial(), now, goes_on=True))
        if self._is_live:
            self._pass_on(self._filter.pause_if_old(now))

    def pause(self) -> None:
        """Decide about the undecided records, because no input has arrived for a while."""
        self._pass_on(self._filter.pause())
        self._sink.pause()

    def end(self) -> None:
        """Decide about all that is left of an input."""
        self._is_cut = False
        self._pass_on(self._filter.feed(self._splitter.flush_partial()) + self._filter.rest())
        self._sink.end()

    def _pass_on(self, data: bytes) -> None:
        if data:
            self._criteria.has_passed = True
            self._sink.write(data)
