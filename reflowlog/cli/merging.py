"""Merged inputs and ranges, built from the options. One whole input needs neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.cli.build import followed_directories, make_field_names, make_record_filter
from reflowlog.sources.merge_reader import MergedInputs
from reflowlog.sources.time_range import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.cli.level_check import LevelWatch
    from reflowlog.cli.options import CliOptions
    from reflowlog.sources.inputs import Input
    from reflowlog.text.search.record_tests import RecordTest

__all__ = ["make_merged_inputs", "make_selection"]


def make_merged_inputs(
    options: CliOptions,
    inputs: Sequence[Input],
    warn: Callable[[str], None],
    tee: Callable[[bytes], None] | None,
    tests: tuple[RecordTest, ...],
    level: int | None,
    watch: LevelWatch | None,
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
        tests: the filters that a record must pass.
        level: the minimum level; None: any.
        watch: checks whether a record has a level.
        source_names: the names of sources, if the sources of lines are tracked.
        watched: see `MergedInputs`.
    """
    return MergedInputs(
        inputs,
        warn,
        follow=options.follow,
        selection=make_selection(options),
        make_filter=None if not tests and level is None else lambda: make_record_filter(options, tests, level, watch),
        names=make_field_names(options),
        tee=tee,
        source_names=source_names,
        watched=watched,
        directories=followed_directories(options),
        output=options.output,
    )


def make_selection(options: CliOptions) -> Selection:
    """Return the part of each source to read."""
    return Selection(options.since, options.until, options.tail)
