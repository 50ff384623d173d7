"""VTE in a window of an X server, driven by JSON lines on stdin: ``vte_server.py COLUMNS ROWS COMMAND...``."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Vte", "2.91")
from gi.repository import GLib, Gtk, Pango, Vte  # noqa: E402 - the versions come first

columns, rows, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
window = Gtk.Window()
window.set_decorated(False)
terminal = Vte.Terminal()
terminal.set_scrollback_lines(100_000)
terminal.set_rewrap_on_resize(True)
terminal.set_font(Pango.FontDescription("DejaVu Sans Mono 6"))
terminal.set_size(columns, rows)
window.add(terminal)
window.show_all()
environment = [f"{name}={value}" for name, value in os.environ.items()]
terminal.spawn_sync(Vte.PtyFlags.DEFAULT, os.getcwd(), command, environment, GLib.SpawnFlags.DEFAULT, None, None, None)
terminal.connect("child-exited", lambda *_: Gtk.main_quit())


def reply(message: dict[str, Any]) -> None:
    """Write one JSON line."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def resize(columns: int, rows: int) -> None:
    """Set the window's size, and reply once the terminal has it."""
    style = terminal.get_style_context()
    padding = style.get_padding(style.get_state())
    window.resize(
        columns * terminal.get_char_width() + padding.left + padding.right,
        rows * terminal.get_char_height() + padding.top + padding.bottom,
    )
    until = time.monotonic() + 2

    def is_waiting() -> bool:
        if (terminal.get_column_count(), terminal.get_row_count()) == (columns, rows) or time.monotonic() > until:
            reply({"resized": True})
            return False
        return True

    GLib.timeout_add(2, is_waiting)


def dump() -> dict[str, Any]:
    """Return all rows, and the index of the first row of the screen."""
    adjustment = terminal.get_vadjustment()
    lower, upper, page = (
        int(each()) for each in (adjustment.get_lower, adjustment.get_upper, adjustment.get_page_size)
    )
    texts = [terminal.get_text_range(row, 0, row + 1, 0)[0].rstrip() for row in range(lower, upper)]
    base = upper - page - lower
    if not any(texts[base:]):  # the alternate screen has rows of its own
        found = terminal.get_text(None)
        shown = (found[0] if isinstance(found, tuple) else found).split("\n")
        texts[base:] = [row.rstrip() for row in shown][: terminal.get_row_count()]
    return {"rows": texts, "base": base}


partial = bytearray()


def on_input(_source: object, _condition: object) -> bool:
    """Execute the commands that have come; end at EOF."""
    data = os.read(0, 1 << 16)
    if not data:
        Gtk.main_quit()
        return False
    *lines, partial[:] = (bytes(partial) + data).split(b"\n")
    for line in lines:
        execute(json.loads(line))
    return True


def execute(message: dict[str, Any]) -> None:
    """Execute one command."""
    if "type" in message:
        terminal.feed_child(message["type"].encode())
    elif "size" in message:
        resize(*message["size"])
    else:
        GLib.timeout_add(15, lambda: reply({"dump": dump()}))  # after what is drawn with the next frame


GLib.io_add_watch(0, GLib.IO_IN | GLib.IO_HUP, on_input)
Gtk.main()
