"""Options of the command line, REFLOWLOG and the configuration, as one value. Opens nothing.

A mistake is a `UsageError`: one clear line, and exit status 2.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.layout.column_names import STANDARD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reflowlog.config.file import Config
    from reflowlog.config.themes import Rule
    from reflowlog.core.frames import Size

__all__ = ["CliOptions", "UsageError", "parse"]


class UsageError(Exception):
    """Invalid command line; the text names the option and the reason, in one line."""


class CliOptions(NamedTuple):
    """The options; see `cli/option_table.py` for the meaning of each.

    Attributes:
        grep: expressions for `text.search.query.compile_query`, all of which a record must match; `invert` is set only
            with a single one.
        exclude: expressions of which a record must match none; `context` is set only with one of these or of `grep`.
        ignore_case: case does not count in expressions.
        publish: the URL of a stream.
        level: a name for `text.parse.levels.parse_level`.
        explain: write how each line was understood, in place of the log.
        since, until: inclusive bounds of the times that are shown of each source, in seconds since the epoch.
        written_since, written_until: the same for times that are shown as they were written; they differ with `utc`.
        tail: number of records that are shown at the end of that range.
        start: where the viewer starts: a line number from 1, the end, the end while following, or ``""``: the default.
        columns: names of the columns to show of records with fields: out of `STANDARD_COLUMNS`, or of fields.
        hide: names of columns and fields that are not shown.
        typed_names: the names in `columns` and `hide` that were typed on the command line.
        fold: names out of `config/fold_names.py: FOLDS` of what is folded on a screen.
        gaps: seconds without a record from which on a rule is drawn; None: no rules.
        theme: its name; empty for the default.
        copy_command: program and arguments that take what is copied on standard input; empty for the terminal itself.
        command: the command to run in place of reading files, with its arguments; empty for none.
        stderr: whether the command's standard error is kept separate.
        show: "log", or the text to write instead: "help", "version", "man", "themes", "config" or a shell's name.
        keeps_screen: whether the viewer leaves its last screen on the main screen; also started as a pager then.
        is_pager: whether it was started as a pager, so that a pipe opens the viewer at its start.
        names, rules, keys: `Config.fields`, `Config.rules` and `Config.keys` of the user's configuration.
    """

    files: tuple[str, ...] = ()
    mode: Literal["auto", "full", "inline", "plain"] = "auto"
    width: int | None = None
    wrap: Literal["word", "char", "none", "terminal"] = "word"
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
    explain: bool = False
    since: float | None = None
    until: float | None = None
    written_since: float | None = None
    written_until: float | None = None
    tail: int | None = None
    mouse: bool = False
    copy_command: tuple[str, ...] = ()
    start: int | Literal["", "end", "follow"] = ""
    quit_if_one_screen: bool = False
    columns: tuple[str, ...] = STANDARD_COLUMNS
    hide: tuple[str, ...] = ()
    typed_names: tuple[str, ...] = ()
    gaps: float | None = None
    fold: tuple[str, ...] = ()
    utc: bool = False
    raw: bool = False
    theme: str = ""
    names: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    rules: tuple[Rule, ...] = ()
    keys: Mapping[str, str] = MappingProxyType({})
    command: tuple[str, ...] = ()
    stderr: bool = False
    show: str = "log"
    is_pager: bool = False
    keeps_screen: bool = False

    @property
    def partial(self) -> bool:
        """Return whether only a part of each source is to be read."""
        return not (self.since is self.until is self.tail is None)

    @property
    def has_filter(self) -> bool:
        """Return whether records are left out."""
        return bool(self.grep or self.exclude) or self.level is not None

    def size_to_lay_out(self, terminal: Size) -> Size:
        """Return the size for which the output is laid out on a terminal of some size."""
        return terminal if self.width is None else terminal._replace(columns=self.width)


def parse(arguments: Sequence[str], environ: Mapping[str, str], config: Config | None = None) -> CliOptions:
    """Parse a command line, with defaults from REFLOWLOG, then from a configuration.

    Raises:
        UsageError: an option is wrong.

    >>> parse(["--width", "40", "app.log"], {"REFLOWLOG": "--wrap char"})[:4]
    (('app.log',), 'auto', 40, 'char')
    """
    are_names = all(argument and argument[0] not in "-+" for argument in arguments)
    if are_names and config is None and not environ.get("REFLOWLOG"):
        return CliOptions(files=tuple(arguments))
    from reflowlog.cli.option_parser import parse_all  # start-up cost: a pipe and a file have no options

    return parse_all(arguments, environ, config)
