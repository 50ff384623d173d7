"""Stand-ins: a good file in the place of another, which gives whole lines, and is a window to it in the end."""

from __future__ import annotations

import io
import threading
from types import FunctionType
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.console.replacements import skip_ended
from reflowlog.console.stream_proxy import StreamProxy, Writer, beneath


class Ear:
    """Receiver that records writer and text, in order."""

    overflow = "block"

    def __init__(self) -> None:
        self.said: list[tuple[int, str]] = []
        self.flushes = 0
        self.closed = False

    def write_as(self, text: str, writer: Writer) -> None:
        if self.closed:
            raise ValueError("closed")
        self.said.append((writer.number, text))

    def end_line(self, writer: Writer) -> None:
        self.write_as("\n", writer)

    def flush(self, timeout: float | None = None) -> bool:
        self.flushes += 1
        return True

    def isatty(self) -> bool:
        return True

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.said]


class Bare:
    """Minimal stream, as some environments set as standard error."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text


def make(under: Any = None) -> tuple[StreamProxy, Ear]:
    """Return a proxy of a stream, and its receiver."""
    ear = Ear()
    return StreamProxy(io.StringIO() if under is None else under, ear), ear


def test_a_line_is_given_when_it_ends() -> None:
    """In however many pieces it is printed, and several at once."""
    stand_in, ear = make()
    print("a", 1, end="", file=stand_in)
    assert ear.said == []
    print(" b", file=stand_in)
    print("c\nd\ne", end="", file=stand_in)
    print(file=stand_in)
    assert ear.texts == ["a 1 b\n", "c\nd\n", "e\n"]


@given(st.lists(st.one_of(st.text("ab\n\r ", max_size=6), st.just(None)), max_size=30))
def test_nothing_is_lost_or_duplicated(pieces: list[str | None]) -> None:
    """All text written and flushed (None) is received; each part but flushed ones is whole lines."""
    stand_in, ear = make()
    for piece in pieces:
        if piece is None:
            stand_in.flush()
        else:
            assert stand_in.write(piece) == len(piece)
    stand_in.end()
    whole = "".join(piece for piece in pieces if piece)
    given = "".join(ear.texts)
    assert given == whole + ("\n" if whole and not whole.endswith("\n") else "")
    if None not in pieces:
        assert all(text.endswith("\n") for text in ear.texts)


def test_each_thread_has_a_line_of_its_own() -> None:
    """Text of two threads does not mix, and no thread continues the line of an ended one."""
    stand_in, ear = make()
    stand_in.write("mine ")
    for name in ("one", "two"):
        thread = threading.Thread(target=lambda name=name: stand_in.write(f"{name} "))
        thread.start()
        thread.join()
    stand_in.write("again\n")
    stand_in.end()
    assert ear.texts == ["mine again\n", "one \n", "two \n"]
    assert len({number for number, _ in ear.said}) == 3


def test_a_flush_gives_what_is_there() -> None:
    """It sends this thread's partial line, which continues later, and waits for the console."""
    stand_in, ear = make()
    stand_in.write("name? ")
    stand_in.flush()
    stand_in.write("Bob\n")
    assert ear.texts == ["name? ", "Bob\n"]
    assert len({number for number, _ in ear.said}) == 1
    assert ear.flushes == 1


def test_who_asks_for_the_descriptor_may_be_about_to_write(capfd: pytest.CaptureFixture[str]) -> None:
    """All that was said is shown first, also right after another flush."""
    with open(1, "w", closefd=False) as stream:
        stand_in, ear = make(stream)
        stand_in.write("name? ")
        stand_in.flush()
        assert stand_in.fileno() == 1
        assert (ear.texts, ear.flushes) == (["name? "], 2)


def test_nobody_waits_under_drop() -> None:
    """A program that would rather lose records than wait is not made to."""
    stand_in, ear = make()
    ear.overflow = "drop"
    print("x", flush=True, file=stand_in)
    assert (ear.texts, ear.flushes) == (["x\n"], 0)


def test_a_program_that_always_flushes_is_not_held_up_each_time() -> None:
    """After a wait, the next flushes do not wait for some time."""
    stand_in, ear = make()
    stand_in._next_wait = float("inf")
    print("x", flush=True, file=stand_in)
    assert (ear.texts, ear.flushes) == (["x\n"], 0)


def test_an_interactive_interpreter_waits_at_each_flush() -> None:
    """Its prompt comes next, past the console: what was printed has to be on the screen by then."""
    stand_in, ear = make()
    stand_in._next_wait = float("inf")

    def prompt() -> None:
        stand_in.write("shown\n")
        stand_in.flush()

    def call_from(module: str) -> None:
        FunctionType(prompt.__code__, {"__name__": module}, closure=prompt.__closure__)()

    call_from("_pyrepl.simple_interact")
    assert (ear.texts, ear.flushes) == (["shown\n"], 1)
    stand_in._next_wait = float("inf")
    call_from("program")
    assert ear.flushes == 1


