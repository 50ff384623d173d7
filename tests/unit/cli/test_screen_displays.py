"""Modules that a screen mode loads before the first line, and while there is no input."""

from __future__ import annotations

import subprocess

import pytest
from support.terminals import PYTHON, environment

_WARM_UP = """
import sys
from reflowlog.cli.options import CliOptions
from reflowlog.cli.screen_displays import ScreenDisplays
from reflowlog.sources.inputs import Input
from reflowlog.system.interruptible import MainThreadRunner
from reflowlog.terminal.keyboard import make_keyboard

keyboard = make_keyboard(print, gone=print)
displays = ScreenDisplays(
    CliOptions(color="always"), [Input("-", 0)], keyboard, MainThreadRunner(), print, full=False, is_pipe=True
)
displays.warm_up(lambda: HAS_INPUT)
print(*sys.modules)
"""
_OF_ANY_HEADER = {"reflowlog.text.parse.further_fields", "reflowlog.text.parse.logger_names"}


def _loaded(code: str) -> set[str]:
    done = subprocess.run(
        [PYTHON, "-c", code], capture_output=True, text=True, env=environment(), timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("has_input", [False, True])
def test_the_warm_up_loads_readers_of_any_header_while_there_is_no_input(has_input: bool) -> None:
    """With input it loads what a usual line needs, and leaves the rest to the printer, which then waits for nothing."""
    loaded = _loaded(_WARM_UP.replace("HAS_INPUT", str(has_input)))
    assert {"reflowlog.render.template_cache", "reflowlog.text.highlight.patterns"} <= loaded
    assert loaded & _OF_ANY_HEADER == (set() if has_input else _OF_ANY_HEADER)


def test_a_plain_line_loads_no_readers_of_fields() -> None:
    """A plain line needs no followers of files, no finder of gaps and no columns of records either."""
    loaded = _loaded(_WARM_UP.replace("HAS_INPUT", "False"))
    only_sometimes = {
        "cli.option_table",
        "sources.follow",
        "sources.expand_paths",
        "text.layout.columns",
        "render.record_text",
    }
    fields = {"text.parse.json_records", "text.parse.gaps", "text.parse.multiline"}
    assert not {name.removeprefix("reflowlog.") for name in loaded} & (only_sometimes | fields)
