"""Rich on the console: its output is a pin."""

from __future__ import annotations

import io
import re
import threading
from typing import TYPE_CHECKING

import pytest

from reflowlog import Console

pytest.importorskip("rich")

from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn
from rich.status import Status
from rich.table import Table

from reflowlog.integrations.rich import pin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT = 10.0


@pytest.fixture(autouse=True)
def _no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove environment variables that change how the console looks."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def stream() -> io.StringIO:
    """Return the stream that the console writes to."""
    return io.StringIO()


@pytest.fixture
def console(stream: io.StringIO) -> Iterator[Console]:
    """Return a console 40 cells wide, as if on a terminal."""
    with Console(stream, mode="inline", width=40, color="always") as made:
        yield made


def frame(console: Console, stream: io.StringIO) -> list[str]:
    """Return the rows of the last frame, without colours."""
    assert console.flush(WAIT)
    last = stream.getvalue().split("\x1b[?2026h")[-1]
    return [row for row in re.sub(r"\x1b\[\??[\d;]*[A-Za-z]|\x1b[78]|\r", "", last).split("\n") if row]


def test_a_progress_display_is_a_pin(console: Console, stream: io.StringIO) -> None:
    """A progress display need not be started, and starting it writes nothing to the terminal."""
    progress = Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}"))
    with pin(progress, console, refresh_per_second=None) as shown, progress:
        task = progress.add_task("copying", total=9)
        progress.advance(task, 3)
        shown.update()
        (row,) = frame(console, stream)
        assert re.fullmatch(r"copying .* 3", row.rstrip())
        console.print("a line")
        assert frame(console, stream)[0] == "a line"
    assert frame(console, stream) == []


def test_a_renderable_is_drawn_at_each_width(console: Console) -> None:
    """A renderable takes as many rows as it needs at each width."""
    table = Table("name", "what it says, at length", title="a table")
    table.add_row("one", "words " * 8)
    shown = pin(table, console, refresh_per_second=None)
    console.flush()  # the printer thread, which renders it too, has nothing left to do
    for width in (30, 60, 20):
        rows = shown.render(width).split("\n")
        plain = [re.sub(r"\x1b\[[\d;]*m", "", row) for row in rows]
        assert max(map(len, plain)) <= width
        assert "one" in "".join(plain)
    shown.remove()


def test_its_colours_are_kept(console: Console, stream: io.StringIO) -> None:
    """Colours are kept as far as the console shows colours."""
    with pin("[bold red]alarm[/] and more", console, refresh_per_second=None):
        console.flush(WAIT)
        assert "\x1b[1;31malarm\x1b[0m and more" in stream.getvalue()


def test_an_animation_is_refreshed_while_it_is_pinned(console: Console) -> None:
    """The refreshing thread ends with the pin."""

    class Counted:
        def __init__(self) -> None:
            self.enough = threading.Event()
            self.count = 0

        def __rich__(self) -> str:
            self.count += 1
            if self.count >= 5:
                self.enough.set()
            return str(self.count)

    counted = Counted()
    with pin(counted, console, refresh_per_second=200):
        assert counted.enough.wait(WAIT)
        (thread,) = [each for each in threading.enumerate() if each.name == "reflowlog-rich"]
    thread.join(WAIT)
    assert not thread.is_alive()


def test_the_last_state_is_rendered_at_each_width(console: Console, stream: io.StringIO) -> None:
    """It is the state at the removal; later changes have no effect."""
    progress = Progress(BarColumn(bar_width=None), TextColumn("{task.completed:.0f}"))
    task = progress.add_task("", total=9)
    progress.advance(task, 4)
    with pin(progress, console, leave=True, refresh_per_second=None):
        pass
    progress.advance(task, 5)
    pin(Panel("all is well"), console, leave=True, refresh_per_second=None).remove()
    console.flush(WAIT)
    display = console._core.output.worker._worker._display  # type: ignore[union-attr]
    for width in (30, 60):
        display._renderer.at(width)
        (_, bar), (_, panel) = display.scrollback.blocks(0, 2)
        assert re.sub(r"\x1b\[[\d;]*m", "", bar).endswith(" 4")
        assert len(re.sub(r"\x1b\[[\d;]*m", "", bar)) == width
        assert [len(row) for row in re.sub(r"\x1b\[[\d;]*m", "", panel).split("\n")] == [width] * 3


