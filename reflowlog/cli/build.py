"""Record filters, built from the options."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reflowlog.cli.options import CliOptions
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Matcher
    from reflowlog.text.search.record_filter import RecordFilter

__all__ = ["make_criteria", "make_field_names", "make_record_filter"]


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
