"""The public classes show the names of the interface, and nothing else of this package."""

from __future__ import annotations

import inspect
import io
import logging
import pydoc
import sys
from typing import Any

import pytest

import reflowlog
from reflowlog import Console, ReflowHandler

METHODS = {"print", "write", "put", "flush", "aflush", "join", "pin", "close"}
PROPERTIES = {"width", "dropped", "closed"}


def test_the_console_shows_the_names_of_the_interface() -> None:
    """Methods for other modules are in an internal class."""
    assert {name for name in dir(Console) if not name.startswith("_")} == METHODS | PROPERTIES


def test_the_handler_adds_only_its_console() -> None:
    """All else is `logging.Handler`'s."""
    added = {name for name in dir(ReflowHandler) if not name.startswith("_")} - set(dir(logging.Handler))
    assert added == {"console"}


@pytest.mark.parametrize("kind", [Console, ReflowHandler])
def test_help_is_a_page_that_can_be_read(kind: type) -> None:
    """Every name that it shows is explained."""
    page = pydoc.plain(pydoc.render_doc(kind))
    assert "Args:" in page
    for name, member in vars(kind).items():
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
            assert inspect.getdoc(member), name


def test_a_console_can_be_used_as_a_file() -> None:
    """Libraries ask a file for more than the interface names."""
    out = io.StringIO()
    with Console(out) as console:
        assert console.writable()  # type: ignore[attr-defined]
        assert not console.isatty()  # type: ignore[attr-defined]
        assert console.encoding == "utf-8"  # type: ignore[attr-defined]
        print("through print", file=console, flush=True)
        with pytest.raises(AttributeError, match="no attribute 'typo'"):
            console.typo  # type: ignore[attr-defined]  # noqa: B018
    assert out.getvalue() == "through print\n"


@pytest.mark.parametrize("stream", ["app.log", 2, b"x"])
def test_a_stream_without_write_is_refused_where_it_is_given(stream: object) -> None:
    """By the constructor, which names it; not by the printer later."""
    with pytest.raises(TypeError, match="stream is"):
        Console(stream)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="stream is"):
        ReflowHandler(stream=stream)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [ReflowHandler, Console, reflowlog.sink], ids=lambda make: make.__name__)
def test_one_text_is_no_list_of_names(make: Any) -> None:
    """It would be a list of letters, of which no field has the name."""
    with pytest.raises(TypeError, match="extras must be a list of names"):
        make(stream=io.StringIO(), extras="user")


def test_names_may_come_from_an_iterator() -> None:
    """They are needed more than once."""
    out = io.StringIO()
    handler = ReflowHandler(stream=out, width=60, columns=iter(["level", "user"]), extras=iter(["size"]))  # type: ignore[arg-type]
    logger = logging.Logger("app")
    logger.addHandler(handler)
    for _ in range(2):
        logger.info("saved", extra={"user": "bob", "size": 3, "other": 4})
    handler.close()
    assert out.getvalue() == "I bob saved  size=3\n" * 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: ReflowHandler(console=3),  # type: ignore[arg-type]
        lambda: reflowlog.sink(console=3),  # type: ignore[arg-type]
        lambda: reflowlog.adopt(console=3),  # type: ignore[arg-type]
        lambda: Console(io.StringIO()).pin("text"),  # type: ignore[arg-type]
        lambda: Console(io.StringIO()).print("a", sep=3),  # type: ignore[arg-type]
        lambda: Console(io.StringIO()).print("a", end=3),  # type: ignore[arg-type]
    ],
)
def test_an_argument_of_a_wrong_type_is_refused_where_it_is_given(call: Any) -> None:
    """By its name, as Python's own functions do."""
    with pytest.raises(TypeError, match=r"console is 3|render is 'text'|sep must be|end must be"):
        call()


def test_a_console_alone_may_be_given_to_adopt() -> None:
    """By its position, as to `capture`."""
    out, logger = io.StringIO(), logging.getLogger("test.adopt.position")
    logger.propagate = False
    logger.addHandler(logging.StreamHandler(sys.stderr))
    try:
        with Console(out) as console, reflowlog.adopt(console):
            logger.warning("shown")
    finally:
        logger.handlers.clear()
    assert "shown" in out.getvalue()
