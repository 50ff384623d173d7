"""Columns chosen live: the list of fields, its keys, and those of the detail of a record."""

from __future__ import annotations

import re
from typing import Any

from support.slow_viewer import without_styles
from support.texts import Memory, SmallBlocks, patient

from reflowlog.core.events import Key
from reflowlog.core.frames import Size
from reflowlog.pager.column_chooser import SAMPLED_LINES, SAMPLED_PLACES
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.screen import compose
from reflowlog.pager.state import PagerState, WriteColumns
from reflowlog.pager.status_parts import StatusFacts
from reflowlog.pager.update import update
from reflowlog.render.options import RenderOptions
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.layout.column_choice import ColumnChoice
from reflowlog.text.layout.column_names import STANDARD_COLUMNS

LOG = "".join(
    f'{{"time":"2026-01-31T12:00:0{number}Z","level":"info","msg":"got it","pid":7,"user":{{"id":{number}}}'
    + (f',"took":"{number} ms"' if number % 2 else "")
    + "}\n"
    for number in range(6)
)


class Shown:
    """Viewer of a JSON log without a terminal, in UTC."""

    def __init__(self, text: str = LOG, size: tuple[int, int] = (90, 16)) -> None:
        options = PagerOptions(RenderOptions(appearance=Appearance(STANDARD_COLUMNS, utc=True)))
        self.context = PagerContext(SmallBlocks(Memory(text.encode())), Size(*size), options, patient())
        self.state = PagerState()
        self.effects: list[Any] = []

    def press(self, *names: str) -> Shown:
        for name in names:
            self.state, effect = update(self.state, Key(name), self.context)
            if effect is not None:
                self.effects.append(effect)
        return self

    @property
    def rows(self) -> list[str]:
        rows = compose(self.state, self.context, StatusFacts()).rows
        assert len(rows) == self.context.size.rows
        return [without_styles(row).rstrip() for row in rows]

    @property
    def listed(self) -> list[str]:
        """Rows of the list: marks, names and shares."""
        found = [re.match(r". (\[.\]) (\S+) +(\S+)", row) for row in self.rows[:-1]]
        return [" ".join(each.groups()) for each in found if each]


def test_the_list_of_fields() -> None:
    """Columns first in their order, then all other fields with their share; the log stays above it."""
    shown = Shown()
    before = shown.rows
    shown.press("c")
    assert shown.listed == [
        *("[1] time 100%", "[2] level 100%", "[3] logger 0%", "[4] message 100%", "[5] source 0%"),
        *("[ ] pid 100%", "[ ] user 100%"),
    ]
    assert shown.rows[:6] == before[:6]
    assert "> [1] time" in shown.rows[8]
    assert shown.press("G").listed[-1] == "[ ] took 50%"
    assert shown.press("c").rows == before


def test_a_field_becomes_a_column() -> None:
    """At once, at every width by the rules of columns; the field is no longer behind the message."""
    shown = Shown().press("c", *["Down"] * 5)
    assert "> [ ] pid" in "\n".join(shown.rows)
    assert shown.rows[0] == '12:00:00 INFO     got it  pid=7  user={"id":0}'
    shown.press(" ")
    assert shown.rows[0] == '12:00:00 INFO     7 got it  user={"id":0}'
    assert "[4] pid 100%" in shown.listed
    shown.press("Left")
    assert shown.rows[0] == '12:00:00 INFO     7 got it  user={"id":0}'  # only the empty logger stood between
    shown.press("Left", "Left")
    assert shown.rows[0] == '7 12:00:00 INFO     got it  user={"id":0}' or shown.rows[0].startswith("12:00:00 7")
    assert ">" in next(row for row in shown.rows if " pid " in row)
    shown.press("q")
    assert "pid" not in shown.rows[0]


def test_a_field_is_hidden() -> None:
    """And shown again; a usual column, too; `r` is as at the start."""
    shown = Shown().press("c", *["Down"] * 5, "h")
    assert shown.rows[0] == '12:00:00 INFO     got it  user={"id":0}'
    assert "[-] pid 100%" in shown.listed
    assert "pid=7" in shown.press("h").rows[0]
    shown.press("h", "g", "h")
    assert shown.rows[0] == 'INFO     got it  user={"id":0}'
    assert shown.press("r").rows[0] == '12:00:00 INFO     got it  pid=7  user={"id":0}'
    assert "the message is always shown" in shown.press("Down", "Down", "Down", "h").rows[-1]


def test_it_is_written_on_request_only() -> None:
    """The choice that is in force."""
    shown = Shown().press("c", *["Down"] * 5, "h", "s")
    assert shown.effects == [WriteColumns(ColumnChoice(STANDARD_COLUMNS, ("pid",)))]


def test_the_detail_of_a_record_chooses_too() -> None:
    """`c` a nested value as well; `h` hides the whole field; both are taken back by the same key."""
    shown = Shown().press("o", *["Down"] * 5)
    assert "user.id is a column; c takes that back" in shown.press("c").rows[-1]
    shown.press("q")
    assert shown.rows[1] == '12:00:01 INFO     1 got it  pid=7  user={"id":1}  took="1 ms"'
    shown.press("o", *["Down"] * 5, "c", "h")
    assert "user is hidden; h takes that back" in shown.rows[-1]
    assert shown.press("q").rows[1] == '12:00:01 INFO     got it  pid=7  took="1 ms"'
    assert "message is not a column" in shown.press("o", "Down", "Down", "c").rows[-1]


def test_lines_without_fields_have_no_columns() -> None:
    """The keys say so; raw lines have none either."""
    shown = Shown("12:00:00 INFO x a=1\n")
    assert "no record here has fields" in shown.press("c").rows[-1]
    assert "only fields of JSON and logfmt" in shown.press("o", "c").rows[-1]
    assert "there are no columns" in Shown().press("r", "c").rows[-1]


def test_what_is_seen_is_found_in_chosen_columns() -> None:
    """A search is for what the columns show."""
    shown = Shown().press("c", *["Down"] * 5, " ", "q", "/", *"INFO *7 got", "Enter")
    assert "1 of 6" in shown.rows[-1]


def test_the_sample_is_bounded() -> None:
    """However long the log is."""
    shown = Shown(LOG * 2_000)
    read = 0
    records_of = shown.context.viewport.records_of

    def counted(segment: bytes) -> Any:
        nonlocal read
        read += 1
        return records_of(segment)

    shown.context.viewport.records_of = counted  # type: ignore[method-assign]
    shown.press("c")
    assert 0 < read <= SAMPLED_PLACES * SAMPLED_LINES
    assert "[ ] pid 100%" in shown.listed
