"""Saving the pager's lines to a file, in slices of a time budget.

Invariants:
- Everything that the filters show is saved, what is folded too. No rule, mark or relative time is.
- A file that is there is replaced only if the user has said so; then all at once, when everything is written. Only a
  regular file is; a link stays, and the file that it leads to is replaced. A file that is being read is never: its new
  lines would be read again.
- Nothing is written twice and nothing left out, whatever number of slices it takes: a step changes nothing before all
  that it needs is known.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import IO, TYPE_CHECKING, Protocol

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import Style
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.save_target import format_name
from reflowlog.pager.viewport import Viewport, VisibleRow, draw_row
from reflowlog.text.parse.multiline import NOTHING, continues

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.core.records import LogRecord
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.match_index import Budget
    from reflowlog.pager.state import Save

__all__ = ["SaveFile", "SaveProgress"]

MAX_RECORD_LINES = 10_000  # lines of a record that are written as one


class SaveProgress(NamedTuple):
    """Result of one slice of saving.

    Attributes:
        saving: how far the file is written; None once the save has ended.
        message: what to show then.
        may_replace: whether it has ended because there is such a file, which may be replaced.
    """

    saving: Save | None
    message: str = ""
    may_replace: bool = False


class SaveFile:
    """Writes the lines that a pager shows to a file, as they came or in another format. Printer thread only.

    Args:
        context: the pager's context, with the document and the lines that are shown of it.
        budget: the time budget of a slice.
        is_in_use: returns whether the file of a path is being read, or written by this program.
    """

    def __init__(
        self, context: PagerContext, budget: Budget, is_in_use: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._is_in_use = is_in_use
        self._context = context
        self._budget = budget
        self._file: IO[bytes] | None = None
        self._writer: _Saver | None = None
        self._temporary = ""  # the new file, until it replaces the one that is there

    def write_slice(self, saving: Save) -> SaveProgress:
        """Write lines for one slice.

        Args:
            saving: how far the file is written.
        """
        try:
            if self._file is None or self._writer is None:
                self._file = self._open(saving)
                self._writer = _make_saver(saving, self._context)
            is_done = self._writer.write(self._file, self._budget)
            saving = saving._replace(written=self._writer.lines)
            if is_done:
                self._replace(saving)
        except FileExistsError:
            message = f"{saving.path} is there already: nothing is saved, y replaces it"
            return SaveProgress(None, self._finish(message), may_replace=True)
        except OSError as error:
            return SaveProgress(None, self._finish(f"cannot save to {saving.path}: {error.strerror}"))
        if is_done:
            plural = "s" * (saving.written != 1)
            name = format_name(saving.format)
            return SaveProgress(None, self._finish(f"saved {saving.written:,} line{plural}{name} to {saving.path}"))
        return SaveProgress(saving)

    def _open(self, saving: Save) -> IO[bytes]:
        path = os.path.realpath(_path_of(saving))
        try:
            mode = os.stat(path).st_mode
        except FileNotFoundError:
            return open(path, "xb")
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not stat.S_ISREG(mode):  # replaced by a file, a device would be gone
            raise OSError(errno.EINVAL, "it is no regular file", path)
        if self._is_in_use(path):
            raise OSError(errno.EBUSY, "it is in use here; another name is needed", path)
        if not saving.replaces:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        import tempfile  # start-up cost: only once something is saved

        number, self._temporary = tempfile.mkstemp(prefix=".reflowlog-", dir=os.path.dirname(path))
        os.chmod(self._temporary, mode & 0o777)
        return open(number, "wb")

    def _replace(self, saving: Save) -> None:
        """Put the new file in the place of the one that is there, if it replaces one."""
        if self._temporary:
            if self._file is not None:
                self._file.close()
            os.replace(self._temporary, os.path.realpath(_path_of(saving)))
            self._temporary = ""

    def close(self) -> None:
        """Close the file. Idempotent.

        Raises:
            OSError: the last lines cannot be written.
        """
        file, self._file, self._writer = self._file, None, None
        temporary, self._temporary = self._temporary, ""
        try:
            if file is not None:
                file.close()
        finally:
            if temporary:  # Windows removes no file that is open
                with contextlib.suppress(OSError):
                    os.unlink(temporary)

    def _finish(self, message: str) -> str:
        try:
            self.close()
        except OSError as error:
            return f"cannot save: {error.strerror}"
        return message


def _path_of(saving: Save) -> str:
    return os.path.expanduser(saving.path)


class _Saver(Protocol):
    """Protocol of the writers of the formats.

    Attributes:
        lines: number of lines of the log that are written.
    """

    lines: int

    def write(self, file: IO[bytes], budget: Budget) -> bool:
        """Write as much as the budget allows; return whether all is written."""


def _make_saver(saving: Save, context: PagerContext) -> _Saver:
    if saving.format == "log":
        return _LineSaver(context, lambda offset: context.settings.original(context.document.segment(offset)))
    if saving.format == "text":
        return _LineSaver(context, _shown_text(context))
    return _RecordSaver(context, saving)


def _first(context: PagerContext) -> int | None:
    """Return the first shown segment; None if there is none."""
    text = context.document.text
    if text.end <= text.start:
        return None
    return context.filtered.after(text.start - 1) if context.indexes.filter_index else context.document.at(text.start)


class _LineSaver:
    """Writes segments one by one.

    Args:
        context: the pager's context.
        text_of: returns what is written for a segment, without its newline.
    """

    def __init__(self, context: PagerContext, text_of: Callable[[int], bytes]) -> None:
        self._context = context
        self._text_of = text_of
        self._offset: int | None = None
        self._has_begun = False
        self.lines = 0

    def write(self, file: IO[bytes], budget: Budget) -> bool:
        """Write as much as the budget allows; return whether all is written."""
        shown, document = self._context.filtered, self._context.document
        with contextlib.suppress(NotReady):
            if not self._has_begun:
                self._offset = _first(self._context)
                self._has_begun = True
            while self._offset is not None and not budget.is_over:
                following = shown.after(self._offset)  # first: NotReady must leave this line to the next slice
                ends = document.after(self._offset)
                ends_line = ends is None or document.is_line_start(ends)
                file.write(self._text_of(self._offset) + (b"\n" if ends_line else b""))
                self.lines += ends_line
                self._offset = following
            return self._offset is None
        return False


def _shown_text(context: PagerContext) -> Callable[[int], bytes]:
    """Return a function from a segment to its rows as they are shown, without colours."""
    layout = context.viewport.layout
    render = layout.render
    appearance = render.appearance._replace(theme=None, host=None)
    wrap = render.wrap if render.wrap != "none" else "word"
    plain = render._replace(colour=False, own_colour=False, text_colour=False, appearance=appearance, wrap=wrap)
    layout = layout._replace(render=plain, shift=0, gaps=None)
    viewport = Viewport(context.document, layout, context.settings.read, context.timeline)
    labels, room = context.settings.labels, context.label_room

    def rows(offset: int) -> bytes:
        line = viewport.line(offset)
        drawn = []
        for number in range(len(line.rows)):
            label = " " * room
            if labels is not None and room and not number:
                label = labels.text(context.settings.owner(offset), room)
            drawn.append((label + draw_row(VisibleRow(line, number), (), Style(), layout.width)).rstrip())
        return "\n".join(drawn).encode("utf-8", "replace")

    return rows


class _RecordSaver:
    """Writes whole records, as JSON lines or as a page of HTML.

    Args:
        context: the pager's context.
        saving: what is saved.
    """

    def __init__(self, context: PagerContext, saving: Save) -> None:
        from reflowlog.text.parse.json_records import read_records  # start-up cost: only for these formats

        self._context = context
        self._is_html = saving.format == "html"
        self._title = os.path.basename(saving.path)
        self._utc = context.settings.render.appearance.utc
        self._read = context.settings.read or (lambda line: read_records(line, context.names))
        self._offset: int | None = None
        self._has_begun = False
        self._lines: list[bytes] = []  # of the record that is read
        self._state = NOTHING
        self.lines = 0

    def write(self, file: IO[bytes], budget: Budget) -> bool:
        """Write as much as the budget allows; return whether all is written."""
        with contextlib.suppress(NotReady):
            if not self._has_begun:
                self._offset = _first(self._context)
                self._has_begun = True
                file.write(self._start().encode("utf-8", "replace"))
            while not budget.is_over:
                if self._offset is None and not self._lines:
                    file.write(self._end().encode("utf-8", "replace"))
                    return True
                if not self._goes_on():
                    file.write(self._take_record().encode("utf-8", "backslashreplace"))
        return False

    def _goes_on(self) -> bool:
        """Add the next segment to the record if it continues it; return whether it did. Raises `NotReady`."""
        offset, document = self._offset, self._context.document
        if offset is None:
            return False
        following = self._context.filtered.after(offset)
        line = document.segment(offset)
        is_part = bool(self._lines) and not document.is_line_start(offset)
        if not is_part:
            after = [] if following is None else [document.segment(following)]
            goes_on = continues([line, *after], self._state)[0][0] and len(self._lines) < MAX_RECORD_LINES
            if self._lines and not goes_on:
                return False
        ends = document.after(offset)
        self.lines += ends is None or document.is_line_start(ends)
        if is_part:
            self._lines[-1] += line
        else:
            self._lines.append(line)
            self._state = continues([line], self._state)[1]
        self._offset = following
        return True

    def _take_record(self) -> str:
        """Return the record in the format, and begin the next one."""
        lines = [line.decode("utf-8", "replace") for line in self._lines]
        self._lines = []
        records = self._read(lines[0])
        return "".join(self._of_fields(records, lines)) if records else self._of_plain(lines)

    def _of_fields(self, records: list[LogRecord], lines: list[str]) -> list[str]:
        further = "\n".join(lines[1:])
        if further:  # lines that continue a record with fields
            last = records[-1]
            records = [*records[:-1], last._replace(trace=f"{last.trace.rstrip()}\n{further}".lstrip("\n"))]
        if self._is_html:
            from reflowlog.render.html import record_html  # start-up cost, as above

            return [record_html(record, self._utc) for record in records]
        from reflowlog.text.layout.json_export import record_json

        return [record_json(record, lines[0], self._utc) + "\n" for record in records]

    def _of_plain(self, lines: list[str]) -> str:
        if self._is_html:
            from reflowlog.render.html import plain_html  # start-up cost, as above

            return plain_html(lines)
        from reflowlog.text.layout.json_export import plain_json

        return plain_json(lines, self._utc) + "\n"

    def _start(self) -> str:
        if not self._is_html:
            return ""
        from reflowlog.render.html import html_start  # start-up cost, as above

        return html_start(self._title)

    def _end(self) -> str:
        if not self._is_html:
            return ""
        from reflowlog.render.html import HTML_END  # start-up cost, as above

        return HTML_END
