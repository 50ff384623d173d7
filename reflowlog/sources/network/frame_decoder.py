"""Frames of one sender: a base class that splits its bytes into lines."""

from __future__ import annotations

from typing import Protocol

LONGEST = 16 << 20  # bytes of a message
HELD = 64 << 20  # bytes of all messages that have not ended


# -- how messages are told apart ---------------------------------------------------------------------------------------


class FrameDecoder(Protocol):
    """Makes lines of what one sender sends, cut anywhere.

    Attributes:
        held: bytes of a message that has not ended.
        trouble: why nothing more is to be taken of this sender; empty if there is no reason.
    """

    held: bytearray
    trouble: str

    def feed(self, data: bytes) -> bytes:
        """The lines of the messages that are whole now."""

    def rest(self) -> bytes:
        """What becomes of the message that has not ended, and never will: a line, or nothing."""

    @staticmethod
    def line(datagram: bytes) -> bytes:
        """The line of a message that has come as a whole; nothing if it is empty."""
