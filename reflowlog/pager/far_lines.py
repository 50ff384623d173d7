"""Lines of the records of services that begin before a block of a document, or go on behind it, far from its borders.

Invariants:
- Of each service in a block those lines are found that may belong to one record with lines in it: back to one that
  begins a record for certain, and on to one that does. They are at most `MAX_PASSED_BYTES` away.
- Of a service whose lines begin records in no way that is certain, `MAX_HEADLESS_LINES` lines are found, as in a stream
  (`text/search/passed_lines.py`).
- The first and last lines of a block's services are computed once, and cached for all blocks in reach of one, so that
  an evaluation that is interrupted again and again comes to an end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.sanitize import strip_colours
from reflowlog.text.parse.multiline import is_plain_start, may_continue, prefix_of, whole_lines
from reflowlog.text.search.passed_lines import MAX_HEADLESS_LINES, MAX_PASSED_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reflowlog.store.document import Document

__all__ = ["BlockCache", "FarLines", "FarText"]

MAX_NEAR_LINES = 512  # lines of a service in a block that may belong to one record with lines of another block

_Lines = list[tuple[int, bytes]]
_Value = TypeVar("_Value")


class FarText(NamedTuple):
    """Lines that are far from each other, as one text.

    Attributes:
        data: the lines with their newlines.
        offsets: of the lines in the document.
        starts: of the lines in the data.
    """

    data: bytes
    offsets: Sequence[int]
    starts: Sequence[int]


class _BlockServices(NamedTuple):
    """First and last lines of the services in one block, by which records begin and end outside of it.

    Attributes:
        first: for each service its lines before the first one that begins a record.
        last: for each service its lines from the last one that begins a record on.
        begins: the services of which a line begins a record.
    """

    first: Mapping[bytes, _Lines]
    last: Mapping[bytes, _Lines]
    begins: frozenset[bytes]


class BlockCache(Generic[_Value]):
    """Cache of a function of the lines of a block; for one thread.

    Args:
        document: the document.
        check: called once a block is evaluated; may raise `NotReady`.
        evaluate: returns the value of the lines from an offset on.
        limit: number of values; None: all are kept.
    """

    def __init__(
        self,
        document: Document,
        check: Callable[[], None],
        evaluate: Callable[[int, bytes], _Value],
        limit: int | None,
    ) -> None:
        self._document = document
        self._check = check
        self._evaluate = evaluate
        self._limit = limit
        self._known: dict[int, tuple[int | None, _Value]] = {}  # by block, with the text's end if the block may grow

    def get(self, index: int) -> _Value:
        """Return the value of a block. Raises `NotReady`."""
        known = self._known.get(index)
        if known is not None and known[0] in (None, self._document.text.end):
            return known[1]
        end = None if self._document.is_block_final(index) else self._document.text.end
        value = self._evaluate(*self._document.block(index))
        self._known.pop(index, None)
        self._known[index] = end, value
        if self._limit is not None and len(self._known) > self._limit:
            del self._known[next(iter(self._known))]
        self._check()  # now that it is cached, so that each attempt gets further
        return value


class FarLines:
    """Finds the lines that belong to the records in a block.

    Args:
        document: the document.
        check: called between two steps of some milliseconds; may raise `NotReady`.
    """

    def __init__(self, document: Document, check: Callable[[], None]) -> None:
        self._document = document
        self._check = check
        self._reach = MAX_PASSED_BYTES // document.BLOCK_BYTES
        self._services: BlockCache[_BlockServices] = BlockCache(document, check, _services_of, 2 * self._reach + 2)
        self._continuing = BlockCache(document, check, self._may_continue, None)

    def blocks(self, index: int) -> range:
        """Return the numbers of the blocks in which lines of the records in a block may be."""
        document = self._document
        last = max(document.text.end - 1, 0) // document.BLOCK_BYTES
        first = document.text.start // document.BLOCK_BYTES
        return range(max(index - self._reach, first), min(index + self._reach, last) + 1)

    def may_matter(self, index: int) -> bool:
        """Return whether some line in reach of a block may continue a record."""
        return any(map(self._continuing.get, self.blocks(index)))

    def find(self, index: int, begin: int, end: int, stop: int) -> tuple[FarText, FarText]:
        """Return the lines before and behind a part of the document that contains a block.

        Args:
            index: of the block.
            begin: of the part.
            end: of the part.
            stop: end of the text in which lines behind it count.
        """
        own = self._services.get(index)
        reach = self.blocks(index)
        before: _Lines = []
        wanted = {service: 0 for service, lines in own.first.items() if lines}
        for at in range(index - 1, reach.start - 1, -1):
            if not wanted:
                break
            found = self._services.get(at)
            for service in [each for each in wanted if each in found.last]:
                lines = found.last[service]
                before += [line for line in lines if line[0] < begin]
                wanted[service] += sum(map(_is_headless, lines))
                if service in found.begins or wanted[service] >= MAX_HEADLESS_LINES:
                    del wanted[service]
        after: _Lines = []
        wanted = dict.fromkeys(own.last, 0)
        for at in range(index + 1, reach.stop):
            if not wanted:
                break
            found = self._services.get(at)
            for service in wanted.keys() & found.last.keys():
                lines = found.first[service]
                after += [line for line in lines if line[0] >= end and line[0] + len(line[1]) <= stop]
                wanted[service] += sum(map(_is_headless, lines))
                if service in found.begins or wanted[service] >= MAX_HEADLESS_LINES:
                    del wanted[service]
        return _text_of(before), _text_of(after)

    def _may_continue(self, first: int, data: bytes) -> bool:
        return may_continue(whole_lines(data, has_begun=not self._document.is_line_start(first)))


def _services_of(first: int, data: bytes) -> _BlockServices:
    """Return the first and last lines of the services in a block that begins at an offset."""
    firsts: dict[bytes, _Lines] = {}
    lasts: dict[bytes, _Lines] = {}
    begins: set[bytes] = set()
    offset = first
    for line in data.split(b"\n"):
        prefix = prefix_of(strip_colours(line))
        service = prefix.service
        if service:
            if service not in lasts:
                firsts[service], lasts[service] = [], []
            if is_plain_start(prefix.body):
                begins.add(service)
                lasts[service] = [(offset, line)]
            else:
                lasts[service].append((offset, line))
                if service not in begins and len(firsts[service]) < MAX_NEAR_LINES:
                    firsts[service].append((offset, line))
        offset += len(line) + 1
    return _BlockServices(firsts, {each: lines[-MAX_NEAR_LINES:] for each, lines in lasts.items()}, frozenset(begins))


def _is_headless(line: tuple[int, bytes]) -> bool:
    """Return whether a line is not indented behind its prefix."""
    return prefix_of(line[1]).body[:1] not in (b" ", b"\t")


def _text_of(lines: _Lines) -> FarText:
    lines = sorted(lines)
    starts, size = [], 0
    for _, line in lines:
        starts.append(size)
        size += len(line) + 1
    return FarText(b"".join([line + b"\n" for _, line in lines]), [offset for offset, _ in lines], starts)
