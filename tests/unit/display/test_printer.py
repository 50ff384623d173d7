"""Printer with a painter that records: effects of events, pacing of frames, failures.

There is no thread here, and no clock but where a test says so: `work` is given its events.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.printer_bench import Bench
from support.printer_fakes import FakePainter, Pin

from reflowlog.core.events import (
    Chunk,
    DeferredRecords,
    EndOfInput,
    Flush,
    ForeignText,
    PinUpdate,
    TerminalChanged,
    TextWritten,
)
from reflowlog.core.frames import Size
from reflowlog.core.inbox import STOP, DroppedMarker
from reflowlog.core.records import StyledLine
from reflowlog.display.printer import describe_error
from reflowlog.system.fds import OutputClosed

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.display.base import Painter


def test_one_frame_for_all_that_is_there() -> None:
    """However many events come together, the painter is asked once."""
    bench = Bench()
    bench.work(
        TextWritten("one\n"), TextWritten("two\nthree\n"), DeferredRecords("four", lambda text: [StyledLine(text)])
    )
    assert len(bench.painter.frames) == 1
    assert bench.painter.rows == ["one", "two", "three", "four"]
    assert [number for number, _ in bench.painter.frames[0].blocks] == [0, 1, 2, 3]


def test_a_frame_has_only_what_is_new() -> None:
    """A row is in one frame only."""
    bench = Bench()
    bench.work(TextWritten("one\n"))
    bench.work(TextWritten("two\n"))
    bench.work()
    assert [len(frame.blocks) for frame in bench.painter.frames] == [1, 1, 0]
    assert not any(frame.again for frame in bench.painter.frames)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("text", ["one\n", "> "])
def test_a_line_that_is_read_is_an_answer_only_to_a_question_on_the_screen(text: str, at_once: bool) -> None:
    """Else the rows are still the console's own, though a line is begun meanwhile."""
    bench = Bench()
    bench.work(TextWritten(text, 1))
    asked = ForeignText(is_question=True, if_unterminated=True)
    answered = ForeignText(if_unterminated=True, line_ended=True)
    if at_once:
        bench.work(asked, TextWritten("two", 2), answered)
    else:
        for event in (asked, TextWritten("two", 2), answered):
            bench.work(event)
    is_question = text == "> "
    assert ("forget_rows" in bench.painter.calls) == is_question
    bench.work(TextWritten(" is whole\n", 2))
    assert bench.painter.rows[-1] == "two is whole"
    assert bench.painter.frames[-1].live == []


def test_enter_ends_the_line_of_a_question() -> None:
    """The question is not painted again with what follows it."""
    bench = Bench()
    bench.work(TextWritten("> ", 1))
    assert bench.painter.frames[-1].live == ["> "]
    bench.work(ForeignText(is_question=True))
    bench.work(ForeignText(line_ended=True))
    bench.work(TextWritten("answer\n", 1))
    assert bench.painter.rows == ["answer"]
    assert bench.painter.frames[-1].live == []


def test_a_writers_line_waits_for_its_end() -> None:
    """The partial line of a writer is live, and only that writer continues it."""
    bench = Bench()
    bench.work(TextWritten("one ", 1), TextWritten("two ", 2), TextWritten("whole\n", 3))
    assert bench.painter.rows == ["whole"]
    assert bench.painter.frames[-1].live == ["one", "two "]
    bench.work(TextWritten("goes on\n", 2), TextWritten("goes ", 1))
    assert bench.painter.rows == ["whole", "two goes on"]
    assert bench.painter.frames[-1].live == ["one goes "]
    bench.work(TextWritten("on\nand on", 1))
    assert bench.painter.rows[-1] == "one goes on"
    assert bench.painter.frames[-1].live == ["and on"]


