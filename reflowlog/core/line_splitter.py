"""Splits bytes that are cut anywhere into whole lines."""

from __future__ import annotations

__all__ = ["LineSplitter"]


class LineSplitter:
    """Makes whole lines of pieces that are cut anywhere."""

    def __init__(self) -> None:
        self._tail: list[bytes] = []

    def feed(self, data: bytes) -> bytes:
        """The lines that end in `data`, from their beginnings."""
        end = data.rfind(b"\n") + 1
        whole = b""
        if end:
            whole = b"".join([*self._tail, memoryview(data)[:end]])
            self._tail.clear()
        if end < len(data):
            self._tail.append(data[end:])
        return whole

    def rest(self) -> bytes:
        """The line that has not ended; the next one begins anew."""
        tail = b"".join(self._tail)
        self._tail.clear()
        return tail