def test_off_a_terminal_only_the_last_state_is_written() -> None:
    """No thread refreshes a pin there."""
    stream = io.StringIO()
    with Console(stream) as console:
        with pin("moving", console), pin("[bold]done[/]", console, leave=True):
            assert not [each for each in threading.enumerate() if each.name == "reflowlog-rich"]
        console.print("after")
    assert stream.getvalue() == "done\nafter\n"


def test_a_status_and_a_live_display(console: Console, stream: io.StringIO) -> None:
    """Their current content is shown."""
    with pin(Status("working"), console, refresh_per_second=None):
        assert frame(console, stream)[0].endswith("working")
    with pin(Live("live text"), console, refresh_per_second=None):
        assert frame(console, stream) == ["live text"]


@pytest.mark.parametrize("make", [Progress, lambda: Live("x"), lambda: Status("x")])
def test_a_started_live_display_is_refused(make: object, console: Console) -> None:
    """A started live display is refused: two painters on one terminal would tear each other's rows."""
    from rich.console import Console as RichConsole

    shown = make()  # type: ignore[operator]
    live = getattr(shown, "live", getattr(shown, "_live", shown))
    live.console = RichConsole(file=io.StringIO())
    live.start()
    try:
        with pytest.raises(ValueError, match="do not start it"):
            pin(shown, console)
    finally:
        live.stop()


def test_bad_arguments(console: Console) -> None:
    """Bad arguments raise before anything is shown."""
    with pytest.raises(ValueError, match="refresh_per_second is -1"):
        pin("x", console, refresh_per_second=-1)
    console.close()
    with pytest.raises(ValueError, match="closed console"):
        pin("x", console)


def test_a_renderable_that_fails_is_shown_in_its_place(console: Console, stream: io.StringIO) -> None:
    """Its error is shown, and nothing else is affected."""

    class Broken:
        def __rich__(self) -> str:
            raise LookupError("no total yet")

    with pin(Broken(), console, refresh_per_second=None):
        assert frame(console, stream)[0].startswith("reflowlog: a pin raised LookupError: no")


@pytest.mark.parametrize(
    ("transient", "leave", "stays"), [(False, None, True), (True, None, False), (False, False, False)]
)
def test_a_finished_progress_stays_as_rich_has_it(transient: bool, leave: bool | None, stays: bool) -> None:
    """It becomes a line of the log, unless it is transient, or `leave` says otherwise."""
    stream = io.StringIO()
    progress = Progress(TextColumn("{task.description} {task.completed}"), transient=transient)
    task = progress.add_task("copied", total=2)
    with Console(stream) as console, pin(progress, console, leave=leave):
        progress.update(task, completed=2)
    assert (stream.getvalue().strip() == "copied 2") == stays
    assert stays or not stream.getvalue()


def test_track_advances_without_a_live_display() -> None:
    """`Progress.track` counts while its bar is pinned, and the finished bar becomes a line of the log."""
    stream = io.StringIO()
    progress = Progress(TextColumn("{task.description} {task.completed:.0f}"))
    seen: list[float] = []
    with Console(stream) as console, pin(progress, console):
        seen.extend(progress.tasks[0].completed for _ in progress.track(range(3), description="parts"))
    assert seen == [0, 1, 2]
    assert stream.getvalue() == "parts 3\n"


def test_a_file_that_is_read_advances(tmp_path: Path) -> None:
    """`Progress.open` counts what was read."""
    path = tmp_path / "data"
    path.write_bytes(b"ab" * 500)
    stream = io.StringIO()
    progress = Progress(TextColumn("{task.description} {task.completed:.0f}"))
    with Console(stream) as console, pin(progress, console), progress.open(path, "rb", description="reading") as file:
        file.read()
    assert stream.getvalue() == "reading 1000\n"
