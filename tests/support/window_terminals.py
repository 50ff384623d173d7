"""Terminals in a window under Xvfb: kitty, alacritty, foot (in sway), Konsole, xterm and st.

The terminal makes the pty by itself; typing, sizes and copies of its rows go by its own means. Their sizes are set in
pixels, so they start with a known number of cells.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import termios
import time
from pathlib import Path
from typing import Any

from support.terminals import environment, wait_for

__all__ = ["WINDOW_TERMINALS", "XServer", "missing_window_terminal"]

_FONT = "DejaVu Sans Mono"
_NOBODY = 65_534
_HISTORY = 100_000  # rows


class XServer:
    """An X server without a screen.

    It stays as it is when its last client ends (`-noreset`): xdotool may be the only one while a terminal starts.

    Attributes:
        display: its name.
    """

    def __init__(self) -> None:
        reader, writer = os.pipe()
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "2000x1600x24", "-nolisten", "tcp", "-noreset"]
        self._process = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as file:
            self.display = f":{file.readline().strip()}"

    def close(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait()


class _Window:
    """A terminal in a window of an X server of its own, driven by xdotool.

    Args:
        home: the folder in which its shell works.
        columns: the width to start with.
        rows: the height to start with.
    """

    def __init__(self, home: Path, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._files = tempfile.TemporaryDirectory(prefix="window-", dir="/tmp")
        self.folder = Path(self._files.name)
        self.copy = self.folder / "copy"
        self._shell = self.folder / "shell"
        self._shell.write_text(
            f"#!/bin/bash\ntty > {self.folder}/tty.new; mv {self.folder}/tty.new {self.folder}/tty\n"
            f"cd '{home}'; export PS1='$ '; exec bash --norc --noprofile\n"
        )
        self._shell.chmod(0o755)
        self._start_display()
        with (self.folder / "errors").open("w") as errors:
            self._terminal = subprocess.Popen(
                self._command(), env=self.environment, stdout=subprocess.DEVNULL, stderr=errors
            )
        path = wait_for(lambda: (self.folder / "tty").exists() and (self.folder / "tty").read_text().strip())
        self._tty = os.open(path, os.O_RDONLY | os.O_NOCTTY)
        self._find_window()
        self._measure_cells()
        self.resize(columns, rows)
        self.wait_for_size()

    # -- what differs -------------------------------------------------------------------------------------------

    def _command(self) -> list[str]:
        raise NotImplementedError

    def read(self) -> tuple[list[str], list[str]]:
        raise NotImplementedError

    def _start_display(self) -> None:
        self._x = XServer()
        self.environment = environment(
            DISPLAY=self._x.display,
            LIBGL_ALWAYS_SOFTWARE="1",
            XDG_RUNTIME_DIR=str(self.folder),
            XDG_CONFIG_HOME=str(self.folder),
            XDG_DATA_HOME=str(self.folder),
            QT_QPA_PLATFORM="xcb",
            WAYLAND_DISPLAY=None,
            TERM=None,
        )

    def _find_window(self) -> None:
        found = wait_for(lambda: self.xdotool("search", "--onlyvisible", "--name", ".").split())
        self.window = found[-1]
        self.xdotool("windowfocus", self.window)
        self._pixels = wait_for(self._window_size)

    # -- all of them --------------------------------------------------------------------------------------------

    def xdotool(self, *arguments: str) -> str:
        """Run xdotool and return what it prints."""
        done = subprocess.run(
            ["xdotool", *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout

    def _window_size(self) -> tuple[int, int] | None:
        found = re.search(r"Geometry: (\d+)x(\d+)", self.xdotool("getwindowgeometry", self.window))
        return (int(found[1]), int(found[2])) if found else None

    def _size(self) -> tuple[int, int]:
        rows, columns = struct.unpack("HHHH", fcntl.ioctl(self._tty, termios.TIOCGWINSZ, bytes(8)))[:2]
        return columns, rows

    def _measure_cells(self) -> None:
        """Find out the size of a cell, from two sizes of the window: its margins are not known."""
        size, larger = self._size(), [pixels + 400 for pixels in self._pixels]
        self._set_window_size(larger[0], larger[1])
        wait_for(lambda: self._size()[0] > size[0] and self._size()[1] > size[1])
        time.sleep(0.3)  # the window may pass through other sizes
        self._cell = [round(400 / (now - before)) for now, before in zip(self._size(), size, strict=True)]
        self._first, self._pixels = self._size(), (larger[0], larger[1])

    def _pixels_for(self, columns: int, rows: int) -> tuple[int, int]:
        """Compute the window's size; its margins are narrower than a pixel for each cell at the start."""
        width, height = (
            pixels + (now - first) * cell
            for pixels, first, now, cell in zip(self._pixels, self._first, (columns, rows), self._cell, strict=True)
        )
        return width, height

    def send(self, text: str) -> None:
        for part in re.split(r"(\n)", text):
            if part == "\n":
                self.xdotool("key", "Return")
            elif part:
                self.xdotool("type", "--delay", "1", part)

    def resize(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        width, height = self._pixels_for(columns, rows)
        self._set_window_size(width, height)

    def wait_for_size(self) -> None:
        """Wait until the kernel has the size: kitty and foot pass it on once the window has come to rest."""
        wanted = (self.columns, self.rows)
        wait_for(lambda: self._size() == wanted, describe=lambda: f"{wanted}: {self._size()}")

    def _set_window_size(self, width: int, height: int) -> None:
        self.xdotool("windowsize", self.window, str(width), str(height))

    def _press(self, key: str) -> None:
        self.xdotool("key", key)

    def press(self, key: str, copy: Path | None = None) -> list[str]:
        """Press the key that writes a copy of the rows into a file, by default `copy`, and return them."""
        self.wait_for_size()
        copy = copy or self.copy
        copy.unlink(missing_ok=True)
        self._press(key)
        pressed = time.monotonic()

        def is_there() -> bool:
            nonlocal pressed
            if time.monotonic() - pressed > 1:  # a window that is being resized may miss a key
                self._press(key)
                pressed = time.monotonic()
            return copy.exists()

        wait_for(is_there)
        return self.cut(copy.read_text(errors="replace").removesuffix("\n").split("\n"))

    def clipboard(self) -> list[str]:
        """Return the rows of what was copied to the clipboard."""
        command = ["timeout", "4", "xclip", "-o", "-selection", "clipboard"]
        done = subprocess.run(command, env=self.environment, capture_output=True, check=False)
        return self.cut(done.stdout.decode(errors="replace").split("\n"))

    def cut(self, lines: list[str]) -> list[str]:
        """Return the rows of lines of a copy in which the rows that the terminal wrapped are joined."""
        width = self.columns
        return [line[start : start + width].rstrip() for line in lines for start in range(0, len(line) or 1, width)]

    def close(self) -> None:
        self._terminal.kill()
        self._terminal.wait()
        os.close(self._tty)
        self._x.close()
        self._files.cleanup()


class _Kitty(_Window):
    """kitty, by its remote control."""

    def _command(self) -> list[str]:
        options = {
            "font_family": _FONT,
            "font_size": "6",
            "allow_remote_control": "yes",
            "remember_window_size": "no",
            "initial_window_width": f"{self.columns}c",
            "initial_window_height": f"{self.rows}c",
            "scrollback_lines": str(_HISTORY),
            "update_check_interval": "0",
            "shell_integration": "disabled",
        }
        settings = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return ["kitty", "--config", "NONE", *settings, "--listen-on", f"unix:{self.folder}/control", str(self._shell)]

    def _ask(self, command: str, **payload: Any) -> Any:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(15)
            control.connect(str(self.folder / "control"))
            message = json.dumps({"cmd": command, "version": [0, 26, 0], "payload": payload})
            control.sendall(b"\x1bP@kitty-cmd" + message.encode() + b"\x1b\\")
            if command == "send-text":  # which is not answered
                return None
            answer = b""
            while not answer.endswith(b"\x1b\\") and (data := control.recv(1 << 20)):
                answer += data
        return json.loads(answer[len(b"\x1bP@kitty-cmd") : -2]).get("data")

    def send(self, text: str) -> None:
        self._ask("send-text", data="text:" + text.replace("\n", "\r"))

    def read(self) -> tuple[list[str], list[str]]:
        self.wait_for_size()
        text = self._ask("get-text", extent="all", wrap_markers=True)
        rows = [row.rstrip() for row in re.split("\r\n?", text.removesuffix("\r"))]
        return rows, rows[-self.rows :]


class _Foot(_Window):
    """foot in sway without a screen, by its keys that pass rows to a program."""

    def _start_display(self) -> None:
        (self.folder / "sway").write_text(
            "focus_follows_mouse no\nfor_window [app_id=foot] floating enable, border none\n"
        )
        self.environment = environment(
            WAYLAND_DISPLAY=None,
            DISPLAY=None,
            XDG_RUNTIME_DIR=str(self.folder),
            SWAYSOCK=str(self.folder / "sway.socket"),
            WLR_BACKENDS="headless",
            WLR_RENDERER="pixman",
            WLR_LIBINPUT_NO_DEVICES="1",
            TERM=None,
        )
        command = ["sway", "-c", str(self.folder / "sway")]
        if os.geteuid() == 0:  # it does not start as root
            os.chown(self.folder, _NOBODY, _NOBODY)
            command = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", *command]
        self._sway = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        found = wait_for(lambda: [path for path in self.folder.glob("wayland-*") if path.suffix != ".lock"])
        self.environment["WAYLAND_DISPLAY"] = found[0].name
        wait_for((self.folder / "sway.socket").exists)

    def _swaymsg(self, *words: str) -> Any:
        done = subprocess.run(["swaymsg", "-r", *words], env=self.environment, capture_output=True, check=False)
        return json.loads(done.stdout or "null")

    def _command(self) -> list[str]:
        path = self.folder / "foot.ini"
        everything, visible = (
            f'[sh -c "cat > {self.copy}-{key}.new && mv {self.copy}-{key}.new {self.copy}-{key}"]'
            for key in ("F9", "F8")
        )
        path.write_text(
            f"font={_FONT}:size=6\ninitial-window-size-chars={self.columns}x{self.rows}\npad=0x0\n"
            f"[scrollback]\nlines={_HISTORY}\n"
            f"[key-bindings]\npipe-scrollback={everything} F9\npipe-visible={visible} F8\n"
        )
        return ["foot", f"--config={path}", str(self._shell)]

    def _find_window(self) -> None:
        wait_for(lambda: self._resize_window(600, 400) == (600, 400))
        self._pixels = (600, 400)

    def _measure_cells(self) -> None:
        time.sleep(0.3)  # the terminal follows the window
        buffer = fcntl.ioctl(self._tty, termios.TIOCGWINSZ, bytes(8))
        rows, columns, width, height = struct.unpack("HHHH", buffer)
        self._cell, self._first, self._pixels = [width // columns, height // rows], (0, 0), (0, 0)

    def _resize_window(self, width: int, height: int) -> tuple[int, int]:
        self._swaymsg(f"[app_id=foot] resize set width {width} px height {height} px")
        nodes = [self._swaymsg("-t", "get_tree")]
        while nodes:
            node = nodes.pop()
            if node.get("app_id") == "foot":
                return node["rect"]["width"], node["rect"]["height"]
            nodes += node["nodes"] + node["floating_nodes"]
        return 0, 0

    def _set_window_size(self, width: int, height: int) -> None:
        self._swaymsg(f"[app_id=foot] resize set width {width} px height {height} px")

    def send(self, text: str) -> None:
        for part in re.split(r"(\n)", text):
            if part:
                arguments = ["-s", "40", "-k", "Return"] if part == "\n" else ["-s", "40", "--", part]
                subprocess.run(["wtype", *arguments], env=self.environment, check=True)

    def _press(self, key: str) -> None:
        subprocess.run(["wtype", "-s", "40", "-k", key], env=self.environment, check=True)

    def read(self) -> tuple[list[str], list[str]]:
        copies = [Path(f"{self.copy}-{key}") for key in ("F9", "F8")]
        return self.press("F9", copies[0]), self.press("F8", copies[1])

    def close(self) -> None:
        self._terminal.kill()
        self._terminal.wait()
        os.close(self._tty)
        self._sway.terminate()
        self._sway.wait()
        self._files.cleanup()


class _Xterm(_Window):
    """xterm, by its printer. It cuts off what is wider than its window, in the scrollback too."""

    def _command(self) -> list[str]:
        resources = [
            f"XTerm.vt100.printerCommand: cat > {self.copy}.new && mv {self.copy}.new {self.copy}",
            "XTerm.vt100.printAttributes: 0",
            "XTerm.vt100.printerFormFeed: false",
            "XTerm.vt100.printerNewLine: false",
            "XTerm.vt100.translations: #override <Key>F9: print-everything() \\n <Key>F8: print()",
        ]
        options = [word for each in resources for word in ("-xrm", each)]
        look = ["-fa", _FONT, "-fs", "6", "-sl", str(_HISTORY), "-geometry", f"{self.columns}x{self.rows}"]
        return ["xterm", *look, *options, "-e", str(self._shell)]

    def read(self) -> tuple[list[str], list[str]]:
        return self.press("F9"), self.press("F8")


class _Alacritty(_Window):
    """alacritty, by a selection in its vi mode."""

    def _command(self) -> list[str]:
        path = self.folder / "alacritty.yml"
        size = f"{{columns: {self.columns}, lines: {self.rows}}}"
        path.write_text(
            f"font: {{size: 6, normal: {{family: {_FONT}}}}}\nscrolling: {{history: {_HISTORY}}}\n"
            f"window: {{dimensions: {size}, resize_increments: false}}\n"
        )
        return ["alacritty", "--config-file", str(path), "-e", str(self._shell)]

    def read(self) -> tuple[list[str], list[str]]:
        self.wait_for_size()
        self.xdotool("key", "ctrl+shift+space", "g", "shift+v", "shift+g", "y", "ctrl+shift+space")
        rows = self.clipboard()[:-1]
        return rows, rows[-self.rows :]


class _Konsole(_Window):
    """Konsole, by its actions to select and to copy all."""

    def _start_display(self) -> None:
        super()._start_display()
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = address = f"unix:path={self.folder}/bus"
        self._bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", f"--address={address}"], stderr=subprocess.DEVNULL
        )
        wait_for((self.folder / "bus").exists)

    def _command(self) -> list[str]:
        folder = self.folder / "konsole"
        folder.mkdir()
        (folder / "test.profile").write_text(
            f"[General]\nName=test\nParent=FALLBACK/\nTerminalColumns={self.columns}\nTerminalRows={self.rows}\n"
            f"[Appearance]\nFont={_FONT},6,-1,5,50,0,0,0,0,0\n[Scrolling]\nHistoryMode=2\nScrollBarPosition=2\n"
            "[Interaction Options]\nCopyTextAsHTML=false\n"
        )
        keys = self.folder / "kxmlgui5" / "konsole" / "sessionui.rc"
        keys.parent.mkdir(parents=True)
        keys.write_text(
            '<!DOCTYPE gui SYSTEM "kpartgui.dtd"><gui name="session" version="1"><ActionProperties scheme="Default">'
            '<Action name="select-all" shortcut="F8"/><Action name="edit_copy" shortcut="F9"/>'
            "</ActionProperties></gui>"
        )
        options = ["--nofork", "--hide-menubar", "--hide-tabbar", "--notransparency", "--profile", "test"]
        return ["konsole", *options, "-e", str(self._shell)]

    def read(self) -> tuple[list[str], list[str]]:
        self.wait_for_size()
        self.xdotool("key", "F8", "F9")
        rows = self.clipboard()[:-2]
        return rows, rows[-self.rows :]

    def close(self) -> None:
        super().close()
        self._bus.kill()
        self._bus.wait()


class _St(_Window):
    """st, by its copy of the screen; it has no scrollback."""

    def _command(self) -> list[str]:
        self.copy.touch()
        look = ["-f", f"{_FONT}:pixelsize=8", "-g", f"{self.columns}x{self.rows}", "-o", str(self.copy)]
        return ["stterm", *look, "-e", str(self._shell)]

    def read(self) -> tuple[list[str], list[str]]:
        self.wait_for_size()
        start = self.copy.stat().st_size
        self.xdotool("key", "shift+Print")
        wait_for(lambda: self.copy.stat().st_size > start)
        time.sleep(0.02)
        with self.copy.open("rb") as file:
            file.seek(start)
            rows = [row.rstrip() for row in file.read().decode(errors="replace").split("\n")]
        return rows[-self.rows - 1 : -1], rows[-self.rows - 1 : -1]


WINDOW_TERMINALS = {
    "kitty": _Kitty,
    "alacritty": _Alacritty,
    "foot": _Foot,
    "Konsole": _Konsole,
    "xterm": _Xterm,
    "st": _St,
}


def missing_window_terminal(name: str) -> str:
    """Return why one of `WINDOW_TERMINALS` cannot be run here; empty if it can."""
    programs = {
        "st": ("stterm",),
        "alacritty": ("alacritty", "xclip"),
        "Konsole": ("konsole", "dbus-daemon", "xclip"),
        "foot": ("foot", "sway", "wtype"),
    }.get(name, (name,))
    needed = [each for each in ("Xvfb", "xdotool", *programs) if not shutil.which(each)]
    return f"needs {' and '.join(needed)}" if needed else ""
