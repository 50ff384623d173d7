"""Pager display without terminal, thread or running clock: content, times of frames, effects of keys."""

from __future__ import annotations

import cProfile
import os
import re
from typing import TYPE_CHECKING

import pytest
from support.pager_fakes import FakeKeys, FakeMatcher, FakePainter, FakeProgram

from reflowlog.core.events import Chunk, Key, TerminalChanged
from reflowlog.core.frames import Size
from reflowlog.core.records import LogRecord, StyledLine
from reflowlog.display import editor, input_rate, pager_screen, pager_work
from reflowlog.display.base import FRAME_INTERVAL
from reflowlog.display.clipboard import Clipboard
from reflowlog.display.pager import PagerDisplay
from reflowlog.display.pager_screen import PagerScreen
from reflowlog.display.pager_services import PagerTools
from reflowlog.pager.context import PagerOptions
from reflowlog.pager.state import PagerState, Seek
from reflowlog.store.document_source import FileDocument, PipeDocument
from reflowlog.store.file_text import FileText
from reflowlog.store.line_index import LineIndex
from reflowlog.store.pipe_text import PipeText
from reflowlog.store.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


SMALL = Size(30, 6)


class Bench:
    """A full stage over a pipe, at 30 columns and 6 rows, following its end."""

    def __init__(
        self,
        size: Size = SMALL,
        *,
        following: bool = True,
        keeps_screen: bool = False,
        file: FileText | None = None,
        tick: float = 0.0,
        tools: PagerTools | None = None,
    ) -> None:
        self.now = 100.0
        self.tick = tick  # seconds that pass with each look at the clock
        self.painter = FakePainter()
        self.keys = FakeKeys()
        self.matcher = FakeMatcher()
        self.left: list[str] = []
        self.interrupts: list[bool] = []
        self.text = PipeText(LineIndex(Spool()))
        self.source = PipeDocument(self.text, "name") if file is None else FileDocument(file, "name")
        self.display = PagerDisplay(
            self.source,
            PagerScreen(self.painter, self.keys, size, keeps_rows=keeps_screen),
            PagerOptions(),
            PagerState(following=following),
            matcher=self.matcher,  # type: ignore[arg-type]
            left=self.left.append,
            interrupted=self._interrupted,
            tools=tools,
            clock=self._clock,
        )

    def _clock(self) -> float:
        self.now += self.tick
        return self.now

    def _interrupted(self, typed: bool) -> str:
        self.interrupts.append(typed)
        return "how to quit"

    def work(self, *events: object, passed: float = 1.0) -> None:
        """Do the printer's work for events, after a number of seconds."""
        self.now += passed
        for event in events:
            if isinstance(event, Chunk):
                self.display.chunk(event.data)
            elif isinstance(event, Key):
                self.display.key(event)
            elif isinstance(event, TerminalChanged):
                self.display.wake(event)
        self.display.work()
        self.display.paint((), False)

    def type(self, keys: str) -> None:
        """Type characters; a newline is Enter."""
        for key in keys:
            self.work(Key("Enter" if key == "\n" else key))

    def save(self, path: Path) -> None:
        """Save to a file."""
        self.type(f"s{path}\n")
        while self.display.poll_timeout == 0:
            self.work()


def lines(first: int, last: int) -> bytes:
    """Lines by their numbers, the last included."""
    return b"".join(b"line %d\n" % number for number in range(first, last + 1))


def test_the_screen_is_entered_with_the_first_input() -> None:
    """Before it the terminal is left to password prompts; then keys are read."""
    bench = Bench()
    bench.work()
    bench.work(Key("q"), TerminalChanged())
    assert [bench.painter.calls, bench.painter.screens, bench.keys.calls, bench.left] == [[], [], [], []]
    bench.work(Chunk(b"one\ntw"))
    assert bench.painter.calls == ["enter 30x6"]
    assert bench.keys.calls == ["start", "whole True"]
    assert bench.painter.rows[:3] == ["one", "tw", ""]


