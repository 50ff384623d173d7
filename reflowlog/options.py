"""Options: what was typed, and what stands in REFLOWLOG, as a value. Nothing is opened or started here.

A mistake is one clear line and exit status 2.
"""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["HELP", "Options", "UsageError", "parse"]

HELP = """\
usage: COMMAND | reflowlog [OPTION]...
       reflowlog [OPTION]... FILE...

Shows a log laid out for the terminal's width, and again when the width changes:
long lines wrap at blanks, under the column in which their message starts.

  FILE...                    read these, not standard input; - is standard input

where it goes
      --inline               on the normal screen (default on a terminal)
      --plain                as it comes, no cursor movement (default elsewhere)
  -o, --output FILE          also write the input to FILE, byte for byte

how it looks
  -w, --width N              lay out for N columns, also into a pipe or a file
      --wrap word|char|none  break lines at blanks (default), anywhere, or cut
                             them at the edge
      --indent auto|N        indent of a line's further rows (default: under its
                             message)
      --rewrap screen|all    on a new width lay out what is on the screen again
                             (default), or all, which erases the scrollback
      --color auto|always|never
      --history N            keep the newest N lines (default all; beyond 64 MiB
                             in a private temporary file)

  -V, --version              show the version
  -h, --help                 show this

Default options may stand in REFLOWLOG. NO_COLOR, FORCE_COLOR, TERM are heeded.
Ctrl-C waits for the last words of what is piped in; again within 2 s it quits.
"""


class UsageError(Exception):
    """What was typed makes no sense; the text says what and where, in one line."""


class Options(NamedTuple):
    """What the user wants; see `HELP` for the meaning of each."""

    files: tuple[str, ...] = ()
    mode: Literal["auto", "inline", "plain"] = "auto"
    width: int | None = None
    wrap: Literal["word", "char", "none"] = "word"
    indent: int | Literal["auto"] = "auto"
    rewrap: Literal["screen", "all"] = "screen"
    color: Literal["auto", "always", "never"] = "auto"
    history: int | None = None
    output: str | None = None
    show: Literal["log", "help", "version"] = "log"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def parse(arguments: Sequence[str], environ: Mapping[str, str]) -> Options:
    """The options on a command line, after those in REFLOWLOG.

    Raises:
        UsageError: one of them is wrong.

    >>> parse(["--width", "40", "app.log"], {"REFLOWLOG": "--wrap char"})[:4]
    (('app.log',), 'auto', 40, 'char')
    """
    parser = _make_parser()
    try:
        typed = parser.parse_intermixed_args(shlex.split(environ.get("REFLOWLOG", "")))
        if typed.files:
            raise UsageError("a file name is no option")
    except (UsageError, ValueError) as error:
        raise UsageError(f"in the variable REFLOWLOG: {error}") from None
    del typed.files
    parser.set_defaults(**vars(typed))
    end = arguments.index("--") if "--" in arguments else len(arguments)  # which argparse forgets when it intermixes
    typed = parser.parse_intermixed_args(arguments[:end])
    files = (*(typed.files or ()), *arguments[end + 1 :])
    return Options(**{**vars(typed), "files": files})


def _make_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="reflowlog", add_help=False, allow_abbrev=False)
    defaults = Options()
    add = parser.add_argument
    add("files", nargs="*")
    add("--inline", dest="mode", action="store_const", const="inline", default=defaults.mode)
    add("--plain", dest="mode", action="store_const", const="plain", default=defaults.mode)
    add("-o", "--output", default=defaults.output)
    add("-w", "--width", type=_at_least_one, default=defaults.width)
    add("--wrap", choices=("word", "char", "none"), default=defaults.wrap)
    add("--indent", type=_indent, default=defaults.indent)
    add("--rewrap", choices=("screen", "all"), default=defaults.rewrap)
    add("--color", "--colour", choices=("auto", "always", "never"), default=defaults.color)
    add("--history", type=_at_least_one, default=defaults.history)
    add("-V", "--version", dest="show", action="store_const", const="version", default=defaults.show)
    add("-h", "--help", dest="show", action="store_const", const="help", default=defaults.show)
    return parser


def _number(text: str, least: int, what: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return int(text)


def _at_least_one(text: str) -> int:
    return _number(text, 1, "a whole number of at least 1")


def _indent(text: str) -> int | Literal["auto"]:
    return "auto" if text == "auto" else _number(text, 0, "auto or a whole number")
