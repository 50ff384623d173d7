"""Record filters, built from the options."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reflowlog.sources.inputs import has_sources
from reflowlog.system.fds import is_tty
from reflowlog.system.files import modification_time
from reflowlog.text.layout.column_names import STANDARD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reflowlog.cli.field_check import FieldWatch
    from reflowlog.cli.level_check import LevelWatch
    from reflowlog.cli.options import CliOptions
    from reflowlog.display.inline_folds import FoldOptions
    from reflowlog.pager.folds import Folds
    from reflowlog.sources.inputs import Input
    from reflowlog.text.highlight.appearance import Appearance
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.record_filter import RecordFilter
    from reflowlog.text.search.record_tests import RecordTest

__all__ = [
    "explain_no_match",
    "explain_no_output",
    "followed_directories",
    "is_merged",
    "make_criteria",
    "make_field_names",
    "make_field_watch",
    "make_folds",
    "make_inline_folds",
    "make_level_watch",
    "make_plain_appearance",
    "make_record_filter",
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


def _last_written(options: CliOptions) -> float | None:
    """Return when the only input was last written, if it is a regular file; its times without a year count from it."""
    if len(options.files) > 1 or options.follow or options.command:
        return None
    name = options.files[0] if options.files else "-"
    return modification_time(0 if name == "-" else name)


def make_criteria(options: CliOptions, *, timed: bool = False) -> tuple[tuple[RecordTest, ...], int | None]:
    """Return the filters that a record must pass, and the minimum level; None if none is asked for.

    Args:
        options: the command line.
        timed: limit the time of regular expressions here; the viewer does so itself.

    Raises:
        PatternError: the expression is invalid with the user's names of fields.
    """
    tests: tuple[RecordTest, ...] = ()
    level = None
    if options.grep or options.exclude:
        from reflowlog.text.parse.field_names import USUAL  # start-up cost: only with an expression
        from reflowlog.text.search.query import compile_query
        from reflowlog.text.search.record_tests import RecordTest
        from reflowlog.text.search.shown_record import ShownRecords

        names = make_field_names(options) or USUAL
        shown = make_plain_appearance(options)
        records = None if options.raw else ShownRecords(shown.columns, shown.hidden, utc=shown.utc, names=names)
        now = _last_written(options)
        expressions = [*options.grep, *options.exclude]
        matchers = [
            compile_query(each, names, ignore_case=options.ignore_case, records=records, now=now)
            for each in expressions
        ]
        if timed and not all(matcher.linear for matcher in matchers):
            from reflowlog.pager.regex_worker import TimedMatcher  # start-up cost: only for such an expression

            matchers = [matcher if matcher.linear else TimedMatcher(matcher) for matcher in matchers]
        grep_count = len(options.grep)
        tests = (
            *[RecordTest(matcher, options.invert) for matcher in matchers[:grep_count]],
            *[RecordTest(matcher, exclude=True, is_hidden=True) for matcher in matchers[grep_count:]],
        )
    if options.level is not None:
        from reflowlog.text.parse.levels import parse_level  # start-up cost: only with a level

        level = parse_level(options.level)
    return tests, level


def explain_no_match(tests: tuple[RecordTest, ...]) -> str:
    """Return a line about a field that no record had, after the end of all inputs; else an empty string."""
    return next((test.pattern.unknown for test in tests if test.pattern.unknown), "")


def explain_no_output(options: CliOptions, tests: tuple[RecordTest, ...]) -> str:
    """Return a hint for a reader at a terminal, after inputs of which no record was kept; empty if there is none."""
    from reflowlog.text.search.pattern_source import no_match_hint  # start-up cost: only with a filter

    if options.invert or not is_tty(2):
        return ""
    sources = [test.pattern.source for test in tests if not (test.exclude or test.pattern.of_fields)]
    hints = ((source, no_match_hint(source, ignore_case=options.ignore_case)) for source in sources)
    return next((f"no record matches {source!r}: {hint}" for source, hint in hints if hint), "")


def make_level_watch(options: CliOptions) -> LevelWatch | None:
    """Return the check that some record has a level; None without a minimum level."""
    if options.level is None:
        return None
    from reflowlog.cli.level_check import LevelWatch  # start-up cost: only with a level

    return LevelWatch(make_field_names(options))


def make_field_watch(options: CliOptions) -> FieldWatch | None:
    """Return the check of the names that were typed for columns and hidden fields; None if there are none."""
    if not options.typed_names or options.raw:
        return None
    from reflowlog.cli.field_check import FieldWatch  # start-up cost: only with such names

    return FieldWatch(options.typed_names, make_field_names(options))


def make_record_filter(
    options: CliOptions, tests: tuple[RecordTest, ...], level: int | None, watch: LevelWatch | None
) -> RecordFilter:
    """Return the filter of one source's records, for criteria of `make_criteria`; it reports its lines to the watch."""
    if watch is not None:
        from reflowlog.cli.level_check import LevelCheckedFilter  # start-up cost: only with a level

        return LevelCheckedFilter(watch, tests, options.context, level, make_field_names(options))
    from reflowlog.text.search.record_filter import RecordFilter  # start-up cost: only with a filter

    return RecordFilter(tests, options.context, level, make_field_names(options))
