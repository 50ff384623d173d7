"""Capture in whole processes: printed text is shown, however they end."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.programs import run_in_pipes
from support.terminals import PYTHON, TIMEOUT, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.terminals import Pty, PyteTerminal

_START = """
import os, subprocess, sys, threading, time, logging
import reflowlog
"""


def run(source: str, home: Path, *options: str, stdin: str = "") -> tuple[int, str, str]:
    """Run a script, and return its exit status and the text of standard output and error, which are pipes."""
    done = run_in_pipes(_START + source, home, options=["-W", "error", *options], stdin=stdin, cwd=home)
    return done.returncode, done.stdout, done.stderr


_ENDINGS = {
    "as it should": ("pass", 0),
    "by sys.exit": ("sys.exit(3)", 3),
    "by an exception": ("raise RuntimeError('told at the end')", 1),
    "by Ctrl-C": ("raise KeyboardInterrupt", None),
}


@pytest.mark.parametrize("fd", [False, True])
@pytest.mark.parametrize("ending", list(_ENDINGS))
def test_all_is_shown_however_it_ends(ending: str, fd: bool, tmp_path: Path) -> None:
    """Printed text comes first, then Python's own message about the end."""
    how, expected = _ENDINGS[ending]
    source = f"""
with reflowlog.capture(fd={fd}):
    for count in range(1000):
        print("line", count)
    if {fd}:
        os.write(1, b"written")
    else:
        sys.stderr.write("written")
    {how}
"""
    status, out, err = run(source, tmp_path)
    lines = [f"line {count}" for count in range(1000)] + ["written"]
    assert status == expected or (expected is None and status)
    assert out == ""
    assert err.splitlines()[:1001] == lines
    assert ("told at the end" in err) == (ending == "by an exception")


@pytest.mark.parametrize("fd", [False, True])
def test_a_capture_that_nobody_ends(fd: bool, tmp_path: Path) -> None:
    """It ends with the program, and nothing is lost."""
    source = f"""
reflowlog.capture(fd={fd}).__enter__()
print("printed")
os.write(2, b"written\\n")
subprocess.run([sys.executable, "-c", "print('by a child')"]) if {fd} else None
print("partial", end="")
"""
    status, out, err = run(source, tmp_path)
    shown = ["printed", "written", *(["by a child"] if fd else []), "partial"]
    assert (status, out, sorted(err.splitlines())) == (0, "", sorted(shown))
    assert not fd or err.splitlines() == shown


def test_unbuffered_output_is_shown_in_whole_lines(tmp_path: Path) -> None:
    """Text that arrives in parts is shown in whole lines, once."""
    source = """
with reflowlog.capture():
    for count in range(100):
        print("a", count, "b", sep="|")
"""
    _, _, err = run(source, tmp_path, "-u")
    assert err.splitlines() == [f"a|{count}|b" for count in range(100)]


def test_input_is_asked_for(tmp_path: Path) -> None:
    """The prompt is there before the answer is read."""
    source = """
with reflowlog.capture():
    print("before")
    answer = input("name? ")
    print("hello", answer)
"""
    status, _, err = run(source, tmp_path, stdin="Bob\n")
    assert (status, err) == (0, "before\nname? hello Bob\n")


@pytest.mark.skipif(sys.platform != "linux", reason="signals of a crash differ")
def test_a_crash_is_told_where_somebody_sees_it(tmp_path: Path) -> None:
    """With Python's own option for that; the pipe would die with the process."""
    pytest.importorskip("ctypes")
    source = """
import ctypes
with reflowlog.capture(fd=True) as console:
    print("before")
    console.flush()
    ctypes.string_at(0)
"""
    status, _, err = run(source, tmp_path, "-X", "faulthandler")
    assert status < 0
    assert err.startswith("before\n")
    assert "Segmentation fault" in err


def test_descriptors_that_are_closed(tmp_path: Path) -> None:
    """As a daemon's may be: they are left alone."""
    source = """
os.close(1)
with reflowlog.capture(fd=True):
    os.write(2, b"written\\n")
    print("printed")
"""
    _, out, err = run(source, tmp_path)
    assert (out, err.splitlines()[:2]) == ("", ["written", "printed"])


@pytest.mark.parametrize("fd", [False, True])
def test_without_standard_error_it_goes_to_standard_output(fd: bool, tmp_path: Path) -> None:
    """Also from within another capture. What is printed is shown somewhere if there is anywhere to show it."""
    (tmp_path / "script.py").write_text(
        f"{_START}\n"
        f"with reflowlog.capture(fd={fd}):\n"
        "    print('printed')\n"
        "    with reflowlog.capture():\n"
        "        print('and within')\n"
        "print('after')\n"
    )
    command = ["/bin/sh", "-c", '"$PYTHON" -W error script.py 2>&-']
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment(), timeout=TIMEOUT, check=False
    )
    assert (done.returncode, done.stdout) == (0, "printed\nand within\nafter\n")


