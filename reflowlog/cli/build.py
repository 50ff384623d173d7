"""Values that several modes need, built from the options."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reflowlog.sources.inputs import has_sources
from reflowlog.text.layout.column_names import STANDARD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.cli.field_check import FieldWatch
    from reflowlog.cli.options import CliOptions
    from reflowlog.display.inline_folds import FoldOptions
    from reflowlog.pager.folds import Folds
    from reflowlog.sources.inputs import Input
    from reflowlog.text.highlight.appearance import Appearance
    from reflowlog.text.parse.field_names import FieldNames

__all__ = [
    "followed_directories",
    "is_merged",
    "make_field_names",
    "make_field_watch",
    "make_folds",
    "make_inline_folds",
    "make_plain_appearance",
]


def followed_directories(options: CliOptions) -> list[str]:
    """Return the directories among the files, if files that appear in them are to be read as well."""
    return [name for name in options.files if os.path.isdir(name)] if options.follow else []


def is_merged(options: CliOptions, inputs: Sequence[Input]) -> bool:
    """Return whether inputs are read by `MergedInputs`: several, a part of one, or those of a followed directory."""
    return options.partial or has_sources(inputs) or bool(followed_directories(options))


def make_field_names(options: CliOptions) -> FieldNames | None:
    """Return the meaning of field names, if the user has names of their own."""
    if not options.names:
        return None
    from reflowlog.text.parse.field_names import FieldNames  # start-up cost: only with a configuration

    return FieldNames(options.names)


def make_folds(options: CliOptions) -> Folds:
    """Return the folds with which the viewer starts."""
    from reflowlog.pager.folds import Folds  # start-up cost: only for a screen, as below
    from reflowlog.text.parse.tracebacks import FRAMES_OF_LIBRARIES, OPEN, WHOLE

    level = WHOLE if "tracebacks" in options.fold else FRAMES_OF_LIBRARIES if "libraries" in options.fold else OPEN
    return Folds(level, "repeats" in options.fold)


def make_plain_appearance(options: CliOptions) -> Appearance:
    """Return how records look but for colours: which columns and fields are shown."""
    from reflowlog.text.highlight.appearance import Appearance  # start-up cost: as above

    names = make_field_names(options)
    columns: tuple[str, ...] = options.columns
    hidden = options.hide
    if hidden or not set(columns) <= set(STANDARD_COLUMNS):
        from reflowlog.text.parse.field_names import USUAL  # start-up cost: only with names of fields
        from reflowlog.text.search.comparison import standard_name

        columns = tuple([standard_name(name, names or USUAL) or name for name in columns])
        gone = {standard_name(name, names or USUAL) or name for name in hidden}
        columns = tuple([name for name in dict.fromkeys(columns) if name == "message" or name not in gone])
    return Appearance(columns, options.utc, names=names, hidden=hidden)


def make_inline_folds(options: CliOptions) -> FoldOptions | None:
    """Return the kinds of records to fold in inline mode; None for none."""
    if not options.fold or options.raw:
        return None
    from reflowlog.display.inline_folds import FoldOptions  # start-up cost: only with folds
    from reflowlog.text.parse.field_names import USUAL

    folds = make_folds(options)
    return FoldOptions(folds.tracebacks, folds.repeats, options.utc, make_field_names(options) or USUAL)


def make_field_watch(options: CliOptions) -> FieldWatch | None:
    """Return the check of the names that were typed for columns and hidden fields; None if there are none."""
    if not options.typed_names or options.raw:
        return None
    from reflowlog.cli.field_check import FieldWatch  # start-up cost: only with such names

    return FieldWatch(options.typed_names, make_field_names(options))