def test_no_input_at_all_is_shown_too() -> None:
    """The end of an input that held nothing is something to show."""
    bench = Bench()
    bench.display.end_of_input()
    bench.display.all_ended()
    bench.work()
    assert "empty" in bench.painter.rows[-1]


def test_without_keys_the_end_of_the_input_is_the_end() -> None:
    """Without a keyboard `q` cannot be pressed."""
    bench = Bench()
    bench.keys.there = False
    bench.work(Chunk(b"one\n"))
    assert not bench.left
    bench.display.all_ended()
    assert bench.left == ["quit"]


def test_frames_have_their_time() -> None:
    """The first at once, the next a sixtieth of a second later, none while nothing changes."""
    bench = Bench()
    bench.work(Chunk(b"one\n"))
    bench.work(Chunk(b"two\n"), passed=0.001)
    assert len(bench.painter.screens) == 1
    assert 0 < (bench.display.poll_timeout or 0) < FRAME_INTERVAL
    bench.work(passed=FRAME_INTERVAL)
    assert len(bench.painter.screens) == 2
    for _ in range(5):
        bench.work(passed=0.05)
    assert len(bench.painter.screens) == 2


def test_a_key_and_a_new_size_are_answered_at_once() -> None:
    """They do not wait until the next frame is due."""
    bench = Bench()
    bench.work(Chunk(lines(1, 20)))
    bench.work(Key("g"), passed=0.001)
    assert bench.painter.rows[0] == "line 1"
    bench.display.resize(Size(40, 4))
    bench.work(passed=0.001)
    assert len(bench.painter.rows) == 4
    assert len(bench.painter.rows[-1]) == 40


