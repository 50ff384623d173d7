"""Record filter of `--grep`, `--invert`, `--context` and `--level` off a terminal: keeps lines byte for byte.

Invariants:
- Which records are kept is decided by `text/search/record_selector.py`, as in the viewer, from as much as has arrived.
  `pause` decides about a record that an excluding pattern may still match. The earlier lines of a record that is
  resumed behind lines of other services come out late where an including pattern matches the later ones only. Where an
  excluding pattern may still match them, they are held, with all that follows them, until their service begins another
  record, or up to `pause` (`text/search/output_queue.py`).
- What is kept is a function of the input's bytes, however they are cut into chunks, but for `pause`. Whether a line
  continues a record may depend on the line after it (`depends_on_next`): the last such lines of a chunk wait for it.
- Of large chunks only the parts near a match are searched for records. Behind prefixes of transports the other parts
  are kept for a while (`text/search/passed_lines.py`): before a line of a service is looked at that may resume a
  record, those of its lines are that were passed over.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from reflowlog.text.clean.sanitize import strip_colours
from reflowlog.text.parse.multiline import depends_on_next, has_prefix, is_plain_start, may_continue, prefix_of
from reflowlog.text.parse.piece_marks import has_pieces
from reflowlog.text.search.output_queue import OutputQueue
from reflowlog.text.search.passed_lines import GivenLine, GivenLines, PassedLines, has_line_of
from reflowlog.text.search.record_heads import line_at
from reflowlog.text.search.record_selector import Postponed, RecordSelector
from reflowlog.text.search.record_tests import RecordTest, RecordTests

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.passed_lines import EarlierLine
    from reflowlog.text.search.pattern import Matcher
    from reflowlog.text.search.record_selector import Found

__all__ = ["MAX_STREAM_AGE", "RecordFilter"]

NEAR_BYTES = 4096  # between two matches on average, up to which the records of all lines of a chunk are found at once
MARGIN = 32 * 1024  # bytes parsed before a match, so that the start of its record is usually found
MAX_FOUND_BYTES = 1024  # of a text that is found across the parts of a giant line
BULK_BYTES = 16 * 1024  # a chunk of this size is bulk input, not a line that is waited for
MAX_WAITING_LINES = 64  # lines, one after the other, that wait for the next one; more are decided by themselves
MAX_SCREEN_AGE = 0.03  # seconds for which a line on a screen is held while others arrive; with a timeout below 0.1
MAX_STREAM_AGE = 1.0
"""Seconds of waiting for input, off a terminal, after which a record that may go on is decided about.

