"""The keyboard: bytes become keys however they are cut, and the terminal is left as it was found."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.forks import in_child
from support.terminals import PYTHON, open_descriptors, wait_for, wait_until_closed

pytest.importorskip("termios")
import pty
import termios

from reflowlog.core.events import BackgroundReported, Key
from reflowlog.terminal import keyboard as module
from reflowlog.terminal import keyboard_device, query_answers
from reflowlog.terminal.key_decoder import CursorPosition, Decoder, StringAnswer
from reflowlog.terminal.key_names import key_names
from reflowlog.terminal.keyboard import Keyboard
from reflowlog.terminal.keyboard_device import TtyDevice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.terminals import Pty

NAMES = key_names("xterm-256color")
NAME = re.compile(
    r"(Alt-)?(.|Enter|Escape|Backspace|Tab)|Up|Down|Left|Right|Page(Up|Down)|Home|End|Insert|Delete"
    r"|F([1-9]|1[0-2])|Ctrl-[A-Z]|Wheel(Up|Down)",
    re.DOTALL,
)


def names(data: bytes, *, expecting: int = 0) -> list[str | CursorPosition]:
    """Return the keys of some bytes, and those of the incomplete rest after the timeout."""
    decoder = Decoder(lambda: NAMES)
    decoder.expecting = expecting
    return [each.name if isinstance(each, Key) else each for each in decoder.feed(data) + decoder.flush()]


KEYS: dict[bytes, list[str]] = {
    b"aZ /~": ["a", "Z", " ", "/", "~"],
    "é日👍".encode(): ["é", "日", "👍"],
    b"\r\n\t\x08\x7f": ["Enter", "Enter", "Tab", "Backspace", "Backspace"],
    b"\x01\x03\x0c\x1a": ["Ctrl-A", "Ctrl-C", "Ctrl-L", "Ctrl-Z"],
    b"\x00\x1c\x1f": [],  # no names for these
    b"\x1b": ["Escape"],
    b"\x1b\x1b": ["Escape", "Escape"],
    b"\x1b\r": ["Escape", "Enter"],
    b"\x1bx\x1b\xc3\xa9\x1b\x7f": ["Alt-x", "Alt-é", "Alt-Backspace"],
    b"\x1b[A\x1b[B\x1b[C\x1b[D": ["Up", "Down", "Right", "Left"],
    b"\x1bOA\x1bOB\x1bOC\x1bOD\x1bOH\x1bOF": ["Up", "Down", "Right", "Left", "Home", "End"],
    b"\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~": ["Home", "End", "Home", "End", "Home", "End"],
    b"\x1b[2~\x1b[3~\x1b[5~\x1b[6~": ["Insert", "Delete", "PageUp", "PageDown"],
    b"\x1bOP\x1bOQ\x1bOR\x1bOS\x1b[15~\x1b[24~": ["F1", "F2", "F3", "F4", "F5", "F12"],
    b"\x1b[1;5A\x1b[1;2R\x1bO5P\x1b[6;3~\x1b[15;2~": ["Up", "F3", "F1", "PageDown", "F5"],  # with shift and the like
    b"\x1b[a\x1bOd\x1b[5^\x1b[3$\x1b[6@": ["Up", "Left", "PageUp", "Delete", "PageDown"],  # rxvt
    b"\x1b[97;5u\x1b[27;5;113~\x1b[13u\x1b[120;3u\x1b[65;2u": ["Ctrl-A", "Ctrl-Q", "Enter", "Alt-x", "A"],
    b"\x1b[<64;10;5M\x1b[<65;223;5M\x1b[<68;1;1M": ["WheelUp", "WheelDown", "WheelUp"],
    b"\x1b[<0;3;4M\x1b[<0;3;4m\x1b[<35;3;4M\x1b[<66;1;1M": [],  # buttons, moves, sideways
    b"\x1b[M\x60!!\x1b[Ma\xff\xffq\x1b[M !!": ["WheelUp", "WheelDown", "q"],  # a mouse of the old form
    b"\x1b[200~ls\x1b[201~": ["l", "s"],
    b"\xff\x80a\xc3b\xe2\x82c\xed\xa0\x80": ["a", "b", "c"],  # no UTF-8
}


@pytest.mark.parametrize("data", KEYS)
def test_bytes_are_keys(data: bytes) -> None:
    """Bytes that terminals send are decoded as their keys."""
    assert names(data) == KEYS[data]


@pytest.mark.parametrize(
    "answer",
    [
        b"\x1b[?62;1;4c",
        b"\x1b[>0;276;0c",
        b"\x1b[0n",
        b"\x1b[?2026;2$y",
        b"\x1b[4;2$y",
        b"\x1b[24;80R",
        b"\x1b[8;24;80t",
        b"\x1b[?1u",
        b"\x1b[I",
        b"\x1b[O",
        b"\x1b[25~",
        b"\x1b[Z",
        b"\x1b[9;" + b"1" * 500 + b"q",
        b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
        b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
        b"\x1bP>|tmux 3.4\x1b\\",
        b"\x1bP1+r544e=787465726d\x1b\\",
        b"\x1b_Gi=31;OK\x1b\\",
    ],
)
def test_what_is_no_key_is_swallowed_whole(answer: bytes) -> None:
    """A terminal's late answer must not quit the viewer; a key after it counts."""
    assert names(answer) == []
    assert names(b"a" + answer + b"q") == ["a", "q"]


