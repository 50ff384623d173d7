"""The mode of ``--explain``: each line, and below it how it was understood, to standard output."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from reflowlog.cli.build import make_field_names
from reflowlog.core.line_splitter import LineSplitter
from reflowlog.sources.decompress import decompress_chunks
from reflowlog.sources.time_range import modification_time
from reflowlog.system.fds import read_some, write_all
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse.explain import explain_lines
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.multiline import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reflowlog.cli.options import CliOptions
    from reflowlog.sources.inputs import Input
    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["explain_inputs"]

CHUNK_BYTES = 1 << 16
STANDARD_OUTPUT = 1


def explain_inputs(options: CliOptions, inputs: Sequence[Input]) -> None:
    """Write the lines of each input to standard output, each with its explanation on the line below.

    Raises:
        OutputClosed: the reader of standard output is gone.
        OSError: an input cannot be read, or the output not written.
    """
    names = make_field_names(options) or USUAL
    for source in inputs:
        if source.compression:
            chunks: Iterable[bytes] = decompress_chunks(source.descriptor, source.compression, CHUNK_BYTES)
        else:
            chunks = iter(partial(read_some, source.descriptor, CHUNK_BYTES), b"")
        _explain(chunks, names, modification_time(source.descriptor))


def _explain(chunks: Iterable[bytes], names: FieldNames, now: float | None) -> None:
    """Explain the lines of one input; a chunk's last line waits for the next one, which may decide its meaning."""
    splitter, state, waiting = LineSplitter(), NOTHING, b""
    for chunk in chain(_whole_chunks(chunks, splitter), (None,)):
        data = splitter.flush_partial() if chunk is None else chunk
        lines = (waiting + data).split(b"\n")
        if not lines[-1]:
            lines.pop()
        count = len(lines) if chunk is None else len(lines) - 1
        explanations, _ = explain_lines(lines, state, names, now)
        _, state = explain_lines(lines[:count], state, names, now)
        rows = [
            f"{sanitize(line.decode('utf-8', 'replace'))[0]}\n    {each.text()}\n"
            for line, each in zip(lines[:count], explanations)
        ]
        write_all(STANDARD_OUTPUT, "".join(rows).encode("utf-8", "replace"))
        waiting = b"".join([line + b"\n" for line in lines[count:]])


def _whole_chunks(chunks: Iterable[bytes], splitter: LineSplitter) -> Iterable[bytes]:
    """Yield the lines that each chunk completes."""
    for chunk in chunks:
        lines = splitter.feed(chunk)
        if lines:
            yield lines
