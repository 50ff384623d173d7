r"""Control sequence that puts a text into the terminal's clipboard (OSC 52). It is written, and never asked for.

Invariants:
- The text is in base64, so no byte of it acts on a terminal.
- tmux takes the sequence itself where ``set-clipboard`` is ``on``, and passes on one in its own DCS where
  ``allow-passthrough`` is on. So both are written: where tmux takes both, the same text is set twice. With
  ``external``, the default of ``set-clipboard``, it ignores what a program writes, and only its own command sets the
  clipboard (`TMUX_COMMAND`).
- GNU screen passes on what is in a DCS of at most some hundred bytes. So the sequence is cut into several.
- It ends with BEL, because a string terminator would end the DCS around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_COPIED_BYTES", "TMUX_COMMAND", "clipboard_sequence", "max_copied_bytes"]

MAX_COPIED_BYTES = 1_000_000
"""Bytes of a text that is copied at most."""

MAX_TMUX_BYTES = 780_000
"""Bytes of a text whose sequence tmux takes: it drops one that is longer than 1 MiB."""

TMUX_COMMAND = ("tmux", "if-shell", "-F", "#{==:#{set-clipboard},external}", "load-buffer -w -")
"""Command that sets the clipboard to its standard input where tmux ignores the sequence; else it does nothing."""

SCREEN_CHUNK_BYTES = 240
"""Bytes in one DCS of GNU screen; older versions take 256."""

_ESC, _DCS, _ST, _BEL = "\x1b", "\x1bP", "\x1b\\", "\x07"


def max_copied_bytes(environ: Mapping[str, str]) -> int:
    """Return the largest size in bytes of a text that the terminal takes."""
    return MAX_TMUX_BYTES if _is_tmux(environ) else MAX_COPIED_BYTES


def clipboard_sequence(data: bytes, environ: Mapping[str, str]) -> str:
    r"""Return the sequence that puts a text into the clipboard.

    Args:
        data: the text.
        environ: the environment, which tells tmux and GNU screen.

    Raises:
        ValueError: the text is longer than `max_copied_bytes`.

    Examples:
        >>> clipboard_sequence(b"hello", {})
        '\x1b]52;c;aGVsbG8=\x07'
        >>> clipboard_sequence(b"hello", {"STY": "1.pts-0"})
        '\x1bP\x1b]52;c;aGVsbG8=\x07\x1b\\'
    """
    if len(data) > max_copied_bytes(environ):
        raise ValueError("the text is too long for the clipboard")
    import base64  # start-up cost: most viewers copy nothing

    plain = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}{_BEL}"
    if _is_tmux(environ):
        return f"{plain}{_DCS}tmux;{plain.replace(_ESC, _ESC + _ESC)}{_ST}"
    if "STY" in environ or environ.get("TERM", "").startswith("screen"):
        cut = [plain[at : at + SCREEN_CHUNK_BYTES] for at in range(0, len(plain), SCREEN_CHUNK_BYTES)]
        return "".join([f"{_DCS}{each}{_ST}" for each in cut])
    return plain


def _is_tmux(environ: Mapping[str, str]) -> bool:
    return bool(environ.get("TMUX")) or environ.get("TERM", "").startswith("tmux")
