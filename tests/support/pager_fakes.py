"""Fakes of a keyboard, a regex worker, a full-screen painter and an editor, for tests of displays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.core.frames import ScreenFrame, Size
    from reflowlog.text.search.pattern import Pattern


class FakePainter:
    """Full-screen painter that records calls and frames."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.screens: list[ScreenFrame] = []
        self.kept: list[str] = []

    def enter(self, size: Size) -> None:
        self.calls.append(f"enter {size.columns}x{size.rows}")

    def paint(self, screen: ScreenFrame, size: Size) -> None:
        self.screens.append(screen)

    def redraw(self) -> None:
        self.calls.append("redraw")

    def leave(self, keep: Sequence[str] = ()) -> None:
        self.calls.append("leave")
        self.kept = list(keep)

    def write_sequence(self, sequence: str) -> None:
        self.calls.append(f"sequence {sequence!r}")

    def drain(self) -> None:
        """No-op: nothing is buffered."""

    @property
    def rows(self) -> list[str]:
        """Rows of the last frame, without styles."""
        return [re.sub(r"\x1b\[[0-9;]*m", "", row) for row in self.screens[-1].rows]


class FakeKeys:
    """Keyboard that records calls."""

    there = True

    def __init__(self) -> None:
        self.calls: list[str] = []

    def start(self) -> bool:
        self.calls.append("start")
        return self.there

    def capture_ctrl_c(self, on: bool) -> None:
        self.calls.append(f"whole {on}")

    def query_background(self, *, with_report: bool = True) -> None:
        self.calls.append("query background")

    def suspend(self) -> None:
        self.calls.append("suspend")

    def resume(self) -> None:
        self.calls.append("resume")


class FakeMatcher:
    """Regex worker that matches synchronously."""

    waiting = False
    lost = 0

    def matching(self, pattern: Pattern, data: bytes) -> list[int]:
        return pattern.matching(data)

    def spans(self, pattern: Pattern, text: str) -> list[tuple[int, int]]:
        return pattern.spans(text)

    def given_up(self, pattern: Pattern) -> int:
        return self.lost


class FakeProgram:
    """Program that has the terminal, and runs until it is waited for."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.arguments = arguments

    def poll(self) -> None:
        """Return None: it runs."""

    def wait(self) -> None:
        """End it."""
