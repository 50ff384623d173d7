"""All keys of the viewer and all sizes, in any order: a state machine with a simple model.

The model knows the text, and where the top of the screen may be. It checks what must hold whatever was typed.
"""

from __future__ import annotations

import re

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from support.texts import Memory, SmallBlocks, patient

from reflowlog.core.events import Key
from reflowlog.core.frames import ScreenFrame, Size
from reflowlog.pager.bindings import ACTIONS, action_of
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.screen import compose
from reflowlog.pager.seeking import advance
from reflowlog.pager.state import Copy, Edit, LoggerLevel, PagerState, WriteColumns
from reflowlog.pager.status_parts import StatusFacts
from reflowlog.pager.update import interrupt, update
from reflowlog.render.options import RenderOptions
from reflowlog.text.clean.cells import cells
from reflowlog.text.highlight.appearance import Appearance

_NAMES = sorted(
    {key for keys in ACTIONS.values() for key in keys} | {"x", "y", "c", "a", "1", "5", "Tab", "F5", "Enter"}
)
_TYPED = ["ERROR", "user=2", "status>=400", "!got", "", "debug", "warning", "3", "50%", "12:00:02", "-1m", "(", "all"]
_LINES = [
    b"2026-01-31 12:00:00 INFO app: start of a long line " + b"word " * 30,
    b'{"time":"2026-01-31T12:00:01Z","level":"info","msg":"got","status":200,"user":{"id":1,"tags":["a","b"]}}',
    b'{"time":"2026-01-31T12:05:02Z","level":"error","msg":"x","exc_info":"Traceback (most recent call last):\\nE: 1"}',
    b"2026-01-31 12:05:03 ERROR app: boom",
    b"Traceback (most recent call last):",
    b'  File "a.py", line 3, in f',
    b"KeyError: 'x'",
    "日本語の行 ｱｲｳ 👩‍💻 e\u0301 \x1b[31mred\x1b[0m \x1b[2J\x07\r end".encode(),
    b"",
    b"x" * 300,
    b"time=2026-01-31T12:05:04Z level=warn msg=low free=3",
]

_QUIET = {
    *("down", "up", "page-down", "page-up", "half-down", "half-up", "wheel-down", "wheel-up", "start", "end", "follow"),
    *("clear-search", "next", "previous", "next-error", "previous-error", "next-warning", "previous-warning", "right"),
    *("left", "line", "percent", "go-to-mark"),
}
"""Actions that change nothing where one is there already: the status row shows where that is."""

_STYLES = re.compile("\x1b\\[[0-9;:]*m|\x1b]8;[^\x1b]*\x1b\\\\")


