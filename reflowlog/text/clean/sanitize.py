"""Sanitizes untrusted text: plain text and style spans. The only module that reads escape sequences.

Invariants:
- The output holds no control character. Colour (SGR) and links (OSC 8) become spans; a small line discipline
  (carriage return, backspace, tab, erase in line) acts within the line; every other control is shown as one visible
  mark per character and acts on nothing. An escape is shown as ``␛`` with its ordinary characters after it.
- Text that is invisible on purpose, or reorders its line, is made visible: concealed text (SGR 8) is not concealed,
  and bidirectional embeddings, overrides and isolates become U+FFFD. Joiners, variation selectors and combining marks
  are part of ordinary writing, and stay.
- Most lines are printable ASCII and are returned unchanged (`is_plain`); lines with colour alone are split at their
  sequences in C (`_styled`); only lines with a carriage return, backspace, tab or link pay for a model of the line
  (`_CursorLine`).
- No input costs more than linear time: no pattern here can start again at each character of a long tail.

An SGR state is everything that SGR has set so far; it is stored as the one sequence that selects it from the reset
state. Each state caches its successors by the parameters of a sequence, so a known transition is one dictionary lookup.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zlib import crc32

from reflowlog.core.records import PLAIN, Span, Spans, Style
from reflowlog.text.clean.cells import cells, split

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ESC", "is_plain", "is_plain_bytes", "mark_controls", "sanitize", "strip_colours", "strip_forward_sequences"]

ESC = b"\x1b"

_PRINTABLE = bytes(range(0x20, 0x7F))
_PRINTABLE_LINES = _PRINTABLE + b"\n"

# Controls (C0, DEL, C1), separators of lines and paragraphs, bidirectional controls, surrogates.
_BAD_SET = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_bad = re.compile(f"[{_BAD_SET}]")

# Sequences of a forward-only line: SGR, also with the shift-in that `tput sgr0` sends on some terminals; erasing to the
# right of the cursor, where nothing is; and the charset reset of `tput sgr0`.
_SGR = r"\x1b\[([0-9;:]*)m\x0f?"
_QUIET = r"\x1b(?:\[0?K|\(B)"
_forward = re.compile(f"{_SGR}|{_QUIET}")
_colours = re.compile(rb"\x1b\[[0-9;:]*m")

# Sequences with an effect: SGR | link | erase in line | charset reset | carriage return, backspace, tab.
_acting = re.compile(
    rf"{_SGR}|\x1b\]8;([^;{_BAD_SET}]*);([^{_BAD_SET}]*)(?:\x07|\x1b\\)|\x1b\[([012]?)K|\x1b\(B|([\r\b\t])"
)
# Overstriking in man pages, for underline and bold: ``_``, backspace, the character; the same character twice.
_overstruck = re.compile(r"_\x08([^\x00-\x20\x7f-\x9f])|([^\x00-\x20\x7f-\x9f])\x08\2")
_PARTS = 6  # strings that each match adds to a split: the text before it and five groups


def is_plain(text: str) -> bool:
    r"""Return whether a text is printable ASCII only (U+0020 to U+007E), so that each character takes one cell.

    Examples:
        >>> is_plain("GET / 200"), is_plain("tab\t"), is_plain("é")
        (True, False, False)
    """
    return text.isascii() and not text.encode().translate(None, _PRINTABLE)


def is_plain_bytes(data: bytes) -> bool:
    r"""Return whether bytes are printable ASCII and newlines only. Costs about 0.3 ms per MB.

    Examples:
        >>> is_plain_bytes(b"one\ntwo\n"), is_plain_bytes(b"\x1b[m")
        (True, False)
    """
    return not data.translate(None, _PRINTABLE_LINES)


def sanitize(line: str) -> tuple[str, Spans]:
    r"""Sanitize one line of untrusted text.

    Args:
        line: without newline; decoded with ``errors="replace"`` or ``"surrogateescape"``.

    Returns:
        The text without any control character or tab, and its style spans.

    Examples:
        >>> sanitize("\x1b[1;31merror\x1b[0m: \x1b[2J")
        ('error: ␛[2J', ((0, 5, Style(sgr='1;31', link='')),))
        >>> sanitize("10%\r50%\rdone")
        ('done', ())
    """
    if "\x1b" not in line and is_plain(line):
        return line, ()
    if line.endswith("\r"):
        line = line.rstrip("\r")
    if _bad.search(line) is None:
        return line, ()
    if "\x1b" in line:
        parts = _forward.split(line)
        if len(parts) > 1:
            text = "".join(parts[::2])
            if is_plain(text) or _bad.search(text) is None:
                return text, _styled(parts)
    elif "\t" in line and line.isascii():
        text = line.expandtabs(8)
        if is_plain(text):
            return text, ()
    return _acted(line)


def strip_forward_sequences(text: str) -> str:
    """Remove the sequences of forward-only lines from a text: colours, and sequences without an effect there."""
    return _forward.sub("", text)


def strip_colours(data: bytes) -> bytes:
    r"""Remove SGR sequences from bytes; faster than `sanitize`, for lines that are read but not shown.

    Examples:
        >>> strip_colours(b"\x1b[31mERROR\x1b[0m x")
        b'ERROR x'
    """
    return _colours.sub(b"", data) if ESC in data else data


def mark_controls(text: str) -> str:
    r"""Replace each control character, and each character that reorders text, by one visible mark.

    Examples:
        >>> mark_controls("\x1b[31mred\tx")
        '␛[31mred␉x'
    """
    return _bad.sub(_visible, text)


def _visible(found: re.Match[str]) -> str:
    """Return the one-cell mark for a character that must not reach a terminal."""
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


# --- SGR ---

_REMEMBERED = 4_096  # transitions between SGR states; when there are more, all are dropped
_LONGEST_REMEMBERED = 64  # characters of a sequence's parameters; longer ones are not cached

# The slot that each parameter sets; slots are in the order in which a state's sequence names them.
_WEIGHT, _FAINT, _ITALIC, _UNDERLINE, _BLINK, _REVERSE, _STRIKE, _OVER, _INK, _PAPER, _LINE = range(11)
_SETS = {
    "1": _WEIGHT,
    "2": _FAINT,
    "3": _ITALIC,
    "4": _UNDERLINE,
    "5": _BLINK,
    "6": _BLINK,
    "7": _REVERSE,
    "9": _STRIKE,
    "21": _UNDERLINE,
    "53": _OVER,
    **{f"4:{kind}": _UNDERLINE for kind in range(1, 6)},
    **{str(code): _INK for code in (*range(30, 38), *range(90, 98))},
    **{str(code): _PAPER for code in (*range(40, 48), *range(100, 108))},
}
_CLEARS = {
    "22": (_WEIGHT, _FAINT),
    "23": (_ITALIC,),
    "24": (_UNDERLINE,),
    "4:0": (_UNDERLINE,),
    "25": (_BLINK,),
    "27": (_REVERSE,),
    "29": (_STRIKE,),
    "55": (_OVER,),
    "39": (_INK,),
    "49": (_PAPER,),
    "59": (_LINE,),
}
_COLOURS = {"38": _INK, "48": _PAPER, "58": _LINE}
_RESET = ("",) * 11


class _SgrState(dict["str | None", "_SgrState"]):
    """Everything that SGR has set so far. As a dictionary: the next state by the parameters of a sequence."""

    __slots__ = ("slots", "style")

    def __init__(self, slots: tuple[str, ...]) -> None:
        super().__init__()
        self.slots = slots
        sgr = ";".join(filter(None, slots))
        self.style = Style(sgr) if sgr else PLAIN

    def __missing__(self, parameters: str | None) -> _SgrState:
        slots = self.slots if parameters is None else _folded(self.slots, parameters)
        if len(_sgr_states) >= _REMEMBERED or len(self) >= _REMEMBERED:
            _forget_sgr_states()
        look = _sgr_states.get(slots)
        if look is None:
            look = _sgr_states[slots] = _SgrState(slots)
        if parameters is None or len(parameters) <= _LONGEST_REMEMBERED:
            self[parameters] = look
        return look


_sgr_states: dict[tuple[str, ...], _SgrState] = {}
_unstyled = _sgr_states[_RESET] = _SgrState(_RESET)


def _forget_sgr_states() -> None:
    for look in list(_sgr_states.values()):  # any thread may be in here
        look.clear()
    _sgr_states.clear()
    _sgr_states[_RESET] = _unstyled


def _folded(slots: tuple[str, ...], parameters: str) -> tuple[str, ...]:
    """Return the slots after one more SGR sequence; unknown parameters change nothing."""
    now = list(slots)
    waiting = [part.lstrip("0") or "0" for part in reversed(parameters.split(";"))]
    while waiting:
        part = waiting.pop()
        if part in _SETS:
            now[_SETS[part]] = part
        elif part == "0":
            now = list(_RESET)
        elif part in _CLEARS:
            for slot in _CLEARS[part]:
                now[slot] = ""
        elif part in _COLOURS:
            now[_COLOURS[part]] = _semicolon_colour(part, waiting) or now[_COLOURS[part]]
        elif part[:3] in ("38:", "48:", "58:"):
            slot = _COLOURS[part[:2]]
            now[slot] = _colon_colour(part) or now[slot]
    return tuple(now)


def _semicolon_colour(target: str, waiting: list[str]) -> str:
    """Pop the parts of a colour and return it; empty if they are no colour."""
    kind = waiting.pop() if waiting else ""
    count = {"5": 1, "2": 3}.get(kind, 0)
    numbers = [waiting.pop() for _ in range(min(count, len(waiting)))]
    return _colour(target, kind, numbers) if count and len(numbers) == count else ""


def _colon_colour(part: str) -> str:
    """Return the colour of ``38:5:n``, ``38:2:r:g:b`` or ``38:2:space:r:g:b``; empty if it is none."""
    target, kind, *numbers = part.split(":")
    if kind == "2" and len(numbers) > 3:
        numbers = numbers[1:4]
    return _colour(target, kind, numbers) if len(numbers) == {"5": 1, "2": 3}.get(kind) else ""


def _colour(target: str, kind: str, numbers: list[str]) -> str:
    """Return a colour in the form that most terminals accept.

    Underline colours are written with colons, so that a terminal that does not support them skips them as a whole.
    """
    if not all(len(number) <= 3 and (not number or (number.isdigit() and int(number) < 256)) for number in numbers):
        return ""
    values = [str(int(number or "0")) for number in numbers]
    if target != "58":
        return ";".join((target, kind, *values))
    return ":".join((target, kind, *([""] if kind == "2" else []), *values))


def _styled(parts: list[str]) -> Spans:
    """Return the spans of a line split into text, parameters, text...; parameters None: a sequence without effect."""
    spans: list[Span] = []
    look = _unstyled
    rest = iter(parts)
    at = start = len(next(rest))
    style = PLAIN  # of the characters from `start` on
    for parameters, text in zip(rest, rest):
        look = look[parameters]
        if text:
            if look.style is not style:
                if at > start and style is not PLAIN:
                    spans.append((start, at, style))
                start = at
                style = look.style
            at += len(text)
    if at > start and style is not PLAIN:
        spans.append((start, at, style))
    return tuple(spans)


# --- the line discipline ---


class _CursorLine:
    """Model of a terminal line with a cursor.

    The cells left of the cursor are a list of runs; the cells from the cursor on are a stack of single clusters whose
    top is at the cursor. A run or cluster is ``(text, cells, style)``; text None is blanks. So each step costs as much
    as it writes or passes, never as much as the line is long.
    """

    __slots__ = ("before", "column", "halfway", "rest", "style")

    def __init__(self) -> None:
        self.before: list[tuple[str | None, int, Style]] = []
        self.rest: list[tuple[str | None, int, Style]] = []
        self.column = 0  # column of the cursor, in cells
        self.halfway = False  # the cursor is on the second cell of the top cluster
        self.style = PLAIN

    def write(self, text: str) -> None:
        """Write text at the cursor, over the cells that are there."""
        self._settle()
        width = cells(text)
        self.before.append((text, width, self.style))
        self.column += width
        left = width
        while self.rest and (
            left > 0 or (width and not self.rest[-1][1])
        ):  # zero-width marks go with the cluster they stand on
            left -= self.rest.pop()[1]
        if left < 0:
            self.rest.append((None, -left, PLAIN))

    def tab(self) -> None:
        """Move to the next multiple of 8 cells; cells beyond the end become blanks."""
        self._settle()
        stop = self.column // 8 * 8 + 8
        while self.column < stop and self.rest:
            run = text, width, _ = self.rest.pop()
            if text is None and self.column + width > stop:
                self.rest.append((None, self.column + width - stop, PLAIN))
                run = (None, stop - self.column, PLAIN)
            self.before.append(run)
            self.column += run[1]
        if self.column < stop:
            self.before.append((" " * (stop - self.column), stop - self.column, PLAIN))
            self.column = stop

    def back(self) -> None:
        """Move one cell to the left."""
        if self.halfway:
            self.halfway = False
            self.column -= 1
            return
        while self.before and self.column:
            text, width, style = self.before.pop()
            if text is None:
                if width > 1:
                    self.before.append((None, width - 1, PLAIN))
                self.rest.append((None, 1, PLAIN))
                self.column -= 1
                return
            clusters, widths = split(text)
            while clusters:
                cluster, wide = clusters.pop(), widths.pop()
                self.rest.append((cluster, wide, style))
                if wide:
                    self._push(clusters, widths, style)
                    self.column -= 1
                    if wide > 1:
                        self.halfway = True
                    return

    def _push(self, clusters: list[str], widths: list[int], style: Style) -> None:
        self.before.extend((cluster, wide, style) for cluster, wide in zip(clusters, widths))

    def home(self) -> None:
        """Move to the first cell."""
        for text, width, style in reversed(self.before):
            if text is None:
                self.rest.append((None, width, PLAIN))
            else:
                clusters, widths = split(text)
                self.rest.extend((cluster, wide, style) for cluster, wide in zip(clusters[::-1], widths[::-1]))
        self.before.clear()
        self.column = 0
        self.halfway = False

    def erase(self, what: str) -> None:
        """Erase from the cursor to the end (``""`` or ``"0"``), up to the cursor (``"1"``), or all (``"2"``)."""
        self._settle()
        if what in ("1", "2"):
            self.before = [(None, self.column, PLAIN)] if self.column else []
        if what == "1":
            if self.rest:
                self.rest.append((None, self.rest.pop()[1], PLAIN))
        else:
            self.rest.clear()

    def _settle(self) -> None:
        """Replace a wide cluster by blanks if the cursor is on its second cell, before something is written there."""
        if self.halfway:
            _, width, _ = self.rest.pop()
            self.before.append((None, 1, PLAIN))
            self.rest.append((None, width - 1, PLAIN))
            self.halfway = False

    def result(self) -> tuple[str, Spans]:
        """Return the line's text and spans, without erased cells at its end."""
        runs = self.before
        runs.extend(reversed(self.rest))
        while runs and runs[-1][0] is None:
            runs.pop()
        return _joined((" " * width if text is None else text, style) for text, width, style in runs)


