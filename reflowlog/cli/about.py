"""Texts about the program: versions, the man page, completions, a configuration and the themes; from the option table.

Loaded only for the options that ask for one of them.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from reflowlog import __version__
from reflowlog.cli.option_table import OPTIONS, SECTIONS, paragraphs, usage
from reflowlog.config.fold_names import FOLDS
from reflowlog.pager.help import KEYS
from reflowlog.system import tty
from reflowlog.text.layout.column_names import STANDARD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.cli.option_table import Option
    from reflowlog.cli.options import CliOptions

__all__ = ["text_about"]

_LIBRARIES = ("blessed", "wcwidth", "tomli", "zstandard", "google-re2", "nats-py", "nkeys", "rich", "tqdm", "loguru")
_SAMPLE = b"""\
2026-01-31 12:30:00,123 DEBUG app.cache.pool: 3 of 8 connections in use after 12.5 ms
2026-01-31 12:30:01,456 INFO app.http.server: GET /api/orders?page=2&size=50 200 from 192.168.0.17 in 48 ms
2026-01-31 12:30:02,789 WARNING app.db: slow query on "orders", rows=1200 cached=false
2026-01-31 12:30:03,012 ERROR app.worker.mail: cannot deliver to user@example.org: connection refused
Traceback (most recent call last):
  File "/srv/app/mail.py", line 42, in send
