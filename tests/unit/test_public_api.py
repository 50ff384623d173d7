"""Public names: their signatures, their documentation, and the stored snapshot of the API."""

from __future__ import annotations

import inspect

from support import api

import reflowlog

PUBLIC = {
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
}


def test_public_names() -> None:
    """`__all__` is this set; names may be added to it, never removed."""
    assert set(reflowlog.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(reflowlog, name) is not None
    assert set(dir(reflowlog)) >= PUBLIC


def test_public_signatures() -> None:
    """Arguments that users pass by name keep their names, order and defaults."""
    console = inspect.signature(reflowlog.Console).parameters
    assert {name: each.default for name, each in console.items()} == {
        "stream": None,
        "mode": "auto",
        "width": None,
        "history": 10_000,
        "queue_size": 65_536,
        "overflow": "block",
        "rewrap": "screen",
        "color": "auto",
        "keys": False,
        "columns": None,
        "extras": None,
        "threaded": None,
    }
    assert [name for name, each in console.items() if each.kind is not each.KEYWORD_ONLY] == ["stream"]
    handler = list(inspect.signature(reflowlog.ReflowHandler).parameters)
    assert handler == ["level", "stream", "console", "columns", "extras", "console_options"]
    assert inspect.signature(reflowlog.install).parameters["level"].default == "INFO"
    assert list(inspect.signature(reflowlog.wrap).parameters)[:3] == ["text", "width", "indent"]
    methods = ("print", "write", "put", "flush", "aflush", "join", "pin", "close", "__enter__")
    for name in (*methods, "width", "dropped", "closed"):
        assert hasattr(reflowlog.Console, name), name
    for name in ("stop", "stopped", "wait_stopped", "join", "stop_and_join", "__enter__"):
        assert hasattr(reflowlog.StoppableThread, name), name


def test_public_names_are_documented() -> None:
    """Every public class and function has a docstring."""
    for name in PUBLIC - {"__version__", "STOP"}:
        assert inspect.getdoc(getattr(reflowlog, name)), name


def test_the_snapshot_of_the_public_api_holds() -> None:
    """Nothing in `tests/data/api.txt` is gone or has other arguments; new names are added to it.

    `python tests/support/api.py` prints what differs; with `--write` it stores what there is.
    """
    now, stored = api.api(), api.stored()
    assert [line for line in stored if line not in now] == []
    assert [line for line in now if line not in stored] == []
