"""Inbox and stoppable thread: accepted events arrive, in order, and no wait is endless."""

from __future__ import annotations

import pickle
import signal
import threading

import pytest

from reflowlog.core.inbox import STOP, DroppedMarker, Inbox, QueueGap
from reflowlog.core.stoppable import StoppableThread


def test_events_come_out_in_the_order_in_which_they_were_put() -> None:
    """One sender's events keep their order, however they were sent."""
    inbox = Inbox()
    inbox.put(1)
    assert inbox.send(2)
    assert inbox.send(3, weight=10_000)
    assert inbox.send_wait(4)
    assert inbox.take(0) == [1, 2, 3, 4]
    assert inbox.take(0) == []


def test_a_full_inbox_says_no_to_send_and_yes_to_put() -> None:
    """`send` is bounded; `put` is not, for events that must get through."""
    inbox = Inbox(items=2)
    assert inbox.send("a")
    assert inbox.send("b")
    assert not inbox.send("c")
    inbox.put(STOP)
    assert inbox.take(0) == ["a", "b", STOP]
    assert inbox.send("d")


def test_heavy_events_fill_it_by_weight_and_make_room_when_taken() -> None:
    """The bound by weight counts waiting events only."""
    inbox = Inbox(weight=100_000)
    for _ in range(5):
        assert inbox.send("x", weight=100_000)
        assert not inbox.send("y", weight=1)
        assert inbox.take(0) == ["x"]


def test_take_stops_at_a_weight_so_that_a_frame_stays_small() -> None:
    """The other events are taken next time, in order."""
    inbox = Inbox()
    for number in range(4):
        inbox.send(number, weight=5000)
    assert inbox.take(0, heaviest=9000) == [0, 1]
    assert inbox.take(0, most=1) == [2]
    assert inbox.take(0) == [3]
    assert inbox.waiting == 0


def test_a_waiting_sender_goes_on_when_the_reader_makes_room() -> None:
    """Back-pressure: nothing is lost and nothing is sent twice."""
    inbox = Inbox(items=4)
    sender = threading.Thread(target=lambda: [inbox.send_wait(number) for number in range(1000)])
    sender.start()
    got: list[int] = []
    while len(got) < 1000:
        got += inbox.take(1)
    sender.join()
    assert got == list(range(1000))


def test_a_waiting_sender_can_give_up() -> None:
    """A console that ends must not hold its callers."""
    inbox = Inbox(items=1)
    inbox.put("a")
    assert not inbox.send_wait("b", give_up=lambda: True)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX timers")
def test_a_signal_handler_that_interrupts_a_wait_does_not_wait() -> None:
    """It runs on the thread that would have to make room, so its event is accepted."""
    inbox = Inbox(items=1)
    inbox.put("full")
    seen: list[bool] = []

    def handler(number: int, frame: object) -> None:
        seen.append(inbox.send_wait("from the handler"))

    old = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        assert not inbox.send_wait("never", give_up=lambda: bool(seen))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert inbox.take(0) == ["full", "from the handler"]


def test_the_sentinel_is_one_and_names_itself() -> None:
    """Its identity survives pickling, for it may cross processes."""
    assert repr(STOP) == "STOP"
    assert pickle.loads(pickle.dumps(STOP)) is STOP  # noqa: S301


def test_a_stoppable_thread_stops_and_joins() -> None:
    """Stopping twice, and before the start, is harmless."""
    rounds = threading.Event()

    class Worker(StoppableThread):
        def run(self) -> None:
            while not self.wait_stopped(0.001):
                rounds.set()

    with Worker(daemon=True) as worker:
        assert rounds.wait(5)
        assert not worker.stopped
    assert worker.stopped
    assert not worker.is_alive()
    worker.stop()
    worker.stop_and_join()
    StoppableThread(target=print).stop_and_join()


def test_a_stoppable_thread_may_stop_itself() -> None:
    """It does not wait for itself."""
    thread = StoppableThread(target=lambda: thread.stop_and_join())  # noqa: PLW0108 - bound only later
    thread.start()
    thread.join(5)
    assert not thread.is_alive()


def test_records_dropped_in_a_row_are_counted_in_one_marker() -> None:
    """Another one follows once an event was accepted, or the reader has passed the first."""
    markers: list[DroppedMarker] = []
    gap = QueueGap(markers.append)
    gap.count(2)
    gap.count(1)
    gap.end()
    gap.count(4)
    assert markers[1].close() == 4
    gap.count(8)
    assert [marker.close() for marker in markers] == [3, 4, 8]


def test_a_gap_that_ends_while_it_is_counted_keeps_its_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other threads end it at any time."""
    markers: list[DroppedMarker] = []
    gap = QueueGap(markers.append)
    add = DroppedMarker.add

    def add_and_end(marker: DroppedMarker, records: int) -> bool:
        gap.end()
        return add(marker, records)

    monkeypatch.setattr(DroppedMarker, "add", add_and_end)
    gap.count(2)
    gap.count(1)
    assert [marker.close() for marker in markers] == [2, 1]
