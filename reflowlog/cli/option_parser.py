"""Parser of the command line, REFLOWLOG and the configuration. Opens nothing.

A mistake is a `UsageError`: one clear line, and exit status 2.
"""

from __future__ import annotations

import argparse
import re
from functools import partial
from typing import TYPE_CHECKING, Literal, NoReturn

from reflowlog.cli.option_table import OPTIONS, USAGE_WIDTH, Option, flags, hint_for, suggest
from reflowlog.cli.options import CliOptions, UsageError
from reflowlog.config.fold_names import FOLDS
from reflowlog.system.command_words import split_command, split_words
from reflowlog.text.layout.column_names import STANDARD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reflowlog.config.file import Config

__all__ = ["parse_all"]

_EXEC = re.compile("-(?P<flags>[fivFRX]*)e|--exec(=(?P<word>.+))?", re.DOTALL)  # also behind other flags: -fe


class _OptionParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise a `UsageError` with a hint, if a word is near to one that is meant."""
        unknown = re.match("unrecognized arguments: (\\S+)", message)
        if unknown:
            raise UsageError(message + hint_for(unknown[1]))
        choice = re.match(r"argument (\S+?)(?:/\S+)?: invalid choice: '(.*)' \(choose from (.*)\)", message)
        if choice:
            words = [word.strip(" '") for word in choice[3].split(",")]
            raise UsageError(message + suggest(choice[2], words))
        raise UsageError(message)


class _MisplacedOption(argparse.Action):
    """Action of ``-e``, which is parsed before argparse and is an error wherever argparse meets it."""

    def __call__(self, *_: object) -> NoReturn:
        """Raise the error."""
        raise UsageError("a command must come after everything else")


def parse_all(arguments: Sequence[str], environ: Mapping[str, str], config: Config | None) -> CliOptions:
    """Parse a command line, see `reflowlog.cli.options.parse`."""
    parser = _make_parser()
    if config is not None:
        _configure(parser, config)
    try:
        typed = _parse(parser, split_words(environ.get("REFLOWLOG", "")))
        if typed.files:
            raise UsageError("a file name is not an option")
    except (UsageError, ValueError) as error:
        raise UsageError(f"in the variable REFLOWLOG: {error}") from None
    del typed.files
    earlier = {name: vars(typed).pop(name) or () for name in _LISTS}
    parser.set_defaults(**vars(typed))
    arguments, command = _split_command(arguments)
    end = arguments.index("--") if "--" in arguments else len(arguments)  # parse_intermixed_args drops it
    typed = _parse(parser, arguments[:end])
    is_default = typed.columns is parser.get_default("columns")
    typed.typed_names = (*(() if is_default else typed.columns), *(typed.hide or ()))
    for name in _LISTS:  # those of the command line replace those of the variable
        setattr(typed, name, tuple(getattr(typed, name) or earlier[name]))
    typed.hide = typed.hide or (() if config is None else config.hide)
    if typed.invert and not typed.grep:
        raise UsageError("--invert needs --grep")
    if typed.invert and len(typed.grep) > 1:
        raise UsageError("--invert takes one --grep: leave out records that match another with --exclude")
    if typed.context and not (typed.grep or typed.exclude or typed.level):
        raise UsageError("--context needs --grep, --exclude or --level")
    for name in ("since", "until"):
        local, shown = getattr(typed, name) or (None, None)
        setattr(typed, name, shown if typed.utc else local)
        setattr(typed, f"written_{name}", local)
    if typed.since is not None and typed.until is not None and typed.until < typed.since:
        raise UsageError("--until is before --since")
    typed.files = (*typed.files, *arguments[end + 1 :])
    typed.command = command
    if command and typed.files:
        raise UsageError("--exec runs a command, and reads no files")
    if command and not (typed.since is typed.until is typed.tail is None):
        raise UsageError("--since, --until and --tail are for files and pipes, and not for --exec")
    if typed.stderr and not command:
        raise UsageError("--stderr needs --exec")
    return CliOptions(**vars(typed))


_LISTS = ("grep", "exclude", "hide")


def _split_command(arguments: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """Split off the command behind ``-e``, with everything after it; return the other arguments and the command."""
    for index, word in enumerate(arguments):
        if word == "--":
            break
        if found := _EXEC.fullmatch(word):
            command = tuple(arguments[index + 1 :])
            if found["word"]:
                command = found["word"], *command
            elif command[:1] == ("--",):
                command = command[1:]
            if not command:
                raise UsageError(f"{word} needs a command")
            flags = [f"-{found['flags']}"] if found["flags"] else []
            return [*arguments[:index], *flags], command
    return arguments, ()


def _configure(parser: argparse.ArgumentParser, config: Config) -> None:
    """Set the defaults of a configuration."""
    typed = vars(_parse(parser, config.options))
    for name in ("files", *_LISTS):  # for the lists see `parse`
        del typed[name]
    given = {"theme": config.theme, "columns": config.columns, "utc": config.utc}
    parser.set_defaults(**typed | {name: value for name, value in given.items() if value})
    parser.set_defaults(names=config.fields, rules=config.rules, keys=config.keys)


def _parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse arguments, and move ``+G``, ``+F`` and ``+N`` from the files to `start`."""
    for word in arguments:
        if word[:1] == "-" and f"-{word}" in flags():  # -follow would be -f -o llow
            raise UsageError(f"unrecognized arguments: {word}; did you mean -{word}?")
    typed = parser.parse_intermixed_args(_join_signed_times(arguments))
    names = typed.files or ()
    for name in names:
        if re.fullmatch(r"-\d+", name):  # argparse takes it for a number, and so not for an option
            raise UsageError(f"unrecognized arguments: {name} (--tail {name[1:]} shows the last {name[1:]} records)")
    typed.files = [name for name in names if not name.startswith("+")]
    for name in names:
        if name.startswith("+"):
            typed.start = _start_position(name)
    return typed


