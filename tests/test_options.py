"""Options: what is typed becomes a value, or one clear line."""

from __future__ import annotations

import re

import pytest

from reflowlog.options import HELP, Options, UsageError, parse


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
    ],
)
def test_options(typed: str, expected: dict[str, object]) -> None:
    """Each option, in each of its forms, changes what it names and nothing else."""
    assert parse(typed.split(), {}) == Options()._replace(**expected)  # type: ignore[arg-type]


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
        "--wid 40",
        "-o",
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
    ],
)
def test_defaults_from_the_environment(variable: str, typed: str, expected: dict[str, object]) -> None:
    """What is typed counts more than what stands in REFLOWLOG."""
    assert parse(typed.split(), {"REFLOWLOG": variable}) == Options()._replace(**expected)  # type: ignore[arg-type]


@pytest.mark.parametrize("variable", ["--width 0", "--nonsense", "app.log", "'unclosed"])
def test_mistakes_in_the_environment(variable: str) -> None:
    """The message says where the mistake is: it is easily forgotten."""
    with pytest.raises(UsageError, match="REFLOWLOG"):
        parse([], {"REFLOWLOG": variable})


def test_help_names_every_option() -> None:
    """And fits into 80 columns."""
    from reflowlog.options import _make_parser

    options = {name for action in _make_parser()._actions for name in action.option_strings} - {"--colour"}
    assert options == {name for name in re.findall(r"(?<![\w-])--?[a-zA-Z]+", HELP)}  # noqa: C416
    assert max(map(len, HELP.splitlines())) <= 80
