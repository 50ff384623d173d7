"""The keyboard: the one reader of the terminal's keys. They become events, and reports become answers.

Rules of this file:
- Only what is complete becomes a key. A sequence that nobody knows (a terminal's late answer, a paste mark, a focus
  report) is swallowed to its end: no part of it is ever taken for something that was typed.
- In the background the terminal is neither read nor changed; that would stop us, or disturb the shell. The thread looks
  a few times a second whether it is in the foreground again.
- The settings that were found are put back by whoever lets go of the terminal (`stop`, `suspend`), without a flush:
  what was typed ahead is the shell's.
- In a program that is not ours the terminal is shared: while anybody else (an editor that the program has started) has
  set it up for itself nothing is read, until it is as it was before. And Ctrl-Z is a key: there is no handler of ours
  that could put the settings back before the program is stopped.
- Where a program under us is to have what is typed (`taker`), it gets the bytes as they came, all of a key at once, and
  the terminal makes nothing of them itself: neither signals nor lines.
- Names of keys come from blessed's database, which costs a tenth of a second: it is asked when the first key comes that
  needs it, or when nothing has been typed for a moment.
- `Decoder` is pure. All methods of `Keyboard` may be called from any thread; its lock is never held while something is
  sent or waited for.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

from reflowlog.core.events import Key
from reflowlog.system.tty import in_foreground

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["Decoder", "Keyboard", "Report", "key_names"]

ESCAPE_ALONE = 0.05  # seconds without another byte, after which it was the key
SEQUENCE_AT_MOST = 1.0  # seconds without another byte, after which the rest of a sequence does not come any more
LOOK = 0.25  # seconds between two looks whether we are in the foreground
QUIET = 2.0  # seconds without a key, after which the names are loaded: the first seconds have other work
LATE = 5.0  # seconds for which the answers to a question that is over may still come
STOP_WITHIN = 0.5  # seconds that `stop` waits for the thread
LONGEST = 64  # bytes of a sequence that are looked at
EMPTY_READS = 3  # since the last key, after which the terminal is taken to be gone

_ESCAPE, _BELL, _DELETE = 0x1B, 0x07, 0x7F

_CONTROLS = {code: f"Ctrl-{chr(code + 64)}" for code in range(1, 27)} | {
    8: "Backspace",
    9: "Tab",
    10: "Enter",
    13: "Enter",
    _ESCAPE: "Escape",
    _DELETE: "Backspace",
}
_WHEEL = {64: "WheelUp", 65: "WheelDown"}
_MODIFIERS = 4 + 8 + 16  # shift, meta and control among the bits of a mouse's button

_REPORT = re.compile(r"\[(\d+);(\d+)R")
_MOUSE = re.compile(r"\[<(\d+);\d+;\d+M")
_MODIFIED_LETTER = re.compile(r"(?:\[1;\d+|O\d)([A-HP-S])")
_MODIFIED_NUMBER = re.compile(r"\[(\d+)(?:;\d+~|[$^@])")  # the latter are rxvt's
_SHIFTED_ARROW = re.compile(r"[\[O][a-d]")  # rxvt's
_CODED = re.compile(r"\[27;(?P<m>\d+);(?P<c>\d+)~|\[(?P<code>\d+)(?:;(?P<modifiers>\d+))?u")

_NAMES = {
    "KEY_UP": "Up",
    "KEY_DOWN": "Down",
    "KEY_LEFT": "Left",
    "KEY_RIGHT": "Right",
    "KEY_PGUP": "PageUp",
    "KEY_PGDOWN": "PageDown",
    "KEY_HOME": "Home",
    "KEY_FIND": "Home",  # of a VT220; it has no Home
    "KEY_END": "End",
    "KEY_SELECT": "End",
    "KEY_INSERT": "Insert",
    "KEY_DELETE": "Delete",
    "KEY_ENTER": "Enter",
    "KEY_TAB": "Tab",
    "KEY_BACKSPACE": "Backspace",
    "KEY_UP_LEFT": "Home",  # those of the keypad
    "KEY_UP_RIGHT": "PageUp",
    "KEY_DOWN_LEFT": "End",
    "KEY_DOWN_RIGHT": "PageDown",
    "KEY_KP_MULTIPLY": "*",
    "KEY_KP_ADD": "+",
    "KEY_KP_SEPARATOR": ",",
    "KEY_KP_SUBTRACT": "-",
    "KEY_KP_DECIMAL": ".",
    "KEY_KP_DIVIDE": "/",
    "KEY_KP_EQUAL": "=",
    **{f"KEY_KP_{digit}": str(digit) for digit in range(10)},
    **{f"KEY_F{number}": f"F{number}" for number in range(1, 13)},
}
"""blessed's names and ours."""


