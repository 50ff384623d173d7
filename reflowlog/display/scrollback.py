"""Scrollbacks: the history of a display by record number, with the rows of each record at the present width.

A program's own console receives text and records, of which a few thousand are held as objects (`RecordScrollback`). A
pipe delivers unlimited bytes, which are kept as bytes and parsed only when they are shown (`LineScrollback`).

Invariants:
- Both belong to the printer thread.
- Numbers count from 0 and never change.
"""

from __future__ import annotations

from collections import deque
from itertools import accumulate, count, islice
from typing import TYPE_CHECKING, Protocol

from reflowlog.core.records import StyledLine
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.gap_rule import duration_text
from reflowlog.text.layout.source_labels import owners_of
from reflowlog.text.parse.piece_marks import has_pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.core.events import Runs
    from reflowlog.core.frames import RenderedRecord
    from reflowlog.core.records import Item
    from reflowlog.display.inline_folds import FoldOptions, InlineFolder, ShownLine
    from reflowlog.display.inline_pieces import InlinePieces
    from reflowlog.render.renderer import LineRenderer
    from reflowlog.store.line_index import LineIndex
    from reflowlog.store.source_runs import SourceRuns
    from reflowlog.text.parse.gaps import GapFinder
    from reflowlog.text.parse.pieces import JoinedLine

__all__ = ["LineScrollback", "RecordScrollback", "Scrollback", "TimeMarks"]

LARGE_RECORD_CHARS = 1024  # characters of a record from which on it counts as large
MAX_SHOWN_LINES = 8192  # lines and counts that are remembered as they were folded
MAX_FED_LINES = 4096  # lines that are folded at once
MAX_PENDING_BYTES = 1 << 16  # bytes of a line that is joined, up to which it is shown before its end
MAX_LARGE_CHARS = 32 << 20  # characters of all large records that a scrollback with a limit holds


class TimeMarks:
    """Marks that the user has drawn into the log of a display, by the number of the record above each.

    They are no part of the history: nothing that is stored, viewed or saved holds them.

    Args:
        renderer: lays the marks out.
    """

    def __init__(self, renderer: LineRenderer) -> None:
        self._renderer = renderer
        self._labels: dict[int, list[str]] = {}

    def add(self, end: int, label: str) -> list[RenderedRecord]:
        """Draw a mark after the newest record; `end` is the number of the next one. No-op before the first record."""
        if not end:
            return []
        self._labels.setdefault(end - 1, []).append(label)
        return [(end - 1, self._renderer.rule(label))]

    def has_any(self, first: int) -> bool:
        """Return whether a mark is below a record with a number of `first` or more."""
        return any(number >= first for number in self._labels)

    def drawn(self, blocks: list[RenderedRecord]) -> list[RenderedRecord]:
        """Return rendered records with the marks after them."""
        if not self._labels:
            return blocks
        rule = self._renderer.rule
        return [
            (number, "\n".join([rows, *map(rule, self._labels[number])]) if number in self._labels else rows)
            for number, rows in blocks
        ]


class Scrollback(Protocol):
    """Protocol of a display's history. Every record that is kept is returned rendered."""

    @property
    def first(self) -> int:
        """Number of the oldest record that is held."""

    @property
    def end(self) -> int:
        """Number that the next record gets."""

    @property
    def settled(self) -> int:
        """Number of the first record that is shown as volatile rows only, because it may be folded; else `end`."""

    def pending_rows(self) -> list[str]:
        """Return the rows of the records from `settled` on, as they are shown for now."""

    def settle(self) -> list[RenderedRecord]:
        """Decide about all pending records, because nothing follows them."""

    def keep_lines(self, data: bytes, runs: Runs = ()) -> list[RenderedRecord]:
        """Keep whole lines, each with its newline; `runs` name their sources if there are several."""

    def keep_text(self, line: str) -> list[RenderedRecord]:
        """Keep one line of text, without its newline."""

    def keep(self, item: Item) -> list[RenderedRecord]:
        """Keep a log record or a styled line."""

    def blocks(self, start: int, stop: int) -> list[RenderedRecord]:
        """Return the records with numbers from `start` to below `stop`, laid out anew."""

    def mark(self, label: str) -> list[RenderedRecord]:
        """Keep a mark after the newest record, see `TimeMarks`."""

    def stored_lines(self, first: int) -> list[bytes]:
        """Return the newest lines of the input as they came, from a number on; empty if records are kept instead."""

    def can_take_back(self, first: int) -> bool:
        """Return whether the newest records, from a number on, can be removed."""

    def take_back(self, first: int) -> bool:
        """Remove the newest records, from a number on; return False, and remove none, if that is not possible."""

    def close(self) -> None:
        """Release memory and files."""


