"""Document sources for the pager: a pipe with its history, and a file read in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reflowlog.core.events import Runs
    from reflowlog.store.file_text import FileText
    from reflowlog.store.pipe_text import PipeText
    from reflowlog.store.source_runs import SourceRuns

__all__ = ["FileDocument", "PipeDocument"]


class PipeDocument:
    """Document source of a pipe or another input that is read once: its history and the unterminated line.

    Args:
        text: history and unterminated line.
        name: shown in the status row.
        sources: records which source each line came from; None: there is one source.
    """

    counted = 1.0

    def __init__(self, text: PipeText, name: str = "", sources: SourceRuns | None = None) -> None:
        self.text = text
        self.name = name
        self._sources = sources
        self.live = True
        self._lines: list[bytes] = []  # of the console's own, held while a line is unterminated

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Append a chunk of the input, split at any byte; with `runs`, whole lines and the sources they came from."""
        if runs and self._sources is not None:
            self.end_of_input()
            self._sources.add(self.text.end, runs)
        self.text.grow(data)
        self._give_lines()

    def line(self, text: str) -> bool:
        """Append a line of the console's own, after the unterminated one has ended. Always True."""
        self._lines.append(text.encode("utf-8", "replace") + b"\n")
        self._give_lines()
        return True

    def take_partial(self) -> bytes:
        """Remove and return the unterminated line, for display elsewhere."""
        rest = self.text.take_partial()
        self._give_lines()
        return rest

    def _give_lines(self) -> None:
        """Append the console's own lines unless a line is unterminated."""
        if self._lines and not self.text.tail:
            self.text.grow(b"".join(self._lines))
            self._lines.clear()

    def end_of_input(self) -> None:
        """Complete the last line at the end of an input."""
        self.text.finish()
        self._give_lines()

    def all_ended(self) -> None:
        """Mark the document as complete: no input is left."""
        self.live = False

    def file_line(self, offset: int) -> tuple[str, int] | None:  # noqa: ARG002 - the history is in no file
        """Return None: the history is in no file that has a name."""
        return None

    def poll(self) -> list[str]:
        """Return no notices: input arrives by `chunk`."""
        return []

    def count_on(self, size: int) -> bool:  # noqa: ARG002 - the history counts what it takes
        """Return False: the history counts lines as they arrive."""
        return False


class FileDocument:
    """Document source of a user's file, read in place.

    Args:
        text: content of the file.
        name: shown in the status row.
    """

    live = True

    def __init__(self, text: FileText, name: str) -> None:
        self.text = text
        self.name = name

    @property
    def counted(self) -> float:
        """Share of the file whose lines are counted, from 0 to 1."""
        text = self.text
        size = text.end - text.start
        return 1.0 if text.counted >= text.end or not size else max(text.counted - text.start, 0) / size

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """No-op: nothing is piped into a file."""

    def line(self, text: str) -> bool:  # noqa: ARG002 - the file is its owner's
        """Return False: lines of the console's own are not written to a user's file."""
        return False

    def end_of_input(self) -> None:
        """No-op: a file has no end of input."""

    def all_ended(self) -> None:
        """No-op: a file may always grow."""

    def take_partial(self) -> bytes:
        """Return nothing: an unterminated line stays in the file."""
        return b""

    def file_line(self, offset: int) -> tuple[str, int] | None:
        """Return the path of the file and the line in it that contains a byte; None if it is not known."""
        return self.text.file_line(offset)

    def poll(self) -> list[str]:
        """Check whether the file has grown, and return a notice for each other change."""
        return self.text.poll()

    def count_on(self, size: int) -> bool:
        """Count the lines of `size` more bytes; return whether more remain to be counted."""
        return self.text.count_on(size)
