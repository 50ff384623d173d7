"""`Console.aflush`: a coroutine waits until everything is painted, and its event loop continues."""

from __future__ import annotations

import asyncio
import io
import os
import threading
from typing import Any

import pytest

from reflowlog import STOP, Console
from reflowlog.console.core import core_of
from reflowlog.core.events import DeferredRecords
from reflowlog.core.records import StyledLine

WAIT = 10.0  # seconds that end a hang


class Held:
    """A console whose printer has an event in hand until `go` is set."""

    def __init__(self, **options: Any) -> None:
        self.stream = io.StringIO()
        self.console = Console(self.stream, threaded=True, **options)
        self.go, inside = threading.Event(), threading.Event()

        def wait(payload: object) -> list[Any]:
            inside.set()
            assert self.go.wait(WAIT)
            return [StyledLine("held")]

        core_of(self.console).submit(DeferredRecords(None, wait))
        assert inside.wait(WAIT)


def run(coroutine: Any) -> Any:
    """Its result, in a loop of its own."""
    return asyncio.run(asyncio.wait_for(coroutine, WAIT))


def test_all_that_was_printed_is_there() -> None:
    """As after `flush`."""
    stream = io.StringIO()

    async def main() -> bool:
        console.print("one")
        return await console.aflush()

    with Console(stream) as console:
        assert run(main())
        assert stream.getvalue() == "one\n"


def test_the_loop_goes_on_meanwhile() -> None:
    """The printer is released by the waiting loop itself; any number of coroutines may wait."""
    held = Held()

    async def main() -> list[bool]:
        asyncio.get_running_loop().call_soon(held.go.set)
        return await asyncio.gather(*(held.console.aflush() for _ in range(20)))

    threads = threading.active_count()
    assert run(main()) == [True] * 20
    assert threading.active_count() == threads
    held.console.close()


@pytest.mark.parametrize("timeout", [-1, 0, 0.01])
def test_it_has_a_timeout(timeout: float) -> None:
    """It says whether all is shown; to be late does no harm."""
    held = Held()
    assert run(held.console.aflush(timeout)) is False
    held.go.set()
    assert run(held.console.aflush(WAIT)) is True
    held.console.close()


def test_a_console_that_was_never_used_is_flushed() -> None:
    """Nothing starts for it."""
    threads = threading.active_count()
    console = Console(io.StringIO())
    assert run(console.aflush(0)) is True
    assert threading.active_count() == threads


def test_after_the_end_all_is_there() -> None:
    """A closed console is a flushed one, whatever the time."""
    console = Console(io.StringIO())
    console.print("one")
    console.close()
    assert run(console.aflush()) is True
    assert run(console.aflush(0)) is True


def test_while_it_ends() -> None:
    """It waits for events before the sentinel, without blocking its loop."""
    held = Held()
    held.console.put(STOP)

    async def main() -> bool:
        assert await held.console.aflush(0) is False
        asyncio.get_running_loop().call_soon(held.go.set)
        return await held.console.aflush()

    assert run(main()) is True
    assert held.stream.getvalue() == "held\n"


def test_who_is_cancelled_or_gone_harms_nobody() -> None:
    """The printer answers a coroutine that waits no more, in a loop that is closed."""
    held = Held()

    async def main() -> None:
        task = asyncio.ensure_future(held.console.aflush())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())
    held.console.print("later")
    held.go.set()
    assert held.console.flush(WAIT)
    assert held.stream.getvalue() == "held\nlater\n"
    held.console.close()


def test_on_the_printers_own_thread_nothing_is_waited_for() -> None:
    """As with `flush`, it would wait for itself."""
    console = Console(io.StringIO())
    said: list[bool] = []
    core_of(console).submit(DeferredRecords(None, lambda _: said.append(asyncio.run(console.aflush())) or []))
    assert console.flush(WAIT)
    assert said == [False]
    console.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_in_the_child_of_a_fork(tmp_path: Any) -> None:
    """Without a thread, pending events are painted at once."""
    path = tmp_path / "log"
    with path.open("w") as stream, Console(stream) as console:
        console.print("parent")
        console.flush()
        child = os.fork()
        if child == 0:
            console.print("child")
            os._exit(0 if run(console.aflush(WAIT)) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert path.read_text() == "parent\nchild\n"


def test_a_full_queue_that_drops_never_holds_up_the_loop() -> None:
    """Dropped records are counted, and the loop continues."""
    held = Held(queue_size=4, overflow="drop")

    async def main() -> int:
        for number in range(100):
            held.console.print(number)
            await asyncio.sleep(0)
        held.go.set()
        await held.console.aflush()
        return held.console.dropped

    assert run(main()) == 96
    assert f"dropped {96} records" in held.stream.getvalue()
    held.console.close()