@pytest.mark.parametrize("cut", range(1, 12))
def test_chunks_may_be_cut_anywhere(cut: int) -> None:
    """The bytes of the input are lines wherever they were cut, also inside a character."""
    data = "één\ntwö\n€".encode()
    bench = Bench(lines=True)
    bench.work(Chunk(data[:cut]))
    bench.work(Chunk(data[cut:]))
    assert bench.painter.rows == ["één", "twö"]
    assert bench.painter.frames[-1].live == ["€"]
    bench.work(EndOfInput())
    assert bench.painter.rows == ["één", "twö", "€"]
    assert bench.painter.frames[-1].live == []


def test_an_input_that_ends_with_a_newline_has_no_empty_line() -> None:
    """Nothing is made up at the end."""
    bench = Bench(lines=True)
    bench.work(Chunk(b"one\n"), EndOfInput(), EndOfInput())
    assert bench.painter.rows == ["one"]


def test_a_gap_of_none_is_no_row() -> None:
    """Nothing was dropped there after all."""
    bench = Bench()
    bench.work(DroppedMarker())
    assert bench.painter.rows == []


@pytest.mark.parametrize("event", [TextWritten, lambda text: Chunk(text.encode())])
def test_a_line_that_overwrites_itself_for_ever_stays_small(event: Callable[[str], object]) -> None:
    """A progress bar without newline shows its newest state in bounded memory, with text left uncovered."""
    bench = Bench(lines=True)
    bench.work(event("a longer start of it"))
    for number in range(1000):
        bench.work(event(f"\r{number:5} " + "#" * 9))
    assert bench.painter.frames[-1].live == ["  999 #########of it"]
    bench.work(STOP)
    assert len(bench.painter.rows) == 1


@pytest.mark.parametrize("event", [TextWritten, lambda text: Chunk(text.encode())])
@pytest.mark.parametrize("frames", [["\r10 %", "\r20 %"], ["10 %\r", "20 %\r"]])
def test_a_progress_bar_of_another_width_leaves_no_rest_behind(
    event: Callable[[str], object], frames: list[str]
) -> None:
    """The first frame after a resize covers the last one, where that is too wide; a later one just what it reaches."""
    bench = Bench(lines=True)
    bench.work(event("\r" + "#" * 16 + "\r"))
    bench.work(event(frames[0]))
    assert bench.painter.frames[-1].live == ["10 %" + "#" * 12]
    bench.size = Size(12, 6)
    bench.work(event(frames[1]))
    assert bench.painter.frames[-1].live == ["20 %"]
    bench.work(event("\r3"))
    assert bench.painter.frames[-1].live == ["30 %"]


@pytest.mark.parametrize("event", [TextWritten, lambda text: Chunk(text.encode())])
def test_a_spinner_keeps_its_text_at_another_width(event: Callable[[str], object]) -> None:
    """A program that draws only the first character again relies on the rest, where that fits into the new width."""
    bench = Bench(lines=True)
    bench.work(event("- loading"))
    bench.size = Size(12, 6)
    bench.work(event("\r|"))
    assert bench.painter.frames[-1].live == ["| loading"]


@pytest.mark.parametrize("event", [TextWritten, lambda text: Chunk(text.encode())])
def test_a_line_begun_at_the_present_width_is_drawn_over_as_it_is(event: Callable[[str], object]) -> None:
    """The width had changed while another line was open."""
    bench = Bench(lines=True)
    bench.work(event("#" * 16))
    bench.size = Size(12, 6)
    bench.work(event("\n"))
    bench.work(event("- loading it"))
    bench.work(event("\r|"))
    assert bench.painter.frames[-1].live == ["| loading it"]


