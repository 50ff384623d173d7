"""Protocol: a child's messages are decoded as sent, however they are split; other data has no effect."""

from __future__ import annotations

import contextlib
import json
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.core.records import LogRecord, Style, StyledLine
from reflowlog.multiprocess import protocol
from reflowlog.multiprocess.protocol import IMPORTANT, ITEMS, TEXT, Message, MessageSplitter, ProtocolError
from reflowlog.text.clean.sanitize import sanitize

ANY_TEXT = st.text(st.characters(), max_size=20)  # surrogates and controls as well
PAIRS = st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=3).map(tuple)
FIELDS = st.builds(
    LogRecord,
    time=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    level=st.integers(-(1 << 30), 1 << 30),
    level_name=ANY_TEXT,
    logger=ANY_TEXT,
    message=ANY_TEXT,
    extras=PAIRS,
    source=ANY_TEXT,
    trace=ANY_TEXT,
    columns=st.none() | st.lists(ANY_TEXT, max_size=3).map(tuple),
    hidden=PAIRS,
)
STYLED = st.sampled_from(
    ["plain", "\x1b[1;31mred\x1b[0m", "\x1b]8;;http://example.org/ü\x07link\x1b]8;;\x07", "日本\t✓\r"]
)
RECORDS = st.builds(
    lambda parts, aside: StyledLine(*sanitize("".join(parts)), None, sanitize(aside)[0]),
    st.lists(STYLED | ANY_TEXT),
    ANY_TEXT,
)
FRAMES = st.lists(st.tuples(st.sampled_from([ITEMS, IMPORTANT, TEXT]), st.integers(0, 99), st.binary(max_size=30)))


@given(st.lists(FIELDS | RECORDS, max_size=4))
def test_records_round_trip(items: list[LogRecord | StyledLine]) -> None:
    """Every item that is drawn round-trips: texts with surrogates, styles, links, extras, tracebacks."""
    assert protocol.decode(protocol.encode(items)) == items


@given(FRAMES, st.lists(st.integers(0, 200)))
def test_messages_are_split_from_any_chunks(frames: list[tuple[int, int, bytes]], cuts: list[int]) -> None:
    """Messages are split from any chunks; an incomplete message is not returned."""
    data = b"".join(protocol.pack(kind, payload, writer) for kind, writer, payload in frames)
    splitter, found = MessageSplitter(), deque[Message]()
    ends = sorted({min(cut, len(data)) for cut in cuts})
    for start, end in zip([0, *ends], [*ends, len(data)]):
        splitter.feed(data[start:end], found)
    splitter.feed(protocol.pack(TEXT, b"half")[:-1], found)
    assert list(found) == frames


@given(st.binary(max_size=200))
def test_any_bytes_are_frames_or_garbage(data: bytes) -> None:
    """No other exception is raised, and memory is bounded by the input."""
    found: deque[Message] = deque()
    with contextlib.suppress(ProtocolError):
        MessageSplitter().feed(data, found)
    assert sum(len(frame.data) for frame in found) <= len(data)


@pytest.mark.parametrize(
    "head", [b"GET / HTTP", b"\xb1\x03" + b"\0" * 8, b"\xb1\0\0\0\0\0\xff\xff\xff\xff", b"\0" * 10]
)
def test_an_invalid_header_raises(head: bytes) -> None:
    """A wrong first byte, an unknown kind or an excessive length raises; messages before it are kept."""
    found: deque[Message] = deque()
    with pytest.raises(ProtocolError):
        MessageSplitter().feed(protocol.pack(TEXT, b"one") + head, found)
    assert [frame.text for frame in found] == ["one"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=11) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=40,
)


@given(st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_data_is_harmless(data: bytes) -> None:
    """Any data is decoded to records without control characters in their texts."""
    for item in protocol.decode(data):
        if isinstance(item, StyledLine):
            assert sanitize(item.text)[0] == item.text
            assert sanitize(item.aside)[0] == item.aside
        else:
            assert isinstance(item, LogRecord)


@pytest.mark.parametrize("style", [["1m\x1b[2J", ""], ["1", "id=1;\x07"], ["", "\x1b\\"], [1, ""], [None, None]])
def test_a_style_is_validated(style: list[object]) -> None:
    """Text that would reach the terminal in a sequence has to be a valid style."""
    (item,) = protocol.decode(json.dumps([["text", [[0, 4, style]], None, ""]]).encode())
    assert isinstance(item, StyledLine)
    assert item.spans == ()
    assert "not a record" in item.text


def test_an_unsanitized_text_is_sanitized() -> None:
    """A text that was not sanitized is, and its spans, which do not fit it any more, are discarded."""
    (item,) = protocol.decode(json.dumps([["a\x1b[31mb\x1b[2J", [[0, 1, ["4", ""]]], None, ""]]).encode())
    assert item == StyledLine("ab␛[2J", ((1, 6, Style("31")),))


def test_an_oversized_message_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """An oversized message has its longest texts cut, with a note; the rest is complete."""
    monkeypatch.setattr(protocol, "MAX_PAYLOAD_BYTES", 500)
    monkeypatch.setattr(protocol, "MAX_TEXT_CHARS", 1000)
    fields = LogRecord(1.5, 20, "INFO", "app", "m" * 600, (("key", "value"),))
    data = protocol.encode([fields, StyledLine("short")])
    assert len(data) <= 500
    first, second = protocol.decode(data)
    assert isinstance(first, LogRecord)
    assert first.message.startswith("mmm")
    assert first.message.endswith("more characters were not sent)")
    assert first._replace(message="") == fields._replace(message="")
    assert second == StyledLine("short")