def _join_signed_times(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with ``--since -10m`` as ``--since=-10m``: argparse would take it for an option."""
    joined: list[str] = []
    for word in arguments:
        if joined and joined[-1] in ("--since", "--until") and re.match(r"-\d", word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _make_parser() -> argparse.ArgumentParser:
    formatter = partial(argparse.HelpFormatter, width=USAGE_WIDTH)  # without a width it loads `shutil` to measure one
    parser = _OptionParser(prog="reflowlog", add_help=False, allow_abbrev=False, formatter_class=formatter)
    parser.add_argument("files", nargs="*")
    for option in OPTIONS:
        _add(parser, option)
    defaults = CliOptions()
    parser.set_defaults(**{name: getattr(defaults, name) for name in ("start", "names", "rules", "keys")})
    return parser


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    """Add an option of the table to the parser."""
    default = getattr(CliOptions(), option.dest)
    if option.kind == "command":  # parsed before, see `_split_command`
        parser.add_argument(
            *option.flags, dest=option.dest, nargs="?", action=_MisplacedOption, default=argparse.SUPPRESS
        )
    elif option.kind == "switch":
        parser.add_argument(*option.flags, dest=option.dest, action="store_true", default=default)
    elif option.kind.startswith("="):
        parser.add_argument(
            *option.flags, dest=option.dest, action="store_const", const=option.kind[1:], default=default
        )
    elif option.choices:
        parser.add_argument(*option.flags, dest=option.dest, choices=option.choices, default=default)
    elif option.kind == "hidden":
        parser.add_argument(*option.flags, dest=option.dest, type=_parse_hidden, action="extend", default=None)
    elif option.kind == "expression":
        parser.add_argument(*option.flags, dest=option.dest, type=_check_expression, action="append", default=None)
    else:
        parser.add_argument(*option.flags, dest=option.dest, type=_PARSERS[option.kind], default=default)


def _parse_number(text: str, least: int, what: str) -> int:
    if not _is_number(text, least):
        meant = text[1:]
        hint = f"; did you mean {meant}?" if text[:1] in ("-", "+") and _is_number(meant, least) else ""
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}{hint}")
    return int(text)


def _is_number(text: str, least: int) -> bool:
    return text.isascii() and text.isdigit() and int(text) >= least


def _at_least_one(text: str) -> int:
    return _parse_number(text, 1, "a whole number of at least 1")


def _at_least_zero(text: str) -> int:
    return _parse_number(text, 0, "a whole number")


def _parse_columns(text: str) -> tuple[str, ...]:
    names = _parse_names(text)
    for name in names:
        if name not in STANDARD_COLUMNS:
            from reflowlog.text.layout.column_plan import misspelt_column  # start-up cost: only for names of fields

            meant = misspelt_column(name)
            if meant:
                raise argparse.ArgumentTypeError(f"{name!r} is not a column; did you mean {meant}?")
    return names


def _parse_folds(text: str) -> tuple[str, ...]:
    names = _parse_names(text)
    unknown = [name for name in names if name not in FOLDS]
    if unknown:
        known, hint = ", ".join(FOLDS), suggest(unknown[0], FOLDS)
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {known}{hint}")
    return names


def _parse_names(text: str) -> tuple[str, ...]:
    """Return the names in a list with commas."""
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of names, such as time,user,message")
    return names


def _parse_hidden(text: str) -> tuple[str, ...]:
    names = _parse_names(text)
    if "message" in names:
        raise argparse.ArgumentTypeError("the message is always shown")
    return names


def _parse_words(text: str) -> tuple[str, ...]:
    """Split a command into its words, as a shell would; no shell runs it."""
    try:
        words = tuple(split_command(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    if not words:
        raise argparse.ArgumentTypeError("the command is empty")
    return words


def _start_position(text: str) -> int | Literal["end", "follow"]:
    """Return the start position of ``+G``, ``+F`` or ``+N``."""
    what = text[1:]
    if what == "G":
        return "end"
    if what == "F":
        return "follow"
    try:
        return max(1, _parse_number(what, 0, "a line"))
    except argparse.ArgumentTypeError:
        raise UsageError(f"{text!r} is not one of +G, +F, +N (a file of that name is ./{text})") from None


def _check_expression(text: str) -> str:
    """Check an expression, which is a comparison of a field or a regular expression, and return it unchanged."""
    from reflowlog.text.search.pattern_source import PatternError
    from reflowlog.text.search.query import compile_query

    try:
        compile_query(text)
    except PatternError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    return text


def _check_level(text: str) -> str:
    from reflowlog.text.parse.levels import parse_level, suggest_level

    if parse_level(text) is None:
        meant = suggest_level(text)
        hint = f"; did you mean {meant}?" if meant else ""
        raise argparse.ArgumentTypeError(f"{text!r} is not a level, such as info, warning or error{hint}")
    return text


def _parse_time_option(text: str) -> tuple[float, float]:
    """Return a time in seconds since the epoch, once if times are shown as local time, once if in UTC."""
    import time

    from reflowlog.text.parse.time_expressions import parse_when

    now = time.time()
    found, found_utc = parse_when(text, now), parse_when(text, now, utc=True)
    if found is None or found_utc is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time, such as 10m, yesterday, 12:30 or 2026-01-31T12:30")
    return found, found_utc


def _parse_duration(text: str) -> float:
    """Return a duration in seconds."""
    from reflowlog.text.layout.gap_rule import parse_duration

    found = parse_duration(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration, such as 30s, 2m or 1h30m")
    return found


def _parse_indent(text: str) -> int | Literal["auto"]:
    return "auto" if text == "auto" else _parse_number(text, 0, "auto or a whole number")


_PARSERS: Mapping[str, Callable[[str], object]] = {
    "text": str,
    "from 0": _at_least_zero,
    "from 1": _at_least_one,
    "level": _check_level,
    "time": _parse_time_option,
    "duration": _parse_duration,
    "columns": _parse_columns,
    "folds": _parse_folds,
    "indent": _parse_indent,
    "words": _parse_words,
}
"""Parsers of values, by the kind of an option in the table."""
