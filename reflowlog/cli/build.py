"""Makes what both modes are put together of, from the options."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from reflowlog.sources.inputs import STANDARD_INPUT, has_sources
from reflowlog.system import tty
from reflowlog.system.fds import is_tty

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.cli.options import CliOptions
    from reflowlog.config.themes import Rule
    from reflowlog.render.options import RenderOptions
    from reflowlog.render.renderer import LineRenderer
    from reflowlog.sources.inputs import Input
    from reflowlog.sources.merge_reader import MergedInputs
    from reflowlog.sources.time_range import Selection
    from reflowlog.text.highlight.appearance import Appearance
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.layout.source_labels import SourceLabels
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Matcher
    from reflowlog.text.search.record_filter import RecordFilter

__all__ = [
    "SourceNames",
    "criteria",
    "is_many",
    "make_appearance",
    "make_composer",
    "make_many",
    "make_names",
    "make_render_options",
    "make_theme",
    "selects",
]


def make_composer(
    options: CliOptions, width: int, make_labels: Callable[[Theme | None], SourceLabels | None] = lambda _: None
) -> LineRenderer:
    """What lays out for standard output; with the names of sources if there are several."""
    from reflowlog.render.renderer import LineRenderer

    render = make_render_options(options, on_tty=is_tty(1))
    return LineRenderer(width, render, make_labels(render.appearance.theme))


def make_render_options(options: CliOptions, *, on_tty: bool) -> RenderOptions:
    """Return the choices of the command line that concern how lines are rendered."""
    from reflowlog.render.options import RenderOptions

    colour = tty.colour(options.color, os.environ, tty=on_tty)
    return RenderOptions(
        wrap=options.wrap,
        indent=options.indent,
        width=options.width,
        colour=colour.text,
        own_colour=colour.own,
        raw=options.raw,
        appearance=make_appearance(options, own_colour=colour.own),
    )


class SourceNames:
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

    def labels(self, theme: Theme | None) -> SourceLabels | None:
        """What stands before their lines. Without a theme, or in one of no colours, plain."""
        if self.names is None:
            return None
        from reflowlog.text.highlight.themes import depth_of
        from reflowlog.text.layout.source_labels import SourceLabels

        depth = depth_of(os.environ) if theme is not None and theme.name != "mono" else 0
        return SourceLabels(self.names, depth, grows=self._grows)


def make_appearance(options: CliOptions, *, own_colour: bool) -> Appearance:
    """How lines look on standard output.

    Args:
        options: what the user wants.
        own_colour: whether we add colours of our own.

    Raises:
        ConfigError: there is no such theme, or it is wrong.
    """
    from reflowlog.text.highlight.appearance import Appearance

    theme = make_theme(options) if own_colour else None
    host = tty.link_host(os.environ) if theme is not None and is_tty(1) else None
    return Appearance(options.columns, options.utc, theme, host, make_names(options))


def make_theme(options: CliOptions) -> Theme | None:
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


def make_names(options: CliOptions) -> FieldNames | None:
    """What the names of fields mean, if the user has names of their own."""
    if not options.names:
        return None
    from reflowlog.text.parse.field_names import FieldNames

    return FieldNames(options.names)


def criteria(options: CliOptions) -> tuple[Matcher | None, int | None]:
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


def is_many(options: CliOptions, inputs: Sequence[Input]) -> bool:
    """Whether inputs are read by `many`: there are several sources, or only a part of one is asked for."""
    return options.partial or has_sources(inputs)


def make_many(
    options: CliOptions,
    inputs: Sequence[Input],
    warn: Callable[[str], None],
    tee: Callable[[bytes], None] | None,
    pattern: Matcher | None,
    level: int | None,
    *,
    called: list[str] | None,
    watched: int | None = None,
) -> MergedInputs:
    """Many inputs, of which the records come out that are asked for.

    Args:
        options: what is asked for.
        inputs: what to read.
        complain: told in one line what could not be read.
        tee: takes a copy of all.
        pattern: what is searched for; None: nothing.
        level: the least level; None: any.
        called: the names of sources, if it is asked which of them lines are of.
        watched: see `MergedInputs`.
    """
    from reflowlog.sources.merge_reader import MergedInputs

    def make_filter() -> RecordFilter:
        from reflowlog.text.search.record_filter import RecordFilter

        return RecordFilter(pattern, options.invert, options.context, level, make_names(options))

    return MergedInputs(
        inputs,
        warn,
        follow=options.follow,
        selection=make_selection(options),
        make_filter=None if pattern is None and level is None else make_filter,
        names=make_names(options),
        tee=tee,
        source_names=called,
        watched=watched,
    )


def make_selection(options: CliOptions) -> Selection:
    """The part of each source that is asked for."""
    from reflowlog.sources.time_range import Selection

    return Selection(options.since, options.until, options.tail)


def selects(options: CliOptions) -> bool:
    """Whether some records are not shown."""
    return options.grep is not None or options.level is not None
