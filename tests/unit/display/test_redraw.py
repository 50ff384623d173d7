"""Output of programs that redraw their last lines: live on the screen, and in the history once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.printer_bench import Bench

from reflowlog.core.events import Chunk, DeferredRecords, EndOfInput, LineEnded, TextWritten
from reflowlog.core.frames import Size
from reflowlog.core.inbox import STOP
from reflowlog.core.records import StyledLine
from reflowlog.display.redraw import BytesRedrawFilter, RedrawFilter
from reflowlog.display.scrollback import RecordScrollback

if TYPE_CHECKING:
    from collections.abc import Callable

EVENTS = [TextWritten, lambda text: Chunk(text.encode())]


def frame(number: int, *above: str) -> str:
    """A display of two lines, with lines of a log above it, drawn over the last one."""
    lines = [*above, f"a {number}%", f"b {number}%"]
    return "\r\x1b[2K\x1b[1A\x1b[2K" + "\n".join(lines)


@pytest.mark.parametrize("event", EVENTS)
def test_frames_are_live_and_kept_once(event: Callable[[str], object]) -> None:
    """Each frame is shown, the lines between them are kept as they come, the last frame at the end."""
    bench = Bench(lines=True)
    bench.work(event("before\n\x1b[?25la 0%\nb 0%"))
    assert bench.painter.frames[-1].live == ["before", "a 0%", "b 0%"]
    bench.work(event(frame(1)))
    assert bench.painter.rows == ["before"]
    assert bench.painter.frames[-1].live == ["a 1%", "b 1%"]
    bench.work(event(frame(2, "INFO between")))
    bench.work(event(frame(3)))
    assert bench.painter.rows == ["before", "INFO between"]
    assert bench.painter.frames[-1].live == ["a 3%", "b 3%"]
    bench.work(event("\n\x1b[?25hafter\nunfinished"))
    assert bench.painter.rows == ["before", "INFO between", "a 3%", "b 3%", "after"]
    assert bench.painter.frames[-1].live == ["unfinished"]
    bench.work(event(" line\n"), event("more\n"))
    assert bench.painter.rows[-2:] == ["unfinished line", "more"]


@pytest.mark.parametrize("event", EVENTS)
def test_live_lines_are_kept_at_the_end(event: Callable[[str], object]) -> None:
    """Also where the program ends in the middle of its display."""
    bench = Bench(lines=True)
    bench.work(event("\x1b[?25la 0%\nb 0%"), event(frame(1)))
    bench.work(STOP)
    assert bench.painter.rows == ["a 1%", "b 1%"]


def test_the_end_of_an_input_settles_its_lines() -> None:
    """They are complete then."""
    bench = Bench(lines=True)
    bench.work(Chunk(b"one\n\x1b[Atwo\n\xe2\x82"), EndOfInput())
    assert bench.painter.rows == ["two", "�"]


def test_an_unterminated_line_may_be_redrawn() -> None:
    """Its text from before the display began is replaced too."""
    bench = Bench(lines=True)
    bench.work(Chunk(b"loading"))
    bench.work(Chunk(b"\x1b[?25l\r\x1b[2Kdone\n\x1b[?25h"))
    assert bench.painter.frames[-1].live == ["done"]
    bench.work(EndOfInput())
    assert bench.painter.rows == ["done"]


def test_a_title_is_dropped_for_a_command_and_marked_in_a_pipe() -> None:
    """A command believes that it writes to a terminal."""
    data = b"\x1b]0;vim\x07text\n"
    for drops_titles, shown in ((True, "text"), (False, "␛]0;vim␇text")):
        bench = Bench(lines=True, drops_titles=drops_titles)
        bench.work(Chunk(data[:5]))
        bench.work(Chunk(data[5:]))
        assert bench.painter.rows == [shown]
    bench = Bench()
    bench.work(TextWritten("\x1b]0;vim\x07text\n"))
    assert bench.painter.rows == ["text"]


def test_other_output_passes_unchanged() -> None:
    """Bytes that are no text, colours, and sequences cut off anywhere."""
    data = b"one \xff\x80 \x1b[31mred\x1b[m \xe2\x82\xac \x1b[K\r\n\x1b]8;;u\x07x\x1b"
    for size in range(1, len(data)):
        redraws = BytesRedrawFilter(lambda _: b"")
        parts = [redraws.feed(data[at : at + size]) for at in range(0, len(data), size)]
        assert b"".join([*parts, redraws.flush()]) == data
        assert redraws.live() == []


def test_a_flood_ends_a_display() -> None:
    """Many lines without a move upward pass unchanged, and nothing is live any more."""
    redraws = RedrawFilter(lambda _: "")
    assert redraws.feed("\x1b[?25la\nb\n\x1b[2Aa 1\nb 1\n") == ""
    flood = "".join(f"line {number}\x07\n" for number in range(500))
    assert redraws.feed(flood) == "a 1\nb 1\n" + flood
    assert not redraws.is_active


@pytest.mark.parametrize(("end", "rows"), [(b"\x1b[?25h", []), (b"\x1b[0m", []), (b"\x1b[1mx", ["x"]), (b" ", [""])])
def test_an_end_without_text_is_no_line(end: bytes, rows: list[str]) -> None:
    """Programs show the cursor again as the last thing they do: on a terminal that draws no row."""
    bench = Bench(lines=True)
    bench.work(Chunk(b"one\n"), Chunk(end))
    bench.work(EndOfInput())
    assert bench.painter.rows == ["one", *rows]


def test_another_thread_may_redraw_the_lines_of_its_stream() -> None:
    """As a spinner's thread does; what the thread prints besides is its own, and so is another stream."""
    bench = Bench()
    bench.work(TextWritten("\x1b[?25l", 1, 9), TextWritten("\r\x1b[2K10 %", 2, 9), TextWritten("one\n", 3, 9))
    bench.work(TextWritten("\r\x1b[2Klive", 4, 8))
    bench.work(TextWritten("\r\x1b[2K50 %", 2, 9), TextWritten("\r\x1b[2Kdone\n", 1, 9), TextWritten("\x1b[?25h", 1, 9))
    bench.work(TextWritten("two\n", 1, 9), STOP)
    assert bench.painter.rows == ["one", "done", "two", "live"]


