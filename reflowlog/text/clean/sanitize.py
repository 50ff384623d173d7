"""Sanitizes untrusted text: plain text and style spans. The only module that reads escape sequences.

Invariants:
- The output holds no control character. Colour (SGR) and links (OSC 8) become spans. A line is a terminal line:
  carriage return, backspace, tab and the CSI sequences C D G X P K act within it (`text/clean/cursor_line.py`).
  Sequences that draw nothing on a terminal (modes, cursor shape, character sets...) are dropped, and so are moves to
  other lines. Every other control is shown as one visible mark per character and acts on nothing; an escape is
  shown as ``␛`` with its ordinary characters after it. In the text of a log record nothing overwrites.
- Text that is invisible on purpose, or reorders its line, is made visible: concealed text (SGR 8) is not concealed,
  and bidirectional embeddings, overrides and isolates become U+FFFD. Joiners, variation selectors and combining marks
  are part of ordinary writing, and stay.
- Most lines are printable ASCII and are returned unchanged (`is_plain`); lines with colour alone are split at their
  sequences in C (`_styled`); only lines with a carriage return, backspace, tab or link pay for a model of the line
  (`CursorLine`).
- No input costs more than linear time: no pattern here can start again at each character of a long tail.

An SGR state is everything that SGR has set so far; it is stored as the one sequence that selects it from the reset
state. Each state caches its successors by the parameters of a sequence, so a known transition is one dictionary lookup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, AnyStr
from zlib import crc32

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.records import PLAIN, Span, Spans, Style
from reflowlog.text.clean.cursor_line import CursorLine

if TYPE_CHECKING:
    import re

__all__ = [
    "ERASE_LINE",
    "ESC",
    "LIVE_GROUPS",
    "LinkNames",
    "continues_redraw",
    "count_lines_above",
    "edit_line",
    "find_screen_switch",
    "incomplete_control",
    "is_begun_anew",
    "is_erased",
    "is_invisible",
    "is_plain",
    "is_plain_bytes",
    "join_by_style",
    "live_controls",
    "mark_controls",
    "redraw_start",
    "sanitize",
    "sgr_reset_state",
    "sgr_sequences",
    "split_at_sequences",
    "strip_colours",
    "strip_forward_sequences",
    "strip_titles",
]

ESC = b"\x1b"
ERASE_LINE = "\x1b[2K"
"""EL: erase the whole line of the cursor, wherever it is in there."""

_PRINTABLE = bytes(range(0x20, 0x7F))
_PRINTABLE_LINES = _PRINTABLE + b"\n"

# Controls (C0, DEL, C1), separators of lines and paragraphs, bidirectional controls, surrogates.
_BAD_SET = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_bad = lazy_pattern(f"[{_BAD_SET}]")

# Sequences that concern the terminal alone and draw nothing: modes, cursor shape, saving and restoring the cursor,
# keypad, synchronized output, character sets, and the OSC sequences of progress and of shell integration.
_HOUSEKEEPING = (
    r"\x1b(?:\[\?[0-9;]*[hl]|\[[0-9]* q|\[[su]|[78=>]|P=[12]s\x1b\\|[()*+][0-9A-Za-z]"
    rf"|\](?:9;4|133|633)(?:;[^{_BAD_SET}]*)?(?:\x07|\x1b\\))"
)
_SHIFTS = r"[\x0e\x0f]"  # between the two character sets
# Moves to another line: those beyond the live lines (`text/clean/live_lines.py`) are ignored.
_OTHER_LINES = r"\x1b\[[0-9]{0,4}[AB]"
_ERASES_NOTHING = r"\x1b\[0?[KJ]"  # to the right of the text
_SGR = r"\x1b\[([0-9;:]*)m\x0f?"  # also with the shift-in that `tput sgr0` sends on some terminals
_LINK = rf"\x1b\]8;([^;{_BAD_SET}]*);([^{_BAD_SET}]*)(?:\x07|\x1b\\)"
_RECORD_QUIET = r"\x1b(?:\[0?K|\(B)"  # in a log record: the remainder of SGR by grep and by `tput sgr0`

# Sequences of a forward-only line; all begin with an escape, so that the search passes over all else in C.
_forward = lazy_pattern(f"{_SGR}|{_ERASES_NOTHING}|{_HOUSEKEEPING}|{_OTHER_LINES}")
_record_forward = lazy_pattern(f"{_SGR}|{_RECORD_QUIET}")
_colours = lazy_pattern(rb"\x1b\[[0-9;:]*m")

# Sequences with an effect: SGR | link | no effect | moves and erasing | carriage return, backspace, tab.
_acting = lazy_pattern(
    rf"{_SGR}|{_LINK}|{_HOUSEKEEPING}|{_SHIFTS}|{_OTHER_LINES}|\x1b\[([0-9]{{0,4}})([CDEFGJKPX`])|([\r\b\t])"
)
_record_acting = lazy_pattern(rf"{_SGR}|{_LINK}|{_RECORD_QUIET}|(?!)()()|(\t)")
# The same for several lines: SGR | link | hide or show the cursor | no effect | moves and erasing | controls.
live_controls = lazy_pattern(
    rf"{_SGR}|{_LINK}|\x1b\[\?25([hl])|{_HOUSEKEEPING}|{_SHIFTS}|\x1b\[([0-9]{{0,4}})([ABCDEFGJKPX`])|([\r\b\t\n])"
)
LIVE_GROUPS = 7
# The start of a display that is redrawn: the cursor is hidden, or moves up.
_screen_switch = lazy_pattern(r"\x1b\[\?(?:[0-9]{1,5};){0,9}(?:47|1047|1049)(?:;[0-9]{1,5}){0,9}([hl])")
_redraw_start = lazy_pattern(r"\x1b\[(?:\?25l|[0-9]{0,4}[AF])")
_row_moves = lazy_pattern(r"\n|\x1b\[([0-9]{0,4})([ABEF])")
_redraw_continuation = lazy_pattern(r"\r|\x1b\[(?:\?25[hl]|[0-9;]{0,9}[A-HJK])")
_drawing = lazy_pattern(r"((?:\r|\x1b\[[0-9;:?]*[@-~])*)[^\x00-\x1f\x7f]")
_return_at_end = lazy_pattern(r"\r(?:\x1b\[[0-9;:?]*[@-~])*\Z")
_incomplete = lazy_pattern(r"\x1b(?:\[[0-9;:?]{0,32}|\][^\x00-\x1f]{0,1024}\x1b?|P=?[12]?s?\x1b?|[()*+])?\Z")
_MAX_INCOMPLETE = 1_100  # characters of a sequence that is waited for
# Titles and directories, which a program sends to what it believes is a terminal.
_TITLES = r"\x1b\](?:[0127]|1337)(?:;[^\x00-\x1f\x7f]*)?(?:\x07|\x1b\\)"
_titles = lazy_pattern(_TITLES.encode())
_title_text = lazy_pattern(_TITLES)
# Overstriking in man pages, for underline and bold: ``_``, backspace, the character; the same character twice.
_overstruck = lazy_pattern(r"_\x08([^\x00-\x20\x7f-\x9f])|([^\x00-\x20\x7f-\x9f])\x08\2")
_PARTS = 7  # strings that each match adds to a split: the text before it and six groups
_MIN_CELLS_PASSED = 1 << 14  # in a line of any length
_CELLS_PASSED_PER_CHAR = 16  # by cursor movements; in a line with more, the rest of them are ignored


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


def sanitize(line: str, *, overwrites: bool = True) -> tuple[str, Spans]:
    r"""Sanitize one line of untrusted text.

    Args:
        line: without newline; decoded with ``errors="replace"`` or ``"surrogateescape"``.
        overwrites: whether the line is a terminal line, in which the cursor moves and text is overwritten. False for
            the text of a log record, where nothing may hide: every control but colour, links and tabs is a mark.

    Returns:
        The text without any control character or tab, and its style spans.

    Examples:
        >>> sanitize("\x1b[1;31merror\x1b[0m: \x1b[2J")
        ('error: ␛[2J', ((0, 5, Style(sgr='1;31', link='')),))
        >>> sanitize("10%\r50%\rdone")
        ('done', ())
        >>> sanitize("10%\rdone", overwrites=False)
        ('10%␍done', ())
    """
    if "\x1b" not in line and is_plain(line):
        return line, ()
    if line.endswith("\r"):
        line = line.rstrip("\r")
    if _bad.search(line) is None:
        return line, ()
    if "\x1b" in line:
        parts = (_forward if overwrites else _record_forward).split(line)
        if len(parts) > 1:
            text = "".join(parts[::2])
            if is_plain(text) or _bad.search(text) is None:
                return text, _styled(parts)
    elif "\t" in line and line.isascii():
        text = line.expandtabs(8)
        if is_plain(text):
            return text, ()
    return _apply_controls(line, overwrites)


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


def is_invisible(line: bytes) -> bool:
    r"""Return whether a line shows nothing on a terminal, because it holds sequences without text.

    Examples:
        >>> is_invisible(b"\x1b[?25h\x1b[0m"), is_invisible(b"\x1b[0m ")
        (True, False)
    """
    return not sanitize(line.decode("utf-8", "replace"))[0]


def is_erased(text: str) -> bool:
    r"""Return whether an unterminated line is blank, with the cursor at its start, as a spinner leaves it.

    Examples:
        >>> is_erased("\r| busy\r      \r"), is_erased("\r| busy\r\x1b[K"), is_erased("|\b/\b \b")
        (True, True, True)
        >>> is_erased("\r| busy\r"), is_erased("  ")
        (False, False)
    """
    shown = sanitize(text)[0]
    if shown.strip(" "):
        return False
    if text[-1:] == "\b":
        return len(text) - len(text.rstrip("\b")) >= len(shown)
    end = text[text.rfind("\r") + 1 :] if "\r" in text else text
    return end == "" or (end[0] == "\x1b" and end[-1] == "K" and not sanitize(end)[0])


def strip_titles(data: AnyStr) -> AnyStr:
    r"""Remove window titles and directories (OSC 0 1 2 7 1337), for the output of a program on a pseudo-terminal.

    Examples:
        >>> strip_titles(b"\x1b]0;vim\x07text")
        b'text'
    """
    if isinstance(data, str):
        return _title_text.sub("", data) if "\x1b]" in data else data
    return _titles.sub(b"", data) if b"\x1b]" in data else data


def redraw_start(text: str) -> re.Match[str] | None:
    """Find the first sequence of a display that is redrawn: it hides the cursor, or moves it up."""
    return _redraw_start.search(text) if "\x1b" in text else None


def find_screen_switch(text: str, *, on: bool) -> tuple[int, int] | None:
    r"""Return start and end of the first sequence that switches to the alternate screen, or back; None if none does.

    Examples:
        >>> find_screen_switch("a\x1b[?1049;25hb", on=True), find_screen_switch("\x1b[?1049h", on=False)
        ((1, 12), None)
    """
    if "\x1b" not in text:
        return None
    found = next((found for found in _screen_switch.finditer(text) if (found[1] == "h") == on), None)
    return found and found.span()


def count_lines_above(text: str) -> int:
    r"""Count the lines above its start that a text goes back to.

    Examples:
        >>> count_lines_above("\x1b[1A\x1b[2K\x1b[1A\x1b[2Ka\nb\n"), count_lines_above("a\n\x1b[A")
        (2, 0)
    """
    row = lowest = 0
    for found in _row_moves.finditer(text):
        count, final = found.groups()
        number = 1 if final is None else int(count or "1") or 1
        row += -number if final in ("A", "F") else number
        lowest = min(lowest, row)
    return -lowest


def continues_redraw(text: str) -> bool:
    r"""Return whether a text begins by moving the cursor, erasing or showing it: it draws over present text.

    Examples:
        >>> continues_redraw("\r50 %"), continues_redraw("\x1b[2K50 %"), continues_redraw("\x1b[31mred")
        (True, True, False)
    """
    return text[:1] in ("\r", "\x1b") and _redraw_continuation.match(text) is not None


def is_begun_anew(line: str | bytes, text: str | bytes) -> bool:
    r"""Return whether a text that follows an unterminated line is drawn over it, from its start.

    Only a character that is shown draws: what a program does before its last newline leaves the line as it is.

    >>> is_begun_anew("50 %", "\r60 %"), is_begun_anew("50 %\r", "60 %"), is_begun_anew("50 %", "\r\r\n")
    (True, True, False)
    """
    end, start = line[-_MAX_INCOMPLETE:], text[:_MAX_INCOMPLETE]
    if isinstance(start, bytes):
        start = start.decode("latin-1")
    if isinstance(end, bytes):
        end = end.decode("latin-1")
    found = _drawing.match(start)
    return found is not None and ("\r" in found[1] or _return_at_end.search(end) is not None)


def incomplete_control(text: str) -> int:
    r"""Return the offset of a sequence that is cut off at the end of a text; its length if there is none.

    Examples:
        >>> incomplete_control("ab\x1b[3"), incomplete_control("ab")
        (2, 2)
    """
    start = max(len(text) - _MAX_INCOMPLETE, 0)
    if text.find("\x1b", start) < 0:
        return len(text)
    found = _incomplete.search(text, start)
    return len(text) if found is None else found.start()


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


def sgr_sequences(line: str) -> list[tuple[int, int]]:
    r"""Return where the SGR sequences of a line are, as pairs of offsets.

    Examples:
        >>> sgr_sequences("an \x1b[31merror\x1b[m")
        [(3, 8), (13, 16)]
    """
    return [found.span() for found in _sgr.finditer(line)] if "\x1b" in line else []


_sgr = lazy_pattern(_SGR)


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
sgr_reset_state = _sgr_states[_RESET] = _SgrState(_RESET)


def _forget_sgr_states() -> None:
    for look in list(_sgr_states.values()):  # any thread may be in here
        look.clear()
    _sgr_states.clear()
    _sgr_states[_RESET] = sgr_reset_state


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
    look = sgr_reset_state
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


def split_at_sequences(line: str) -> list[str]:
    r"""Split a line at the sequences that do not move the cursor: text, parameters, text...

    The parameters are those of SGR; None for a sequence without effect. A line with any other control has it in its
    texts.

    Examples:
        >>> split_at_sequences("an \x1b[31merror\x1b[m\x1b[K")
        ['an ', '31', 'error', '', '', None, '']
    """
    return _forward.split(line)


def join_by_style(parts: list[str]) -> tuple[list[str], list[Style]]:
    r"""Join the texts of one style of a line that is split at its sequences.

    Args:
        parts: output of `split_at_sequences`.

    Returns:
        The texts, none empty but where the line has no text, and their styles.

    Examples:
        >>> join_by_style(split_at_sequences("an \x1b[1m\x1b[31merror\x1b[m"))
        (['an ', 'error'], [Style(sgr='', link=''), Style(sgr='1;31', link='')])
    """
    rest = iter(parts)
    state, style = sgr_reset_state, PLAIN
    texts, styles = [next(rest)], [PLAIN]
    for parameters, text in zip(rest, rest):
        state = state[parameters]
        if text:
            if state.style is style:
                texts[-1] += text
            else:
                style = state.style
                texts.append(text)
                styles.append(style)
    if not texts[0] and len(texts) > 1:
        del texts[0], styles[0]
    return texts, styles


# --- lines with cursor movements ---


class LinkNames:
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


def _apply_controls(line: str, overwrites: bool) -> tuple[str, Spans]:
    """Sanitize a line whose controls move the cursor or erase cells."""
    model = CursorLine()
    links = LinkNames(line)
    state, link = sgr_reset_state, ""
    budget = max(_CELLS_PASSED_PER_CHAR * len(line), _MIN_CELLS_PASSED)
    if overwrites and "\b" in line:
        line = _overstruck.sub(_struck, line)
    parts = (_acting if overwrites else _record_acting).split(line)
    for index in range(0, len(parts), _PARTS):
        text = parts[index]
        if text:
            model.write(mark_controls(text))
            links.touching = bool(link)
        if index + 1 == len(parts):
            break
        sgr, parameters, address, count, final, control = parts[index + 1 : index + _PARTS]
        if sgr is not None:
            state = state[sgr]
        elif address is not None:
            link = links.opened(parameters, address)
        elif final is not None:
            if budget > 0:
                budget -= edit_line(model, count, final)
        elif control == "\r":
            model.home()
        elif control == "\b":
            model.back()
        elif control == "\t":
            model.tab()
        model.style = Style(state.style.sgr, link) if link else state.style
    return model.result()


def edit_line(model: CursorLine, count: str, final: str) -> int:
    """Apply a CSI sequence to a line: C D G ` E F move, X P J K erase; return the number of cells passed.

    Sequences that erase more than the line, such as CSI 2 J, are written as a mark.
    """
    before = model.column
    number = int(count or "1") or 1
    if final in "KJ":
        if count not in (("", "0", "1", "2") if final == "K" else ("", "0")):
            model.write(f"␛[{count}{final}")
        else:
            model.erase(count)
    elif final == "X":
        model.erase_cells(number)
    elif final == "P":
        model.delete_cells(number)
    elif final in "EF":
        model.home()
    else:
        model.move_to(before + number if final == "C" else before - number if final == "D" else number - 1)
    return abs(model.column - before)
