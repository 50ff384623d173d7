r"""Reads and checks the configuration file, config.toml.

Invariants:
- `read` opens the file, and looks for its theme; all else is pure: text in, a value out.
- A mistake is reported in one line: file, line, the mistake, and a correct value. Nothing is guessed or ignored.
- Without a configuration file the cost is one failed open. `tomllib` takes longer to import than the whole remaining
  start-up, and is imported for a user's own files only; the shipped themes are Python values.

A configuration file, with everything that may be in it::

    theme = "dark"                          # or light, mono, or NAME for themes/NAME.toml beside this file
    columns = ["time", "level", "user", "message"]  # names of columns and of fields
    hide = ["pid", "hostname"]              # fields that are not shown
    utc = true
    fold = ["tracebacks", "repeats"]        # and "libraries": the frames of libraries
    wrap = "word"                           # and other options: indent, width, mode, rewrap, color, history, level,
    mouse = false                           # gaps, mouse, quit-if-one-screen, copy-command

    [fields]                                # further names of fields in JSON and logfmt
    message = ["note"]

    [[highlight]]                           # in order; where two meet, the later one counts
    match = 'order \d+'
    style = "bold magenta"

    [keys]                                  # in place of those that the viewer has
    quit = ["x", "Ctrl-Q"]
"""

from __future__ import annotations

import re
import shlex
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from reflowlog.config.fold_names import FOLDS
from reflowlog.config.themes import Rule, why_missing
from reflowlog.config.toml_lines import ConfigError, TomlFile, read_text
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.pager.bindings import ACTIONS
from reflowlog.system.command_words import split_command
from reflowlog.system.paths import config_path
from reflowlog.text.highlight.themes import ThemeError, nearest, parse_style
from reflowlog.text.layout.column_names import STANDARD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FIELDS", "Config", "parse", "read", "user_copy_command"]

FIELDS = ("time", "level", "logger", "message", "source", "trace")
"""Fields of a record for which `Config.fields` gives additional names."""

_KEY_NAMES = (
    *("Enter", "Escape", "Backspace", "Tab", "Up", "Down", "Left", "Right", "PageUp", "PageDown", "Home", "End"),
    *("Insert", "Delete", "WheelUp", "WheelDown", "Space", *(f"F{number}" for number in range(1, 13))),
    *(f"Ctrl-{chr(code)}" for code in range(0x41, 0x5B)),
)
_TAKEN = {"Ctrl-C": "interrupts", "Ctrl-Z": "suspends", "Escape": "leaves a prompt and clears the search"}


class Config(NamedTuple):
    """Parsed configuration file.

    Attributes:
        theme: name of the theme; empty: the default.
        columns: names of columns and fields; None: those of `STANDARD_COLUMNS`.
        hide: names of columns and fields that are not shown.
        utc: show times in UTC.
        fields: additional names of the fields in `FIELDS`.
        rules: highlight rules, in order.
        keys: for a typed key, the name of the viewer's key that it stands for, or nothing.
        options: as they would be typed before all others, such as ``("--wrap", "char", "--mouse")``.
    """

    theme: str = ""
    columns: tuple[str, ...] | None = None
    hide: tuple[str, ...] = ()
    utc: bool = False
    fields: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    rules: tuple[Rule, ...] = ()
    keys: Mapping[str, str] = MappingProxyType({})
    options: tuple[str, ...] = ()


# -- reading files ----------------------------------------------------------------------------------------------------


def read(environ: Mapping[str, str]) -> Config:
    """Read the user's configuration; the default if there is none.

    Raises:
        ConfigError: the file cannot be read or is wrong.
    """
    path = config_path(environ)
    text = read_text(path) if path else None
    if text is None:
        return Config()
    config = parse(text, path)
    missing = why_missing(config.theme, environ)
    if missing:
        TomlFile(text, path).fail(("theme",), missing)
    return config


