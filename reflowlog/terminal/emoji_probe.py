"""Joined emoji as the terminal draws them: measured when a log has the first, else known by the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.terminal import control
from reflowlog.text.clean.joined_emoji import Joins

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.terminal.cursor import CursorQuery
    from reflowlog.terminal.reflow_models import TerminalModel

__all__ = ["EmojiProbe"]

ANSWER_TIMEOUT = 0.5  # seconds to wait, once
SAMPLES = (
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
    "\U0001f44d\U0001f3fd",  # a thumb with a skin tone
    "\u2764\ufe0f",  # a heart as an emoji
)


class EmojiProbe:
    """Returns which joined emoji the terminal draws as one. Printer thread only.

    The terminal is asked at the first call, when the first joined emoji is about to be laid out: most logs have none.
    It draws samples on the alternate screen and reports its cursor after each, so that nothing on the normal screen
    changes.

    Args:
        query: `Keyboard.query_cursor`; None where the terminal must not be asked.
        model: returns the terminal's model, which decides where there is no answer.
        is_free: returns False while the alternate screen is in use: then it is not asked yet.
    """

    def __init__(
        self,
        query: CursorQuery | None,
        model: Callable[[], TerminalModel],
        is_free: Callable[[], bool] = lambda: True,
    ) -> None:
        self._query = query
        self._model = model
        self._is_free = is_free
        self._measured: Joins | None = None

    def __call__(self) -> Joins:
        """Return the measured widths of joins, after asking if that is due."""
        if self._query is not None and self._is_free():
            query, self._query = self._query, None
            reports = query(control.request_widths(SAMPLES), len(SAMPLES), ANSWER_TIMEOUT)
            if reports is not None and len(reports) == len(SAMPLES):
                self._measured = _joins_of([column - 1 for _, column in reports])
        return self.known()

    def known(self) -> Joins:
        """Return the widths of joins that are known without asking."""
        return self._measured or self._model().joins


def _joins_of(widths: list[int]) -> Joins | None:
    """Return the joins for the measured widths of the samples; None if no terminal draws them so."""
    sequence, modifier, presentation = widths
    if not (1 <= sequence <= 8 and 1 <= modifier <= 4 and 1 <= presentation <= 2):
        return None
    return Joins(sequence <= 2, modifier <= 2, presentation > 1)
