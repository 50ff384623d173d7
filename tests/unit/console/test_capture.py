"""Capture: whatever a program prints is on the console, whole and in order, and all is as it was afterwards."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import subprocess
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import open_descriptors, wait_for, wait_until_closed

from reflowlog import Console, ReflowHandler, adopt, capture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT = 10.0  # seconds that end a hang

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
needs_descriptors = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")


@pytest.fixture(autouse=True)
def _as_found() -> Iterator[None]:
    """Every test leaves the streams, the warnings and the descriptors as they were."""
    before = sys.stdout, sys.stderr, warnings.showwarning, [os.fstat(number)[:3] for number in (1, 2)]
    yield
    assert (sys.stdout, sys.stderr, warnings.showwarning, [os.fstat(number)[:3] for number in (1, 2)]) == before


class Shown:
    """A console on a stream in memory."""

    def __init__(self, **options: Any) -> None:
        self.stream = io.StringIO()
        self.console = Console(self.stream, **options)
        handler = ReflowHandler(console=self.console)
        handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        self.log = logging.Logger("app")
        self.log.addHandler(handler)

    @property
    def lines(self) -> list[str]:
        """Close the console, and return the lines shown."""
        self.console.close(WAIT)
        return self.stream.getvalue().splitlines()


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The warnings that are shown as they always were; all are shown."""
    before: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_: before.append(str(message))
        yield before


@pytest.fixture
def shown() -> Iterator[Shown]:
    """A console of the test's own."""
    made = Shown()
    yield made
    made.console.close(WAIT)


# -- what is printed -----------------------------------------------------------------------------------------------


def test_prints_are_in_order_with_the_log(shown: Shown) -> None:
    """Standard output, standard error and records come out as they went in, each line whole."""
    with capture(shown.console) as console:
        assert console is shown.console
        print("a", end="")
        shown.log.info("one")
        print("b")
        print("to stderr", file=sys.stderr)
        shown.log.error("two")
        sys.stdout.buffer.write("bytes ✓\n".encode())
    assert shown.lines == ["INFO one", "ab", "to stderr", "ERROR two", "bytes ✓"]


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, SystemExit, ZeroDivisionError])
def test_the_last_line_is_shown_however_it_ends(error: type[BaseException] | None, shown: Shown) -> None:
    """Also without its newline, and before the block is left."""
    with contextlib.suppress(BaseException), capture(shown.console):
        print("no newline", end="")
        sys.stderr.write("here neither")
        if error is not None:
            raise error
    assert sorted(shown.stream.getvalue().splitlines()) == ["here neither", "no newline"]


