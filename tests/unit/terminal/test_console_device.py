"""The keyboard of a Windows console, over a device that is driven by the test."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import pytest

from reflowlog.terminal import console_device
from reflowlog.terminal.console_device import ConsoleDevice
from reflowlog.terminal.keyboard import PASTE_TIMEOUT, SEQUENCE_TIMEOUT, Keyboard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reflowlog.core.events import Key

FOUND, RAW, RAW_CTRL_C = 7, 100, 101  # modes
TIMEOUT = 10.0


class FakeConsole:
    """A console whose keys are what the test types."""

    def __init__(self, sequences: Mapping[int, str]) -> None:
        self.sequences = sequences
        self.mode = FOUND
        self.modes: list[int] = []
        self.is_closed = self.is_gone = False
        self._typed: list[bytes] = []
        self._changed = threading.Condition()
        self._woken = False
        self.timeouts: SimpleQueue[float | None] = SimpleQueue()  # seconds of each wait

    def type(self, data: bytes) -> None:
        with self._changed:
            self._typed.append(data)
            self._changed.notify_all()

    def get_mode(self) -> int:
        if self.is_gone:
            raise OSError("gone")
        return self.mode

    def set_mode(self, mode: int) -> None:
        self.mode = mode
        self.modes.append(mode)

    def set_raw(self, found: int, *, capture_ctrl_c: bool) -> None:
        assert found == FOUND
        self.set_mode(RAW_CTRL_C if capture_ctrl_c else RAW)

    def wait(self, seconds: float | None, *, for_keys: bool = True) -> bool | None:
        self.timeouts.put(seconds)
        with self._changed:
            if not self._changed.wait_for(lambda: self._woken or (for_keys and bool(self._typed)), seconds):
                return None
            woken, self._woken = self._woken, False
            return not woken

    def read(self) -> bytes:
        if self.is_gone:
            raise OSError("gone")
        return self._typed.pop(0) if self._typed else b""

    def wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def close(self) -> None:
        self.is_closed = True


class Typed:
    """A keyboard, its console and the keys that it sends."""

    def __init__(self) -> None:
        self.keys: SimpleQueue[Key] = SimpleQueue()
        self.gone = threading.Event()
        self.devices: list[FakeConsole] = []
        self.keyboard = Keyboard(self.keys.put, device=ConsoleDevice(self._open), gone=self.gone.set)

    def _open(self, sequences: Mapping[int, str]) -> FakeConsole:
        self.devices.append(FakeConsole(sequences))
        return self.devices[-1]

    @property
    def console(self) -> FakeConsole:
        return self.devices[0]

    def names(self, count: int) -> list[str]:
        return [self.keys.get(timeout=TIMEOUT).name for _ in range(count)]


@pytest.fixture
def typed() -> Iterator[Typed]:
    """One that has started."""
    typed = Typed()
    assert typed.keyboard.start()
    yield typed
    typed.keyboard.stop()


def test_every_typed_character_is_a_key(typed: Typed) -> None:
    """Also one that is not ASCII, and a sequence that arrives in parts."""
    typed.console.type("aä😀\r".encode())
    assert typed.names(4) == ["a", "ä", "😀", "Enter"]
    typed.console.type(b"\x1b[")
    typed.console.type(b"5~")
    assert typed.names(1) == ["PageUp"]


def test_the_sequence_of_each_key_is_known(typed: Typed) -> None:
    """A console that makes no sequences reports virtual codes: all of them have names."""
    for sequence in typed.console.sequences.values():
        typed.console.type(sequence.encode())
    names = typed.names(len(typed.console.sequences))
    assert names[:10] == ["PageUp", "PageDown", "End", "Home", "Left", "Up", "Right", "Down", "Insert", "Delete"]
    assert names[10:] == [f"F{number}" for number in range(1, 13)]


def test_a_lone_escape_is_the_escape_key(typed: Typed) -> None:
    """It is decided after a moment without another character."""
    typed.console.type(b"\x1b")
    assert typed.names(1) == ["Escape"]


@pytest.mark.parametrize(("begin", "expected"), [(b"\x1b[200~quit", PASTE_TIMEOUT), (b"\x1b[5", SEQUENCE_TIMEOUT)])
def test_the_end_of_a_paste_is_waited_for_longer(typed: Typed, begin: bytes, expected: float) -> None:
    """The rest of a paste that comes after a pause of the connection acts as no key."""
    typed.keyboard.capture_ctrl_c(True)
    typed.console.type(begin)
    while typed.console.timeouts.get(timeout=TIMEOUT) != expected:
        pass
    assert typed.keys.empty()


def test_the_mode_is_changed_while_keys_are_read_and_restored(typed: Typed) -> None:
    """At a suspension and at the end; Ctrl-C is a key only while that is asked for."""
    assert typed.console.mode == RAW
    typed.keyboard.capture_ctrl_c(True)
    assert typed.console.mode == RAW_CTRL_C
    typed.console.type(b"\x03")
    assert typed.names(1) == ["Ctrl-C"]
    typed.keyboard.suspend()
    assert typed.console.mode == FOUND
    typed.console.type(b"x")
    with pytest.raises(Empty):
        typed.keys.get(timeout=0.05)
    typed.keyboard.resume()
    assert typed.names(1) == ["x"]
    assert typed.console.mode == RAW_CTRL_C
    typed.keyboard.stop()
    assert typed.console.mode == FOUND
    assert typed.console.is_closed


def test_a_console_that_is_gone_ends_the_thread(typed: Typed) -> None:
    """The viewer that no key can end learns it."""
    typed.console.is_gone = True
    for _ in range(5):
        typed.console.type(b"x")
    assert typed.gone.wait(TIMEOUT)


def test_an_answer_to_a_query_is_no_key(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The question goes to standard output, and the console answers through its input."""
    questions = []

    def answer(descriptor: int, data: bytes) -> None:
        questions.append((descriptor, data))
        typed.console.type(b"\x1b[3;4R")

    monkeypatch.setattr(console_device, "write_all", answer)
    assert typed.keyboard.query_cursor("?", 1, TIMEOUT) == [(3, 4)]
    assert questions == [(1, b"?")]
    typed.console.type(b"k")
    assert typed.names(1) == ["k"]


def test_without_a_console_there_is_no_keyboard() -> None:
    """It does not start."""

    def fail(_: Mapping[int, str]) -> FakeConsole:
        raise OSError("no console")

    assert not Keyboard(lambda _: None, device=ConsoleDevice(fail)).start()