def test_in_a_flood_frames_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Taking in goes first while more comes than anybody can read."""
    monkeypatch.setattr(pager_screen, "FLOOD_BYTES", 100)
    bench = Bench()
    bench.work(Chunk(lines(1, 100)))
    bench.work(Chunk(b"more\n"), passed=FRAME_INTERVAL * 1.1)
    assert len(bench.painter.screens) == 1
    bench.work(passed=pager_screen.FLOOD_FRAME_INTERVAL)
    assert len(bench.painter.screens) == 2


def test_keys_reach_the_viewer_and_its_wish_to_leave_is_told() -> None:
    """Each key once; q and Q say how."""
    bench = Bench()
    bench.work(Chunk(lines(1, 20)))
    bench.type("gj")
    assert bench.painter.rows[0] == "line 2"
    bench.type("qQ")
    assert bench.left == ["back", "quit"]


def test_interrupting_ends_a_prompt_then_asks() -> None:
    """Ctrl-C cancels work; without any, the owner is called, with whether it was a key or a signal."""
    bench = Bench()
    bench.work(Chunk(lines(1, 20)))
    bench.type("/x")
    bench.work(Key("Ctrl-C"))
    assert not bench.interrupts
    bench.work(Key("Ctrl-C"), Key("Interrupt"))
    assert bench.interrupts == [True, False]
    assert "how to quit" in bench.painter.rows[-1]


def test_interrupting_before_anything_has_come() -> None:
    """A second Ctrl-C quits even if the writer never writes."""
    bench = Bench()
    bench.work(Key("Interrupt"), Key("Interrupt"))
    assert bench.interrupts == [False, False]


def test_redrawing_writes_all() -> None:
    """Ctrl-L, and a terminal that was written over."""
    bench = Bench()
    bench.work(Chunk(b"one\n"))
    bench.work(Key("Ctrl-L"))
    bench.work(TerminalChanged(cursor_row_dirty=True))
    assert bench.painter.calls[1:] == ["redraw", "redraw"]
    assert len(bench.painter.screens) == 3


def test_suspended_and_resumed() -> None:
    """The terminal is given back, and taken again with the next frame."""
    bench = Bench()
    bench.work(Chunk(b"one\n"))
    bench.display.suspend()
    assert bench.painter.calls[-1] == "leave"
    assert bench.keys.calls[-2:] == ["whole False", "suspend"]
    bench.display.resume()
    assert bench.keys.calls[-1] == "resume"
    bench.work()
    assert bench.painter.calls[-1] == "enter 30x6"
    assert bench.painter.rows[0] == "one"


def test_a_message_waits_for_the_end_of_a_partial_line() -> None:
    """It is a line of its own, never inside another one."""
    bench = Bench()
    bench.work(Chunk(b"one\ntw"))
    bench.display.line("reflowlog: something")
    bench.work(Chunk(b"o\nthree\n"))
    assert bench.painter.rows[:4] == ["one", "two", "three", "reflowlog: something"]
    bench.display.item(StyledLine("a record"))
    bench.display.item(LogRecord(0.0, 20, "INFO", "a", "two\nlines"))
    bench.work()
    assert bench.painter.rows[3:5] == ["a record", "two lines"]


def test_the_partial_line_is_returned() -> None:
    """With the messages that waited for its end."""
    bench = Bench()
    bench.work(Chunk(b"one\ntw"))
    bench.display.line("reflowlog: something")
    assert bench.display.take_partial() == b"tw"
    bench.work()
    assert bench.painter.rows[:3] == ["one", "reflowlog: something", ""]


def test_the_screen_that_is_kept_has_no_message() -> None:
    """Of the last screen the rows of the document are left, also where a message took several rows."""
    bench = Bench(keeps_screen=True, following=False)
    bench.work(Chunk(lines(1, 3)))
    bench.type("/nothing at all is like Tha\n")
    bench.work()
    shown = [row for row in bench.painter.rows if "line" in row]
    assert len(bench.painter.rows) - len(shown) > 2
    bench.display.finish()
    assert [row for row in bench.painter.kept if row] == shown


def test_saving_writes_what_is_shown_as_it_came(tmp_path: Path) -> None:
    """Only the records that the filter shows, byte for byte; the last line gets its newline."""
    bench = Bench()
    bench.work(Chunk(b"a\x1b[31mb\nno\nkeep b\r\n" + lines(1, 5000) + b"b at the end"))
    bench.type("&b\n")
    bench.save(tmp_path / "some")
    assert (tmp_path / "some").read_bytes() == b"a\x1b[31mb\nkeep b\r\nb at the end\n"
    assert "saved 3 lines" in " ".join(bench.painter.rows)
    bench.type("&\n")
    bench.save(tmp_path / "all")
    assert (tmp_path / "all").read_bytes().count(b"\n") == 5004


def test_saving_replaces_no_file_and_tells_what_fails(tmp_path: Path) -> None:
    """A file that is there stays; a path that cannot be written is said in one line."""
    bench = Bench(Size(200, 6))
    bench.work(Chunk(b"one\n"))
    there = tmp_path / "there"
    there.write_text("mine")
    bench.save(there)
    assert there.read_text() == "mine"
    assert "is there already" in bench.painter.rows[-1]
    bench.save(tmp_path / "no" / "such")
    assert "No such file" in bench.painter.rows[-1]


def test_lines_given_up_are_told() -> None:
    """An expression that takes too long on some lines misses them, and the reader knows."""
    bench = Bench(Size(100, 6))
    bench.work(Chunk(b"one\n"))
    bench.type("/x\n")
    bench.matcher.lost = 2
    bench.work(TerminalChanged())
    assert "2 lines took too long to match" in bench.painter.rows[-1]


def test_an_output_that_failed_is_written_no_more() -> None:
    """Events are still taken, and nothing is painted."""
    bench = Bench()
    bench.work(Chunk(b"one\n"))
    bench.display.replace(None)
    bench.work(Chunk(b"two\n"), Key("j"))
    bench.display.finish()
    bench.display.close()
    assert len(bench.painter.screens) == 1
    assert bench.text.count == 2


def test_the_screen_is_given_back_once() -> None:
    """The frame that follows the last event does not take it again."""
    bench = Bench()
    bench.work(Chunk(b"one\n"))
    bench.display.finish()
    bench.work()
    bench.display.close()
    assert bench.painter.calls == ["enter 30x6", "leave"]


def test_the_rate_is_that_of_the_last_second() -> None:
    """Lines a second while they come; none once they do not."""
    bench = Bench(Size(100, 6))
    bench.work(Chunk(b"one\n"))
    bench.work(passed=1.1)
    bench.work(Chunk(lines(1, 220)), passed=0.01)
    bench.work(passed=1.1)
    assert "200 lines/s" in bench.painter.rows[-1] or "198 lines/s" in bench.painter.rows[-1]
    bench.work(passed=1.1)
    bench.work(passed=1.1)
    assert "lines/s" not in bench.painter.rows[-1]


def test_errors_and_warnings_are_counted_while_nothing_else_is_to_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not while much comes in, nor while another scan runs; then to the end, and there is no more work."""
    monkeypatch.setattr(input_rate, "QUIET_BYTES", 1000)
    bench = Bench(Size(100, 6))
    lines = b"ERROR one\nWARN two\nINFO three\n" * 20_000
    bench.work(Chunk(lines))
    assert "error" not in bench.painter.rows[-1]
    bench.now += 1.0
    while bench.display.poll_timeout == 0.0 or bench.now < 103:
        bench.work(passed=0.01)
    assert "20,000 errors  20,000 warnings " in bench.painter.rows[-1]
    assert bench.display.poll_timeout
    bench.work(Chunk(b"ERROR more\n"))
    assert "20,001 errors  20,000 warnings " in bench.painter.rows[-1]
    bench.work(Chunk(b"WARN more\n" * 500))
    bench.work(passed=0.01)
    assert "20,001 errors  20,000 warnings…" in bench.painter.rows[-1]
    bench.work()
    assert "20,001 errors  20,500 warnings " in bench.painter.rows[-1]


