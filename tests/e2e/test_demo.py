"""The demo: each scene as a process of its own, as a person starts it, off a terminal and on one.

Rules of this file: the scenes take seconds, mostly waiting, so all of them are started at once and then looked at.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import PROJECT
from support.terminals import PYTHON, environment, modes_left_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.terminals import Pty, PyteTerminal

DEMO = str(PROJECT / "demo.py")
TIMEOUT = 60.0

EXPECTED = {
    "hello": [
        r"greeter is started; alive: True, daemon: False",
        r"helper is started; alive: True, daemon: True",
        r"Goodbye from greeter",
        r"Goodbye from helper",
        r"both are joined; alive: False",
        r"WARNING.*A second start is refused with RuntimeError: threads can only be started once",
    ],
    "pages": [
        *(rf"Page {number} is here" for number in range(8)),
        r"ERROR.*Page 8 is missing: 404",
        r"8 of 9 pages make one line",
        r"^    A line of a log is longer than you think, .*窄窗也好.* the end comes at the end\.$",
    ],
    "sleepy": [
        r"dozy sleeps for 0\.6 s",
        r"nodding is awake",
        r"drowsy is awake",
        r"they slept 3\.1 s between them, at the same time: it took 1\.2 s",
    ],
    "queue": [
        r"Order 1: soup",
        r"Order 8: tea",
        r"(Ann|Bob) serves the tea",
        r"ERROR.*Nobody can cook a stone",
        r"every order is done; 7 were served",
    ],
    "pool": [
        r"three workers share a queue of connections",
        r"Listening on 127\.0\.0\.1:\d+",
        r"worker \d echoed 4 lines",
        r"a ThreadPoolExecutor does the same",
        r"executor_\d echoed 4 lines",
        r"48 echoes came back as they were sent",
    ],
    "records": [
        r"INFO +demo\.shop\.orders +Order is taken  order=11  items=3  country=日本",
        r"DEBUG +d\.s\.payments\.cards +The card is good  order=12  took=.41 ms.  attempts=1",
        r"ERROR.*The card is refused.*order=23",
        r"^CardError: the bank says no to order 23$",
        r"six orders, two clerks",
    ],
    "printer": [r"^ 1  the$", r"^ 2  the rule$", r"^40  the rule is as wide .*changes the rule is .* changes$"],
    "stop": [
        r"quick counts 2",
        r"WARNING.*slow was stopped.*count.*1",
        r"guest counts 1",
        r"WARNING.*guest was stopped",
        r"all 4 are joined; alive: False",
    ],
}


def start(*arguments: str, **options: object) -> subprocess.Popen[str]:
    """Start the demo with pipes for its output, and nothing to read."""
    return subprocess.Popen(
        [PYTHON, "-X", "dev", "-W", "error", DEMO, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        **options,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit status, output and errors of a process that must end by itself, in seconds."""
    try:
        output, errors = process.communicate(timeout=TIMEOUT)
    finally:
        process.kill()
    return process.returncode, output, errors


COMMANDS = {
    **{name: [name] for name in EXPECTED},
    "all": [],
    "together": ["--together"],
    "two": ["stop", "--width", "100", "hello"],
}


@pytest.fixture(scope="module", autouse=True)
def started() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Each scene, all of them, all at the same time, and two in an order of their own: running."""
    processes = {name: start(*arguments) for name, arguments in COMMANDS.items()}
    yield processes
    for process in processes.values():
        process.kill()
        process.communicate()


def assert_scene(name: str, output: str) -> None:
    """All that a scene has to say is there."""
    assert re.search(rf"^▶ {name}: ", output, re.MULTILINE)
    for expected in EXPECTED[name]:
        assert re.search(expected, output, re.MULTILINE), expected


def test_list() -> None:
    """`--list` tells each scene in one line, and the file's docstring tells the same ones."""
    status, output, errors = finish(start("--list"))
    assert (status, errors) == (0, "")
    assert [line.split()[0] for line in output.splitlines()] == list(EXPECTED)
    assert all(20 < len(line) <= 100 for line in output.splitlines())
    docstring = Path(DEMO).read_text(encoding="utf-8").split('"""')[1]
    assert re.findall(r"^    (\w+)  +\w", docstring, re.MULTILINE)[-8:] == list(EXPECTED)


