"""The history of a console with keys: records and lines of text, kept as lines of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.records import LogRecord, StyledLine
from reflowlog.pager.regex_worker import RegexWorker
from reflowlog.render.ansi import draw
from reflowlog.text.clean import wrap
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.record_codec import line_of, line_of_text, read_entry, shown_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reflowlog.core.events import Runs
    from reflowlog.core.frames import RenderedRecord
    from reflowlog.core.records import Item
    from reflowlog.render.renderer import LineRenderer
    from reflowlog.store.line_index import LineIndex
    from reflowlog.text.search.pattern import Matcher

__all__ = ["ShownMatcher", "StoredHistory", "line_of_item", "read_stored_line"]


class StoredHistory:
    """Records and lines of text as lines of bytes, laid out as if they had never been that.

    Args:
        composer: lays them out.
        history: keeps all of them.
        limit: how many are laid out again; None for all.
    """

    def __init__(self, composer: LineRenderer, history: LineIndex, limit: int | None) -> None:
        self._composer = composer
        self._history = history
        self._limit = limit

    @property
    def first(self) -> int:
        """The number of the oldest that is laid out again."""
        held = self._history.first
        return held if self._limit is None else max(held, self._history.end - self._limit)

    @property
    def end(self) -> int:
        """The number that the next one gets."""
        return self._history.end

    def keep_lines(self, data: bytes, runs: Runs = ()) -> list[RenderedRecord]:  # noqa: ARG002 - a program is one source
        """Keep whole lines, each with its newline."""
        number = self._history.end
        self._history.extend(data)
        return [(number + at, self._laid(line)) for at, line in enumerate(data.split(b"\n")[:-1])]

    def keep_text(self, line: str) -> list[RenderedRecord]:
        """Keep one line of text, without its newline."""
        return self.keep_lines(line_of_text(line))

    def keep(self, item: Item) -> list[RenderedRecord]:
        """Keep a record."""
        number = self._history.end
        self._history.extend(line_of_item(item))
        if isinstance(item, StyledLine):
            item = item._replace(column=None, aside="")  # as it is found again
        return [(number, self._composer.item(item))]

    def blocks(self, start: int, stop: int) -> list[RenderedRecord]:
        """Those with these numbers, laid out anew, as far as they are held."""
        lines = self._history.lines(start, stop)
        start = max(start, self._history.first)  # after reading: a disk that fails there costs the oldest lines
        return [(start + at, self._laid(line)) for at, line in enumerate(lines)]

    def _laid(self, line: bytes) -> str:
        text = line.decode("utf-8", "replace")
        fields = read_entry(text)
        return self._composer.item(StyledLine(*sanitize(text)) if fields is None else fields)

    def close(self) -> None:
        """Give back the memory and the file."""
        self._history.close()


def line_of_item(item: Item) -> bytes:
    if isinstance(item, LogRecord):
        return line_of(item)
    return line_of_text(draw(item.text, item.spans, wrap.whole(item.text)))


def read_stored_line(line: str) -> list[LogRecord]:
    fields = read_entry(line)
    return [] if fields is None else [fields]


class ShownMatcher(RegexWorker):
    """Matches what is shown of records, not their lines; comparisons of fields are for those."""

    def matching(self, pattern: Matcher, data: bytes) -> list[int]:
        """Starts of the lines that match. Raises `Later`."""
        if pattern.of_fields:
            return super().matching(pattern, data)
        shown = shown_lines(data)
        found = super().matching(pattern, shown)
        if shown is data or not found:
            return found
        starts = iter(zip(_starts(shown), _starts(data)))
        return [next(place for at, place in starts if at == each) for each in found]


def _starts(data: bytes) -> Iterator[int]:
    """Where lines start."""
    at = 0
    for line in data.split(b"\n"):
        yield at
        at += len(line) + 1