def key_names(kind: str) -> dict[str, str]:
    """What the keys of a kind of terminal send, without the escape, and what we call them; of unknown kinds, xterm's.

    It imports blessed, and asks the terminal nothing: one that does not answer would hold us up for seconds.
    """
    import io

    import blessed
    from blessed.keyboard import get_keyboard_codes, get_keyboard_sequences

    class Database(blessed.Terminal):
        """A terminal's database under NO_COLOR too, which is about colour; blessed then knows no keys either."""

        @property
        def does_styling(self) -> bool:
            return True

    terminal = Database(kind=kind or "xterm", stream=io.StringIO(), force_styling=True)
    codes = get_keyboard_codes()
    named = {sequence: _NAMES.get(codes.get(code, "")) for sequence, code in get_keyboard_sequences(terminal).items()}
    return {text[1:]: name for text, name in named.items() if name and len(text) > 2 and ord(text[0]) == _ESCAPE}


class Report(NamedTuple):
    """The terminal says where its cursor is; both counted from 1."""

    row: int
    column: int


class Decoder:
    """Bytes as a terminal sends them, cut anywhere, become keys and reports.

    Args:
        names: what the keys send, as `key_names` has it; asked at the first sequence.

    Attributes:
        expecting: how many reports are to come. While there are any, what looks like one is one; else it is F3.
    """

    def __init__(self, names: Callable[[], Mapping[str, str]] = dict) -> None:
        self._names = names
        self.expecting = 0
        self._out: list[Key | Report] = []
        self._body = bytearray()
        self._missing = 0  # bytes of a character, or of a mouse report
        self._alt = False
        self._on: Callable[[int], None] = self._ground

    def feed(self, data: bytes) -> list[Key | Report]:
        """What is complete with these bytes, in order."""
        for byte in data:
            self._on(byte)
        out, self._out = self._out, []
        return out

    @property
    def waits(self) -> bool:
        """Whether something has begun."""
        return self._on != self._ground

    @property
    def escape_alone(self) -> bool:
        """Whether all that has begun is an escape, which may be the key of that name."""
        return self._on == self._escape

    def flush(self) -> list[Key | Report]:
        """Nothing more came for a while: an escape alone was the key. What else has begun may go on."""
        if not self.escape_alone:
            return []
        self._on = self._ground
        return [Key("Escape")]

    def drop(self) -> None:
        """What has begun does not go on."""
        self._on = self._ground

    # -- one state each -----------------------------------------------------------------------------------------

    def _ground(self, byte: int) -> None:
        self._on = self._ground
        self._alt = False
        if byte == _ESCAPE:
            self._on = self._escape
        elif byte < 0x80:
            self._tell(_plain(byte))
        else:
            self._lead(byte)

    def _escape(self, byte: int) -> None:
        if byte == 0x5B:  # [
            self._begin(self._csi, "[")
        elif byte == 0x4F:  # O
            self._begin(self._ss3, "O")
        elif byte in b"P]X^_":  # strings: DCS, OSC, SOS, PM, APC
            self._on = self._string
        elif byte < 0x20:  # typed one after the other
            self._tell("Escape")
            self._ground(byte)
        elif byte < 0x80:
            self._on = self._ground
            self._tell(f"Alt-{_plain(byte)}")
        else:
            self._alt = True
            self._lead(byte)

    def _begin(self, state: Callable[[int], None], body: str) -> None:
        self._body[:] = body.encode()
        self._on = state

    def _csi(self, byte: int) -> None:
        if not 0x20 <= byte < 0x7F:  # it was not finished
            self._ground(byte)
            return
        if len(self._body) < LONGEST:
            self._body.append(byte)
        if self._body == b"[[":  # the Linux console's F1 to F5: one more
            return
        if self._body == b"[M":  # a mouse that knows no other form: three more, of any kind
            self._missing = 3
            self._on = self._old_mouse
        elif byte >= 0x40 or (byte == 0x24 and self._body[1:-1].isdigit()):  # rxvt's shifted ones end with a $
            self._on = self._ground
            self._sequence(self._body.decode())

    def _ss3(self, byte: int) -> None:
        if not 0x20 <= byte < 0x7F:
            self._ground(byte)
            return
        self._body.append(byte)
        if byte < 0x30 or byte > 0x39 or len(self._body) > 2:  # at most one digit, for the modifiers
            self._on = self._ground
            self._sequence(self._body.decode())

    def _string(self, byte: int) -> None:
        """To its end: a bell, or an escape and a backslash; other controls break it off, and count."""
        if byte == _ESCAPE:
            self._on = self._string_escape
        elif byte == _BELL:
            self._on = self._ground
        elif byte < 0x20:
            self._ground(byte)

    def _string_escape(self, byte: int) -> None:
        if byte == 0x5C:
            self._on = self._ground
        else:  # another sequence
            self._escape(byte)

    def _old_mouse(self, byte: int) -> None:
        if self._missing == 3:
            self._tell(_WHEEL.get((byte - 32) & ~_MODIFIERS))
        self._missing -= 1
        if not self._missing:
            self._on = self._ground

    def _lead(self, byte: int) -> None:
        """The first byte of a character in UTF-8; what is none is nothing."""
        self._missing = 1 if 0xC2 <= byte < 0xE0 else 2 if 0xE0 <= byte < 0xF0 else 3 if 0xF0 <= byte < 0xF5 else 0
        self._body[:] = bytes([byte])
        self._on = self._more if self._missing else self._ground

    def _more(self, byte: int) -> None:
        if byte & 0xC0 != 0x80:
            self._ground(byte)
            return
        self._body.append(byte)
        self._missing -= 1
        if not self._missing:
            self._on = self._ground
            character = self._body.decode(errors="ignore")
            if character.isprintable() and character:
                self._tell(f"Alt-{character}" if self._alt else character)

    # -- what they mean -----------------------------------------------------------------------------------------

    def _tell(self, name: str | None) -> None:
        if name:
            self._out.append(Key(name))

    def _sequence(self, body: str) -> None:
        if self.expecting and (report := _REPORT.fullmatch(body)):
            self.expecting -= 1
            self._out.append(Report(int(report[1]), int(report[2])))
        elif mouse := _MOUSE.fullmatch(body):
            self._tell(_WHEEL.get(int(mouse[1]) & ~_MODIFIERS))
        elif coded := _CODED.fullmatch(body):
            self._tell(_coded(int(coded["c"] or coded["code"]), int(coded["m"] or coded["modifiers"] or 1)))
        else:
            names = self._names()
            self._tell(next((names[each] for each in _unmodified(body) if each in names), None))


