"""Configuration file: valid content, and messages for mistakes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support import PROJECT, shipped_themes
from support.terminals import PYTHON, environment

from reflowlog.cli import options
from reflowlog.config.file import Config, parse, read
from reflowlog.config.themes import SHIPPED, Rule, load_theme
from reflowlog.config.toml_lines import ConfigError
from reflowlog.core.records import PLAIN
from reflowlog.pager import update
from reflowlog.pager.bindings import ACTIONS
from reflowlog.system.paths import config_folder

if TYPE_CHECKING:
    from pathlib import Path

if sys.version_info >= (3, 11):
    pass
else:
    pass

TRUE = 16777216

EVERYTHING = r"""
theme = "light"
columns = ["time", "user.id", "message"]
hide = ["pid", "v"]
utc = true
wrap = "char"
indent = 4
rewrap = "all"
color = "always"
mode = "full"
width = 100
history = 5000
level = "info"
mouse = true
quit-if-one-screen = false

[fields]
message = ["note", "text"]
level = ["sev"]

[[highlight]]
match = 'order \d+'
style = "bold magenta"

[[highlight]]
match = "x"
style = "#ff8800"

[keys]
back = ["x", "Ctrl-Q"]
page-down = "Space"
"""


def test_everything() -> None:
    """A file with every possible setting has the expected values."""
    found = parse(EVERYTHING)
    assert found.theme == "light"
    assert found.columns == ("time", "user.id", "message")
    assert found.hide == ("pid", "v")
    assert found.utc is True
    assert dict(found.fields) == {"message": ("note", "text"), "level": ("sev",)}
    assert found.rules == (Rule(r"order \d+", "bold magenta"), Rule("x", "#ff8800"))
    assert dict(found.keys) == {
        "q": "",
        "x": "q",
        "Ctrl-Q": "q",
        "f": "",
        "PageDown": "",
        "Ctrl-F": "",
        "Ctrl-V": "",
        " ": " ",
    }
    assert " ".join(found.options) == (
        "--wrap char --indent 4 --rewrap all --color always --full --width 100 --history 5000 --level info --mouse"
    )


def test_options_are_those_of_the_command_line() -> None:
    """Every option can also be typed, with the same meaning."""
    typed = options.parse(parse(EVERYTHING).options, {})
    assert typed[1:6] == ("full", 100, "char", 4, "all")
    assert (typed.color, typed.history, typed.level, typed.mouse) == ("always", 5000, "info", True)


def test_nothing_is_the_default() -> None:
    """An empty file changes nothing."""
    assert parse("") == parse("# a comment\n") == Config()


MISTAKES = {
    'thene = "x"': "1: 'thene' is not a setting, did you mean 'theme'?",
    "\n\nqqqq = 1": "3: 'qqqq' is not a setting",
    "theme = 1": '1: theme must be the name of a theme, such as "dark"',
    "utc = 1": "1: utc must be true or false",
    "hide = [1]": '1: hide must be a list of names, such as ["x"]',
    'columns = "time"': '1: columns must be a list of names, such as ["time"]',
    'columns = ["mesage"]': "1: 'mesage' is not one of time, level, logger, message, source, did you mean 'message'?",
    "columns = []": "1: columns must be some of time, level, logger, message, source",
    'wrap = "words"': '1: wrap must be one of "word", "char", "none", "terminal"',
    "wrap = [1]": '1: wrap must be one of "word", "char", "none", "terminal"',
    "mouse = 'yes'": "1: mouse must be true or false",
    "indent = -1": '1: indent must be "auto" or a whole number',
    "history = 0": "1: history must be a whole number of at least 1",
    "width = true": "1: width must be a whole number of at least 1",
    "level = 'loud'": '1: level must be a level, such as "info", "warning" or "error"',
    "[fields]\nmesage = ['x']": "2: 'mesage' is not a field of a record, did you mean 'message'?",
    "[fields]\n# why\nmessage = 'x'": '3: fields.message must be a list of names, such as ["x"]',
    "fields.mesage = ['x']": "1: 'mesage' is not a field of a record, did you mean 'message'?",
    "utc = true\nfields = { mesage = ['x'] }": "2: 'mesage' is not a field of a record, did you mean 'message'?",
    "fields = 1": "1: fields must be a table: [fields]",
    "[highlight]\nmatch = 'x'": "1: highlight must be tables, each under its own [[highlight]]",
    "[[highlight]]\nmatch = 'x'\nstyle = 'red'\n\n[[highlight]]\nmatch = '('\nstyle = 'red'": (
        "6: '(' is not a regular expression: missing ), unterminated subpattern at position 0"
    ),
    "[[highlight]]\nmatch = 'x'\n[[highlight]]\nmatch = 'y'\nstyle = 'rde'": (
        '1: a rule must have a style in quotes, such as style = "bold magenta"'
    ),
    "[[highlight]]\nmatch = 'x'\nstyle = 'rde'": "3: 'rde' is not a colour or attribute, did you mean 'red'?",
    "[[highlight]]\nmach = 'x'": "2: a rule has no 'mach', only match and style, did you mean 'match'?",
    "[keys]\nquti = ['x']": "2: 'quti' is not an action of the viewer, did you mean 'quit'?",
    "[keys]\nquit = ['Crtl-X']": "2: 'Crtl-X' is not a key, did you mean 'Ctrl-X'?",
    "[keys]\nquit = ['xy']": "2: 'xy' is not a key, such as x, F5 or Ctrl-X",
    "[keys]\nquit = ['Ctrl-C']": "2: Ctrl-C interrupts and cannot be anything else",
    "[keys]\nquit = ['x']\nback = ['x']": "3: 'x' is given to two actions",
    "[keys]\n\"quti\" = ['x']": "2: 'quti' is not an action of the viewer, did you mean 'quit'?",
    "utc = true\nutc = false": "2: cannot overwrite a value",
    "utc = yes": "1: invalid value",
    "utc = true\n\nx": "3: expected '=' after a key in a key/value pair",
}


@pytest.mark.parametrize("text", MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_one_clear_line(text: str) -> None:
    """The message has the file, the line, the mistake and the remedy."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "/etc/config.toml")
    assert str(caught.value) == f"/etc/config.toml:{MISTAKES[text]}"


