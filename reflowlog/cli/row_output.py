"""Sink that lays lines out and writes the rows to standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.line_splitter import LineSplitter
from reflowlog.terminal.output import FileOutput

if TYPE_CHECKING:
    from reflowlog.core.events import Runs
    from reflowlog.render.renderer import LineRenderer

__all__ = ["RowOutput"]


class RowOutput:
    """Sink of standard output, laid out by a renderer."""

    def __init__(self, renderer: LineRenderer) -> None:
        self._renderer = renderer
        self._output = FileOutput(1)
        self._splitter = LineSplitter()

    def write(self, data: bytes, runs: Runs = ()) -> None:
        """Write the rows of the lines that a chunk completes."""
        if lines := self._splitter.feed(data):
            rows = self._renderer.lines(lines)
            if runs:
                from reflowlog.text.layout.source_labels import owners_of  # start-up cost: only for several sources

                rows = self._renderer.labelled(rows, owners_of(lines, runs))
            self._output.write("\n".join(rows) + "\n")

    def pause(self) -> None:
        """Ignored: nothing is held back here."""

    def end(self) -> None:
        """Write the row of an unterminated line."""
        if rest := self._splitter.flush_partial():
            self.write(rest + b"\n")
