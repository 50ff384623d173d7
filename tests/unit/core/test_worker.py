"""Worker thread: from its first event to its end, and events after that."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from reflowlog.core import worker
from reflowlog.core.events import Flush
from reflowlog.core.inbox import STOP, Inbox, StopType
from reflowlog.core.worker import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAIT = 10.0  # seconds that end a hang


class FakePrinter:
    """Worker that records its events and its thread; `gate` blocks it until it is set."""

    threaded = True

    def __init__(self, inbox: Inbox, in_child: bool) -> None:
        self.inbox = inbox
        self.in_child = in_child
        self.worked: list[object] = []
        self.threads: set[threading.Thread] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.busy = threading.Event()
        self.stopped = False

    def wake_now(self) -> None:
        """Nothing is paced here."""

    def run(self) -> None:
        while not self.stopped:
            events = self.inbox.take(None)
            self.busy.set()
            assert self.gate.wait(WAIT)
            self.work(events)

    def work(self, events: list[Any]) -> None:
        for event in events:
            if isinstance(event, Flush):
                event.done()
            elif isinstance(event, StopType):
                self.stopped = True
            else:
                self.worked.append(event)
                self.threads.add(threading.current_thread())


class Made:
    """A press, and the printers that it has made."""

    def __init__(self, items: int = 65_536) -> None:
        self.printers: list[FakePrinter] = []
        self.worker = WorkerThread(self._make, items)  # type: ignore[arg-type]

    def _make(self, inbox: Inbox, in_child: bool) -> FakePrinter:
        self.printers.append(FakePrinter(inbox, in_child))
        return self.printers[-1]

    @property
    def printer(self) -> FakePrinter:
        (printer,) = self.printers
        return printer

    def hold(self) -> None:
        """Start the thread, and hold it up with an event in hand."""
        self.worker.put("held")
        assert self.worker.flush(WAIT)
        self.printer.gate.clear()
        self.printer.busy.clear()
        self.worker.put("in hand")
        assert self.printer.busy.wait(WAIT)


@pytest.fixture
def make() -> Iterator[Callable[..., Made]]:
    """Make a press with `make(items)`; it is ended after the test."""
    made: list[Made] = []

    def start(*arguments: Any) -> Made:
        made.append(Made(*arguments))
        return made[-1]

    yield start
    for each in made:
        for printer in each.printers:
            printer.gate.set()
        assert each.worker.close(WAIT)


def test_nothing_is_made_before_the_first_event(make: Callable[..., Made]) -> None:
    """A press that is never used makes no printer and no thread, also when it is flushed and closed."""
    made = make()
    assert made.worker.flush(0)
    assert made.worker.close()
    assert not made.printers


def test_the_first_event_starts_one_thread(make: Callable[..., Made]) -> None:
    """Many threads that send the first event at once still make one printer with one thread."""
    made = make()
    barrier = threading.Barrier(8)

    def send(number: int) -> None:
        barrier.wait()
        made.worker.put(number)

    senders = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert made.worker.flush(WAIT)
    assert sorted(made.printer.worked) == list(range(8))  # type: ignore[type-var]
    assert len(made.printer.threads) == 1
    assert made.printer.threads.pop().daemon


def test_flush_waits_until_the_printer_is_there(make: Callable[..., Made]) -> None:
    """It says whether all that was accepted is worked on, within its time."""
    made = make()
    made.hold()
    assert not made.worker.flush(0)
    assert not made.worker.flush(0.01)
    made.printer.gate.set()
    assert made.worker.flush(WAIT)
    assert made.printer.worked == ["held", "in hand"]


def test_close_works_on_all_first_and_may_be_repeated(make: Callable[..., Made]) -> None:
    """On return all accepted events are processed and the thread has ended; `close` is idempotent."""
    made = make()
    for number in range(1000):
        made.worker.put(number)
    assert made.worker.close(WAIT)
    assert made.printer.worked == list(range(1000))
    assert not made.printer.threads.pop().is_alive()
    assert made.worker.close()
    assert made.worker.closed
    assert made.worker.flush()


def test_close_gives_up_after_its_time_and_can_be_tried_again(make: Callable[..., Made]) -> None:
    """A printer that is held up holds up close for no longer than its timeout."""
    made = make()
    made.hold()
    assert not made.worker.close(0.01)
    assert not made.worker.flush(0.01)
    made.printer.gate.set()
    assert made.worker.close(WAIT)
    assert made.printer.worked == ["held", "in hand"]


def test_what_is_sent_after_the_end_is_worked_on_by_its_sender(make: Callable[..., Made]) -> None:
    """Exit hooks and daemon threads that come late lose nothing."""
    made = make()
    made.worker.put("before")
    assert made.worker.finish(WAIT)
    made.worker.put("put late")
    assert made.worker.send("sent late")
    made.worker.send_wait("sent late, waiting")
    assert made.printer.worked == ["before", "put late", "sent late", "sent late, waiting"]
    assert threading.current_thread() in made.printer.threads
    assert made.worker.flush(WAIT)


def test_many_late_senders_lose_nothing(make: Callable[..., Made]) -> None:
    """One works at a time, for all; every event is worked on once."""
    made = make()
    made.worker.put("before")
    assert made.worker.finish(WAIT)
    senders = [threading.Thread(target=lambda n=n: [made.worker.put((n, i)) for i in range(200)]) for n in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(WAIT)
    assert made.worker.flush(WAIT)
    late = made.printer.worked[1:]
    assert sorted(late) == [(n, i) for n in range(4) for i in range(200)]  # type: ignore[type-var]
    for number in range(4):
        assert [event for event in late if event[0] == number] == [(number, i) for i in range(200)]  # type: ignore[index]


def test_a_late_sender_returns_once_its_event_is_processed(make: Callable[..., Made]) -> None:
    """Also where another sender has taken it from the queue, and is still at work."""
    made = make()
    made.worker.put("first")
    assert made.worker.close(WAIT)
    made.printer.gate.clear()
    taken, seen = threading.Event(), []

    def work(events: list[Any]) -> None:
        taken.set()
        assert made.printer.gate.wait(WAIT)
        FakePrinter.work(made.printer, events)

    def process() -> None:
        made.worker.process_queued()
        seen.append(list(made.printer.worked))

    made.printer.work = work  # type: ignore[method-assign]
    made.worker.enqueue("one")
    other = threading.Thread(target=made.worker.put, args=("two",))
    other.start()
    assert taken.wait(WAIT)
    sender = threading.Thread(target=process)
    sender.start()
    sender.join(0.05)
    made.printer.gate.set()
    sender.join(WAIT)
    other.join(WAIT)
    assert seen == [["first", "one", "two"]]


def test_a_late_sender_processes_no_more_than_was_queued(make: Callable[..., Made]) -> None:
    """Daemon threads may send without pause while the interpreter ends: it does not wait for them."""
    made = make()
    made.worker.put("before")
    assert made.worker.finish(WAIT)
    others = iter(range(1000))

    def work_on(events: list[Any]) -> None:
        FakePrinter.work(made.printer, events)
        for number in others:
            made.worker.inbox.put(("of another thread", number))
            break

    made.printer.work = work_on  # type: ignore[method-assign]
    made.worker.put("late")
    assert made.printer.worked == ["before", "late"]
    made.worker.put("last")
    assert made.printer.worked[2:] == [("of another thread", 0), "last"]


def test_an_event_of_a_signal_handler_is_processed_by_the_sender_that_it_interrupted(make: Callable[..., Made]) -> None:
    """The handler itself returns at once."""
    made = make()
    made.worker.put("before")
    assert made.worker.finish(WAIT)

    def work_on(events: list[Any]) -> None:
        FakePrinter.work(made.printer, events)
        if "late" in events:
            made.worker.put("of the handler")
            assert "of the handler" not in made.printer.worked

    made.printer.work = work_on  # type: ignore[method-assign]
    made.worker.put("late")
    assert made.printer.worked == ["before", "late", "of the handler"]


def test_senders_wait_for_a_short_queue_while_the_interpreter_ends(make: Callable[..., Made]) -> None:
    """What is queued already stays."""
    made = make()
    made.hold()
    assert all(made.worker.send(number) for number in range(2 * worker.EXIT_ITEMS))
    made.worker.limit()
    assert not made.worker.send("one more")
    made.printer.gate.set()
    assert made.worker.flush(WAIT)
    assert made.worker.send("with room")
    assert made.worker.close(WAIT)
    assert made.printer.worked == ["held", "in hand", *range(2 * worker.EXIT_ITEMS), "with room"]


def test_senders_wait_while_the_thread_processes_what_was_queued_before_its_end(
    make: Callable[..., Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads that log without pause would keep it from that; a signal handler waits for it for a limited time."""
    made = make()
    made.hold()
    made.worker.stop()
    wait_for_end = made.worker._wait_for_end

    def wait(seconds: float) -> None:
        made.printer.gate.set()
        wait_for_end(seconds)

    monkeypatch.setattr(made.worker, "_wait_for_end", wait)
    for number in range(2 * worker.EXIT_ITEMS):
        made.worker.put(number)
    assert made.printer.gate.is_set()
    assert made.worker.flush(WAIT)
    assert made.printer.worked[2:] == [*range(2 * worker.EXIT_ITEMS)]


