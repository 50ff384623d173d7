"""The public API as a type checker has to see it: `tests/unit/test_typing.py` has mypy and pyright read this file.

A line that ends in ``# error`` has to be an error, and no other line.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import reflowlog

if TYPE_CHECKING:
    from reflowlog import Adoption, Capture, Pin

handler: reflowlog.ReflowHandler = reflowlog.install("INFO", capture=False, columns=["time", "message"], extras=())
reflowlog.install(level=logging.DEBUG, mode="plain", width=80, keys=False, threaded=None, overflow="drop")
reflowlog.install(levle="INFO")  # error
reflowlog.install(mode="plane")  # error
reflowlog.install(width="80")  # error
reflowlog.typo()  # error
reflowlog.ReflowHandler(level="INFO", stream=None, history=None)
reflowlog.ReflowHandler(colums=["time"])  # error
reflowlog.Console(colour="never")  # error
reflowlog.sink(mode="plain", extras=["user"])
reflowlog.sink(mod="plain")  # error

with reflowlog.Console(color="never", columns=True, extras=["user"]) as console:
    console.print("text", 1, sep="")
    width: int | None = console.width
    done: bool = console.flush(timeout=1.0)
    console.put(reflowlog.STOP)
    with console.pin(lambda cells: "-" * cells) as pin:
        made: Pin = pin
        made.update()
    console.close(1.0)
    console.submit("text")  # error

taken: Capture = reflowlog.capture(fd=False)
with taken as captured:
    captured.print("text")
adopted: Adoption = reflowlog.adopt()
rows: list[str] = reflowlog.wrap("text", 40, indent="auto")
thread = reflowlog.StoppableThread(target=print, args=("text",))
thread.stop_and_join(timeout=1.0)