So what is kept is a function of the input's bytes, however they are cut and however long it takes to filter them,
unless their writer rests in the middle of a record. Log shippers wait as long for the next line of a record.
"""


def _matching(pattern: Matcher, data: bytes) -> list[int]:
    return pattern.matching(data)


class RecordFilter(RecordSelector[bytes]):
    r"""Streaming filter of a log's records.

    Args:
        tests: filters that a record must pass.
        context: number of records to keep before and after each selected one.
        level: the lowest level to keep, a number of `logging`; None: any, also records without a level.
        names: meanings of field names; None: the usual ones.

    Attributes:
        is_on_screen: what is kept is shown at once, so that lines are held for a moment only.

    Examples:
        >>> from reflowlog.text.search.pattern import compile_pattern
        >>> RecordFilter([RecordTest(compile_pattern("boom"), False)]).feed(b"one\nboom\n  at line 7\ntwo\n")
        b'boom\n  at line 7\n'
    """

    def __init__(
        self,
        tests: Sequence[RecordTest] = (),
        context: int = 0,
        level: int | None = None,
        names: FieldNames | None = None,
    ) -> None:
        super().__init__(RecordTests(tests), context, level, names)
        self.is_on_screen = True
        self._queue = OutputQueue()

    def _begin(self) -> None:
        """Reset the state to that before the first record."""
        super()._begin()
        self._goes_on = False  # the last line is fed in parts, and the first one is the last so far
        self._part_end = b""  # end of the last part of a line that goes on
        self._waiting = b""  # lines whose role is undecided
        self._waiting_since = 0.0  # when they arrived
        self._passed = b""  # lines without a match, before them, that are only looked at if the next ones need it
        self._earlier = PassedLines()  # lines behind prefixes of transports, whose records were not looked for

    def _piece(self, data: bytes, start: int, end: int) -> bytes:
        return data[start:end]

    def _line_pieces(self, data: bytes, starts: Sequence[int]) -> list[bytes]:
        index = data.index
        return [data[start : index(b"\n", start) + 1] for start in starts]

    @property
    def pending(self) -> bytes:
        """The first held lines that may still be output; empty if there are none."""
        self._look_at_passed()
        return next(chain(self._queue.pieces(), *(each.pieces for each in self._before), self._held), self._waiting)

    @property
    def undecided_since(self) -> float | None:
        """When the first lines arrived that `pause` would output, see `feed`; None if there are none."""
        if self._queue:
            return self._queue.since
        is_context = self._after > 0 and self._possible and not self._shown
        if self._is_open and self._held and (is_context or (self._tests.may_exclude and self._able)):
            return self._since
        return self._waiting_since if self._waiting else None

    @property
    def has_found_level(self) -> bool:
        """Whether any line had a level so far; lines that cannot have the minimum level may be passed over."""
        return self._level is not None and self._level.last is not None

    def feed(self, data: bytes, now: float = 0.0, *, goes_on: bool = False) -> bytes:
        """Filter more lines.

        Args:
            data: whole lines; only the last line of the input may lack its newline.
            now: when they arrived, seconds.
            goes_on: the last line is not whole: `feed_part` takes its other parts. It may have got a newline here.

        Returns:
            The lines that are known to be kept.
        """
        if not self._tests and self._level is None:
            return data
        self._goes_on = goes_on
        if goes_on:
            self._part_end = _end_of_part(data[data.rfind(b"\n", 0, len(data) - 1) + 1 :])
        since, waited = now, len(self._waiting)
        if waited:
            since, data, self._waiting = self._waiting_since, self._waiting + data, b""
        end = _settled_end(data)
        if end < len(data):
            self._waiting_since = since if end < waited else now
            data, self._waiting = data[:end], data[end:]
        self._now = since if self.is_on_screen else now
        self._take(data)
        if self._is_open and self._size > len(data) - waited:  # it begins with lines that have waited
            self._since = min(self._since, since)
        return self._given()

    def feed_part(self, data: bytes, now: float = 0.0, *, goes_on: bool = True) -> bytes:
        """Filter more of the last line, of which only a part was fed because it is too long to be held.

        What is searched for is found in each part, and across their ends if it is short. Takes time and memory for the
        part only.

        Args:
            data: a part of the line.
            now: when it arrived, seconds.
            goes_on: further parts may follow; if not, it ends with the newline of the line.

        Returns:
            The lines and parts that are known to be kept.
        """
        if not self._tests and self._level is None:
            return data
        self._now = now
        self._take_waiting()
        self._look_at_passed()
        self._goes_on = False
        self._add_part(data, goes_on=goes_on)
        return self._given()

    def _add_part(self, data: bytes, *, goes_on: bool) -> None:
        """Add a part of a line to the open record; it is empty at the end of the input."""
        text = b"\0" + self._part_end + data  # no match at the beginning of the line,
        if goes_on:
            text = text.removesuffix(b"\n") + b"\0"  # or at its end, where it has none
        self._part_end = _end_of_part(data) if goes_on else b""
        self._header = None
        if self._level is not None:
            self._level.begin_part(data)
        self._more(data, 0, len(data), self._tests.mask_of_part(text, _matching))

    def pause(self) -> bytes:
        """Decide the undecided lines as they are, because no input has come for a while; return those to keep."""
        self._take_waiting()
        self._settle_services()
        if self._is_open and not self._wanted:
            if self._able and self._tests.may_exclude and self._keeps:
                self._show()
            else:
                self._show_as_context()
        return self._given()

    def pause_if_old(self, now: float) -> bytes:
        """Decide as `pause` if lines are held for too long although others arrive; return those to keep."""
        since = self.undecided_since
        max_age = MAX_SCREEN_AGE if self.is_on_screen else MAX_STREAM_AGE
        return self.pause() if since is not None and now - since >= max_age else b""

    def rest(self) -> bytes:
        """Decide the undecided lines at the end of the input, reset, and return those to keep."""
        self._take_waiting()
        if self._part_end:
            self._look_at_passed()
            self._add_part(b"", goes_on=False)
        self._close()
        self._settle_services()
        self._begin()
        return self._given()

    def _take_waiting(self) -> None:
        data, self._waiting = self._waiting, b""
        self._take(data)

    def _take(self, data: bytes) -> None:
        if not data:
            return
        is_part = self._goes_on and not self._waiting
        text = data.removesuffix(b"\n") + b"\0" if is_part else data  # no match at the end of a part
        found = self._tests.found(text, _matching)
        if self._context or len(data) < 2 * MARGIN:
            self._look_at_passed()
            self._look_at(data, found)
        else:
            self._look_where_needed(data, found)

    def _look_where_needed(self, data: bytes, found: Sequence[Found]) -> None:
        """Filter large data; parts far from any match are kept or dropped whole, without finding their records."""
        is_dense = len(found) * NEAR_BYTES > len(data)
        if self._simple and is_dense:
            self._look_at_passed()
            if self._lines.has_single(data):
                self._single_lines(data, found)
                return
        keep = self._tests.only_excludes and self._level is None
        has_services = has_prefix(data)
        start = first = 0
        passed, self._passed = self._passed, b""
        while start < len(data):
            end = _cut(data, start)
            last = bisect_left(found, (end,))
            part = data[start:end], [(each - start, mask) for each, mask in found[first:last]]
            if self._shown or self._matters(*part):
                if passed:
                    self._look_at(passed, [])
                    passed = b""
                self._look_at(*part)
            else:
                self._close()
                self._lines.forget(has_services=has_services)
                if passed:
                    self._give_lines(passed, [(0, len(passed))] if keep else [])
                passed = part[0]
            start, first = end, last
        if passed and self._simple and not self._tests.only_excludes:
            self._passed = passed
        elif passed:
            self._look_at(passed, [])

    def _decide_lines(self, data: bytes, found: Sequence[Found], end: int) -> None:
        if not has_prefix(data):
            super()._decide_lines(data, found, end)
            return
        starts = self._tests.outliers(found)
        lines = [(start, data.index(b"\n", start) + 1) for start in starts]
        if self._tests.only_excludes:
            edges = [0, *chain.from_iterable(lines), end]
            lines = [(low, high) for low, high in zip(edges[::2], edges[1::2]) if low < high]
        self._give_lines(data[:end], lines)

    def _last_records(self, data: bytes, found: Sequence[Found], at: int) -> None:
        """Filter the lines from `at` on; of bulk input, their records are looked for if later ones resume them.

        Finding records loads the grammar of headers, which takes 50 ms.
        """
        if len(data) < BULK_BYTES or not data.endswith(b"\n"):
            super()._last_records(data, found, at)
        else:
            self._decide_lines(data[at:], [(start - at, mask) for start, mask in found], len(data) - at)

    def _give_lines(self, data: bytes, bounds: Sequence[tuple[int, int]]) -> None:
        if not has_prefix(data):
            super()._give_lines(data, bounds)
            return
        lines = None
        if bounds and self._tests.may_exclude:
            lines = GivenLines(data, bounds, self._now)
            self._places.append((len(self._out), lines))
        else:
            self._out += [data[start:end] for start, end in bounds]
        self._earlier.add(data, bounds, lines)

    # -- records that are resumed --------------------------------------------------------------------------------------

    def _heads(self, data: bytes, at: int = 0) -> list[int]:
        if self._earlier or self._lines.has_forgotten:
            self._look_at_earlier(data[at:])
        return super()._heads(data, at)

    def _look_at_earlier(self, data: bytes) -> None:
        """Look at the lines that were passed over of the services that may resume a record in some data."""
        firsts: dict[bytes, bytes] = {}
        for line in strip_colours(data).split(b"\n"):
            prefix = prefix_of(line)
            if prefix.service and prefix.service not in firsts:
                firsts[prefix.service] = b"" if is_plain_start(prefix.body) else line
        earlier: list[EarlierLine] = []
        for service, first in firsts.items():
            lines, goes_on = self._earlier.look_at(service, is_new=bool(first == b""))
            is_new = not first or (bool(lines) and not goes_on)
            self._lines.recall(service, is_new=is_new)
            earlier += lines
        if earlier and may_continue(
            b"\n".join([*filter(None, firsts.values()), b"".join([each.text for each in earlier])])
        ):
            self._look_at_lines(sorted(earlier))

    def _look_at_lines(self, lines: Sequence[EarlierLine]) -> None:
        """Find the last records of services in lines that were passed over, and give out what was not given out."""
        self._close()
        data = b"".join([each.text for each in lines])
        level = self._level
        last = (level.last, level.line) if level is not None else (None, b"")
        out, places = self._out, self._places
        self._out, self._places = [], []
        heads = super()._heads(data)
        begins = {service: head for head, (service, resumes) in zip(heads, self._lines.owners) if not resumes}
        self._records(data, self._tests.found(data, _matching), heads)
        self._close()
        given, replayed = self._out, {each for _, each in self._places}
        self._out, self._places = out, places
        if level is not None:
            level.last, level.line = last
        shown = Counter(b"".join([*given, *chain.from_iterable(each.pieces for each in replayed)]).splitlines(True))
        at = 0
        late: dict[bytes, list[bytes]] = {}
        postponed: dict[bytes, list[Postponed[bytes]]] = {}
        for line in lines:
            text, service = line.text, line.service
            if not shown[text]:
                line.chunk.drop(line.start, line.end)
            else:
                shown[text] -= 1
                if not line.is_given:
                    late.setdefault(service, []).append(text)
                elif at >= begins.get(service, 0):
                    postponed.setdefault(service, []).append(GivenLine(line))
            at += len(text)
        for service in {line.service for line in lines}:
            self._give_late(service, late.get(service, []), postponed.get(service, []), replayed)

    def _give_late(
        self,
        service: bytes,
        late: list[bytes],
        postponed: list[Postponed[bytes]],
        replayed: Set[Postponed[bytes]],
    ) -> None:
        """Give out lines of a service that were passed over, and note which of its last record may be dropped."""
        if not self._tests.may_exclude:
            self._out += late
            return
        if late:
            postponed.append(Postponed(late, self._now, is_open=True))
            self._places.append((len(self._out), postponed[-1]))
        record = self._services.get(service)
        if record is not None:
            kept = [each for each in record.postponed if each not in replayed]
            self._services[service] = record._replace(postponed=kept + postponed)

    def _look_at_passed(self) -> None:
        """Find the last record of the lines without a match that were passed over."""
        if self._passed:
            data, self._passed = self._passed, b""
            self._look_at(data, [])

    def _matters(self, data: bytes, found: Sequence[Found]) -> bool:
        """Return whether these lines may hold part of a record that is not treated like most records."""
        if found or (self._is_open and self._mask):
            if self._tests.only_excludes and self._level is None:
                return True
        elif self._tests and not (self._tests.only_excludes and self._level is not None):
            return any(each.mask and has_line_of(service, data) for service, each in self._services.items())
        if self._level is None or not self._level.is_low:
            return True
        if any((each.able or each.header) and has_line_of(service, data) for service, each in self._services.items()):
            return True
        return self._level.may_have(data) or (bool(found) and _may_resume(data, found))

    def _settle_services(self) -> None:
        super()._settle_services()
        self._earlier.settle_all()

    def _given(self) -> bytes:
        """Return the decided lines up to the first undecided ones."""
        if self._places or self._queue:
            out = self._queue.feed(self._out, self._places, self._now)
            self._places.clear()
        else:
            out = b"".join(self._out)
        self._out.clear()
        return out


def _may_resume(data: bytes, found: Sequence[Found]) -> bool:
    """Return whether one of the lines that match may continue a record of its service."""
    prefixes = (prefix_of(strip_colours(line_at(data, start))) for start, _ in found)
    return any(prefix.service and not is_plain_start(prefix.body) for prefix in prefixes)


def _end_of_part(data: bytes) -> bytes:
    """Return the end of a part of a giant line, behind which the next one is searched."""
    return data[-MAX_FOUND_BYTES:].removesuffix(b"\n")


def _cut(data: bytes, start: int) -> int:
    """Return the end of a part of the data from `start` that is about `MARGIN` bytes long."""
    if start + MARGIN >= len(data):
        return len(data)
    end = data.rfind(b"\n", start, start + MARGIN) + 1 or data.find(b"\n", start) + 1 or len(data)
    return start + (_settled_end(data[start:end]) or end - start)


def _settled_end(data: bytes) -> int:
    """Return the end of the lines that no next line changes: of their roles, and of texts that were cut into pieces."""
    end = len(data)
    if has_pieces(data):
        from reflowlog.text.parse.pieces import end_of_whole_texts  # start-up cost: only for such a log

        end = end_of_whole_texts(data)
    settled = end
    for _ in range(MAX_WAITING_LINES):
        start = data.rfind(b"\n", 0, max(settled - 1, 0)) + 1
        if not settled or not depends_on_next(data[start:settled].rstrip(b"\n")):
            return settled
        settled = start
    return end
