"""Log records cannot forge: no control of a message, a logger's name, a level or an extra acts on its record."""

from __future__ import annotations

import io
import logging
from typing import Any

import pyte
import pytest

import reflowlog

FORGED = "2026-11-29 04:00:00,000 INFO login succeeded for admin             "
OVERWRITES = ("\r", "\b" * 40, "\x1b[2K", "\x1b[1K", "\x1b[1G", "\x1b[40D", "\x1b[40P", "\x1b[9X", "\x1b[1A", "\x1b[J")


def logged(formatter: logging.Formatter | None, message: str, **options: Any) -> str:
    """Return the output of one record, shown by a real terminal emulator."""
    stream = io.StringIO()
    handler = reflowlog.ReflowHandler(stream=stream, **options)
    handler.setFormatter(formatter)
    logger = logging.Logger("app")
    logger.addHandler(handler)
    logger.warning("login failed for %s", message)
    handler.close()
    screen = pyte.Screen(300, 10)
    pyte.Stream(screen).feed(stream.getvalue().replace("\n", "\r\n"))
    return "\n".join(row.rstrip() for row in screen.display).rstrip()


@pytest.mark.parametrize("options", [{}, {"width": 250}, {"width": 250, "color": "always"}])
@pytest.mark.parametrize("control", OVERWRITES)
@pytest.mark.parametrize("fmt", [None, "%(asctime)s %(levelname)s %(message)s"])
def test_nothing_before_the_message_is_overwritten(control: str, fmt: str | None, options: dict[str, Any]) -> None:
    """Time, level and the start of the message stay, and the control is a mark."""
    formatter = None if fmt is None else logging.Formatter(fmt)
    shown = logged(formatter, f"mallory{control}{FORGED}", **options)
    assert "WARNING" in shown
    assert "login failed for mallory" in shown
    assert "login succeeded for admin" in shown
    assert any(mark in shown for mark in "␍␈␛")


def test_controls_of_names_and_extras() -> None:
    """A logger's name, a level's name, and the name and value of an extra show their controls."""
    stream = io.StringIO()
    handler = reflowlog.ReflowHandler(stream=stream, columns=["level", "logger", "message"])
    fields = {"name": "a\rb\x1b[2K", "levelname": "I\bN", "msg": "text", "ke\x1b[1Ky": "va\x1b[2K\blue"}
    handler.handle(logging.makeLogRecord(fields))
    handler.close()
    shown = stream.getvalue()
    assert shown.isprintable() or shown.rstrip("\n").isprintable()
    assert "I␈N" in shown
    assert "␛[2K" in shown
    assert "ke␛[1Ky=va␛[2K␈lue" in shown
    assert "text" in shown


def test_colours_and_links_stay() -> None:
    """SGR and OSC 8 do not overwrite, and keep their effect; the end of a line with CRLF shows no mark."""
    stream = io.StringIO()
    handler = reflowlog.ReflowHandler(stream=stream, columns=["message"], width=80, color="always")
    link = "\x1b]8;;http://x.example\x1b\\link\x1b]8;;\x1b\\"
    handler.handle(logging.makeLogRecord({"name": "a", "msg": f"\x1b[31mred\x1b(B\x1b[m\r\n\ttab {link}\r"}))
    handler.close()
    shown = stream.getvalue()
    assert "\x1b[31mred" in shown
    assert "http://x.example" in shown
    assert "␛" not in shown
    assert "␍" not in shown
    assert "␉" not in shown


@pytest.mark.parametrize("text", ["bar 10%\rdone   \r", "abc\b\b\bdone", "gone\x1b[2K\rdone"])
def test_printed_text_keeps_its_line_discipline(text: str) -> None:
    """Text that is printed overwrites within its line, as on a terminal."""
    stream = io.StringIO()
    with reflowlog.Console(stream, width=40) as console:
        console.print(text)
    assert stream.getvalue() == "done\n"
