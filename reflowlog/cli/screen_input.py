"""Start of the readers that send the input to the printer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.cli.build import is_merged, make_field_watch
from reflowlog.cli.criteria import RecordCriteria, warn_at_end
from reflowlog.cli.filter_mode import UNDECIDED_TIMEOUT, SelectingSink, is_live
from reflowlog.cli.question import QuestionSink
from reflowlog.sources.inputs import begin
from reflowlog.sources.reader import Reader
from reflowlog.sources.sinks import DecodingSink, LineBoundSink, LongLines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.cli.child_terminal import ChildTerminal
    from reflowlog.cli.options import CliOptions
    from reflowlog.cli.tee import Tee
    from reflowlog.core.worker import WorkerThread
    from reflowlog.sources.inputs import Input
    from reflowlog.sources.sinks import Sink
    from reflowlog.terminal.keyboard import Keyboard

__all__ = ["ScreenInput"]


class ScreenInput:
    """The input of a screen mode: it is read on a thread of its own, filtered, and sent to the printer.

    Args:
        options: the command line.
        inputs: what to read.
        worker: the printer's thread, which takes the events.
        tee: takes a copy of the input.
        warn: takes one line about a failure.
        finished: called on the reader's thread at the end of all inputs.
        source_names: the names of the sources, if there are several.
        child: the command and the keyboard, if the input is a command's output.
        full: whether the viewer is shown from the start: it keeps everything, and filters by itself.
    """

    def __init__(
        self,
        options: CliOptions,
        inputs: Sequence[Input],
        worker: WorkerThread,
        tee: Tee | None,
        warn: Callable[[str], None],
        finished: Callable[[], None],
        *,
        source_names: list[str] | None,
        child: tuple[ChildTerminal, Keyboard] | None,
        full: bool,
    ) -> None:
        self._options = options
        self._inputs = inputs
        self._worker = worker
        self._tee = tee
        self._warn = warn
        self._finished = finished
        self._source_names = source_names
        self._child = child
        self._full = full
        self._filters = options.has_filter and not full
        self._long_lines = LongLines(warn)
        self._criteria: list[RecordCriteria] = []  # those of the input, and those of a command's standard error
        self._fields = make_field_watch(options)
        self._send = worker.send_wait if self._fields is None else self._fields.of_events(worker.send_wait)

    def start(self) -> Callable[[], bool]:
        """Start to read; return the function that tells whether an input could not be read, or had no level."""
        begin(self._inputs, self._warn)
        if is_merged(self._options, self._inputs):
            return self._start_merged()
        reader = Reader(
            self._inputs[0],
            self._send,
            self._tee,
            self._warn,
            self._on_end,
            follow=self._options.follow,
            through=self._make_sink,
            pause=UNDECIDED_TIMEOUT if self._filters else None,
        )
        if self._child is not None:
            terminal, keyboard = self._child
            terminal.start(keyboard, self._make_sink)
        reader.start()
        if self._child is not None:  # the exit status is the command's own
            return lambda: reader.failed
        return lambda: reader.failed or self._has_no_level()

    def _make_sink(self, sink: Sink) -> Sink:
        """Return the sink that takes the input, and passes the selected records on to the printer's sink."""
        if not self._full:  # the viewer reads long lines in parts by itself
            sink = LineBoundSink(sink, self._long_lines)
        if self._filters:
            criteria = RecordCriteria(self._options)
            self._criteria.append(criteria)
            sink = SelectingSink(criteria, sink, self._long_lines, is_live=is_live(self._options, self._inputs[0]))
            if self._child is not None:
                sink = QuestionSink(sink, self._worker.put)
        return sink if self._child is not None else DecodingSink(sink)

    def _on_end(self) -> None:
        """Warn of options that had no effect, at the end of the input. On the reader's thread."""
        if self._child is not None:
            self._child[0].end_errors()
        warn_at_end(self._warn, self._fields, self._criteria)
        self._finished()

    def _has_no_level(self) -> bool:
        """Return whether no record had a level, after the end of all inputs."""
        return any(each.level_complaint for each in self._criteria)

    def _start_merged(self) -> Callable[[], bool]:
        """Start to read several inputs, or a part of one, merged by time; see `start`."""
        from reflowlog.cli.merging import make_merged_inputs  # start-up cost: only for several inputs
        from reflowlog.sources.merge_reader import MergeReader

        criteria = RecordCriteria(self._options) if self._filters else None
        self._criteria = [] if criteria is None else [criteria]
        merged = make_merged_inputs(
            self._options, self._inputs, self._warn, self._tee, criteria, source_names=self._source_names
        )

        def send(event: object, size: int) -> None:
            if criteria is not None and size:
                criteria.has_passed = True
            self._send(event, size)

        reader = MergeReader(merged, send, self._on_end)
        reader.start()
        return lambda: reader.failed or self._has_no_level()
