"""Criteria by which the options select records, and the messages at the end about options that had no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.cli.build import make_field_names, make_plain_appearance
from reflowlog.system.fds import is_tty
from reflowlog.system.files import modification_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.cli.field_check import FieldWatch
    from reflowlog.cli.level_check import LevelWatch
    from reflowlog.cli.options import CliOptions
    from reflowlog.text.search.record_filter import RecordFilter
    from reflowlog.text.search.record_tests import RecordTest

__all__ = ["RecordCriteria", "make_criteria", "warn_at_end"]


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


def _last_written(options: CliOptions) -> float | None:
    """Return when the only input was last written, if it is a regular file; its times without a year count from it."""
    if len(options.files) > 1 or options.follow or options.command:
        return None
    name = options.files[0] if options.files else "-"
    return modification_time(0 if name == "-" else name)


class RecordCriteria:
    """The filters and the minimum level of the options, as far as one output has met them.

    Args:
        options: the command line.

    Attributes:
        has_passed: whether any record has passed; set by the caller.
    """

    def __init__(self, options: CliOptions) -> None:
        self._options = options
        self._tests, self._level = make_criteria(options, timed=True)
        self._watch = _make_level_watch(options)
        self.has_passed = False

    def make_filter(self) -> RecordFilter:
        """Return the filter of one source's records."""
        tests, context, names = self._tests, self._options.context, make_field_names(self._options)
        if self._watch is not None:
            from reflowlog.cli.level_check import LevelCheckedFilter  # start-up cost: only with a level

            kept: RecordFilter = LevelCheckedFilter(self._watch, tests, context, self._level, names)
        else:
            from reflowlog.text.search.record_filter import RecordFilter  # start-up cost: only with a filter

            kept = RecordFilter(tests, context, self._level, names)
        kept.is_on_screen = is_tty(1)
        return kept

    @property
    def level_complaint(self) -> str:
        """A line about the minimum level if no record had a level, after the end of all inputs; else empty."""
        return "" if self._watch is None else self._watch.complaint

    @property
    def filter_hint(self) -> str:
        """A line about a filter that may be wrong, after the end of all inputs; else empty."""
        unknown = next((test.pattern.unknown for test in self._tests if test.pattern.unknown), "")
        return unknown or ("" if self.has_passed else self._explain_no_match())

    def _explain_no_match(self) -> str:
        """Return a hint for a reader at a terminal on an expression that no record has matched; empty without one."""
        if self._options.invert or not is_tty(2):
            return ""
        from reflowlog.text.search.pattern_source import no_match_hint  # start-up cost: only with a filter

        sources = [test.pattern.source for test in self._tests if not (test.exclude or test.pattern.of_fields)]
        hints = ((source, no_match_hint(source, ignore_case=self._options.ignore_case)) for source in sources)
        return next((f"no record matches {source!r}: {hint}" for source, hint in hints if hint), "")


def _make_level_watch(options: CliOptions) -> LevelWatch | None:
    """Return the check that some record has a level; None without a minimum level."""
    if options.level is None:
        return None
    from reflowlog.cli.level_check import LevelWatch  # start-up cost: only with a level

    return LevelWatch(make_field_names(options))


def warn_at_end(warn: Callable[[str], None], fields: FieldWatch | None, criteria: Sequence[RecordCriteria]) -> bool:
    """Warn of options that had no effect, after the end of all inputs; return whether no record had a level.

    Args:
        warn: takes one line.
        fields: has looked for the fields of the options; None: none were named.
        criteria: those of the output, and of a command's standard error; all of them must have had no effect.
    """
    if fields is not None and fields.complaint:
        warn(fields.complaint)
    hints, complaints = [each.filter_hint for each in criteria], [each.level_complaint for each in criteria]
    for messages in (hints, complaints):
        if messages and all(messages):
            warn(messages[0])
    return bool(complaints) and all(complaints)