@pytest.mark.parametrize("begun", [b"\x1b[", b"\x1b[?62;", b"\x1bO", b"\x1b]11;rgb", b"\x1bP>|x", b"\x1b[M!"])
def test_what_is_broken_off_is_dropped(begun: bytes) -> None:
    """By a control, which counts, by an escape, which begins anew, or by a long silence."""
    if begun != b"\x1b[M!":
        assert names(begun + b"\x03") == ["Ctrl-C"]
        assert names(begun + b"\x1b[A") == ["Up"]
    decoder = Decoder(lambda: NAMES)
    assert decoder.feed(begun) == decoder.flush() == []
    assert decoder.is_incomplete
    assert not decoder.is_lone_escape
    decoder.drop()
    assert decoder.feed(b"q") == [Key("q")]


def test_expected_reports_are_decoded() -> None:
    """The expected number of reports is decoded, in order with the keys; later ones are a key, or nothing."""
    data = b"a\x1b[1;2Rb\x1b[24;80R\x1b[1;2R\x1b[24;80R"
    assert names(data, expecting=2) == ["a", CursorPosition(1, 2), "b", CursorPosition(24, 80), "F3"]
    assert names(data) == ["a", "F3", "b", "F3"]


def test_a_paste_is_one_key_where_it_is_taken_as_such() -> None:
    """Its line ends, controls and sequences are text, split at any byte; without its end it is dropped."""
    data = b"a\x1b[200~one\rq\x1b[A \xc3\xa9\x1b[201~b"
    expected = [Key("a"), Key("Paste", "one\rq\x1b[A é"), Key("b")]
    for size in range(1, len(data) + 1):
        decoder = Decoder(lambda: NAMES)
        decoder.takes_pastes = True
        parts = [data[at : at + size] for at in range(0, len(data), size)]
        assert [key for part in parts for key in decoder.feed(part)] == expected
    assert decoder.feed(b"\x1b[200~never ended") == []
    assert decoder.is_incomplete
    decoder.drop()
    assert decoder.feed(b"q") == [Key("q")]


def test_of_a_huge_paste_the_beginning_is_kept() -> None:
    """A bounded part."""
    decoder = Decoder(lambda: NAMES)
    decoder.takes_pastes = True
    [paste] = decoder.feed(b"\x1b[200~" + b"x" * 1_000_000 + b"\x1b[201~")
    assert paste == Key("Paste", "x" * 65_536)


PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([*KEYS, b"\x1b[", b"\x1b]0;", b"\x1bP", b"\x1bO", b"\x1b[M", b"\x1b[5;7R", b"\x07", b"\x1b\\"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12), st.lists(st.integers(0, 80), max_size=5), st.integers(0, 2))
@example(pieces=[b"\x1b]", b"\x07"], places=[], expecting=1)
def test_it_does_not_matter_where_bytes_are_cut(pieces: list[bytes], places: list[int], expecting: int) -> None:
    """Whole, byte by byte, or cut anywhere: the same keys, all with names that are written down."""
    data = b"".join(pieces)
    whole = names(data, expecting=expecting)
    cuts = sorted(min(place, len(data)) for place in places)
    for parts in (
        [data[at : at + 1] for at in range(len(data))],
        [data[a:b] for a, b in zip([0, *cuts], [*cuts, None])],
    ):
        decoder = Decoder(lambda: NAMES)
        decoder.expecting = expecting
        found = [each for part in parts for each in decoder.feed(part)] + decoder.flush()
        assert [each.name if isinstance(each, Key) else each for each in found] == whole
    for name in whole:
        assert isinstance(name, (CursorPosition, StringAnswer)) or NAME.fullmatch(name), name


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30))
def test_text_is_its_printable_characters(text: str) -> None:
    """Typed or pasted."""
    assert names(text.encode()) == [character for character in text if character.isprintable()]