@pytest.mark.parametrize("name", ["stdout", "stderr", "warnings"])
def test_only_what_is_asked_for(name: str, shown: Shown, warned: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The others go where they always went."""
    wanted = {each: each == name for each in ("stdout", "stderr", "warnings")}
    with capture(shown.console, **wanted):
        print("stdout")
        print("stderr", file=sys.stderr)
        warnings.warn_explicit("warnings", UserWarning, "x.py", 1)
    direct = "".join([*capsys.readouterr(), *warned])
    text = "\n".join(shown.lines)
    assert {each: each in text for each in wanted} == wanted
    assert all((each in direct) != wanted[each] for each in wanted)


def test_threads_print_in_pieces(shown: Shown) -> None:
    """No line of one is in another's, and each thread's are in order."""

    def work(name: int) -> None:
        for count in range(200):
            for piece in (f"<{name} ", f"{count} ", "in ", "pieces>\n"):
                sys.stdout.write(piece)

    with capture(shown.console):
        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = shown.lines
    for name in range(8):
        assert [line for line in lines if line.startswith(f"<{name} ")] == [
            f"<{name} {count} in pieces>" for count in range(200)
        ]
    assert len(lines) == 8 * 200


def test_a_pin_may_print() -> None:
    """On the printer's own thread; nothing waits for itself."""
    shown = Shown(mode="inline", queue_size=4)
    rendered = threading.Event()

    def render(width: int) -> str:
        if not rendered.is_set():
            rendered.set()
            print("from the pin", flush=True)
        return "pin"

    with capture(shown.console), shown.console.pin(render):
        for count in range(100):
            print("line", count, flush=True)
        assert shown.console.flush(WAIT)
    text = "\n".join(shown.lines)
    assert text.count("from the pin") == 1
    assert all(f"line {count}" in text for count in range(100))


# -- warnings ------------------------------------------------------------------------------------------------------


def test_a_warning_is_a_record(warned: list[str]) -> None:
    """With its level, the logger and the text that logging gives it, and its source in the column of that."""
    shown = Shown(width=140)
    with capture(shown.console, stdout=False, stderr=False):
        warnings.warn_explicit("old ways", DeprecationWarning, "/somewhere/code.py", 12)
    [line] = shown.lines
    place = "/somewhere/code.py:12:"
    assert line.split()[2:] == ["WARNING", "py.warnings", place, "DeprecationWarning:", "old", "ways", "code.py:12"]
    assert warned == []


@pytest.mark.parametrize("fd", [False, True])
def test_a_warning_tells_file_and_line_where_no_source_is_shown(fd: bool, warned: list[str], tmp_path: Path) -> None:
    """Its text has them, and its source line, as `logging.captureWarnings` has it."""
    program = tmp_path / "code.py"
    program.write_text("import old\nold.way()\n")
    shown = Shown(width=100)
    with adopt(console=shown.console), capture(shown.console, fd=fd):
        warnings.warn_explicit("old way", UserWarning, str(program), 2)
    squeezed = "".join("".join(shown.lines).split())
    assert squeezed.endswith(f"{program}:2:UserWarning:oldwayold.way()")
    assert warned == []


def test_a_warning_for_a_file_goes_there(shown: Shown, warned: list[str]) -> None:
    """As the warnings module has it."""
    with capture(shown.console):
        warnings.showwarning("old", UserWarning, "code.py", 12, file=io.StringIO())
    assert (shown.lines, warned) == ([], ["old"])


def test_warnings_that_logging_has_already_are_left_to_it(shown: Shown) -> None:
    """`logging.captureWarnings` before, or meanwhile, stays in force."""
    logging.captureWarnings(True)
    try:
        theirs = warnings.showwarning
        with capture(shown.console):
            assert warnings.showwarning is theirs
    finally:
        logging.captureWarnings(False)


def test_warnings_after_the_end(shown: Shown, warned: list[str]) -> None:
    """A kept reference to the patched function behaves as the original."""
    with capture(shown.console):
        ours = warnings.showwarning
    ours("old", UserWarning, "code.py", 12)
    assert (shown.lines, warned) == ([], ["old"])


# -- what is found and given back --------------------------------------------------------------------------------------


def test_captures_nest() -> None:
    """The innermost console gets the text; each capture restores what it found."""
    outer, inner = Shown(), Shown()
    with capture(outer.console, fd=True):
        found = sys.stdout, sys.stderr
        print("outer 1")
        with capture(inner.console, fd=True):
            print("inner")
            os.write(1, b"inner descriptor\n")
        assert (sys.stdout, sys.stderr) == found
        os.write(2, b"outer descriptor\n")
        print("outer 2")
    assert outer.lines == ["outer 1", "outer descriptor", "outer 2"]
    assert inner.lines == ["inner", "inner descriptor"]


def test_captures_may_end_in_any_order() -> None:
    """One that ends under another takes nothing from it, and is not put back by it."""
    first, second = Shown(), Shown()
    below, above = capture(first.console, fd=True), capture(second.console, fd=True)
    below.__enter__()
    os.write(1, b"first\n")
    above.__enter__()
    below.__exit__(None, None, None)
    print("second")
    os.write(1, b"second descriptor\n")
    above.__exit__(None, None, None)
    assert first.lines == ["first"]
    assert second.lines == ["second", "second descriptor"]


def test_one_capture_within_itself(shown: Shown) -> None:
    """It may be entered again, at any time."""
    again = capture(shown.console, fd=True)
    with again, again:
        print("inner")
    with again:
        print("later")
    assert shown.lines == ["inner", "later"]


def test_a_later_replacement_of_the_stream_stays(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not removed; its writes to the ended proxy go to the original stream."""
    before = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", before)
        with capture(shown.console):
            ours = sys.stdout
            sys.stdout = theirs = io.StringIO()
            ours.write("while it lasts\n")
        assert sys.stdout is theirs
        ours.write("afterwards\n")
    assert shown.lines == ["while it lasts"]
    assert before.getvalue() == "afterwards\n"


def test_no_write_loops_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The console on standard error writes to the original stream, whatever wraps its proxy."""
    stream = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        with capture() as console:
            sys.stderr = io.TextIOWrapper(sys.stderr.buffer, write_through=True)  # as colour libraries do
            print("one")
            print("two", file=sys.stderr)
            assert console.flush(WAIT)
            sys.stderr.detach()
    assert stream.getvalue() == "one\ntwo\n"


def test_a_console_on_a_captured_stream_writes_past_the_capture(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is made for `sys.stdout` meanwhile has the real one."""
    stream = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        with capture(shown.console), Console(sys.stdout) as other:
            other.print("other")
            print("captured")
    assert stream.getvalue() == "other\n"
    assert shown.lines == ["captured"]


def test_a_console_that_is_closed_meanwhile(
    shown: Shown, warned: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Printed text goes to the original stream, and no print fails."""
    with capture(shown.console, fd=True):
        print("one")
        shown.console.close(WAIT)
        print("two")
        warnings.warn_explicit("three", UserWarning, "x.py", 1)
    assert shown.lines == ["one"]
    assert (capsys.readouterr().out, warned) == ("two\n", ["three"])


def test_a_closed_console_is_refused(shown: Shown) -> None:
    """Before anything is taken."""
    shown.console.close(WAIT)
    with pytest.raises(ValueError, match="closed console"), capture(shown.console):
        pass
    with pytest.raises(TypeError, match="a Console, not StringIO"):
        capture(io.StringIO())  # type: ignore[arg-type]


def test_pytests_own_capture(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a console it is the one on standard error, which is pytest's here."""
    with capture():
        print("printed")
        print("to stderr", file=sys.stderr)
    assert capsys.readouterr() == ("", "printed\nto stderr\n")


@pytest.mark.parametrize("fd", [False, True])
def test_pytests_capture_of_descriptors(fd: bool, capfd: pytest.CaptureFixture[str]) -> None:
    """Both captures are at home with each other."""
    with capture(fd=fd):
        print("printed")
        os.write(1, b"written\n")
    out, err = capfd.readouterr()
    assert (out, err) == (("", "printed\nwritten\n") if fd else ("written\n", "printed\n"))


# -- descriptors ---------------------------------------------------------------------------------------------------


def test_everything_that_is_written_is_in_order_with_the_log(shown: Shown) -> None:
    """Of this process and its children, on both descriptors."""
    with capture(shown.console, fd=True):
        for count in range(20):
            os.write(1, b"descriptor %d\n" % count)
            shown.log.info("record %d", count)
            os.write(2, b"error %d in " % count)
            os.write(2, b"pieces\n")
            print("print", count)
        subprocess.run(["sh", "-c", "echo out; echo err >&2; echo out again; printf 'no newline'"], check=True)
        shown.log.info("after the child")
    each = [("descriptor {}", "INFO record {}", "error {} in pieces", "print {}")] * 20
    expected = [text.format(count) for count, texts in enumerate(each) for text in texts]
    assert shown.lines == [*expected, "out", "err", "out again", "INFO after the child", "no newline"]


def test_a_flush_has_all_that_was_written_shown(shown: Shown) -> None:
    """It waits for text that the reader thread has not yet read."""
    with capture(shown.console, fd=True):
        for count in range(50):
            os.write(1, b"line %d\n" % count)
            assert shown.console.flush(WAIT)
            assert shown.stream.getvalue().endswith(f"line {count}\n")


def test_what_c_code_prints(shown: Shown) -> None:
    """It comes line by line, in its place, although C takes a pipe for something to write to in blocks."""
    ctypes = pytest.importorskip("ctypes")
    printf = ctypes.CDLL(None).printf
    with capture(shown.console, fd=True):
        printf(b"one\n")
        shown.log.info("two")
        printf(b"thr")
        printf(b"ee\n")
        shown.log.info("four")
        printf(b"five")
    assert shown.lines == ["one", "INFO two", "three", "INFO four", "five"]


class _Tee:
    """Stream that copies, as many programs install in place of standard error."""

    def __init__(self, descriptor: int, *, tells: bool) -> None:
        self._descriptor = descriptor
        if tells:
            self.fileno = lambda: descriptor

    def write(self, text: str) -> int:
        return os.write(self._descriptor, text.encode())


@pytest.mark.parametrize("tells", [True, False])
def test_a_console_that_writes_to_a_captured_descriptor_in_the_end(
    tells: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    """By way of an object of the program's, whether that says so or not: nothing goes round in a circle."""
    console = Console(_Tee(2, tells=tells))  # type: ignore[arg-type]
    with capture(console, fd=True):
        for count in range(5):
            print("printed", count)
            assert console.flush(WAIT)
            os.write(1, b"written %d\n" % count)
            assert console.flush(WAIT)
    console.close(WAIT)
    lines = "".join(capfd.readouterr()).splitlines()
    assert lines == [f"{how} {count}" for count in range(5) for how in ("printed", "written")]


def test_what_was_printed_before_is_not_captured(shown: Shown, capfd: pytest.CaptureFixture[str]) -> None:
    """Text buffered earlier by C or by Python is not captured."""
    ctypes = pytest.importorskip("ctypes")
    with open(1, "w", closefd=False) as stream:
        stream.write("python ")
        sys.stdout, before = stream, sys.stdout
        try:
            with capture(shown.console, fd=True):
                print("captured")
        finally:
            sys.stdout = before
    ctypes.CDLL(None).fflush(None)
    assert capfd.readouterr().out == "python "
    assert shown.lines == ["captured"]


def test_a_full_pipe_and_a_full_queue() -> None:
    """Writers wait for the reader, the reader for the queue, the queue for a slow screen: there is no deadlock."""
    slow = Shown(queue_size=8)
    with capture(slow.console, fd=True):

        def work(name: int) -> None:
            for count in range(20):
                os.write(1, b"".join(b"%d %d %d\n" % (name, count, line) for line in range(300)))
                slow.log.info("wrote %d %d", name, count)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT)
            assert not thread.is_alive()
    lines = slow.lines
    for name in range(4):
        mine = [line.removeprefix("INFO wrote ") for line in lines if line.removeprefix("INFO wrote ")[0] == str(name)]
        assert mine == [
            text
            for count in range(20)
            for text in (*(f"{name} {count} {line}" for line in range(300)), f"{name} {count}")
        ]


def test_what_is_dropped_of_descriptors_is_counted() -> None:
    """Under ``overflow="drop"`` neither writers nor the reader wait; the count is exact."""
    stream = io.StringIO()
    console = Console(stream, queue_size=4, overflow="drop")
    with capture(console, fd=True):
        for count in range(2000):
            os.write(1, b"line %d\n" % count)
            print("line")
    console.close(WAIT)
    assert stream.getvalue().count("line") + console.dropped == 4000


@needs_descriptors
def test_no_descriptor_is_left_open(shown: Shown) -> None:
    """No descriptor and no thread remains."""
    before, threads = open_descriptors(), threading.active_count()
    for _ in range(20):
        with capture(shown.console, fd=True), capture(shown.console, fd=True):
            subprocess.run(["true"], check=True)
    with contextlib.suppress(ZeroDivisionError), capture(shown.console, fd=True):
        _ = 1 / 0
    shown.console.close(WAIT)
    wait_until_closed(before)
    assert threading.active_count() <= threads


def test_a_child_that_lives_on() -> None:
    """It delays nothing; its lines go to the console, and later to the original descriptor."""
    console_stream = io.StringIO()
    console = Console(console_stream)
    reader, writer = os.pipe()
    before = os.dup(2)
    go_reader, go = os.pipe()
    os.dup2(writer, 2)
    try:
        with capture(console, fd=True):
            script = "read x; echo one; read x; echo two"
            child = subprocess.Popen(["sh", "-c", script], stdin=go_reader)
        assert child.poll() is None
        os.write(go, b"\n")
        wait_for(lambda: console.flush(WAIT) and console_stream.getvalue() == "one\n", WAIT)
        console.close(WAIT)
        os.write(go, b"\n")
        assert os.read(reader, 100) == b"two\n"
        assert child.wait(WAIT) == 0
    finally:
        os.dup2(before, 2)
        for descriptor in (reader, writer, before, go_reader, go):
            os.close(descriptor)


def test_a_replaced_descriptor_is_not_restored(shown: Shown) -> None:
    """A descriptor replaced during the capture stays."""
    reader, writer = os.pipe()
    before = os.dup(1)
    try:
        with capture(shown.console, fd=True):
            os.write(1, b"captured\n")
            os.dup2(writer, 1)
        os.write(1, b"theirs")
        assert os.read(reader, 100) == b"theirs"
    finally:
        os.dup2(before, 1)
        for descriptor in (reader, writer, before):
            os.close(descriptor)
    assert shown.lines == ["captured"]


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_fork_within(shown: Shown) -> None:
    """The child's output is captured; leaving the block in the child does not end the capture here."""
    with capture(shown.console, fd=True):
        child = os.fork()
        if not child:
            status = 1
            try:
                with capture(Console(io.StringIO()), fd=True):
                    os.write(1, b"the child's own\n")
                os.write(1, b"from the child\n")
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        shown.log.info("after the child")
    assert shown.lines == ["from the child", "INFO after the child"]
