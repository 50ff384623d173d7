"""Renderer, theme and source labels, built from the options."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from reflowlog.cli.build import make_field_names, make_plain_appearance
from reflowlog.render.options import RenderOptions
from reflowlog.render.renderer import LineRenderer
from reflowlog.sources.inputs import STANDARD_INPUT, has_sources
from reflowlog.system import tty
from reflowlog.system.fds import is_tty
from reflowlog.text.clean.joined_emoji import all_joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reflowlog.cli.options import CliOptions
    from reflowlog.config.themes import Rule
    from reflowlog.sources.inputs import Input
    from reflowlog.text.clean.joined_emoji import Joins
    from reflowlog.text.highlight.appearance import Appearance
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.layout.column_plan import ColumnTracker
    from reflowlog.text.layout.source_labels import SourceLabels
    from reflowlog.text.parse.gaps import GapFinder

__all__ = ["SourceNames", "make_appearance", "make_gap_finder", "make_render_options", "make_renderer", "make_theme"]


def make_renderer(
    options: CliOptions,
    width: int | None,
    make_labels: Callable[[Theme | None], SourceLabels | None] = lambda _: None,
    *,
    unbroken: bool = False,
    joins: Callable[[], Joins] = all_joined,
    tracker: ColumnTracker | None = None,
) -> LineRenderer:
    """Return the renderer of lines for standard output.

    Args:
        options: the command line.
        width: in cells; None: one row a line.
        make_labels: makes the labels of sources from the theme; returns None where there is one source.
        unbroken: leave it to the terminal to wrap lines.
        joins: returns which joined emoji the terminal draws as one.
        tracker: columns so far, if another display shares them.
    """
    render = make_render_options(options, on_tty=is_tty(1))._replace(unbroken=unbroken, joins=joins)
    return LineRenderer(width, render, make_labels(render.appearance.theme), tracker)


def make_render_options(options: CliOptions, *, on_tty: bool) -> RenderOptions:
    """Return the choices of the command line that concern how lines are rendered."""
    colour = tty.colour(options.color, os.environ, tty=on_tty)
    if tty.selects_mono(options.color, os.environ, tty=on_tty):
        own = options._replace(theme="mono")  # no colour, but bold, dim and underline
        return RenderOptions(
            wrap=options.wrap,
            indent=options.indent,
            width=options.width,
            text_colour=False,
            raw=options.raw,
            appearance=make_appearance(own, own_colour=True),
        )
    return RenderOptions(
        wrap=options.wrap,
        indent=options.indent,
        width=options.width,
        colour=colour.text,
        own_colour=colour.own,
        raw=options.raw,
        appearance=make_appearance(options, own_colour=colour.own),
    )


def make_gap_finder(options: CliOptions) -> GapFinder | None:
    """Return the finder of the gaps in time that get a rule; None if no rules are asked for, and for raw text."""
    if options.gaps is None or options.raw:
        return None
    from reflowlog.text.parse.field_names import USUAL  # start-up cost: only with rules
    from reflowlog.text.parse.gaps import GapFinder

    return GapFinder(options.gaps, make_field_names(options) or USUAL)


class SourceNames:
    """Names of all sources: those of the inputs first; streams and followed directories append theirs.

    Args:
        inputs: what is read.
        grows: whether further inputs may follow.

    Attributes:
        names: the names; None where there is one source.
    """

    def __init__(self, inputs: Sequence[Input], *, grows: bool = False) -> None:
        self._grows = grows or any(each.runs is not None for each in inputs)
        names = ["stdin" if each.name == STANDARD_INPUT else each.name for each in inputs]
        self.names = names if grows or has_sources(inputs) else None

    def labels(self, theme: Theme | None) -> SourceLabels | None:
        """Return the labels of their lines, plain without a theme and in `mono`; None where there is one source."""
        if self.names is None:
            return None
        from reflowlog.text.highlight.themes import depth_of  # start-up cost: only for several sources
        from reflowlog.text.layout.source_labels import SourceLabels

        depth = depth_of(os.environ) if theme is not None and theme.name != "mono" else 0
        return SourceLabels(self.names, depth, grows=self._grows)


def make_appearance(options: CliOptions, *, own_colour: bool) -> Appearance:
    """Return how lines look on standard output.

    Args:
        options: the command line.
        own_colour: whether colours are added to those of the text.

    Raises:
        ConfigError: there is no such theme, or it is wrong.
    """
    theme = make_theme(options) if own_colour else None
    host = tty.link_host(os.environ) if theme is not None and is_tty(1) else None
    return make_plain_appearance(options)._replace(theme=theme, host=host)


def make_theme(options: CliOptions) -> Theme | None:
    """Return the theme with the user's own rules, loaded once; None where nothing is highlighted.

    Raises:
        ConfigError: there is no theme of that name, or it is wrong.
    """
    return None if options.raw else _load(options.theme, options.rules)


@cache
def _load(name: str, rules: tuple[Rule, ...]) -> Theme:
    from reflowlog.config.themes import load_theme  # start-up cost: only with colours
    from reflowlog.text.highlight.themes import depth_of

    has_no_colour = name == "mono" and os.environ.get("NO_COLOR")  # the user's rules have attributes only, too
    return load_theme(name, os.environ, 0 if has_no_colour else depth_of(os.environ), rules)
