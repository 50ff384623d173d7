"""The table of all command-line options: the parser, ``--help``, the man page and the completions are made from it."""

from __future__ import annotations

from reflowlog.core.named_tuple import NamedTuple

__all__ = ["OPTIONS", "SECTIONS", "USAGE_WIDTH", "Option", "flags", "hint_for", "paragraphs", "suggest", "usage"]


class Option(NamedTuple):
    """One option.

    Attributes:
        flags: its spellings, the short one first.
        value: the placeholder of its value; empty for a switch.
        help: one clause, without a full stop.
        dest: the field of `CliOptions` that it sets.
        kind: how `cli/option_parser.py` parses the value: the name of a parser there, or "=X" for a switch that sets X.
        choices: the values that are allowed, if they are words.
        is_file: whether the value is a path, for completions.
        is_hidden: whether it is accepted, but not listed.
    """

    flags: tuple[str, ...]
    value: str
    help: str
    dest: str
    kind: str = "switch"
    choices: tuple[str, ...] = ()
    is_file: bool = False
    is_hidden: bool = False


SECTIONS: dict[str, tuple[Option, ...]] = {
    "what is read": (
        Option(("-f", "--follow"), "", "go on as files grow or are rotated", "follow"),
        Option(("-e", "--exec"), "COMMAND ARG...", "run it in a terminal of its own", "command", "command"),
        Option(("--stderr",), "", "mark the standard error of -e", "stderr"),
        Option(("--since",), "TIME", "from then on: 10m, 2h, yesterday 12:30, ISO", "since", "time"),
        Option(("--until",), "TIME", "up to then", "until", "time"),
        Option(("--tail",), "N", "the last N records of each source", "tail", "from 0"),
    ),
    "where it goes": (
        Option(("--full",), "", "the viewer (default for a FILE on a terminal)", "mode", "=full"),
        Option(("--inline",), "", "the normal screen (default there, except for FILEs)", "mode", "=inline"),
        Option(("--plain",), "", "as it comes, no cursor movement (default elsewhere)", "mode", "=plain"),
        Option(("-o", "--output"), "FILE", "also write the input to FILE", "output", "text", is_file=True),
        Option(("--publish",), "URL", "also send the input to a stream", "publish", "text"),
    ),
    "what is shown": (
        Option(("-g", "--grep"), "EXPR", "only records that match: REGEX, status>=500 and a=b", "grep", "expression"),
        Option(("--exclude",), "EXPR", "not those that match", "exclude", "expression"),
        Option(("-i", "--ignore-case"), "", "ignore case in EXPR", "ignore_case"),
        Option(("-v", "--invert"), "", "those that do not match", "invert"),
        Option(("-C", "--context"), "N", "with N records around each", "context", "from 0"),
        Option(("-l", "--level"), "LEVEL", "only records at LEVEL or above", "level", "level"),
        Option(("--explain",), "", "how each line was understood, and why", "explain"),
        Option(("--history",), "N", "only the newest N lines (default all)", "history", "from 1"),
    ),
    "how it looks": (
        Option(("-w", "--width"), "N", "for N columns, also into a pipe or a file", "width", "from 1"),
        Option(
            *(
                ("--wrap",),
                "word|char|none|terminal",
                "at blanks (default), anywhere, cut, by the terminal",
                "wrap",
                "word",
            ),
            choices=("word", "char", "none", "terminal"),
        ),
        Option(("--indent",), "auto|N", "of further rows (default: under the message)", "indent", "indent"),
        Option(
            *(("--rewrap",), "screen|all", "what a new width lays out; all erases scrollback", "rewrap", "word"),
            choices=("screen", "all"),
        ),
        Option(("--columns",), "LIST", "time,level,logger,message,source or any field", "columns", "columns"),
        Option(("--hide",), "LIST", "fields of JSON and logfmt not to show", "hide", "hidden"),
        Option(("--gaps",), "DURATION", "a rule where nothing was logged for that long: 2m", "gaps", "duration"),
        Option(("--fold",), "LIST", "fold tracebacks,libraries,repeats; z unfolds", "fold", "folds"),
        Option(("--utc",), "", "times of columns as UTC, not local", "utc"),
        Option(("--raw",), "", "all lines as they came", "raw"),
        Option(
            *(("--color", "--colour"), "WHEN", "auto, always or never: whether there are colours", "color", "word"),
            choices=("auto", "always", "never"),
        ),
        Option(("--theme",), "NAME", "auto, dark, light, mono or one of your own", "theme", "text"),
    ),
    "the viewer": (
        Option(("-F", "--quit-if-one-screen"), "", "only print what fits on one screen", "quit_if_one_screen"),
        Option(("--mouse",), "", "the wheel scrolls", "mouse"),
        Option(("--copy-command",), "COMMAND", "takes what y copies, in place of OSC 52", "copy_command", "words"),
        Option(("-R",), "", "as a pager: a pipe opens the viewer at its start", "is_pager"),
        Option(("-X",), "", "as -R; the last screen stays when it quits", "keeps_screen"),
    ),
    "about reflowlog": (
        Option(("--list-themes",), "", "each theme on the same ten lines", "show", "=themes"),
        Option(
            *(("--completions",), "SHELL", "bash, zsh or fish: completions, to standard output", "show", "shell"),
            choices=("bash", "zsh", "fish"),
        ),
        Option(("--man",), "", "the man page, to standard output", "show", "=man"),
        Option(("--generate-config",), "", "a config.toml with all defaults, to standard output", "show", "=config"),
        Option(("-V", "--version"), "", "versions, for bug reports", "show", "=version"),
        Option(("-h", "--help"), "", "this text", "show", "=help"),
    ),
}
OPTIONS = tuple(option for section in SECTIONS.values() for option in section)

