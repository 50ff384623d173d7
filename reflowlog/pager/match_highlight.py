"""Highlight of matches in the rows of the pager."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.pager.viewport import LaidOutLine, VisibleRow
    from reflowlog.text.search.pattern import Matcher

__all__ = ["MatchHighlight"]

MAX_CACHED_LINES = 512
"""Lines whose spans are kept; a full cache is cleared. More than a screen has."""

_Spans = tuple[tuple[int, int], ...]
"""Start and end of each span of a text."""


class MatchHighlight:
    """Spans of rows that match the search, the filters, or the pattern that is being typed.

    Only lines that are counted as matching are highlighted; one that matches as it came, and not as it is shown, is
    highlighted in its whole first row.

    Args:
        matches: returns whether a pattern matches the segment at an offset; may raise `NotReady`.
        spans: returns the spans of a text that match a pattern; may raise `NotReady`.
    """

    def __init__(
        self,
        matches: Callable[[Matcher, int], bool],
        spans: Callable[[Matcher, str], Sequence[tuple[int, int]]],
    ) -> None:
        self._matches = matches
        self._find_spans = spans
        self._patterns: tuple[Matcher, ...] = ()
        self._marks_lines = False
        self._cache: dict[int, tuple[LaidOutLine, list[_Spans]]] = {}  # spans of each row, by the line's offset

    def choose(self, patterns: tuple[Matcher, ...], *, marks_lines: bool) -> None:
        """Highlight the matches of some patterns from now on.

        Args:
            patterns: the patterns.
            marks_lines: whether a matching line without a span is highlighted in its whole first row.
        """
        if patterns != self._patterns or marks_lines != self._marks_lines:
            self._patterns, self._marks_lines = patterns, marks_lines
            self._cache.clear()

    def forget(self) -> None:
        """Find all spans again: the rows are laid out in another way."""
        self._cache.clear()

    @property
    def is_active(self) -> bool:
        """Whether parts of rows may be highlighted."""
        return bool(self._patterns)

    def row_spans(self, visible_row: VisibleRow) -> Sequence[tuple[int, int]]:
        """Return the highlighted spans of a row's text, ascending. Raises `NotReady`."""
        return self.line_spans(visible_row.line)[visible_row.number] if self._patterns else ()

    def text_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the highlighted spans of a text that is no row of the document, ascending. Raises `NotReady`."""
        return _merge([span for each in self._patterns for span in self._find_spans(each, text)])

    def first_offset(self, line: LaidOutLine) -> int:
        """Return the offset of a line's first highlighted span; 0 if there is none. Raises `NotReady`."""
        if not self._patterns:
            return 0
        for number, spans in enumerate(self.line_spans(line)):
            styled = line.styled[number]
            if spans and not (number and styled is line.styled[number - 1]):
                at = spans[0][0]
                last = number
                while last + 1 < len(line.rows) and line.styled[last + 1] is styled and line.rows[last + 1].start <= at:
                    last += 1
                return line.starts[last] + max(at - line.rows[last].start, 0)
        return 0

    def line_spans(self, line: LaidOutLine) -> list[_Spans]:
        """Return the highlighted spans of each row of a line. Raises `NotReady`."""
        if line.kind:
            return [()] * len(line.rows)
        known = self._cache.get(line.offset)
        if known is not None and known[0] is line:
            return known[1]
        spans = self._find_line_spans(line)
        if len(self._cache) > MAX_CACHED_LINES:
            self._cache.clear()
        self._cache[line.offset] = line, spans
        return spans

    def _find_line_spans(self, line: LaidOutLine) -> list[_Spans]:
        patterns = [each for each in self._patterns if self._matches(each, line.offset)]
        if not patterns:
            return [()] * len(line.rows)
        rows: list[_Spans] = []
        for number, styled in enumerate(line.styled):
            if number and styled is line.styled[number - 1]:
                rows.append(rows[-1])
            else:
                rows.append(_merge([span for each in patterns for span in self._find_spans(each, styled.text)]))
        if self._marks_lines and rows and not any(rows):
            rows[0] = ((line.rows[0].start, line.rows[0].end),)
        return rows


def _merge(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return spans in order, overlapping ones joined."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return tuple(found)