class Viewer(RuleBasedStateMachine):
    """A viewer, and what is known of it without it."""

    @initialize(
        lines=st.lists(st.sampled_from(_LINES), max_size=30), with_columns=st.booleans(), in_program=st.booleans()
    )
    def start(self, lines: list[bytes], with_columns: bool, in_program: bool) -> None:
        """Open a log."""
        self.text = Memory(b"".join(line + b"\n" for line in lines))
        columns = ("time", "level", "logger", "message", "source") if with_columns else None
        options = PagerOptions(RenderOptions(appearance=Appearance(columns)), gaps=60, has_loggers=in_program)
        self.context = PagerContext(SmallBlocks(self.text), Size(60, 8), options, patient())
        self.state = PagerState()

    @rule(name=st.sampled_from(_NAMES))
    def press(self, name: str) -> None:
        """Type a key."""
        before = self.state
        self.state, effect = update(before, Key(name), self.context)
        if (
            effect is None
            and self.state == before._replace(message="")
            and before.prompt is None
            and not before.waiting
        ):
            assert action_of(name, {}) in _QUIET, name  # any other key that does nothing says so
        assert (
            effect is None
            or effect in ("back", "quit", "redraw")
            or isinstance(effect, (Copy, Edit, LoggerLevel, WriteColumns))
        )

    @rule(
        names=st.lists(st.sampled_from([*"fxyYgGnNeEv", "Down", "Up", "Left", "Right", "PageDown", "F1"]), max_size=6)
    )
    def press_in_detail(self, names: list[str]) -> None:
        """Open a record, and type keys there."""
        for name in ["o", *names]:
            self.press(name)

    @rule(names=st.lists(st.sampled_from([*"hsrgG q", "Down", "Up", "Left", "Right", "PageDown"]), max_size=6))
    def press_in_list(self, names: list[str]) -> None:
        """Open the list of fields, and type keys there."""
        for name in ["c", *names]:
            self.press(name)

    @rule(kind=st.sampled_from("/?&:ls"), text=st.sampled_from(_TYPED))
    def answer(self, kind: str, text: str) -> None:
        """Type a prompt and its answer, if no other one is open."""
        for name in (kind, *text, "Enter"):
            self.press(name)

    @rule(columns=st.integers(1, 90), rows=st.integers(1, 14))
    def resize(self, columns: int, rows: int) -> None:
        """Show it at another size, and at the one before again: nothing has moved."""
        before, size = self.screen(), self.context.size
        self.context.size = Size(columns, rows)
        self.screen()
        self.context.size = size
        assert self.screen() == before
        self.context.size = Size(columns, rows)

    @rule(line=st.sampled_from(_LINES), ended=st.booleans())
    def grow(self, line: bytes, ended: bool) -> None:
        """More input."""
        self.text.data += line + b"\n" * ended

    @rule()
    def work(self) -> None:
        """A slice of long work."""
        self.state = advance(self.state, self.context)

    @rule()
    def interrupt(self) -> None:
        """Ctrl-C."""
        self.state = interrupt(self.state, self.context) or self.state

    def screen(self) -> ScreenFrame:
        """The screen."""
        return compose(self.state, self.context, StatusFacts("app.log"))

    @invariant()
    def every_row_fits_and_acts_on_nothing(self) -> None:
        """There are as many rows as on the screen, none is wider, and none holds a control but styles and links."""
        size = self.context.size
        frame = self.screen()
        assert len(frame.rows) == size.rows
        for row in frame.rows:
            plain = _STYLES.sub("", row)
            assert cells(plain) <= size.columns, plain
            assert not re.search("[\x00-\x1f\x7f-\x9f]", plain), plain
        if frame.cursor is not None:
            assert 0 <= frame.cursor[0] < size.columns
            assert 0 <= frame.cursor[1] < size.rows

    @invariant()
    def positions_are_within_the_text(self) -> None:
        """The top, the hit, the marks and the detail are at lines that there are."""
        anchors = [self.state.top, self.state.hit, self.state.back, *self.state.marks.values()]
        offsets = [anchor.line for anchor in anchors if anchor is not None]
        if self.state.detail is not None:
            offsets.append(self.state.detail.offset)
        for offset in offsets:
            assert offset == 0 or offset < self.text.end
            assert offset == 0 or self.text.data[offset - 1 : offset] == b"\n"

    @invariant()
    def the_top_row_is_of_the_line_at_the_top(self) -> None:
        """Where plain text is shown, the first row is a part of that line."""
        state = self.state
        if state.detail or state.help_row is not None or state.following or state.criteria.tests or not self.text.end:
            return
        if state.criteria.level is not None or state.chooser is not None or self.context.size.rows < 2:  # a list
            return
        line = self.text.data[state.top.line :].split(b"\n", 1)[0]
        if re.fullmatch(rb"[x ]+|2026[ -~]+", line) and state.wrapped and self.context.size.columns > 1:
            frame = compose(state._replace(message=""), self.context, StatusFacts())  # a message may take all rows
            rows = self.context.visible_rows_of(state)
            has_rule = rows[0].line.is_rule  # where nothing was logged before
            shown = _STYLES.sub("", frame.rows[1 if has_rule and len(rows) > 1 else 0]).strip()
            if has_rule and len(rows) == 1:
                return
            assert shown in line.decode()


TestAllKeys = Viewer.TestCase
TestAllKeys.settings = settings(stateful_step_count=25)
