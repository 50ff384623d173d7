"""Commands of a user's settings as words."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.system import command_words
from reflowlog.system.command_words import split_command, split_words

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(command_words._ESCAPE == "", reason="on Windows a backslash is a part of a path")
@given(st.text("a'\"\\ \t\n#;|$é", max_size=12))
def test_words_are_those_of_a_shell(text: str) -> None:
    """As `shlex.split` finds them, whatever stands between the blanks."""
    try:
        expected = shlex.split(text)
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error)):
            split_words(text)
    else:
        assert split_words(text) == expected


def test_a_backslash_is_a_part_of_a_path_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the path is quoted, and in a list that was joined."""
    monkeypatch.setattr(command_words, "_ESCAPE", "")
    assert split_words(r"C:\bin\vim.exe -R") == [r"C:\bin\vim.exe", "-R"]
    assert split_words(r'"C:\Program Files\vim.exe" -R') == [r"C:\Program Files\vim.exe", "-R"]
    assert split_words(shlex.join([r"C:\a b", "it's"])) == [r"C:\a b", "it's"]


def test_the_path_of_a_file_is_one_word(tmp_path: Path) -> None:
    """EDITOR is set to the path of a program without quotes, as often as not."""
    program = tmp_path / "my editor"
    assert len(split_command(str(program))) == 2
    program.touch()
    assert split_command(f" {program} ") == [str(program)]
    assert split_command(f"'{program}' -R") == [str(program), "-R"]