@pytest.mark.parametrize("event", [TextWritten, lambda text: Chunk(text.encode())])
@pytest.mark.parametrize("before", ["", "\r"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "!\n", "\r\r\n", "\r\x1b[0m\n", "\x1b[m\r\n", "\r\x1b[0m\r\n"])
def test_a_line_that_is_not_begun_anew_stays_at_another_width(
    event: Callable[[str], object], before: str, end: str
) -> None:
    """Carriage returns and sequences before the newline draw nothing; a terminal device makes two of one of them."""
    bench = Bench(lines=True)
    line = "waiting for"
    bench.work(event(line + before))
    bench.size = Size(12, 6)
    bench.work(event(end))
    bench.work(STOP)
    mark = "!" * end.count("!")
    assert bench.painter.rows == [mark if before and mark else line + mark]


def test_the_sentinel_finishes_what_is_unfinished() -> None:
    """Lines without an end are shown as lines, pins go, and the terminal is put back after the last frame."""
    bench = Bench()
    bench.work(PinUpdate(Pin(lambda _: "pin")))
    bench.work(TextWritten("left", 1), TextWritten("right", 2), STOP)
    assert bench.painter.rows == ["left", "right"]
    assert bench.painter.frames[-1].live == []
    assert bench.painter.frames[-1].pins == []
    assert bench.painter.calls == ["close"]
    assert bench.printer.stopped


def test_flushes_are_answered_after_the_frame() -> None:
    """A flush is answered once all earlier events are painted, also after a failure."""
    bench = Bench()
    seen: list[int] = []
    bench.work(TextWritten("one\n"), Flush(lambda: seen.append(len(bench.painter.rows))), TextWritten("two\n"))
    assert seen == [2]
    bench.painter.error = OSError(28, "No space left on device")
    bench.work(TextWritten("three\n"), Flush(lambda: seen.append(-1)))
    assert seen == [2, -1]


@pytest.mark.parametrize(("count", "row"), [(1, "dropped 1 record"), (123, "dropped 123 records")])
def test_what_was_dropped_is_told_where_it_is_missing(count: int, row: str) -> None:
    """A row between the records around it."""
    bench = Bench()
    gap = DroppedMarker()
    assert gap.add(count)
    bench.work(TextWritten("a\n"), gap, TextWritten("b\n"))
    assert not gap.add(1)  # these belong to another one
    assert " ".join(row.strip() for row in bench.painter.rows) == f"a reflowlog: {row} b"


def test_no_pin_outlives_the_sentinel() -> None:
    """A change that comes behind it is too late."""
    bench = Bench()
    bench.work(STOP, PinUpdate(Pin(lambda _: "pin")))
    assert bench.painter.frames[-1].pins == []


def test_pins_that_leave_their_last_text_are_lines_in_the_end() -> None:
    """From the top, as they stood; the others leave nothing."""
    bench = Bench()
    bench.work(PinUpdate(Pin(lambda _: "gone")), PinUpdate(Pin(lambda _: "first\nof two", leave=True)))
    bench.work(PinUpdate(Pin(lambda width: f"second {width}", leave=True)))
    assert bench.painter.rows == []
    bench.work(STOP)
    assert bench.painter.rows == ["first", "of two", "second 20"]
    assert bench.painter.frames[-1].pins == []
    bench.work(PinUpdate(Pin(lambda _: "late")))
    assert bench.painter.frames[-1].pins == []


def test_what_a_pin_leaves_is_drawn_anew_at_each_width() -> None:
    """If it says how; else its text is wrapped like any other. It goes and stays in one frame."""
    bench = Bench()
    drawn, fixed = Pin(lambda width: "#" * width), Pin(lambda width: "+" * width, leave=True)
    bench.work(PinUpdate(drawn), PinUpdate(fixed))
    bench.work(PinUpdate(drawn, removed=True, last=drawn.render), PinUpdate(fixed, removed=True))
    assert bench.painter.frames[-1].pins == []
    assert bench.painter.frames[-1].blocks == [(0, "#" * 20), (1, "+" * 20)]
    bench.painter.first = 0
    bench.size = Size(15, 6)
    bench.work()
    assert bench.painter.frames[-1].blocks == [(0, "#" * 15), (1, "+" * 15 + "\n" + "+" * 5)]


