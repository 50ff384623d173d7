"""Exception hooks of a console with keys: given back at its end, and no text of an exception acts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pexpect
import pytest
from support.terminals import PYTHON, environment

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = r"""
import logging, sys, threading
import reflowlog

found = sys.excepthook, threading.excepthook
for keys in (True, False, True):
    console = reflowlog.Console(keys=keys)
    console.print("shown")
    console.close()
assert (sys.excepthook, threading.excepthook) == found, (sys.excepthook, threading.excepthook)
print("given back")
console = reflowlog.Console(keys=True)
console.print("shown again")
raise ValueError("x\x1b]0;title\x07\x1b[2Jy\rforged")
"""


def test_hooks_are_given_back_and_exceptions_do_not_act(tmp_path: Path) -> None:
    """In whatever order consoles with and without keys come and go."""
    pytest.importorskip("blessed")
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    child = pexpect.spawn(PYTHON, [str(path)], env=environment(), dimensions=(30, 100), timeout=30, encoding="utf-8")
    output = child.read()
    child.close()
    assert child.exitstatus == 1
    assert "given back" in output
    shown = re.sub(r"\x1b\[[0-9;?<>=]*[a-zA-Z]", "", output)
    assert "ValueError: x␛]0;title␇␛[2Jy␍forged" in shown
    assert "\x1b]0;title" not in output
    assert "\x1b[2Jy" not in output
