"""What is viewed: the two kinds of text behind a document, as the full stage takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reflowlog.core.events import Runs
    from reflowlog.store.file_text import FileText
    from reflowlog.store.pipe_text import PipeText
    from reflowlog.store.source_runs import SourceRuns

__all__ = ["FileDocument", "PipeDocument"]


class PipeDocument:
    """A pipe, or anything else that is read once: its history, and the line that has not ended.

    Args:
        text: both.
        name: for the status row.
        owners: knows of which source lines are; None: there is one.
    """

    counted = 1.0

    def __init__(self, text: PipeText, name: str = "", owners: SourceRuns | None = None) -> None:
        self.text = text
        self.name = name
        self._owners = owners
        self.live = True
        self._lines: list[bytes] = []  # of ours, until the line that has not ended does

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Take a piece of the input, cut anywhere; whole lines where it is told of which source they are."""
        if runs and self._owners is not None:
            self.end_of_input()
            self._owners.add(self.text.end, runs)
        self.text.grow(data)
        self._give_lines()

    def line(self, text: str) -> bool:
        """Take a line of ours, after the one that has not ended."""
        self._lines.append(text.encode("utf-8", "replace") + b"\n")
        self._give_lines()
        return True

    def take_partial(self) -> bytes:
        """The line that has not ended, which is shown elsewhere from now on."""
        rest = self.text.take_partial()
        self._give_lines()
        return rest

    def _give_lines(self) -> None:
        if self._lines and not self.text.tail:
            self.text.grow(b"".join(self._lines))
            self._lines.clear()

    def end_of_input(self) -> None:
        """An input has ended: its last line is complete."""
        self.text.finish()
        self._give_lines()

    def all_ended(self) -> None:
        """Nothing more comes."""
        self.live = False

    def poll(self) -> list[str]:
        """What comes is brought."""
        return []

    def count_on(self, size: int) -> bool:  # noqa: ARG002 - the history counts what it takes
        """All is counted."""
        return False


class FileDocument:
    """A user's file, read in place.

    Args:
        text: what is in it.
        name: for the status row.
    """

    live = True

    def __init__(self, text: FileText, name: str) -> None:
        self.text = text
        self.name = name

    @property
    def counted(self) -> float:
        """How much of it has its lines counted, from 0 to 1."""
        text = self.text
        size = text.end - text.start
        return 1.0 if text.counted >= text.end or not size else max(text.counted - text.start, 0) / size

    def chunk(self, data: bytes, runs: Runs = ()) -> None:
        """Nothing is piped in."""

    def line(self, text: str) -> bool:  # noqa: ARG002 - the file is its owner's
        """A line of ours has no place in it."""
        return False

    def end_of_input(self) -> None:
        """Files have no end: they may grow."""

    def all_ended(self) -> None:
        """Nor are they ever over."""

    def take_partial(self) -> bytes:
        """It stays where it is."""
        return b""

    def poll(self) -> list[str]:
        """Look whether it has grown; what else happened to it, in one line each."""
        return self.text.poll()

    def count_on(self, size: int) -> bool:
        """Count the lines of so many more bytes; whether there is more to count."""
        return self.text.count_on(size)