def test_actions_are_those_of_the_viewer() -> None:
    """Each key of the viewer belongs to one action, and each action has a function or is an effect."""
    assert set(update._ACTIONS) == set(ACTIONS) - {"back", "quit", "redraw", "copy", "edit"}  # these are effects
    keys = [key for names in ACTIONS.values() for key in names]
    assert len(keys) == len(set(keys))


def test_keys_mean_other_keys() -> None:
    """A key that is taken from its action means nothing; one that is given away from another means the new one."""
    found = parse('[keys]\nnext = ["j"]\n').keys
    assert dict(found) == {"n": "", "j": "n"}


def test_the_folder_is_where_xdg_has_it() -> None:
    """A relative XDG_CONFIG_HOME counts as none; without a home there is no folder."""
    home, profile = (os.path.join(each, ".config", "reflowlog") for each in ("/h", "/u"))
    assert config_folder({"XDG_CONFIG_HOME": "x", "HOME": "/h"}) == home
    assert config_folder({"XDG_CONFIG_HOME": "", "HOME": "/h"}) == home
    assert config_folder({"HOME": "/h", "USERPROFILE": "/u"}) == home
    assert config_folder({"USERPROFILE": "/u"}) == profile  # Windows has no HOME
    assert read({}) == Config()


def test_the_file_is_read(tmp_path: Path) -> None:
    """A missing file is the default; an unreadable or invalid one is an error that names it."""
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert read(environ) == Config()
    home = tmp_path / "reflowlog"
    home.mkdir()
    assert read(environ) == Config()
    path = home / "config.toml"
    path.write_text('theme = "mono"\n', encoding="utf-8")
    assert read(environ).theme == "mono"
    path.write_bytes(b'\xef\xbb\xbftheme = "light"\n')
    assert read(environ).theme == "light"
    path.write_bytes(b'utc = true\ntheme = "\xff"\n')
    with pytest.raises(ConfigError, match=r"config\.toml:2: this is not UTF-8"):
        read(environ)
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match=r"config\.toml: (Is a directory|Permission denied)"):
        read(environ)


