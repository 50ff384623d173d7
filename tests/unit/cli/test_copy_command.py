"""`--copy-command`: words as a shell would split them, from the command line and the configuration."""

from __future__ import annotations

import pytest

from reflowlog.cli.options import UsageError, parse
from reflowlog.config import file
from reflowlog.config.toml_lines import ConfigError


def test_it_is_split_into_words() -> None:
    """Quotes and blanks as in a shell; nothing else has a meaning."""
    assert parse(["--copy-command", "xclip -selection 'a b'; $X"], {}).copy_command == (
        *("xclip", "-selection", "a b;", "$X"),
    )
    assert parse([], {}).copy_command == ()


@pytest.mark.parametrize("text", ["", "  ", "'open"])
def test_what_is_no_command_is_a_usage_error(text: str) -> None:
    """One line, with the option's name."""
    with pytest.raises(UsageError, match="copy-command"):
        parse(["--copy-command", text], {})


@pytest.mark.parametrize("value", ['"xclip -selection \\"a b\\""', '["xclip", "-selection", "a b"]'])
def test_in_the_configuration_it_is_a_text_or_a_list(value: str) -> None:
    """Both give the same words."""
    config = file.parse(f"copy-command = {value}")
    assert parse([], {}, config).copy_command == ("xclip", "-selection", "a b")


@pytest.mark.parametrize("value", ["3", '""', "[]", '["a", 1]', '"\'"'])
def test_what_is_no_command_in_the_configuration(value: str) -> None:
    """A value that is no command is reported with its line."""
    with pytest.raises(ConfigError, match="copy-command must be a command"):
        file.parse(f"copy-command = {value}")
