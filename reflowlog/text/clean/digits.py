"""Tables for `translate` that read every digit as 0: texts that differ in digits only have one shape."""

from __future__ import annotations

from typing import Final

__all__ = ["DIGITS_TO_ZERO", "TEXT_DIGITS_TO_ZERO"]

DIGITS_TO_ZERO: Final = bytes.maketrans(b"123456789", b"000000000")
"""For bytes."""

TEXT_DIGITS_TO_ZERO: Final = str.maketrans("123456789", "000000000")
"""For text."""
