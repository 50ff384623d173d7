"""Scrollback of an interactive console: records and lines of text, stored as lines of bytes in a spool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.records import LogRecord, StyledLine
from reflowlog.display.scrollback import TimeMarks
from reflowlog.pager.regex_worker import RegexWorker
from reflowlog.render.ansi import draw
from reflowlog.text.clean import wrap
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.columns import columns
from reflowlog.text.layout.record_codec import line_of, line_of_text, read_entry, shown_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reflowlog.core.events import Runs
    from reflowlog.core.frames import RenderedRecord
    from reflowlog.core.records import Item
    from reflowlog.render.renderer import LineRenderer
    from reflowlog.store.line_index import LineIndex
    from reflowlog.text.search.pattern import Matcher

__all__ = ["ShownMatcher", "StoredHistory", "line_of_item", "read_stored_line", "stored_text"]


class StoredHistory:
    """Stores records and text as lines of bytes; lays them out exactly as `RecordScrollback` does.

    Args:
        renderer: the layout.
        history: the store of all lines.
        limit: count of the newest records that may be laid out again; None for all.
    """

    def __init__(self, renderer: LineRenderer, history: LineIndex, limit: int | None) -> None:
        self._renderer = renderer
        self._history = history
        self._limit = limit
        self._marks = TimeMarks(renderer)

    @property
    def first(self) -> int:
        """Number of the oldest record that may be laid out again."""
        held = self._history.first
        return held if self._limit is None else max(held, self._history.end - self._limit)

    @property
    def end(self) -> int:
        """Number of the next record."""
        return self._history.end

    @property
    def settled(self) -> int:
        """Number of the next record: nothing is pending."""
        return self._history.end

    def pending_rows(self) -> list[str]:
        """Return no rows: nothing is pending."""
        return []

    def settle(self) -> list[RenderedRecord]:
        """Return nothing: nothing is pending."""
        return []

    def keep_lines(self, data: bytes, runs: Runs = ()) -> list[RenderedRecord]:  # noqa: ARG002 - one source
        """Store whole lines, each with its newline, and return them laid out."""
        number = self._history.end
        self._history.extend(data)
        return [(number + at, self._lay_out(line)) for at, line in enumerate(data.split(b"\n")[:-1])]

    def keep_text(self, line: str) -> list[RenderedRecord]:
        """Store one line of text, without its newline, and return it laid out."""
        return self.keep_lines(line_of_text(line))

    def keep(self, item: Item) -> list[RenderedRecord]:
        """Store a record, and return it laid out."""
        number = self._history.end
        self._history.extend(line_of_item(item))
        if isinstance(item, StyledLine):
            item = item._replace(column=None, aside="")  # fields that the stored line does not hold
        return [(number, self._renderer.item(item))]

    def blocks(self, start: int, stop: int) -> list[RenderedRecord]:
        """Lay out the stored records with numbers from ``start`` to ``stop`` - 1, as far as they are still held."""
        lines = self._history.lines(start, stop)
        start = max(start, self._history.first)  # after reading: a failing disk drops the oldest lines
        return self._marks.drawn([(start + at, self._lay_out(line)) for at, line in enumerate(lines)])

    def mark(self, label: str) -> list[RenderedRecord]:
        """Keep a mark after the newest record, see `TimeMarks`."""
        return self._marks.add(self._history.end, label)

    def stored_lines(self, first: int) -> list[bytes]:  # noqa: ARG002 - the protocol's
        """Return nothing: the lines are those of records."""
        return []

    def can_take_back(self, first: int) -> bool:
        """Return whether the newest records, from a number on, can be removed."""
        return first >= self.first and not self._marks.has_any(first) and self._history.can_take_back(first)

    def take_back(self, first: int) -> bool:
        """Remove the newest records, from a number on; return False, and remove none, if that is not possible."""
        return self.can_take_back(first) and self._history.take_back(first)

    def _lay_out(self, line: bytes) -> str:
        text = line.decode("utf-8", "replace")
        record = read_entry(text)
        return self._renderer.item(StyledLine(*sanitize(text)) if record is None else record)

    def close(self) -> None:
        """Free the memory and the temporary file."""
        self._history.close()


def line_of_item(item: Item) -> bytes:
    """Encode an item as one stored line, with its newline."""
    if isinstance(item, LogRecord):
        return line_of(item)
    return line_of_text(draw(item.text, item.spans, wrap.whole(item.text)))


def read_stored_line(line: str) -> list[LogRecord]:
    """Return the record that a stored line holds, as a list of one; empty for a line of text."""
    record = read_entry(line)
    return [] if record is None else [record]


def stored_text(data: bytes) -> bytes:
    """Return stored lines as they are shown at unlimited width: a record with its traceback, text as it was printed."""
    return b"\n".join([_stored_line_text(line) for line in data.split(b"\n")])


def _stored_line_text(line: bytes) -> bytes:
    record = read_entry(line.decode("utf-8", "replace"))
    if record is not None:
        lines = [each.text for each in columns(record._replace(columns=None), None)]
        return "\n".join(lines).encode("utf-8", "replace")
    return line.removeprefix(b"\r") if line.startswith(b"\r{\t") else line


class ShownMatcher(RegexWorker):
    """Regex worker that matches the shown text of records instead of their stored lines, except field comparisons."""

    def matching(self, pattern: Matcher, data: bytes) -> list[int]:
        """Return the offsets of the lines that match. Raises `NotReady`."""
        if pattern.of_fields:
            return super().matching(pattern, data)
        shown = shown_lines(data)
        found = super().matching(pattern, shown)
        if shown is data or not found:
            return found
        starts = iter(zip(_starts(shown), _starts(data)))
        return [next(stored for at, stored in starts if at == each) for each in found]


def _starts(data: bytes) -> Iterator[int]:
    """Yield the offset of each line."""
    at = 0
    for line in data.split(b"\n"):
        yield at
        at += len(line) + 1
