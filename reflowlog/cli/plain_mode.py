"""Off a screen: bytes in are bytes out; or lines in, and those that are asked for out, unchanged or laid out.

Each comes out as soon as it is there and known to be wanted. A reader that is gone ends it, also while nothing comes.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from reflowlog.sources.inputs import STANDARD_INPUT, begin, has_sources
from reflowlog.sources.reader import Stream
from reflowlog.sources.sinks import LineCutter, pour
from reflowlog.system import tty
from reflowlog.system.fds import is_tty, keep_memory, write_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.cli.options import Options
    from reflowlog.cli.tee import Tee
    from reflowlog.config.themes import Rule
    from reflowlog.core.events import Runs
    from reflowlog.render.renderer import Composer
    from reflowlog.sources.inputs import Input
    from reflowlog.sources.merge_reader import Many
    from reflowlog.sources.sinks import Sink
    from reflowlog.sources.time_range import Excerpt
    from reflowlog.text.highlight.appearance import Looks
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.layout.source_labels import Labels
    from reflowlog.text.parse.field_names import Names
    from reflowlog.text.search.pattern import Matcher
    from reflowlog.text.search.record_filter import LineFilter

__all__ = [
    "UNDECIDED",
    "Called",
    "Selected",
    "is_many",
    "make_composer",
    "make_looks",
    "make_many",
    "make_names",
    "make_theme",
    "selects",
    "show",
    "wanted",
]

UNDECIDED = 0.1  # seconds without input after which it is decided whether to show a record that may go on


def show(options: Options, inputs: list[Input], tee: Tee | None, complain: Callable[[str], None]) -> int:
    """Write what the inputs hold to standard output: the exit status.

    Raises:
        OutputClosed: nobody reads it any more.
        OSError: it cannot be written.
    """
    begin(inputs, complain)
    if is_many(options, inputs):
        return _many(options, inputs, tee, complain)
    (source,) = inputs
    as_they_come = not (source.packing or source.pieces)
    if options.width is None and as_they_come and not (selects(options) or options.follow):
        return _pump(source, tee, complain)
    return _filter(options, source, tee, complain)


def _pump(source: Input, tee: Tee | None, complain: Callable[[str], None]) -> int:
    """Its bytes, as they are: the exit status."""
    from reflowlog.terminal.plain import pump

    try:
        pump(source.descriptor, 1, tee)
    except IsADirectoryError as error:
        complain(f"cannot read {source.name}: {error.strerror}")
        return 1
    return 0


def make_composer(
    options: Options, width: int, make_labels: Callable[[Theme | None], Labels | None] = lambda _: None
) -> Composer:
    """What lays out for standard output; with the names of sources if there are several."""
    from reflowlog.render.renderer import Composer, Settings

    colour = tty.colour(options.color, os.environ, tty=is_tty(1))
    looks = make_looks(options, own_colour=colour.own)
    settings = Settings(options.wrap, options.indent, colour.text, colour.own, options.raw, looks)
    return Composer(width, settings, make_labels(looks.theme))


class Called:
    """The names of all sources, those of inputs first; streams add theirs.

    Args:
        inputs: what is read.

    Attributes:
        names: them; None where there is one source only.
    """

    def __init__(self, inputs: Sequence[Input]) -> None:
        self._grows = any(each.runs is not None for each in inputs)
        names = ["stdin" if each.name == STANDARD_INPUT else each.name for each in inputs]
        self.names = names if has_sources(inputs) else None

    def labels(self, theme: Theme | None) -> Labels | None:
        """What stands before their lines. Without a theme, or in one of no colours, plain."""
        if self.names is None:
            return None
        from reflowlog.text.highlight.themes import depth_of
        from reflowlog.text.layout.source_labels import Labels

        depth = depth_of(os.environ) if theme is not None and theme.name != "mono" else 0
        return Labels(self.names, depth, grows=self._grows)


def make_looks(options: Options, *, own_colour: bool) -> Looks:
    """How lines look on standard output.

    Args:
        options: what the user wants.
        own_colour: whether we add colours of our own.

    Raises:
        ConfigError: there is no such theme, or it is wrong.
    """
    from reflowlog.text.highlight.appearance import Looks

    theme = make_theme(options) if own_colour else None
    host = tty.link_host(os.environ) if theme is not None and is_tty(1) else None
    return Looks(options.columns, options.utc, theme, host, make_names(options))


def make_theme(options: Options) -> Theme | None:
    """The theme that is asked for, with the user's own rules; it is read once. None where nothing is highlighted.

    Raises:
        ConfigError: there is none of that name, or it is wrong.
    """
    return None if options.raw else _load(options.theme, options.rules)


@cache
def _load(name: str, rules: tuple[Rule, ...]) -> Theme:
    from reflowlog.config.themes import load_theme
    from reflowlog.text.highlight.themes import depth_of

    return load_theme(name, os.environ, depth_of(os.environ), rules)


def make_names(options: Options) -> Names | None:
    """What the names of fields mean, if the user has names of their own."""
    if not options.names:
        return None
    from reflowlog.text.parse.field_names import Names

    return Names(options.names)


def wanted(options: Options) -> tuple[Matcher | None, int | None]:
    """What is searched for, and the least level, of the records that are asked for."""
    pattern = level = None
    if options.grep is not None:
        from reflowlog.text.parse.field_names import USUAL
        from reflowlog.text.search.query import compile_query

        pattern = compile_query(options.grep, make_names(options) or USUAL)
    if options.level is not None:
        from reflowlog.text.parse.line_levels import parse_level

        level = parse_level(options.level)
    return pattern, level


def is_many(options: Options, inputs: Sequence[Input]) -> bool:
    """Whether inputs are read by `many`: there are several sources, or only a part of one is asked for."""
    return options.partial or has_sources(inputs)


def make_many(
    options: Options,
    inputs: Sequence[Input],
    complain: Callable[[str], None],
    tee: Callable[[bytes], None] | None,
    pattern: Matcher | None,
    level: int | None,
    *,
    called: list[str] | None,
    watched: int | None = None,
) -> Many:
    """Many inputs, of which the records come out that are asked for.

    Args:
        options: what is asked for.
        inputs: what to read.
        complain: told in one line what could not be read.
        tee: takes a copy of all.
        pattern: what is searched for; None: nothing.
        level: the least level; None: any.
        called: the names of sources, if it is asked which of them lines are of.
        watched: see `Many`.
    """
    from reflowlog.sources.merge_reader import Many

    def make_filter() -> LineFilter:
        from reflowlog.text.search.record_filter import LineFilter

        return LineFilter(pattern, options.invert, options.context, level, make_names(options))

    return Many(
        inputs,
        complain,
        follow=options.follow,
        excerpt=make_excerpt(options),
        make_filter=None if pattern is None and level is None else make_filter,
        names=make_names(options),
        tee=tee,
        called=called,
        watched=watched,
    )


def make_excerpt(options: Options) -> Excerpt:
    """The part of each source that is asked for."""
    from reflowlog.sources.time_range import Excerpt

    return Excerpt(options.since, options.until, options.tail)


def _many(options: Options, inputs: list[Input], tee: Tee | None, complain: Callable[[str], None]) -> int:
    """What several inputs hold, merged by time: the exit status."""
    sink: _Bytes | _Rows = _Bytes()
    called = Called(inputs)
    if options.width is not None:
        sink = _Rows(make_composer(options, options.width, called.labels))
    keep_memory()
    pattern, level = wanted(options)
    names = None if options.width is None else called.names
    many = make_many(options, inputs, complain, tee, pattern, level, called=names, watched=1)
    for data, runs in many:
        sink.write(data, runs)
    sink.end()
    if pattern is not None and pattern.unknown:
        complain(pattern.unknown)
    return int(many.failed)


def selects(options: Options) -> bool:
    """Whether some records are not shown."""
    return options.grep is not None or options.level is not None


def _filter(options: Options, source: Input, tee: Tee | None, complain: Callable[[str], None]) -> int:
    """What an input holds, each line as soon as it is there and known to be wanted: the exit status."""
    sink: Sink = _Bytes() if options.width is None else _Rows(make_composer(options, options.width))
    if selects(options):
        sink = Selected(options, sink)
    keep_memory()
    pause = UNDECIDED if selects(options) else None
    stream = Stream(source, complain, follow=options.follow, pause=pause, watched=1)
    pour(stream, sink, tee)
    if isinstance(sink, Selected) and sink.unknown:
        complain(sink.unknown)
    return int(stream.failed)


class _Bytes:
    """Standard output, byte for byte; a line that has not ended is ended before a file that begins anew."""

    def __init__(self) -> None:
        self._open = self._ended = False

    def write(self, data: bytes, runs: Runs = ()) -> None:  # noqa: ARG002 - bytes have no names
        write_all(1, b"\n" + data if self._ended and self._open else data)
        self._ended, self._open = False, not data.endswith(b"\n")

    def pause(self) -> None:
        pass

    def end(self) -> None:
        self._ended = True


class _Rows:
    """Standard output, laid out."""

    def __init__(self, composer: Composer) -> None:
        from reflowlog.terminal.output import FileOutput

        self._composer = composer
        self._output = FileOutput(1)
        self._cutter = LineCutter()

    def write(self, data: bytes, runs: Runs = ()) -> None:
        if lines := self._cutter.feed(data):
            rows = self._composer.lines(lines)
            if runs:
                from reflowlog.text.layout.source_labels import owners_of

                rows = self._composer.labelled(rows, owners_of(lines, runs))
            self._output.write("\n".join(rows) + "\n")

    def pause(self) -> None:
        pass

    def end(self) -> None:
        if rest := self._cutter.rest():
            self.write(rest + b"\n")


class Selected:
    """Lets those records through that the options ask for."""

    def __init__(self, options: Options, sink: Sink) -> None:
        from reflowlog.text.search.record_filter import LineFilter

        self._pattern, level = wanted(options)
        self._sink = sink
        self._cutter = LineCutter()
        self._filter = LineFilter(self._pattern, options.invert, options.context, level, make_names(options))

    @property
    def unknown(self) -> str:
        """Once all inputs have ended: that what was asked for is not there, if that is known; else nothing."""
        return "" if self._pattern is None else self._pattern.unknown

    def write(self, data: bytes) -> None:
        """One more piece."""
        self._give(self._filter.feed(self._cutter.feed(data)))

    def pause(self) -> None:
        """Nothing has come for a while: what is undecided is decided."""
        self._give(self._filter.pause())

    def end(self) -> None:
        """An input has ended."""
        self._give(self._filter.feed(self._cutter.rest()) + self._filter.rest())
        self._sink.end()

    def _give(self, data: bytes) -> None:
        if data:
            self._sink.write(data)