@pytest.mark.parametrize("act", [lambda it: it.key(Key("k")), lambda it: it.resize(Size(70, 6))], ids=["key", "width"])
def test_no_levels_are_counted_while_keys_are_typed_or_the_width_changes(act: Callable[[PagerDisplay], None]) -> None:
    """Counting, and its progress in the status row, wait until neither has happened for a while."""
    bench = Bench(Size(80, 6), following=False)
    bench.work(Chunk(b"10:00:00 INFO one\n"))
    bench.display.chunk(b"10:00:01 ERROR no\n" * 20_000)
    act(bench.display)
    for _ in range(3):
        bench.work(passed=pager_work.IDLE_SECONDS / 4)
        assert not bench.display._context.levels.counts.is_complete
        assert 0 < bench.display.poll_timeout <= pager_work.IDLE_SECONDS
    for _ in range(5):
        bench.work()
    assert bench.display._context.levels.counts.is_complete


def test_errors_are_counted_among_what_is_shown() -> None:
    """Their count is the first part dropped where there is no room."""
    bench = Bench(Size(100, 6))
    bench.work(Chunk(b"ERROR one\nERROR two\nWARN two\n"))
    bench.work()
    assert "2 errors  1 warning " in bench.painter.rows[-1]
    bench.type("&two\n")
    bench.work()
    assert "1 error  1 warning " in bench.painter.rows[-1]
    bench.display.resize(Size(40, 6))
    bench.work()
    assert "error" not in bench.painter.rows[-1]
    assert "&two: 2" in bench.painter.rows[-1]


def test_an_unknown_field_is_told() -> None:
    """By a filter that shows nothing, by a search; and no more once there is such a field."""
    bench = Bench(Size(120, 6))
    bench.work(Chunk(b'{"level":30,"user_id":42,"msg":"a"}\n'))
    bench.type("/usr_id=42\n")
    assert "no record has a field 'usr_id' (did you mean 'user_id'?)" in bench.painter.rows[-1]
    bench.type("&usr_id=42\n")
    assert "no record has a field 'usr_id' (did you mean 'user_id'?)" in bench.painter.rows[-1]
    bench.work(Chunk(b'{"level":30,"usr_id":43,"msg":"a"}\n'))
    assert "no record" not in bench.painter.rows[-1]
    assert "nothing to show" in bench.painter.rows[-1]
    bench.type("U&user_id>=42\n")
    assert "&user_id>=42: 1 " in bench.painter.rows[-1]
    bench.type("&level>=loud\n")
    assert "'loud' is not a level" in bench.painter.rows[-1]
    assert "&user_id>=42: 1 " in bench.painter.rows[-1]