def test_a_removed_pin_is_asked_once_more_for_what_it_leaves() -> None:
    """Its program may have said nothing of the last change, or have removed it at once."""
    bench = Bench()
    said = ["early"]
    pin = Pin(lambda _: said[0], leave=True)
    bench.work(PinUpdate(pin))
    said[0] = "late"
    pin.removed = True
    bench.work(PinUpdate(pin), PinUpdate(pin, removed=True))
    assert bench.painter.rows == ["late"]


def test_pins_are_asked_at_each_width_and_after_each_change() -> None:
    """They are not rendered otherwise, however many frames there are."""
    bench = Bench()
    asked: list[int] = []
    pin = Pin(lambda width: asked.append(width) or f"{len(asked)}")  # type: ignore[func-returns-value]
    bench.work(PinUpdate(pin))
    bench.work(TextWritten("a\n"))
    assert (asked, bench.painter.frames[-1].pins) == ([20], ["1"])
    bench.work(PinUpdate(pin), PinUpdate(pin))
    assert (asked, bench.painter.frames[-1].pins) == ([20, 20], ["2"])
    bench.size = Size(30, 6)
    bench.work()
    assert (asked, bench.painter.frames[-1].pins) == ([20, 20, 30], ["3"])
    bench.work(PinUpdate(pin, removed=True))
    assert bench.painter.frames[-1].pins == []


def test_a_new_width_lays_out_again_what_the_painter_asks_for() -> None:
    """From the record it names on, in a frame that says so."""
    bench = Bench()
    bench.work(TextWritten("zero\none and a few more words\ntwo\n"))
    bench.painter.first = 1
    bench.size = Size(30, 6)
    bench.work(TextWritten("three\n"))
    frame = bench.painter.frames[-1]
    assert frame.again
    assert list(frame.blocks) == [(1, "one and a few more words"), (2, "two"), (3, "three")]
    bench.work(TextWritten("four\n"))
    assert not bench.painter.frames[-1].again


def test_a_new_height_is_passed_on() -> None:
    """The painter says whether anything is to be done; here nothing is."""
    bench = Bench()
    bench.work(TextWritten("one\n"))
    bench.size = Size(20, 9)
    bench.work()
    assert bench.painter.calls == ["resize 20x9"]
    assert not bench.painter.frames[-1].again


def test_a_fixed_width_stays() -> None:
    """Rows are laid out for the width that was asked for, whatever the terminal."""
    bench = Bench(fixed_width=True)
    bench.size = Size(7, 6)
    bench.work(TextWritten("one two three\n"))
    assert bench.painter.rows == ["one two three"]


def test_many_records_are_laid_out_again_in_several_frames() -> None:
    """Each once and in order; only the first frame replaces rows."""
    bench = Bench()
    bench.work(TextWritten("".join(f"{number}\n" for number in range(10_000))))
    bench.painter.frames.clear()
    bench.painter.first = 0
    bench.size = Size(30, 6)
    bench.work()
    assert bench.painter.rows == [str(number) for number in range(10_000)]
    assert [frame.again for frame in bench.painter.frames][:2] == [True, False]
    assert len(bench.painter.frames) > 2


def test_the_terminal_was_used_by_others() -> None:
    """Wake says so to the painter; an empty one only has the size looked at."""
    bench = Bench()
    bench.work(TerminalChanged(), TerminalChanged(resumed=True), TerminalChanged(cursor_row_dirty=True))
    assert sorted(bench.painter.calls) == ["cursor_row_dirty", "resume"]


def test_output_of_another_writer_gives_the_rows_up_before_the_next_frame() -> None:
    """Rows painted so far are given up before records of the same batch are painted."""
    bench = Bench()
    bench.work(ForeignText())
    assert bench.painter.calls == ["forget_rows"]


