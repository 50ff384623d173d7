"""Options: what was typed, and what stands in REFLOWLOG and in a configuration, as a value. Nothing is opened here.

A mistake is one clear line and exit status 2.
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
  -g, --grep REGEX|COMPARED  only records that match, or as in status>=500
  -v, --invert               the others; -C, --context N: with N around each
  -l, --level LEVEL          only records at LEVEL or above
      --history N            only the newest N lines (default all)
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

_EXEC = re.compile("-(?P<flags>[fvFRX]*)e|--exec(=(?P<word>.+))?", re.DOTALL)  # also among flags: -fe

COLUMNS = ("time", "level", "logger", "message", "source")


class UsageError(Exception):
    """What was typed makes no sense; the text says what and where, in one line."""


class CliOptions(NamedTuple):
    """What the user wants; see `HELP` for the meaning of each.

    Attributes:
        grep: what `text.query.compile_query` knows; `invert` and `context` are set only with it.
        publish: the URL of a stream.
        level: a name that `text.levels.parse_level` knows.
        since, until: seconds since the epoch; of each source only what lies between them is shown,
        tail: and of that only so many records at its end.
        start: where the viewer starts: a line's number from 1, the end, the end while following, or ``""``: by itself.
        columns: names out of `COLUMNS` to show of records with fields.
        theme: its name; empty for the default.
        command: to run, with its arguments, in place of reading files; empty for none.
        stderr: keep its standard error apart.
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
    grep: str | None = None
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
        """Whether only a part of each source is asked for."""
        return not (self.since is self.until is self.tail is None)


class _OptionParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


class _MisplacedOption(argparse.Action):
    """What is looked for by itself, and found where it has no place."""

    def __call__(self, *_: object) -> NoReturn:
        """Say so."""
        raise UsageError("a command has its place behind all else that is typed")


class _IgnoredFlag(argparse.Action):
    """A flag that those who run a pager give it, and that changes nothing here."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:  # noqa: ARG002 - argparse's signature
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS)

    def __call__(self, *arguments: object) -> None:
        """Do nothing."""


def parse(arguments: Sequence[str], environ: Mapping[str, str], config: Config | None = None) -> CliOptions:
    """The options on a command line, after those in REFLOWLOG, after those in a configuration.

    Raises:
        UsageError: one of them is wrong.

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
    parser.set_defaults(**vars(typed))
    arguments, command = _split(arguments)
    end = arguments.index("--") if "--" in arguments else len(arguments)  # which argparse forgets when it intermixes
    typed = _parse(parser, arguments[:end])
    for name in ("invert", "context"):
        if getattr(typed, name) and typed.grep is None:
            raise UsageError(f"--{name} needs --grep")
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


def _split(arguments: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """What is ours, and the command that stands behind ``-e``, with all that is behind that."""
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
    """Take a configuration for what is not typed."""
    typed = vars(_parse(parser, config.options))
    del typed["files"]
    given = {"theme": config.theme, "columns": config.columns, "utc": config.utc}
    parser.set_defaults(**typed | {name: value for name, value in given.items() if value})
    parser.set_defaults(names=config.fields, rules=config.rules, keys=config.keys)


def _parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """What is typed, with the places to start taken out of the files."""
    typed = parser.parse_intermixed_args(arguments)
    names = typed.files or ()
    typed.files = [name for name in names if not name.startswith("+")]
    for name in names:
        if name.startswith("+"):
            typed.start = _start(name)
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
    add("-g", "--grep", type=_expression, default=defaults.grep)
    add("-v", "--invert", action="store_true", default=defaults.invert)
    add("-C", "--context", type=_at_least_zero, default=defaults.context)
    add("-l", "--level", type=_level, default=defaults.level)
    add("--since", type=_when, default=None)
    add("--until", type=_when, default=None)
    add("--tail", type=_at_least_zero, default=None)
    add("-w", "--width", type=_at_least_one, default=defaults.width)
    add("--wrap", choices=("word", "char", "none"), default=defaults.wrap)
    add("--indent", type=_indent, default=defaults.indent)
    add("--rewrap", choices=("screen", "all"), default=defaults.rewrap)
    add("--columns", type=_columns, default=defaults.columns)
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


def _number(text: str, least: int, what: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return int(text)


def _at_least_one(text: str) -> int:
    return _number(text, 1, "a whole number of at least 1")


def _at_least_zero(text: str) -> int:
    return _number(text, 0, "a whole number")


def _columns(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no column: there are {', '.join(COLUMNS)}")
    return names


def _start(text: str) -> int | Literal["end", "follow"]:
    """Where ``+G``, ``+F`` and ``+N`` start."""
    what = text[1:]
    if what == "G":
        return "end"
    if what == "F":
        return "follow"
    try:
        return max(1, _number(what, 0, "a line"))
    except argparse.ArgumentTypeError:
        raise UsageError(f"{text!r} is none of +G, +F, +N (a file so called is ./{text})") from None


def _expression(text: str) -> str:
    """A comparison of a field, or a regular expression, as it was typed; it makes sense."""
    from reflowlog.text.search.pattern_source import PatternError
    from reflowlog.text.search.query import compile_query

    try:
        compile_query(text)
    except PatternError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    return text


def _level(text: str) -> str:
    from reflowlog.text.parse.line_levels import parse_level

    if parse_level(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no level, such as info, warning or error")
    return text


def _when(text: str) -> float:
    """A moment, in seconds since the epoch."""
    import time

    from reflowlog.text.parse.time_expressions import parse_when

    found = parse_when(text, time.time())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time, such as 10m, yesterday, 12:30 or 2026-01-31T12:30")
    return found


def _indent(text: str) -> int | Literal["auto"]:
    return "auto" if text == "auto" else _number(text, 0, "auto or a whole number")
