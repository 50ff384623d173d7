"""Sinks of standard output that render lines: laid out for a width, or unwrapped for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.line_splitter import LineSplitter
from reflowlog.terminal.output import FileOutput

if TYPE_CHECKING:
    from reflowlog.core.events import Runs
    from reflowlog.render.renderer import LineRenderer
    from reflowlog.text.parse.gaps import GapFinder

__all__ = ["RowOutput", "TerminalOutput"]


class RowOutput:
    """Sink of standard output, laid out by a renderer.

    Args:
        renderer: lays lines out.
        gaps: finds the gaps before which a rule is drawn; None: there are no rules.
    """

    def __init__(self, renderer: LineRenderer, gaps: GapFinder | None = None) -> None:
        self._renderer = renderer
        self._gaps = gaps
        self._output = FileOutput(1)
        self._splitter = LineSplitter()

    def write(self, data: bytes, runs: Runs = ()) -> None:
        """Write the rows of the lines that a chunk completes."""
        if lines := self._splitter.feed(data):
            self._renderer.learn(lines)
            rows = self._renderer.lines(lines)
            if runs:
                from reflowlog.text.layout.source_labels import owners_of  # start-up cost: only for several sources

                rows = self._renderer.labelled(rows, owners_of(lines, runs))
            if self._gaps is not None:
                from reflowlog.text.layout.gap_rule import duration_text  # start-up cost: only with rules

                for index, seconds in self._gaps.feed(lines.split(b"\n")[:-1]).items():
                    rows[index] = f"{self._renderer.rule(duration_text(seconds))}\n{rows[index]}"
            self._output.write("\n".join(rows) + "\n")

    def pause(self) -> None:
        """Ignored: nothing is held back here."""

    def end(self) -> None:
        """Write the row of an unterminated line."""
        if rest := self._splitter.flush_partial():
            self.write(rest + b"\n")


class TerminalOutput:
    """Sink of plain mode on a terminal: each line in one row of any length, so that no control sequence of it acts.

    An unterminated line, maybe a prompt, is written at a pause. If it then changes in more than its end, it is written
    again as a whole.

    Args:
        renderer: without a width.
    """

    def __init__(self, renderer: LineRenderer) -> None:
        self._renderer = renderer
        self._output = FileOutput(1)
        self._partial = bytearray()  # the unterminated line,
        self._written = ""  # and the part of its text that is on the terminal

    def write(self, data: bytes, runs: Runs = ()) -> None:  # noqa: ARG002 - plain lines have no labels
        """Write the lines that a chunk completes."""
        self._partial += data
        end = self._partial.rfind(b"\n") + 1
        if end:
            rows = self._renderer.lines(bytes(self._partial[:end]))
            del self._partial[:end]
            self._write("\n".join(rows) + "\n")
            self._written = ""

    def pause(self) -> None:
        """Write the unterminated line."""
        if self._partial:
            (row,) = self._renderer.lines(bytes(self._partial) + b"\n")
            self._write(row)
            self._written = row

    def end(self) -> None:
        """Write the unterminated line, and end it."""
        if self._partial:
            self.write(b"\n")

    def _write(self, text: str) -> None:
        if self._written:
            text = text[len(self._written) :] if text.startswith(self._written) else "\n" + text
        if text:
            self._output.write(text)
