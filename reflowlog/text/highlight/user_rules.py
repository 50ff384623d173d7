"""The user's own highlight rules, laid over the spans of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.text.highlight.patterns import LONGEST
from reflowlog.text.highlight.spans import overlay

if TYPE_CHECKING:
    from reflowlog.core.records import Spans
    from reflowlog.text.highlight.themes import Theme

__all__ = ["rule_spans"]


def rule_spans(text: str, theme: Theme) -> Spans:
    """Return the spans of a user's highlight rules; where two overlap, the later rule counts.

    A rule is a regular expression that the user wrote; one that may take long bounds its running time itself.
    """
    spans: Spans = ()
    for pattern, style in theme.rules:
        found = [found.span() for found in pattern.finditer(text, 0, LONGEST)]
        spans = overlay(spans, tuple((start, end, style) for start, end in found if start < end))
    return spans