def test_senders_that_wait_for_room_are_let_go_when_it_ends(make: Callable[..., Made]) -> None:
    """Closing with a full queue neither hangs senders nor loses their events."""
    made = make(2)
    made.hold()
    senders = [threading.Thread(target=made.worker.send_wait, args=(number,)) for number in range(6)]
    for sender in senders:
        sender.start()
    closer = threading.Thread(target=made.worker.close)
    closer.start()
    made.printer.gate.set()
    for thread in (closer, *senders):
        thread.join(WAIT)
        assert not thread.is_alive()
    assert made.worker.flush(WAIT)
    assert sorted(made.printer.worked[2:]) == list(range(6))  # type: ignore[type-var]


def test_a_full_queue_says_no_to_send(make: Callable[..., Made]) -> None:
    """A send that never waits is refused exactly when there is no room."""
    made = make(2)
    made.hold()
    assert made.worker.send("one")
    assert made.worker.send("two")
    assert not made.worker.send("three")
    made.worker.put("put")
    made.printer.gate.set()
    assert made.worker.flush(WAIT)
    assert made.printer.worked == ["held", "in hand", "one", "two", "put"]


def test_the_printers_own_thread_waits_for_nothing(make: Callable[..., Made]) -> None:
    """A flush, a close or a send on the printer's thread returns at once: it would wait for itself."""
    made = make(1)
    answers: list[object] = []

    def work(events: list[Any]) -> None:
        for event in events:
            if event == "go":
                answers.append(made.worker.flush())
                made.worker.send_wait("a")
                made.worker.send_wait("b")
                answers.append(made.worker.close())
        FakePrinter.work(made.printer, events)

    made.worker.put("start")
    made.printer.work = work  # type: ignore[method-assign]
    made.worker.put("go")
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "reflowlog"]
    thread.join(WAIT)
    assert answers == [False, False]
    assert made.worker.close(WAIT)
    assert made.printer.worked == ["start", "go", "a", "b"]