def test_unknown_scene() -> None:
    """A scene that is not there is refused before any is run: one line, status 2."""
    status, output, errors = finish(start("hello", "opera"))
    assert (status, output) == (2, "")
    assert errors.startswith("demo.py: there is no scene 'opera': choose from hello, ")
    assert errors.count("\n") == 1


def test_a_width_that_is_none() -> None:
    """A width below one column is a mistake of the caller's: status 2, no traceback."""
    status, output, errors = finish(start("--width", "0", "hello"))
    assert (status, output) == (2, "")
    assert errors.endswith("demo.py: error: the width must be 1 or more, not 0\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs head")
def test_a_reader_that_leaves() -> None:
    """When the reader of its output has seen enough, the demo ends all the same, silently."""
    command = f"'{PYTHON}' -X dev -W error '{DEMO}' hello | head -n 2"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment(), check=True)
    assert "hello: A Thread with a target" in done.stdout
    assert done.stderr == ""


def test_width_into_a_pipe() -> None:
    """`--width` lays out for so many columns off a terminal too: no row is wider, no word is lost."""
    status, output, errors = finish(start("--width", "40", "printer", "hello"))
    assert (status, errors) == (0, "")
    assert max(map(len, output.splitlines())) <= 40
    assert "A second start is refused with RuntimeError: threads can only be started once" in " ".join(output.split())


LEAVES_NOTHING = """
import os, sys, threading
sys.path.insert(0, os.path.dirname(sys.argv[1]))
import demo
def descriptors():
    return set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
before = descriptors()
status = demo.main(["--together"])
print(status, [thread.name for thread in threading.enumerate()], len(descriptors() - before), file=sys.stderr)
"""


@pytest.mark.slow
def test_nothing_is_left_behind() -> None:
    """When the demo returns there is no thread but the main one, and no socket or file more than before."""
    done = subprocess.run(
        [PYTHON, "-X", "dev", "-W", "error", "-c", LEAVES_NOTHING, DEMO],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=TIMEOUT,
        check=True,
    )
    assert done.stderr == "0 ['MainThread'] 0\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
@pytest.mark.parametrize("arguments", [[], ["--together"], *([name] for name in EXPECTED)])
def test_interrupted(arguments: list[str]) -> None:
    """Ctrl-C ends any scene at once, cleanly, with status 130."""
    process = start(*arguments)
    assert process.stdout is not None
    said = ""
    while "▶" not in said:
        said = process.stdout.readline()
        assert said, process.communicate()
    os.kill(process.pid, signal.SIGINT)
    began = time.monotonic()
    status, output, errors = finish(process)
    assert (status, errors) == (130, "")
    assert time.monotonic() - began < 5
    assert output.count("▶") < len(EXPECTED)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a pty is needed")
@pytest.mark.parametrize("columns", [80, 40])
def test_on_a_terminal(open_pyte: Callable[..., PyteTerminal], columns: int) -> None:
    """On a terminal no row is wider than it, nothing is torn, and the terminal is left as it was found."""
    terminal = open_pyte([PYTHON, DEMO, "--together"], (columns, 24))
    assert terminal.wait(TIMEOUT) == 0
    rows = terminal.scrollback()
    words = " ".join(" ".join(rows).split())
    assert "8 of 9 pages make one line" in words
    assert "48 echoes came back as they were sent" in words
    assert "█" not in words, "the progress bars are gone"
    assert "─" * columns not in words, "so is the rule"
    assert modes_left_on(terminal.output()) == set()
    assert terminal.settings_now() == terminal.settings


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a pty is needed")
def test_the_rule_is_as_wide_as_the_terminal(open_pyte: Callable[..., PyteTerminal]) -> None:
    """While the printer runs, its rule and its rows follow the width, narrower and back."""
    terminal = open_pyte([PYTHON, DEMO, "printer"], (80, 24))

    def rule_of(columns: int) -> Callable[[list[str]], bool]:
        return lambda rows: "─" * columns in rows and any(row.startswith(f"{columns} columns") for row in rows)

    terminal.wait_screen(rule_of(80))
    terminal.wait_screen(lambda rows: any(row.startswith("14  ") for row in rows))
    terminal.resize(40)
    terminal.wait_screen(rule_of(40))
    terminal.wait_screen(lambda rows: any(re.match(r" +and every line above it", row) for row in rows))
    terminal.resize(60)
    terminal.wait_screen(rule_of(60))
    assert terminal.wait(TIMEOUT) == 0
    assert not any("─" in row for row in terminal.screen())