# -- themes -----------------------------------------------------------------------------------------------------------


def test_the_values_are_made_of_the_theme_files() -> None:
    """After a change of a theme `python tests/support/shipped_themes.py --write` makes them anew."""
    assert shipped_themes.MODULE.read_text("utf-8") == shipped_themes.source()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_name_in_a_shipped_theme_has_a_style(name: str) -> None:
    """At every depth of colour."""
    for depth in (0, 16, 256, TRUE):
        theme = load_theme(name, {}, depth)
        assert theme.name == name
        assert theme.level(40) is not PLAIN


def test_mono_has_no_colours() -> None:
    """It has attributes alone, at every colour depth."""
    styles = load_theme("mono", {}, TRUE).styles.values()
    assert all(set(style.sgr.split(";")) <= {"", "1", "2", "4", "7"} for style in styles)


def test_a_theme_of_the_users(tmp_path: Path) -> None:
    """It stands beside the configuration, starts from a shipped one, and goes before a shipped one of its name."""
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    folder = tmp_path / "reflowlog" / "themes"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text('base = "mono"\nnumber = "#ff8800"\n[level]\nerror = "red"\n', encoding="utf-8")
    theme = load_theme("mine", environ, 256, (Rule("x", "bold"),))
    assert theme.styles["number"].sgr == "38;5;208"
    assert theme.level(40).sgr == "31"
    assert theme.styles["path"].sgr == "4"
    assert [(pattern.pattern, style.sgr) for pattern, style in theme.rules] == [("x", "1")]
    (folder / "dark.toml").write_text('number = "red"\n', encoding="utf-8")
    assert load_theme("", environ, 16).styles["number"].sgr == "31"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('base = "drak"', "1: there is no theme 'drak' to start from: dark, light, mono, did you mean 'dark'?"),
        ('\n[level]\neror = "red"', "3: 'level.eror' is not a name in a theme, did you mean 'level.error'?"),
        ('# x\nlevel.error = "rde"', "2: 'rde' is not a colour or attribute, did you mean 'red'?"),
        ("number = 7", '1: number must be a style in words, such as "bold red"'),
    ],
)
def test_mistakes_in_a_theme_are_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    """As in the configuration."""
    path = tmp_path / "reflowlog" / "themes" / "mine.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_theme("mine", {"XDG_CONFIG_HOME": str(tmp_path)}, 256)
    assert str(caught.value) == f"{path}:{message}"


@pytest.mark.parametrize("name", ["drak", "../dark", "a/b"])
def test_a_theme_that_is_not_there(tmp_path: Path, name: str) -> None:
    """The message lists the available themes; a name is not a path."""
    with pytest.raises(ConfigError, match=r"there is no theme .* dark, light, mono"):
        load_theme(name, {"XDG_CONFIG_HOME": str(tmp_path)}, 256)


def test_without_a_file_no_parser_is_imported() -> None:
    """Neither TOML nor difflib is imported for a shipped theme."""
    program = (
        "import sys; from reflowlog.config.file import read; from reflowlog.config.themes import load_theme;"
        "env = {'HOME': '/nonexistent'}; read(env); load_theme('light', env, 256); print(*sys.modules)"
    )
    done = subprocess.run(
        [PYTHON, "-c", program], capture_output=True, text=True, env=environment(), timeout=60, check=True
    )
    assert not set(done.stdout.split()) & {"tomllib", "tomli", "difflib", "argparse"}


def test_the_documented_configuration_is_valid() -> None:
    """The example of the documentation can be used as it is."""
    import re

    readme = PROJECT / ".github/docs/configuration.md"
    blocks = re.findall(r"```toml\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    assert [bool(parse(block).rules) for block in blocks] == [True]