def test_a_frame_of_another_thread_may_come_in_pieces() -> None:
    """Each write is one where the stream is not buffered; records and lines of others come between frames."""
    bench = Bench()
    bench.work(TextWritten("\x1b[?25l", 1, 9))
    for number in range(3):
        bench.work(*(TextWritten(piece, 2, 9) for piece in ("\r", "|##  |", " ", f"{number} of 3")))
        assert bench.painter.frames[-1].live == [f"|##  | {number} of 3"]
        bench.work(record(f"record {number}"), TextWritten(f"line {number}\n", 3, 8))
    bench.work(TextWritten("\r\x1b[2K|####| done\n", 1, 9), TextWritten("\x1b[?25h", 1, 9), STOP)
    lines = [text for number in range(3) for text in (f"record {number}", f"line {number}")]
    assert bench.painter.rows == [*lines, "|####| done"]


def test_the_first_frame_of_a_display_is_taken_back_when_the_next_one_goes_up_to_it() -> None:
    """Nothing told it from other lines: no carriage return, no hidden cursor. In two writes, and with lines above."""
    bench = Bench()
    bench.work(TextWritten("above\n", 1, 9))
    bench.work(TextWritten("a 0\n", 1, 9), TextWritten("b 0\n", 1, 9))
    for number in (1, 2):
        bench.work(TextWritten(f"\x1b[1A\x1b[2K\x1b[1A\x1b[2Ka {number}\nb {number}\n", 1, 9))
        assert bench.painter.frames[-1].live == [f"a {number}", f"b {number}"]
    assert bench.painter.calls == ["take_back 1"]
    bench.painter.frames.clear()
    bench.work(STOP)
    assert bench.painter.rows == ["a 2", "b 2"]


@pytest.mark.parametrize(
    "between",
    [
        DeferredRecords("a record", lambda text: [StyledLine(text)]),
        TextWritten("of another stream\n", 3, 8),
        TextWritten('{"level": "info", "message": "a"}\n' * 2, 1, 8),
    ],
)
def test_no_line_is_taken_back_over_what_came_after_it(between: object) -> None:
    """A line stays where others follow it, which would be lost or stand above it."""
    bench = Bench()
    bench.work(TextWritten("a 0\n", 1, 9), between)
    bench.work(TextWritten("\x1b[1A\x1b[2Ka 1\n", 1, 9))
    assert bench.painter.calls == []


@pytest.mark.parametrize("large", ["x" * 100_000, "\n".join(["x" * 1000] * 100)])
def test_no_large_text_is_taken_back(large: str) -> None:
    """A text that is too large for a frame is not kept in memory."""
    bench = Bench()
    bench.work(TextWritten("a 0\n", 1, 9), TextWritten(f"{large}\n", 1, 9))
    bench.work(TextWritten("\x1b[2A\x1b[2Ka 1\n", 1, 9))
    assert bench.painter.calls == []


