"""Fakes of an inline painter and a pin, for tests of the printer and of displays."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.frames import Frame, Size


class FakePainter:
    """Inline painter that records frames and calls."""

    def __init__(self) -> None:
        self.columns = 0
        self.frames: list[Frame] = []
        self.calls: list[str] = []
        self.first: int | None = None  # returned by `resize`
        self.error: Exception | None = None

    size_lag = 0.0
    can_locate = False

    def note_size(self, size: Size) -> None:
        """Only `resize` is noted."""

    def resize(self, size: Size, *_: object) -> int | None:
        self.columns = size.columns
        self.calls.append(f"resize {size.columns}x{size.rows}")
        return self.first

    def take_back(self, first: int) -> bool:
        self.calls.append(f"take_back {first}")
        return True

    def drop_repaint(self) -> None:
        self.calls.append("drop_repaint")

    def paint(self, frame: Frame) -> None:
        if self.error is not None:
            raise self.error
        self.frames.append(frame)

    def drain(self) -> None:
        """No-op: nothing is buffered."""

    def resume(self) -> None:
        self.calls.append("resume")

    def forget_rows(self) -> None:
        self.calls.append("forget_rows")

    def prepare_hiding(self) -> None:
        """Ignore it."""

    def mark_cursor_row_dirty(self) -> None:
        self.calls.append("cursor_row_dirty")

    def close(self) -> None:
        self.calls.append("close")

    @property
    def rows(self) -> list[str]:
        """Rows of all frames so far."""
        return [row for frame in self.frames for _, text in frame.blocks for row in text.split("\n")]


class FakeWriters:
    """Knowledge of other writers that a test sets."""

    def __init__(self) -> None:
        self.answers: list[bool] = []  # of the next questions whether they have written; then they have not
        self.unnoticed = False
        self.closed = False

    def have_written(self) -> bool:
        return self.answers.pop(0) if self.answers else False

    def may_write_unnoticed(self) -> bool:
        return self.unnoticed

    def close(self) -> None:
        self.closed = True


class Pin:
    """Pin with a render function and nothing else."""

    pending = removed = False
    order = 0

    def __init__(self, render: Callable[[int], str], *, leave: bool = False) -> None:
        self.render = render
        self.leave = leave
