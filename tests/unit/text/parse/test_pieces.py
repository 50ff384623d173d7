"""Pieces of lines that a container runtime has cut: which belong together, and within which bounds."""

from __future__ import annotations

import json
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from reflowlog.text.parse.pieces import MAX_JOINED_BYTES, JoinedLine, PieceJoiner, join_line, joined_pieces

CRI = b"2024-05-01T10:00:00.123456789Z "


def joined(lines: list[bytes], *sizes: int) -> list[JoinedLine]:
    """Return the lines as they are shown, fed in parts of some sizes."""
    joiner, found, at = PieceJoiner(), [], 0
    for size in (*sizes, len(lines)):
        found += joiner.feed(lines[at : at + size])
        at += size
    return found + joiner.flush()


def test_pieces_of_streams_are_joined() -> None:
    """Each behind the first one of its stream, which keeps its place before what came in between."""
    lines = [CRI + b"stdout P it ", CRI + b"stderr F other", CRI + b"stdout P has ", CRI + b"stdout F failed", b"end"]
    assert joined(lines) == [
        JoinedLine(0, CRI + b"stdout P it has failed", [2, 3]),
        JoinedLine(1, lines[1], []),
        JoinedLine(4, b"end", []),
    ]


def test_pieces_of_docker_are_one_object() -> None:
    """The object of the first piece has the text of all."""
    lines = [b'{"log":"a \\"b\\u00e4","stream":"stdout","time":"1"}', b'{"log":" c\\n","stream":"stdout","time":"2"}']
    assert json.loads(join_line(lines)) == {"log": 'a "bä c\n', "stream": "stdout", "time": "1"}
    assert [each.pieces for each in joined(lines)] == [[1]]


def test_sources_are_kept_apart() -> None:
    """The streams of two files have the same names."""
    joiner = PieceJoiner()
    lines = [CRI + b"stdout P one ", CRI + b"stdout F two", CRI + b"stdout F three"]
    assert [list(each.pieces) for each in joiner.feed(lines, [0, 1, 0])] == [[2], []]
    assert joiner.settled == joiner.end == 3


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12), st.lists(st.integers(0, 4), max_size=6))
def test_what_is_joined_is_what_is_searched(kinds: list[tuple[bool, bool]], sizes: list[int]) -> None:
    """However the lines arrive, and each line is shown once."""
    lines = [
        CRI + b"%s %s text%d" % (b"stdout" if is_out else b"stderr", b"P" if goes_on else b"F", number)
        for number, (is_out, goes_on) in enumerate(kinds)
    ]
    found = joined(lines, *sizes)
    assert sorted(number for each in found for number in (each.number, *each.pieces)) == list(range(len(lines)))
    assert [each.number for each in found] == sorted(each.number for each in found)
    searched = [text for _, text in joined_pieces(b"".join(line + b"\n" for line in lines))]
    goes_on = [each.line for each in found if each.pieces or b" P " in each.line]
    assert goes_on == searched


def test_a_text_without_an_end_is_bounded() -> None:
    """Here 100 MB, of which never more than the bound is held."""
    joiner = PieceJoiner()
    piece = CRI + b"stdout P " + b"x" * (16 << 10)
    size = 0
    tracemalloc.start()
    for _ in range((100 << 20) // len(piece)):
        size += sum(len(each.line) for each in joiner.feed([piece]))
        assert sum(len(each.line) for each in joiner.pending()) <= MAX_JOINED_BYTES
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 99 << 20
    assert peak < 8 * MAX_JOINED_BYTES


def test_lines_behind_a_text_that_does_not_end_are_not_held_for_ever() -> None:
    """The program was killed, and another stream writes on."""
    joiner = PieceJoiner()
    joiner.feed([CRI + b"stdout P it "])
    found = [each for _ in range(1000) for each in joiner.feed([CRI + b"stderr F x"])]
    assert found[0].line == CRI + b"stdout P it "
    assert len(found) > 700