def test_no_line_is_taken_back_where_others_have_written() -> None:
    """The rows above the cursor may be theirs."""
    bench = Bench()
    bench.work(TextWritten("a 0\n", 1, 9))
    bench.others.answers = [True]
    bench.work(TextWritten("\x1b[1A\x1b[2Ka 1\n", 1, 9))
    assert bench.painter.calls == ["forget_rows"]


def record(text: str) -> DeferredRecords:
    """A log record of one line."""
    return DeferredRecords(text, lambda text: [StyledLine(text)])


@pytest.mark.parametrize("height", [1, 2, 3])
def test_records_follow_what_was_printed_above_a_display(height: int) -> None:
    """As Rich prints: erased upward, the line, and the frame again, in one write; the frame may have changed."""
    up = "\r\x1b[2K" + "\x1b[1A\x1b[2K" * (height - 1)

    def rich_frame(number: int) -> str:
        return "\n".join([f"part {row} {number}%" for row in range(height)])

    bench = Bench()
    bench.work(TextWritten("\x1b[?25l", 1, 9), TextWritten(rich_frame(0), 1, 9))
    for number in range(3):
        bench.work(TextWritten(f"{up}printed {number}\n{rich_frame(number)}", 1, 9))
        bench.work(record(f"record {number}"))
        bench.work(TextWritten(f"other {number}\n", 2, 8))
        bench.work(TextWritten(f"{up}{rich_frame(number + 1)}", 1, 9))
    assert bench.painter.rows == [f"{kind} {number}" for number in range(3) for kind in ("printed", "record", "other")]
    assert bench.painter.frames[-1].live == rich_frame(3).split("\n")


def test_a_display_that_grows_at_its_end_stays_whole_when_records_come() -> None:
    """Rows that are added to it are no printed lines."""
    bench = Bench()
    bench.work(TextWritten("\x1b[?25lone 0%"), TextWritten("\r\x1b[2Kone 1%\ntwo 0%"), record("a record"))
    assert bench.painter.rows == ["a record"]
    bench.work(TextWritten("\r\x1b[2K\x1b[1A\x1b[2Kone 2%\ntwo 1%"), STOP)
    assert bench.painter.rows == ["a record", "one 2%", "two 1%"]


def test_a_display_that_grows_at_its_start_leaves_one_row_at_most() -> None:
    """A line that looked printed was a part of the display, as the next move upward shows."""
    bench = Bench()
    bench.work(TextWritten("\x1b[?25lload 0%"))
    for number in range(4):
        up = "\r\x1b[2K" + "\x1b[1A\x1b[2K" * bool(number)
        bench.work(TextWritten(f"{up}head\nload {number}%"), record("record"))
    bench.work(STOP)
    assert bench.painter.rows.count("head") <= 2
    assert bench.painter.rows[-1] == "load 3%"


def test_rows_that_a_display_goes_back_to_are_not_settled() -> None:
    """As tqdm draws several bars: each from the cursor's row, and back to the first."""
    bench = Bench()
    bench.work(TextWritten("\x1b[?25lout 0%\n\rin 0%\x1b[A"))
    bench.work(TextWritten("\n\rin 1%\x1b[A"), TextWritten("\n\rin 2%"), record("a record"))
    assert bench.painter.rows == ["a record"]
    assert bench.painter.frames[-1].live == ["out 0%", "in 2%"]


def test_a_record_after_a_display_comes_after_it() -> None:
    """Once the cursor is shown again the display is over, unless it is erased at once."""
    bench = Bench()
    bench.work(TextWritten("\x1b[?25lone 0%\ntwo 0%"), TextWritten("\r\x1b[2K\x1b[1A\x1b[2Kone\ntwo\n\x1b[?25h"))
    assert bench.painter.rows == []
    bench.work(record("after"), LineEnded(0))
    assert bench.painter.rows == ["one", "two", "after"]
    bench.work(TextWritten("more\n"), STOP)
    assert bench.painter.rows == ["one", "two", "after", "more"]