class RecordScrollback:
    """Holds the newest records as objects.

    Args:
        renderer: lays records out.
        limit: number of records that are held; None: all. Of large ones fewer, `MAX_LARGE_CHARS` characters in all.
    """

    def __init__(self, renderer: LineRenderer, limit: int | None) -> None:
        self._renderer = renderer
        self._items: deque[Item] = deque(maxlen=limit)
        self._limit = limit
        self._large: deque[tuple[int, int]] = deque()  # numbers and characters of the large records that are held
        self._large_chars = 0  # characters of those
        self._end = 0
        self._marks = TimeMarks(renderer)

    @property
    def first(self) -> int:
        """Number of the oldest record that is held."""
        return self._end - len(self._items)

    @property
    def end(self) -> int:
        """Number that the next record gets."""
        return self._end

    @property
    def settled(self) -> int:
        """Number that the next record gets: nothing is pending."""
        return self._end

    def pending_rows(self) -> list[str]:
        """Return no rows: nothing is pending."""
        return []

    def settle(self) -> list[RenderedRecord]:
        """Return nothing: nothing is pending."""
        return []

    def keep_lines(self, data: bytes, runs: Runs = ()) -> list[RenderedRecord]:  # noqa: ARG002 - a program is one source
        """Keep whole lines, each with its newline."""
        return [block for line in data.decode("utf-8", "replace").split("\n")[:-1] for block in self.keep_text(line)]

    def keep_text(self, line: str) -> list[RenderedRecord]:
        """Keep one line of text, without its newline."""
        return self.keep(StyledLine(*sanitize(line)))

    def keep(self, item: Item) -> list[RenderedRecord]:
        """Keep a log record or a styled line."""
        block = self._end, self._renderer.item(item)
        self._items.append(item)
        self._end += 1
        size = len(item.text) if isinstance(item, StyledLine) else len(item.message) + len(item.trace)
        if size >= LARGE_RECORD_CHARS and self._limit is not None:
            self._large.append((block[0], size))
            self._large_chars += size
            self._drop_large()
        return [block]

    def stored_lines(self, first: int) -> list[bytes]:  # noqa: ARG002 - the protocol's
        """Return nothing: records are kept."""
        return []

    def can_take_back(self, first: int) -> bool:
        """Return whether the newest records, from a number on, are held, and no mark is among them."""
        return first >= self.first and not self._marks.has_any(first)

    def take_back(self, first: int) -> bool:
        """Remove the newest records, from a number on; return False, and remove none, if that is not possible."""
        if not self.can_take_back(first):
            return False
        while self._end > first:
            self._end -= 1
            self._items.pop()
            if self._large and self._large[-1][0] == self._end:
                self._large_chars -= self._large.pop()[1]
        return True

    def _drop_large(self) -> None:
        """Drop the oldest records while the large ones exceed `MAX_LARGE_CHARS`; the newest stays."""
        while self._large and (
            self._large[0][0] < self.first or (self._large_chars > MAX_LARGE_CHARS and len(self._large) > 1)
        ):
            number, size = self._large.popleft()
            self._large_chars -= size
            while self.first <= number:
                self._items.popleft()

    def blocks(self, start: int, stop: int) -> list[RenderedRecord]:
        """Return records by number, laid out anew, without those that are no longer held."""
        start = max(start, self.first)
        items = islice(self._items, start - self.first, max(0, stop - self.first))
        return self._marks.drawn([(number, self._renderer.item(item)) for number, item in enumerate(items, start)])

    def mark(self, label: str) -> list[RenderedRecord]:
        """Keep a mark after the newest record, see `TimeMarks`."""
        return self._marks.add(self._end, label)

    def close(self) -> None:
        """No-op: there is nothing to release."""


