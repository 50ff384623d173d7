"""Detail view of one record: its content, and its rows at a width.

Invariants:
- A position in it is an `Anchor`: the number of an entry, and an offset in the entry's text. Each field has an entry
  for its name and one for each line of its value. A name beside its value has no row of its own, yet its entry counts.
  So a new width moves no position, as in the document (`pager/viewport.py`).
- Values hang: their further rows begin under the value. On narrow screens, where the longest
  name leaves less than `MIN_VALUE_CELLS` to the values, a name stands above its value.
- Lines are laid out when they are shown, whatever the length of the record.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, islice, takewhile
from typing import TYPE_CHECKING

from reflowlog.core.memo import Memo
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import Anchor, StyledLine
from reflowlog.render.ansi import draw, paint_run
from reflowlog.text.clean import cells, wrap
from reflowlog.text.clean.sanitize import mark_controls
from reflowlog.text.highlight.spans import overlay
from reflowlog.text.layout.record_detail import DetailField, detail_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reflowlog.core.frames import Row
    from reflowlog.core.records import Style
    from reflowlog.pager.records import DocumentRecord
    from reflowlog.text.highlight.appearance import Appearance

__all__ = ["Detail", "DetailRow", "DetailState", "DetailView"]

MIN_SIDE_CELLS = 44
"""Columns of a screen from which on values stand beside their names, however long these are."""

MIN_VALUE_CELLS = 24
"""Cells that values have at least beside their names on a narrower screen."""

MAX_NAME_CELLS = 28
"""Cells of the names' column at most; a longer name stands above its value."""

MIN_MARKER_CELLS = 12
"""Columns of a screen from which on the chosen field has a marker at the left edge, and values are indented."""

MAX_SEARCHED_ENTRIES = 2000
"""Entries of a detail that are searched for a match."""

MARKER, INDENT = "> ", 2
MAX_CACHED_ENTRIES = 4096


class DetailState(NamedTuple):
    """Position in the detail of a record; immutable.

    Attributes:
        offset: of the record's first segment.
        field: number of the chosen field.
        top: anchor of the top row.
    """

    offset: int
    field: int = 0
    top: Anchor = Anchor(0, 0)


class Detail(NamedTuple):
    """Content of the detail of a record.

    Attributes:
        record: the record as it came.
        fields: its parts.
        level: its level, as a number of `logging`.
        original: the text that is copied as the record.
    """

    record: DocumentRecord
    fields: tuple[DetailField, ...]
    level: int = 0
    original: bytes = b""


class DetailRow(NamedTuple):
    """One row of the detail.

    Attributes:
        anchor: of its first character.
        field: number of its field.
        name: drawn before the value; empty for none.
        styled: the line that it is a part of; the name, in a row above the value.
        is_name: whether it is a row above the value.
        is_first: whether it is the first row of its field.
        row: the part; its indent counts from the column of values.
    """

    anchor: Anchor
    field: int
    name: str
    styled: StyledLine
    row: Row
    is_name: bool = False
    is_first: bool = False