def _plain(code: int) -> str | None:
    """The name of a character by itself."""
    if code in _CONTROLS:
        return _CONTROLS[code]
    return chr(code) if code < 0x110000 and chr(code).isprintable() else None


def _coded(code: int, modifiers: int) -> str | None:
    """A key that is told by its character's number, as terminals do that were set up for it."""
    name = _plain(code)
    if not name:
        return None
    if (modifiers - 1) & 4 and len(name) == 1 and name.isascii() and name.isalpha():
        return _plain(ord(name.upper()) - 64)
    return f"Alt-{name}" if (modifiers - 1) & 2 and len(name) == 1 else name


def _unmodified(body: str) -> Sequence[str]:
    """A sequence, then those of the same key without shift and the like."""
    if letter := _MODIFIED_LETTER.fullmatch(body):
        return body, f"[{letter[1]}", f"O{letter[1]}"
    if number := _MODIFIED_NUMBER.fullmatch(body):
        return body, f"[{number[1]}~"
    return (body, body.upper()) if _SHIFTED_ARROW.fullmatch(body) else (body,)


class Keyboard:
    """Reads the terminal that controls this process, on a thread of its own.

    Args:
        send: told each key, on the reading thread.
        path: of the controlling terminal. Where there is none of that name, the terminal of standard error, output or
            input is taken.
        interrupt: called on the reading thread when Ctrl-C comes as a key (see `whole`), before the key is sent: who
            is in the middle of long work may give that up.
        gone: called on the reading thread when the terminal is gone.
        shared: whether others, in a program that is not ours, set the terminal up for themselves at times.
        taker: offered what was typed, as bytes and as the key that they are, if they are one, save while everything is
            to be a key of ours (see `whole`); False: it is one nevertheless. On the reading thread.
    """

    def __init__(
        self,
        send: Callable[[Key], object],
        *,
        path: str = "/dev/tty",
        interrupt: Callable[[], object] | None = None,
        gone: Callable[[], object] = lambda: None,
        shared: bool = False,
        taker: Callable[[bytes, Key | None], bool] | None = None,
    ) -> None:
        self._send = send
        self._taker = taker
        self._untaken = bytearray()  # what the decoder has begun with
        self._path = path
        self._interrupt = interrupt
        self._gone = gone
        self._shared = shared
        self._lock = threading.RLock()  # reentrant: a signal handler may stop or suspend us
        self._tty = self._bell = self._ring = -1
        self._thread: threading.Thread | None = None
        self._process = 0
        self._stopped = False
        self._suspended = False
        self._whole = False
        self._found: list[Any] | None = None  # settings to put back
        self._ours: list[Any] | None = None  # settings that we have set; None: not while the terminal is others'
        self._last: list[Any] | None = None  # the last that we have set
        self._empty = 0  # how often, since the last key, the terminal seemed to be gone
        self._names: dict[str, str] | None = None
        self._decoder = Decoder(self._load_names)
        self._answers: SimpleQueue[Report] = SimpleQueue()
        self._stale = 0  # reports that are owed to questions that are over
        self._late_until = 0.0

    # -- its life -----------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Begin to read; whether there is a terminal to read. In the background it begins once in the foreground."""
        with self._lock:
            if self._thread is not None or self._stopped:
                return self._thread is not None and not self._stopped
            self._tty = _open_terminal(self._path)
            if self._tty < 0:
                return False
            self._bell, self._ring = os.pipe()
            os.set_blocking(self._bell, False)
            os.set_blocking(self._ring, False)
            self._process = os.getpid()
            self._take()
            self._thread = threading.Thread(target=self._run, name="reflowlog-keyboard", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no more threads
                self._thread = None
                self._let_go()
                self._close()
                return False
        return True

    def stop(self) -> None:
        """Put the settings back and end. Harmless any number of times, and in the child of a fork."""
        with self._lock:
            if self._stopped or self._thread is None or os.getpid() != self._process:
                self._stopped = True
                return
            self._stopped = True
            self._let_go()
            self._wake()
        if self._thread is not threading.current_thread():
            self._thread.join(STOP_WITHIN)

    def suspend(self) -> None:
        """Put the settings back and read nothing, until `resume`: before this process is stopped."""
        with self._lock:
            self._suspended = True
            self._decoder.drop()
            self._let_go()

    def resume(self) -> None:
        """Take note of the settings found now, and read again; in the background, once in the foreground."""
        with self._lock:
            self._suspended = False
            self._ours = None  # whoever was stopped without `suspend` has it to do again
            self._take()
            self._wake()

    def whole(self, on: bool) -> None:
        """Whether Ctrl-C, and what else the terminal takes for itself, is a key; ^Z goes on being a signal."""
        with self._lock:
            self._whole = on
            self._untaken.clear()
            if self._ours is not None and in_foreground(self._tty):
                self._set()

    # -- questions ----------------------------------------------------------------------------------------------

    def reports(self, question: str, count: int, within: float) -> list[tuple[int, int]] | None:
        """Ask the terminal for its cursor. Not on the reading thread, and one question at a time.

        Keys that are typed meanwhile stay keys. What comes too late becomes neither a key nor another's answer.

        Args:
            question: what to write; each place asked for is answered by a report.
            count: how many reports are to come.
            within: seconds to wait for them.

        Returns:
            (row, column) pairs, from 1, those that came in time; None where this keyboard cannot ask: it does not
            run, or not in the foreground.
        """
        deadline = time.monotonic() + within
        with self._lock:
            if self._thread is None or not self._take():
                return None
            self._forget_late()
            try:
                os.write(self._tty, question.encode())
            except OSError:  # also where its output is held up: nobody waits for that
                return None
            self._decoder.expecting = self._stale + count
        found: list[tuple[int, int]] = []
        with contextlib.suppress(Empty):
            while len(found) < count:
                row, column = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
                found.append((row, column))
        with self._lock:
            while len(found) < count and not self._answers.empty():  # it came while we gave up
                row, column = self._answers.get()
                found.append((row, column))
            self._stale = self._decoder.expecting
            self._late_until = time.monotonic() + LATE
        return found

    def _forget_late(self) -> None:
        if self._stale and time.monotonic() > self._late_until:
            self._decoder.expecting = max(0, self._decoder.expecting - self._stale)
            self._stale = 0

    def _answer(self, report: Report) -> None:
        if self._stale:
            self._stale -= 1
        else:
            self._answers.put(report)

    # -- settings; the lock is held -----------------------------------------------------------------------------

    def _take(self) -> bool:
        """Make the terminal ours, in the foreground; whether it is."""
        if self._tty < 0 or self._suspended or self._stopped or not in_foreground(self._tty):
            return False
        if self._ours is not None and self._shared:
            if self._is_others():
                return False
            self._set()  # it may be as it was before us
        if self._ours is None:
            import termios

            try:
                found = termios.tcgetattr(self._tty)
            except (OSError, termios.error):  # it is gone
                self._empty += 1
                return False
            if found != self._last:  # a shell may put back what a job had set
                self._found = found
            self._set()
        return self._ours is not None

    def _is_others(self) -> bool:
        """Whether somebody else has set up the terminal that we share."""
        if not self._shared or self._ours is None:
            return False
        import termios

        try:
            return termios.tcgetattr(self._tty) not in (self._ours, self._found)
        except (OSError, termios.error):
            return False

    def _set(self) -> None:
        import termios

        if self._found is None:
            return
        passing = self._taker is not None and not self._whole
        ours = _settings(self._found, self._tty, whole=self._whole, stops=not self._shared, passing=passing)
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(self._tty, termios.TCSANOW, ours)
            self._ours = self._last = termios.tcgetattr(self._tty)

    def _let_go(self) -> None:
        """Put the settings back; in the background only ours: a shell that sets its own has done so, or is about to.

        A shell that waits for another process of our job has taken the terminal while we are still on our way out.
        """
        import termios

        if self._ours is not None and self._found is not None:
            with contextlib.suppress(OSError, termios.error), _not_stopped():
                if in_foreground(self._tty) or termios.tcgetattr(self._tty) == self._ours:
                    termios.tcsetattr(self._tty, termios.TCSANOW, self._found)
        self._ours = None

    def _wake(self) -> None:
        if self._ring >= 0:
            with contextlib.suppress(OSError):  # a full pipe wakes as well
                os.write(self._ring, b"\0")

    # -- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        _keep_from_being_stopped()
        try:
            while not self._stopped and self._empty < EMPTY_READS:
                data = self._read()
                if data:
                    self._empty = 0
                    self._decode(data)
        finally:
            with self._lock:
                self._let_go()
                self._close()
            if not self._stopped:
                self._gone()

    def _read(self) -> bytes:
        """What was typed, once there is some; nothing: look again."""
        with self._lock:
            ours = self._take()
        ready = _ready([self._tty, self._bell] if ours else [self._bell], self._patience() if ours else LOOK)
        if self._bell in ready:
            with contextlib.suppress(OSError):
                os.read(self._bell, 4096)
        elif ready:
            return self._take_in()
        elif ours:
            self._rest()
        return b""

    def _take_in(self) -> bytes:
        with self._lock:
            if self._suspended or self._stopped or self._is_others():
                return b""
            data = b""
            if in_foreground(self._tty):
                try:
                    data = os.read(self._tty, 4096)
                except BlockingIOError:
                    return b""
                except OSError:  # in the background since a moment ago, or the terminal is gone
                    self._empty += in_foreground(self._tty)
                else:  # empty: it is gone, or others have made it wait for whole lines
                    self._empty += not data
            if not data:
                self._ours = None  # others may have changed the settings
            return data

    def _patience(self) -> float | None:
        """How long to wait for the next byte before something is to be done without it."""
        if self._decoder.waits:
            return ESCAPE_ALONE if self._decoder.escape_alone else SEQUENCE_AT_MOST
        return QUIET if self._names is None else None

    def _rest(self) -> None:
        """Nothing came for that long."""
        with self._lock:
            keys = self._decoder.flush()
            self._decoder.drop()
        if self._untaken:
            self._offer(keys)
        else:
            self._deliver(keys)
        if not keys:
            self._load_names()

    def _decode(self, data: bytes) -> None:
        if _ESCAPE in data and not self._decoder.expecting:
            self._load_names()  # not with the lock held
        step = len(data) if self._taker is None else 1  # for the sake of the bytes of each key
        for start in range(0, len(data), step):
            piece = data[start : start + step]
            with self._lock:
                self._forget_late()
                found = self._decoder.feed(piece)
                for each in found:
                    if isinstance(each, Report):
                        self._answer(each)
            if self._taker is None or self._whole:
                self._deliver(found)
            else:
                self._untaken += piece
                if not self._decoder.waits:
                    self._offer(found)

    def _offer(self, found: list[Key | Report]) -> None:
        """What was typed is a program's under us, but for what that leaves us, and the terminal's reports."""
        data = bytes(self._untaken)
        self._untaken.clear()
        keys = [each for each in found if isinstance(each, Key)]
        if self._taker is not None and (keys or not found):
            taken = self._taker(data, keys[0] if len(keys) == 1 else None)
            self._deliver([] if taken else found)

    def _deliver(self, found: list[Key | Report]) -> None:
        for each in found:
            if isinstance(each, Key):
                if each.name == "Ctrl-C" and self._interrupt is not None:
                    self._interrupt()
                self._send(each)

    def _load_names(self) -> dict[str, str]:
        if self._names is None:
            try:
                self._names = key_names(os.environ.get("TERM", ""))
            except Exception:  # letters go on being keys, whatever is wrong with the database
                self._names = {}
        return self._names

    def _close(self) -> None:
        descriptors = self._tty, self._bell, self._ring
        self._tty = self._bell = self._ring = -1
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)