ConnectionRefusedError: [Errno 111] Connection refused
2026-01-31 12:30:04,345 CRITICAL app: shutting down, see https://example.org/runbook
{"time": "2026-01-31T12:30:05Z", "level": "info", "logger": "app", "msg": "restarted", "pid": 4711, "took": "1.5s"}
192.168.0.17 - - [31/Jan/2026:12:30:06 +0000] "POST /login HTTP/1.1" 503 512
"""


def text_about(options: CliOptions) -> str:
    """Return the text that `options.show` asks for.

    Raises:
        ConfigError: a theme is wrong.
    """
    if options.show == "themes":
        return _themes(options)
    make: Callable[[], str] = {
        "help": usage,
        "version": _versions,
        "man": _man_page,
        "config": _configuration,
        "bash": _bash,
        "zsh": _zsh,
        "fish": _fish,
    }[options.show]
    return make()


def _versions() -> str:
    """Return the versions that a bug report needs: the program, Python, the system, the terminal, the libraries."""
    versions = []
    for name in _LIBRARIES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    terminal = " ".join(f"{name}={os.environ.get(name, '')}" for name in ("TERM", "TERM_PROGRAM", "COLORTERM"))
    lines = [
        f"reflowlog {__version__}",
        f"Python {platform.python_version()} ({sys.executable})",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        f"{terminal} LANG={os.environ.get('LANG', '')}",
        ", ".join(versions),
    ]
    return "\n".join(lines) + "\n"


def _themes(options: CliOptions) -> str:
    """Return each theme's name, and ten lines drawn with it."""
    from reflowlog.cli.rendering import make_renderer  # start-up cost: not for the other texts
    from reflowlog.config.themes import SHIPPED

    folder = os.path.join(os.path.dirname(_config_path()), "themes")
    own = sorted(name[:-5] for name in os.listdir(folder) if name.endswith(".toml")) if os.path.isdir(folder) else []
    width = options.width or tty.size_of(1, os.environ).columns
    parts = []
    for name in dict.fromkeys([*SHIPPED, *own]):
        rows = make_renderer(options._replace(theme=name), width).lines(_SAMPLE)
        parts.append(f"{name}\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _config_path() -> str:
    from reflowlog.system.paths import config_path

    return config_path(os.environ)


_CONFIG_KEYS = {
    "wrap": '"word"',
    "indent": '"auto"',
    "rewrap": '"screen"',
    "color": '"auto"',
    "mode": '"auto"',
    "width": "100",
    "history": "100000",
    "level": '"info"',
    "fold": '["tracebacks", "repeats"]',
    "gaps": '"1m"',
    "mouse": "true",
    "quit-if-one-screen": "true",
    "copy-command": '"xclip -selection clipboard"',
    "theme": '"dark"',
    "columns": '["time", "level", "logger", "message", "source"]',
    "hide": '["pid", "hostname"]',
    "utc": "true",
}
"""Keys of the configuration that are command-line options, each with its default or an example."""


def _configuration() -> str:
    """Return a config.toml in which everything is a comment, with the help of each option."""
    helps = {flag.removeprefix("--"): option for option in OPTIONS for flag in option.flags}
    lines = ["# Configuration of reflowlog: ~/.config/reflowlog/config.toml. Remove the # of a line to use it.", ""]
    for key, value in _CONFIG_KEYS.items():
        option = helps.get(key)
        text = "auto, full, inline or plain" if option is None else option.help
        lines += [f"# {key}: {text}", f"# {key} = {value}", ""]
    lines += [
        "# names of fields in JSON and logfmt logs, besides the usual ones",
        "# [fields]",
        '# level = ["sev"]',
        "",
        "# colours of text that matches",
        "# [[highlight]]",
        '# match = "ORDER-[0-9]+"',
        '# style = "bold cyan"',
        "",
        "# keys of the viewer",
        "# [keys]",
        '# quit = "x"',
        "",
    ]
    return "\n".join(lines)


# -- man page ----------------------------------------------------------------------------------------------------------


def _roff(text: str) -> str:
    """Escape text for a man page."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def _sentence(option: Option) -> str:
    """Return an option's help as a sentence; a value that it begins with is kept as it is typed."""
    is_value = re.split("[ ,]", option.help)[0] in _values_of(option)
    return f"{option.help if is_value else option.help[:1].upper() + option.help[1:]}."


_EXAMPLES = (
    ("make 2>&1 | reflowlog", "Print what make writes, laid out and coloured; any key of the viewer opens it."),
    ("reflowlog -f /var/log/app.log /srv/worker/app.log", "Follow two files in the viewer, merged by their times."),
    ("reflowlog -l warning -g 'timeout|refused' app.log > trouble.log", "Filter, with the lines unchanged."),
    ("reflowlog -g 'http.status>=500' -C 3 app.log", "Compare a field, with three records around each."),
)


def _man_page() -> str:
    """Return the man page, in roff."""
    head, _, notes = usage().partition("\n\n")[2].partition("\nwhat is read\n")
    synopsis = [
        r"\fICOMMAND\fR | \fBreflowlog\fR [\fIOPTION\fR]...",
        r"\fBreflowlog\fR [\fIOPTION\fR]... \fIFILE\fR...",
        r"\fBreflowlog\fR [\fIOPTION\fR]... \fB\-e\fR \fICOMMAND\fR [\fIARG\fR]...",
    ]
    lines = [
        f'.TH REFLOWLOG 1 "" "reflowlog {__version__}" "User Commands"',
        ".SH NAME",
        r"reflowlog \- show a log laid out for the terminal's width, and again when the width changes",
        ".SH SYNOPSIS",
        "\n.br\n".join(synopsis),
        ".SH DESCRIPTION",
        "\n.PP\n".join(map(_roff, paragraphs(head))),
        ".SH OPTIONS",
    ]
    for title, options in SECTIONS.items():
        lines.append(f".SS {title.capitalize()}")
        for option in options:
            names = ", ".join(rf"\fB{_roff(flag)}\fR" for flag in option.flags)
            value = rf" \fI{_roff(option.value)}\fR" if option.value else ""
            lines += [".TP", names + value, _roff(_sentence(option))]
    lines.append(".SH KEYS OF THE VIEWER")
    for _, keys in KEYS:
        for key, meaning in keys:
            lines += [".TP", rf"\fB{_roff(' '.join(key.split()))}\fR", _roff(f"{meaning}.")]
    environment, *of_keys = paragraphs(notes.rpartition("\n\n")[2])
    lines += [
        ".SH NOTES",
        "\n.PP\n".join(map(_roff, of_keys)),
        ".SH EXAMPLES",
        *(line for command, meaning in _EXAMPLES for line in (".TP", rf"\fB{_roff(command)}\fR", _roff(meaning))),
        ".SH ENVIRONMENT",
        _roff(environment),
        ".SH EXIT STATUS",
        "0; 1 if something could not be read or written; 2 for wrong usage; 130 after a second Ctrl\\-C;",
        "128 + N after signal N; with \\fB\\-e\\fR the status of the command.",
        ".SH FILES",
        r"\fI~/.config/reflowlog/config.toml\fR: see \fBreflowlog \-\-generate\-config\fR.",
    ]
    return "\n".join(lines) + "\n"


# -- completions -------------------------------------------------------------------------------------------------------


def _values_of(option: Option) -> tuple[str, ...]:
    """Return the words that complete the value of an option."""
    if option.dest == "theme":
        from reflowlog.config.themes import SHIPPED

        return ("auto", *SHIPPED)
    if option.kind == "level":
        return ("debug", "info", "warning", "error", "critical")
    if option.dest == "fold":
        return FOLDS
    if option.dest in ("columns", "hide"):
        return tuple(name for name in STANDARD_COLUMNS if option.dest == "columns" or name != "message")
    return option.choices


def _bash() -> str:
    """Return completions for bash."""
    lines = [
        "_reflowlog() {",
        "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}",
        "    COMPREPLY=()",
        "    case $previous in",
    ]
    for option in OPTIONS:
        pattern = "|".join(option.flags)
        if words := _values_of(option):
            lines.append(f'        {pattern}) COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$word")); return ;;')
        elif option.kind == "command":
            lines.append(f'        {pattern}) COMPREPLY=($(compgen -c -- "$word")); return ;;')
        elif option.value and not option.is_file:
            lines.append(f"        {pattern}) return ;;")
    names = " ".join(flag for option in OPTIONS for flag in option.flags)
    lines += [
        "    esac",
        "    case $word in",
        f'        -*) COMPREPLY=($(compgen -W "{names}" -- "$word")) ;;',
        "        *)",
        "            local IFS=$'\\n'",  # names may have blanks; bash 3.2, as on macOS, has no mapfile
        "            compopt -o filenames 2>/dev/null",
        '            COMPREPLY=($(compgen -f -- "$word")) ;;',
        "    esac",
        "}",
        "complete -F _reflowlog reflowlog",
    ]
    return "\n".join(lines) + "\n"


def _zsh() -> str:
    """Return completions for zsh."""
    lines = ["#compdef reflowlog", "", "_arguments -s -S \\"]
    for option in OPTIONS:
        text = option.help.replace("'", "").replace("[", "(").replace("]", ")").replace(":", "\\:")
        if option.kind == "command":
            action = ":*::command:_normal"  # the words after it are completed as those of the command
        elif words := _values_of(option):
            action = f":{option.dest}:({' '.join(words)})"
        elif option.is_file:
            action = ":file:_files"
        else:
            action = f":{option.dest}: " if option.value else ""
        repeats = "*" if option.kind == "expression" else "(" + " ".join(option.flags) + ")"
        lines += [f"    '{repeats}{flag}[{text}]{action}' \\" for flag in option.flags]
    return "\n".join([*lines, "    '*:file:_files'"]) + "\n"


def _fish() -> str:
    """Return completions for fish."""
    lines = []
    for option in OPTIONS:
        text = option.help.replace("\\", "\\\\").replace("'", "\\'")
        parts = ["complete -c reflowlog"]
        parts += [f"-s {flag[1:]}" if len(flag) == 2 else f"-l {flag[2:]}" for flag in option.flags]
        if words := _values_of(option):
            parts.append(f"-x -a '{' '.join(words)}'")
        elif option.kind == "command":
            parts.append("-x -a '(__fish_complete_command)'")
        elif option.value:
            parts.append("-r" if option.is_file else "-x")
        lines.append(" ".join([*parts, f"-d '{text}'"]))
    return "\n".join(lines) + "\n"