@pytest.mark.parametrize("cut", range(9))
def test_bytes(cut: int) -> None:
    """They are text in the stream's encoding, cut anywhere, and join the text that was written."""
    stand_in, ear = make()
    data = "é✓\nz".encode() + b"\xff"
    stand_in.write("> ")
    assert stand_in.buffer.write(data[:cut]) == min(cut, len(data))
    stand_in.buffer.writelines([bytearray(data[cut:]), memoryview(b"!\n")])
    stand_in.buffer.flush()
    assert "".join(ear.texts) == "> é✓\nz�!\n"


def test_a_character_that_is_never_complete() -> None:
    """Its bytes are shown as such in the end."""
    stand_in, ear = make()
    stand_in.buffer.write("é".encode()[:1])
    stand_in.end()
    assert ear.texts == ["�\n"]


def test_it_is_a_file() -> None:
    """It has the methods that programs call on standard output."""
    with io.TextIOWrapper(io.BytesIO(), "latin-1", errors="replace") as stream:
        stand_in, ear = make(stream)
        assert isinstance(stand_in, io.TextIOBase)
        assert (stand_in.encoding, stand_in.errors, stand_in.newlines) == ("latin-1", "replace", None)
        assert (stand_in.writable(), stand_in.readable(), stand_in.seekable()) == (True, False, False)
        assert (stand_in.isatty(), stand_in.buffer.isatty(), stand_in.closed) == (True, True, False)
        assert stand_in.line_buffering
        with pytest.raises(io.UnsupportedOperation):
            stand_in.fileno()
        with pytest.raises(io.UnsupportedOperation):
            stand_in.read()
        with pytest.raises(TypeError, match="must be str, not bytes"):
            stand_in.write(b"x")  # type: ignore[arg-type]
        stand_in.writelines(["a", "b\n"])
        stand_in.reconfigure(encoding="utf-8", errors="strict", line_buffering=False)
        assert (stand_in.encoding, stand_in.errors) == ("utf-8", "strict")
        with pytest.raises(LookupError):
            stand_in.reconfigure(encoding="no such")
        assert ear.texts == ["ab\n"]


def test_other_attributes_are_those_of_the_stream() -> None:
    """They are delegated."""
    stream = io.StringIO()
    stream.mood = "fine"  # type: ignore[attr-defined]
    stand_in, _ = make(stream)
    assert stand_in.mood == "fine"
    with pytest.raises(AttributeError):
        stand_in.no_such_thing  # noqa: B018


def test_a_stream_that_writes_through() -> None:
    """As ``python -u`` makes it: each piece is given at once."""
    with io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) as stream:
        stand_in, ear = make(stream)
        stand_in.write(".")
        stand_in.write(".")
        assert ear.texts == [".", "."]


@pytest.mark.parametrize("under", [Bare(), None], ids=["one that can only write", "none"])
def test_any_stream_may_be_stood_for(under: Bare | None) -> None:
    """An object of an IDE, or none at all, as in a program without a console."""
    ear = Ear()
    stand_in = StreamProxy(under, ear)  # type: ignore[arg-type]
    print("said", flush=True, file=stand_in)
    assert (stand_in.encoding, stand_in.errors) == ("utf-8", "strict")
    with pytest.raises(OSError, match="fileno"):
        stand_in.fileno()
    stand_in.end()
    print("later", flush=True, file=stand_in)
    assert not stand_in.isatty()
    assert ear.texts == ["said\n"]
    assert under is None or under.text == "later\n"


def test_after_its_end_it_is_a_window() -> None:
    """A kept reference writes to the stream."""
    stream = io.StringIO()
    stand_in, ear = make(stream)
    stand_in.write("said\nto be")
    stand_in.end()
    print("later", file=stand_in)
    stand_in.buffer.write(b"bytes\n")
    stand_in.end()
    assert (ear.texts, stream.getvalue()) == (["said\n", "to be\n"], "later\nbytes\n")


def test_a_closed_console_is_passed_by() -> None:
    """Text goes to the stream, and print does not fail."""
    stream = io.StringIO()
    stand_in, ear = make(stream)
    stand_in.write("begun ")
    ear.closed = True
    print("line", flush=True, file=stand_in)
    stand_in.end()
    assert (ear.texts, stream.getvalue()) == ([], "begun line\n")


def test_to_close_it_closes_no_stream() -> None:
    """The proxy is a closed file, and its stream stays open."""
    stream = io.StringIO()
    stand_in, _ = make(stream)
    stand_in.close()
    stand_in.close()
    assert stand_in.closed
    assert not stream.closed
    with pytest.raises(ValueError, match="closed file"):
        stand_in.write("x")
    with pytest.raises(ValueError, match="closed file"):
        stand_in.flush()


def test_the_stream_beneath_proxies() -> None:
    """It is found beneath nested proxies; the found stream is beneath those that have ended."""
    stream: IO[str] = io.StringIO()
    lower, ear = make(stream)
    upper = StreamProxy(lower, ear)  # type: ignore[arg-type]
    assert beneath(upper) is stream  # type: ignore[arg-type]
    assert beneath(None) is None
    assert skip_ended(upper) is upper
    lower.end()
    assert skip_ended(upper) is upper
    upper.end()
    assert skip_ended(upper) is stream
