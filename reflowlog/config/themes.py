"""Themes by name: the shipped ones and the user's own files."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from reflowlog.config.shipped_themes import SHIPPED_THEMES
from reflowlog.config.toml_lines import ConfigError, TomlFile, read_text
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.system.paths import config_folder, config_path
from reflowlog.text.highlight.themes import ThemeError, depth_of, make_theme, nearest, parse_style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reflowlog.core.records import Style
    from reflowlog.text.highlight.themes import Depth, RulePattern, Theme

__all__ = ["SHIPPED", "Rule", "background_theme", "load_theme", "user_theme", "why_missing"]

SHIPPED = tuple(SHIPPED_THEMES)
"""Themes shipped with the package; the first is the default."""


class Rule(NamedTuple):
    """Highlight rule: the style of the matches of a regular expression.

    Attributes:
        match: a regular expression that `re` compiles.
        style: in words, see `reflowlog.text.highlight.themes`.
    """

    match: str
    style: str


def background_theme(environ: Mapping[str, str]) -> str:
    """Return the name of the shipped theme for the terminal's background, as far as COLORFGBG gives it: else `dark`.

    >>> background_theme({"COLORFGBG": "0;15"}), background_theme({"COLORFGBG": "15;default;0"}), background_theme({})
    ('light', 'dark', 'dark')
    """
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return "light" if background in ("7", "15") else "dark"


def user_theme(environ: Mapping[str, str], *, is_mono: bool = False) -> Theme:
    """Load the theme for a program's own console: the user's theme, with their rules.

    If the configuration is wrong, the default theme is used: the program is not responsible for that file. With
    `is_mono` it is the theme without colours, and rules have attributes only.
    """
    depth: Depth = 0 if is_mono else depth_of(environ)
    name: str = "mono" if is_mono else ""
    rules: tuple[Rule, ...] = ()
    try:
        if os.path.exists(config_path(environ)):
            from reflowlog.config.file import read  # start-up cost: only with a configuration

            config = read(environ)
            name, rules = name or config.theme, config.rules
        return load_theme(name, environ, depth, rules)
    except ConfigError:
        return load_theme("mono" if is_mono else "", {}, depth)


def load_theme(name: str, environ: Mapping[str, str], depth: Depth, rules: tuple[Rule, ...] = ()) -> Theme:
    """Load a theme by its name: the user's own file, else a shipped one.

    Args:
        name: of the theme; empty or ``auto`` for the one that suits the terminal's background.
        environ: environment variables that locate the user's own themes.
        depth: number of colours of the terminal.
        rules: the highlight rules of a configuration.

    Raises:
        ConfigError: there is no theme of that name, or it is wrong.
    """
    name = background_theme(environ) if name in ("", "auto") else name
    compiled = _compiled(rules, depth) if rules else ()
    path = _theme_path(name, environ)
    text = read_text(path) if path else None
    if text is not None:
        return parse_theme(text, path, name, depth)._replace(rules=compiled)
    missing = why_missing(name, environ)
    if missing:
        raise ConfigError(missing)
    return make_theme(name, SHIPPED_THEMES[name], depth)._replace(rules=compiled)


def _compiled(rules: tuple[Rule, ...], depth: Depth) -> tuple[tuple[RulePattern, Style], ...]:
    from reflowlog.config.guarded_rules import compile_rule  # start-up cost: only with rules

    return tuple((compile_rule(rule.match), parse_style(rule.style, depth)) for rule in rules)


def _theme_path(name: str, environ: Mapping[str, str]) -> str:
    """Return the path of a user's theme; empty if there is no folder for it or the name is no file name."""
    where = config_folder(environ)
    return os.path.join(where, "themes", f"{name}.toml") if where and re.fullmatch(r"[\w.-]+", name) else ""


def why_missing(name: str, environ: Mapping[str, str]) -> str:
    """Return the reason why there is no theme of that name; empty if there is one, or the name is empty."""
    path = _theme_path(name, environ)
    if name in ("", "auto") or name in SHIPPED or os.path.exists(path):
        return ""
    return f"there is no theme {name!r}: {', '.join(SHIPPED)}{f' (or {path})' if path else ''}{nearest(name, SHIPPED)}"


# -- a theme ----------------------------------------------------------------------------------------------------------


def parse_theme(text: str, path: str, name: str, depth: Depth) -> Theme:
    """Parse a user's theme.

    Args:
        text: TOML: a style in words for each name; ``base = "light"`` extends that theme, else the default one.
        path: name of the file in errors.
        name: of the theme.
        depth: number of colours of the terminal.

    Raises:
        ConfigError: it is wrong.
    """
    file = TomlFile(text, path)
    table = dict(_flat(file.table))
    base = table.pop("base", SHIPPED[0])
    if base not in SHIPPED:
        file.fail(
            ("base",), f"there is no theme {base!r} to start from: {', '.join(SHIPPED)}{nearest(str(base), SHIPPED)}"
        )
    for key, value in table.items():
        if not isinstance(value, str):
            file.fail(tuple(key.split(".")), f'{key} must be a style in words, such as "bold red"')
    try:
        return make_theme(name, {**SHIPPED_THEMES[base], **table}, depth)
    except ThemeError as error:
        file.fail(tuple(error.name.split(".")), str(error))


def _flat(table: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Flatten nested tables to names with dots."""
    found: list[tuple[str, Any]] = []
    for key, value in table.items():
        name = f"{before}{key}"
        found += _flat(value, f"{name}.") if isinstance(value, dict) else [(name, value)]
    return found
