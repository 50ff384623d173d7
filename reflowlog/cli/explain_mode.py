"""The mode of ``--explain``: each line, and below it how it was understood, to standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.cli.build import make_field_names
from reflowlog.cli.merging import make_selection
from reflowlog.core.line_splitter import LineSplitter
from reflowlog.sources.inputs import begin
from reflowlog.sources.reader import InputStream
from reflowlog.sources.sinks import DecodingSink, LineBoundSink, LongLines, copy_stream
from reflowlog.sources.time_range import RangeFilter
from reflowlog.system.fds import write_all
from reflowlog.system.files import modification_time
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.source_indent import HeaderColumns
from reflowlog.text.parse.explain import explain_lines
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.multiline import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.cli.options import CliOptions
    from reflowlog.sources.inputs import Input
    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["explain_inputs"]

STANDARD_OUTPUT = 1


def explain_inputs(options: CliOptions, inputs: Sequence[Input], warn: Callable[[str], None]) -> int:
    """Write the lines of each input to standard output, each with its explanation on the line below; return the status.

    These are the lines that ``--since``, ``--until`` and ``--tail`` select, whatever the filters.

    Args:
        options: the command line.
        inputs: what to read, to its end.
        warn: takes one line for each input that cannot be read.

    Raises:
        OutputClosed: the reader of standard output is gone.
        OSError: standard output cannot be written.
    """
    names = make_field_names(options) or USUAL
    begin(inputs, warn)
    failed = False
    for source in inputs:
        now = modification_time(source.descriptor)
        range_filter = RangeFilter(make_selection(options), names, now) if options.partial else None
        sink = DecodingSink(LineBoundSink(_ExplainingSink(range_filter, names, now), LongLines(warn)))
        stream = InputStream(source, warn)
        copy_stream(stream, sink, None)
        failed = failed or stream.failed
    return int(failed)


class _ExplainingSink:
    """Sink that writes the lines of one input with their explanations.

    The last line so far waits for the next one, which may decide its meaning. Where messages start is also told by the
    headers so far and those of the same chunk.

    Args:
        range_filter: passes the lines to explain; None passes all.
        names: the meaning of field names.
        now: reference of times without date or year, in seconds since the epoch; None: the system's clock.
    """

    def __init__(self, range_filter: RangeFilter | None, names: FieldNames, now: float | None) -> None:
        self._range_filter = range_filter
        self._names = names
        self._now = now
        self._splitter = LineSplitter()
        self._headers = HeaderColumns()
        self._state = NOTHING
        self._waiting = b""

    def write(self, data: bytes) -> None:
        """Explain the lines that a chunk completes, but for the last."""
        data = self._splitter.feed(data)
        if data:
            self._explain(data if self._range_filter is None else self._range_filter.feed(data), is_last=False)

    def pause(self) -> None:
        """Ignored: a line may still get its meaning from the next one."""

    def end(self) -> None:
        """Explain the partial line and the held ones, at the end of the input."""
        data = self._splitter.flush_partial()
        if self._range_filter is not None:
            data = self._range_filter.feed(data) + self._range_filter.flush()
        self._explain(data, is_last=True)

    def _explain(self, data: bytes, *, is_last: bool) -> None:
        lines = (self._waiting + data).split(b"\n")
        if not lines[-1]:
            lines.pop()
        count = len(lines) if is_last else max(0, len(lines) - 1)
        self._headers.add(line.decode("utf-8", "replace") for line in lines[self._waiting.count(b"\n") :])
        explanations, _ = explain_lines(lines, self._state, self._names, self._now, self._headers.shapes)
        _, self._state = explain_lines(lines[:count], self._state, self._names, self._now)
        rows = [
            f"{sanitize(line.decode('utf-8', 'replace'))[0]}\n    {each.text()}\n"
            for line, each in zip(lines[:count], explanations)
        ]
        write_all(STANDARD_OUTPUT, "".join(rows).encode("utf-8", "replace"))
        self._waiting = b"".join([line + b"\n" for line in lines[count:]])