@pytest.mark.parametrize(
    "kind", ["xterm-256color", "tmux-256color", "screen", "linux", "rxvt-unicode-256color", "vt220"]
)
def test_the_database_is_understood(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that blessed knows of a terminal's keys is decoded to them, also under NO_COLOR."""
    known = key_names(kind)
    monkeypatch.setenv("NO_COLOR", "1")
    assert key_names(kind) == known
    assert {"Up", "Down", "Left", "Right", "PageUp", "PageDown", "Home", "End", "Insert", "Delete"} <= set(
        known.values()
    )
    for body, name in known.items():
        if not body.startswith("[O"):  # of no terminal in use; focus reports look like that
            assert Decoder(lambda: known).feed(b"\x1b" + body.encode()) == [Key(name)], body


def test_an_unknown_terminal_has_the_usual_keys() -> None:
    """An unknown terminal has the usual keys, without a warning."""
    for kind in ("", "no-such-terminal", "dumb"):
        assert key_names(kind)["[A"] == "Up"


# -- on a terminal -----------------------------------------------------------------------------------------------------


class Typist:
    """A pseudo-terminal, a keyboard that reads it, and the keys that came."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.master, self.slave = pty.openpty()
        self.path = os.ttyname(self.slave)
        self.found = termios.tcgetattr(self.slave)
        self.keys: list[str] = []
        self.interrupts: list[int] = []
        self.foreground = True
        monkeypatch.setattr(keyboard_device, "in_foreground", lambda _: self.foreground)
        monkeypatch.setattr(module, "POLL_INTERVAL", 0.01)
        self.gone: list[bool] = []
        self.keyboard = Keyboard(
            self.take,
            device=TtyDevice(self.path),
            interrupt=lambda: self.interrupts.append(len(self.keys)),
            gone=lambda: self.gone.append(True),
        )

    def take(self, key: Key) -> None:
        self.keys.append(key.name)

    def type(self, data: bytes) -> None:
        os.write(self.master, data)

    def wait_keys(self, *expected: str) -> None:
        wait_for(lambda: len(self.keys) >= len(expected), describe=lambda: repr(self.keys))
        assert self.keys == list(expected)

    @property
    def settings(self) -> list[Any]:
        return termios.tcgetattr(self.slave)

    def hang_up(self) -> None:
        for descriptor in (self.slave, self.master):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def close(self) -> None:
        self.keyboard.stop()
        wait_for(lambda: not running())
        self.hang_up()


def running() -> bool:
    """Whether a keyboard's thread is there."""
    return any(thread.name == "reflowlog-keyboard" for thread in threading.enumerate())


@pytest.fixture
def typist(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typist]:
    """A terminal with a keyboard that has not started."""
    made = Typist(monkeypatch)
    yield made
    made.close()


def test_keys_come_one_by_one_and_without_echo(typist: Typist) -> None:
    """Keys arrive one by one without echo, the first arrow too; signals stay signals."""
    assert typist.keyboard.start()
    assert typist.keyboard.start()
    modes = typist.settings[3]
    assert not modes & (termios.ICANON | termios.ECHO)
    assert modes & termios.ISIG
    typist.type(b"j\x1b[A\xc3")
    typist.wait_keys("j", "Up")
    typist.type(b"\xa9\r")
    typist.wait_keys("j", "Up", "é", "Enter")
    os.set_blocking(typist.master, False)
    with pytest.raises(BlockingIOError):
        os.read(typist.master, 100)


def test_an_escape_alone_is_a_key_after_a_moment(typist: Typist) -> None:
    """Nothing else has to be typed."""
    typist.keyboard.start()
    typist.type(b"\x1b")
    typist.wait_keys("Escape")
    typist.type(b"\x1b")
    typist.wait_keys("Escape", "Escape")


def test_the_names_are_there_before_they_are_needed(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are loaded on the reading thread while nothing is typed."""
    monkeypatch.setattr(module, "NAMES_DELAY", 0.0)
    asked: list[str] = []
    monkeypatch.setattr(module, "key_names", lambda _: asked.append(threading.current_thread().name) or NAMES)
    typist.keyboard.start()
    wait_for(lambda: asked)
    typist.type(b"\x1b[A\x1b[B")
    typist.wait_keys("Up", "Down")
    assert asked == ["reflowlog-keyboard"]


def test_the_names_wait_while_the_process_is_busy(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading them takes as much time as drawing thousands of lines, which come first."""
    monkeypatch.setattr(module, "NAMES_DELAY", 0.0)
    used = iter([10.0, 20.0, 30.0])
    found: list[float] = []
    monkeypatch.setattr(time, "process_time", lambda: found.append(next(used, 30.0)) or found[-1])
    asked: list[int] = []
    monkeypatch.setattr(module, "key_names", lambda _: asked.append(len(found)) or NAMES)
    typist.keyboard.start()
    wait_for(lambda: asked)
    assert found == [10.0, 20.0, 30.0, 30.0]
    assert asked == [4]


def test_stopping_puts_the_settings_back(typist: Typist) -> None:
    """Twice is harmless; no descriptor and no thread is left; a stopped one does not start again."""
    before = open_descriptors()
    typist.keyboard.start()
    typist.keyboard.capture_ctrl_c(True)
    assert typist.settings != typist.found
    typist.keyboard.stop()
    assert typist.settings == typist.found
    typist.keyboard.stop()
    typist.keyboard.capture_ctrl_c(False)
    typist.keyboard.suspend()
    typist.keyboard.resume()
    wait_for(lambda: not running())
    assert not typist.gone
    wait_until_closed(before)
    assert typist.settings == typist.found
    assert not typist.keyboard.start()


def test_typed_ahead_keys_stay_in_the_terminal(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping neither reads nor flushes them, and does not wait for a busy receiver of keys."""
    monkeypatch.setattr(module, "STOP_TIMEOUT", 0.01)
    came, go_on = threading.Event(), threading.Event()

    def busy(_: Key) -> None:
        came.set()
        go_on.wait(30)

    keyboard = Keyboard(busy, device=TtyDevice(typist.path))
    keyboard.start()
    typist.type(b"q")
    assert came.wait(30)
    typist.type(b"ls\n")
    keyboard.stop()
    assert typist.settings == typist.found
    assert os.read(typist.slave, 100) == b"ls\n"
    go_on.set()


def test_it_may_be_stopped_by_a_key(typist: Typist) -> None:
    """On its own thread; keys of the same moment are not lost."""
    keyboard = Keyboard(lambda key: (typist.take(key), keyboard.stop()), device=TtyDevice(typist.path))
    keyboard.start()
    typist.type(b"qx")
    wait_for(lambda: not running())
    assert typist.keys[0] == "q"
    assert typist.settings == typist.found


def test_no_terminal_no_keys() -> None:
    """Without a terminal, or with one that has no settings, there are no keys, and stopping is harmless."""
    for path in ("/nowhere/tty", os.devnull):
        keyboard = Keyboard(lambda _: None, device=TtyDevice(path))
        assert not keyboard.start()
        assert keyboard.query_cursor("", 1, 0.0) is None
        keyboard.suspend()
        keyboard.resume()
        keyboard.capture_ctrl_c(True)
        keyboard.stop()
    assert not running()


def test_without_further_descriptors_there_are_no_keys(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal is closed again, and no error ends the program."""

    def no_more() -> tuple[int, int]:
        raise OSError(errno.EMFILE, "Too many open files")

    before = open_descriptors()
    monkeypatch.setattr(keyboard_device.os, "pipe", no_more)
    assert not typist.keyboard.start()
    wait_until_closed(before)


def test_descriptors_that_the_program_has_closed_are_not_used(typist: Typist, tmp_path: Path) -> None:
    """Other files may have their numbers by now: none is written to or closed."""
    device = TtyDevice(typist.path)
    assert device.open()
    numbers = device._tty, device._wake_read, device._wake_write
    file = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    for number in numbers:
        os.dup2(file, number)
    device.wake()
    device.close()
    assert [os.fstat(number).st_ino for number in numbers] == [os.fstat(file).st_ino] * 3
    assert (tmp_path / "file").read_bytes() == b""
    for number in (file, *numbers):
        os.close(number)


def test_suspended_the_terminal_is_others(typist: Typist) -> None:
    """Nothing is read, the settings are as found; those found on resuming are the ones to put back."""
    typist.keyboard.start()
    typist.keyboard.suspend()
    assert typist.settings == typist.found
    typist.type(b"theirs\n")
    assert os.read(typist.slave, 100) == b"theirs\n"
    changed = typist.settings
    changed[3] ^= termios.ECHOK
    termios.tcsetattr(typist.slave, termios.TCSANOW, changed)
    typist.keyboard.resume()
    assert not typist.settings[3] & termios.ICANON
    typist.type(b"j")
    typist.wait_keys("j")
    typist.keyboard.stop()
    assert typist.settings == changed


def test_ours_put_back_by_a_shell_are_not_taken_for_theirs(typist: Typist) -> None:
    """Settings that a shell restores before SIGCONT arrives are not saved as those of another program."""
    typist.keyboard.start()
    ours = typist.settings
    typist.keyboard.suspend()
    termios.tcsetattr(typist.slave, termios.TCSANOW, ours)
    typist.keyboard.resume()
    typist.keyboard.stop()
    assert typist.settings == typist.found


def test_resuming_sets_ours_again_whoever_changed_them(typist: Typist) -> None:
    """Resuming after SIGSTOP, which allows no suspension, applies the settings again."""
    typist.keyboard.start()
    termios.tcsetattr(typist.slave, termios.TCSANOW, typist.found)
    typist.keyboard.resume()
    assert not typist.settings[3] & termios.ICANON
    typist.keyboard.stop()
    assert typist.settings == typist.found


def test_captured_ctrl_c_is_a_key(typist: Typist) -> None:
    """Ctrl-C and keys of IEXTEN are delivered; the interrupt callback runs before the key is sent."""
    typist.keyboard.start()
    typist.keyboard.capture_ctrl_c(True)
    settings = typist.settings
    assert settings[6][termios.VINTR] == bytes([os.fpathconf(typist.slave, "PC_VDISABLE") & 0xFF])
    assert settings[3] & termios.ISIG
    assert settings[6][termios.VSUSP] == typist.found[6][termios.VSUSP]
    typist.type(b"a\x03\x16\x0f")
    typist.wait_keys("a", "Ctrl-C", "Ctrl-V", "Ctrl-O")
    assert typist.interrupts == [1]
    typist.keyboard.capture_ctrl_c(False)
    assert typist.settings[6][termios.VINTR] == typist.found[6][termios.VINTR]
    assert typist.settings[3] & termios.IEXTEN == typist.found[3] & termios.IEXTEN


def test_whole_is_remembered_where_the_terminal_is_not_ours(typist: Typist) -> None:
    """Before the start, and while suspended."""
    typist.keyboard.capture_ctrl_c(True)
    typist.keyboard.start()
    assert typist.settings[6][termios.VINTR] != typist.found[6][termios.VINTR]
    typist.keyboard.suspend()
    typist.keyboard.capture_ctrl_c(False)
    assert typist.settings == typist.found
    typist.keyboard.resume()
    assert typist.settings[6][termios.VINTR] == typist.found[6][termios.VINTR]


def test_a_taker_gets_typed_bytes(typist: Typist) -> None:
    """The taker gets the bytes of each key at once, signals too; refused and captured keys are delivered."""
    taken: list[tuple[bytes, str | None]] = []

    def take(data: bytes, key: Key | None) -> bool:
        if key == Key("PageUp"):
            return False
        taken.append((data, key and key.name))
        return True

    keyboard = Keyboard(typist.take, device=TtyDevice(typist.path), taker=take)
    assert keyboard.start()
    typist.type("\x03\x1a\ré\x1b[A\x1b[5~\x00\x1b[200~".encode() + b"\xff\x1b")
    wait_for(lambda: len(taken) == 9, describe=lambda: repr(taken))
    assert [data for data, _ in taken] == [
        b"\x03",
        b"\x1a",
        b"\r",
        "é".encode(),
        b"\x1b[A",
        b"\0",
        b"\x1b[200~",
        b"\xff",
        b"\x1b",
    ]
    assert [name for _, name in taken] == ["Ctrl-C", "Ctrl-Z", "Enter", "é", "Up", None, None, None, "Escape"]
    typist.wait_keys("PageUp")
    keyboard.capture_ctrl_c(True)
    typist.type(b"j\x03")
    typist.wait_keys("PageUp", "j", "Ctrl-C")
    keyboard.stop()
    assert typist.settings == typist.found


def test_reports_are_not_passed_to_a_taker(typist: Typist) -> None:
    """The taker does not get the terminal's answer, only keys typed next to it."""
    taken = bytearray()
    keyboard = Keyboard(typist.take, device=TtyDevice(typist.path), taker=lambda data, _: not taken.extend(data))
    assert keyboard.start()
    asked = threading.Thread(target=lambda: answers.extend(keyboard.query_cursor("?", 1, 30.0) or []))
    answers: list[tuple[int, int]] = []
    asked.start()
    assert os.read(typist.master, 100) == b"?"
    typist.type(b"a\x1b[7;3Rb")
    asked.join(30)
    wait_for(lambda: taken == b"ab", describe=lambda: repr(taken))
    assert answers == [(7, 3)]
    keyboard.stop()


def test_in_the_background_nothing_is_touched(typist: Typist) -> None:
    """Once in the foreground it begins; back in the background it stops reading."""
    typist.foreground = False
    assert typist.keyboard.start()
    typist.keyboard.resume()
    typist.keyboard.capture_ctrl_c(True)
    assert typist.keyboard.query_cursor("", 1, 0.0) is None
    assert typist.settings == typist.found
    typist.type(b"theirs\n")
    assert os.read(typist.slave, 100) == b"theirs\n"
    typist.foreground = True
    wait_for(lambda: typist.settings != typist.found)
    typist.type(b"j")
    typist.wait_keys("j")
    typist.foreground = False
    theirs = typist.settings
    theirs[3] &= ~termios.ISIG
    termios.tcsetattr(typist.slave, termios.TCSANOW, theirs)
    typist.type(b"not ours")
    typist.keyboard.stop()
    assert typist.settings == theirs  # they are the shell's, whatever they are
    assert typist.keys == ["j"]


def test_in_the_background_ours_are_taken_back(typist: Typist) -> None:
    """A shell that has the terminal already and has set nothing gets the settings that were found."""
    typist.keyboard.start()
    wait_for(lambda: typist.settings != typist.found)
    typist.foreground = False
    typist.keyboard.suspend()
    assert typist.settings == typist.found


def test_coming_and_going_does_not_wear_it_out(typist: Typist) -> None:
    """However often it is in the background and back without a key."""
    typist.keyboard.start()
    for _ in range(6):
        typist.foreground = False
        typist.keyboard.suspend()
        termios.tcsetattr(typist.slave, termios.TCSANOW, typist.found)
        typist.keyboard.resume()
        typist.foreground = True
        wait_for(lambda: typist.settings != typist.found)
    typist.type(b"j")
    typist.wait_keys("j")


def test_a_terminal_that_hangs_up_ends_it(typist: Typist) -> None:
    """The thread ends without busy-looping, and `gone` is called, unless the keyboard was stopped."""
    typist.keyboard.start()
    typist.type(b"j")
    typist.wait_keys("j")
    typist.hang_up()
    wait_for(lambda: not running())
    assert typist.gone == [True]
    typist.keyboard.stop()


def test_reports_are_taken_out_of_what_is_typed(typist: Typist) -> None:
    """The question is written; keys before, between and after the answers stay keys, in order."""
    typist.keyboard.start()
    answered = threading.Thread(
        target=lambda: (os.read(typist.master, 100), typist.type(b"a\x1b[7;1Rb\x1b[24;80R\x1b[1;2Rc"))
    )
    answered.start()
    assert typist.keyboard.query_cursor("?", 2, 30.0) == [(7, 1), (24, 80)]
    answered.join()
    typist.wait_keys("a", "b", "F3", "c")


def test_a_late_answer_is_no_key_and_no_other_questions(typist: Typist) -> None:
    """A late answer is discarded, even if the next query has been sent meanwhile."""
    typist.keyboard.start()
    assert typist.keyboard.query_cursor("?", 2, 0.0) == []
    typist.type(b"a\x1b[1;2R")
    typist.wait_keys("a")
    wait_for(lambda: typist.keyboard._answers._late_reports == 1)

    def answer() -> None:
        wait_for(lambda: typist.keyboard._decoder.expecting == 2)  # it has been asked again
        typist.type(b"\x1b[1;3Rb\x1b[5;6R")

    answered = threading.Thread(target=answer)
    answered.start()
    assert typist.keyboard.query_cursor("?", 1, 30.0) == [(5, 6)]
    answered.join()
    typist.wait_keys("a", "b")
    typist.type(b"\x1b[1;2R")
    typist.wait_keys("a", "b", "F3")


def test_a_terminal_that_answers_slowly_is_waited_for_longer_at_the_end(
    typist: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So no answer is typed into the shell's prompt, however long the line; but it is not waited for without end."""
    for name in ("SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    typist.keyboard.start()
    assert typist.keyboard._answers._last_timeout() == query_answers.LAST_ANSWER_TIMEOUT
    for late, expected in (
        (0.1, query_answers.LAST_ANSWER_TIMEOUT),
        (2.0, 4.0),
        (4.0, query_answers.LATE_ANSWER_TIMEOUT),
    ):
        assert typist.keyboard.query_cursor("?", 1, 0.0) == []
        now[0] += late
        typist.type(b"\x1b[1;2R")
        assert typist.keyboard._answers._all_answered.wait(30.0)
        assert typist.keyboard._answers._last_timeout() == pytest.approx(expected)


def test_what_never_answers_is_forgotten(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some seconds the same bytes are a key again."""
    monkeypatch.setattr(query_answers, "LATE_ANSWER_TIMEOUT", -1.0)
    typist.keyboard.start()
    assert typist.keyboard.query_cursor("?", 1, 0.0) == []
    typist.type(b"\x1b[1;2R")
    typist.wait_keys("F3")


@pytest.mark.parametrize("end", [b"\x07", b"\x1b\\"])
def test_the_background_is_asked_for_once(typist: Typist, end: bytes) -> None:
    """Its answer is no key, whatever it ends with; a later call returns it without a query."""
    assert typist.keyboard.start()
    seen = bytearray()

    def answer() -> None:
        while b"]11;?" not in seen:
            seen.extend(os.read(typist.master, 100))
        typist.type(b"\x1b]11;rgb:ffff/ffff/ffff" + end + b"\x1b[3;1R")

    thread = threading.Thread(target=answer)
    thread.start()
    typist.keyboard.query_background()
    thread.join()
    wait_for(lambda: typist.keyboard.query_background() == "light")
    assert not select.select([typist.master], [], [], 0)[0], "it was asked again"
    typist.type(b"k")
    typist.wait_keys("k")


def test_the_background_alone(typist: Typist) -> None:
    """Without a report behind it; its answer is no key before and after the timeout."""
    events: list[BackgroundReported] = []
    keyboard = Keyboard(typist.take, device=TtyDevice(typist.path), on_background=events.append)
    assert keyboard.start()
    assert keyboard.query_background(with_report=False) is None
    assert os.read(typist.master, 100) == b"\x1b]11;?\x1b\\"
    typist.type(b"a\x1b]11;#ffffff\x07b")
    typist.wait_keys("a", "b")
    assert events == [BackgroundReported("light")]
    assert keyboard.query_background(with_report=False) == "light"
    keyboard.stop()


def test_a_late_background_is_sent(typist: Typist) -> None:
    """As an event, from the reading thread; stopping waits for the answers."""
    events: list[BackgroundReported] = []
    keyboard = Keyboard(typist.take, device=TtyDevice(typist.path), on_background=events.append)
    assert keyboard.start()
    assert keyboard.query_background() is None
    typist.type(b"\x1b]11;rgb:0000/0000/0000\x1b\\")
    wait_for(lambda: events == [BackgroundReported("dark")])
    thread = threading.Thread(target=keyboard.stop)
    thread.start()
    typist.type(b"\x1b[1;1R")
    thread.join()
    assert not select.select([typist.slave], [], [], 0)[0], "an answer is left"


class _HeldDevice:
    """Terminal in whose reading a thread stays, with the keyboard's lock."""

    is_gone = False
    settings = None

    def __init__(self) -> None:
        self.is_reading, self.go_on = threading.Event(), threading.Event()

    def read(self) -> bytes:
        """Stay."""
        self.is_reading.set()
        assert self.go_on.wait(10)
        return b""

    def wait(self, timeout: float | None, *, for_keys: bool) -> bool:
        """Return that there are bytes."""
        return True

    def __getattr__(self, name: str) -> Callable[..., bool]:
        return lambda *_, **__: True


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_the_end_of_the_child_of_a_fork_waits_for_no_thread_of_the_parent() -> None:
    """The reading thread holds the lock, and does not exist in the child."""
    device: Any = _HeldDevice()
    keyboard = Keyboard(lambda _: None, device=device)
    assert keyboard.start()
    assert device.is_reading.wait(10)
    assert in_child(keyboard.stop) == 0
    device.go_on.set()
    keyboard.stop()


# -- with a terminal that controls a process ---------------------------------------------------------------------------

_LOG_KEYS = """
import os, signal, sys, threading
from reflowlog.terminal.keyboard import Keyboard
over = threading.Event()
def take(key):
    print("key", key.name, flush=True)
    if key.name == "q":
        over.set()
keyboard = Keyboard(take)
keyboard.capture_ctrl_c(True)
print("ready", keyboard.start(), flush=True)
over.wait()
keyboard.stop()
"""

_IN_THE_BACKGROUND = """
import os, signal, sys
child = os.fork()
if not child:
    os.setpgid(0, 0)
    exec(sys.argv[1])
    os._exit(0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
print("parent", sys.stdin.readline(), flush=True)
os.tcsetpgrp(0, child)
print("parent over", os.waitpid(child, 0)[1], flush=True)
"""


def test_without_a_controlling_terminal_that_of_its_streams_is_read(
    open_pty: Callable[..., Pty], tmp_path: Path
) -> None:
    """Where standard input is something else; ^C is a key, and at the end all is as before."""
    with open(os.devnull, "rb") as nothing:
        terminal = open_pty([PYTHON, "-c", _LOG_KEYS], home=tmp_path, stdin=nothing, adopt=False)
    terminal.wait_until(lambda: "ready True" in terminal.text)
    terminal.send(b"\x03\x1b[5~q")
    assert terminal.wait() == 0
    assert re.findall("key (.*)", terminal.text) == ["Ctrl-C", "PageUp", "q"]
    assert terminal.settings_now() == terminal.settings


def test_a_job_in_the_background_waits_for_its_turn(open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """A background job is not stopped, reads no line of the shell, and reads once it is in the foreground."""
    terminal = open_pty([PYTHON, "-c", _IN_THE_BACKGROUND, _LOG_KEYS], home=tmp_path)
    terminal.wait_until(lambda: "ready True" in terminal.text)
    assert terminal.settings_now() == terminal.settings
    terminal.send(b"a line\n")
    terminal.wait_until(lambda: "parent a line" in terminal.text)
    terminal.wait_until(lambda: terminal.settings_now() != terminal.settings)
    terminal.send(b"\x03jq")
    assert terminal.wait() == 0
    assert re.findall("key (.*)", terminal.text) == ["Ctrl-C", "j", "q"]
    assert "parent over 0" in terminal.text
    assert terminal.settings_now() == terminal.settings
