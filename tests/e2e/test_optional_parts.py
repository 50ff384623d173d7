"""Parts that may be missing cost colours, children or speed, and never a record."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest
from support.terminals import PYTHON, environment

import reflowlog

PACKAGE = Path(reflowlog.__file__).parent
PROGRAM = """
import logging, reflowlog
reflowlog.install()
logging.info("first %d", 5, extra={"user": "me"})
with reflowlog.capture():
    print("second")
with reflowlog.Console() as console:
    console.print("third")
    with console.pin(lambda width: "a pin", leave=True):
        console.print("fourth")
logging.error("fifth")
print("end", flush=True)
"""
TAKEN_AWAY = {
    "threads": """
import threading
def start(self): raise RuntimeError("can't start new thread")
threading.Thread.start = start
""",
    "sockets": """
import sys
sys.modules["_socket"] = None
""",
    "poll": """
import select
del select.poll
""",
    "a folder for sockets": """
import os
def mkdir(*arguments, **options): raise OSError(13, "denied")
os.mkdir = mkdir
""",
    "nothing": "",
}


def shown(source: str, *arguments: str, terminal: bool, cwd: Path, python: str = PYTHON, **changes: str | None) -> str:
    """Run a program, with a pseudo-terminal or a pipe as its standard error and output; return all that it wrote."""
    path = cwd / "program.py"
    path.write_text(source)
    command = [python, *arguments, str(path)]
    if terminal:
        return run_on_terminal(command, cwd, **changes)
    done = subprocess.run(
        command,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
        env=environment(**changes),
    )
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()


def run_on_terminal(command: list[str], cwd: Path, **changes: str | None) -> str:
    """Run a command on a pseudo-terminal of its own; return all that it wrote."""
    import pexpect

    child = pexpect.spawn(
        command[0],
        command[1:],
        cwd=str(cwd),
        env=environment(TERM="xterm-256color", **changes),
        dimensions=(30, 100),
        timeout=60,
    )
    output: bytes = child.read()
    child.close()
    assert child.exitstatus == 0, output.decode()
    return output.decode()


def check(output: str) -> None:
    """All records and prints are there, once and in order, and no error is."""
    output = re.sub(r"\x1b\[[0-9;?<>=]*[a-zA-Z]", "", output)
    positions = [output.index(word) for word in ("first 5", "second", "third", "fourth", "fifth")]
    assert positions == sorted(positions)
    assert "Traceback" not in output
    assert "Logging error" not in output
    assert "fault" not in output


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
@pytest.mark.parametrize("part", list(TAKEN_AWAY))
def test_without(part: str, terminal: bool, tmp_path: Path) -> None:
    """No threads, no sockets, no poll, no folder for sockets."""
    check(shown(TAKEN_AWAY[part] + PROGRAM, terminal=terminal, cwd=tmp_path))


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_without_data_files(terminal: bool, tmp_path: Path) -> None:
    """A copy of the package that holds only its modules, as PyInstaller makes it, has its colours too."""
    shutil.copytree(
        PACKAGE, tmp_path / "reflowlog", ignore=shutil.ignore_patterns("themes", "*.typed", "*.md", "__pycache__")
    )
    assert not (tmp_path / "reflowlog" / "themes").exists() or not list(
        (tmp_path / "reflowlog" / "themes").glob("*.toml")
    )
    output = shown(PROGRAM, terminal=terminal, cwd=tmp_path, PYTHONPATH=str(tmp_path))
    check(output)
    assert ("\x1b[" in output) == terminal


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_in_a_zip_file(terminal: bool, tmp_path: Path) -> None:
    """`zipapp` and `python -m zipfile` bundle the package."""
    source = tmp_path / "source"
    shutil.copytree(PACKAGE, source / "reflowlog", ignore=shutil.ignore_patterns("__pycache__"))
    (source / "__main__.py").write_text(PROGRAM)
    zipapp.create_archive(source, tmp_path / "program.pyz")
    command = [PYTHON, str(tmp_path / "program.pyz")]
    if terminal:
        check(run_on_terminal(command, tmp_path))
    else:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path, env=environment()
        )
        check(done.stderr + done.stdout)


GREEN = {
    "eventlet": "import eventlet; eventlet.monkey_patch()\n",
    "gevent": "from gevent import monkey; monkey.patch_all()\n",
}
POOLS = {
    "eventlet": """
import eventlet.tpool
eventlet.tpool.execute(logging.info, "from the pool")
""",
    "gevent": """
import gevent
gevent.get_hub().threadpool.apply(logging.info, ("from the pool",))
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
@pytest.mark.parametrize("library", list(GREEN))
def test_green_threads(library: str, terminal: bool, tmp_path: Path) -> None:
    """Where threads are replaced by green ones nothing is lost and nothing hangs, nor in a pool of real threads."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    start = "import warnings; warnings.simplefilter('ignore')\n" + GREEN[library]
    check(shown(start + PROGRAM, terminal=terminal, cwd=tmp_path))
    first = start + "import logging, reflowlog\nreflowlog.install()\n" + POOLS[library] + "print('end', flush=True)\n"
    output = shown(first, terminal=terminal, cwd=tmp_path)
    assert "from the pool" in output
    assert "end" in output


CAPTURED = """
import ctypes, os, subprocess
with reflowlog.capture(fd=True):
    logging.info("one logged")
    print("two printed")
    os.write(1, b"three written\\n")
    ctypes.CDLL(None).puts(b"four by C")
    subprocess.run(["echo", "five by a child"])
    logging.info("six logged")
print("end", flush=True)
"""


@pytest.mark.parametrize("library", list(GREEN))
def test_descriptors_are_captured_with_green_threads(library: str, tmp_path: Path) -> None:
    """Eventlet removes `select.poll`, and makes reads wait; the order is that of the calls."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    start = "import warnings; warnings.simplefilter('ignore')\n" + GREEN[library]
    program = start + "import logging, reflowlog\nreflowlog.install()\n" + CAPTURED
    output = shown(program, terminal=True, cwd=tmp_path)
    texts = ("one logged", "two printed", "three written", "four by C", "five by a child", "six logged", "end")
    places = [output.find(text) for text in texts]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("PyInstaller") is None, reason="PyInstaller is not installed")
@pytest.mark.skipif(shutil.which("objdump") is None, reason="PyInstaller needs objdump")
def test_frozen_by_pyinstaller(tmp_path: Path) -> None:
    """No hook and no data files are needed."""
    (tmp_path / "app.py").write_text(PROGRAM)
    subprocess.run(
        [PYTHON, "-m", "PyInstaller", "--log-level=ERROR", "--onedir", "--paths", str(PACKAGE.parent), "app.py"],
        cwd=tmp_path,
        check=True,
        timeout=110,
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    done = subprocess.run(
        [tmp_path / "dist" / "app" / "app"], capture_output=True, text=True, timeout=60, check=True, env=environment()
    )
    check(done.stderr + done.stdout)
    assert sys.platform != "win32"
