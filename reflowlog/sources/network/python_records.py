"""Pickled records as `logging.handlers.SocketHandler` sends them."""

from __future__ import annotations

from reflowlog.sources.network.frame_decoder import LONGEST

__all__ = ["PickledRecordDecoder"]


_CUT_OFF = b"reflowlog: a record that cannot be read: its end is missing\n"


class PickledRecordDecoder:
    """Pickled records of Python's `logging`, each with its length before it, in four bytes."""

    def __init__(self) -> None:
        self.held = bytearray()
        self.trouble = ""

    def feed(self, data: bytes) -> bytes:
        """The lines of the records that are whole now."""
        from reflowlog.text.parse.safe_pickle import record_line

        self.held += data
        lines = []
        while len(self.held) >= 4:
            size = int.from_bytes(self.held[:4], "big")
            if size > LONGEST:
                self.trouble = f"announced a record of {size:,} bytes"
            if size > min(len(self.held) - 4, LONGEST):
                break
            lines.append(record_line(bytes(self.held[4 : 4 + size])))
            del self.held[: 4 + size]
        return b"".join(lines)

    def rest(self) -> bytes:
        """That there is one which is not whole."""
        return _CUT_OFF if self.held else b""

    @staticmethod
    def line(datagram: bytes) -> bytes:
        """The line of a record that has come as a whole."""
        cutter = PickledRecordDecoder()
        return cutter.feed(datagram) + (_CUT_OFF if cutter.held else b"")