def test_what_a_console_prints_is_no_part_of_what_is_drawn_on_it() -> None:
    """A display draws with `write`, on the same thread; what `print` was given stands above it."""
    bench = Bench()
    bench.work(TextWritten("\x1b[?25la 0%\nb 0%", 1, 9), TextWritten("one\ntwo\n", 1, 9, printed=True))
    bench.work(TextWritten(frame(1), 1, 9), TextWritten("three\n", 2, 9, printed=True), TextWritten(frame(2), 3, 9))
    assert bench.painter.rows == ["one", "two", "three"]
    assert bench.painter.frames[-1].live == ["a 2%", "b 2%"]
    bench.work(TextWritten("\n\x1b[?25h", 1, 9), TextWritten("four\n", 1, 9, printed=True))
    assert bench.painter.rows == ["one", "two", "three", "a 2%", "b 2%", "four"]


@pytest.mark.parametrize(
    ("end", "row"),
    [("\r      \r", None), ("\r\x1b[K", None), ("\r\x1b[2K", None), ("\rdone  \n", "done"), ("", "/ busy")],
)
@pytest.mark.parametrize("writer", [1, 2])
def test_a_spinner_of_another_thread_is_erased(end: str, row: str | None, writer: int) -> None:
    """Its frames begin with a carriage return; the one who stops it erases or replaces the last one."""
    bench = Bench()
    bench.work(TextWritten("one\n", 1, 9), TextWritten("\r| busy", 2, 9), TextWritten("\r/ busy", 2, 9))
    bench.work(*([TextWritten(end, writer, 9)] if end else []))
    bench.work(record("a record"), TextWritten("last\n", 1, 9), STOP)
    assert sorted(bench.painter.rows) == sorted(["one", "a record", "last", *([row] if row else [])])
    assert bench.painter.frames[-1].live == []


def test_a_writer_that_ends_leaves_no_empty_line() -> None:
    """Where nothing, or only sequences without text, was unterminated."""
    bench = Bench()
    bench.work(TextWritten("\x1b[0m", 1), TextWritten("half", 2), LineEnded(1), LineEnded(2), LineEnded(3))
    assert bench.painter.rows == ["half"]


def nested_bars(records: Callable[[str], object], text: Callable[[str], object]) -> list[object]:
    """Bars of two loops as tqdm draws them: the inner one is erased at its end, the outer one stays."""
    events = [text("\rout 0%")]
    for outer in (1, 2):
        for inner in range(3):
            events += [text("\n"), text(f"\rin {inner}%"), text("\x1b[A")]
            events.append(records(f"record {outer} {inner}"))
        events += [text("\n"), text("\r     "), text("\x1b[A"), text(f"\rout {outer}%")]
    return [*events, text("\n"), records("after")]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_bar_above_others_is_redrawn_though_it_was_ended_by_a_newline(size: int) -> None:
    """Records stand above the bars while they are drawn, and after them once they are done."""
    bench = Bench()
    events = nested_bars(record, lambda text: TextWritten(text, 1, 9))
    for at in range(0, len(events), size):
        bench.work(*events[at : at + size])
    bench.work(TextWritten("printed\n", 1, 9), STOP)
    records = [f"record {outer} {inner}" for outer in (1, 2) for inner in range(3)]
    assert bench.painter.rows == [*records, "out 2%", "after", "printed"]


def test_bars_one_after_another_are_lines_once_they_are_done() -> None:
    """Each is held back only until something else comes."""
    bench = Bench()
    for number in range(2):
        bench.work(TextWritten("\r0%"), TextWritten(f"\r100% {number}"), TextWritten("\n"))
    assert bench.painter.rows == ["100% 0"]
    assert bench.painter.frames[-1].live == ["100% 1"]
    bench.work(record("after"), TextWritten("\r0%"), TextWritten("\r100% 2"), TextWritten("\n"))
    bench.work(
        TextWritten("printed\n"), TextWritten("\r0%"), record("a record"), TextWritten("\r100%"), TextWritten("\n")
    )
    assert bench.painter.rows == ["100% 0", "100% 1", "after", "100% 2", "printed", "a record"]
    bench.work(STOP)
    assert bench.painter.rows[-1] == "100%"


def test_the_first_frame_may_come_from_another_thread() -> None:
    """As that of a spinner of Rich: it begins without a control. What is printed meanwhile is no frame."""
    bench = Bench()
    for number in range(2):
        bench.work(TextWritten("\x1b[?25l", 1, 9), TextWritten(f"one {number}\n", 3, 9))
        bench.work(TextWritten("| busy", 2, 9), TextWritten("\r\x1b[2K/ busy", 2, 9), record(f"two {number}"))
        assert bench.painter.frames[-1].live == ["/ busy"]
        bench.work(
            TextWritten("\r\x1b[2K- busy\n\x1b[?25h\r\x1b[1A\x1b[2K", 1, 9), TextWritten(f"three {number}\n", 1, 9)
        )
    bench.work(record("after"), STOP)
    rows = [f"{kind} {number}" for number in range(2) for kind in ("one", "two", "three")]
    assert bench.painter.rows == [*rows, "after"]


