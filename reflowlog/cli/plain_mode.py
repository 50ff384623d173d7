"""Off a screen: bytes in are bytes out; or lines in, and those that are asked for out, unchanged or laid out.

Each comes out as soon as it is there and known to be wanted. A reader that is gone ends it, also while nothing comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.cli.build import SourceNames, criteria, is_many, make_composer, make_many, make_names, selects
from reflowlog.core.line_splitter import LineSplitter
from reflowlog.sources.inputs import begin
from reflowlog.sources.reader import InputStream
from reflowlog.sources.sinks import copy_stream
from reflowlog.system.fds import reuse_large_blocks, write_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.cli.options import CliOptions
    from reflowlog.cli.tee import Tee
    from reflowlog.core.events import Runs
    from reflowlog.render.renderer import LineRenderer
    from reflowlog.sources.inputs import Input
    from reflowlog.sources.sinks import Sink

__all__ = ["UNDECIDED", "SelectingSink", "show"]

UNDECIDED = 0.1  # seconds without input after which it is decided whether to show a record that may go on


def show(options: CliOptions, inputs: list[Input], tee: Tee | None, warn: Callable[[str], None]) -> int:
    """Write what the inputs hold to standard output: the exit status.

    Raises:
        OutputClosed: nobody reads it any more.
        OSError: it cannot be written.
    """
    begin(inputs, warn)
    if is_many(options, inputs):
        return _many(options, inputs, tee, warn)
    (source,) = inputs
    as_they_come = not (source.compression or source.chunks)
    if options.width is None and as_they_come and not (selects(options) or options.follow):
        return _pump(source, tee, warn)
    return _filter(options, source, tee, warn)


def _pump(source: Input, tee: Tee | None, warn: Callable[[str], None]) -> int:
    """Its bytes, as they are: the exit status."""
    from reflowlog.terminal.plain import pump

    try:
        pump(source.descriptor, 1, tee)
    except IsADirectoryError as error:
        warn(f"cannot read {source.name}: {error.strerror}")
        return 1
    return 0


def _many(options: CliOptions, inputs: list[Input], tee: Tee | None, warn: Callable[[str], None]) -> int:
    """What several inputs hold, merged by time: the exit status."""
    sink: _ByteOutput | _RowOutput = _ByteOutput()
    called = SourceNames(inputs)
    if options.width is not None:
        sink = _RowOutput(make_composer(options, options.width, called.labels))
    reuse_large_blocks()
    pattern, level = criteria(options)
    names = None if options.width is None else called.names
    many = make_many(options, inputs, warn, tee, pattern, level, called=names, watched=1)
    for data, runs in many:
        sink.write(data, runs)
    sink.end()
    if pattern is not None and pattern.unknown:
        warn(pattern.unknown)
    return int(many.failed)


def _filter(options: CliOptions, source: Input, tee: Tee | None, warn: Callable[[str], None]) -> int:
    """What an input holds, each line as soon as it is there and known to be wanted: the exit status."""
    sink: Sink = _ByteOutput() if options.width is None else _RowOutput(make_composer(options, options.width))
    if selects(options):
        sink = SelectingSink(options, sink)
    reuse_large_blocks()
    pause = UNDECIDED if selects(options) else None
    stream = InputStream(source, warn, follow=options.follow, pause=pause, watched=1)
    copy_stream(stream, sink, tee)
    if isinstance(sink, SelectingSink) and sink.unknown:
        warn(sink.unknown)
    return int(stream.failed)


class _ByteOutput:
    """Standard output, byte for byte; a line that has not ended is ended before a file that begins anew."""

    def __init__(self) -> None:
        self._open = self._ended = False

    def write(self, data: bytes, runs: Runs = ()) -> None:  # noqa: ARG002 - bytes have no names
        write_all(1, b"\n" + data if self._ended and self._open else data)
        self._ended, self._open = False, not data.endswith(b"\n")

    def pause(self) -> None:
        pass

    def end(self) -> None:
        self._ended = True


class _RowOutput:
    """Standard output, laid out."""

    def __init__(self, composer: LineRenderer) -> None:
        from reflowlog.terminal.output import FileOutput

        self._composer = composer
        self._output = FileOutput(1)
        self._splitter = LineSplitter()

    def write(self, data: bytes, runs: Runs = ()) -> None:
        if lines := self._splitter.feed(data):
            rows = self._composer.lines(lines)
            if runs:
                from reflowlog.text.layout.source_labels import owners_of

                rows = self._composer.labelled(rows, owners_of(lines, runs))
            self._output.write("\n".join(rows) + "\n")

    def pause(self) -> None:
        pass

    def end(self) -> None:
        if rest := self._splitter.flush_partial():
            self.write(rest + b"\n")


class SelectingSink:
    """Lets those records through that the options ask for."""

    def __init__(self, options: CliOptions, sink: Sink) -> None:
        from reflowlog.text.search.record_filter import RecordFilter

        self._pattern, level = criteria(options)
        self._sink = sink
        self._splitter = LineSplitter()
        self._filter = RecordFilter(self._pattern, options.invert, options.context, level, make_names(options))

    @property
    def unknown(self) -> str:
        """Once all inputs have ended: that what was asked for is not there, if that is known; else nothing."""
        return "" if self._pattern is None else self._pattern.unknown

    def write(self, data: bytes) -> None:
        """One more piece."""
        self._give(self._filter.feed(self._splitter.feed(data)))

    def pause(self) -> None:
        """Nothing has come for a while: what is undecided is decided."""
        self._give(self._filter.pause())

    def end(self) -> None:
        """An input has ended."""
        self._give(self._filter.feed(self._splitter.flush_partial()) + self._filter.rest())
        self._sink.end()

    def _give(self, data: bytes) -> None:
        if data:
            self._sink.write(data)
