"""Assembly of the viewer for the command. Loaded when the viewer opens: it is half of what a screen needs."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from reflowlog.cli.build import make_folds
from reflowlog.cli.criteria import make_criteria
from reflowlog.cli.rendering import make_render_options
from reflowlog.config.toml_lines import ConfigError
from reflowlog.core.events import TerminalChanged
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.display.clipboard import Clipboard
from reflowlog.display.editor import EditorChooser
from reflowlog.display.pager_services import PagerTools
from reflowlog.pager.context import PagerOptions
from reflowlog.pager.filter import FilterCriteria
from reflowlog.pager.regex_worker import RegexWorker
from reflowlog.pager.state import Goto, PagerState
from reflowlog.store.document_source import PipeDocument

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.cli.options import CliOptions
    from reflowlog.core.frames import Size
    from reflowlog.display.base import DocumentSource
    from reflowlog.display.pager import PagerDisplay
    from reflowlog.session.terminal_session import TerminalSession
    from reflowlog.store.source_runs import SourceRuns
    from reflowlog.system.interruptible import MainThreadRunner
    from reflowlog.terminal.keyboard import Keyboard
    from reflowlog.text.clean.joined_emoji import Joins
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.layout.column_choice import ColumnChoice
    from reflowlog.text.layout.column_plan import ColumnTracker
    from reflowlog.text.layout.source_labels import SourceLabels

__all__ = ["ViewerParts", "make_viewer"]


class ViewerParts(NamedTuple):
    """Parts that the viewer shares with the rest of the screen.

    Attributes:
        options: the command line.
        labels: returns the labels of the sources in a theme, if there are several.
        owners: the source of each line, if there are several.
        joins: returns which joined emoji the terminal draws as one.
        tracker: columns that the records have had.
        runner: runs regular expressions on the main thread.
        put: appends an event to the printer's inbox.
        keyboard: the keyboard.
        interrupted: called for Ctrl-C with nothing to interrupt; returns the status message.
        is_pipe: whether another program writes the input.
        note: the first message in the status row.
    """

    options: CliOptions
    labels: Callable[[Theme | None], SourceLabels | None]
    owners: SourceRuns | None
    joins: Callable[[], Joins]
    tracker: ColumnTracker
    runner: MainThreadRunner
    put: Callable[[object], None]
    keyboard: Keyboard
    interrupted: Callable[[bool], str]
    is_pipe: bool
    note: str


def make_viewer(
    session: TerminalSession, source: DocumentSource, size: Size, parts: ViewerParts, left: Callable[[str], None]
) -> PagerDisplay:
    """Return the viewer of a document; `left` is called when the user leaves it."""
    options = parts.options
    render = make_render_options(options, on_tty=True)._replace(joins=parts.joins)
    settings = PagerOptions(
        render,
        options.keys,
        labels=parts.labels(render.appearance.theme),
        owner=parts.owners.at if parts.owners is not None else lambda _: None,
        ignore_case=options.ignore_case,
        gaps=options.gaps,
        tracker=parts.tracker,
        empty=_explain_empty(options),
        awaited="no input yet" if isinstance(source, PipeDocument) else "",
    )
    return session.make_viewer(
        source,
        settings,
        _first_state(parts),
        size,
        matcher=RegexWorker(parts.runner, lambda: parts.put(TerminalChanged())),
        keys=parts.keyboard,
        left=left,
        interrupted=parts.interrupted,
        tools=PagerTools(
            Clipboard(os.environ, options.copy_command),
            EditorChooser(os.environ),
            write_columns=_write_columns,
            is_in_use=lambda path: _is_in_use(options, path),
        ),
    )


def _explain_empty(options: CliOptions) -> str:
    """Return the note of the status row on a document without text: bounds of time may be the reason."""
    if options.since is None and options.until is None:
        return "empty"
    from reflowlog.cli.merging import explain_empty_range  # start-up cost: only for a range

    return explain_empty_range(options, options.files)


def _first_state(parts: ViewerParts) -> PagerState:
    """Return the state in which the viewer opens."""
    options = parts.options
    tests, level = make_criteria(options)
    at_start = options.start == "" and not options.follow and not parts.is_pipe
    return PagerState(
        following=options.start in ("end", "follow") or not (at_start or isinstance(options.start, int)),
        wrapped=options.wrap != "none",
        raw=options.raw,
        criteria=FilterCriteria(tests, options.context, level),
        folds=make_folds(options),
        pending=Goto(options.start - 1) if isinstance(options.start, int) else None,
        message=parts.note,
    )


def _is_in_use(options: CliOptions, path: str) -> bool:
    """Return whether the file of a path is an input, or the copy of the input."""
    from reflowlog.sources.expand_paths import expand_paths  # start-up cost: only when something is saved

    for name in (*expand_paths(options.files), options.output):
        with contextlib.suppress(OSError):
            if name and os.path.samefile(name, path):
                return True
    if options.files and "-" not in options.files:
        return False
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(0), os.stat(path))
    return False


def _write_columns(choice: ColumnChoice) -> str:
    """Write columns and hidden fields into the user's configuration; return the message for the status row."""
    from reflowlog.config.edit import write_columns  # start-up cost: only when it is asked for

    try:
        return f"written into {write_columns(os.environ, choice.columns, choice.hidden)}"
    except ConfigError as error:
        return str(error)
