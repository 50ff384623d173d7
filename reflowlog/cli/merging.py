"""Merged inputs and ranges, built from the options. One whole input needs neither."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from reflowlog.cli.build import followed_directories, make_field_names
from reflowlog.sources.merge_input_maker import MergeOptions
from reflowlog.sources.merge_reader import MergedInputs
from reflowlog.sources.time_range import Selection, times_of_file
from reflowlog.text.parse.field_names import USUAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.cli.criteria import RecordCriteria
    from reflowlog.cli.options import CliOptions
    from reflowlog.sources.inputs import Input

__all__ = ["explain_empty_range", "make_merged_inputs", "make_selection"]


def make_merged_inputs(
    options: CliOptions,
    inputs: Sequence[Input],
    warn: Callable[[str], None],
    tee: Callable[[bytes], None] | None,
    criteria: RecordCriteria | None,
    *,
    source_names: list[str] | None,
    watched: int | None = None,
    keeps_lines: bool = False,
) -> MergedInputs:
    """Return the iterator over the selected records of several inputs.

    Args:
        options: the command line.
        inputs: what to read.
        warn: takes one line for each input that cannot be read.
        tee: takes a copy of all lines.
        criteria: what selects the records, if the options have a filter; None selects all of them.
        source_names: the names of sources, if the sources of lines are tracked.
        watched: see `MergedInputs`.
        keeps_lines: see `MergedInputs`.
    """
    return MergedInputs(
        inputs,
        warn,
        options=MergeOptions(
            options.follow,
            make_selection(options),
            criteria.make_filter if criteria is not None and options.has_filter else None,
            make_field_names(options) or USUAL,
        ),
        tee=tee,
        source_names=source_names,
        watched=watched,
        directories=followed_directories(options),
        output=options.output,
        keeps_lines=keeps_lines,
    )


def make_selection(options: CliOptions) -> Selection:
    """Return the part of each source to read."""
    written = (options.written_since, options.written_until) if options.utc else None
    return Selection(options.since, options.until, options.tail, written)


def explain_empty_range(options: CliOptions, paths: Sequence[str]) -> str:
    """Return why a range of time may have no record, with the times that the files have; empty without a bound.

    Args:
        options: the command line.
        paths: names of the inputs; those of regular files are looked at.
    """
    since, until = options.since, options.until
    if since is None and until is None:
        return ""
    ranges = [each for each in (_times_in(path, options) for path in paths) if each is not None]
    make_parts = time.gmtime if options.utc else time.localtime

    def shown(moment: float) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%S", make_parts(moment))

    wanted = [f"from {shown(since)}" if until is not None else f"since {shown(since)}"] if since is not None else []
    wanted += [f"to {shown(until)}" if since is not None else f"until {shown(until)}"] if until is not None else []
    text = f"nothing {' '.join(wanted)}"
    if not ranges:
        return text
    first, last = min(each[0] for each in ranges), max(each[1] for each in ranges)
    is_one_day = shown(first)[:10] == shown(last)[:10]
    end = shown(last)[11:] if is_one_day else shown(last)
    return f"{text}; the log: {shown(first)} to {end}"


def _times_in(path: str, options: CliOptions) -> tuple[float, float] | None:
    """Return the first and the last time in a regular file; None where none is known."""
    with contextlib.suppress(OSError, ValueError):
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            return times_of_file(descriptor, make_field_names(options))
        finally:
            os.close(descriptor)
    return None