class LineScrollback:
    """Holds lines as the bytes of the input.

    Args:
        renderer: lays lines out.
        history: keeps the lines; owned by this scrollback from now on.
        owners: maps offsets to sources; None: there is one source.
        gaps: finds the gaps in time before which a rule is drawn; None: there are no rules.
        folds: what is folded; None: nothing.
        is_whole: whether the lines are all of the input's, so that a program goes up to those that are here.
    """

    def __init__(
        self,
        renderer: LineRenderer,
        history: LineIndex,
        owners: SourceRuns | None = None,
        gaps: GapFinder | None = None,
        folds: FoldOptions | None = None,
        *,
        is_whole: bool = True,
    ) -> None:
        self._renderer = renderer
        self._history = history
        self._owners = owners
        self._is_whole = is_whole
        self._gaps = gaps
        self._gaps_end = history.end  # number of the line that the finder of gaps takes next
        self._marks = TimeMarks(renderer)
        self._folds = folds
        self._folder = None if folds is None else _make_folder(folds, history.end)
        self._shown: deque[ShownLine] = deque(maxlen=MAX_SHOWN_LINES)  # the newest, if lines are folded
        self._pieces: InlinePieces | None = None  # once a line was cut
        self._searched = history.end  # number of the first line that was not looked at for that

    @property
    def first(self) -> int:
        """Number of the oldest line that is held."""
        return self._history.first

    @property
    def end(self) -> int:
        """Number that the next line gets."""
        return self._history.end

    def keep_lines(self, data: bytes, runs: Runs = ()) -> list[RenderedRecord]:
        """Keep whole lines, each with its newline."""
        number, offset = self._history.end, self._history.end_offset
        self._history.extend(data)
        self._renderer.learn(data)
        if self._owners is not None:
            self._owners.add(offset, runs)
            if self._history.limit is not None:
                self._owners.forget(self._history.start_offset)
        if self._folder is not None:
            return self._draw_shown(self._fold())
        if self._is_joining or has_pieces(data):
            return self._draw_joined(self._join())
        self._searched = self._history.end
        drawn = self._renderer.lines(data)
        if self._owners is not None:
            drawn = self._renderer.labelled(drawn, owners_of(data, runs) if runs else [None] * len(drawn))
        if self._gaps is not None:
            self._draw_gaps(number, data.split(b"\n")[:-1], drawn)
        return list(zip(count(number), drawn))

    # -- folds ----------------------------------------------------------------------------------------------------

    @property
    def settled(self) -> int:
        """Number of the first line that is shown as volatile rows only, because it may be folded; else `end`."""
        if self._folder is not None and not (self._folder.is_settled and self._searched == self._history.end):
            return self._folder.settled
        return self._pieces.settled if self._pieces is not None and self._is_joining else self._history.end

    def pending_rows(self) -> list[str]:
        """Return the rows of the lines from `settled` on, as they are shown for now."""
        if self._folder is None:
            return self._pending_joined()
        rows = [row for _, rows in self._draw_shown(self._folder.pending()) for row in rows.split("\n")]
        return rows + self._pending_joined()

    def settle(self) -> list[RenderedRecord]:
        """Decide about all pending lines, because nothing follows them."""
        if self._folder is None:
            return self._draw_joined(self._join() + self._pieces.flush()) if self._pieces is not None else []
        settled = self._fold()
        rest = self._fold_joined(self._pieces.flush()) if self._pieces is not None else []
        rest += self._folder.flush()
        self._shown.extend(rest)
        return self._draw_shown(settled + rest)

    def _fold(self) -> list[ShownLine]:
        """Fold the lines added since the last call, and return the settled parts."""
        assert self._folder is not None
        settled: list[ShownLine] = []
        while self._searched < self._history.end:
            start = max(self._searched, self._history.first)
            self._searched = min(start + MAX_FED_LINES, self._history.end)
            lines = self._history.lines(start, self._searched)
            start = self._searched - len(lines)
            if self._pieces is None and not has_pieces(b"\n".join([*lines, b""])):
                settled += self._folder.feed(lines, range(start, self._searched))
            else:
                settled += self._fold_joined(self._join_lines(start, lines))
        self._shown.extend(settled)
        return settled

    def _fold_joined(self, joined: Sequence[JoinedLine]) -> list[ShownLine]:
        """Fold joined lines, and return the settled parts."""
        assert self._folder is not None
        return self._folder.feed([each.line for each in joined], [each.number for each in joined])

    def _draw_shown(self, shown: list[ShownLine]) -> list[RenderedRecord]:
        """Lay out shown parts: lines in runs of consecutive numbers, and counts."""
        blocks: list[RenderedRecord] = []
        at = 0
        while at < len(shown):
            number, label = shown[at]
            if label is not None:
                blocks.append((number, self._renderer.label(label)))
                at += 1
                continue
            stop = at + 1
            while stop < len(shown) and shown[stop] == (number + stop - at, None):
                stop += 1
            blocks += self._draw_settled(number, number + stop - at)
            at = stop
        return blocks

    def _folded_blocks(self, start: int, stop: int) -> list[RenderedRecord]:
        """Return the parts shown of the settled lines from `start` to below `stop`."""
        assert self._folder is not None
        assert self._folds is not None
        self._fold()
        if len(self._shown) < MAX_SHOWN_LINES or self._shown[0].number <= start:
            shown: list[ShownLine] = list(self._shown)
        else:  # so long ago that it is folded again
            start = max(start, self._history.first)
            folder = _make_folder(self._folds, start)
            if self._pieces is None:
                shown = folder.feed(self._history.lines(start, self._history.end))
            else:
                joined = self._pieces.lines(start, self._history.end)
                shown = folder.feed([each.line for each in joined], [each.number for each in joined])
            shown += folder.flush()
            shown = [each for each in shown if each.number < self._folder.settled]
        return self._draw_shown([each for each in shown if start <= each.number < stop])

    # -- pieces of lines ------------------------------------------------------------------------------------------

    @property
    def _is_joining(self) -> bool:
        return self._pieces is not None and self._pieces.is_open

    def _join(self) -> list[JoinedLine]:
        """Join the pieces among the lines added since the last call, and return the settled lines."""
        settled: list[JoinedLine] = []
        while self._searched < self._history.end:
            start = max(self._searched, self._history.first)
            self._searched = min(start + MAX_FED_LINES, self._history.end)
            lines = self._history.lines(start, self._searched)
            settled += self._join_lines(self._searched - len(lines), lines)
        return settled

    def _join_lines(self, number: int, lines: Sequence[bytes]) -> list[JoinedLine]:
        """Join the pieces among lines, the first of which has a number, and return the settled lines."""
        if self._pieces is None:
            from reflowlog.display.inline_pieces import InlinePieces  # start-up cost: only for such a log

            self._pieces = InlinePieces(self._history)
        return self._pieces.feed(number, lines, self._sources_of(number, lines))

    def _join_unseen(self) -> None:
        """Join the pieces among the lines that were added while the viewer was shown."""
        while self._searched < self._history.end and not self._is_joining:
            stop = min(self._searched + MAX_FED_LINES, self._history.end)
            if has_pieces(b"\n".join(self._history.lines(self._searched, stop))):
                break
            self._searched = stop
        self._join()

    def _sources_of(self, number: int, lines: Sequence[bytes]) -> list[int | None]:
        """Return the sources of lines, the first of which has a number; none if there is one source."""
        if self._owners is None or not lines:
            return []
        offset = self._history.offset_of(number) or 0
        offsets = accumulate([len(line) + 1 for line in lines], initial=offset)
        return [self._owners.at(each) for each, _ in zip(offsets, lines)]

    def _draw_joined(self, joined: Sequence[JoinedLine]) -> list[RenderedRecord]:
        """Lay out joined lines."""
        if not joined:
            return []
        drawn = self._renderer.lines(b"\n".join([*(each.line for each in joined), b""]))
        if self._owners is not None:
            sources = (self._sources_of(each.number, [each.line]) for each in joined)
            drawn = self._renderer.labelled(drawn, [source for each in sources for source in each])
        if self._gaps is not None:
            self._draw_gaps(joined[0].number, [each.line for each in joined], drawn)
            self._gaps_end = max(max(each.number, *each.pieces) if each.pieces else each.number for each in joined) + 1
        return [(each.number, rows) for each, rows in zip(joined, drawn)]

    def _pending_joined(self) -> list[str]:
        """Return the rows of the pending lines that are not too long to be shown again with each frame."""
        pending = self._pieces.pending() if self._pieces is not None else []
        lines = [each.line for each in pending if len(each.line) <= MAX_PENDING_BYTES]
        return (
            [row for rows in self._renderer.lines(b"\n".join([*lines, b""])) for row in rows.split("\n")]
            if lines
            else []
        )

    def _joined_blocks(self, start: int, stop: int) -> list[RenderedRecord]:
        """Return the settled lines from `start` to below `stop`."""
        return self._draw_settled(start, min(stop, self.settled))

    def _draw_settled(self, start: int, stop: int) -> list[RenderedRecord]:
        """Lay out lines from `start` to below `stop`, as far as their pieces are known."""
        if self._pieces is None:
            return self._draw_lines(start, stop)
        blocks: list[RenderedRecord] = []
        for part in self._pieces.parts(start, stop):
            blocks += self._draw_lines(part.start, part.stop) if isinstance(part, range) else self._draw_joined([part])
        return blocks

    # -- rules ----------------------------------------------------------------------------------------------------

    def _draw_gaps(self, number: int, lines: list[bytes], drawn: list[str]) -> None:
        """Draw a rule before each line that follows a gap in time.

        Args:
            number: of the first line.
            lines: the lines, without their newlines.
            drawn: the rows of each; rules are put before them.
        """
        assert self._gaps is not None
        if number != self._gaps_end:  # a place in the history: the lines before it decide
            from reflowlog.text.parse.gaps import MAX_UNTIMED_LINES  # start-up cost: only with gaps

            self._gaps.restart()
            self._gaps.feed(self._history.lines(max(number - MAX_UNTIMED_LINES - 1, self.first), number))
        for index, seconds in self._gaps.feed(lines).items():
            drawn[index] = f"{self._renderer.rule(duration_text(seconds))}\n{drawn[index]}"
        self._gaps_end = number + len(lines)

    def keep_text(self, line: str) -> list[RenderedRecord]:
        """Keep one line of text, without its newline."""
        return self.keep_lines(line.encode("utf-8", "replace") + b"\n")

    def keep(self, item: Item) -> list[RenderedRecord]:
        """Keep a record's text, without its fields."""
        text = item.text if isinstance(item, StyledLine) else item.message.replace("\n", " ")
        return self.keep_text(text)

    def blocks(self, start: int, stop: int) -> list[RenderedRecord]:
        """Return lines by number, laid out anew, without those that are no longer held."""
        if self._folder is not None:
            return self._marks.drawn(self._folded_blocks(start, stop))
        self._join_unseen()
        if self._pieces is not None:
            return self._marks.drawn(self._joined_blocks(start, stop))
        return self._marks.drawn(self._draw_lines(start, stop))

    def _draw_lines(self, start: int, stop: int) -> list[RenderedRecord]:
        """Lay out lines by number, with the rules before them."""
        lines = self._history.lines(start, stop)
        start = max(start, self._history.first)  # after reading: a disk error there drops the oldest lines
        drawn = self._renderer.lines(b"\n".join([*lines, b""]))
        if self._owners is not None and lines:
            drawn = self._renderer.labelled(drawn, self._sources_of(start, lines))
        if self._gaps is not None:
            self._draw_gaps(start, lines, drawn)
        return list(zip(count(start), drawn))

    def mark(self, label: str) -> list[RenderedRecord]:
        """Keep a mark after the newest line, see `TimeMarks`; pending lines are settled above it."""
        return self.settle() + self._marks.add(self._history.end, label)

    def stored_lines(self, first: int) -> list[bytes]:
        """Return the newest lines as they came, from a number on."""
        return self._history.lines(first, self._history.end)

    def can_take_back(self, first: int) -> bool:
        """Return whether the newest lines, from a number on, can be removed.

        They cannot if they are folded, joined, labelled, marked, or a selection of the input.
        """
        is_plain = self._is_whole and self._folder is None and self._owners is None and self._pieces is None
        return is_plain and not self._marks.has_any(first) and self._history.can_take_back(first)

    def take_back(self, first: int) -> bool:
        """Remove the newest lines, from a number on; return False, and remove none, if that is not possible."""
        if not (self.can_take_back(first) and self._history.take_back(first)):
            return False
        self._searched = min(self._searched, first)
        return True

    def close(self) -> None:
        """Release the memory and the file."""
        self._history.close()
        if self._owners is not None:
            self._owners.close()


def _make_folder(folds: FoldOptions, number: int) -> InlineFolder:
    """Return the folder of the lines from a number on."""
    from reflowlog.display.inline_folds import InlineFolder  # start-up cost: only with folds

    return InlineFolder(folds, number)