USAGE_WIDTH = 80
"""Columns of the help, if the terminal is no narrower."""

_USAGE = """\
usage: COMMAND | reflowlog [OPTION]...
       reflowlog [OPTION]... FILE...
       reflowlog [OPTION]... -e COMMAND [ARG]...

Shows a log laid out for the terminal's width, and again when the width changes:
long lines wrap under their message's start. In the viewer of a FILE h is help.
FILE: a path; - is stdin; a directory, .gz .bz2 .xz .zst; nats://HOST/SUBJECT;
over the network: syslog://HOST:PORT socket://HOST:PORT
+G, +F, +N: the viewer starts at the end, following, in line N; so does FILE:N

"""
_NOTES = """
Default options may stand in REFLOWLOG. NO_COLOR, FORCE_COLOR, TERM apply.
Ctrl-C waits for the last output of the pipe; again within 2 s it quits.
A COMMAND gets what is typed, Ctrl-C too, except PageUp and F1, which open the
viewer, and arrows, PageDown, Home, End if it reads lines. Its status is ours.
"""

_TAIL = "--tail N shows the last N records"
_CUT = "--wrap none cuts lines at the edge"
_AROUND = "-C N shows N records around each"
_REGEX = "-g EXPR takes regular expressions"
_COMPARES = "-g EXPR compares fields, as in status>=500"
_AT_ONCE = "lines are passed on as they arrive, without an option"
_LOCAL = "times are local without an option; --utc shows UTC"
_MERGED = "files are merged by time without an option"
_LABELS = "on a screen the lines of several files are labelled without an option"

_FOREIGN = {
    "-n": f"{_TAIL}; line numbers are in the viewer's status row",
    "--lines": _TAIL,
    "--line-numbers": "line numbers are in the viewer's status row",
    "--LINE-NUMBERS": "line numbers are in the viewer's status row",
    "--line-number": "line numbers are in the viewer's status row",
    "-N": "+N starts in line N",
    "-S": _CUT,
    "--chop-long-lines": _CUT,
    "--no-wrap": _CUT,
    "--wordwrap": "--wrap word is the default",
    "-p": "/ searches in the viewer, -g EXPR selects records",
    "--pattern": "/ searches in the viewer, -g EXPR selects records",
    "--search": "/ searches in the viewer, -g EXPR selects records",
    "--no-init": "-X leaves the last screen",
    "-A": _AROUND,
    "-B": _AROUND,
    "--after-context": _AROUND,
    "--before-context": _AROUND,
    "--ignore": "--exclude EXPR leaves records out",
    "-E": _REGEX,
    "-G": _REGEX,
    "-P": _REGEX,
    "--extended-regexp": _REGEX,
    "--perl-regexp": _REGEX,
    "--regexp": _REGEX,
    "--fixed-strings": r"-g EXPR takes regular expressions; \ before a sign means the sign",
    "--word-regexp": r"-g '\bWORD\b' matches whole words",
    "-x": "-g '^EXPR$' matches whole lines",
    "--line-regexp": "-g '^EXPR$' matches whole lines",
    "-c": "`-g EXPR | wc -l` counts lines",
    "--count": "`-g EXPR | wc -l` counts lines",
    "-m": "`-g EXPR | head -n N` ends after N lines",
    "--max-count": "`-g EXPR | head -n N` ends after N lines",
    "--head": "`| head -n N` ends after N lines",
    "--invert-match": "-v shows the records that do not match",
    "--line-buffered": _AT_ONCE,
    "--unbuffered": _AT_ONCE,
    "-u": _AT_ONCE,
    "-H": _LABELS,
    "--with-filename": _LABELS,
    "--recursive": "a directory is read with its files, without an option",
    "-a": "bytes that are no text are shown as marks, without an option",
    "--text": "bytes that are no text are shown as marks, without an option",
    "-r": "colours pass; --raw shows lines as they came",
    "--RAW-CONTROL-CHARS": "colours pass without an option",
    "--raw-control-chars": "colours pass without an option",
    "--retry": "-f waits for files by itself",
    "--pid": "-e COMMAND ends with the command",
    "-q": "no names of files are printed; -g EXPR selects records",
    "--quiet": "no names of files are printed",
    "--query": _COMPARES,
    "--filter": _COMPARES,
    "--local": _LOCAL,
    "-L": _LOCAL,
    "-Z": f"{_LOCAL}, the variable TZ another zone",
    "--time-zone": f"{_LOCAL}, the variable TZ another zone",
    "--sort": _MERGED,
    "-s": _MERGED,
    "--from": "--since TIME",
    "--after": "--since TIME",
    "--to": "--until TIME",
    "--before": "--until TIME",
    "--no-pager": "--inline shows it on the normal screen",
    "--paging": "--inline shows it on the normal screen",
    "--no-color": "--color never",
    "--no-colour": "--color never",
}
"""Flags of less, tail, grep and hl, with what does that here."""


