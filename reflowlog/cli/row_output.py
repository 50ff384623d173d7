"""Sinks of standard output that render lines: laid out for a width, or unwrapped for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.line_splitter import LineSplitter
from reflowlog.terminal.output import FileOutput
from reflowlog.text.parse.piece_marks import has_pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.core.events import Runs
    from reflowlog.render.renderer import LineRenderer
    from reflowlog.text.parse.gaps import GapFinder
    from reflowlog.text.parse.pieces import JoinedLine, PieceJoiner

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
        self._joiner: PieceJoiner | None = None  # holds the pieces of a line that is not complete

    def write(self, data: bytes, runs: Runs = ()) -> None:
        """Write the rows of the lines that a chunk completes."""
        if lines := self._splitter.feed(data):
            self._renderer.learn(lines)
            owners = None
            if runs:
                from reflowlog.text.layout.source_labels import owners_of  # start-up cost: only for several sources

                owners = owners_of(lines, runs)
            if self._joiner is not None or has_pieces(lines):
                self._write_joined(lines, owners)
            else:
                self._write_lines(lines, owners)

    def _write_lines(self, lines: bytes, owners: Sequence[int | None] | None) -> None:
        rows = self._renderer.lines(lines)
        if owners is not None:
            rows = self._renderer.labelled(rows, owners)
        if self._gaps is not None:
            from reflowlog.text.layout.gap_rule import duration_text  # start-up cost: only with rules

            for index, seconds in self._gaps.feed(lines.split(b"\n")[:-1]).items():
                rows[index] = f"{self._renderer.rule(duration_text(seconds))}\n{rows[index]}"
        self._output.write("\n".join(rows) + "\n")

    def _write_joined(self, lines: bytes, owners: Sequence[int | None] | None) -> None:
        """Write lines of which some are pieces of one that a container runtime has cut.

        Those of several sources are not held for the next chunk.
        """
        from reflowlog.text.parse.pieces import PieceJoiner  # start-up cost: only for such a log

        self._joiner = joiner = self._joiner or PieceJoiner()
        joined = joiner.feed(lines.split(b"\n")[:-1], owners or ())
        if owners is not None:
            joined += joiner.flush()
            owners = [owners[each.number] for each in joined]
        self._write_those(joined, owners)
        if joiner.settled == joiner.end:
            self._joiner = None

    def _write_those(self, joined: Sequence[JoinedLine], owners: Sequence[int | None] | None = None) -> None:
        if joined:
            self._write_lines(b"\n".join([*(each.line for each in joined), b""]), owners)

    def pause(self) -> None:
        """Write the held lines, because the next piece has not come."""
        if self._joiner is not None:
            self._write_those(self._joiner.flush())
            self._joiner = None

    def end(self) -> None:
        """Write the held lines, and the row of an unterminated line."""
        if rest := self._splitter.flush_partial():
            self.write(rest + b"\n")
        self.pause()


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
