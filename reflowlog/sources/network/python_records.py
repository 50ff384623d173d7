"""Decoder of pickled records as `logging.handlers.SocketHandler` and `DatagramHandler` send them."""

from __future__ import annotations

from reflowlog.sources.network.frame_decoder import MAX_MESSAGE_BYTES

__all__ = ["PickledRecordDecoder"]


_TRUNCATED = b"reflowlog: a record that cannot be read: its end is missing\n"


class PickledRecordDecoder:
    """Decoder of pickled records of Python's `logging`, each after its length in four bytes."""

    def __init__(self) -> None:
        self.held = bytearray()
        self.error = ""

    def feed(self, data: bytes) -> bytes:
        """Add received bytes; return the lines of the records that are complete now."""
        from reflowlog.text.parse.safe_pickle import record_line

        self.held += data
        lines = []
        while len(self.held) >= 4:
            size = int.from_bytes(self.held[:4], "big")
            if size > MAX_MESSAGE_BYTES:
                self.error = f"announced a record of {size:,} bytes"
            if size > min(len(self.held) - 4, MAX_MESSAGE_BYTES):
                break
            lines.append(record_line(bytes(self.held[4 : 4 + size])))
            del self.held[: 4 + size]
        return b"".join(lines)

    def flush_partial(self) -> bytes:
        """Return a placeholder line if the last record was truncated."""
        return _TRUNCATED if self.held else b""

    @staticmethod
    def line(datagram: bytes) -> bytes:
        """Return the line of a record that was sent as a datagram."""
        decoder = PickledRecordDecoder()
        return decoder.feed(datagram) + (_TRUNCATED if decoder.held else b"")