def test_the_sentinel_may_come_from_anywhere_any_number_of_times(make: Callable[..., Made]) -> None:
    """Further sentinels find the thread gone and harm nothing."""
    made = make()
    made.worker.put("one")
    closers = [threading.Thread(target=made.worker.close) for _ in range(6)]
    for closer in closers:
        closer.start()
    for closer in closers:
        closer.join(WAIT)
        assert not closer.is_alive()
    made.worker.put(STOP)
    assert made.worker.flush(WAIT)
    assert made.printer.worked == ["one"]


@pytest.mark.skipif(sys.platform == "win32", reason="no signal interrupts a wait there")
def test_a_close_that_is_interrupted_is_none(make: Callable[..., Made]) -> None:
    """After Ctrl-C the thread continues, no other thread works beside it, and the next close waits for it."""
    made = make()
    gate, at_gate = threading.Event(), threading.Event()

    def work(events: list[Any]) -> None:
        at_gate.set()
        gate.wait(WAIT)
        FakePrinter.work(made.printer, events)

    made.worker.put("one")
    assert made.worker.flush(WAIT)
    made.printer.work = work  # type: ignore[method-assign]
    made.worker.put("two")
    assert at_gate.wait(WAIT)

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(KeyboardInterrupt):
            made.worker.close(WAIT)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not made.worker.close(0.01)
    gate.set()
    assert made.worker.finish(WAIT)
    assert made.printer.worked == ["one", "two"]
    assert len(made.printer.threads) == 1