def user_copy_command(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the user's copy command for a program's own console; empty if there is none, or the file is wrong."""
    try:
        options = read(environ).options
    except ConfigError:
        return ()
    return tuple(split_command(options[options.index("--copy-command") + 1])) if "--copy-command" in options else ()


# -- the configuration ------------------------------------------------------------------------------------------------


def parse(text: str, path: str = "config.toml") -> Config:
    r"""Parse the text of a configuration file.

    Args:
        text: TOML.
        path: name of the file in errors.

    Raises:
        ConfigError: the first mistake in it.

    >>> parse('theme = "light"\nmouse = true').options
    ('--mouse',)
    >>> parse('thene = "light"', "c.toml")
    Traceback (most recent call last):
    reflowlog.config.toml_lines.ConfigError: c.toml:1: 'thene' is not a setting, did you mean 'theme'?
    """
    file = TomlFile(text, path)
    table = file.table
    known = ("theme", "columns", "hide", "fold", "utc", "fields", "highlight", "keys", *_OPTIONS)
    for key in table:
        if key not in known:
            file.fail((key,), f"{key!r} is not a setting{nearest(key, known)}")
    columns = _columns(file, table["columns"]) if "columns" in table else None
    folds = _names(file, ("fold",), table.get("fold", []))
    for name in folds:
        if name not in FOLDS:
            file.fail(("fold",), f"{name!r} is not one of {', '.join(FOLDS)}{nearest(name, FOLDS)}")
    return Config(
        theme=_checked(file, "theme", str, 'the name of a theme, such as "dark"', table.get("theme", "")),
        columns=columns,
        hide=_names(file, ("hide",), table.get("hide", [])),
        utc=_checked(file, "utc", bool, "true or false", table.get("utc", False)),
        fields=_fields(file, table.get("fields", {})),
        rules=_rules(file, table.get("highlight", [])),
        keys=_keys(file, table.get("keys", {})),
        options=(*(("--fold", ",".join(folds)) if folds else ()), *_options(file, table)),
    )


def _columns(file: TomlFile, value: Any) -> tuple[str, ...]:
    columns = _names(file, ("columns",), value, example="time")
    if not columns:
        file.fail(("columns",), f"columns must be some of {', '.join(STANDARD_COLUMNS)}")
    for name in columns:
        if name not in STANDARD_COLUMNS:
            from reflowlog.text.layout.column_plan import misspelt_column  # start-up cost: only for names of fields

            meant = misspelt_column(name)
            if meant:
                file.fail(
                    ("columns",), f"{name!r} is not one of {', '.join(STANDARD_COLUMNS)}, did you mean {meant!r}?"
                )
    return columns


def _checked(file: TomlFile, key: str, kind: type, what: str, value: Any) -> Any:
    if not isinstance(value, kind):
        file.fail((key,), f"{key} must be {what}")
    return value


def _names(file: TomlFile, key: tuple[str, ...], value: Any, example: str = "x") -> tuple[str, ...]:
    """Check a list of names."""
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        file.fail(key, f'{".".join(key)} must be a list of names, such as ["{example}"]')
    return tuple(value)


def _table(file: TomlFile, key: str, value: Any, known: tuple[str, ...], what: str) -> dict[str, Any]:
    """Check that a table has only known keys."""
    if not isinstance(value, dict):
        file.fail((key,), f"{key} must be a table: [{key}]")
    for each in value:
        if each not in known:
            file.fail((key, each), f"{each!r} is not {what}{nearest(each, known) or ': ' + ', '.join(known)}")
    return value


def _fields(file: TomlFile, value: Any) -> Mapping[str, tuple[str, ...]]:
    table = _table(file, "fields", value, FIELDS, "a field of a record")
    return MappingProxyType({name: _names(file, ("fields", name), names) for name, names in table.items()})


def _rules(file: TomlFile, value: Any) -> tuple[Rule, ...]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        file.fail(("highlight",), "highlight must be tables, each under its own [[highlight]]")
    rules = []
    for number, table in enumerate(value):
        place = ("highlight", str(number))
        for key in table:
            if key not in Rule._fields:
                file.fail((*place, key), f"a rule has no {key!r}, only match and style{nearest(key, Rule._fields)}")
        for key in Rule._fields:
            if not isinstance(table.get(key), str):
                example = "match = 'order \\d+'" if key == "match" else 'style = "bold magenta"'
                file.fail((*place, key), f"a rule must have a {key} in quotes, such as {example}")
        rule = Rule(**table)
        try:
            re.compile(rule.match)
        except re.error as error:
            file.fail((*place, "match"), f"{rule.match!r} is not a regular expression: {error}")
        try:
            parse_style(rule.style, 256)
        except ThemeError as error:
            file.fail((*place, "style"), str(error))
        rules.append(rule)
    return tuple(rules)


def _keys(file: TomlFile, value: Any) -> Mapping[str, str]:
    """Map typed keys to the first default key of their action; keys that an action lost map to nothing."""
    table = _table(file, "keys", value, tuple(ACTIONS), "an action of the viewer")
    lost = dict.fromkeys((key for action in table for key in ACTIONS[action]), "")
    bindings: dict[str, str] = {}
    for action, names in table.items():
        for name in _names(file, ("keys", action), [names] if isinstance(names, str) else names):
            key = " " if name == "Space" else name
            if name in _TAKEN:
                file.fail(("keys", action), f"{name} {_TAKEN[name]} and cannot be anything else")
            if (
                not (len(key) == 1 and key.isprintable())
                and name not in _KEY_NAMES
                and not re.fullmatch("Alt-[!-~]", name)
            ):
                file.fail(
                    ("keys", action), f"{name!r} is not a key{nearest(name, _KEY_NAMES) or ', such as x, F5 or Ctrl-X'}"
                )
            if key in bindings:
                file.fail(("keys", action), f"{name!r} is given to two actions")
            bindings[key] = ACTIONS[action][0]
    return MappingProxyType({**lost, **bindings})


_Option = tuple["Callable[[Any], bool]", str]


def _one_of(*words: str) -> _Option:
    return (lambda value: value in words), "one of " + ", ".join(f'"{word}"' for word in words)


def _is_indent(value: Any) -> bool:
    return value == "auto" or (type(value) is int and value >= 0)


def _is_level(value: Any) -> bool:
    from reflowlog.text.parse.levels import parse_level

    return isinstance(value, str) and parse_level(value) is not None


def _is_duration(value: Any) -> bool:
    from reflowlog.text.layout.gap_rule import parse_duration

    return isinstance(value, str) and parse_duration(value) is not None


def _is_command(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(each, str) and each for each in value)
    try:
        return isinstance(value, str) and bool(split_command(value))
    except ValueError:
        return False


_COUNT: _Option = (lambda value: type(value) is int and value >= 1), "a whole number of at least 1"
_SWITCH: _Option = (lambda value: isinstance(value, bool)), "true or false"
_OPTIONS: Mapping[str, _Option] = {
    "wrap": _one_of("word", "char", "none", "terminal"),
    "indent": (_is_indent, '"auto" or a whole number'),
    "rewrap": _one_of("screen", "all"),
    "color": _one_of("auto", "always", "never"),
    "mode": _one_of("auto", "full", "inline", "plain"),
    "width": _COUNT,
    "history": _COUNT,
    "level": (_is_level, 'a level, such as "info", "warning" or "error"'),
    "gaps": (_is_duration, 'a duration, such as "30s" or "2m"'),
    "mouse": _SWITCH,
    "quit-if-one-screen": _SWITCH,
    "copy-command": (_is_command, 'a command, such as "xclip -selection clipboard", or a list of its words'),
}
"""Command-line options allowed in the file: a check of the value, and its description in errors."""


def _options(file: TomlFile, table: Mapping[str, Any]) -> tuple[str, ...]:
    typed: list[str] = []
    for name, (right, what) in _OPTIONS.items():
        if name not in table:
            continue
        value = table[name]
        if not right(value):
            file.fail((name,), f"{name} must be {what}")
        if name == "mode":
            typed += [] if value == "auto" else [f"--{value}"]
        elif isinstance(value, list):
            typed += [f"--{name}", shlex.join(value)]
        elif isinstance(value, bool):
            typed += [f"--{name}"] if value else []
        else:
            typed += [f"--{name}", str(value)]
    return tuple(typed)
