"""Protocol of the decoders that split the bytes of one network sender into lines, and their limits."""

from __future__ import annotations

from typing import Protocol

MAX_MESSAGE_BYTES = 16 << 20  # bytes of a message
MAX_HELD_BYTES = 64 << 20  # bytes of all unfinished messages together


class FrameDecoder(Protocol):
    """Decoder of the messages of one sender, from chunks that may be split at any byte.

    Attributes:
        held: bytes of the unfinished message.
        error: why the sender is to be disconnected; empty if there is no reason.
    """

    held: bytearray
    error: str

    def feed(self, data: bytes) -> bytes:
        """Add received bytes; return the lines of the messages that are complete now."""

    def flush_partial(self) -> bytes:
        """Return a line for the message that will never be completed, or nothing."""

    @staticmethod
    def line(datagram: bytes) -> bytes:
        """Return the line of a datagram; nothing if it is empty."""