class DetailView:
    """Rows of a detail at one width.

    Args:
        detail: the content.
        width: in cells.
        appearance: theme and link host.
        colour: whether styles are drawn.
    """

    def __init__(self, detail: Detail, width: int, appearance: Appearance, *, colour: bool = True) -> None:
        self.detail = detail
        self.width = width
        self._appearance = appearance
        self._colour = colour
        self._starts = list(accumulate([1 + len(field.lines) for field in detail.fields], initial=0))
        self._owners = [number for number, field in enumerate(detail.fields) for _ in range(1 + len(field.lines))]
        self._names = [mark_controls(field.name) for field in detail.fields]
        has_margin = width >= MIN_MARKER_CELLS
        self._margin = len(MARKER) if has_margin else 0
        widths = [size for size in map(cells.cells, self._names) if size <= MAX_NAME_CELLS]
        room = max(widths, default=0)
        is_beside = width >= MIN_SIDE_CELLS or width - self._margin - room - 2 >= MIN_VALUE_CELLS
        self._name_room = room if is_beside else 0
        self._column = self._margin + (self._name_room + 2 if self._name_room else INDENT if has_margin else 0)
        self._rows: Memo[int, list[DetailRow]] = Memo(self._lay_out, limit=MAX_CACHED_ENTRIES)

    # -- rows ----------------------------------------------------------------------------------------------------

    def _entry(self, entry: int) -> list[DetailRow]:
        """Return the rows of an entry; none for a name beside its value."""
        return self._rows[entry]

    def _lay_out(self, entry: int) -> list[DetailRow]:
        number = self._owners[entry]
        field, name = self.detail.fields[number], self._names[number]
        at = entry - self._starts[number] - 1
        is_beside = not name or cells.cells(name) <= self._name_room
        if at < 0:
            if is_beside:
                return []
            rows = wrap.rows(name, max(self.width - self._margin, 1), 0, "char")
            above = StyledLine(name, column=0)
            return [
                DetailRow(Anchor(entry, row.start), number, "", above, row, is_name=True, is_first=not place)
                for place, row in enumerate(rows)
            ]
        styled = detail_line(field, field.lines[at], self._appearance.theme, self._appearance.host, self.detail.level)
        if not self._colour:
            styled = styled._replace(spans=())
        text, width = styled.text, max(self.width - self._column, 1)
        own = len(text) - len(text.lstrip(" "))
        hang = own + 2 if (own or field.kind == "trace") and own + 2 <= width // 2 else 0
        rows = wrap.rows(text, width, hang)
        detail_rows = [DetailRow(Anchor(entry, row.start), number, "", styled, row) for row in rows]
        is_first = at == 0 and is_beside
        detail_rows[0] = detail_rows[0]._replace(
            anchor=Anchor(entry, 0), name=name if is_first else "", is_first=is_first
        )
        return detail_rows

    def _clamp(self, anchor: Anchor) -> Anchor:
        """Return an anchor within the content."""
        last = len(self._owners) - 1
        return anchor if 0 <= anchor.line <= last else Anchor(min(max(anchor.line, 0), last), 0)

    def _number_of(self, anchor: Anchor) -> int:
        """Return the number, in its entry, of the row that an anchor is in."""
        return max(bisect_right([row.anchor.offset for row in self._entry(anchor.line)], anchor.offset) - 1, 0)

    def below(self, anchor: Anchor) -> Iterator[DetailRow]:
        """Yield the anchor's row and all rows after it."""
        anchor = self._clamp(anchor)
        yield from self._entry(anchor.line)[self._number_of(anchor) :]
        for entry in range(anchor.line + 1, len(self._owners)):
            yield from self._entry(entry)

    def above(self, anchor: Anchor) -> Iterator[DetailRow]:
        """Yield the rows before the anchor's, upward."""
        anchor = self._clamp(anchor)
        yield from reversed(self._entry(anchor.line)[: self._number_of(anchor)])
        for entry in range(anchor.line - 1, -1, -1):
            yield from reversed(self._entry(entry))

    def _screen(self, top: Anchor, height: int) -> list[DetailRow]:
        """Return the rows of a screen; at the end it is filled from above."""
        rows = list(islice(self.below(top), height))
        if rows and len(rows) < height:
            rows = [*reversed(list(islice(self.above(rows[0].anchor), height - len(rows)))), *rows]
        return rows

    def window(self, state: DetailState, height: int) -> list[DetailRow]:
        """Return the rows on the screen: from the top, or around the chosen field if none of its rows is there."""
        number = self.field_number(state)
        rows = self._screen(state.top, height)
        if any(row.field == number for row in rows):
            return rows
        return self._screen(self._top_with(number, rows, height), height)

    # -- positions -----------------------------------------------------------------------------------------------

    def field_number(self, state: DetailState) -> int:
        """Return the number of the chosen field; the record may have fewer fields than before."""
        return min(max(state.field, 0), len(self.detail.fields) - 1)

    def field_of(self, state: DetailState) -> DetailField:
        """Return the chosen field."""
        return self.detail.fields[self.field_number(state)]

    def _top_with(self, number: int, rows: Sequence[DetailRow], height: int) -> Anchor:
        """Return the top with which a field is on the screen, as much of it as fits, scrolled as little as possible."""
        first = Anchor(self._starts[number], 0)
        own = list(islice(takewhile(lambda row: row.field == number, self.below(first)), height + 1))
        anchors = {row.anchor for row in rows}
        if own[0].anchor in anchors and own[-1].anchor in anchors:
            return rows[0].anchor
        if own[0].anchor <= rows[0].anchor or len(own) >= height:
            return own[0].anchor
        before = list(islice(self.above(own[0].anchor), height - len(own)))
        return before[-1].anchor if before else own[0].anchor

    def choose(self, state: DetailState, number: int, height: int) -> DetailState:
        """Return the state with a field chosen, and on the screen."""
        number = min(max(number, 0), len(self.detail.fields) - 1)
        return state._replace(field=number, top=self._top_with(number, self.window(state, height), height))

    def choose_match(self, state: DetailState, find: Callable[[str], int | None], height: int) -> DetailState:
        """Return the state with the first field chosen that has a match among its lines, and its row on the screen.

        The state stays if there is none among the first `MAX_SEARCHED_ENTRIES` lines.

        Args:
            state: the position.
            find: returns the offset of a match in a text; None: there is none.
            height: rows of the screen.
        """
        for entry, number in enumerate(self._owners[:MAX_SEARCHED_ENTRIES]):
            rows = self._entry(entry) if entry > self._starts[number] else []
            at = find(rows[0].styled.text) if rows else None
            if at is None:
                continue
            state = self.choose(state, number, height)
            anchor = self._entry(entry)[self._number_of(Anchor(entry, at))].anchor
            if any(row.anchor == anchor for row in self.window(state, height)):
                return state
            before = list(islice(self.above(anchor), height // 3))
            return state._replace(top=before[-1].anchor if before else anchor)
        return state

    def step(self, state: DetailState, step: int, height: int) -> DetailState:
        """Return the state with the next or previous field chosen; a field that goes beyond the screen is scrolled."""
        number = self.field_number(state)
        anchors = {row.anchor for row in self.window(state, height)}
        if step > 0:
            edge = self._entry(self._starts[number + 1] - 1)[-1]
        else:
            edge = next(self.below(Anchor(self._starts[number], 0)))
        if edge.anchor not in anchors:
            return self.scroll(state, step, height)
        return self.choose(state, number + step, height)

    def scroll(self, state: DetailState, count: int, height: int) -> DetailState:
        """Return the state scrolled by rows, down if positive, with a field chosen that is on the screen."""
        rows = self.window(state, height)
        top = rows[0].anchor
        found = list(islice(self.below(top), count + height) if count > 0 else islice(self.above(top), -count))
        if count > 0:
            top = found[min(count, max(len(found) - height, 0))].anchor
        elif found:
            top = found[-1].anchor
        shown = [row.field for row in self._screen(top, height)]
        number = min(max(self.field_number(state), shown[0]), shown[-1])
        return state._replace(field=number, top=top)

    # -- drawing -------------------------------------------------------------------------------------------------

    def draw(
        self,
        row: DetailRow,
        chosen: int,
        of_name: Style,
        of_chosen: Style,
        marked: Sequence[tuple[int, int]] = (),
        of_mark: Style | None = None,
    ) -> str:
        """Return a row as text with escape sequences.

        Args:
            row: the row.
            chosen: number of the chosen field.
            of_name: style of names.
            of_chosen: style of the chosen field's name, and of its value where that has none.
            marked: spans of the row's line that a search matches.
            of_mark: their style.
        """
        is_chosen = row.field == chosen
        style = of_chosen if is_chosen else of_name
        margin = (MARKER if is_chosen and row.is_first else " " * len(MARKER))[: self._margin]
        if row.is_name:
            return margin + paint_run(row.row.text, style)
        styled = row.styled
        spans = styled.spans
        if is_chosen and not self.detail.fields[row.field].name:
            own = len(styled.text) - len(styled.text.lstrip(" "))
            spans = ((own, len(styled.text), of_chosen),) if own < len(styled.text) else ()
        elif marked and of_mark is not None:
            spans = overlay(spans, tuple([(start, end, of_mark) for start, end in marked]))
        name = paint_run(row.name, style) + " " * (self._name_room - cells.cells(row.name)) if row.name else ""
        aside = self._column - self._margin - (self._name_room if row.name else 0)
        return margin + name + " " * aside + draw(styled.text, spans, row.row)
