"""Check that the fields which ``--columns`` and ``--hide`` name occur in the input: else a mistyped name is silent."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from reflowlog.cli.build import make_field_watch
from reflowlog.core.events import Chunk
from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.system.fds import CHUNK_BYTES
from reflowlog.text.layout.column_names import STANDARD_COLUMNS
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.search.comparison import standard_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.cli.filter_mode import LineOutput
    from reflowlog.cli.options import CliOptions
    from reflowlog.core.events import Runs
    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["FieldWatch", "explain_columns"]

MAX_NAME_BYTES = 256  # that are looked for across the ends of two chunks
MAX_FILE_BYTES = 8 << 20  # of a file that is read through for the viewer: 0.1 s
MAX_NAMES = 1000  # of fields that are remembered for a suggestion
_BYTES = "surrogateescape"  # bytes that are no UTF-8 stay as they are

_name = lazy_pattern(rb'"([^"\\\n]{1,64})"\s*:|(?<![^\s{,])([A-Za-z_@][\w.@-]{0,63})=')


class FieldWatch:
    """Remembers which of some names of fields no text has had so far.

    A name counts as met wherever it stands as in JSON or logfmt, so that none is missed that a record may have.

    Args:
        wanted: names of fields; those that stand for a standard column are not looked for.
        names: roles of field names; None: the usual ones.
    """

    def __init__(self, wanted: tuple[str, ...], names: FieldNames | None = None) -> None:
        known = names or USUAL
        self._missing = {
            name: name.rpartition(".")[2].lower().encode("utf-8", _BYTES)
            for name in wanted
            if name not in STANDARD_COLUMNS and not standard_name(name, known)
        }
        self._is_ascii = "".join(self._missing).isascii()  # `bytes.lower` knows no other letters
        self._met: set[str] = set()  # names in the text, for a suggestion
        self._end = b""  # of the text so far

    @property
    def complaint(self) -> str:
        """Return a line for the end of a text that has not had one of the fields; empty if it had all, or no line."""
        if not self._missing or not self._end:
            return ""
        from difflib import get_close_matches

        wanted = next(iter(self._missing))
        names = {name.lower(): name for name in [*sorted(self._met), *STANDARD_COLUMNS]}
        near = get_close_matches(wanted.lower(), names, 1)
        hint = f" (did you mean {names[near[0]]!r}?)" if near else ""
        return f"no shown record has the field {wanted!r}{hint}"

    def check(self, data: bytes) -> None:
        """Look for the names in a chunk of text."""
        if not self._missing or not data:
            return
        text = self._end + data
        self._end = text[-MAX_NAME_BYTES:]
        low = text.lower() if self._is_ascii else text.decode("utf-8", _BYTES).lower().encode("utf-8", _BYTES)
        self._missing = {
            name: last
            for name, last in self._missing.items()
            if (last + b'"' not in low and last + b"=" not in low and b"\\u" not in low)
            or not re.search(rb'(?<![\w-])%b["=]|\\u' % re.escape(last), low)
        }
        if self._missing and len(self._met) < MAX_NAMES:
            found = _name.findall(text[: CHUNK_BYTES // 4])
            self._met.update((each or other).decode("utf-8", "replace") for each, other in set(found))

    def of_sink(self, sink: LineOutput) -> LineOutput:
        """Return a sink that checks the chunks and passes them on."""
        return _CheckingSink(self, sink)

    def of_events(self, send: Callable[[object, int], None]) -> Callable[[object, int], None]:
        """Return a function that sends an event, and checks it if it is a chunk."""

        def send_checked(event: object, size: int) -> None:
            if isinstance(event, Chunk):
                self.check(event.data)
            send(event, size)

        return send_checked


class _CheckingSink:
    """Sink decorator that reports the chunks to a watch."""

    def __init__(self, watch: FieldWatch, sink: LineOutput) -> None:
        self._watch = watch
        self._sink = sink

    def write(self, data: bytes, runs: Runs = ()) -> None:
        """Check and write a chunk."""
        self._watch.check(data)
        self._sink.write(data, runs)

    def pause(self) -> None:
        """Pass on the pause."""
        self._sink.pause()

    def end(self) -> None:
        """Pass on the end of an input."""
        self._sink.end()


def explain_columns(options: CliOptions) -> str:
    """Return why a column of the viewer of one file stays empty, or nothing is hidden; else an empty string.

    A file of more than `MAX_FILE_BYTES`, and one that grows, is not looked at.
    """
    watch = make_field_watch(options)
    if watch is None or len(options.files) != 1 or options.follow:
        return ""
    try:
        with open(options.files[0], "rb") as file:
            if os.fstat(file.fileno()).st_size <= MAX_FILE_BYTES:
                while data := file.read(CHUNK_BYTES):
                    watch.check(data)
    except OSError:
        return ""
    return watch.complaint
