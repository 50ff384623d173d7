"""Unhandled exceptions: earlier records are shown before the traceback, and the hooks are restored."""

from __future__ import annotations

import functools
import io
import subprocess
import sys
import threading
import weakref
from typing import TYPE_CHECKING

import pytest
from support.terminals import PYTHON, TIMEOUT, environment

from reflowlog import Console
from reflowlog.console import excepthook
from reflowlog.console.replacements import Replacements

if TYPE_CHECKING:
    from pathlib import Path

_PROGRAM = """
import logging, sys, threading
import reflowlog

handler = reflowlog.install()

def fail(where):
    for number in range(500):
        logging.info("said before, in %s", where)
    raise RuntimeError("told after, in " + where)

pin = handler.console.pin(lambda width: "pin")
thread = threading.Thread(target=fail, args=("a thread",))
thread.start()
thread.join()
fail("main")
"""


def test_the_log_comes_before_the_exception(tmp_path: Path) -> None:
    """In the main thread and in others, with one file for both: a traceback is in one piece, after all its log."""
    (tmp_path / "program.py").write_text(_PROGRAM)
    done = subprocess.run(
        [PYTHON, str(tmp_path / "program.py")],
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    for where in ("a thread", "main"):
        said = [number for number, line in enumerate(lines) if line.endswith(f"said before, in {where}")]
        assert len(said) == 500
        begin, end = max(said) + 1, lines.index(f"RuntimeError: told after, in {where}")
        assert lines[begin].startswith(("Traceback", "Exception in thread"))
        assert begin < end


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record calls of the program's own hooks, and restore the original ones at the end."""
    told: list[str] = []
    monkeypatch.setattr(excepthook, "_replacements", Replacements())  # consoles of other tests may be open
    monkeypatch.setattr(excepthook, "_consoles", weakref.WeakSet())
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: told.append(kind.__name__))
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_type.__name__))
    monkeypatch.setattr(sys, "unraisablehook", lambda args: told.append(f"unraisable {args.exc_type.__name__}"))
    return told


def _fail() -> None:
    raise LookupError


def _fail_in_finalizer() -> None:
    class Failing:
        def __del__(self) -> None:
            raise OSError

    Failing()


def test_hooks_that_were_there_are_called_and_given_back(hooks: list[str]) -> None:
    """While there is a console that was used; not for one that was only made."""
    found = sys.excepthook, threading.excepthook, sys.unraisablehook
    first, second = Console(io.StringIO(), threaded=True), Console(io.StringIO(), threaded=True)
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == found
    first.print("one")
    second.print("two")
    thread = threading.Thread(target=_fail)
    thread.start()
    thread.join()
    sys.excepthook(KeyError, KeyError(), None)
    _fail_in_finalizer()
    first.close()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) != found
    second.close()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == found
    assert hooks == ["LookupError", "KeyError", "unraisable OSError"]


def test_a_hook_that_was_put_over_ours_stays(hooks: list[str]) -> None:
    """It stays, and our hook beneath it delegates to the original one."""
    console = Console(io.StringIO())
    console.print("one")
    ours = sys.excepthook
    sys.excepthook = theirs = functools.partial(ours)
    console.close()
    assert sys.excepthook is theirs
    sys.excepthook(OSError, OSError(), None)
    assert hooks == ["OSError"]


_HOSTILE = r"""
import logging, sys, threading
import reflowlog

TEXT = "x\x1b]0;title\x07\x1b[2J\x1b[31mred\rforged \b\b \x9b1A"
where = sys.argv[1]
if where == "main":
    reflowlog.install()
    logging.info("one")
    raise ValueError(TEXT)
if where == "a thread":
    reflowlog.install()
    logging.info("one")
    def fail():
        raise ValueError(TEXT)
    thread = threading.Thread(target=fail, name="a\x1bz")
    thread.start()
    thread.join()
if where == "a finalizer":
    reflowlog.install()
    logging.info("one")
    class Failing:
        def __del__(self):
            raise ValueError(TEXT)
    Failing()
if where == "a capture":
    with reflowlog.capture():
        print("one")
        raise ValueError(TEXT)
if where == "a console":
    with reflowlog.Console() as console:
        console.print("one")
        raise ValueError(TEXT)
"""


@pytest.mark.slow
@pytest.mark.parametrize("where", ["main", "a thread", "a finalizer", "a capture", "a console"])
def test_the_text_of_an_exception_does_not_act(where: str, tmp_path: Path) -> None:
    """Each control of an unhandled exception is a mark, wherever it is raised; the traceback comes last and whole."""
    (tmp_path / "program.py").write_text(_HOSTILE)
    done = subprocess.run(
        [PYTHON, str(tmp_path / "program.py"), where],
        stderr=subprocess.PIPE,
        env=environment(),
        timeout=TIMEOUT,
        check=False,
    )
    lines = done.stderr.decode().rstrip("\n").split("\n")
    assert "one" in lines[0]
    first = {"a thread": "Exception in thread a␛z:", "a finalizer": "Exception ignored "}
    assert lines[1].startswith(first.get(where, "Traceback"))
    assert all(line.isprintable() for line in lines)
    assert lines[-1].startswith("ValueError: x␛]0;title␇␛[2Jred␍forged ␈␈ ")


def test_an_exception_without_controls_is_left_to_python(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its text is Python's own, with its colours where there are some."""
    hook = excepthook._ExceptionHook(sys.__excepthook__)
    monkeypatch.setattr(excepthook, "_consoles", weakref.WeakSet())
    hook(ValueError, ValueError("plain"), None)
    assert capsys.readouterr().err == "ValueError: plain\n"
