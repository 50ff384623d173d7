"""Options: arguments become values, or an error of one line."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.zones import set_zone

from reflowlog.cli.option_table import usage
from reflowlog.cli.options import CliOptions, UsageError, parse
from reflowlog.config.file import Config


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", {}),
        ("--inline", {"mode": "inline"}),
        ("--plain", {"mode": "plain"}),
        ("-- --plain", {"files": ("--plain",)}),
        ("--plain --inline", {"mode": "inline"}),
        ("-w 40", {"width": 40}),
        ("-w40", {"width": 40}),
        ("--width=1", {"width": 1}),
        ("--wrap char", {"wrap": "char"}),
        ("--wrap none", {"wrap": "none"}),
        ("--wrap terminal", {"wrap": "terminal"}),
        ("--indent auto", {"indent": "auto"}),
        ("--indent 0", {"indent": 0}),
        ("--indent 4", {"indent": 4}),
        ("--rewrap all", {"rewrap": "all"}),
        ("--color never", {"color": "never"}),
        ("--colour always", {"color": "always"}),
        ("--history 100", {"history": 100}),
        ("-o out.log", {"output": "out.log"}),
        ("--output out.log", {"output": "out.log"}),
        ("-h", {"show": "help"}),
        ("--help", {"show": "help"}),
        ("-V", {"show": "version"}),
        ("a.log b.log", {"files": ("a.log", "b.log")}),
        ("-", {"files": ("-",)}),
        ("a.log --width 40", {"files": ("a.log",), "width": 40}),
        ("--full", {"mode": "full"}),
        ("--full --plain", {"mode": "plain"}),
        ("-f a.log", {"follow": True, "files": ("a.log",)}),
        ("--follow", {"follow": True}),
        ("-g a|b", {"grep": ("a|b",)}),
        ("--grep=-5", {"grep": ("-5",)}),
        ("-g a --invert", {"grep": ("a",), "invert": True}),
        ("-fvga", {"follow": True, "grep": ("a",), "invert": True}),
        ("-g a -C3", {"grep": ("a",), "context": 3}),
        ("--grep a --context 0", {"grep": ("a",)}),
        ("-l warning", {"level": "warning"}),
        ("-l warning -C3", {"level": "warning", "context": 3}),
        ("--level ERROR", {"level": "ERROR"}),
        ("--mouse", {"mouse": True}),
        ("+G a.log", {"start": "end", "files": ("a.log",)}),
        ("a.log +F", {"start": "follow", "files": ("a.log",)}),
        ("+7", {"start": 7}),
        ("+0", {"start": 1}),
        ("+7 +G", {"start": "end"}),
        ("./+G", {"files": ("./+G",)}),
        ("-- +G", {"files": ("+G",)}),
        ("-R", {"is_pager": True}),
        ("-X", {"keeps_screen": True}),
        ("-F", {"quit_if_one_screen": True}),
        ("--quit-if-one-screen", {"quit_if_one_screen": True}),
        ("-FRX a.log", {"quit_if_one_screen": True, "is_pager": True, "keeps_screen": True, "files": ("a.log",)}),
    ],
)
def test_options(typed: str, expected: dict[str, object]) -> None:
    """Each option, in each of its forms, changes its own value and no other."""
    assert parse(typed.split(), {}) == CliOptions()._replace(**expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "typed",
    [
        "--width 0",
        "--width abc",
        "--width -5",
        "--width ٣",
        "--width 4.5",
        "--width",
        "--history 0",
        "--indent -1",
        "--indent deep",
        "--wrap words",
        "--rewrap some",
        "--color maybe",
        "--nonsense",
        "-e",
        "-e --",
        "--exec",
        "--stderr",
        "--wid 40",
        "-o",
        "--invert",
        "--context 2",
        "--context -1 -g a",
        "--grep (",
        "--grep a**",
        "--level loud",
        "+x",
        "+",
        "+-1",
        "--width " + "9" * 5000,
    ],
)
def test_mistakes(typed: str) -> None:
    """A mistake is one line that names the option, whatever was typed."""
    with pytest.raises(UsageError) as caught:
        parse(typed.split(), {})
    message = str(caught.value)
    assert message
    assert "\n" not in message
    assert typed.split()[0] in message


@pytest.mark.parametrize(
    ("variable", "typed", "expected"),
    [
        ("--width 40", "", {"width": 40}),
        ("--width 40 --plain", "--width 50", {"width": 50, "mode": "plain"}),
        ("--plain", "--inline a.log", {"mode": "inline", "files": ("a.log",)}),
        ("-o 'my file.log'", "", {"output": "my file.log"}),
        ("", "--plain", {"mode": "plain"}),
        (
            "-FRX --mouse",
            "-f",
            {"quit_if_one_screen": True, "is_pager": True, "keeps_screen": True, "mouse": True, "follow": True},
        ),
        ("-g a -v", "-g b", {"grep": ("b",), "invert": True}),
        ("+G", "a.log", {"start": "end", "files": ("a.log",)}),
        ("+G", "+3", {"start": 3}),
    ],
)
def test_defaults_from_the_environment(variable: str, typed: str, expected: dict[str, object]) -> None:
    """The command line has precedence over REFLOWLOG."""
    assert parse(typed.split(), {"REFLOWLOG": variable}) == CliOptions()._replace(**expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("-e ls -l -- --width 5", {"command": ("ls", "-l", "--", "--width", "5")}),
        ("--exec ls", {"command": ("ls",)}),
        ("--exec=ls -l", {"command": ("ls", "-l")}),
        ("-e -- ls -- -l", {"command": ("ls", "--", "-l")}),
        ("-w 40 --stderr -e ls", {"command": ("ls",), "width": 40, "stderr": True}),
        ("-fe ls", {"command": ("ls",), "follow": True}),
        ("-g x -ve -e", {"command": ("-e",), "grep": ("x",), "invert": True}),
        ("-- -e ls", {"files": ("-e", "ls")}),
    ],
)
def test_a_command_has_all_behind_it(typed: str, expected: dict[str, object]) -> None:
    """Options before it are ours, arguments after it belong to it, whatever they look like."""
    assert parse(typed.split(), {}) == CliOptions()._replace(**expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(("typed", "variable"), [("app.log -e ls", ""), ("- -e ls", ""), ("", "-e ls")])
def test_a_command_is_read_alone(typed: str, variable: str) -> None:
    """It goes with no files, and has no place among the default options."""
    with pytest.raises(UsageError):
        parse(typed.split(), {"REFLOWLOG": variable})


@pytest.mark.parametrize("variable", ["--width 0", "--nonsense", "app.log", "'unclosed"])
def test_mistakes_in_the_environment(variable: str) -> None:
    """The message says where the mistake is: it is easily forgotten."""
    with pytest.raises(UsageError, match="REFLOWLOG"):
        parse([], {"REFLOWLOG": variable})


def test_no_arguments_are_the_defaults() -> None:
    """Which are returned without a parser, as most pipes have no option."""
    from reflowlog.cli.option_parser import parse_all

    assert parse([], {}) == parse_all([], {}, None) == CliOptions()


@given(st.lists(st.text("a1 -+=:*/\udcff\u00e9", max_size=4), max_size=3))
def test_names_of_files_are_read_as_the_parser_reads_them(names: list[str]) -> None:
    """They are taken without a parser unless one may be an option, and then they mean the same."""
    from reflowlog.cli.option_parser import parse_all

    results = []
    for read in (lambda: parse(names, {}), lambda: parse_all(names, {}, None)):
        try:
            results.append(read())
        except UsageError as error:
            results.append(str(error))
    assert results[0] == results[1]


def test_help_names_every_option() -> None:
    """And fits into 80 columns."""
    from reflowlog.cli.option_parser import _make_parser

    options = {name for action in _make_parser()._actions for name in action.option_strings} - {"--colour"}
    assert options == {name for name in re.findall(r"(?<![\w-])--?[a-zA-Z][a-zA-Z-]*", usage())}  # noqa: C416
    assert max(map(len, usage().splitlines())) <= 80


def test_columns_are_named() -> None:
    """With blanks; any field is a column; a misspelt column is an error."""
    options = parse(["--columns", "level, message", "--utc"], {})
    assert (options.columns, options.utc) == (("level", "message"), True)
    assert set(parse([], {}).columns) == {"time", "level", "logger", "message", "source"}
    assert parse(["--columns", "time,size,message"], {}).columns == ("time", "size", "message")
    with pytest.raises(UsageError, match="'mesage' is not a column; did you mean message"):
        parse(["--columns", "time,mesage"], {})
    with pytest.raises(UsageError, match="'time,,size' is not a list of names"):
        parse(["--columns", "time,,size"], {})


def test_hidden_fields_add_up() -> None:
    """Those of several options; the command line replaces the variable, the variable the configuration."""
    config = Config(hide=("v",))
    assert parse([], {}, config).hide == ("v",)
    assert parse([], {"REFLOWLOG": "--hide pid"}, config).hide == ("pid",)
    assert parse(["--hide", "a, b", "--hide=c"], {"REFLOWLOG": "--hide pid"}, config).hide == ("a", "b", "c")
    with pytest.raises(UsageError, match="the message is always shown"):
        parse(["--hide", "time,message"], {})


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("--widht 3", "--width"),
        ("--colums x", "--columns"),
        ("--wrap wrod", "did you mean word?"),
        ("--color allways", "did you mean always?"),
        ("--columns levl", "did you mean level?"),
        ("-n 10", "--tail N"),
        ("-S", "--wrap none"),
        ("-A3", "-C N"),
        ("--after-context=3", "-C N"),
        ("--filter x", "-g EXPR"),
        ("-m 3", "head -n N"),
        ("--count", "wc -l"),
        ("--from 10m", "--since TIME"),
        ("-l erorr", "did you mean error?"),
        ("-g level>=wraning", "did you mean warning?"),
        ("-help", "did you mean --help?"),
        ("-version", "did you mean --version?"),
        ("-follow a.log", "did you mean --follow?"),
        ("-20 a.log", "--tail 20 shows the last 20 records"),
        ("--tail -5", "did you mean 5?"),
        ("--tail=+5", "did you mean 5?"),
        ("-C 2", "--context needs --grep, --exclude or --level"),
    ],
)
def test_a_mistake_gets_a_suggestion(typed: str, hint: str) -> None:
    """The nearest option or value, or what does here what another program's flag does."""
    with pytest.raises(UsageError) as caught:
        parse(typed.split(), {})
    assert hint in str(caught.value)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_asked_for_by_the_name_of_a_shell(shell: str) -> None:
    """Which is what is shown in place of a log."""
    assert parse(["--completions", shell], {}).show == shell


def test_a_time_with_a_sign_is_no_option() -> None:
    """As it is typed for journalctl, and at the colon of the viewer."""
    before = time.time()
    since = parse(["--since", "-10m", "--until=-1m", "a.log"], {}).since
    assert since is not None
    assert before - 601 < since < time.time() - 599
    with pytest.raises(UsageError, match="did you mean 5"):
        parse(["--tail", "-5"], {})


@pytest.mark.parametrize("utc", [True, False])
def test_a_typed_time_is_in_the_zone_that_is_shown(monkeypatch: pytest.MonkeyPatch, utc: bool) -> None:
    """With --utc a bound is UTC for times that are shown in it, and local for those that are shown as they came."""
    set_zone(monkeypatch, "Europe/Berlin")
    options = parse(["--since", "2024-05-01 12:00", *["--utc"] * utc], {})
    local = 1_714_557_600.0
    assert (options.since, options.written_since) == (local + 7200 * utc, local)
