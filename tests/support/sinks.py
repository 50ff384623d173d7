"""A sink that records what it is given."""

from __future__ import annotations


class RecordingSink:
    """Sink that keeps chunks, and the words "pause" and "end", in order."""

    def __init__(self) -> None:
        self.events: list[bytes | str] = []

    def write(self, data: bytes) -> None:
        self.events.append(data)

    def pause(self) -> None:
        self.events.append("pause")

    def end(self) -> None:
        self.events.append("end")
