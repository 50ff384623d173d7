"""Reads inputs to their end and returns every event and message."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from reflowlog.core.events import Chunk
from reflowlog.sources.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.sources.inputs import Input


def read(source: Input, tee: Callable[[bytes], None] | None = None) -> tuple[list[object], list[str], Reader]:
    """Read an input to its end, and return the events, the warnings and the reader."""
    events: list[object] = []
    weights: list[int] = []
    complaints: list[str] = []
    finished = threading.Event()

    def send(event: object, weight: int) -> None:
        events.append(event)
        weights.append(weight)

    reader = Reader(source, send, tee, complaints.append, finished.set)
    reader.start()
    assert finished.wait(10)
    reader.join()
    assert weights == [len(event.data) if isinstance(event, Chunk) else 0 for event in events]
    return events, complaints, reader


def data_of(events: list[object]) -> bytes:
    """Return the bytes of all chunks, joined."""
    return b"".join(event.data for event in events if isinstance(event, Chunk))
