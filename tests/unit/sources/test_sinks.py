"""Sinks: lines are whole, whatever is cut where."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reflowlog.core.line_splitter import LineSplitter
from reflowlog.sources.sinks import PrefixSink


@given(st.lists(st.text("a\n", max_size=5).map(str.encode)))
def test_lines_are_made_whole(chunks: list[bytes]) -> None:
    """Whatever is cut where: whole lines come out, all of them, and the rest at the end."""
    splitter = LineSplitter()
    lines = [splitter.feed(chunk) for chunk in chunks]
    assert all(each.endswith(b"\n") for each in lines if each)
    rest = splitter.flush_partial()
    assert b"\n" not in rest
    assert b"".join(lines) + rest == b"".join(chunks)
    assert splitter.flush_partial() == b""


@given(st.lists(st.binary(max_size=6), max_size=12))
def test_marked_lines(chunks: list[bytes]) -> None:
    """Each line has the mark before it, once, wherever the pieces are cut; the last one ends."""
    said: list[str] = []
    sink = PrefixSink("m ", said.append)
    for chunk in chunks:
        sink.write(chunk)
    sink.end()
    lines = b"".join(chunks).decode("utf-8", "replace").split("\n")
    assert "".join(said) == "".join([f"m {line}\n" for line in lines[:-1] + [each for each in lines[-1:] if each]])
