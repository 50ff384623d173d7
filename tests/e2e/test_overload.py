"""Overload: more is logged than the terminal takes. What that costs is bounded, and known.

Each test runs a program on a terminal that takes 1 MB/s, or on one that takes all; the program reports its own figures.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.terminals import Pty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel for its peak of memory")

SLOW = 1e6  # bytes a second
WIDTH = 200

BEGIN = """
import json, logging, re, sys, threading
import reflowlog

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

handler = reflowlog.ReflowHandler(**OPTIONS)
handler.setFormatter(logging.Formatter("%(message)s"))
log = logging.getLogger("overload")
log.addHandler(handler)
log.setLevel("INFO")
log.info("first")
handler.flush()
before = peak()
"""

END = """
dropped = handler.console.dropped
handler.close()
json.dump({"grown": peak() - before, "dropped": dropped}, open(REPORT, "w"))
"""


def run(
    open_pty: Callable[..., Pty], home: Path, options: dict[str, Any], work: str, rate: float | None
) -> tuple[str, dict[str, Any]]:
    """Run a program on a terminal, and return its output without escapes, and its report."""
    report = home / "report.json"
    text = f"OPTIONS, REPORT = {options!r}, {str(report)!r}\n" + BEGIN + work + END
    terminal = open_pty([PYTHON, "-c", text], (WIDTH, 50), rate=rate)
    assert terminal.wait(120) == 0
    found: dict[str, Any] = json.loads(report.read_text())
    return terminal.text, found


FOUR_THREADS = """
def work(thread):
    for number in range({count}):
        log.log(40 if number % 100 == 0 else 20, "<%d %05d %s>", thread, number, "x" * 100)
threads = [threading.Thread(target=work, args=(thread,)) for thread in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_a_slow_terminal_with_block(open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """Three seconds of output from four threads: all is there, each thread's in order; a small queue stays one."""
    options = {"queue_size": 1000, "history": 1000}
    text, report = run(open_pty, tmp_path, options, FOUR_THREADS.format(count=6_000), SLOW)
    found = re.findall(r"<(\d) (\d{5}) x{100}>", text)
    for thread in "0123":
        assert [int(number) for each, number in found if each == thread] == list(range(6_000))
    assert report["dropped"] == 0
    assert "dropped" not in text
    assert report["grown"] < 10


def test_a_slow_terminal_with_drop(open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """Dropped records are counted exactly, where they are missing; no error is dropped."""
    options = {"queue_size": 1000, "history": 1000, "overflow": "drop"}
    text, report = run(open_pty, tmp_path, options, FOUR_THREADS.format(count=6_000), SLOW)
    found = re.findall(r"<(\d) (\d{5}) x{100}>", text)
    assert len(found) == len(set(found))
    assert report["dropped"] > 0
    assert len(found) + report["dropped"] == 4 * 6_000
    assert sum(map(int, re.findall(r"reflowlog: dropped (\d+) record", text))) == report["dropped"]
    for thread in "0123":
        numbers = [int(number) for each, number in found if each == thread]
        assert numbers == sorted(numbers)
        assert set(range(0, 6_000, 100)) <= set(numbers)
    assert report["grown"] < 15


GIANTS = """
for number in range(24):
    log.info("<%d %s %d>", number, "word " * 1_000_000, number)
"""


@pytest.mark.slow
@pytest.mark.parametrize("overflow", ["block", "drop"])
def test_giant_records(overflow: str, open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """24 records of 5 MB are 120 MB: of them no more is held at once than the queue and the history may weigh."""
    text, report = run(open_pty, tmp_path, {"overflow": overflow}, GIANTS, None)
    starts = [int(number) for number in re.findall(r"<(\d+) word", text)]
    ends = [int(number) for number in re.findall(r"word +(\d+)>", text)]
    assert starts == ends == sorted(starts)
    assert len(starts) + report["dropped"] == 24
    assert (report["dropped"] == 0) or overflow == "drop"
    assert report["grown"] < 64 + 32 + 64


def test_a_terminal_that_takes_nothing_any_more(open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """`close` returns at its timeout, and no later caller waits for that terminal again."""
    work = FOUR_THREADS.format(count=200) + "handler.console.close(0.5)\n"
    with_report = tmp_path / "report.json"
    text = f"OPTIONS, REPORT = {{}}, {str(with_report)!r}\n" + BEGIN + work + END
    terminal = open_pty([PYTHON, "-c", text], (WIDTH, 50))
    terminal.wait_until(lambda: b"first" in terminal.output())
    assert terminal.process.wait(60) == 0  # nothing is read meanwhile
    assert json.loads(with_report.read_text())["dropped"] == 0
