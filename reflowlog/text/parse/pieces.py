r"""Lines that a container runtime has cut into pieces: which lines are pieces of one text, and the text. Pure.

Invariants:
- A piece of CRI has a ``P`` before its text; one of docker's json-file has no newline at the end of it. The text goes
  on in the next line of the same stream, whatever other streams write in between. `PieceChain` is the only place where
  that is decided: for what is searched, and for what is shown.
- What is shown keeps the header of the first piece. What is searched has the text behind it only, of docker.
- A text that is joined is bounded: a longer one is several, see the limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.sanitize import strip_colours
from reflowlog.text.parse.multiline import prefix_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

__all__ = [
    "MAX_JOINED_BYTES",
    "JoinedLine",
    "PieceChain",
    "PieceJoiner",
    "end_of_whole_texts",
    "join_line",
    "joined_pieces",
]

MAX_JOINED_BYTES = 256 << 10  # bytes of the lines that are held for a text, and of all that are held with it
MAX_JOINED_LINES = 256  # lines that are held at most, because a text above them is not complete

_docker_text = lazy_pattern(rb'\{"log":"((?:[^"\\]|\\.)*)"')

_Key = TypeVar("_Key")


class PieceChain(Generic[_Key]):
    """Follows the lines of an input, and finds for each piece the line that began its text.

    Attributes:
        begun: keys of the first lines of the texts that go on, by source and stream.
    """

    def __init__(self) -> None:
        self.begun: dict[tuple[Hashable, bytes], _Key] = {}

    def first_of(self, line: bytes, key: _Key, source: Hashable = None) -> _Key | None:
        """Return the key of the line that began the text which a line continues; None if it begins one itself.

        Args:
            line: without its newline.
            key: of the line.
            source: of the line, if there are several.
        """
        prefix = prefix_of(strip_colours(line))
        stream = source, prefix.service
        first = self.begun.get(stream)
        if first is None:
            if prefix.is_piece:
                self.begun[stream] = key
        elif not prefix.is_piece:
            del self.begun[stream]
        return first


def joined_pieces(data: bytes) -> list[tuple[int, bytes]]:
    r"""Return the texts that a container runtime has cut into lines of a chunk, with the offset of the first line.

    A text has the prefix of its first line, but in the JSON of docker. The pieces of other streams may be in between.

    >>> lines = b"2024-05-01T10:00:00Z stdout P it fai\n2024-05-01T10:00:00Z stdout F led\n"
    >>> joined_pieces(lines)
    [(0, b'2024-05-01T10:00:00Z stdout P it failed')]
    """
    chain: PieceChain[int] = PieceChain()
    found: dict[int, list[bytes]] = {}
    offset = 0
    for line in data.split(b"\n"):
        first = chain.first_of(line, offset)
        if first is not None:
            body = prefix_of(strip_colours(line)).body
            found.setdefault(first, []).append(body)
        elif offset in chain.begun.values():
            found[offset] = [prefix_of(line).body if line[:1] == b"{" else line]
        offset += len(line) + 1
    return sorted((at, b"".join(texts)) for at, texts in found.items())


def end_of_whole_texts(data: bytes) -> int:
    r"""Return the end of the first lines of a chunk in which all texts are complete.

    It is the end of the chunk if `MAX_JOINED_BYTES` or `MAX_JOINED_LINES` are behind them, as for `PieceJoiner`.

    >>> end_of_whole_texts(b"2024-05-01T10:00:00Z stdout P it\n2024-05-01T10:00:00Z stderr F x\n")
    0
    """
    chain: PieceChain[int] = PieceChain()
    whole = end = count = 0
    for line in data.removesuffix(b"\n").split(b"\n"):
        chain.first_of(line, end)
        end += len(line) + 1
        count += 1
        if not chain.begun:
            whole, count = end, 0
    return len(data) if end - whole > MAX_JOINED_BYTES or count > MAX_JOINED_LINES else min(whole, len(data))


def join_line(lines: Sequence[bytes]) -> bytes:
    r"""Return the line that pieces are shown as: the first one, with the texts of the others behind its own.

    >>> join_line([b'{"log":"it fai","stream":"stdout"}', b'{"log":"led\\n","stream":"stdout"}'])
    b'{"log":"it failed\\n","stream":"stdout"}'
    """
    first, *others = lines
    if not others:
        return first
    found = _docker_text.match(first)
    if found is None:
        return b"".join([first, *(prefix_of(strip_colours(line)).body for line in others)])
    texts = [each[1] for each in map(_docker_text.match, others) if each is not None]
    return b"".join([first[: found.end(1)], *texts, first[found.end(1) :]])


class JoinedLine(NamedTuple):
    """Line as it is shown, of one line of the input or of pieces.

    Attributes:
        number: of its first line in the input.
        line: without its newline.
        pieces: numbers of the others.
    """

    number: int
    line: bytes
    pieces: Sequence[int] = ()


class PieceJoiner:
    """Joins the pieces in a stream of lines. A text is complete with its last piece, or where it gets too long.

    Lines are returned in their order, so those behind a text that is not complete are held as well.

    Args:
        number: of the first line.
    """

    def __init__(self, number: int = 0) -> None:
        self.end = number  # number of the next line
        self._chain: PieceChain[int] = PieceChain()
        self._held: dict[int, list[tuple[int, bytes]]] = {}  # by the number of the first line, ascending
        self._size = 0  # bytes of those lines

    @property
    def settled(self) -> int:
        """Number of the first line that is held; of the next line if none is."""
        return next(iter(self._held), self.end)

    def feed(self, lines: Sequence[bytes], sources: Sequence[Hashable] = ()) -> list[JoinedLine]:
        """Take lines without their newlines, and return those that are complete; `sources` are those of the lines."""
        complete: list[JoinedLine] = []
        held, chain = self._held, self._chain
        for at, line in enumerate(lines):
            first = chain.first_of(line, self.end, sources[at] if sources else None)
            held.setdefault(self.end if first is None else first, []).append((self.end, line))
            self._size += len(line)
            self.end += 1
            while held and (not chain.begun or next(iter(held)) not in chain.begun.values()):
                complete.append(self._take())
            if self._size > MAX_JOINED_BYTES or len(held) > MAX_JOINED_LINES:
                complete += self.flush()
        return complete

    def pending(self) -> list[JoinedLine]:
        """Return the held lines, joined as far as they are known."""
        return [_joined(lines) for lines in self._held.values()]

    def flush(self) -> list[JoinedLine]:
        """Return the held lines; the next piece begins a text."""
        self._chain.begun.clear()
        return [self._take() for _ in range(len(self._held))]

    def _take(self) -> JoinedLine:
        lines = self._held.pop(next(iter(self._held)))
        self._size -= sum(len(line) for _, line in lines)
        return _joined(lines)


def _joined(lines: Sequence[tuple[int, bytes]]) -> JoinedLine:
    return JoinedLine(lines[0][0], join_line([line for _, line in lines]), [number for number, _ in lines[1:]])
