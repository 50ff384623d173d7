"""Stack of filters that a record must pass: shared by the streaming filter and the pager's. Pure."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.piece_marks import has_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.text.search.pattern import Matcher

    _Match = Callable[[Matcher, bytes], list[int]]

__all__ = ["RecordTest", "RecordTests"]


class RecordTest(NamedTuple):
    """One filter of the stack.

    Attributes:
        pattern: matches lines.
        exclude: drop the records that match, instead of those that do not.
        of_offset: returns whether the line at an offset of the document matches by what is shown for it and is not in
            it; None: nothing is.
        is_hidden: a record that an excluding pattern matches is no context of others either.
    """

    pattern: Matcher
    exclude: bool = False
    of_offset: Callable[[int], bool] | None = None
    is_hidden: bool = False


class RecordTests:
    """Decides about records: each including pattern must match one of a record's lines, and no excluding one may.

    A record's *mask* has a bit for each including pattern that matches one of its lines, and one more if an excluding
    pattern does, or another one if that is to hide it. The mask of a record is the union of those of its lines.

    Args:
        tests: the filters.
    """

    def __init__(self, tests: Sequence[RecordTest]) -> None:
        self.tests = tuple(tests)
        self._include = [test.pattern for test in tests if not test.exclude]
        self._all = (1 << len(self._include)) - 1
        excluding = [test for test in tests if test.exclude]
        self._excluded = self._hidden = 1 << len(self._include)
        if not all(test.is_hidden for test in excluding):
            self._hidden = self._hidden << 1 if any(test.is_hidden for test in excluding) else 0
        self._excludes = self._excluded | self._hidden
        self._exclude = [(test.pattern, self._hidden if test.is_hidden else self._excluded) for test in excluding]
        bits = [1 << number for number in range(len(self._include))]
        self._offset_tests = [
            *[(bit, test.of_offset) for bit, test in zip(bits, [each for each in tests if not each.exclude])],
            *[(bit, test.of_offset) for test, (_, bit) in zip(excluding, self._exclude)],
        ]
        self.may_exclude = bool(self._exclude)
        self.may_hide = any(test.is_hidden for test in excluding)
        self.only_excludes = bool(self._exclude) and not self._include

    def __bool__(self) -> bool:
        return bool(self.tests)

    def masks(self, data: bytes, match: Callable[[Matcher, bytes], list[int]]) -> dict[int, int]:
        """Return the mask of each line that any pattern matches, by the line's offset in the data.

        What a container runtime has cut into several lines is searched as one text, too, and counts for the first line.

        Args:
            data: lines.
            match: returns the starts of the lines that a pattern matches.
        """
        match = _through_pieces(data, match)
        masks: dict[int, int] = {}
        for number, pattern in enumerate(self._include):
            starts = match(pattern, data)
            if not masks:
                masks = dict.fromkeys(starts, 1 << number)
            else:
                for start in starts:
                    masks[start] = masks.get(start, 0) | 1 << number
        for pattern, bit in self._exclude:
            for start in match(pattern, data):
                masks[start] = masks.get(start, 0) | bit
        return masks

    def mask_of_part(self, part: bytes, match: Callable[[Matcher, bytes], list[int]]) -> int:
        """Return the mask of a later part of a line; fields are not compared, since its beginning is missing."""
        mask = 0
        for number, pattern in enumerate(self._include):
            if not pattern.of_fields and match(pattern, part):
                mask |= 1 << number
        for pattern, bit in self._exclude:
            if not pattern.of_fields and match(pattern, part):
                mask |= bit
        return mask

    def add_masks_of_offsets(self, masks: dict[int, int], base: int, offsets: Callable[[], Sequence[int]]) -> None:
        """Add to the masks of lines the matches by their offsets in the document, see `RecordTest`.

        Args:
            masks: of the lines that match by their text, by their offsets from `base`.
            base: offset of the data in the document.
            offsets: returns those of all its lines.
        """
        for bit, matches in self._offset_tests:
            if matches is not None:
                for offset in filter(matches, offsets()):
                    masks[offset - base] = masks.get(offset - base, 0) | bit

    def found(self, data: bytes, match: Callable[[Matcher, bytes], list[int]]) -> list[tuple[int, int]]:
        """Return start and mask of each line that any pattern matches, ascending; see `masks`."""
        if len(self.tests) == 1:
            match = _through_pieces(data, match)
            return [(start, 1) for start in match(self.tests[0].pattern, data)]  # its bit is the lowest either way
        return sorted(self.masks(data, match).items())

    def outliers(self, found: Sequence[tuple[int, int]]) -> list[int]:
        """Return the starts of records treated unlike those without a match: kept, or excluded if others are kept."""
        if self.only_excludes:
            return [start for start, mask in found if mask & self._excludes]
        return [start for start, mask in found if mask == self._all]

    def keeps(self, mask: int) -> bool:
        """Return whether a record with this mask is kept, if no more of its lines come."""
        return mask == self._all

    def excludes(self, mask: int) -> bool:
        """Return whether an excluding pattern has matched."""
        return bool(mask & self._excludes)

    def hides(self, mask: int) -> bool:
        """Return whether an excluding pattern has matched that hides a record from context, too."""
        return self.may_hide and bool(mask & self._hidden)


def _through_pieces(data: bytes, match: _Match) -> _Match:
    """Return a function that also searches the texts of which the data holds pieces, see `joined_pieces`."""
    if not has_pieces(data):
        return match
    from reflowlog.text.parse.pieces import joined_pieces  # start-up cost: only for such a log

    joined = joined_pieces(data)
    text = b"".join([part + b"\n" for _, part in joined])
    ends = list(accumulate(len(part) + 1 for _, part in joined))

    def match_all(pattern: Matcher, lines: bytes) -> list[int]:
        found = match(pattern, lines)
        more = [joined[bisect_right(ends, start)][0] for start in match(pattern, text)] if text else []
        return sorted({*found, *more}) if more else found

    return match_all
