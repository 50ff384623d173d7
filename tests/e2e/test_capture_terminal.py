"""Everything that one program prints, by all the ways there are, on a terminal whose width changes meanwhile."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import pytest
from support.inline_log import squeezed
from support.terminals import picture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.terminals import Feed, Tmux

_PROGRAM = """
import ctypes, logging, os, subprocess, sys, warnings
import reflowlog

logging.basicConfig(level="INFO", format="%(levelname)s %(message)s", handlers=[logging.StreamHandler()])
log = logging.getLogger("app")
libc = ctypes.CDLL(None)
feed = open("feed")
print("before the capture")
with reflowlog.adopt(), reflowlog.capture(fd=True) as console, console.pin(lambda width: "=" * width):
    for step, line in enumerate(feed):
        def mark(way):
            return f"<{step}{way} words that are long enough to be wrapped in a window that is not wide {step}{way}>"
        print(mark("print"))
        log.warning(mark("log"))
        print(mark("stderr"), file=sys.stderr)
        libc.printf(b"%s\\n", mark("printf").encode())
        log.info(mark("again"))
        subprocess.run([sys.executable, "-c", f"print({mark('child')!r})"])
        os.write(2, mark("write").encode() + b"\\n")
        warnings.warn_explicit(mark("warning"), UserWarning, "program.py", step)
        sys.stdout.write(f"<{step}in ")
        log.warning(mark("between"))
        print(f"pieces {step}in>", flush=True)
print("after the capture")
"""
WAYS = ["print", "log", "stderr", "printf", "again", "child", "write", "warning", "between", "in"]
# All fits on the screen: what has left it is no capture's business.
SIZES = [(100, 300), (70, 300), (45, 300), (120, 300), (60, 300), (33, 300), (100, 300)]


def order(text: str) -> list[str]:
    """Return the parts of the text in the order in which they are on the screen."""
    return re.findall(r"<(\d\w+?)(?:words|pieces)", text)


def is_all(said: list[str], history: Callable[[], list[str]], rows: list[str]) -> bool:
    """Whether that is on the screen, or was pushed out of it by the terminal, and the pin under it.

    A narrower window of tmux pushes rows into the scrollback if it is late with its size, though the screen has room.
    """
    if set(rows[-1]) != {"="}:
        return False
    return said in (order(squeezed(rows)), list(dict.fromkeys(order(squeezed(history())))))


@pytest.mark.terminal
def test_all_text_is_there_once_and_in_order(open_tmux: Callable[..., Tmux], feed: Feed, tmp_path: Path) -> None:
    """Log records, prints, warnings, C code and a child process, under a pin, through many widths."""
    (tmp_path / "program.py").write_text(_PROGRAM)
    terminal = open_tmux(*SIZES[0])
    terminal.send('"$PYTHON" program.py\n')
    said: list[str] = []
    terminal.wait_screen(lambda rows: "before the capture" in rows)
    for step, size in enumerate(SIZES):
        terminal.resize(*size)
        feed.write("go\n")
        said += [f"{step}{way}" for way in WAYS]
        terminal.wait_screen(functools.partial(is_all, said, terminal.scrollback))
        terminal.settle()
    feed.close()
    rows = terminal.wait_screen(lambda rows: rows[-1] == "$")
    text = squeezed(terminal.scrollback())
    assert list(dict.fromkeys(order(text))) == said, picture(rows)
    assert not any(set(row) == {"="} for row in rows)  # the pin is gone
    for name in said:
        assert squeezed(rows).count(f"{name}>") <= 1, name
    assert rows[-2] == "after the capture"
    assert "before the capture" in terminal.scrollback()
