"""Appearance of lines: columns, time zone, theme and links. Shared by all displays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import Style

if TYPE_CHECKING:
    from reflowlog.core.records import LogRecord
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["Appearance"]

FAINT = Style("2")


class Appearance(NamedTuple):
    """A user's choices of how lines look, besides how they wrap.

    Attributes:
        columns: names of the columns to show of records with fields (JSON, logfmt), names of fields among them; None:
            show them as plain lines.
        utc: show the times of such records in UTC instead of local time.
        theme: styles of the parts that are highlighted in lines without colours of their own, and of columns; None:
            no highlighting, and plain columns.
        host: this machine's name, to make addresses and files links; None: no links. Requires a theme.
        names: meanings of field names; None: the usual ones.
        hidden: names of the fields that are not shown behind the message.
    """

    columns: tuple[str, ...] | None = None
    utc: bool = False
    theme: Theme | None = None
    host: str | None = None
    names: FieldNames | None = None
    hidden: tuple[str, ...] = ()

    @property
    def aside_style(self) -> Style:
        """Style of notes beside the text of lines: places of calls, rules of gaps, counts of folded lines."""
        return FAINT if self.theme is None else self.theme.styles["source"]

    def selected(self, record: LogRecord) -> LogRecord:
        """Return a record of JSON or logfmt with the chosen columns, and without the fields that are not shown."""
        return record.selected(self.columns, self.hidden)
