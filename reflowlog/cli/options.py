"""Options of the command line, REFLOWLOG and the configuration, as one value. Opens nothing.

A mistake is a `UsageError`: one clear line, and exit status 2.
"""

from __future__ import annotations

import argparse
import re
import shlex
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reflowlog.config.file import Config
    from reflowlog.config.themes import Rule

__all__ = ["HELP", "CliOptions", "UsageError", "parse"]

HELP = """\
usage: COMMAND | reflowlog [OPTION]...
       reflowlog [OPTION]... FILE...
       reflowlog [OPTION]... -e COMMAND [ARG]...

Shows a log laid out for the terminal's width, and again when the width changes:
long lines wrap under their message's start. In the viewer of a FILE h is help.

what is read
  FILE...                    - is stdin; nats://HOST/SUBJECT; .gz .bz2 .xz .zst
                             what is sent: syslog://HOST:PORT socket://HOST:PORT
  -f, --follow               go on as files grow or are rotated
  -e, --exec COMMAND ARG...  in a terminal of its own; --stderr marks its errors
      --since T --until T --tail N   10m, yesterday 12:30, ISO; last N records
where it goes
      --full                 the viewer (default for a FILE on a terminal)
      --inline               the normal screen (default there, but for FILEs)
      --plain                as it comes, no cursor movement (default elsewhere)
  -o, --output FILE          the input into FILE, too; --publish URL: a stream
what is shown
  -g, --grep EXPR            only records that match: REGEX, status>=500 and a=b
      --exclude EXPR         not those; -i, --ignore-case: case does not count
  -v, --invert               the others; -C, --context N: with N around each
  -l, --level LEVEL          at LEVEL or above; --history N: the newest N lines
how it looks
  -w, --width N              for N columns, also into a pipe or a file
      --wrap word|char|none  break at blanks (default), anywhere, or cut lines
      --indent auto|N        of further rows (default: under the message)
      --rewrap screen|all    what a new width lays out; all erases scrollback
      --columns LIST         JSON, logfmt: time,level,logger,message,source
      --utc  --raw           times there as UTC; all lines as they came
      --color auto|always|never   --theme dark|light|mono|NAME
the viewer
  +G  +F  +N                 start at the end, follow, start in line N
  -F, --quit-if-one-screen   only print what fits on one screen
  -V, --version  -h, --help  --mouse: the wheel scrolls; -R and -X: nothing

Default options may stand in REFLOWLOG. NO_COLOR, FORCE_COLOR, TERM are heeded.
Ctrl-C waits for the last words of what is piped in; again within 2 s it quits.
A COMMAND gets what is typed, Ctrl-C too, but for PageUp and F1, which open the
viewer, and arrows, PageDown, Home, End if it reads lines. Its status is ours.
"""

_EXEC = re.compile("-(?P<flags>[fivFRX]*)e|--exec(=(?P<word>.+))?", re.DOTALL)  # also behind other flags: -fe

COLUMNS = ("time", "level", "logger", "message", "source")


class UsageError(Exception):
    """Invalid command line; the text names the option and the reason, in one line."""


