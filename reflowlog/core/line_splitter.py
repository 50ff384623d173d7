"""Joins chunks of bytes into whole lines."""

from __future__ import annotations

__all__ = ["LineSplitter"]


class LineSplitter:
    """Buffers a partial line between chunks that are split at arbitrary offsets."""

    def __init__(self) -> None:
        self._tail: list[bytes] = []
        self.partial_bytes = 0
        """Bytes of the partial line."""

    def feed(self, data: bytes) -> bytes:
        """Return all lines completed by ``data``, each from its first byte."""
        end = data.rfind(b"\n") + 1
        whole = b""
        if end:
            whole = b"".join([*self._tail, memoryview(data)[:end]])
            self._tail.clear()
            self.partial_bytes = 0
        if end < len(data):
            self._tail.append(data[end:])
            self.partial_bytes += len(data) - end
        return whole

    def flush_partial(self) -> bytes:
        """Return the partial line and clear the buffer."""
        tail = b"".join(self._tail)
        self._tail.clear()
        self.partial_bytes = 0
        return tail
