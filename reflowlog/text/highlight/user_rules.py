"""The user's own highlight rules, laid over the spans of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.text.highlight.patterns import LONGEST
from reflowlog.text.highlight.spans import overlaid

if TYPE_CHECKING:
    from reflowlog.core.records import Spans
    from reflowlog.text.highlight.themes import Theme

__all__ = ["ruled"]


# --- a user's rules ---


def ruled(text: str, theme: Theme) -> Spans:
    """What a user's rules have a style for; where two of them meet, the later rule counts.

    A rule is a regular expression of the user's own: how long it takes is up to that.
    """
    spans: Spans = ()
    for pattern, style in theme.rules:
        found = [found.span() for found in pattern.finditer(text, 0, LONGEST)]
        spans = overlaid(spans, tuple((start, end, style) for start, end in found if start < end))
    return spans
