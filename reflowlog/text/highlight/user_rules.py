"""The user's own highlight rules, laid over the spans of a text."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from reflowlog.core.records import PLAIN, Span, Spans, Style
from reflowlog.text.highlight.marks import LONGEST

if TYPE_CHECKING:
    from reflowlog.text.highlight.themes import Theme

__all__ = ["overlaid", "ruled"]


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


def overlaid(below: Spans, above: Spans) -> Spans:
    """Spans with others laid over them; links below stay where those above have none.

    Examples:
        >>> bold, dim = Style("1"), Style("2")
        >>> [(start, end, style.sgr) for start, end, style in overlaid(((0, 9, dim),), ((3, 5, bold),))]
        [(0, 3, '2'), (3, 5, '1'), (5, 9, '2')]
    """
    if not (below and above):
        return below or above
    edges = sorted({edge for spans in (below, above) for start, end, _ in spans for edge in (start, end)})
    found: list[Span] = []
    lower, upper = iter(below), iter(above)
    under, over = next(lower, None), next(upper, None)
    for start, end in pairwise(edges):
        while under and under[1] <= start:
            under = next(lower, None)
        while over and over[1] <= start:
            over = next(upper, None)
        first = under[2] if under and under[0] <= start else PLAIN
        style = over[2] if over and over[0] <= start else first
        if first.link and not style.link:
            style = Style(style.sgr, first.link)
        if style == PLAIN:
            continue
        if found and found[-1][1] == start and found[-1][2] == style:
            found[-1] = (found[-1][0], end, style)
        else:
            found.append((start, end, style))
    return tuple(found)