@pytest.mark.skipif(sys.platform == "win32", reason="a pty is needed")
def test_ctrl_c_on_a_terminal(open_pty: Callable[..., Pty]) -> None:
    """The key, too, ends it at once, and the terminal is as before."""
    terminal = open_pty([PYTHON, DEMO])
    terminal.wait_until(lambda: "Hello from helper" in terminal.text)
    terminal.send(b"\x03")
    assert terminal.wait(10) == 130
    assert "Traceback" not in terminal.text
    assert modes_left_on(terminal.output()) == set()
    assert terminal.settings_now() == terminal.settings


@pytest.mark.skipif(sys.platform == "win32", reason="a pty is needed")
def test_a_key_opens_the_viewer(open_pyte: Callable[..., PyteTerminal]) -> None:
    """`Space` shows all that was printed so far, `q` comes back, and the scene goes on to its end."""
    terminal = open_pyte([PYTHON, DEMO, "records"], (80, 24))
    terminal.wait_screen(lambda rows: any("Space opens the viewer" in row for row in rows))
    terminal.send(b" ")
    terminal.wait_screen(lambda rows: any("h help" in row for row in rows[-1:]))
    terminal.send(b"q")
    assert terminal.wait(TIMEOUT) == 0
    assert any("six orders, two clerks" in row for row in terminal.screen())
    assert any(row.startswith("Try next:") for row in terminal.screen())
    assert modes_left_on(terminal.output()) == set()


def test_lines_keep_the_order_of_their_thread(started: dict[str, subprocess.Popen[str]]) -> None:
    """Lines of each of many threads stay in order; no line is torn or lost."""
    output = finish(started["together"])[1]
    assert [int(number) for number in re.findall(r"^ ?(\d+)  the\b", output, re.MULTILINE)] == list(range(1, 41))
    assert [int(number) for number in re.findall(r"Order (\d)", output)] == list(range(1, 9))
    assert len(re.findall(r"Page \d is here", output)) == 8


def test_in_the_order_given(started: dict[str, subprocess.Popen[str]]) -> None:
    """Scenes that are named are run in that order."""
    status, output, errors = finish(started["two"])
    assert (status, errors) == (0, "")
    assert re.findall(r"^▶ (\w+)", output, re.MULTILINE) == ["stop", "hello"]


@pytest.mark.parametrize("name", EXPECTED)
def test_scene(name: str, started: dict[str, subprocess.Popen[str]]) -> None:
    """A scene off a terminal says its lines, plainly, and ends by itself with nothing on stderr."""
    status, output, errors = finish(started[name])
    assert (status, errors) == (0, "")
    assert_scene(name, output)
    assert output.count("▶") == 1
    assert "\x1b" not in output
    assert "\r" not in output


def test_all_scenes(started: dict[str, subprocess.Popen[str]]) -> None:
    """Without arguments every scene is run, one after another."""
    status, output, errors = finish(started["all"])
    assert (status, errors) == (0, "")
    assert re.findall(r"^▶ (\w+)", output, re.MULTILINE) == list(EXPECTED)
    for name, part in zip(EXPECTED, re.split(r"^(?=▶ )", output, flags=re.MULTILINE)[1:], strict=True):
        assert_scene(name, part)
    assert "\nTry next:\n" in output
