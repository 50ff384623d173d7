"""Start of the readers that send the input to the printer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.cli.build import explain_no_match, is_merged, make_criteria, make_field_watch, make_level_watch
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

__all__ = ["start_input"]


def start_input(
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
) -> Callable[[], bool]:
    """Start to read the inputs on a thread; return the function that tells whether one could not be read.

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
    begin(inputs, warn)
    if is_merged(options, inputs):
        return _start_merged(options, inputs, worker, tee, warn, finished, source_names=source_names, full=full)
    filters = options.has_filter and not full
    live = filters and is_live(options, inputs[0])
    selecting: list[SelectingSink] = []
    long_lines = LongLines(warn)

    def through(sink: Sink) -> Sink:
        if not full:  # the viewer reads long lines in parts by itself
            sink = LineBoundSink(sink, long_lines)
        if filters:
            selecting.append(SelectingSink(options, sink, long_lines, is_live=live))
            sink = selecting[-1] if child is None else QuestionSink(selecting[-1], worker.put)
        return sink if child is not None else DecodingSink(sink)

    fields = make_field_watch(options)
    send = worker.send_wait if fields is None else fields.of_events(worker.send_wait)

    def on_end() -> None:
        if fields is not None and fields.complaint:
            warn(fields.complaint)
        if child is not None:
            child[0].end_errors()
        if filters and all(each.unknown for each in selecting):
            warn(selecting[0].unknown)
        if filters and all(each.complaint for each in selecting):
            warn(selecting[0].complaint)
        finished()

    pause = UNDECIDED_TIMEOUT if filters else None
    reader = Reader(inputs[0], send, tee, warn, on_end, follow=options.follow, through=through, pause=pause)
    if child is not None:
        terminal, keyboard = child
        terminal.start(keyboard, through)
    reader.start()
    if child is not None:  # the exit status is the command's own
        return lambda: reader.failed
    return lambda: reader.failed or bool(selecting and selecting[0].complaint)


def _start_merged(
    options: CliOptions,
    inputs: Sequence[Input],
    worker: WorkerThread,
    tee: Tee | None,
    warn: Callable[[str], None],
    finished: Callable[[], None],
    *,
    source_names: list[str] | None,
    full: bool,
) -> Callable[[], bool]:
    """Start to read several inputs, or a part of one, merged by time; see `start_input`."""
    from reflowlog.cli.merging import make_merged_inputs  # start-up cost: only for several inputs
    from reflowlog.sources.merge_reader import MergeReader

    tests, level = ((), None) if full else make_criteria(options, timed=True)
    watch = None if full else make_level_watch(options)
    merged = make_merged_inputs(options, inputs, warn, tee, tests, level, watch, source_names=source_names)

    fields = make_field_watch(options)
    send = worker.send_wait if fields is None else fields.of_events(worker.send_wait)

    def on_merged_end() -> None:
        complaints = [each.complaint for each in (fields, watch) if each is not None]
        for message in (explain_no_match(tests), *complaints):
            if message:
                warn(message)
        finished()

    merge_reader = MergeReader(merged, send, on_merged_end)
    merge_reader.start()
    return lambda: merge_reader.failed or bool(watch is not None and watch.complaint)