def test_a_program_without_streams(tmp_path: Path) -> None:
    """As with pythonw: there is nothing to show it on, and nothing fails."""
    source = """
sys.stdout = sys.stderr = None
with reflowlog.capture():
    print("nowhere")
with reflowlog.Console(open("shown", "w")) as console, reflowlog.capture(console):
    print("somewhere")
assert sys.stdout is None and sys.stderr is None
"""
    assert run(source, tmp_path)[0] == 0
    assert (tmp_path / "shown").read_text() == "somewhere\n"


@pytest.mark.skipif(not hasattr(sys, "abiflags"), reason="needs fork")
@pytest.mark.parametrize("how", ["fork", "spawn", "subprocess"])
def test_children_print_through_their_parents_console(how: str, tmp_path: Path) -> None:
    """Whole lines, each once, whether they log, print or write."""
    (tmp_path / "child.py").write_text(
        "import os, logging, reflowlog\n"
        "def work(name):\n"
        "    logger = logging.getLogger(name)\n"
        "    logger.addHandler(reflowlog.ReflowHandler())\n"
        "    logger.handlers[0].setFormatter(logging.Formatter('%(message)s'))\n"
        "    for count in range(50):\n"
        "        print(f'<{name} printed {count}>', flush=True)\n"
        "        logger.warning('<%s logged %d>', name, count)\n"
        "        os.write(1, f'<{name} written {count}>\\n'.encode())\n"
        "    logging.shutdown()\n"
        "if __name__ == '__main__':\n"
        "    import sys\n"
        "    work(sys.argv[1])\n"
    )
    source = f"""
import multiprocessing, warnings
import child
if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with reflowlog.capture(fd=True):
        if {how!r} == "subprocess":
            children = [subprocess.Popen([sys.executable, "child.py", f"c{{each}}"]) for each in range(3)]
            [each.wait() for each in children]
        else:
            context = multiprocessing.get_context({how!r})
            children = [context.Process(target=child.work, args=(f"c{{each}}",)) for each in range(3)]
            [each.start() for each in children]
            [each.join() for each in children]
        print("end")
"""
    status, out, err = run(source, tmp_path)
    assert (status, out) == (0, "")
    lines = err.splitlines()
    assert sorted(lines) == sorted(
        [
            "end",
            *(
                f"<c{name} {way} {count}>"
                for name in range(3)
                for way in ("printed", "logged", "written")
                for count in range(50)
            ),
        ]
    )
    for name in range(3):
        for way in ("printed", "logged", "written"):
            mine = [line for line in lines if line.startswith(f"<c{name} {way}")]
            assert mine == [f"<c{name} {way} {count}>" for count in range(50)]


def test_a_terminal_is_a_pipe_to_children_and_still_ours(open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """The console goes on in colours and at the terminal's width, for it writes past the pipe."""
    (tmp_path / "script.py").write_text(
        _START
        + """
with reflowlog.capture(fd=True) as console:
    print(console.isatty(), console.width, os.isatty(1), sys.stdout.isatty())
    subprocess.run([sys.executable, "-c", "import os; print(os.isatty(1), 'x' * 50)"])
print(os.isatty(1), os.isatty(2))
"""
    )
    terminal = open_pty([PYTHON, "script.py"], (40, 10), home=tmp_path)
    assert terminal.wait() == 0
    assert terminal.text.split() == ["True", "40", "False", "True", "False", "x" * 34, "x" * 16, "True", "True"]


_CLOSINGS = {
    "closed": "os.close(2)",
    "the stream": "sys.__stderr__.close()",
    "elsewhere": "os.dup2(os.open(os.devnull, os.O_WRONLY), 2)",
}
_PRINTING = """
capture = reflowlog.capture(fd=FD)
capture.__enter__()
print("one printed")
CLOSING
print("two printed", flush=True)
print("three printed")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("unbuffered", [None, "1"])
@pytest.mark.parametrize("fd", [False, True])
@pytest.mark.parametrize("closing", _CLOSINGS)
def test_closing_standard_error_loses_no_printed_line(
    closing: str, fd: bool, unbuffered: str | None, open_pyte: Callable[..., PyteTerminal], tmp_path: Path
) -> None:
    """On a terminal it goes on by standard output; what was printed before, too.

    Unbuffered, a newline is a write of its own: a line that is shown before it is drawn again, over itself.
    """
    (tmp_path / "script.py").write_text(
        _START + _PRINTING.replace("FD", str(fd)).replace("CLOSING", _CLOSINGS[closing])
    )
    terminal = open_pyte([PYTHON, "script.py"], home=tmp_path, changes={"PYTHONUNBUFFERED": unbuffered})
    terminal.wait()
    assert terminal.screen() == ["one printed", "two printed", "three printed"]


@pytest.mark.parametrize("closing", ["closed", "the stream"])
def test_closing_standard_error_loses_no_printed_line_in_a_pipe(closing: str, tmp_path: Path) -> None:
    """There it goes on by standard output."""
    source = _PRINTING.replace("FD", "False").replace("CLOSING", _CLOSINGS[closing])
    _, output, errors = run(source, tmp_path)
    assert errors == "one printed\n"
    assert output == "two printed\nthree printed\n"
