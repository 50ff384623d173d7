"""tqdm's bars as pins of the console, which become lines of the log."""

from __future__ import annotations

import gc
import io
import os
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import environment

from reflowlog import Console
from reflowlog.console.shared import shared_console

pytest.importorskip("tqdm")

from tqdm.std import tqdm as std_tqdm

from reflowlog.integrations.tqdm import tqdm, trange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = "{desc}{n_fmt}/{total_fmt}{postfix}"


class Shown:
    """Console on a simulated terminal, and its output."""

    def __init__(self, width: int | None = 40, **options: Any) -> None:
        self.stream = io.StringIO()
        self.console = Console(self.stream, width=width, mode="inline" if width else "plain", **options)

    def frame(self) -> list[str]:
        """Return the rows of the last frame."""
        assert self.console.flush(10)
        frame = self.stream.getvalue().split("\x1b[?2026h")[-1]
        return [row for row in re.sub(r"\x1b\[\??\d*[A-Za-z]|\x1b[78]|\r", "", frame).split("\n") if row]

    def lines(self) -> list[str]:
        """Return the output of plain mode."""
        self.console.close(10)
        return self.stream.getvalue().splitlines()


@pytest.fixture
def shown() -> Iterator[Shown]:
    """Return a console 40 cells wide."""
    made = Shown()
    yield made
    made.console.close(10)


def test_a_bar_is_a_pin_as_wide_as_the_console(shown: Shown) -> None:
    """A bar is drawn by tqdm's own meter, at each repaint."""
    with tqdm(total=10, console=shown.console, mininterval=0, miniters=1) as bar:
        bar.update(5)
        (row,) = shown.frame()
        assert len(row) == 40
        assert re.fullmatch(r" 50%\|\S+ *\| 5/10 \[.*", row)
        assert bar._renderer(60)[:5] == row[:5]
        assert len(bar._renderer(60)) == 60


def test_nested_bars_stand_in_the_order_of_their_positions(shown: Shown) -> None:
    """Also if they were created in another order; an inner bar that ends leaves no gap."""
    inner = tqdm(total=2, desc="inner: ", position=1, console=shown.console, bar_format=FORMAT, leave=False)
    outer = tqdm(total=3, desc="outer: ", position=0, console=shown.console, bar_format=FORMAT, leave=False)
    assert shown.frame() == ["outer: 0/3", "inner: 0/2"]
    inner.close()
    assert shown.frame() == ["outer: 0/3"]
    outer.close()


def test_a_bar_that_ends_is_a_line_of_the_log_once(shown: Shown) -> None:
    """A bar becomes a line where it ended, or nothing with leave=False, in whatever order bars are closed."""
    bars = [
        tqdm(total=1, desc=f"{name}: ", console=shown.console, bar_format=FORMAT, leave=name != "b") for name in "abc"
    ]
    shown.console.print("before")
    for name in "bca":
        bar = bars["abc".index(name)]
        bar.update()
        bar.close()
        bar.close()
    shown.console.print("after")
    assert shown.frame()
    plain = re.sub(r"\x1b\[\??\d*[A-Za-z]|\x1b[78]", "", shown.stream.getvalue())
    assert [row for row in plain.replace("\r", "").split("\n") if "1/1" in row] == ["c: 1/1", "a: 1/1"]


def test_after_the_last_bar_a_print_follows_it(shown: Shown) -> None:
    """After the last bar its line is written and the cursor is below it, without a flush."""
    for _ in trange(2, console=shown.console, bar_format=FORMAT):
        pass
    assert "2/2\r\n" in shown.stream.getvalue()


def test_a_finished_bar_follows_the_width() -> None:
    """Its last state is rendered at each width while the console exists."""
    made = Shown()
    for _ in trange(3, console=made.console):
        pass
    made.console.flush()
    display = made.console._core.output.worker._worker._display  # type: ignore[union-attr]
    for width in (30, 70, 40):
        display._renderer.at(width)
        ((_, row),) = display.scrollback.blocks(0, 1)
        assert len(row) == width
        assert row.startswith("100%|")
    made.console.close()


def test_off_a_terminal_only_the_last_line_is_written() -> None:
    """Off a terminal only a bar's last line is written."""
    made = Shown(None)
    for number in tqdm(range(3), console=made.console, mininterval=0, bar_format=FORMAT):
        made.console.print("working on", number)
    with tqdm(total=3, console=made.console, leave=False) as bar:
        bar.update(2)
    assert list(tqdm([1], console=made.console, disable=None)) == [1]  # not on a terminal: disabled
    assert made.lines() == ["working on 0", "working on 1", "working on 2", "3/3"]


