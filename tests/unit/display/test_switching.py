"""The screen stage: a log and the viewer over it take turns, and in the end the log has printed everything once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from support.pager_fakes import FakeKeys, FakeMatcher
from support.pager_fakes import FakePainter as FakeScreen
from support.printer_fakes import FakePainter, Pin

from reflowlog.core.events import Key, PinUpdate
from reflowlog.core.frames import Size
from reflowlog.display.inline import InlineDisplay
from reflowlog.display.pager import PagerDisplay
from reflowlog.display.pager_screen import PagerScreen
from reflowlog.display.scrollback import LineScrollback
from reflowlog.display.switching import SwitchingDisplay
from reflowlog.pager.context import PagerOptions
from reflowlog.pager.state import PagerState
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer
from reflowlog.store.document_source import PipeDocument
from reflowlog.store.line_index import LineIndex
from reflowlog.store.pipe_text import PipeText
from reflowlog.store.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable


class Bench:
    """Both stages over one history, at 30 columns and 6 rows."""

    def __init__(self) -> None:
        self.size = Size(30, 6)
        self.now = 100.0
        self.printed = FakePainter()
        self.screen = FakeScreen()
        self.keys = FakeKeys()
        self.finished = 0
        self.viewing: list[bool] = []
        history = LineIndex(Spool())
        self.text = PipeText(history)
        renderer = LineRenderer(30, RenderOptions(colour=False, own_colour=False))
        self.log = InlineDisplay(
            LineScrollback(renderer, history), renderer, self.printed, size=self.size, measure=lambda: self.size
        )
        self.display = SwitchingDisplay(
            self.log, self.text, self._make_full, self.keys, self._finish, self.viewing.append
        )

    def _finish(self) -> None:
        self.finished += 1

    def _make_full(self, left: Callable[[str], None]) -> PagerDisplay:
        return PagerDisplay(
            PipeDocument(self.text),
            PagerScreen(self.screen, self.keys, self.size),
            PagerOptions(),
            PagerState(),
            matcher=FakeMatcher(),  # type: ignore[arg-type]
            left=left,
            interrupted=lambda _: "",
            clock=lambda: self.now,
        )

    def frame(self) -> None:
        """A turn of the printer, later."""
        self.now += 1
        self.display.work()
        self.display.paint((), False)

    def chunk(self, data: bytes) -> None:
        self.display.chunk(data)
        self.frame()

    def key(self, name: str) -> None:
        self.display.key(Key(name))
        self.frame()


def test_keys_begin_to_be_read_with_the_first_input() -> None:
    """Not before: a password prompt has them until then. And once only."""
    bench = Bench()
    bench.frame()
    assert not bench.keys.calls
    bench.chunk(b"one\n")
    bench.chunk(b"two\n")
    assert bench.keys.calls == ["start"]


def test_a_viewers_key_opens_it_and_counts() -> None:
    """The key that opens the viewer also has its effect there; other keys have none."""
    bench = Bench()
    bench.chunk(b"".join(b"line %d\n" % number for number in range(20)))
    bench.key("x")
    bench.key("q")
    assert not bench.viewing
    bench.key("k")
    assert bench.viewing == [True]
    assert bench.screen.rows[0] == "line 14"


def test_what_arrives_meanwhile_is_printed_afterwards() -> None:
    """Once, in order, and the line that has not ended goes on where it was."""
    bench = Bench()
    bench.chunk(b"one\ntw")
    bench.key("F")
    assert bench.screen.rows[:2] == ["one", "tw"]
    bench.chunk(b"o\nthree\nfo")
    assert bench.screen.rows[:4] == ["one", "two", "three", "fo"]
    assert bench.printed.rows == ["one"]
    bench.key("q")
    assert bench.viewing == [True, False]
    assert bench.printed.rows == ["one", "two", "three"]
    assert bench.printed.frames[-1].live == ["fo"]
    bench.chunk(b"ur\n")
    assert bench.printed.rows == ["one", "two", "three", "four"]
    assert not bench.finished


def test_back_and_forth_between_two_frames() -> None:
    """Pending rows of the normal screen are painted before the viewer is opened again."""
    bench = Bench()
    bench.chunk(b"one\n")
    bench.key("k")
    bench.chunk(b"two\n")
    bench.display.chunk(b"three\n")
    bench.display.key(Key("q"))
    bench.display.chunk(b"four\n")
    bench.display.key(Key("k"))
    bench.chunk(b"five\n")
    bench.key("q")
    printed = [text for frame in bench.printed.frames for _, text in frame.blocks]
    assert printed == ["one", "two", "three", "four", "five"]


def test_the_end_of_the_input_waits_for_the_reader() -> None:
    """While the viewer is up it stays; q ends all."""
    bench = Bench()
    bench.chunk(b"one\n")
    bench.key("F")
    bench.chunk(b"two")
    bench.display.end_of_input()
    bench.display.all_ended()
    bench.frame()
    assert not bench.finished
    bench.key("q")
    assert bench.finished == 1
    assert bench.printed.rows == ["one", "two"]


def test_quitting_prints_what_is_missing() -> None:
    """Q ends all at once, and nothing that was accepted is missing on the normal screen."""
    bench = Bench()
    bench.chunk(b"one\n")
    bench.key("F")
    bench.chunk(b"two\n")
    bench.key("Q")
    assert bench.finished == 1
    assert bench.printed.rows == ["one", "two"]


def test_the_end_while_the_viewer_is_up() -> None:
    """A signal, say: the viewer goes, and the rest is printed."""
    bench = Bench()
    bench.chunk(b"one\n")
    bench.key("F")
    bench.chunk(b"two\n")
    bench.display.finish()
    bench.display.paint((), False)
    bench.display.close()
    assert bench.screen.calls[-1] == "leave"
    assert bench.printed.rows == ["one", "two"]


def test_a_size_that_changed_meanwhile_is_told_afterwards() -> None:
    """The normal screen learns of it once it is seen again."""
    bench = Bench()
    bench.chunk(b"one\n")
    bench.key("F")
    bench.size = Size(20, 5)
    bench.display.resize(bench.size)
    bench.frame()
    assert len(bench.screen.rows) == 5
    assert not bench.printed.calls
    bench.key("q")
    assert bench.printed.calls == ["resize 20x5"]


def test_suspended_while_the_viewer_is_up() -> None:
    """It is entered again; rows above on the normal screen are given up."""
    bench = Bench()
    bench.chunk(b"one\n")
    bench.key("F")
    bench.display.suspend()
    assert bench.screen.calls[-1] == "leave"
    bench.display.resume()
    bench.frame()
    assert bench.screen.calls[-1] == "enter 30x6"
    assert "resume" in bench.printed.calls


def test_random_turns_lose_nothing_and_double_nothing() -> None:
    """Whatever comes in whatever order, in the end every line was printed once."""
    for seed in range(100):
        rng = random.Random(seed)
        bench = Bench()
        expected: list[str] = []
        for number in range(60):
            what = rng.randrange(8)
            if what < 4:
                bench.chunk(b"n%d\n" % number)
                expected.append(f"n{number}")
            elif what == 4:
                bench.chunk(b"part ")
                expected.append("part ")
            elif what == 5:
                bench.key(rng.choice("Fkgq"))
            elif what == 6:
                bench.display.pin(PinUpdate(Pin(lambda _: ""), removed=True))
            else:
                bench.display.line("ours")
        bench.display.end_of_input()
        bench.display.all_ended()
        bench.display.finish()
        bench.display.paint((), False)
        printed = bench.printed.rows
        joined = "".join(row for row in printed if row != "ours").replace("ours", "")
        assert joined.replace(" ", "") == "".join(expected).replace(" ", ""), seed


def test_lines_are_taken_back_until_the_viewer_has_been_opened() -> None:
    """It refers to the lines by their offsets from then on."""
    bench = Bench()
    bench.chunk(b"one\ntwo\n")
    assert bench.display.retractable is not None
    bench.key("k")
    assert bench.display.retractable is None
    bench.key("q")
    assert bench.display.retractable is None
