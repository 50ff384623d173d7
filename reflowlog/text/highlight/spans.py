"""Span algebra: fill the gaps between spans with a style, and lay one list of spans over another."""

from __future__ import annotations

from itertools import pairwise

from reflowlog.core.records import PLAIN, Span, Spans, Style

__all__ = ["fill_gaps", "overlay"]


def fill_gaps(spans: list[Span], start: int, end: int, tint: Style) -> list[Span]:
    """Return spans in which the gaps from `start` to `end`, and spans without SGR, have the style `tint`."""
    found: list[Span] = []
    at = start
    for begin, stop, style in spans:
        if begin > at:
            found.append((at, begin, tint))
        found.append((begin, stop, style if style.sgr else Style(tint.sgr, style.link)))
        at = max(at, stop)
    if at < end:
        found.append((at, end, tint))
    return found


def overlay(below: Spans, above: Spans) -> Spans:
    """Return spans with others laid over them; links below stay where the upper spans have none.

    Examples:
        >>> bold, dim = Style("1"), Style("2")
        >>> [(start, end, style.sgr) for start, end, style in overlay(((0, 9, dim),), ((3, 5, bold),))]
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