class CliOptions(NamedTuple):
    """The options; see `HELP` for the meaning of each.

    Attributes:
        grep: expressions for `text.search.query.compile_query`, all of which a record must match; `invert` is set only
            with a single one.
        exclude: expressions of which a record must match none; `context` is set only with one of these or of `grep`.
        ignore_case: case does not count in expressions.
        publish: the URL of a stream.
        level: a name for `text.parse.line_levels.parse_level`.
        since, until: inclusive bounds of the times that are shown of each source, in seconds since the epoch.
        tail: number of records that are shown at the end of that range.
        start: where the viewer starts: a line number from 1, the end, the end while following, or ``""``: the default.
        columns: names out of `COLUMNS` to show of records with fields.
        theme: its name; empty for the default.
        command: the command to run in place of reading files, with its arguments; empty for none.
        stderr: whether the command's standard error is kept separate.
        names, rules, keys: `Config.fields`, `Config.rules` and `Config.keys` of the user's configuration.
    """

    files: tuple[str, ...] = ()
    mode: Literal["auto", "full", "inline", "plain"] = "auto"
    width: int | None = None
    wrap: Literal["word", "char", "none"] = "word"
    indent: int | Literal["auto"] = "auto"
    rewrap: Literal["screen", "all"] = "screen"
    color: Literal["auto", "always", "never"] = "auto"
    history: int | None = None
    output: str | None = None
    publish: str | None = None
    follow: bool = False
    grep: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    ignore_case: bool = False
    invert: bool = False
    context: int = 0
    level: str | None = None
    since: float | None = None
    until: float | None = None
    tail: int | None = None
    mouse: bool = False
    start: int | Literal["", "end", "follow"] = ""
    quit_if_one_screen: bool = False
    columns: tuple[str, ...] = COLUMNS
    utc: bool = False
    raw: bool = False
    theme: str = ""
    names: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    rules: tuple[Rule, ...] = ()
    keys: Mapping[str, str] = MappingProxyType({})
    command: tuple[str, ...] = ()
    stderr: bool = False
    show: Literal["log", "help", "version"] = "log"

    @property
    def partial(self) -> bool:
        """Return whether only a part of each source is to be read."""
        return not (self.since is self.until is self.tail is None)

    @property
    def has_filter(self) -> bool:
        """Return whether records are left out."""
        return bool(self.grep or self.exclude) or self.level is not None


class _OptionParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


class _MisplacedOption(argparse.Action):
    """Action of ``-e``, which is parsed before argparse and is an error wherever argparse meets it."""

    def __call__(self, *_: object) -> NoReturn:
        """Raise the error."""
        raise UsageError("a command has its place behind all else that is typed")


class _IgnoredFlag(argparse.Action):
    """Action of a flag that programs give to their pager and that changes nothing here."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:  # noqa: ARG002 - argparse's signature
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS)

    def __call__(self, *arguments: object) -> None:
        """Do nothing."""


def parse(arguments: Sequence[str], environ: Mapping[str, str], config: Config | None = None) -> CliOptions:
    """Parse a command line, with defaults from REFLOWLOG, then from a configuration.

    Raises:
        UsageError: an option is wrong.

    >>> parse(["--width", "40", "app.log"], {"REFLOWLOG": "--wrap char"})[:4]
    (('app.log',), 'auto', 40, 'char')
    """
    parser = _make_parser()
    if config is not None:
        _configure(parser, config)
    try:
        typed = _parse(parser, shlex.split(environ.get("REFLOWLOG", "")))
        if typed.files:
            raise UsageError("a file name is no option")
    except (UsageError, ValueError) as error:
        raise UsageError(f"in the variable REFLOWLOG: {error}") from None
    del typed.files
    earlier = {name: vars(typed).pop(name) or () for name in _EXPRESSIONS}
    parser.set_defaults(**vars(typed))
    arguments, command = _split_command(arguments)
    end = arguments.index("--") if "--" in arguments else len(arguments)  # parse_intermixed_args drops it
    typed = _parse(parser, arguments[:end])
    for name in _EXPRESSIONS:  # those of the command line replace those of the variable
        setattr(typed, name, tuple(getattr(typed, name) or earlier[name]))
    if typed.invert and not typed.grep:
        raise UsageError("--invert needs --grep")
    if typed.invert and len(typed.grep) > 1:
        raise UsageError("--invert takes one --grep: leave out records that match another with --exclude")
    if typed.context and not (typed.grep or typed.exclude):
        raise UsageError("--context needs --grep")
    if typed.since is not None and typed.until is not None and typed.until < typed.since:
        raise UsageError("--until is before --since")
    typed.files = (*typed.files, *arguments[end + 1 :])
    typed.command = command
    if command and typed.files:
        raise UsageError("--exec reads a command, and no files")
    if command and not (typed.since is typed.until is typed.tail is None):
        raise UsageError("--since, --until and --tail are for files and pipes, and not for --exec")
    if typed.stderr and not command:
        raise UsageError("--stderr needs --exec")
    return CliOptions(**vars(typed))


_EXPRESSIONS = ("grep", "exclude")


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
    del typed["files"]
    given = {"theme": config.theme, "columns": config.columns, "utc": config.utc}
    parser.set_defaults(**typed | {name: value for name, value in given.items() if value})
    parser.set_defaults(names=config.fields, rules=config.rules, keys=config.keys)


def _parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse arguments, and move ``+G``, ``+F`` and ``+N`` from the files to `start`."""
    typed = parser.parse_intermixed_args(arguments)
    names = typed.files or ()
    typed.files = [name for name in names if not name.startswith("+")]
    for name in names:
        if name.startswith("+"):
            typed.start = _start_position(name)
    return typed