def test_the_value_that_is_looked_for_is_lit() -> None:
    """The number, not the name before it."""
    bench = Bench(Size(60, 6))
    bench.work(Chunk(b"2026-01-02 10:00:00 INFO app: done status=502\n"))
    bench.type("&status>=500\n")
    row = next(row for row in bench.painter.screens[-1].rows if "502" in row)
    assert re.findall(r"\x1b\[7m([^\x1b]*)", row) == ["502"]


def test_a_key_costs_few_calls() -> None:
    """Scrolling by a row lays out and draws one row, and asks for the document's bounds seldom."""
    bench = Bench(Size(120, 50), following=False)
    bench.work(Chunk(lines(1, 20_000)))
    while bench.display.poll_timeout == 0:
        bench.work()
    bench.type("50%kjkk")
    profile = cProfile.Profile()
    profile.runcall(bench.work, Key("k"))
    python = [entry.callcount for entry in profile.getstats() if not isinstance(entry.code, str)]
    assert sum(python) < 900  # 2,115 before rows that stay were remembered; half of them asked for bounds


def test_rows_that_stay_are_drawn_anew_where_they_change() -> None:
    """By a search, another width and another column, as on a screen that is drawn for the first time."""
    bench = Bench(Size(30, 6), following=False)
    bench.work(Chunk(lines(1, 50)))
    bench.type("jjk")
    before = list(bench.painter.screens[-1].rows)
    bench.type("/line 4\n")
    assert bench.painter.screens[-1].rows[:3] != before[:3]
    bench.work(Key("Escape"))
    bench.type("1Gjjk")
    assert bench.painter.screens[-1].rows[:3] == before[:3]


def test_counting_lines_leaves_time_to_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines of a file of many gigabytes are counted for minutes; the next error is found meanwhile."""
    monkeypatch.setattr(pager_work, "COUNT_BYTES", 1 << 10)
    path = tmp_path / "log"
    path.write_bytes(lines(1, 400_000) + b"2026-01-02 03:04:05 ERROR found\n" + lines(1, 200_000))
    bench = Bench(following=False, file=FileText(str(path), os.open(path, os.O_RDONLY)), tick=0.0005)
    bench.display.end_of_input()
    bench.display.enter()
    bench.work(Key("e"))
    assert isinstance(bench.display.viewer.pending, Seek)
    for _ in range(200):
        bench.work()
    assert bench.source.counted < 1
    assert bench.display.viewer.pending is None
    assert any("ERROR" in row for row in bench.painter.rows)
    while bench.source.counted < 1:  # and the lines are counted, too
        bench.work()


def test_a_notice_replaces_the_message_that_is_over() -> None:
    """A file that was waited for is there: the status row no longer says that it is waited for."""
    bench = Bench()
    bench.display.viewer = bench.display.viewer._replace(message="waiting for x.log")
    bench.display.line("reflowlog: x.log is there")
    bench.work(Chunk(b"one\n"))
    assert bench.painter.rows[-1].startswith(" x.log is there")
    bench.type("k")
    bench.display.line("reflowlog: x.log is gone")  # it is the last row, too
    bench.work()
    assert "gone" not in bench.painter.rows[-1]
    assert "reflowlog: x.log is gone" in bench.painter.rows


def test_the_printer_sleeps_while_an_editor_has_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Input and a new size request a frame, which is not due before the editor has ended."""
    monkeypatch.setattr(editor, "ForegroundProgram", FakeProgram)
    bench = Bench(tools=PagerTools(Clipboard({}), editor.EditorChooser({"EDITOR": "vi"})))
    bench.work(Chunk(b"one\n"))
    bench.work(Key("v"))
    assert bench.display.is_lent
    bench.display.resize(Size(40, 6))
    bench.work(Chunk(b"two\n"))
    assert bench.display.poll_timeout is not None
    assert bench.display.poll_timeout > 0
    bench.display.finish()
