"""Factory of the inputs of a merge: the part that is read of each, its filters, and its clock."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.sources.decode import is_utf16
from reflowlog.sources.decompress import decompress_chunks
from reflowlog.sources.expand_paths import is_rotated
from reflowlog.sources.follow import FollowedFile
from reflowlog.sources.inputs import can_grow, comes_by_itself
from reflowlog.sources.merge_input import MergeInput, SourceFilter
from reflowlog.sources.time_range import RangeFilter, Selection, around_services, find, sequential_clock
from reflowlog.system.fds import read_some
from reflowlog.system.files import modification_time, read_at
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.line_times import SequentialClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reflowlog.sources.inputs import Input
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.record_filter import RecordFilter

__all__ = ["MergeInputMaker", "MergeOptions"]

PARTIAL_LINE_TIMEOUT = 1.0  # seconds for which a partial line of a followed file is held back
READ_SIZE = 1 << 16  # bytes of a file read at once: fits into a cache
MIN_READ_SIZE = 1 << 12  # bytes of a file read at once, where there are many
TOTAL_READ_SIZE = 4 << 20  # bytes read at once of all of them together


class MergeOptions(NamedTuple):
    """Options of a merge: the part and the records that are read of each input.

    Attributes:
        follow: whether to keep reading as the regular files among them grow, without end.
        selection: the part of each input to read.
        make_filter: makes the record filter of each source; None keeps all records.
        names: the meaning of field names.
    """

    follow: bool = False
    selection: Selection = Selection()
    make_filter: Callable[[], RecordFilter] | None = None
    names: FieldNames = USUAL


class MergeInputMaker:
    """Makes the inputs of a merge, and their clocks.

    Args:
        options: what is read of each.
        inputs: the first inputs.
        source_names: names of the sources; those that inputs carry are added. None: sources are not tracked.
        warn: takes one line for the user, see `MergedInputs`.
        is_only: there is one input, and never another one.

    Attributes:
        read_size: bytes to read of an input at once, smaller where there are many.
    """

    def __init__(
        self,
        options: MergeOptions,
        inputs: Sequence[Input],
        source_names: list[str] | None,
        warn: Callable[[str], None],
        *,
        is_only: bool = False,
    ) -> None:
        self.read_size = min(READ_SIZE, max(MIN_READ_SIZE, TOTAL_READ_SIZE // max(len(inputs), 1)))
        self._options = options
        self._source_names = source_names
        self._warn = warn
        self._is_only = is_only
        self._paths = {os.path.abspath(source.name) for source in inputs}

    def make(self, number: int, source: Input) -> MergeInput:
        """Return the input of the merge that reads a source; `number` is that of the source."""
        self._paths.add(os.path.abspath(source.name))
        options = self._options
        start, stop = 0, None
        selection = options.selection if source.begin is None else Selection(until=options.selection.until)
        grows = can_grow(source)
        if grows and not selection.is_all and not is_utf16(source.descriptor):  # else it is read through
            start, stop, selection = self._find_range(source, selection)

        def make_source_filter() -> SourceFilter:
            keep = None if options.make_filter is None else options.make_filter()
            if selection.is_all:
                return SourceFilter(keep, None)
            modified = modification_time(source.descriptor)
            return SourceFilter(keep, RangeFilter(selection, options.names, modified, self._warn))

        merge_input = MergeInput(
            source, number, self._source_names, make_source_filter, self._warn, is_only=self._is_only
        )
        if options.follow and grows:
            merge_input.followed = FollowedFile(
                source,
                PARTIAL_LINE_TIMEOUT,
                self._warn,
                self.read_size,
                start,
                rotated=is_rotated(source.name, self._paths),
            )
            merge_input.is_resting = True
        elif source.compression:
            merge_input.chunks = decompress_chunks(source.descriptor, source.compression, self.read_size)
        elif grows:
            merge_input.chunks = _read_range(source.descriptor, start, stop, self.read_size)
        elif not comes_by_itself(source.descriptor):
            merge_input.chunks = iter(lambda: read_some(source.descriptor, self.read_size), b"")
        return merge_input

    def make_clock(self, merge_input: MergeInput) -> SequentialClock:
        """Return the clock of an input; lines of one that is followed are dated from now."""
        if merge_input.followed is not None:
            return SequentialClock(self._options.names)
        return sequential_clock(merge_input.source.descriptor, self._options.names)

    def _find_range(self, source: Input, selection: Selection) -> tuple[int, int | None, Selection]:
        """Return the offsets at which the selected part of a file begins and ends, and what is selected of that.

        An end of None is that of the file.
        """
        names = self._options.names
        until = selection.until if self._options.follow else None
        try:
            size = os.fstat(source.descriptor).st_size
            start, stop = find(source.descriptor, size, self._options.selection, names)
            around = None
            if selection.tail is None and start < stop and (start or stop < size):
                around = around_services(source.descriptor, start, stop, names)
        except OSError:  # reported when it is read
            return 0, None, Selection(until=until)
        if around is not None:
            return (*around, selection)
        return start, stop, Selection(until=until)


def _read_range(descriptor: int, start: int, stop: int | None, read_size: int) -> Iterator[bytes]:
    """Yield the content of a file from one offset to another, or to its end."""
    while stop is None or start < stop:
        data = read_at(descriptor, read_size if stop is None else min(read_size, stop - start), start)
        if not data:
            return
        start += len(data)
        yield data
