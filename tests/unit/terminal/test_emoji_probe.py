"""The probe of joined emoji: asked once, when it is due; what cannot be true does not count."""

from __future__ import annotations

import pytest

from reflowlog.terminal.emoji_probe import EmojiProbe
from reflowlog.terminal.reflow_models import TerminalModel
from reflowlog.text.clean.joined_emoji import APART, JOINED, Joins

MODEL = TerminalModel("simulated", joins=APART)


class Query:
    """A terminal that answers with the columns given."""

    def __init__(self, *columns: int) -> None:
        self.reports = [(1, column) for column in columns]
        self.questions: list[str] = []

    def __call__(self, question: str, count: int, within: float) -> list[tuple[int, int]] | None:
        assert count == question.count("\x1b[6n") == 3
        assert within > 0
        self.questions.append(question)
        return self.reports or None


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ((3, 3, 3), JOINED),
        ((7, 5, 2), APART),
        ((3, 5, 2), Joins(sequences=True, modifiers=False, presentation=False)),
        ((1, 1, 1), APART),  # a terminal that always reports the same position: the model's
        ((3, 3), APART),  # the last answer is late
        ((), APART),
    ],
)
def test_reports_become_joins(columns: tuple[int, ...], expected: Joins) -> None:
    """The cursor after a sample is the sample's width; where that is not known the model decides."""
    query = Query(*columns)
    probe = EmojiProbe(query, lambda: MODEL)
    assert probe() == expected
    assert probe() == expected
    assert probe.known() == expected
    assert len(query.questions) == 1


def test_the_samples_leave_the_screen_as_it_is() -> None:
    """They are drawn on the alternate screen, in one update."""
    query = Query(3, 3, 3)
    EmojiProbe(query, lambda: MODEL)()
    (question,) = query.questions
    assert question.startswith("\x1b[?2026h\x1b[?1049h")
    assert question.endswith("\x1b[?1049l\x1b[?2026l")


def test_it_is_not_asked_while_the_alternate_screen_is_in_use() -> None:
    """But afterwards; nor where there is no one to ask."""
    query, is_free = Query(3, 3, 3), False
    probe = EmojiProbe(query, lambda: MODEL, lambda: is_free)
    assert probe() == APART
    assert not query.questions
    is_free = True
    assert probe() == JOINED
    assert EmojiProbe(None, lambda: MODEL)() == APART