def test_changes_are_shown(shown: Shown) -> None:
    """A change of description, postfix, reset or text is shown."""
    bar = tqdm(total=4, console=shown.console, bar_format=FORMAT, leave=False)
    bar.set_description("copying")
    assert shown.frame() == ["copying: 0/4"]
    bar.set_postfix(loss=0.25)
    assert shown.frame() == ["copying: 0/4, loss=0.25"]
    bar.update(3)
    bar.reset(total=9)
    assert shown.frame() == ["copying: 0/9, loss=0.25"]
    bar.display("a text of one's own")
    assert shown.frame() == ["a text of one's own"]
    bar.close()


def test_a_delayed_bar_that_ends_before_is_never_seen(shown: Shown) -> None:
    """A bar that ends within its delay is never shown, as in tqdm."""
    for _ in tqdm(range(3), console=shown.console, delay=100):
        pass
    shown.console.flush()
    assert shown.stream.getvalue() == ""


def test_a_given_width_is_the_most(shown: Shown) -> None:
    """A width of 0 shows no bar."""
    with tqdm(total=10, console=shown.console, ncols=25, leave=False) as bar:
        assert (len(bar._renderer(80)), len(bar._renderer(20))) == (25, 20)
    with tqdm(total=10, console=shown.console, ncols=0, leave=False) as bar:
        assert bar._renderer(80).startswith("  0% 0/10")


def test_a_format_that_fails_is_shown_in_its_place(shown: Shown) -> None:
    """It ends neither the printer nor the program's loop."""
    for _ in tqdm(range(2), console=shown.console, bar_format="{nothing}"):
        shown.console.print("goes on")
    assert "reflowlog: a pin raised KeyError: 'nothing'"[:40] in shown.frame()[-1]


def test_a_forgotten_bar_is_ended(shown: Shown) -> None:
    """A bar without references ends, though its pin exists; so does one whose loop is left early."""
    bar = tqdm(total=2, console=shown.console, bar_format=FORMAT, desc="forgotten: ")
    bar.update()
    del bar
    for _ in tqdm(range(5), console=shown.console, bar_format=FORMAT, desc="left: "):
        break
    gc.collect()
    shown.console.flush()
    assert not tqdm._instances
    plain = re.sub(r"\x1b\[\??\d*[A-Za-z]|\x1b[78]", "", shown.stream.getvalue())
    assert "forgotten: 1/2\r\n" in plain
    assert plain.endswith("left: 0/5\r\n")


def test_the_printer_waits_for_no_lock_of_tqdms() -> None:
    """Bars are drawn although a thread that waits for room in the queue holds the lock."""
    made = Shown(queue_size=2)
    bar = tqdm(total=9, console=made.console, mininterval=0, miniters=1, leave=False)
    done = threading.Event()

    def log() -> None:
        with tqdm.get_lock():
            bar.update()
            for number in range(200):
                made.console.print(number)
        done.set()

    threading.Thread(target=log, daemon=True).start()
    assert done.wait(10)
    bar.close()
    made.console.close(10)


def test_a_bar_that_is_collected_on_the_printers_thread_takes_no_lock() -> None:
    """A bar collected on the printer's thread ends without taking the lock."""
    made = Shown()
    bars = [tqdm(total=9, console=made.console, bar_format=FORMAT, desc="collected: ")]
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with tqdm.get_lock():
            held.set()
            let_go.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)

    def render(width: int) -> str:
        bars.clear()
        gc.collect()
        return "cleared"

    with made.console.pin(render):
        assert made.console.flush(10)
    let_go.set()
    holder.join()
    made.console.close(10)
    assert "collected: 0/9\r\n" in made.stream.getvalue()


