"""reflowlog: a logging console that lays out every line again when the terminal's width changes.

Three ways to use it: ``command | reflowlog``; in a program, `install`, `ReflowHandler` and `Console`; and ``demo.py``.
The names in `__all__`, `reflowlog.integrations` and the command are public; everything else may change. How the package
is built is described in `ARCHITECTURE.md` beside this file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

__all__ = [
    "STOP",
    "Adoption",
    "Capture",
    "Console",
    "Pin",
    "ReflowHandler",
    "StoppableThread",
    "__version__",
    "adopt",
    "capture",
    "install",
    "sink",
    "wrap",
]

if TYPE_CHECKING:
    from reflowlog.console.adopt import Adoption, adopt
    from reflowlog.console.capture import Capture, capture
    from reflowlog.console.console import Console
    from reflowlog.console.handler import ReflowHandler, install
    from reflowlog.console.pin import Pin
    from reflowlog.core.inbox import STOP
    from reflowlog.core.stoppable import StoppableThread
    from reflowlog.integrations.loguru import sink
    from reflowlog.render.public_wrap import wrap

_HOMES = {
    "Adoption": "console.adopt",
    "Capture": "console.capture",
    "Console": "console.console",
    "Pin": "console.pin",
    "ReflowHandler": "console.handler",
    "STOP": "core.inbox",
    "StoppableThread": "core.stoppable",
    "adopt": "console.adopt",
    "capture": "console.capture",
    "install": "console.handler",
    "sink": "integrations.loguru",
    "wrap": "render.public_wrap",
}


if not TYPE_CHECKING:  # a name that is not public is an error for type checkers

    def __getattr__(name: str) -> Any:
        """Load a public name when it is first used: unused names must not slow the start of the command line."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
