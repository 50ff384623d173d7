"""The user's editor: which file and line it opens, how it is told them, and its run on the terminal.

Invariants:
- The command is a list of words: no shell runs it, and a path is absolute, so that none is taken for an option.
- A file that a record names is opened only if it exists; else the log, at the record's line. What is in no file is
  written into a temporary one that only the user can read, and that is gone at the end.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.pager.match_index import NotReady
from reflowlog.system.command_words import split_command
from reflowlog.system.foreground import ForegroundProgram
from reflowlog.text.parse.code_locations import is_library

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reflowlog.display.base import DocumentSource
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.state import Edit

__all__ = ["Editor", "EditorChooser", "EditorError", "EditorRun", "editor_arguments"]

MAX_LINES_AROUND = 5_000
"""Lines before and after a record that are written into a temporary file."""

MAX_COPY_BYTES = 8 << 20
"""Bytes of a temporary file."""

_AFTER_COLON = ("hx", "helix", "subl", "sublime_text", "zed", "zeditor", "lite-xl", "micro", "lapce")
_GOTO = ("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf", "positron")
_LINE_OPTION = {
    **dict.fromkeys(("idea", "pycharm", "webstorm", "goland", "clion", "rubymine", "phpstorm", "rider"), "--line"),
    **dict.fromkeys(("kate", "kwrite", "mate"), "-l"),
}
_WITHOUT_LINE = ("ed", "notepad", "open", "xdg-open")
_USUAL_EDITORS = ("vi", "vim", "nvim", "nano")


class EditorError(Exception):
    """No editor can be started; the text is the reason, one line."""


class EditorRun(NamedTuple):
    """An editor to start.

    Attributes:
        arguments: program and arguments.
        what: file and line, for the status row.
    """

    arguments: list[str]
    what: str


def editor_arguments(editor: str, path: str, line: int, column: int = 0) -> list[str]:
    """Return the words that open an editor at a line of a file.

    Args:
        editor: the command of the variable VISUAL or EDITOR.
        path: absolute.
        line: from 1; 0: unknown.
        column: from 1; 0: unknown.

    Raises:
        EditorError: the command has no words, or an open quote.

    Examples:
        >>> editor_arguments("vim -R", "/a b.py", 12), editor_arguments("code --wait", "/a.py", 12, 3)
        (['vim', '-R', '+12', '/a b.py'], ['code', '--wait', '-g', '/a.py:12:3'])
    """
    try:
        words = split_command(editor)
    except ValueError as error:
        raise EditorError(f"the editor {editor!r} cannot be split into words: {error}") from None
    if not words:
        raise EditorError("the editor is empty")
    name = os.path.basename(words[0]).lower().removesuffix(".exe").removesuffix(".cmd")
    if not line or name in _WITHOUT_LINE:
        return [*words, path]
    place = f"{path}:{line}:{column}" if column else f"{path}:{line}"
    if name in _AFTER_COLON:
        return [*words, place]
    if name in _GOTO:
        return [*words, place] if {"-g", "--goto"} & set(words) else [*words, "-g", place]
    if name in _LINE_OPTION:
        return [*words, _LINE_OPTION[name], str(line), path]
    return [*words, f"+{line}", path]


class EditorChooser:
    """Chooses the file and the editor for a record. Printer thread only.

    Args:
        environ: the environment, with VISUAL or EDITOR.
        find: returns further files that a path may stand for, such as the modules of this program.
    """

    def __init__(self, environ: Mapping[str, str], find: Callable[[str], list[str]] = lambda _: []) -> None:
        self._environ = environ
        self._find = find
        self._temporary: list[str] = []

    def choose(self, request: Edit, source: DocumentSource, context: PagerContext) -> EditorRun:
        """Return the editor to start for a record.

        Raises:
            EditorError: there is none, or nothing to open.
        """
        editor = self._environ.get("VISUAL") or self._environ.get("EDITOR") or _usual_editor()
        path, line, column = self._file_for(request) or (*self._log_for(request, source, context), 0)
        what = f"{os.path.relpath(path)}:{line}" if _is_below_here(path) else f"{path}:{line}"
        return EditorRun(editor_arguments(editor, path, line, column), what)

    def _file_for(self, request: Edit) -> tuple[str, int, int] | None:
        """Return the first file that exists among those that a record names, the program's own before libraries."""
        found: list[tuple[str, int, int]] = []
        for place in request.places:
            names = [path for name in place.paths for path in (name, *self._find(name))]
            path = next((os.path.abspath(name) for name in names if _is_file(name)), None)
            if path is not None:
                found.append((path, place.line, place.column))
                if not is_library(path):
                    return found[-1]
        return found[0] if found else None

    def _log_for(self, request: Edit, source: DocumentSource, context: PagerContext) -> tuple[str, int]:
        """Return the log's file, or a temporary one with the lines around the record, and the line in it."""
        known = source.file_line(request.offset)
        if known is not None:
            if not _is_file(known[0]):
                raise EditorError(f"{known[0]} is gone")
            return known
        if source.counted < 1:
            raise EditorError("the lines before this one are still being counted")
        return self._write_around(request.offset, context)

    def _write_around(self, offset: int, context: PagerContext) -> tuple[str, int]:
        """Write the shown lines around a record into a temporary file; return its path, and the record's line in it."""
        import tempfile  # start-up cost: only for a stream

        before, after = _lines_around(offset, context)
        try:
            number, path = tempfile.mkstemp(".log", "reflowlog-")  # only the user can read it
            self._temporary.append(path)
            with open(number, "wb") as file:
                file.write(b"".join([*before, *after]))
        except OSError as error:
            raise EditorError(f"cannot write a temporary file: {error.strerror or error}") from None
        return path, sum(line.count(b"\n") for line in before) + 1

    def close(self) -> None:
        """Remove the temporary files. Idempotent."""
        while self._temporary:
            with contextlib.suppress(OSError):
                os.unlink(self._temporary.pop())


