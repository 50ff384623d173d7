"""The public function `wrap`: untrusted text to finished rows. Stateless; any thread may call it."""

from __future__ import annotations

from typing import Literal

from reflowlog.core.records import StyledLine
from reflowlog.render.ansi import draw_rows, has_styles
from reflowlog.render.coloured_lines import draw_coloured
from reflowlog.text.clean.sanitize import is_plain, sanitize
from reflowlog.text.clean.wrap import wrap_plain
from reflowlog.text.layout.hanging_indent import lay_out, plain_hang

__all__ = ["wrap"]


def wrap(
    text: str,
    width: int,
    indent: int | Literal["auto"] = "auto",
    *,
    mode: Literal["word", "char", "none"] = "word",
) -> list[str]:
    r"""Wrap text to a number of terminal cells.

    Rows break at blanks; a word longer than a row is cut between grapheme clusters, in the last third of the row
    where one of its parts ends (a path, JSON, a URL), else at the edge. Colours (SGR) and links (OSC 8)
    in the text go over a break, and every row is complete in itself. Tabs go to the next multiple of 8 cells; carriage
    returns, backspaces and cursor moves within the line act as on a terminal; all other controls are shown as marks,
    never executed.

    Args:
        text: one line or several, each laid out by itself.
        width: cells, 1 or more; no row is wider.
        indent: blanks before the rows of a line after its first, in cells, taken where it leaves half of the width.
            ``"auto"``: under the message, if it starts within 40 % of the width; else under the line's own
            indentation plus 2; 0 below 20 cells.
        mode: ``"word"``; ``"char"`` to break at the edge, between any two clusters; ``"none"`` for one row a line,
            cut at the edge.

    Returns:
        The rows, without newlines or blanks at their ends; at least one a line.

    Raises:
        ValueError: if ``width`` is less than 1, ``indent`` is less than 0, or there is no such ``mode``.

    Examples:
        >>> wrap("one two three", 9)
        ['one two', 'three']
        >>> wrap("12:00:00 INFO the quick brown fox jumps", 36)
        ['12:00:00 INFO the quick brown fox', '              jumps']
        >>> wrap("\x1b[31mred and\x1b[0m plain", 5)
        ['\x1b[31mred\x1b[0m', '\x1b[31mand\x1b[0m', 'plain']
        >>> wrap("", 40)
        ['']
    """
    if mode == "word" and width > 0 and (indent == "auto" or indent >= 0) and is_plain(text):
        return wrap_plain(text, width, plain_hang(width, indent)(text) if len(text) > width else 0)
    if width < 1:
        raise ValueError(f"width must be 1 or more cells, not {width}")
    if indent != "auto" and indent < 0:
        raise ValueError(f"indent must be 'auto' or 0 or more cells, not {indent}")
    if mode not in ("word", "char", "none"):
        raise ValueError(f"mode must be 'word', 'char' or 'none', not {mode!r}")
    if "\n" not in text:
        return _line(text, width, indent, mode)
    return [row for line in text.split("\n") for row in _line(line, width, indent, mode)]


def _line(line: str, width: int, indent: int | Literal["auto"], mode: Literal["word", "char", "none"]) -> list[str]:
    """Wrap one line."""
    if mode == "word" and has_styles(line):
        drawn = draw_coloured(line, width, indent)
        if drawn is not None:
            return drawn.split("\n")
    text, spans = sanitize(line)
    return draw_rows(text, spans, lay_out(StyledLine(text), width, indent, mode))
