"""Decoder of syslog over TCP and UDP: octet-counted and delimited frames (RFC 6587)."""

from __future__ import annotations

import re

from reflowlog.sources.network.frame_decoder import MAX_MESSAGE_BYTES

__all__ = ["SyslogDecoder"]
_counted = re.compile(rb"([1-9]\d{0,9}) (?=<)").match
_may_be_counted = re.compile(rb"[1-9]\d{0,9} ?").fullmatch
_end = re.compile(rb"[\n\0]").search


class SyslogDecoder:
    r"""Decoder of syslog messages: each after its length, or before a newline or a zero byte.

    Examples:
        >>> SyslogDecoder().feed(b"<14>one\n7 <14>two<14>three\0<14>")
        b'<14>one\n<14>two\n<14>three\n'
    """

    def __init__(self) -> None:
        self.held = bytearray()
        self.error = ""
        self._searched = 0  # bytes of the message that were searched for its end

    def feed(self, data: bytes) -> bytes:
        """Add received bytes; return the lines of the messages that are complete now."""
        self.held += data
        lines = []
        while self.held and (found := self._next()) is not None:
            start, end = found
            lines.append(self.line(self.held[start:end]))
            del self.held[:end]
            self._searched = 0
        if len(self.held) > MAX_MESSAGE_BYTES:
            self.error = f"sent a message of more than {MAX_MESSAGE_BYTES:,} bytes"
        return b"".join(lines)

    def _next(self) -> tuple[int, int] | None:
        """Return the start and end of the next message, if it is complete."""
        if counted := _counted(self.held):
            end = counted.end() + int(counted[1])
            if end > MAX_MESSAGE_BYTES:
                self.error = f"announced a message of {int(counted[1]):,} bytes"
            return (counted.end(), end) if end <= min(len(self.held), MAX_MESSAGE_BYTES) else None
        if len(self.held) < 12 and _may_be_counted(self.held):
            return None
        ended = _end(self.held, self._searched)
        self._searched = len(self.held)
        return (0, ended.end()) if ended else None

    def flush_partial(self) -> bytes:
        """Return the line of the message that will never be completed."""
        return self.line(self.held)

    @staticmethod
    def line(datagram: bytes | bytearray) -> bytes:
        """Return a message with a newline; nothing if it is empty."""
        message = bytes(datagram.rstrip(b"\r\n\0"))
        return message + b"\n" if message else b""