def _open_terminal(path: str) -> int:
    """A descriptor of our own for the terminal; -1 where there is none, or none that has settings."""
    try:
        import termios
    except ImportError:
        return -1
    names = [path]
    if path == "/dev/tty":
        for standard in (2, 1, 0):
            with contextlib.suppress(OSError):
                names.append(os.ttyname(standard))
    for name in names:
        try:
            descriptor = os.open(name, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            termios.tcgetattr(descriptor)
        except (OSError, termios.error):
            os.close(descriptor)
        else:
            return descriptor
    return -1


def _settings(
    found: list[Any], descriptor: int, *, whole: bool, stops: bool = True, passing: bool = False
) -> list[Any]:
    """Each key at once and without echo; signals stay, without that of Ctrl-C where everything is to be a key.

    Ctrl-Z stops us by a signal only where it is to. Where all is passed on, the terminal makes nothing of it at all.
    """
    import termios

    ours = [*found[:6], list(found[6])]
    ours[3] &= ~(termios.ICANON | termios.ECHO)
    ours[6][termios.VMIN] = 1
    ours[6][termios.VTIME] = 0
    none = bytes([os.fpathconf(descriptor, "PC_VDISABLE") & 0xFF])
    if whole:
        ours[3] &= ~termios.IEXTEN  # ^V, ^O, ^Y and ^R
        ours[6][termios.VINTR] = none
    if not stops:
        ours[6][termios.VSUSP] = none
    if passing:
        ours[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.ISTRIP | termios.IXON | termios.BRKINT)
        ours[3] &= ~(termios.ISIG | termios.IEXTEN)
    return ours


def _ready(descriptors: list[int], timeout: float | None) -> list[int]:
    """Those that can be read; `poll` knows no terminals on macOS, `select` none beyond 1023."""
    if max(descriptors) < 1024:
        return select.select(descriptors, [], [], timeout)[0]
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return [descriptor for descriptor, _ in poll.poll(None if timeout is None else timeout * 1000)]


def _keep_from_being_stopped() -> None:
    """A read in the background then fails, where it would stop the whole process; only for the thread that calls it."""
    import signal

    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTIN})


@contextlib.contextmanager
def _not_stopped() -> Iterator[None]:
    """Settings may be changed from the background meanwhile, where that would stop the whole process."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