def _joined(runs: Iterable[tuple[str, Style]]) -> tuple[str, Spans]:
    """Return the text and spans of runs in order; neighbours of equal style become one span."""
    texts: list[str] = []
    spans: list[Span] = []
    at = start = 0
    last = PLAIN
    for text, style in runs:
        if style != last:
            if last != PLAIN and at > start:
                spans.append((start, at, last))
            start, last = at, style
        texts.append(text)
        at += len(text)
    if last != PLAIN and at > start:
        spans.append((start, at, last))
    return "".join(texts), tuple(spans)


class _Links:
    """Assigns ids to the links of one line, so that the parts of a link on several rows are one link.

    The id is the one that the line gives, if any; otherwise it is derived from the line's text and a count, so that
    equal lines give equal results. A link that is closed and at once opened again with the same address continues.
    """

    __slots__ = ("count", "last", "line", "name", "touching")

    def __init__(self, line: str) -> None:
        self.line = line
        self.name = ""
        self.count = 0
        self.last = ""  # the address of the last link
        self.touching = False  # nothing was written since that link

    def opened(self, parameters: str, address: str) -> str:
        """Return `Style.link` for the text after an OSC 8 sequence; empty where the link ends."""
        if not address:
            return ""
        given = [part[3:] for part in parameters.split(":") if part.startswith("id=") and len(part) > 3]
        if given:
            self.last = ""
            return f"id={given[0]};{address}"
        if not (self.touching and address == self.last):
            self.count += 1
            self.last = address
        self.name = self.name or f"{crc32(self.line.encode('utf-8', 'surrogatepass')):08x}"
        return f"id={self.name}.{self.count};{address}"


def _struck(found: re.Match[str]) -> str:
    """Return an overstruck character with the SGR sequences of underline or bold."""
    under, bold = found.groups()
    return f"\x1b[4m{under}\x1b[24m" if under else f"\x1b[1m{bold}\x1b[22m"


def _acted(line: str) -> tuple[str, Spans]:
    """Sanitize a line whose controls move the cursor or erase cells."""
    model = _CursorLine()
    links = _Links(line)
    look, link = _unstyled, ""
    parts = _acting.split(_overstruck.sub(_struck, line) if "\b" in line else line)
    for index in range(0, len(parts), _PARTS):
        text = parts[index]
        if text:
            model.write(mark_controls(text))
            links.touching = bool(link)
        if index + 1 == len(parts):
            break
        sgr, parameters, address, erase, motion = parts[index + 1 : index + _PARTS]
        if sgr is not None:
            look = look[sgr]
        elif address is not None:
            link = links.opened(parameters, address)
        elif erase is not None:
            model.erase(erase)
        elif motion == "\r":
            model.home()
        elif motion == "\b":
            model.back()
        elif motion == "\t":
            model.tab()
        model.style = Style(look.style.sgr, link) if link else look.style
    return model.result()
