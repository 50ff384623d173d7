"""Writes events as plain text past the printer, while no printer can be made.

That is while no descriptor is free, so that no module can be imported, or while a module is missing.

Invariants:
- No byte of a record or of printed text acts on a terminal: each control is written as a mark.
- Nothing is imported or opened here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reflowlog.console.direct_output import FollowingOutput
from reflowlog.core.events import DeferredRecords, LineEnded, TextWritten
from reflowlog.core.records import StyledLine

if TYPE_CHECKING:
    from reflowlog.console.target import OutputTarget
    from reflowlog.core.records import Item

__all__ = ["mark_controls", "write_plainly"]


def write_plainly(event: object, target: OutputTarget) -> bool:
    """Write an event to a target, and return whether it was written: not a pin, and not where writing fails."""
    try:
        if isinstance(event, TextWritten):
            text = event.text
        elif isinstance(event, LineEnded):
            text = "\n"
        elif isinstance(event, DeferredRecords):
            text = "".join(f"{_plain_text(item)}\n" for item in event.render(event.payload))
        else:
            return False
        FollowingOutput(target.target, flushes=True, loop=target.loop).write(mark_controls(text))
    except Exception:
        return False
    return True


def mark_controls(text: str) -> str:
    """Return a text with a visible mark for each control but the newline."""
    return "".join(char if char == "\n" or char.isprintable() else chr(0x2400 + ord(char) % 0x20) for char in text)


def _plain_text(item: Item) -> str:
    """Return an item as lines of text, without colours."""
    if isinstance(item, StyledLine):
        return item.text
    clock = "" if item.time is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(item.time))
    fields = [f"{name}={text}" for name, text in item.extras]
    line = " ".join(filter(None, [clock, item.level_name, item.logger, item.message, *fields]))
    return f"{line}\n{item.trace}" if item.trace else line
