"""Choices of how text is rendered, carried from the command line or the console down to rows.

A module of its own so that it can be imported without the renderer. The class is a named tuple, not a dataclass:
importing `dataclasses` takes longer than everything else that a plain run loads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import StyledLine
from reflowlog.text.clean.joined_emoji import Joins, all_joined
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.highlight.appearance import Appearance

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.records import LogRecord
    from reflowlog.text.clean.wrap import Mode
    from reflowlog.text.layout.column_plan import SeenColumns
    from reflowlog.text.layout.columns import ColumnLine
    from reflowlog.text.layout.hanging_indent import Indent

__all__ = ["RenderOptions", "style_line", "style_record"]


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


def style_line(text: str, options: RenderOptions, *, is_start: bool = True) -> StyledLine:
    """Return a line of untrusted text with its own styles, else with those of the parts found in it.

    Args:
        text: as it came.
        options: the rendering options.
        is_start: whether it is the start of a line, where a header is looked for.
    """
    clean, spans = sanitize(text)
    theme = options.appearance.theme
    if spans and not options.text_colour:
        spans = ()
    if theme is None or spans:
        return StyledLine(clean, spans if options.colour else ())
    from reflowlog.text.highlight.marks import find_marks, highlight_marks, marks_of_line  # start-up cost, as below

    found = marks_of_line(clean) if is_start else find_marks(clean, 0)
    spans = highlight_marks(clean, theme, found, host=options.appearance.host)
    return StyledLine(clean, spans if options.colour else (), found.column)


def style_record(
    record: LogRecord, width: int | None, options: RenderOptions, seen: SeenColumns | None, elapsed: float | None = None
) -> list[ColumnLine]:
    """Return the lines of a log record in columns, see `text/layout/columns.py: sheet`, in the styles that are drawn.

    Args:
        record: the record.
        width: in cells; None for no limit.
        options: the rendering options.
        seen: columns that the source of the record has had so far.
        elapsed: seconds to show in place of the time.
    """
    from reflowlog.text.layout.columns import sheet  # start-up cost: most logs have no fields

    if not options.text_colour:
        record = record._replace(message="\n".join([sanitize(line)[0] for line in record.message.split("\n")]))
    appearance = options.appearance
    lines = sheet(record, width, appearance.utc, appearance.theme, appearance.host, elapsed, seen)
    if options.own_colour and options.colour:
        return lines
    return [line._replace(styled=line.styled._replace(spans=())) for line in lines]