def test_a_display_that_shows_the_cursor_between_its_frames_stays_whole() -> None:
    """It hides the cursor and goes up again, so nothing above is settled."""
    bench = Bench()
    bench.work(TextWritten("\x1b[?25la 0%\nb 0%\n\x1b[?25h"))
    for number in range(1, 4):
        bench.work(TextWritten(f"\x1b[?25l\x1b[2A\x1b[Ja {number}%\nb {number}%\n\x1b[?25h"))
    bench.work(STOP)
    assert bench.painter.rows == ["a 3%", "b 3%"]


@pytest.mark.parametrize("writer", [1, 2])
def test_a_spinner_of_one_character_is_erased(writer: int) -> None:
    """It goes back by a backspace, on a thread of its own, and is erased by whoever stops it."""
    bench = Bench()
    bench.work(*[TextWritten(text, 2, 9) for text in "-\b/\b|\b"])
    assert bench.painter.frames[-1].live == ["|"]
    bench.work(TextWritten(" \b", writer, 9), TextWritten("end\n", 1, 9), STOP)
    assert bench.painter.rows == ["end"]


@pytest.mark.parametrize("chunks", [["a 0\nb 0\n"], ["a 0\n", "b 0", "\n"]])
def test_the_first_frame_of_a_display_in_the_input_is_taken_back(chunks: list[str]) -> None:
    """As that of a program's own console; however it was cut."""
    bench = Bench(lines=True)
    bench.work(Chunk(b"above\n"), *[Chunk(chunk.encode()) for chunk in chunks])
    for number in (1, 2):
        bench.work(Chunk(f"\x1b[1A\x1b[2K\x1b[1A\x1b[2Ka {number}\nb {number}\n".encode()))
        assert bench.painter.frames[-1].live == [f"a {number}", f"b {number}"]
    assert bench.painter.calls == ["take_back 1"]
    bench.work(EndOfInput(), STOP)
    assert bench.display.scrollback.stored_lines(0) == [b"above", b"a 2", b"b 2"]


def test_no_line_of_the_input_is_taken_back_over_a_message() -> None:
    """It would be lost, or stand above it then."""
    bench = Bench(lines=True)
    bench.work(Chunk(b"a 0\n"), TextWritten("reflowlog: a message\n", 1))
    bench.work(Chunk(b"\x1b[1A\x1b[2Ka 1\n"), EndOfInput())
    assert bench.painter.calls == []
    assert bench.display.scrollback.stored_lines(0) == [b"a 0", b"reflowlog: a message", b"a 1"]


def test_a_first_frame_is_taken_back_while_the_window_is_resized() -> None:
    """It stays on the screen until the end of the burst, and is not in the history."""
    bench = Bench()
    bench.painter.size_lag = 60.0
    bench.work(TextWritten("above\n", 1, 9), TextWritten("a 0\nb 0\n", 1, 9))
    bench.size = Size(15, 6)
    bench.work(TextWritten("\x1b[2A\x1b[2Ka 1\n\x1b[2Kb 1\n", 1, 9))
    assert bench.painter.calls == ["take_back 1"]
    bench.painter.size_lag = 0.0  # the burst is at rest
    bench.work(STOP)
    assert isinstance(bench.display.scrollback, RecordScrollback)
    assert [text for _, text in bench.display.scrollback.blocks(0, 9)] == ["above", "a 1", "b 1"]


@pytest.mark.parametrize("is_resized", [False, True])
@pytest.mark.parametrize("lines", [False, True])
def test_a_refusal_to_take_lines_back_changes_nothing_on_the_screen(lines: bool, is_resized: bool) -> None:
    """The painter, which gives up their rows, is not asked: a mark stands among them."""
    bench = Bench(lines=lines)
    bench.painter.size_lag = 60.0
    bench.work(TextWritten("above\n", 1, 9), TextWritten("a 0\n", 1, 9))
    bench.display.mark()
    bench.work(TextWritten("b 0\n", 1, 9))
    if is_resized:
        bench.size = Size(15, 6)
    bench.work(TextWritten("\x1b[2A\x1b[2Ka 1\n\x1b[2Kb 1\n", 1, 9))
    assert bench.painter.calls == []
