"""Plain mode: off a terminal bytes in, bytes out, flushed as they arrive.

What selects, merges, decompresses, lays out or sanitizes is in `cli/filter_mode.py`, which is loaded only for that: the
border keeps the start of a plain pipe cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.sources.inputs import begin, has_sources
from reflowlog.system.fds import is_tty
from reflowlog.terminal.plain import UnreadableError, pump

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.cli.options import CliOptions
    from reflowlog.cli.tee import Tee
    from reflowlog.sources.inputs import Input

__all__ = ["show"]


def show(options: CliOptions, inputs: list[Input], tee: Tee | None, warn: Callable[[str], None]) -> int:
    """Write the content of the inputs to standard output; return the exit status.

    Raises:
        OutputClosed: the reader of standard output is gone.
        OSError: standard output cannot be written.
    """
    begin(inputs, warn)
    is_plain_copy = not (options.partial or has_sources(inputs) or options.has_filter or options.follow)
    is_plain_copy = is_plain_copy and options.width is None and not (inputs[0].compression or inputs[0].chunks)
    if is_plain_copy and not is_tty(1):  # on a terminal no control sequence of the input may act
        return _pump(inputs[0], tee, warn)
    from reflowlog.cli import filter_mode  # see the module

    return filter_mode.show(options, inputs, tee, warn)


def _pump(source: Input, tee: Tee | None, warn: Callable[[str], None]) -> int:
    """Copy an input's bytes unchanged; return the exit status."""
    try:
        pump(source.descriptor, 1, tee)
    except UnreadableError as error:
        warn(f"cannot read {source.name}: {error.strerror}")
        return 1
    return 0
