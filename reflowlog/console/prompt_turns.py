"""Turns on a terminal that a prompt of prompt_toolkit has, such as IPython's: records are painted above the prompt.

Invariants:
- While a prompt is shown nothing is painted but in a turn. Its event loop gives one on request: it erases the prompt,
  waits until all records are painted, at most `TURN_TIMEOUT`, and draws the prompt again.
- A turn is requested under `patch_stdout`, which moves printed text above the prompt, too. Else records wait until the
  prompt has been answered.
- A prompt is interrupted at most once within `TURN_INTERVAL`, so that records in quick succession let it be read.
- A full-screen application gives no turn, and neither does one in a session of its own (`create_app_session`), which is
  not found here: records wait for them.
- Nothing is imported: without prompt_toolkit there are no prompts.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from reflowlog.core.loaded_modules import loaded_module
from reflowlog.system import fd_redirect
from reflowlog.system.tty import terminal_device

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PromptTurns", "find_prompt"]

TURN_TIMEOUT = 0.25  # seconds that a prompt waits for the printer
TURN_INTERVAL = 0.1  # seconds between two turns
GIVING_TIMEOUT = 1.0  # seconds after which a turn that was not given is requested again: the loop may have ended


class PromptTurns:
    """Turns on one terminal.

    Args:
        descriptor: of the terminal.
        flush: waits until all records are painted, at most so many seconds. Called on the thread of the prompt's loop.
        clock: returns monotonic seconds.
    """

    def __init__(
        self, descriptor: int, flush: Callable[[float], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._descriptor = descriptor
        self._flush = flush
        self._clock = clock
        self._is_given = False
        self._next_request = 0.0  # the time from which on a turn may be requested

    def has_prompt(self) -> bool:
        """Return whether a prompt, or a full-screen application, is on the terminal, and it is not our turn."""
        return not self._is_given and self._application() is not None

    def request(self, is_wanted: bool) -> bool:
        """Return whether a prompt is on the terminal, and request a turn from it. Printer thread; never waits.

        Args:
            is_wanted: whether there is something to paint.
        """
        application = self._application()
        if application is None or application.full_screen:
            return False
        loop = application.loop
        if is_wanted and _moves_output_above() and loop is not None and self._clock() >= self._next_request:
            self._next_request = self._clock() + GIVING_TIMEOUT
            try:
                loop.call_soon_threadsafe(self._begin)
            except RuntimeError:  # the loop is closed: the prompt is about to leave
                self._next_request = 0.0
        return True

    def _begin(self) -> None:
        """Erase the prompt, take the turn, and draw the prompt again. On its loop."""
        run_in_terminal: Any = sys.modules["prompt_toolkit.application.run_in_terminal"]
        run_in_terminal.run_in_terminal(self._take)

    def _take(self) -> None:
        self._is_given = True
        try:
            self._flush(TURN_TIMEOUT)
        finally:
            self._is_given = False
            self._next_request = self._clock() + TURN_INTERVAL

    def _application(self) -> Any:
        return find_prompt(self._descriptor)


def find_prompt(descriptor: int) -> Any:
    """Return the running application of prompt_toolkit that is drawn on a terminal; None if there is none. Any thread.

    Args:
        descriptor: of the terminal.
    """
    current = loaded_module("prompt_toolkit.application.current")
    application = None if current is None else current.get_app_or_none()
    if application is None or not application.is_running:
        return None
    try:
        device = fd_redirect.ask(application.output.fileno(), terminal_device)
        return application if device == fd_redirect.ask(descriptor, terminal_device) else None
    except (OSError, AttributeError, NotImplementedError):  # it is drawn elsewhere
        return None


def _moves_output_above() -> bool:
    """Return whether printed text is moved above the prompt, by `patch_stdout`."""
    return any(type(stream).__module__ == "prompt_toolkit.patch_stdout" for stream in (sys.stdout, sys.stderr))