def test_in_the_background_no_partial_line_is_repeated() -> None:
    """It waits until it continues, and is painted again in the foreground."""
    bench = Bench()
    bench.work(TextWritten("half"))
    bench.is_ours = False
    bench.work(TerminalChanged(resumed=True))
    bench.work(TextWritten("another\n", 1))
    assert [frame.live for frame in bench.painter.frames] == [["half"], [], []]
    bench.is_ours = True
    bench.work(TerminalChanged(resumed=True))
    assert bench.painter.frames[-1].live == ["half"]
    bench.is_ours = False
    bench.work(TerminalChanged(resumed=True))
    bench.work(TextWritten(" and half"))
    bench.work()
    assert [frame.live for frame in bench.painter.frames[-3:]] == [[], ["half and half"], ["half and half"]]


def test_an_event_that_fails_takes_no_other_with_it() -> None:
    """The error is shown in the log, and later events are handled."""
    bench = Bench()

    def fail(payload: object) -> list[Any]:
        raise KeyError("no such field")

    bench.work(TextWritten("a\n"), DeferredRecords(None, fail), "what is this", TextWritten("b\n"))
    assert bench.painter.rows[0] == "a"
    assert bench.painter.rows[-1] == "b"
    assert "KeyError" in " ".join(bench.painter.rows)
    assert bench.lost == []


def test_a_closed_output_ends_nobodys_wait() -> None:
    """The owner is told once; events are drained and flushes answered."""
    bench = Bench()
    bench.painter.error = OutputClosed("gone")
    done = threading.Event()
    bench.work(TextWritten("a\n"))
    bench.work(TextWritten("b\n"), Flush(done.set))
    assert done.is_set()
    assert [str(error) for error in bench.lost] == ["gone"]
    assert bench.painter.calls == []


def test_another_painter_goes_on_with_the_frame_that_failed() -> None:
    """A full disk loses nothing if there is somewhere else to write."""
    other = FakePainter()

    def lost(error: BaseException) -> Painter:
        return other

    bench = Bench(lost=lost)
    bench.work(TextWritten("a\n"))
    bench.painter.error = OSError(28, "No space left on device")
    bench.work(TextWritten("b\n"))
    bench.work(TextWritten("c\n"))
    assert bench.painter.rows == ["a"]
    assert bench.painter.calls == ["close"]
    assert other.rows == ["b", "c"]


def test_a_size_that_cannot_be_had_is_a_fault_not_an_end() -> None:
    """Events are painted by the replacement painter."""
    other = FakePainter()
    bench = Bench(lost=lambda _: other)

    def fail() -> Size:
        raise ZeroDivisionError

    bench.printer._measure = fail
    bench.work(TextWritten("a\n"))
    assert other.rows == ["a"]


def test_the_thread_runs_until_the_sentinel() -> None:
    """`run` handles all events before it in order, and returns."""
    bench = Bench()
    for number in range(100):
        bench.inbox.put(TextWritten(f"{number}\n"))
    bench.inbox.put(STOP)
    bench.printer.wake_now()
    bench.printer.run()
    assert bench.painter.rows == [str(number) for number in range(100)]


def test_errors_are_described_for_whom_they_concern() -> None:
    """One line for an error that the user can act on, a traceback for a bug."""
    assert describe_error(OSError(28, "No space left on device")) == "reflowlog: cannot write: No space left on device"
    assert describe_error(ValueError("odd")).startswith("reflowlog: a fault in the printer")


def test_a_size_that_changes_while_it_is_followed_is_followed_again() -> None:
    """The painter hears of every width that rows are laid out for."""
    bench = Bench()
    told: list[int] = []

    def resize(size: Size, *_: object) -> None:
        told.append(size.columns)
        bench.painter.columns = size.columns
        if size.columns == 40:
            bench.size = Size(60, 6)

    bench.painter.resize = resize  # type: ignore[method-assign]
    bench.size = Size(40, 6)
    bench.work()
    bench.work()
    assert told == [40, 60]
