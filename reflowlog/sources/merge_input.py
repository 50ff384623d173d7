"""Lanes: one input each, cut into whole lines and filtered, on its way into the merger. Knows no threads.

Rules of this file:
- What goes in are pieces, cut anywhere; what comes out are whole lines, twice: those that are wanted, of which a copy
  is made, and those of them that the filter keeps.
- An input may bring the lines of many sources, each with a sieve of its own, and is one lane all the same: what it
  brings is in order already. Whose its lines are is remembered beside the merger, as counts of bytes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reflowlog.core.line_splitter import LineSplitter
from reflowlog.core.lines import ByteRuns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reflowlog.sources.follow import FollowedFile
    from reflowlog.sources.inputs import Input
    from reflowlog.sources.time_range import RangeFilter
    from reflowlog.text.search.record_filter import RecordFilter

__all__ = ["MergeInput", "SourceFilter"]

NEAR = 1 << 10  # bytes at the end of a piece in which a time is looked for


class SourceFilter:
    """What is wanted of a source.

    Args:
        keep: the filter of its records; None: all.
        trimmer: cuts it while it is read; None: nothing is to be cut.
    """

    def __init__(self, keep: RecordFilter | None, trimmer: RangeFilter | None) -> None:
        self._keep = keep
        self._trimmer = trimmer

    @property
    def holds(self) -> bool:
        """Whether nothing comes out before its end."""
        return self._trimmer is not None and self._trimmer.holds

    def wanted(self, lines: bytes) -> bytes:
        """Those lines that are in its part that is wanted."""
        return lines if self._trimmer is None or not lines else self._trimmer.feed(lines)

    def rest(self) -> bytes:
        """Those that were held up to its end."""
        return b"" if self._trimmer is None else self._trimmer.rest()

    def pause(self) -> bytes:
        """Those that are held while nothing comes, and could be known by then."""
        return b"" if self._trimmer is None or self._trimmer.holds else self._trimmer.pause()

    def kept(self, lines: bytes) -> bytes:
        """Those of them that the filter keeps."""
        return lines if self._keep is None or not lines else self._keep.feed(lines)

    @property
    def pending(self) -> bytes:
        """The first of the lines that the filter is undecided about."""
        return b"" if self._keep is None else self._keep.pending

    def decided(self, *, ended: bool) -> bytes:
        """What the filter keeps of what it was undecided about."""
        return b"" if self._keep is None else self._keep.rest() if ended else self._keep.pause()


class MergeInput:
    """One input, on its way into the merger.

    Args:
        source: what is read.
        number: of the source that it is.
        called: names of all sources; those that the input tells of are added. None: it is not asked whose lines are.
        make_sieve: for each source in it.

    Attributes:
        pieces: what there is to read of a file, cut anywhere; None of what comes by itself.
        followed: the same, for ever; None: it is not followed.
        resting: it is not waited for now.
        since: when it last gave something.
        unended: its last line, if it has ended without a newline.
    """

    def __init__(
        self, source: Input, number: int, called: list[str] | None, make_source_filter: Callable[[], SourceFilter]
    ) -> None:
        self.source = source
        self.pieces: Iterator[bytes | None] | None = None
        self.followed: FollowedFile | None = None
        self.resting = False
        self.since = time.monotonic()
        self.unended = b""
        self._called = [] if called is None else called
        self._is_asked = called is not None and source.runs is not None
        self._make_source_filter = make_source_filter
        self._sieves = {} if source.runs is not None else {number: make_source_filter()}
        self._numbers: dict[str, int] = {}
        self._cutter = LineSplitter()
        self._given: ByteRuns[int] = ByteRuns()  # whose bytes are in the merger, if there are several sources

    @property
    def is_live(self) -> bool:
        """Whether what it has comes by itself."""
        return self.pieces is None and self.followed is None

    @property
    def holds(self) -> bool:
        """Whether nothing comes out before its end."""
        return any(source_filter.holds for source_filter in self._sieves.values())

    def lines(self, data: bytes) -> bytes:
        """The whole lines that a piece completes."""
        if self.followed is None:
            return self._cutter.feed(data)
        return data if data.endswith(b"\n") else data + b"\n"  # half a line that has waited

    def sifted(self, lines: bytes) -> tuple[bytes, bytes]:
        """Those of some whole lines that are wanted, and those of them that the filter keeps."""
        wanted, kept = [], []
        for number, part in self._parts(lines):
            source_filter = self._sieves[number]
            wanted.append(source_filter.wanted(part))
            kept.append(self._give(number, source_filter.kept(wanted[-1])))
        return b"".join(wanted), b"".join(kept)

    def _parts(self, lines: bytes) -> Iterable[tuple[int, bytes]]:
        """The lines of each source in it, as they come."""
        if self.source.runs is None:
            return [(number, lines) for number in self._sieves]
        found, start = [], 0
        for name, size in self.source.runs(len(lines)):
            found.append((self._number_of(name), lines[start : start + size]))
            start += size
        return found

    def _number_of(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._called)
            self._called.append(name)
            self._sieves[number] = self._make_source_filter()
        return number

    def _give(self, number: int, lines: bytes) -> bytes:
        if lines and self._is_asked:
            self._given.put(number, len(lines))
        return lines

    def passed(self, wanted: bytes) -> Iterable[bytes]:
        """Lines, one of which was said before all that may still be kept, after some lines of which not all were."""
        if self.source.runs is not None:
            return ()
        pending = b"".join([source_filter.pending for source_filter in self._sieves.values()])
        if pending:
            return (pending.partition(b"\n")[0],)
        return reversed(wanted[-NEAR:].split(b"\n")[1:])

    def paused(self) -> tuple[bytes, bytes]:
        """Nothing has come for a while: what is wanted, and kept, of what was undecided."""
        wanted, kept = [], []
        for number, source_filter in self._sieves.items():
            wanted.append(source_filter.pause())
            kept.append(self._give(number, source_filter.kept(wanted[-1]) + source_filter.decided(ended=False)))
        return b"".join(wanted), b"".join(kept)

    def cut_off(self) -> tuple[bytes, bytes]:
        """The same of the line that has not ended, and never will, and of what was undecided: a file begins anew."""
        wanted, kept = self.sifted(self._cutter.flush_partial())
        return wanted, kept + self._decided()

    def ended(self) -> tuple[bytes, bytes]:
        """The same of all that is left at its end."""
        rest = self._cutter.flush_partial()
        wanted, kept = self.sifted(rest)
        for number, source_filter in self._sieves.items():
            held = source_filter.rest()
            wanted += held
            kept += self._give(number, source_filter.kept(held))
        self.unended = b"" if wanted.endswith(b"\n") else wanted[wanted.rfind(b"\n") + 1 :]
        return wanted, kept + self._decided()

    def _decided(self) -> bytes:
        return b"".join([self._give(number, each.decided(ended=True)) for number, each in self._sieves.items()])

    def owners(self, number: int, size: int) -> Sequence[tuple[int, int]]:
        """Whose the next bytes are that come out of the merger, where the lane has a number."""
        return [(number, size)] if self.source.runs is None else self._given.take(size)
