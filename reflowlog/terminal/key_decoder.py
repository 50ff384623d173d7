"""Decoder of terminal input: bytes to keys, wheel events and cursor reports. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.events import Key
from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["ESCAPE", "CursorPosition", "Decoder", "StringAnswer"]
MAX_SEQUENCE_BYTES = 64  # bytes of a sequence that are kept; the rest is ignored
MAX_PASTE_BYTES = 65_536  # bytes of a pasted text that are kept

ESCAPE, _BELL, _DELETE = 0x1B, 0x07, 0x7F

_CONTROLS = {code: f"Ctrl-{chr(code + 64)}" for code in range(1, 27)} | {
    8: "Backspace",
    9: "Tab",
    10: "Enter",
    13: "Enter",
    ESCAPE: "Escape",
    _DELETE: "Backspace",
}
_PASTE_BEGIN, _PASTE_END = "[200~", b"\x1b[201~"  # of a bracketed paste, DEC mode 2004
_WHEEL = {64: "WheelUp", 65: "WheelDown"}
_MODIFIERS = 4 + 8 + 16  # bits of shift, meta and control in a mouse button's number

_REPORT = lazy_pattern(r"\[(\d+);(\d+)R")
_MOUSE = lazy_pattern(r"\[<(\d+);\d+;\d+M")
_MODIFIED_LETTER = lazy_pattern(r"(?:\[1;\d+|O\d)([A-HP-S])")
_MODIFIED_NUMBER = lazy_pattern(r"\[(\d+)(?:;\d+~|[$^@])")  # the second form is rxvt's
_SHIFTED_ARROW = lazy_pattern(r"[\[O][a-d]")  # rxvt's
_CODED = lazy_pattern(r"\[27;(?P<m>\d+);(?P<c>\d+)~|\[(?P<code>\d+)(?:;(?P<modifiers>\d+))?u")


class CursorPosition(NamedTuple):
    """A cursor position report; row and column count from 1."""

    row: int
    column: int


class StringAnswer(NamedTuple):
    """A control string of the terminal: a letter that tells its kind (``P`` DCS, ``]`` OSC), then its text."""

    text: str


class Decoder:
    """State machine that decodes terminal input, split at any byte, into keys and cursor reports.

    Args:
        names: returns the keys' names by sequence, see `key_names`; called at the first sequence.

    Attributes:
        expecting: number of outstanding cursor reports. While it is positive, a sequence of a report's form is a
            report, and a control string is an answer; else they are F3 and nothing.
        expects_string: whether a control string is an answer although no report is outstanding.
        takes_pastes: whether a bracketed paste is one key; else its characters are keys, without the marks.
        version: the last answer to XTVERSION; empty before one.
    """

    def __init__(self, names: Callable[[], Mapping[str, str]] = dict) -> None:
        self._names = names
        self.expecting = 0
        self.expects_string = False
        self.takes_pastes = False
        self._out: list[Decoded] = []
        self._body = bytearray()
        self._remaining = 0  # bytes still to come of a character, or of a mouse report
        self._alt = False
        self._text = bytearray()  # of a control string, or pasted
        self._paste_end = b""  # last bytes of a paste
        self.version = ""
        self._state: Callable[[int], None] = self._ground

    def feed(self, data: bytes) -> list[Decoded]:
        """Decode bytes and return the keys, reports and answers that they complete, in order."""
        for byte in data:
            self._state(byte)
        out, self._out = self._out, []
        return out

    @property
    def is_incomplete(self) -> bool:
        """Whether a sequence or a character is incomplete."""
        return self._state != self._ground

    @property
    def is_lone_escape(self) -> bool:
        """Whether the incomplete sequence is a lone ESC, which may be the Escape key."""
        return self._state == self._escape

    @property
    def is_in_paste(self) -> bool:
        """Whether a bracketed paste is incomplete."""
        return self._state == self._paste

    def flush(self) -> list[Decoded]:
        """Return the Escape key if a lone ESC is pending, after a timeout. Other incomplete sequences stay pending."""
        if not self.is_lone_escape:
            return []
        self._state = self._ground
        return [Key("Escape")]

    def drop(self) -> None:
        """Discard the incomplete sequence."""
        self._state = self._ground

    # -- one state each -----------------------------------------------------------------------------------------

    def _ground(self, byte: int) -> None:
        self._state = self._ground
        self._alt = False
        if byte == ESCAPE:
            self._state = self._escape
        elif byte < 0x80:
            self._emit(_plain_key(byte))
        else:
            self._lead_byte(byte)

    def _escape(self, byte: int) -> None:
        if byte == 0x5B:  # [
            self._begin(self._csi, "[")
        elif byte == 0x4F:  # O
            self._begin(self._ss3, "O")
        elif byte in b"P]X^_":  # strings: DCS, OSC, SOS, PM, APC
            self._text[:] = bytes([byte])
            self._state = self._string
        elif byte < 0x20:  # typed one after the other
            self._emit("Escape")
            self._ground(byte)
        elif byte < 0x80:
            self._state = self._ground
            self._emit(f"Alt-{_plain_key(byte)}")
        else:
            self._alt = True
            self._lead_byte(byte)

    def _begin(self, state: Callable[[int], None], body: str) -> None:
        self._body[:] = body.encode()
        self._state = state

    def _csi(self, byte: int) -> None:
        if not 0x20 <= byte < 0x7F:  # an unfinished sequence
            self._ground(byte)
            return
        if len(self._body) < MAX_SEQUENCE_BYTES:
            self._body.append(byte)
        if self._body == b"[[":  # the Linux console's F1 to F5: one more byte
            return
        if self._body == b"[M":  # the mouse's X10 form: three more bytes, of any value
            self._remaining = 3
            self._state = self._old_mouse
        elif byte >= 0x40 or (byte == 0x24 and self._body[1:-1].isdigit()):  # rxvt's shifted keys end with a $
            self._state = self._ground
            self._sequence(self._body.decode())

    def _ss3(self, byte: int) -> None:
        if not 0x20 <= byte < 0x7F:
            self._ground(byte)
            return
        self._body.append(byte)
        if byte < 0x30 or byte > 0x39 or len(self._body) > 2:  # at most one digit, for the modifiers
            self._state = self._ground
            self._sequence(self._body.decode())

    def _string(self, byte: int) -> None:
        """Skip a string to its end, BEL or ST; another control aborts it, and is decoded."""
        if byte == ESCAPE:
            self._state = self._string_escape
        elif byte == _BELL:
            self._end_string()
        elif byte < 0x20:
            self._ground(byte)
        elif len(self._text) < MAX_SEQUENCE_BYTES:
            self._text.append(byte)

    def _string_escape(self, byte: int) -> None:
        if byte == 0x5C:
            self._end_string()
        else:  # the start of another sequence
            self._escape(byte)

    def _end_string(self) -> None:
        self._state = self._ground
        text = self._text.decode("ascii", "replace")
        if text.startswith("P>|"):
            self.version = text[3:]
        if self.expecting or self.expects_string:
            self._out.append(StringAnswer(text))

    def _paste(self, byte: int) -> None:
        """Take a byte of a bracketed paste, up to the mark at its end."""
        self._paste_end = (self._paste_end + bytes([byte]))[-len(_PASTE_END) :]
        if len(self._text) < MAX_PASTE_BYTES + len(_PASTE_END):
            self._text.append(byte)
        if self._paste_end == _PASTE_END:
            self._state = self._ground
            text = self._text.removesuffix(_PASTE_END)[:MAX_PASTE_BYTES]
            self._out.append(Key("Paste", text.decode("utf-8", "replace")))

    def _old_mouse(self, byte: int) -> None:
        if self._remaining == 3:
            self._emit(_WHEEL.get((byte - 32) & ~_MODIFIERS))
        self._remaining -= 1
        if not self._remaining:
            self._state = self._ground

    def _lead_byte(self, byte: int) -> None:
        """Take the first byte of a UTF-8 character; an invalid one is ignored."""
        self._remaining = 1 if 0xC2 <= byte < 0xE0 else 2 if 0xE0 <= byte < 0xF0 else 3 if 0xF0 <= byte < 0xF5 else 0
        self._body[:] = bytes([byte])
        self._state = self._continuation if self._remaining else self._ground

    def _continuation(self, byte: int) -> None:
        if byte & 0xC0 != 0x80:
            self._ground(byte)
            return
        self._body.append(byte)
        self._remaining -= 1
        if not self._remaining:
            self._state = self._ground
            character = self._body.decode(errors="ignore")
            if character.isprintable() and character:
                self._emit(f"Alt-{character}" if self._alt else character)

    # -- meanings -----------------------------------------------------------------------------------------------

    def _emit(self, name: str | None) -> None:
        if name:
            self._out.append(Key(name))

    def _sequence(self, body: str) -> None:
        if self.expecting and (report := _REPORT.fullmatch(body)):
            self.expecting -= 1
            self._out.append(CursorPosition(int(report[1]), int(report[2])))
        elif body == _PASTE_BEGIN and self.takes_pastes:
            self._text.clear()
            self._paste_end = b""
            self._state = self._paste
        elif mouse := _MOUSE.fullmatch(body):
            self._emit(_WHEEL.get(int(mouse[1]) & ~_MODIFIERS))
        elif coded := _CODED.fullmatch(body):
            self._emit(_coded_key(int(coded["c"] or coded["code"]), int(coded["m"] or coded["modifiers"] or 1)))
        else:
            names = self._names()
            self._emit(next((names[each] for each in _unmodified_sequences(body) if each in names), None))


Decoded = Key | CursorPosition | StringAnswer


def _plain_key(code: int) -> str | None:
    """Return the key name of a single character; None if it has none."""
    if code in _CONTROLS:
        return _CONTROLS[code]
    return chr(code) if code < 0x110000 and chr(code).isprintable() else None


def _coded_key(code: int, modifiers: int) -> str | None:
    """Return the key name for a character code with modifiers (CSI u, modifyOtherKeys)."""
    name = _plain_key(code)
    if not name:
        return None
    if (modifiers - 1) & 4 and len(name) == 1 and name.isascii() and name.isalpha():
        return _plain_key(ord(name.upper()) - 64)
    return f"Alt-{name}" if (modifiers - 1) & 2 and len(name) == 1 else name


def _unmodified_sequences(body: str) -> Sequence[str]:
    """Return a sequence, then the sequences of the same key without modifiers."""
    if letter := _MODIFIED_LETTER.fullmatch(body):
        return body, f"[{letter[1]}", f"O{letter[1]}"
    if number := _MODIFIED_NUMBER.fullmatch(body):
        return body, f"[{number[1]}~"
    return (body, body.upper()) if _SHIFTED_ARROW.fullmatch(body) else (body,)