def _make_parser() -> argparse.ArgumentParser:
    parser = _OptionParser(prog="reflowlog", add_help=False, allow_abbrev=False)
    defaults = CliOptions()
    add = parser.add_argument
    add("files", nargs="*")
    add("-f", "--follow", action="store_true", default=defaults.follow)
    add("-e", "--exec", nargs="?", dest="command", action=_MisplacedOption, default=argparse.SUPPRESS)
    add("--stderr", action="store_true", default=defaults.stderr)
    add("--full", dest="mode", action="store_const", const="full", default=defaults.mode)
    add("--inline", dest="mode", action="store_const", const="inline", default=defaults.mode)
    add("--plain", dest="mode", action="store_const", const="plain", default=defaults.mode)
    add("-o", "--output", default=defaults.output)
    add("--publish", metavar="URL", default=defaults.publish)
    add("-g", "--grep", type=_check_expression, action="append", default=None)
    add("--exclude", type=_check_expression, action="append", default=None)
    add("-i", "--ignore-case", action="store_true", default=defaults.ignore_case)
    add("-v", "--invert", action="store_true", default=defaults.invert)
    add("-C", "--context", type=_at_least_zero, default=defaults.context)
    add("-l", "--level", type=_check_level, default=defaults.level)
    add("--since", type=_parse_time_option, default=None)
    add("--until", type=_parse_time_option, default=None)
    add("--tail", type=_at_least_zero, default=None)
    add("-w", "--width", type=_at_least_one, default=defaults.width)
    add("--wrap", choices=("word", "char", "none"), default=defaults.wrap)
    add("--indent", type=_parse_indent, default=defaults.indent)
    add("--rewrap", choices=("screen", "all"), default=defaults.rewrap)
    add("--columns", type=_parse_columns, default=defaults.columns)
    add("--utc", action="store_true", default=defaults.utc)
    add("--raw", action="store_true", default=defaults.raw)
    add("--theme", default=defaults.theme)
    add("--color", "--colour", choices=("auto", "always", "never"), default=defaults.color)
    add("--history", type=_at_least_one, default=defaults.history)
    add("-F", "--quit-if-one-screen", action="store_true", default=defaults.quit_if_one_screen)
    add("--mouse", action="store_true", default=defaults.mouse)
    add("-R", "-X", action=_IgnoredFlag)
    parser.set_defaults(**{name: getattr(defaults, name) for name in ("start", "names", "rules", "keys")})
    add("-V", "--version", dest="show", action="store_const", const="version", default=defaults.show)
    add("-h", "--help", dest="show", action="store_const", const="help", default=defaults.show)
    return parser


def _parse_number(text: str, least: int, what: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return int(text)


def _at_least_one(text: str) -> int:
    return _parse_number(text, 1, "a whole number of at least 1")


def _at_least_zero(text: str) -> int:
    return _parse_number(text, 0, "a whole number")


def _parse_columns(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no column: there are {', '.join(COLUMNS)}")
    return names


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
        raise UsageError(f"{text!r} is none of +G, +F, +N (a file so called is ./{text})") from None


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
    from reflowlog.text.parse.line_levels import parse_level

    if parse_level(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no level, such as info, warning or error")
    return text


def _parse_time_option(text: str) -> float:
    """Return a time in seconds since the epoch."""
    import time

    from reflowlog.text.parse.time_expressions import parse_when

    found = parse_when(text, time.time())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time, such as 10m, yesterday, 12:30 or 2026-01-31T12:30")
    return found


def _parse_indent(text: str) -> int | Literal["auto"]:
    return "auto" if text == "auto" else _parse_number(text, 0, "auto or a whole number")
