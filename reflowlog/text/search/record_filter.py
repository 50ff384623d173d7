"""What `--grep`, `--invert`, `--context` and `--level` keep of a log off a terminal: its own lines, byte for byte.

Rules of this file:
- What is kept or left out are records: a traceback or indented lines belong to the record before them. A record matches
  if any of its lines does. Records without a level go with the one before them.
- What is known comes out at once: a line that matches, with all that was held of its record and of the context before
  it, then the further lines of that record as they come. What a later line may still decide is held: with `invert`, the
  last record. A pause decides that.
- Whether a line continues a record may depend on the line after it (`text/parse/multiline.py`). Where much comes at once the
  last lines wait for those that follow, or for a pause; what comes line by line is taken as it is.
- Most logs hold single lines only (`may_continue`); then a block costs one search, and a slice a match.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from reflowlog.text.clean.sanitize import ESC
from reflowlog.text.parse.multiline import BEFORE, NOTHING, continues, may_continue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Matcher

__all__ = ["RecordFilter"]

MARGIN = 32 * 1024  # bytes: a record of which no line matches so far is known from there on, at least
HELD = 4 << 20  # bytes of an undecided record that are held; of one that is longer, the beginning is given up
BULK = 16 * 1024  # bytes: so much at once is no line that somebody waits for
LINES = 8  # that may wait

_settled = re.compile(
    rb"[^A-Za-z_$\s" + ESC + rb"]|[ \t]+\S"
).match  # the beginning of a line that is one thing, whatever follows


class RecordFilter:
    r"""Keeps some of a log's records.

    Args:
        pattern: of the records to keep; None: any.
        invert: keep those that do not match.
        context: records to keep around each that is wanted.
        level: the least level, a number of `logging`; None: any, also none.
        names: what the names of fields mean; None: what they usually do.

    Examples:
        >>> from reflowlog.text.search.pattern import compile_pattern
        >>> RecordFilter(compile_pattern("boom")).feed(b"one\nboom\n  at line 7\ntwo\n")
        b'boom\n  at line 7\n'
    """

    def __init__(
        self,
        pattern: Matcher | None = None,
        invert: bool = False,
        context: int = 0,
        level: int | None = None,
        names: FieldNames | None = None,
    ) -> None:
        self._pattern = pattern
        self._invert = invert
        self._context = context
        self._level = level
        self._level_of: Callable[[bytes], int | None]
        self._may_have: Callable[[bytes, int], bool]
        if level is not None:
            from reflowlog.text.parse.field_names import USUAL
            from reflowlog.text.parse.line_levels import level_of, may_have

            known = names or USUAL
            self._level_of = lambda line: level_of(line, known)
            self._may_have = lambda data, least: may_have(data, least, known)
        self._simple = not context and level is None
        self._out: list[bytes] = []  # what this call gives
        self._before: deque[bytes] = deque(maxlen=context)  # the newest records that are not out
        self._begin()

    def _begin(self) -> None:
        """As if nothing had been before."""
        self._waiting = b""  # lines of which it is not settled what they are
        self._inside = NOTHING  # what `continues` knows of the lines so far
        self._last_level: int | None = None
        self._before.clear()
        self._after = 0  # records that come out as context, whatever they hold
        self._is_open = False  # the last record, which may go on:
        self._held: list[bytes] = []  # its lines that are not out
        self._size = 0  # and how many bytes they have
        self._matched = False  # whether one of its lines did
        self._able = True  # whether its level lets it come out
        self._wanted = False  # whether it is known to be wanted for its own sake
        self._shown = False  # whether its lines come out as they come

    @property
    def pending(self) -> bytes:
        """The first lines of those that may still come out; empty if there are none."""
        return next(chain(self._before, self._held), self._waiting)

    def feed(self, data: bytes) -> bytes:
        """Take lines in.

        Args:
            data: whole lines; only the last of all may lack its newline.

        Returns:
            What is known to be kept.
        """
        if self._pattern is None and self._level is None:
            return data
        if self._waiting:
            data, self._waiting = self._waiting + data, b""
        if len(data) >= BULK:
            end = _settled_end(data)
            data, self._waiting = data[:end], data[end:]
        self._take(data)
        return self._given()

    def pause(self) -> bytes:
        """Nothing has come for a while: what was undecided until now, and is to be kept as it stands."""
        self._take_waiting()
        if self._is_open and not self._wanted and self._able and not self._matched and self._invert:
            self._show()
        return self._given()

    def rest(self) -> bytes:
        """The input has ended: what was undecided, and is to be kept. What is fed next is another's."""
        self._take_waiting()
        self._close()
        self._begin()
        return self._given()

    def _take_waiting(self) -> None:
        data, self._waiting = self._waiting, b""
        self._take(data)

    def _take(self, data: bytes) -> None:
        if not data:
            return
        found = None if self._pattern is None else self._pattern.matching(data)
        if self._context or len(data) < 2 * MARGIN:
            self._look_at(data, found)
        else:
            self._look_where_needed(data, found)

    def _look_where_needed(self, data: bytes, found: list[int] | None) -> None:
        """Keep, or leave out, whole parts that are far from where that changes: no matter what is a record there."""
        keep = self._invert and self._level is None
        start = first = 0
        passed: tuple[bytes, list[int] | None] | None = None
        while start < len(data):
            end = _cut(data, start)
            last = 0 if found is None else bisect_left(found, end)
            part = data[start:end], None if found is None else [each - start for each in found[first:last]]
            if self._shown or self._matters(*part):
                if passed is not None:
                    self._look_at(*passed)
                    passed = None
                self._look_at(*part)
            else:
                self._forget()
                if passed is not None and keep:
                    self._out.append(passed[0])
                passed = part
            start, first = end, last
        if passed is not None:
            self._look_at(*passed)

    def _matters(self, data: bytes, found: list[int] | None) -> bool:
        """Whether these lines may hold anything of a record that is treated unlike most."""
        if self._invert and self._level is None:
            return bool(found) or (self._is_open and self._matched)
        if found is not None and not found and not self._invert:
            return False
        if self._level is None or (self._last_level is not None and self._last_level >= self._level):
            return True
        return self._may_have(data, self._level)

    def _forget(self) -> None:
        """The last record has ended, as far as it matters, and what is next is not what follows it."""
        self._close()
        self._inside = NOTHING

    def _look_at(self, data: bytes, found: Sequence[int] | None) -> None:
        """Take lines in, of which those match that begin where something was found; None: all of them."""
        if self._simple and self._inside <= BEFORE and not may_continue(data):
            self._single_lines(data, found or [])
        else:
            self._records(data, found)

    def _given(self) -> bytes:
        out = b"".join(self._out)
        self._out.clear()
        return out

    # -- many records at once ------------------------------------------------------------------------------------------

    def _single_lines(self, data: bytes, found: Sequence[int]) -> None:
        """Lines each of which is a record; no context, no level."""
        self._close()
        last = data.rfind(b"\n", 0, len(data) - 1) + 1  # it may go on in what is fed next
        position = 0  # up to which the others are dealt with
        for start in found:
            if start == last:
                break
            end = data.index(b"\n", start) + 1
            self._keep(data, position, start, end)
            position = end
        self._keep(data, position, last, last)
        self._open(data[last:], bool(found) and found[-1] == last)
        self._inside = BEFORE if data[last:].strip() else NOTHING

    def _keep(self, data: bytes, position: int, start: int, end: int) -> None:
        """Of what lies between a match's end and the next one: that match, or what is no match."""
        if not self._invert:
            self._out.append(data[start:end])
        elif position < start:
            self._out.append(data[position:start])

    def _records(self, data: bytes, found: Sequence[int] | None) -> None:
        """Lines some of which may belong together."""
        heads = self._heads(data)
        matched = set() if found is None else {bisect_right(heads, start) for start in found}
        first = heads[0] if heads else len(data)
        if first:
            self._more(data[:first], found is None or 0 in matched)
        if not heads:
            return
        if self._simple:
            self._close()
            last, position = heads[-1], first
            for number in sorted(matched - {0, len(heads)}):
                self._keep(data, position, heads[number - 1], heads[number])
                position = heads[number]
            self._keep(data, position, last, last)
            self._open(data[last:], len(heads) in matched)
            return
        for number, (start, end) in enumerate(zip(heads, [*heads[1:], len(data)]), 1):
            self._close()
            self._open(data[start:end], found is None or number in matched)

    def _heads(self, data: bytes) -> list[int]:
        """The offsets of the lines that begin a record."""
        lines = data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        further, self._inside = continues(lines, self._inside)
        offsets = accumulate([len(line) + 1 for line in lines], initial=0)
        heads = [offset for offset, goes_on in zip(offsets, further) if not goes_on]
        if not self._is_open and (not heads or heads[0]):
            heads.insert(0, 0)
        return heads

    # -- the last record -----------------------------------------------------------------------------------------------

    def _open(self, data: bytes, matched: bool) -> None:
        """A record begins; more of it may come."""
        if self._level is not None:
            own = self._level_of(data[: data.find(b"\n") if b"\n" in data else len(data)])
            self._last_level = self._last_level if own is None else own
            self._able = self._last_level is not None and self._last_level >= self._level
        self._is_open, self._wanted, self._matched = True, False, False
        self._shown = self._after > 0
        self._more(data, matched)

    def _more(self, data: bytes, matched: bool) -> None:
        """More of the record comes."""
        self._held.append(data)
        self._size += len(data)
        self._matched = self._matched or matched
        if self._invert:
            if self._matched and self._wanted:  # a pause has decided too early: what is out is out
                self._shown = self._after > 0
        elif self._matched and self._able:
            self._show()
        if self._shown:
            self._give_held()
        elif self._size > HELD:
            if self._invert and self._able and not self._matched:
                self._show()
            else:
                self._held = [data]
                self._size = len(data)

    def _show(self) -> None:
        """The record is wanted: it comes out, with the context before it."""
        self._wanted = self._shown = True
        self._out += self._before
        self._before.clear()
        self._give_held()

    def _give_held(self) -> None:
        self._out += self._held
        self._held.clear()
        self._size = 0

    def _close(self) -> None:
        """The record has ended."""
        if not self._is_open:
            return
        if self._invert and not self._matched and self._able and not self._wanted:
            self._show()
        if self._wanted:
            self._after = self._context
        elif self._shown:
            self._after -= 1
        elif self._context:
            self._before.append(b"".join(self._held))
        self._held.clear()
        self._size = 0
        self._is_open = self._shown = False


def _cut(data: bytes, start: int) -> int:
    """Where a part of the data ends that is about `MARGIN` bytes long."""
    if start + MARGIN >= len(data):
        return len(data)
    end = data.rfind(b"\n", start, start + MARGIN) + 1 or data.find(b"\n", start) + 1 or len(data)
    return start + _settled_end(data[start:end])


def _settled_end(data: bytes) -> int:
    """The end of a line, near the end of the data, of which it is settled what it is; else the end of the data."""
    end = len(data)
    for _ in range(LINES):
        start = data.rfind(b"\n", 0, end - 1) + 1
        if _settled(data, start):
            return end
        if not start:
            break
        end = start
    return len(data)