def test_a_signal_handler_may_put(make: Callable[..., Made]) -> None:
    """An event put by a handler that interrupts its own thread's sending arrives, once."""
    made = make()
    made.worker.put("first")
    old = signal.signal(signal.SIGTERM, lambda *_: made.worker.put("from the handler"))
    try:
        for number in range(50):
            made.worker.put(number)
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, old)
    assert made.worker.flush(WAIT)
    expected: list[object] = ["first"]
    for number in range(50):
        expected += [number, "from the handler"]
    assert made.printer.worked == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_works_by_itself_and_inherits_nothing(make: Callable[..., Made]) -> None:
    """After a fork, also with the locks held and events waiting, the child's events are worked on in the child."""
    made = make()
    made.hold()
    made.worker.put("the parent's")
    held, done = threading.Event(), threading.Event()

    def hold_locks() -> None:
        with made.worker._lock, made.worker._late_lock:
            held.set()
            done.wait(WAIT)

    holder = threading.Thread(target=hold_locks)
    holder.start()
    assert held.wait(WAIT)
    child = os.fork()
    if not child:
        signal.alarm(5)  # a child that hangs ends
        made.worker.put("the child's")
        flushed = made.worker.flush(WAIT)
        right = made.printers[-1].worked == ["the child's"] and made.printers[-1].in_child
        os._exit(0 if flushed and right and made.worker.close() else 1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    done.set()
    holder.join()
    made.printer.gate.set()
    assert status == 0
    assert made.worker.flush(WAIT)
    assert made.printer.worked == ["held", "in hand", "the parent's"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_of_a_closed_one_is_closed(make: Callable[..., Made]) -> None:
    """A fork opens nothing again."""
    made = make()
    made.worker.put("one")
    assert made.worker.close(WAIT)
    child = os.fork()
    if not child:
        os._exit(0 if made.worker.closed else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_worker_that_follows_another_begins_when_that_has_ended(make: Callable[..., Made]) -> None:
    """Whatever it is sent meanwhile is accepted at once, and waits."""
    first, second = make(), make()
    first.hold()
    first.worker.put("last words")
    assert not first.worker.close(0)
    second.worker.follow([first.worker])
    second.worker.put("next")
    assert not second.worker.flush(0.05)
    assert second.printer.worked == []
    first.printer.gate.set()
    assert second.worker.flush(WAIT)
    assert first.worker.is_done
    assert first.printer.worked == ["held", "in hand", "last words"]
    assert second.printer.worked == ["next"]


@pytest.mark.parametrize("has_thread", [True, False])
def test_a_thread_may_send_to_the_worker_that_follows_it(make: Callable[..., Made], has_thread: bool) -> None:
    """As a stream that logs what is written to it: neither thread waits for itself or for the other one.

    So also where the second one has no thread of its own.
    """
    first, second = make(), make()
    first.hold()
    second.worker.follow([first.worker])
    second.worker._late = not has_thread

    def work(events: list[Any]) -> None:
        second.worker.put("nested")
        second.worker.flush(0)
        FakePrinter.work(first.printer, events)

    first.printer.work = work  # type: ignore[method-assign]
    assert not first.worker.close(0)
    first.printer.gate.set()
    assert first.worker.close(WAIT)
    assert second.worker.flush(WAIT)
    assert first.printer.worked == ["held", "in hand"]
    assert set(second.printer.worked) == {"nested"}


def test_a_sender_that_works_itself_waits_for_the_worker_before_it_at_most_for_a_time(
    make: Callable[..., Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold a lock that the thread of that one wants, as a signal handler does."""
    monkeypatch.setattr(worker, "PREDECESSOR_TIMEOUT", 0.01)
    first, second = make(), make()
    first.hold()
    assert not first.worker.close(0)
    second.worker.follow([first.worker])
    second.worker._late = True
    second.worker.put("at last")
    assert second.printer.worked == ["at last"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_waits_for_no_worker_of_its_parent(make: Callable[..., Made]) -> None:
    """The thread that is waited for does not exist there."""
    first, second = make(), make()
    first.hold()
    assert not first.worker.close(0)
    second.worker.follow([first.worker])
    child = os.fork()
    if not child:
        signal.alarm(5)  # a child that hangs ends
        second.worker.put("the child's")
        os._exit(0 if second.worker.flush(WAIT) and second.printer.worked == ["the child's"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_where_no_thread_can_be_started_senders_do_the_work(
    make: Callable[..., Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an ending interpreter, which starts no threads, events are processed on the sender's thread."""
    made = make()

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    made.worker.put("one")
    assert made.worker.flush(WAIT)
    made.worker.put("two")
    assert made.printer.worked == ["one", "two"]


def test_a_printer_that_cannot_be_made_is_tried_again() -> None:
    """A stream that fails once costs that call, not the console."""
    tries: list[int] = []

    def make(inbox: Inbox, in_child: bool) -> FakePrinter:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("not now")
        return FakePrinter(inbox, in_child)

    worker = WorkerThread(make)
    with pytest.raises(OSError, match="not now"):
        worker.put("one")
    worker.put("two")
    assert worker.flush(3)
    worker.close(3)


def test_a_close_on_the_printers_own_thread_is_waited_for_at_exit() -> None:
    """It ran out of no time."""
    from reflowlog.core import worker as module

    done, gate, box = threading.Event(), threading.Event(), []

    class Closing(FakePrinter):
        def work(self, events: list[Any]) -> None:
            if "close" in events:
                box[0].close()
                done.set()
                gate.wait(WAIT)
            super().work(events)

    worker = WorkerThread(Closing)
    box.append(worker)
    worker.put("close")
    assert done.wait(WAIT)
    still = worker in module._unfinished
    gate.set()
    worker.close(WAIT)
    assert still
