"""The shown text of a block of lines, for searches, and the offsets of its lines in the data."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.clean.sanitize import ESC, is_plain_bytes, sanitize, strip_forward_sequences

__all__ = [
    "NO_CONTROL",
    "TAB",
    "control_offsets",
    "decode_escapes",
    "escaped_lines",
    "line_numbers",
    "line_starts",
    "shown_text",
    "translate_lines",
]
FEW = 256  # control characters in a block, up to which only the lines that have one are sanitized

TAB = b"\t"
NO_CONTROL = bytes(byte for byte in range(256) if (byte >= 0x20 and byte != 0x7F) or byte == 0x0A)
_beyond_ascii = lazy_pattern(
    rb"\xc2[\x80-\x9f]|\xe2(?:\x80[\xa8-\xae]|\x81[\xa6-\xa9])"
)  # the characters of `sanitize._bad` beyond ASCII


def decode_escapes(line: bytes) -> bytes:
    r"""Decode the escapes of JSON in a line; those of controls become a blank.

    >>> decode_escapes(rb'{"msg": "say \"hi\"\nto \u00e9\ud83d\ude00"}').decode()
    '{"msg": "say "hi" to é😀"}'
    """
    return _escape.sub(_character, line)


escaped_lines = lazy_pattern(rb"^[^\n\\{]*\{[^\n\\]*\\[^\n]*", re.MULTILINE)  # lines that may be JSON with escapes
_escape = lazy_pattern(rb"\\(?:([\"\\/])|u([dD][89abAB]..)\\u([dD][c-fC-F]..)|u([0-9a-fA-F]{4})|[bfnrt])")


def _character(found: re.Match[bytes]) -> bytes:
    """Return the character that an escape stands for."""
    plain, high, low, code = found.groups()
    if plain:
        return plain
    try:
        text = bytes.fromhex((code or (high or b"0020") + (low or b"")).decode()).decode("utf-16-be")
    except ValueError:  # an unpaired surrogate
        return b"?"
    return text.encode() if text.isprintable() else b" "


# --- the text ---


def shown_text(data: bytes) -> tuple[bytes, bool]:
    """Return the text of lines as it is shown, in UTF-8 with newlines, and whether it is the data itself."""
    if is_plain_bytes(data):
        return data, True
    ascii_only = data.isascii()
    controls = data.translate(None, NO_CONTROL)
    if len(controls) <= FEW:
        text = _with_shown_lines(data, data, control_offsets(data, controls))
        if not ascii_only:
            text = text.decode("utf-8", "replace").encode()
        return text, text == data
    clean = data
    if b"\r" in data:
        clean = data.replace(b"\r\n", b"\n")
        if not clean.endswith(b"\n"):
            clean = clean.rstrip(b"\r")
    if ESC in clean or not ascii_only:
        clean = strip_forward_sequences(clean.decode("utf-8", "replace")).encode()
    rest = clean.translate(None, NO_CONTROL)
    if ascii_only and not rest.strip(TAB):
        return (clean.expandtabs(8) if rest else clean), False
    return _with_shown_lines(data, clean, control_offsets(clean, rest)), False


def control_offsets(text: bytes, controls: bytes) -> list[int]:
    """Return the offsets of these control characters, and of those beyond ASCII, ascending."""
    places = [found.start() for found in _beyond_ascii.finditer(text)] if not text.isascii() else []
    for control in set(controls):
        place = text.find(control)
        while place >= 0:
            places.append(place)
            place = text.find(control, place + 1)
    return sorted(places)


def _with_shown_lines(data: bytes, text: bytes, places: list[int]) -> bytes:
    """Return the text with the lines that hold these offsets replaced by their sanitized lines of the data."""
    raw = [] if text is data else data.split(b"\n")
    parts, end, number, counted = [], 0, 0, 0
    for place in places:
        if place < end:
            continue  # in a line that was handled
        start = text.rfind(b"\n", 0, place) + 1
        parts.append(text[end:start])
        end = text.find(b"\n", place)
        end = len(text) if end < 0 else end
        line = text[start:end]
        if raw:
            number += text.count(b"\n", counted, start)
            counted = start
            line = raw[number]
        parts.append(sanitize(line.decode("utf-8", "replace"))[0].encode())
    return b"".join((*parts, text[end:])) if parts else text


def line_numbers(text: Any, starts: list[int], newline: Any) -> list[int]:
    """Return the numbers, from 0, of lines by their offsets in a text, ascending."""
    numbers, number, at = [], 0, 0
    for start in starts:
        number += text.count(newline, at, start)
        at = start
        numbers.append(number)
    return numbers


def translate_lines(data: bytes, text: bytes, starts: list[int]) -> list[int]:
    """Translate the offsets of lines in the shown text into their offsets in the data, ascending."""
    return line_starts(data, line_numbers(text, starts, b"\n"))


def line_starts(data: bytes, numbers: list[int]) -> list[int]:
    """Return the offsets of lines by their numbers."""
    if not numbers:
        return []
    lengths = map(len, data.split(b"\n"))
    starts = list(accumulate(lengths, lambda place, size: place + size + 1, initial=0))
    return [starts[number] for number in numbers]
