"""Detail of the record that is looked at: read once, laid out once for each width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.pager.detail import Detail, DetailView
from reflowlog.pager.records import record_at
from reflowlog.text.layout.record_detail import record_detail
from reflowlog.text.parse.line_levels import level_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.records import LogRecord
    from reflowlog.render.options import RenderOptions
    from reflowlog.store.document import Document
    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["RecordDetails"]


class RecordDetails:
    """Details of the records of a document, of which the last one is kept.

    Args:
        document: the document.
        names: names of fields.
        read: parses the log records of a line; None: the parser for any log.
        original: returns the text as it came of a stored record.
    """

    def __init__(
        self,
        document: Document,
        names: FieldNames,
        read: Callable[[str], list[LogRecord]] | None,
        original: Callable[[bytes], bytes],
    ) -> None:
        self._document = document
        self._names = names
        self._read = read
        self._original = original
        self._known: tuple[tuple[int, int], Detail | None] = ((-1, -1), None)  # by its offset and the text's end
        self._view: DetailView | None = None

    def at(self, offset: int, *, utc: bool) -> Detail | None:
        """Return the detail of the record at an offset; None if nothing is held."""
        key = offset, self._document.text.end
        if self._known[0] != key:
            self._known = key, self._make(offset, utc=utc)
        return self._known[1]

    def _make(self, offset: int, *, utc: bool) -> Detail | None:
        record = record_at(self._document, offset)
        if record is None:
            return None
        before = self._known[1]
        if before is not None and before.record == record:
            return before
        original = self._original(record.data)
        fields = record_detail(
            record.lines,
            self._names,
            utc=utc,
            records=None if self._read is None else self._read(record.lines[0]),
            original=original.decode("utf-8", "replace").split("\n"),
        )
        return Detail(record, fields, level_of(record.data.partition(b"\n")[0], self._names) or 0, original)

    def view(self, offset: int, width: int, options: RenderOptions) -> DetailView | None:
        """Return the rows of the detail at a width, in cells; None if nothing is held."""
        detail = self.at(offset, utc=options.appearance.utc)
        if detail is None:
            return None
        view = self._view
        if view is None or view.detail is not detail or view.width != width:
            view = self._view = DetailView(detail, width, options.appearance, colour=options.colour)
        return view
