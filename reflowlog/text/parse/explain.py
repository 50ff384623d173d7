"""Explanation of a line: how it was understood, for ``--explain``. Pure; any thread may call it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse.crashes import is_crash
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.grammar import END, FOLD_DIGITS, HEADER_CHARS
from reflowlog.text.parse.header import header, parts
from reflowlog.text.parse.header_shapes import NO_SHAPES, Shapes, settled_start
from reflowlog.text.parse.json_records import read_records
from reflowlog.text.parse.levels import STANDARD
from reflowlog.text.parse.line_facts import plain_facts
from reflowlog.text.parse.line_levels import level_of, level_of_record
from reflowlog.text.parse.local_names import ascii_head
from reflowlog.text.parse.multiline import NOTHING, GroupState, continues
from reflowlog.text.parse.recognizer import recognizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["Explanation", "explain", "explain_lines"]


class Explanation(NamedTuple):
    """How a line was understood.

    Attributes:
        format: ``json``, ``logfmt``, ``header``, a format of the table, several behind each other, or ``text``.
        time: seconds since the epoch; None if the line has none, or it cannot be read.
        level: as a number of `logging`; None if the line has none.
        logger: the name of its component; may be empty.
        column: offset of the message in the shown text, in characters; 0 if it has no header.
        begins: whether it begins a record; False for a line that continues the one above.
    """

    format: str
    time: float | None
    level: int | None
    logger: str
    column: int
    begins: bool

    def text(self) -> str:
        """Return the explanation as one line: ``name=value`` pairs, ``-`` for parts that the line lacks."""
        level = "-" if self.level is None else STANDARD.get(self.level, str(self.level))
        record = "begins" if self.begins else "continues"
        logger = self.logger or "-"
        return (
            f"record={record} format={self.format!r} time={_iso_time(self.time)} level={level} logger={logger}"
            f" column={self.column}"
        )


def explain(
    line: bytes,
    names: FieldNames = USUAL,
    now: float | None = None,
    *,
    begins: bool = True,
    shapes: Shapes = NO_SHAPES,
) -> Explanation:
    """Return how a line is understood.

    Args:
        line: raw bytes without newline.
        names: roles of field names.
        now: reference in seconds since the epoch, for times without year or date; None: the clock.
        begins: whether it begins a record; `explain_lines` derives that from the lines before.
        shapes: the settled shapes of its source, see `text/parse/header_shapes.py`.

    Examples:
        >>> explain(b"2023-11-14T22:13:20Z ERROR app.db: it failed").text()
        "record=begins format='header' time=2023-11-14T22:13:20Z level=ERROR logger=app.db column=35"
    """
    raw = line.decode("utf-8", "replace")
    text = sanitize(raw)[0]
    records = read_records(raw, names)
    if records:
        is_json = raw.rstrip(" \t\r\n,]")[-1:] == "}" and "{" in raw
        first = records[0]
        return Explanation("json" if is_json else "logfmt", first.time, level_of(line, names), first.logger, 0, begins)
    facts = plain_facts(text, now)
    head = ascii_head(text[:HEADER_CHARS]).translate(FOLD_DIGITS) + END
    formats = recognizer().read(head).formats
    column, logger = header(text).column, facts.logger
    if shapes:
        column = settled_start(text, column, shapes)
        logger = logger if not column or parts(text).logger[1] <= column else ""
    format_name = " > ".join(formats) or ("uncaught exception" if is_crash(text.encode()) else "text")
    return Explanation(format_name, facts.time, level_of_record((line,), names), logger, column, begins)


def explain_lines(
    lines: Sequence[bytes],
    inside: GroupState = NOTHING,
    names: FieldNames = USUAL,
    now: float | None = None,
    shapes: Shapes = NO_SHAPES,
) -> tuple[list[Explanation], GroupState]:
    """Return how lines are understood, and the state to pass with the lines that follow.

    Args:
        lines: raw bytes without newlines.
        inside: state before the lines, see `multiline.continues`.
        names: roles of field names.
        now: see `explain`.
        shapes: see `explain`.
    """
    further, state = continues(lines, inside)
    return [explain(line, names, now, begins=not each, shapes=shapes) for line, each in zip(lines, further)], state


def _iso_time(time: float | None) -> str:
    """Return a time in UTC as ISO 8601; ``-`` for None."""
    if time is None:
        return "-"
    try:
        return datetime.fromtimestamp(time, timezone.utc).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return "-"
