"""Requests of the pager that leave the screen: copies, saved files, levels of loggers, configuration."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.display.clipboard import Clipboard, ShownText
from reflowlog.display.save import SaveFile
from reflowlog.pager.state import Copy, LoggerLevel, WriteColumns

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.display.editor import EditorChooser
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.match_index import Budget
    from reflowlog.pager.state import PagerState
    from reflowlog.text.layout.column_choice import ColumnChoice

__all__ = ["PagerServices", "PagerTools"]


class PagerTools(NamedTuple):
    """Tools that keys of the pager need besides the terminal.

    Attributes:
        clipboard: takes what is copied.
        editor: chooses the editor and the file for a record.
        change_level: changes the levels of the program's loggers, and returns a message.
        write_columns: writes columns and hidden fields into the user's configuration, and returns a message.
        is_in_use: returns whether the file of a path is being read, or written by this program.
    """

    clipboard: Clipboard
    editor: EditorChooser
    change_level: Callable[[LoggerLevel], str] = lambda _: ""
    write_columns: Callable[[ColumnChoice], str] = lambda _: "a program's columns are set by the program: columns=[...]"
    is_in_use: Callable[[str], bool] = lambda _: False


class PagerServices:
    """Carries out requests of the pager's state, at once or in slices. Printer thread only.

    Args:
        tools: what carries them out.
        context: the pager's context, with the lines that are saved and copied.
        budget: the time budget of a slice.
        write_sequence: writes a control sequence to the terminal.
    """

    def __init__(
        self, tools: PagerTools, context: PagerContext, budget: Budget, write_sequence: Callable[[str], None]
    ) -> None:
        self._tools = tools
        self._write_sequence = write_sequence
        self._save_file = SaveFile(context, budget, tools.is_in_use)
        self._shown_text = ShownText(context, budget, tools.clipboard.limit)

    def run(self, request: Copy | LoggerLevel | WriteColumns) -> str:
        """Carry out a request, and return the message for the user; empty if it follows by `poll`."""
        if isinstance(request, Copy):
            return self._tools.clipboard.copy(request, self._write_sequence)
        if isinstance(request, LoggerLevel):
            return self._tools.change_level(request)
        return self._tools.write_columns(request.choice)

    def advance(self, state: PagerState) -> PagerState:
        """Return the state after a slice of saving, and of copying all that is shown."""
        if (saving := state.saving) is not None:
            progress = self._save_file.write_slice(saving)
            state = state._replace(saving=progress.saving)
            if progress.saving is None:
                state = state._replace(message=progress.message, asking=saving if progress.may_replace else None)
        if state.copying is not None:
            copying, request = self._shown_text.take_slice(state.copying)
            state = state._replace(copying=copying)
            if request is not None:
                state = state._replace(message=self.run(request) or state.message)
        return state

    def end_saving(self) -> None:
        """Close the file that is being saved, complete or not. Idempotent.

        Raises:
            OSError: the last lines cannot be written.
        """
        self._save_file.close()

    @property
    def is_busy(self) -> bool:
        """Whether a copy command is running; its message follows by `poll`."""
        return self._tools.clipboard.is_busy

    def poll(self) -> str:
        """Return the message for the user once a copy command has ended; else empty."""
        return self._tools.clipboard.poll()

    def close(self) -> None:
        """End an incomplete save and a copy command. Idempotent."""
        with contextlib.suppress(OSError):
            self.end_saving()
        self._tools.clipboard.close()