def flags() -> list[str]:
    """Return all spellings of all options."""
    return [flag for option in OPTIONS for flag in option.flags]


def usage(width: int = USAGE_WIDTH) -> str:
    """Return the text of ``--help``, 80 columns wide; for a narrower terminal its help is below each option."""
    if width < USAGE_WIDTH:
        return _narrow_usage(max(width, 20))
    lines = [_USAGE]
    for title, options in SECTIONS.items():
        lines.append(f"{title}\n")
        for option in options:
            if not option.is_hidden:
                left = _synopsis(option)
                separator = " " * (29 - len(left)) if len(left) < 28 else f"\n{'':<29}"
                lines.append(f"{left}{separator}{option.help}\n")
    return "".join([*lines, _NOTES])


def _synopsis(option: Option) -> str:
    """Return an option's spellings and its value, indented."""
    short = option.flags[0] if len(option.flags[0]) == 2 else ""
    long = next((flag for flag in option.flags if flag.startswith("--")), "")
    left = f"  {short}{',' if short and long else '':<{1 if short else 3}} {long}".rstrip()
    return f"{left} {option.value}".rstrip()


def _narrow_usage(width: int) -> str:
    from textwrap import wrap  # start-up cost: only for a narrow terminal

    def fill(text: str, indent: int, hang: int) -> list[str]:
        return wrap(text, width, initial_indent=" " * indent, subsequent_indent=" " * hang, break_on_hyphens=False)

    synopses, *texts = _USAGE.strip().split("\n\n")
    rows = [
        "usage:",
        *(row for line in synopses.split("\n") for row in fill(line.removeprefix("usage:").strip(), 2, 6)),
    ]
    rows += ["", *(row for each in paragraphs("\n".join(texts)) for row in fill(each, 0, 2)), ""]
    for title, options in SECTIONS.items():
        rows.append(title)
        for option in options:
            if not option.is_hidden:
                rows += [*fill(_synopsis(option).strip(), 2, 6), *fill(option.help, 6, 6)]
    rows += ["", *(row for each in paragraphs(_NOTES) for row in fill(each, 0, 2))]
    return "\n".join(rows) + "\n"


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text of ``--help``: a line that begins in lower case goes on with the one before."""
    found: list[str] = []
    for line in text.strip().split("\n"):
        found[-1:] = [f"{found[-1]} {line}"] if found and line[:1].islower() else [*found[-1:], line]
    return found


def suggest(word: str, words: list[str] | tuple[str, ...]) -> str:
    """Return a clause with the nearest word; empty if none is near."""
    import difflib  # start-up cost: only for a mistake

    found = difflib.get_close_matches(word, words, 1, 0.6)
    return f"; did you mean {found[0]}?" if found else ""


def hint_for(flag: str) -> str:
    """Return a clause for an unknown flag: the equivalent of another program's flag, or the nearest flag."""
    flag = flag.split("=")[0]
    if not flag.startswith("--"):
        flag = flag[:2]  # -A3
    if flag in _FOREIGN:
        return f" ({_FOREIGN[flag]})"
    return suggest(flag, [each for each in flags() if each.startswith("--")]) if flag.startswith("--") else ""
