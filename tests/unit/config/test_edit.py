"""Columns written into the configuration: nothing else in it changes, and what is written is right."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.config.edit import with_lists, write_columns
from reflowlog.config.file import parse
from reflowlog.config.toml_lines import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

LISTS = {"columns": ["time", 'a "b"', "é"], "hide": ["pid"]}
WRITTEN = 'columns = ["time", "a \\"b\\"", "é"]\nhide = ["pid"]\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", WRITTEN),
        ("utc = true\n", "utc = true\n" + WRITTEN),
        ("utc = true", "utc = true\n" + WRITTEN),
        ("# mine\n\n[keys]\nquit = 'x'\n", "# mine\n" + WRITTEN + "\n[keys]\nquit = 'x'\n"),
        ("columns = ['time']\n# c\nhide = []\nutc = true\n", WRITTEN.replace("hide", "# c\nhide") + "utc = true\n"),
        (
            "columns = [\n  'time', # ]\n  'level',\n]\nutc = true\n",
            WRITTEN.split("\n")[0] + '\nutc = true\nhide = ["pid"]\n',
        ),
        ("[fields]\nmessage = ['columns = 3']\n", WRITTEN + "\n[fields]\nmessage = ['columns = 3']\n"),
    ],
)
def test_lists_in_a_configuration(before: str, after: str) -> None:
    """In the place of the old lines, else before all tables."""
    assert with_lists(before, LISTS) == after


def test_an_empty_list_goes() -> None:
    """Nothing is hidden: the line is removed."""
    assert with_lists("hide = ['a']\nutc = true\n", {"hide": []}) == "utc = true\n"


parts = st.lists(
    st.sampled_from(
        [
            "utc = true\n",
            "# columns = 3\n",
            "\n",
            "theme = 'dark'  # x\n",
            "columns = ['time']\n",
            "hide = ['a',\n 'b']\n",
        ]
    ),
    unique=True,
)
tables = st.lists(st.sampled_from(["[fields]\nmessage = ['x']\n", "[keys]\nquit = ['x']\n"]), unique=True)


@given(parts, tables, st.lists(st.text(min_size=1, max_size=5).filter(lambda name: name.isprintable()), max_size=3))
def test_all_else_stays(head: list[str], end: list[str], names: list[str]) -> None:
    """The configuration reads as before, but for the lists; every other line is there, in order."""
    before = "".join([*head, *end])
    hidden = [name for name in names if name != "message"]
    after = with_lists(before, {"columns": ["message"], "hide": hidden})
    assert parse(after) == parse(before)._replace(columns=("message",), hide=tuple(hidden))
    kept = [line for line in before.split("\n") if line and not line.startswith(("columns", "hide", " 'b'"))]
    assert [line for line in after.split("\n") if line and not line.startswith(("columns", "hide"))] == kept


def test_the_file_is_written(tmp_path: Path) -> None:
    """Also where there is none yet; a wrong one is left alone, and so is its mode."""
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "new"), "HOME": str(tmp_path)}
    path = write_columns(environ, ["time", "message"], ["pid"])
    with open(path) as file:
        assert file.read() == 'columns = ["time", "message"]\nhide = ["pid"]\n'
    config = tmp_path / "new" / "reflowlog" / "config.toml"
    config.write_text("utc = maybe\n")
    config.chmod(0o640)
    with pytest.raises(ConfigError, match=r"config\.toml:1"):
        write_columns(environ, ["time"], [])
    assert config.read_text() == "utc = maybe\n"
    config.write_text("utc = true\n")
    write_columns(environ, ["time"], [])
    assert os.name == "nt" or config.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in config.parent.iterdir()] == ["config.toml"]
