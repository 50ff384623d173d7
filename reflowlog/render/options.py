"""Choices of how text is rendered, carried from the command line or the console down to rows.

A module of its own so that it can be imported without the renderer. The class is a named tuple, not a dataclass:
importing `dataclasses` takes longer than everything else that a plain run loads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reflowlog.text.clean.joined_emoji import Joins, all_joined
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.highlight.appearance import Appearance

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.records import LogRecord
    from reflowlog.text.clean.wrap import Mode
    from reflowlog.text.layout.hanging_indent import Indent

__all__ = ["RenderOptions", "without_styles"]


class RenderOptions(NamedTuple):
    """Choices of how text is rendered; immutable. Its fields are given and read by name, never by position.

    Attributes:
        wrap: where rows break.
        unbroken: write each line as one row, whatever its length, for the terminal to wrap.
        indent: the hanging indent in cells, or ``"auto"``.
        width: a fixed width in cells; None: the width of the terminal, or none where there is no terminal.
        colour: whether styles are drawn, the program's own and those of the text.
        own_colour: whether the program adds styles of its own.
        text_colour: whether the styles of the text are drawn, if any are.
        raw: show lines as they came, JSON and logfmt too.
        appearance: columns, time zone, theme and links.
        joins: returns which joined emoji the terminal draws as one; called when the first one is met.
    """

    wrap: Mode = "word"
    unbroken: bool = False
    indent: Indent = "auto"
    width: int | None = None
    colour: bool = True
    own_colour: bool = True
    text_colour: bool = True
    raw: bool = False
    appearance: Appearance = Appearance()
    joins: Callable[[], Joins] = all_joined


def without_styles(record: LogRecord) -> LogRecord:
    """Return a record whose message has no styles of its own."""
    return record._replace(message="\n".join([sanitize(line)[0] for line in record.message.split("\n")]))
