"""Filters and merged inputs, built from the options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.sources.merge_reader import MergedInputs
from reflowlog.sources.time_range import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.cli.options import CliOptions
    from reflowlog.sources.inputs import Input
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Matcher
    from reflowlog.text.search.record_filter import RecordFilter

__all__ = ["make_criteria", "make_field_names", "make_merged_inputs", "make_record_filter", "make_selection"]


def make_field_names(options: CliOptions) -> FieldNames | None:
    """Return the meaning of field names, if the user has names of their own."""
    if not options.names:
        return None
    from reflowlog.text.parse.field_names import FieldNames  # start-up cost: only with a configuration

    return FieldNames(options.names)


def make_criteria(options: CliOptions) -> tuple[Matcher | None, int | None]:
    """Return the compiled expression and the minimum level; None for each that is not asked for.

    Raises:
        PatternError: the expression is invalid with the user's names of fields.
    """
    pattern = level = None
    if options.grep is not None:
        from reflowlog.text.parse.field_names import USUAL  # start-up cost: only with an expression
        from reflowlog.text.search.query import compile_query

        pattern = compile_query(options.grep, make_field_names(options) or USUAL)
    if options.level is not None:
        from reflowlog.text.parse.line_levels import parse_level  # start-up cost: only with a level

        level = parse_level(options.level)
    return pattern, level


def make_record_filter(options: CliOptions, pattern: Matcher | None, level: int | None) -> RecordFilter:
    """Return the filter of one source's records, for criteria of `make_criteria`."""
    from reflowlog.text.search.record_filter import RecordFilter  # start-up cost: only with a filter

    return RecordFilter(pattern, options.invert, options.context, level, make_field_names(options))


def make_merged_inputs(
    options: CliOptions,
    inputs: Sequence[Input],
    warn: Callable[[str], None],
    tee: Callable[[bytes], None] | None,
    pattern: Matcher | None,
    level: int | None,
    *,
    source_names: list[str] | None,
    watched: int | None = None,
) -> MergedInputs:
    """Return the iterator over the selected records of several inputs.

    Args:
        options: the command line.
        inputs: what to read.
        warn: takes one line for each input that cannot be read.
        tee: takes a copy of all lines.
        pattern: the expression; None matches all.
        level: the minimum level; None: any.
        source_names: the names of sources, if the sources of lines are tracked.
        watched: see `MergedInputs`.
    """
    return MergedInputs(
        inputs,
        warn,
        follow=options.follow,
        selection=make_selection(options),
        make_filter=None if pattern is None and level is None else lambda: make_record_filter(options, pattern, level),
        names=make_field_names(options),
        tee=tee,
        source_names=source_names,
        watched=watched,
    )


def make_selection(options: CliOptions) -> Selection:
    """Return the part of each source to read."""
    return Selection(options.since, options.until, options.tail)
