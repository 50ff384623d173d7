"""Terminal capabilities and size, from the environment and the kernel, without a query to the terminal.

Invariants:
- Each capability is a pure function of the environment, so that it can be tested.
- Nothing is written to a terminal.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Literal

from reflowlog.core.frames import Size
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.system import unix
from reflowlog.system.fds import is_tty

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Colour",
    "ColourChoice",
    "colour",
    "device_of",
    "has_keys",
    "has_links",
    "has_sequences",
    "in_foreground",
    "interrupt_job",
    "is_at_keyboard",
    "is_dumb",
    "link_host",
    "needs_name",
    "size_of",
    "terminal_device",
]

ColourChoice = Literal["auto", "always", "never"]
_NOCTTY: int = getattr(os, "O_NOCTTY", 0)
_TIOCGDEV = 0x80045432  # Linux; from <asm-generic/ioctls.h>


class Colour(NamedTuple):
    """Which styles are drawn.

    Attributes:
        own: whether styles that the console adds are drawn.
        text: whether styles contained in the text are drawn.
    """

    own: bool
    text: bool


def colour(choice: ColourChoice, environ: Mapping[str, str], *, tty: bool) -> Colour:
    """Decide on colour by the choice, NO_COLOR, FORCE_COLOR or CLICOLOR_FORCE, TERM=dumb, then the tty, in this order.

    An empty variable counts as unset (no-color.org). Where the missing terminal is the only reason against colour, the
    console adds none, but the styles of a line's own text are kept.

    >>> colour("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, tty=True)
    Colour(own=False, text=False)
    >>> colour("auto", {}, tty=False)
    Colour(own=False, text=True)
    """
    if choice != "auto":
        return Colour(choice == "always", choice == "always")
    if environ.get("NO_COLOR"):
        return Colour(own=False, text=False)
    if environ.get("FORCE_COLOR", "") not in ("", "0") or environ.get("CLICOLOR_FORCE", "") not in ("", "0"):
        return Colour(own=True, text=True)
    if environ.get("TERM") == "dumb" or environ.get("CLICOLOR") == "0":
        return Colour(own=False, text=False)
    return Colour(own=tty, text=True)


def selects_mono(choice: ColourChoice, environ: Mapping[str, str], *, tty: bool) -> bool:
    """Return whether NO_COLOR selects the theme without colours: on a terminal weight and underline stay.

    >>> selects_mono("auto", {"NO_COLOR": "1", "TERM": "xterm"}, tty=True), selects_mono("auto", {}, tty=True)
    (True, False)
    """
    return tty and choice == "auto" and bool(environ.get("NO_COLOR")) and not is_dumb(environ)


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal cannot move its cursor, or, on Unix, has no name (TERM)."""
    return environ.get("TERM", "") == "dumb" or needs_name(environ)


def needs_name(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal is unknown because TERM is not set; on Windows nothing sets it."""
    return not environ.get("TERM") and os.name == "posix"


def device_of(status: os.stat_result) -> int:
    """Return the number of the device that a file is; 0 on Windows, which has none."""
    number: int = getattr(status, "st_rdev", 0)
    return number


if sys.platform == "win32":
    from reflowlog.system.windows import console_size as _size_in_kernel
    from reflowlog.system.windows import enable_sequences as has_sequences
    from reflowlog.system.windows import interrupt_job

    def _terminal_device(_descriptor: int) -> int:
        return 0  # a process has one console

else:

    def has_sequences(descriptor: int) -> bool:  # noqa: ARG001 - of the other system's
        """Return whether a terminal acts on control sequences; on Windows that is switched on, until exit."""
        return True

    def interrupt_job() -> None:
        """Send SIGINT to all processes of this job, as the terminal does for Ctrl-C. Raises OSError."""
        os.killpg(os.getpgrp(), signal.SIGINT)

    def _size_in_kernel(descriptor: int) -> tuple[int, int]:
        """Return columns and rows; zeros if the descriptor is no terminal."""
        try:
            return os.get_terminal_size(descriptor)
        except OSError:
            return 0, 0

    def _terminal_device(descriptor: int) -> int:
        with contextlib.suppress(OSError, AttributeError, OverflowError):  # /dev/tty has a number of its own
            return int.from_bytes(unix.fcntl.ioctl(descriptor, _TIOCGDEV, bytes(4)), sys.byteorder)
        return device_of(os.fstat(descriptor))


_LINKS_BY_NAME = {
    *("iterm.app", "vscode", "wezterm", "ghostty", "kitty", "foot", "alacritty", "contour", "rio", "hyper", "tabby"),
    *("mintty", "zed"),
}
_LINKS_BY_VARIABLE = ("KITTY_WINDOW_ID", "WEZTERM_PANE", "WT_SESSION", "ALACRITTY_WINDOW_ID", "GHOSTTY_RESOURCES_DIR")
_LINKS_BY_TERM = ("xterm-kitty", "xterm-ghostty", "foot", "alacritty", "wezterm", "contour", "rio", "mintty")


def has_links(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal is known to support OSC 8 hyperlinks; the tty and the option are not checked.

    Variables of an outer terminal do not count within tmux, which has links from 3.4 on, and GNU screen, which has
    none. FORCE_HYPERLINK has precedence, as in other programs: 0 is no, any other value yes.

    >>> has_links({"TERM": "xterm-256color", "VTE_VERSION": "7600"}), has_links({"TERM": "xterm-256color"})
    (True, False)
    """
    forced = environ.get("FORCE_HYPERLINK", "")
    if forced:
        return forced not in ("0", "false")
    term, name = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "").lower()
    if environ.get("TMUX"):
        return name == "tmux" and _version(environ.get("TERM_PROGRAM_VERSION", "")) >= (3, 4)
    if "STY" in environ or is_dumb(environ) or term.startswith(("linux", "screen", "vt", "cons25", "sun", "eterm")):
        return False
    if name in _LINKS_BY_NAME or term.startswith(_LINKS_BY_TERM):
        return True
    if any(environ.get(each) for each in _LINKS_BY_VARIABLE):
        return True
    # VTE 0.50.0 crashed over them; Konsole has them from 20.12 on.
    return _number(environ, "VTE_VERSION", 0) > 5000 or _number(environ, "KONSOLE_VERSION", 0) >= 201200


def link_host(environ: Mapping[str, str]) -> str | None:
    """Return this machine's name for file links; None if the terminal is not known to support links."""
    if not has_links(environ):
        return None
    name = unix.uname().nodename if unix.has("uname") else ""
    return "".join([each for each in name if each.isascii() and (each.isalnum() or each in ".-")])


def size_of(descriptor: int, environ: Mapping[str, str]) -> Size:
    """Return a terminal's size in cells from the kernel; else from COLUMNS and LINES; else 80 x 24."""
    columns, rows = _size_in_kernel(descriptor)
    return Size(columns or _number(environ, "COLUMNS", 80), rows or _number(environ, "LINES", 24))


def in_foreground(descriptor: int) -> bool:
    """Return whether this process is in the terminal's foreground; True also where there is no job control."""
    try:
        return bool(unix.tcgetpgrp(descriptor) == unix.getpgrp())
    except (OSError, AttributeError):
        return True


def terminal_device(descriptor: int) -> int | None:
    """Return the device number of the terminal that a descriptor leads to; None if it leads elsewhere."""
    return _terminal_device(descriptor) if is_tty(descriptor) else None


def is_at_keyboard() -> bool:
    """Return whether this process is in the foreground of a controlling terminal, so that Ctrl-C reaches its group."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | _NOCTTY)
    except OSError:
        return False
    try:
        return bool(unix.tcgetpgrp(descriptor) == unix.getpgrp())
    except OSError:
        return False
    finally:
        os.close(descriptor)


def has_keys() -> bool:
    """Return whether there is a terminal to read keys from."""
    path = "CONIN$" if sys.platform == "win32" else "/dev/tty"
    for descriptor in (-1, 2, 1, 0):
        try:
            os.close(os.open(path if descriptor < 0 else unix.ttyname(descriptor), os.O_RDWR | _NOCTTY))
        except (OSError, AttributeError):
            continue
        return True
    return False


def _version(text: str) -> tuple[int, int]:
    """Return the first two numbers of a version, such as ``3.5a`` or ``next-3.6``; zeros if there are none."""
    numbers = "".join(each if each.isdecimal() and each.isascii() else " " for each in text).split()
    return (int(numbers[0][:9]), int(numbers[1][:9])) if len(numbers) > 1 else (0, 0)


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and int(value) > 0 else default
