"""Levels of the program's own loggers: changed from the viewer, and given back."""

from __future__ import annotations

import io
import logging
import uuid
from typing import TYPE_CHECKING

import pytest

from reflowlog import Console, ReflowHandler
from reflowlog.console.interactive.loggers import LoggerLevels
from reflowlog.pager.state import LoggerLevel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Tree:
    """A logger of its own with a child, a console's handler and a file's."""

    def __init__(self, path: Path) -> None:
        self.name = f"tree{uuid.uuid4().hex}"
        self.parent, self.child = logging.getLogger(self.name), logging.getLogger(f"{self.name}.child")
        self.console = Console(stream=io.StringIO())
        self.handler = ReflowHandler("WARNING", console=self.console)
        self.file = logging.FileHandler(path / "file")
        self.file.setLevel("ERROR")
        self.parent.setLevel("INFO")
        self.child.setLevel("WARNING")
        for handler in (self.handler, self.file):
            self.parent.addHandler(handler)

    @property
    def levels(self) -> list[int]:
        return [each.level for each in (self.parent, self.child, self.handler, self.file)]


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    """A tree of loggers; the root's level is as before after the test."""
    root = logging.getLogger()
    before = root.level
    made = Tree(tmp_path)
    yield made
    root.setLevel(before)
    made.parent.handlers.clear()
    made.file.close()
    made.console.close()


def test_one_logger(tree: Tree) -> None:
    """Its level, and that of the console's handler that its records reach; nothing else."""
    levels = LoggerLevels()
    message = levels.change(LoggerLevel(logging.DEBUG, tree.child.name))
    assert message == f"{tree.child.name} logs from DEBUG on; 'reset' at l gives its level back"
    assert tree.levels == [20, 10, 10, 40]
    assert levels.change(LoggerLevel(None)) == "2 levels given back"
    assert tree.levels == [20, 30, 30, 40]
    assert levels.change(LoggerLevel(None)) == "no logger's level was changed"


def test_all_loggers(tree: Tree) -> None:
    """Those with a higher level of their own; the end gives all back."""
    root = logging.getLogger()
    before = root.level
    levels = LoggerLevels()
    assert levels.change(LoggerLevel(5, None)).startswith("all loggers log from Level 5 on")
    assert (root.level, tree.levels) == (5, [5, 5, 5, 40])
    levels.change(LoggerLevel(10, tree.name))
    assert tree.levels == [10, 5, 5, 40]
    levels.restore()
    assert (root.level, tree.levels) == (before, [20, 30, 30, 40])
    levels.restore()


def test_what_the_program_changes_is_left_alone(tree: Tree) -> None:
    """A level that the program has set meanwhile stays."""
    levels = LoggerLevels()
    levels.change(LoggerLevel(10, tree.name))
    tree.parent.setLevel("ERROR")
    levels.restore()
    assert tree.levels == [40, 30, 30, 40]


def test_a_logger_that_there_is_not(tree: Tree) -> None:
    """The nearest name; none is made."""
    levels = LoggerLevels()
    message = levels.change(LoggerLevel(10, tree.child.name[:-1]))
    assert message == f"no logger '{tree.child.name[:-1]}', did you mean '{tree.child.name}'?"
    assert tree.child.name[:-1] not in logging.Logger.manager.loggerDict


def test_a_held_lock_of_logging_is_waited_for_a_moment_only(tree: Tree) -> None:
    """Its holder may be waiting for this very thread."""
    levels = LoggerLevels()
    with logging._lock:  # type: ignore[attr-defined]
        assert "logs from DEBUG on" in levels.change(LoggerLevel(10, tree.name))
    levels.restore()
    assert tree.levels == [20, 30, 30, 40]