def test_write_prints_above_the_bars(shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    """On the bar's console, or a given one; text for another file is written to it."""
    with tqdm(total=1, console=shown.console, bar_format=FORMAT, leave=False) as bar:
        bar.write("above")
        tqdm.write("and more", file=shown.console, end="!\n")
        assert shown.frame() == ["above", "and more!", "0/1"] or shown.frame()[-1] == "0/1"
        other = io.StringIO()
        tqdm.write("elsewhere", file=other)
        assert other.getvalue() == "elsewhere\n"
    assert re.search(r"above\r\n.*and more!\r\n", shown.stream.getvalue(), re.DOTALL)
    tqdm.write("to standard output")
    assert capsys.readouterr().out == "to standard output\n"


def test_a_file_of_ones_own_is_tqdms_business() -> None:
    """A bar on another file is drawn by tqdm itself."""
    ours, theirs = io.StringIO(), io.StringIO()
    for made, stream in ((tqdm, ours), (std_tqdm, theirs)):
        for _ in made(range(3), file=stream, bar_format=FORMAT, mininterval=0):
            pass
    assert ours.getvalue() == theirs.getvalue() != ""


def test_without_a_console_it_is_the_one_on_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An existing console on standard error is used, so that the terminal has one owner."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with Console() as console:
        assert shared_console() is console
        for _ in trange(2, bar_format=FORMAT):
            pass
    assert stream.getvalue() == "2/2\n"


def test_a_closed_console_is_no_error() -> None:
    """The loop goes on without its bar when the console is closed."""
    made = Shown()
    bar = tqdm(range(3), console=made.console)
    made.console.close()
    assert list(bar) == [0, 1, 2]
    assert list(tqdm(range(3), console=made.console)) == [0, 1, 2]


def test_a_console_that_closes_leaves_the_last_state_of_its_bars() -> None:
    """It shows where each bar stopped."""
    made = Shown(None)
    bar = tqdm(total=9, console=made.console, bar_format=FORMAT, mininterval=0)
    bar.update(4)
    assert made.lines() == ["4/9"]
    bar.close()


def test_updates_from_many_threads(shown: Shown) -> None:
    """No update is lost, and the last one is shown."""
    with tqdm(total=4000, console=shown.console, bar_format=FORMAT, mininterval=0, leave=False) as bar:
        lock = threading.Lock()

        def work() -> None:
            for _ in range(1000):
                with lock:
                    bar.update()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        bar.refresh()
        assert shown.frame() == ["4000/4000"]


def test_pandas_progress_apply(shown: Shown) -> None:
    """`tqdm.pandas` creates bars of this class."""
    pandas = pytest.importorskip("pandas")
    tqdm.pandas(console=shown.console, desc="rows: ", bar_format=FORMAT)
    assert list(pandas.Series([1, 2, 3]).progress_apply(lambda value: value * 2)) == [2, 4, 6]
    shown.console.flush()
    assert "rows: 3/3\r\n" in shown.stream.getvalue()


def test_logging_redirected_to_write(shown: Shown) -> None:
    """`tqdm.contrib.logging` with this class writes above the bars."""
    import logging

    from tqdm.contrib.logging import logging_redirect_tqdm

    logger = logging.Logger("app")
    logger.addHandler(logging.StreamHandler(shown.console))
    with tqdm(total=1, console=shown.console, bar_format=FORMAT, leave=False):
        logger.warning("through the stream handler")
        with logging_redirect_tqdm([logger], tqdm_class=tqdm):
            logger.warning("redirected")
        assert shown.frame()[-1] == "0/1"
    assert "through the stream handler\r\n" in shown.stream.getvalue()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_map(shown: Shown) -> None:
    """The parent's bar counts the work of its children, which inherit no bar."""
    from tqdm.contrib.concurrent import process_map

    options = {"max_workers": 2, "chunksize": 1, "console": shown.console, "bar_format": FORMAT}
    assert process_map(abs, range(-3, 0), tqdm_class=tqdm, **options) == [3, 2, 1]
    shown.console.flush()
    assert shown.stream.getvalue().endswith("3/3\r\n" + "\x1b[?2026l")
    assert len(re.findall(r"3/3\r\n", shown.stream.getvalue())) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_bar_in_the_child_of_a_fork_writes_nothing() -> None:
    """A bar in the child of a fork writes nothing, neither when it is updated nor when it ends."""
    made = Shown(None)
    bar = tqdm(total=3, console=made.console, bar_format=FORMAT, mininterval=0)
    if (child := os.fork()) == 0:
        bar.update(2)
        bar.refresh()
        bar.close()
        os._exit(bool(made.stream.getvalue()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    bar.close()
    assert made.lines() == ["0/3"]


_CHILDREN = """
import multiprocessing, sys
from reflowlog import Console
from reflowlog.integrations.tqdm import tqdm

def work(number):
    for _ in tqdm(range(3), desc=f"child {number}: ", bar_format="{desc}{n_fmt}/{total_fmt}", mininterval=0):
        pass

if __name__ == "__main__":
    with Console() as console:
        console.print("parent")
        processes = [multiprocessing.get_context(sys.argv[1]).Process(target=work, args=(n,)) for n in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["fork", "spawn"])
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_childs_bar_is_its_last_line_on_the_parents_console(way: str, tmp_path: Path) -> None:
    """A child's bar is written as its last line, because a child has no part of the screen."""
    (tmp_path / "program.py").write_text(_CHILDREN)
    command = [sys.executable, str(tmp_path / "program.py"), way]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60, check=True)
    assert sorted(done.stderr.splitlines()) == ["child 0: 3/3", "child 1: 3/3", "parent"]
