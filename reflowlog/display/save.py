"""Saving the pager's lines to a file, in slices of a time budget."""

from __future__ import annotations

import contextlib
import os
from typing import IO, TYPE_CHECKING

from reflowlog.pager.match_index import NotReady
from reflowlog.pager.state import Save

if TYPE_CHECKING:
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.match_index import Budget

__all__ = ["SaveFile"]


class SaveFile:
    """Writes the lines that a pager shows, as they came, to a new file. Printer thread only.

    Args:
        context: the pager's context, with the document and the lines that are shown of it.
        budget: the time budget of a slice.
    """

    def __init__(self, context: PagerContext, budget: Budget) -> None:
        self._context = context
        self._budget = budget
        self._file: IO[bytes] | None = None

    def write_slice(self, saving: Save) -> tuple[Save | None, str]:
        """Write lines for one slice.

        Args:
            saving: how far the file is written.

        Returns:
            The new progress, None once the save has ended; and the message to show then.
        """
        try:
            if self._file is None:
                self._file = open(os.path.expanduser(saving.path.strip()), "xb")  # noqa: SIM115 - written in slices
            saving = self._write(saving, self._file)
        except FileExistsError:
            return None, self._finish(f"{saving.path} is there already: nothing is saved")
        except OSError as error:
            return None, self._finish(f"cannot save to {saving.path}: {error.strerror}")
        if saving.offset is None:
            plural = "s" * (saving.written != 1)
            return None, self._finish(f"saved {saving.written:,} line{plural} to {saving.path}")
        return saving, ""

    def close(self) -> None:
        """Close the file. Idempotent.

        Raises:
            OSError: the last lines cannot be written.
        """
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _finish(self, message: str) -> str:
        try:
            self.close()
        except OSError as error:
            return f"cannot save: {error.strerror}"
        return message

    def _write(self, saving: Save, file: IO[bytes]) -> Save:
        """Write as many lines as the budget allows; ``offset`` of the result is None at the end."""
        shown, document = self._context.filtered, self._context.document
        offset = saving.offset
        count = saving.written
        with contextlib.suppress(NotReady):
            if offset is None:
                offset = (
                    shown.after(document.text.start - 1)
                    if self._context.filter_index
                    else document.at(document.text.start)
                )
                if document.text.end <= document.text.start:
                    offset = None
            while offset is not None and not self._budget.is_over:
                following = shown.after(offset)  # first: NotReady must leave this line to the next slice
                ends = document.after(offset)
                ends_line = ends is None or document.is_line_start(ends)
                file.write(document.segment(offset) + (b"\n" if ends_line else b""))
                count += ends_line
                offset = following
            return Save(saving.path, offset, count)
        return Save(saving.path, offset if offset is not None else document.text.start, count)