class Editor:
    """The user's editor, which has the terminal while it runs. Printer thread only.

    Args:
        chooser: chooses the editor and the file for a record.
    """

    def __init__(self, chooser: EditorChooser) -> None:
        self._chooser = chooser
        self._program: ForegroundProgram | None = None
        self._opened = ""  # file and line

    @property
    def is_running(self) -> bool:
        """Whether it has the terminal."""
        return self._program is not None

    def choose(self, request: Edit, source: DocumentSource, context: PagerContext) -> EditorRun:
        """Return the editor to start for a record.

        Raises:
            EditorError: there is none, or nothing to open.
        """
        return self._chooser.choose(request, source, context)

    def start(self, run: EditorRun) -> None:
        """Start it on the terminal, which must have been released.

        Raises:
            EditorError: it cannot be started.
        """
        try:
            self._program, self._opened = ForegroundProgram(run.arguments), run.what
        except OSError as error:
            raise EditorError(f"cannot run {run.arguments[0]}: {error.strerror or error}") from None

    def poll(self) -> str:
        """Return the message for the user once it has ended; else empty."""
        failure = None if self._program is None else self._program.poll()
        if failure is None:
            return ""
        self._program = None
        return failure or f"edited {self._opened}"

    def wait(self) -> None:
        """Wait until it has ended: it may hold unsaved changes. No-op if it does not run."""
        if self._program is not None:
            self._program.wait()
            self._program = None

    def close(self) -> None:
        """Remove the temporary files. Idempotent."""
        self._chooser.close()


def _lines_around(offset: int, context: PagerContext) -> tuple[list[bytes], list[bytes]]:
    """Return the shown lines before a record, and those from it on, as far as they are known and few enough."""
    document, shown = context.document, context.filtered

    def line_at(start: int) -> bytes:
        following = document.after(start)
        ends_line = following is None or document.is_line_start(following)
        return context.settings.original(document.segment(start)) + (b"\n" if ends_line else b"")

    before: list[bytes] = []
    after = [line_at(offset)]
    size = len(after[0])
    with contextlib.suppress(NotReady):
        at = shown.after(offset)
        while at is not None and len(after) < MAX_LINES_AROUND and size < MAX_COPY_BYTES // 2:
            after.append(line_at(at))
            size += len(after[-1])
            at = shown.after(at)
    with contextlib.suppress(NotReady):
        at = shown.before(offset)
        while at is not None and len(before) < MAX_LINES_AROUND and size < MAX_COPY_BYTES:
            before.append(line_at(at))
            size += len(before[-1])
            at = shown.before(at)
    before.reverse()
    return before, after


def _is_file(path: str) -> bool:
    try:
        return os.path.isfile(path)
    except ValueError:  # a null byte
        return False


def _is_below_here(path: str) -> bool:
    """Return whether a file is in the working directory or below it."""
    try:
        return os.path.commonpath([os.getcwd(), path]) == os.getcwd()
    except (OSError, ValueError):
        return False


def _usual_editor() -> str:
    """Return an editor that every system has.

    Raises:
        EditorError: there is none.
    """
    if os.name == "nt":
        return "notepad"
    import shutil  # start-up cost: without VISUAL and EDITOR

    name = next(filter(shutil.which, _USUAL_EDITORS), None)
    if name is None:
        raise EditorError("no editor: VISUAL or EDITOR names one")
    return name
