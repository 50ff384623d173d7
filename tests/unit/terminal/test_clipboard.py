"""OSC 52: the exact bytes for each terminal, and that no byte of a text is among them."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.terminal.clipboard import (
    MAX_COPIED_BYTES,
    MAX_TMUX_BYTES,
    SCREEN_CHUNK_BYTES,
    clipboard_sequence,
    max_copied_bytes,
)

TMUX = {"TMUX": "/tmp/tmux-1000/default,1,0", "TERM": "screen-256color"}
SCREEN = {"STY": "1.pts-0", "TERM": "screen"}


def test_plain_terminals() -> None:
    """One sequence: the selection `c`, base64, BEL."""
    assert clipboard_sequence(b"hello", {"TERM": "xterm"}) == "\x1b]52;c;aGVsbG8=\x07"
    assert clipboard_sequence("é\n\x1b".encode(), {}) == "\x1b]52;c;w6kKGw==\x07"


def test_tmux_gets_it_twice() -> None:
    """For itself, and in its DCS with every escape doubled, for the terminal around it."""
    expected = "\x1b]52;c;aGVsbG8=\x07" + "\x1bPtmux;\x1b\x1b]52;c;aGVsbG8=\x07\x1b\\"
    assert clipboard_sequence(b"hello", TMUX) == expected
    assert clipboard_sequence(b"hello", {"TERM": "tmux-256color"}) == expected  # over ssh there is no TMUX


def test_screen_gets_it_in_parts() -> None:
    """Each in a DCS of its own; what is in them, in order, is the sequence."""
    assert clipboard_sequence(b"hello", SCREEN) == "\x1bP\x1b]52;c;aGVsbG8=\x07\x1b\\"
    data = bytes(range(256)) * 8
    sequence = clipboard_sequence(data, SCREEN)
    parts = re.findall("\x1bP(.*?)\x1b\\\\", sequence, re.DOTALL)
    assert "".join(f"\x1bP{part}\x1b\\" for part in parts) == sequence
    assert max(map(len, parts)) <= SCREEN_CHUNK_BYTES
    assert "".join(parts) == clipboard_sequence(data, {})


@given(st.binary(max_size=2000), st.sampled_from([{}, TMUX, SCREEN]))
def test_no_byte_of_the_text_acts(data: bytes, environ: dict[str, str]) -> None:
    """All that is written is the sequence around base64, which gives the text back; nothing is asked for."""
    sequence = clipboard_sequence(data, environ)
    plain = sequence.replace("\x1bP", "").replace("\x1b\\", "") if environ is SCREEN else sequence
    found = re.findall("\x1b]52;c;([A-Za-z0-9+/=]*)\x07", plain)
    assert found
    assert all(base64.b64decode(each) == data for each in found)
    rest = re.sub("[A-Za-z0-9+/=]", "", sequence)
    assert not set(rest) - set("\x1b\x07\\];")
    assert "?" not in sequence


@pytest.mark.parametrize(("environ", "limit"), [({}, MAX_COPIED_BYTES), (TMUX, MAX_TMUX_BYTES)])
def test_the_size_is_bounded(environ: dict[str, str], limit: int) -> None:
    """Tmux drops a sequence of more than 1 MiB, so that it gets less."""
    assert max_copied_bytes(environ) == limit
    assert clipboard_sequence(b"x" * limit, environ)
    with pytest.raises(ValueError, match="too long"):
        clipboard_sequence(b"x" * (limit + 1), environ)
