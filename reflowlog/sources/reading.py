"""Sources: what reads, and turns what it reads into pieces of bytes, or into events.

Rules of this file:
- A source owns the descriptors that it reads, nothing else. A `Reader` has a thread of its own, which waits while the
  inbox is full, so whoever writes into the pipe waits too.
- A `Stream` reads its inputs one after another, then follows those that can grow. All bytes of an input come out, in
  their order; lines of two inputs are never joined into one.
- What a file is, is known by what it holds, never by its name. A compressed file is read straight through, in bounded
  memory; of a damaged one, all that can be had comes out before the complaint.
- One input that fails is told in one line, and the others go on.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from reflowlog.descriptors import OutputClosed, above, read_some, widen, write_all
from reflowlog.model import Chunk, Ended
from reflowlog.sources.filewatch import FileWatch, read_at
from reflowlog.sources.listen import is_address, listen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = [
    "FileTee",
    "Followed",
    "Input",
    "LineCutter",
    "Marked",
    "Reader",
    "Sink",
    "Stream",
    "Tee",
    "begin",
    "can_grow",
    "is_stream",
    "is_viewable",
    "open_input",
    "pour",
    "unpack",
]

PIECE = 1 << 18  # bytes in one event: small enough that a new width never waits long behind it
STANDARD_INPUT = "standard input"
LOOK = 0.1  # seconds between two looks at files that are followed
SOON = 0.02  # seconds between two looks while they grow,
LIVELY = 1.0  # and for so many seconds after that
PATIENCE = 1.0  # seconds that the half line of one of several files is waited with for its end

_BITE = 1 << 16  # compressed bytes that are read at once
_STEP = 1 << 14  # bytes that are unpacked at once: no more can be lost before damage
_SMALL_BITE = 1 << 10  # compressed bytes, for a library that cannot be told how much to unpack


class Input(NamedTuple):
    """Something to read.

    Attributes:
        name: for messages; a file's path.
        descriptor: open for reading.
        packing: how it is compressed: ``gzip``, ``bzip2``, ``xz``, ``zstd``; empty if it is not.
        pieces: reads it in its own way, as `PtyChild.pieces` does; None for a descriptor that is read to its end.
        begin: starts what writes into the descriptor, and has it tell in one line what becomes of it: that is asked for
            the wanted part alone, and goes on for ever. None for all else.
    """

    name: str
    descriptor: int
    packing: str = ""
    pieces: Callable[[float | None, int | None], Iterator[bytes]] | None = None
    begin: Callable[[Callable[[str], None]], None] | None = None
    runs: Callable[[int], list[tuple[str, int]]] | None = None


def open_input(name: str, since: float | None = None, tail: int | None = None) -> Input:
    """A file by its name; ``-`` is standard input, never unpacked; a stream by its URL; what is sent to an address.

    Args:
        name: the name, or the URL.
        since: of a stream, seconds since the epoch of the oldest message that is wanted; None: all.
        tail: of a stream, how many lines at the end of what it holds are wanted; None: all.

    Raises:
        OSError: it cannot be opened, is a directory, or is compressed in a way that cannot be read here.
    """
    if name == "-":
        return Input(STANDARD_INPUT, 0)
    if is_stream(name):
        from reflowlog.stream.intake import Intake

        intake = Intake(name, since, tail)
        runs = intake.runs if intake.has_many else None
        return Input(intake.name, intake.descriptor, begin=intake.begin, runs=runs)
    if is_address(name):
        return Input(name, listen(name), begin=lambda _: None)
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.read(descriptor, 0)
        packing = _packing(descriptor)
        if packing:
            _unpacker(packing)
    except OSError:
        os.close(descriptor)
        raise
    return Input(name, descriptor, packing)


def begin(inputs: Iterable[Input], complain: Callable[[str], None]) -> None:
    """Start what has to be started before they are read; it tells in one line what becomes of it."""
    for each in inputs:
        if each.begin is not None:
            each.begin(complain)


def has_sources(inputs: Sequence[Input]) -> bool:
    """Whether lines may be of several sources."""
    return len(inputs) > 1 or any(each.runs is not None for each in inputs)


def is_stream(name: str) -> bool:
    """Whether what stands for a file is the URL of a stream."""
    return name.startswith(("nats://", "tls://"))


def is_viewable(name: str) -> bool:
    """Whether a file can be read at any place of it: it is regular, not compressed, and its size is what it holds.

    False also for what cannot be opened; `open_input` tells why.
    """
    try:
        if name == "-" or not stat.S_ISREG(os.stat(name).st_mode):  # to open a FIFO would wait for its writer
            return False
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return _has_its_size(descriptor) and not _packing(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _has_its_size(descriptor: int) -> bool:
    """Whether a descriptor is a regular file, other than those of /proc, of size 0, and of /sys, of a whole page."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        return False
    last = read_at(descriptor, 1, max(found.st_size - 1, 0))
    return bool(last) == (found.st_size > 0)


# -- compressed files --------------------------------------------------------------------------------------------------


class _Unpacker(Protocol):
    """What unpacks one member of a compressed file, as `bz2.BZ2Decompressor` does."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def _packing(descriptor: int) -> str:
    """How a regular file is compressed, by its first bytes; empty if it is not."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return ""
    head = read_at(descriptor, 10, 0)
    if head.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "zstd"
    if head.startswith(b"BZh") and head[4:] in (b"1AY&SY", b"\x17rE8P\x90"):  # three letters alone may be a text's
        return "bzip2"
    return ""


def _unpacker(packing: str) -> Callable[[], _Unpacker]:
    """What makes an unpacker for each member of a file.

    Raises:
        OSError: there is none; the text says what helps.
    """
    try:
        if packing == "gzip":
            return _Gzip
        if packing == "bzip2":
            from bz2 import BZ2Decompressor

            return BZ2Decompressor
        if packing == "xz":
            from lzma import LZMADecompressor

            return LZMADecompressor
    except ImportError:
        raise OSError(errno.ENOTSUP, f"it is compressed with {packing}, which this Python was built without") from None
    with contextlib.suppress(ImportError):
        from compression.zstd import ZstdDecompressor  # type: ignore[import-not-found, unused-ignore]

        return ZstdDecompressor  # type: ignore[no-any-return, unused-ignore]
    try:
        import zstandard  # type: ignore[import-not-found, unused-ignore] # noqa: F401 - only whether it is there
    except ImportError:
        raise OSError(errno.ENOTSUP, "it is compressed with zstd; pip install 'reflowlog[zstd]' reads it") from None
    return _Zstandard


class _Gzip:
    """`zlib`, as one of `_Unpacker`."""

    def __init__(self) -> None:
        import zlib

        self._object = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._object.decompress(self._object.unconsumed_tail + data, max_length)
        self.needs_input = not self._object.unconsumed_tail and len(out) < max_length
        return out


class _Zstandard:
    """`zstandard`, as one of `_Unpacker`; it unpacks all that it is given, so it is given little."""

    def __init__(self) -> None:
        import zstandard

        self._object = zstandard.ZstdDecompressor().decompressobj()
        self._left = memoryview(b"")

    @property
    def eof(self) -> bool:
        return bool(self._object.eof)

    @property
    def needs_input(self) -> bool:
        return not self._left

    @property
    def unused_data(self) -> bytes:
        return bytes(self._object.unused_data) + bytes(self._left)

    def decompress(self, data: bytes, max_length: int) -> bytes:  # noqa: ARG002 - see above
        if data:
            self._left = memoryview(bytes(self._left) + data)
        bite, self._left = self._left[:_SMALL_BITE], self._left[_SMALL_BITE:]
        return bytes(self._object.decompress(bite))


def unpack(source: Input, piece: int = PIECE) -> Iterator[bytes]:
    """What a compressed file holds, in pieces of so many bytes.

    Raises:
        OSError: it cannot be read, is damaged or cut off; all that can be had has come out before.
    """
    gathered: list[bytes] = []
    size = 0
    failure: OSError | None = None
    try:
        for data in _members(source.descriptor, _unpacker(source.packing)):
            gathered.append(data)
            size += len(data)
            if size >= piece:
                whole = b"".join(gathered)
                gathered, size = [], 0
                for start in range(0, len(whole), piece):
                    yield whole[start : start + piece]
    except EOFError:
        failure = OSError(errno.EIO, "its end is missing")
    except Exception as error:  # each library has its own
        cannot_be_read = isinstance(error, OSError) and error.errno is not None
        failure = error if cannot_be_read else OSError(errno.EIO, "it is damaged")  # type: ignore[assignment]
    if gathered:
        yield b"".join(gathered)
    if failure is not None:
        raise failure


def _members(descriptor: int, make: Callable[[], _Unpacker]) -> Iterator[bytes]:
    """What the members of a compressed file hold, one after another; zeros may stand between and after them.

    Raises:
        EOFError: the last one is cut off.
    """
    data = read_some(descriptor, _BITE)
    while data:
        member = make()
        while not member.eof:
            if not data and member.needs_input:
                data = read_some(descriptor, _BITE)
                if not data:
                    raise EOFError
            yield member.decompress(data, _STEP)
            data = b""
        data = member.unused_data.lstrip(b"\0")
        while not data and (more := read_some(descriptor, _BITE)):
            data = more.lstrip(b"\0")


# -- what is read, and followed ----------------------------------------------------------------------------------------


class Stream:
    """All inputs as one iterator of pieces, each of at most `PIECE` bytes; for one thread.

    Besides bytes it gives ``None`` where an input ends, or a followed file begins anew: what comes next belongs to no
    line before it; and ``b""`` where nothing has come for `pause` seconds, once.

    Args:
        inputs: what to read, in this order.
        complain: told in one line what could not be read, and what has become of a file that is followed.
        follow: whether to go on, for ever, with what is written to the regular files among them.
        pause: seconds; None gives no pauses.
        watched: a descriptor to which the pieces are written; while nothing comes it is noticed when nobody reads that
            any more.

    Raises:
        OutputClosed: that is so.

    Attributes:
        failed: whether something could not be read.
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        complain: Callable[[str], None],
        *,
        follow: bool = False,
        pause: float | None = None,
        watched: int | None = None,
    ) -> None:
        self._inputs = inputs
        self._complain = complain
        self._follow = follow
        self._pause = pause
        self._watched = watched
        self._giver: Followed | None = None  # whose piece was the last to come out
        self._quiet, self._since = True, 0.0  # whether a pause has been told since then, and when that was
        self.failed = False

    def __iter__(self) -> Iterator[bytes | None]:
        """Read."""
        growing = [self._follow and can_grow(source) for source in self._inputs]
        patience = PATIENCE if sum(growing) > 1 else 0.0
        followed: list[Followed] = []
        for source, grows in zip(self._inputs, growing):
            if grows:
                followed.append(Followed(source, patience, self._complain))
                yield from self._news(followed)
            else:
                yield from self._whole(source)
        while followed:
            yield from self._news(followed)
            if self._pause is not None and not self._quiet and time.monotonic() - self._since >= self._pause:
                self._quiet = True
                yield b""
            self._wait(None, SOON if time.monotonic() - self._since < LIVELY else LOOK)

    def _whole(self, source: Input) -> Iterator[bytes | None]:
        """What an input holds, to its end."""
        if self._giver is not None:
            self._giver = None
            yield None
        try:
            if source.pieces is not None:
                yield from source.pieces(self._pause, self._watched)
            elif source.packing:
                yield from unpack(source)
            else:
                yield from self._read(source.descriptor)
        except OSError as error:
            self._fail(source.name, error)
        yield None

    def _read(self, descriptor: int) -> Iterator[bytes]:
        """What is there, as it comes, until it ends."""
        widen(descriptor)
        quiet = True
        while True:
            if self._pause is not None and not quiet and not self._wait(descriptor, self._pause):
                yield b""
            if self._watched is not None:
                self._wait(descriptor, None)
            data = read_some(descriptor, PIECE)
            if not data:
                return
            quiet = False
            yield data

    def _news(self, followed: list[Followed]) -> Iterator[bytes | None]:
        """What has been written to files since they were last asked; those that cannot be read any more leave."""
        for each in tuple(followed):
            try:
                for data in each.news():
                    if self._giver not in (None, each if data is not None else None):
                        yield None
                    self._giver = None if data is None else each
                    if data is not None:
                        self._quiet, self._since = False, time.monotonic()
                        yield data
            except OSError as error:
                self._fail(each.name, error)
                followed.remove(each)

    def _wait(self, descriptor: int | None, seconds: float | None) -> bool:
        """Wait until there is something to read: False if there is not within that time.

        Raises:
            OutputClosed: nobody reads what is watched.
        """
        if not hasattr(select, "poll"):
            if descriptor is None and seconds is not None:
                time.sleep(seconds)
            return True
        poll = select.poll()
        if descriptor is not None:
            poll.register(descriptor, select.POLLIN)
        if self._watched is not None:
            poll.register(self._watched, 0)  # which tells errors only
        ready = [number for number, _ in poll.poll(None if seconds is None else seconds * 1000)]
        if self._watched in ready:
            raise OutputClosed("nobody reads")
        return bool(ready)

    def _fail(self, name: str, error: OSError) -> None:
        self.failed = True
        self._complain(f"cannot read {name}: {error.strerror or error}")


def can_grow(source: Input) -> bool:
    """Whether an input is a file that can be followed."""
    if source.name == STANDARD_INPUT or source.packing or source.pieces is not None:
        return False
    try:
        return _has_its_size(source.descriptor)
    except OSError:
        return False


class Followed:
    """A file that is read as it grows, whatever becomes of it: the rules of ``tail -F``.

    Args:
        source: the file; its descriptor is closed once another file has its name.
        patience: seconds for which half a line is kept back.
        complain: told what has become of the file.
        position: bytes of it that are passed over.
        piece: bytes that are read at once, at most.
    """

    def __init__(
        self,
        source: Input,
        patience: float,
        complain: Callable[[str], None],
        position: int = 0,
        piece: int = PIECE,
    ) -> None:
        self.name = source.name
        self.position = position
        self._piece = piece
        self._descriptor = source.descriptor
        self._watch = FileWatch(source.descriptor, source.name)
        self._patience = patience
        self._complain = complain
        self._half: list[bytes] = []  # a line that has not ended
        self._since = 0.0  # when it last grew
        self._gone = False  # whether that was told

    def news(self) -> Iterator[bytes | None]:
        """What has been written since the last call: whole lines, and half ones that have waited; None: a new file.

        Raises:
            OSError: it cannot be read any more.
        """
        change = self._watch.look(self.position)
        if change.truncated:
            self._complain(f"{self.name} was truncated: going on from its start")
            yield from self._begin()
        yield from self._grown()
        if change.gone and not self._gone:
            self._complain(f"{self.name} is gone: waiting for another one")
        self._gone = change.gone
        if change.replaced and self._is_taken_over() and (descriptor := self._reopen()) is not None:
            yield from self._grown()
            os.close(self._descriptor)
            self._descriptor = descriptor
            self._complain(f"{self.name} was replaced: going on with the new one")
            yield from self._begin()
            yield from self._grown()
        if self._half and time.monotonic() - self._since >= self._patience:
            yield self._take_half()

    def _grown(self) -> Iterator[bytes]:
        """What there is of the open file beyond what was read, in whole lines."""
        while data := read_at(self._descriptor, self._piece, self.position):
            self.position += len(data)
            self._since = time.monotonic()
            end = data.rfind(b"\n") + 1 if self._patience else len(data)
            if end:
                yield (self._take_half() + data[:end])  # in one piece: each piece is whole lines
            if end < len(data):
                self._half.append(data[end:])

    def _begin(self) -> Iterator[bytes | None]:
        """Start over with another file, or another content."""
        if self._half:
            yield self._take_half()
        self.position = 0
        yield None

    def _take_half(self) -> bytes:
        half, self._half = b"".join(self._half), []
        return half

    def _is_taken_over(self) -> bool:
        """Whether the new file is written to: until then who writes may still have the old one open."""
        try:
            return os.stat(self.name).st_size > 0
        except OSError:
            return False

    def _reopen(self) -> int | None:
        """The new file, or None as long as it cannot be opened."""
        try:
            return self._watch.reopen()
        except OSError:
            return None


class LineCutter:
    """Makes whole lines of pieces that are cut anywhere."""

    def __init__(self) -> None:
        self._tail: list[bytes] = []

    def feed(self, data: bytes) -> bytes:
        """The lines that end in `data`, from their beginnings."""
        end = data.rfind(b"\n") + 1
        whole = b""
        if end:
            whole = b"".join([*self._tail, memoryview(data)[:end]])
            self._tail.clear()
        if end < len(data):
            self._tail.append(data[end:])
        return whole

    def rest(self) -> bytes:
        """The line that has not ended; the next one begins anew."""
        tail = b"".join(self._tail)
        self._tail.clear()
        return tail


class Sink(Protocol):
    """Where pieces of inputs go, cut anywhere."""

    def write(self, data: bytes) -> None:
        """One more piece."""

    def pause(self) -> None:
        """Nothing has come for a while."""

    def end(self) -> None:
        """An input has ended: what comes next belongs to another."""


def pour(stream: Iterable[bytes | None], sink: Sink, tee: Callable[[bytes], None] | None) -> None:
    """All that a stream brings goes into a sink, and a copy of it into a tee."""
    for data in stream:
        if data is None:
            sink.end()
        elif data:
            if tee is not None:
                tee(data)
            sink.write(data)
        else:
            sink.pause()


class _Sender:
    """A sink that sends events."""

    def __init__(self, send: Callable[[object, int], None]) -> None:
        self._send = send

    def write(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE):  # no larger than what is read, whatever was held back
            piece = data[start : start + PIECE] if len(data) > PIECE else data
            self._send(Chunk(piece), len(piece))

    def pause(self) -> None:
        """Time is nobody's event."""

    def end(self) -> None:
        self._send(Ended(), 0)


class Marked:
    """A sink that says each line with a mark before it, as Compose does with the names of services.

    It is a speaker of its own: lines of others may come between two of its, and none is ever joined to one.

    Args:
        mark: what stands before each line.
        say: takes text, cut anywhere.
    """

    def __init__(self, mark: str, say: Callable[[str], None]) -> None:
        from codecs import getincrementaldecoder

        self._mark = mark
        self._say = say
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._is_open = False  # whether a line has not ended

    def write(self, data: bytes) -> None:
        """One more piece."""
        self._take(self._decode(data))

    def _take(self, text: str) -> None:
        if text:
            before = "" if self._is_open else self._mark
            self._is_open = not text.endswith("\n")
            inner = text if self._is_open else text[:-1]
            self._say(before + inner.replace("\n", f"\n{self._mark}") + text[len(inner) :])

    def pause(self) -> None:
        """Time is nobody's event."""

    def end(self) -> None:
        """No line goes on."""
        self._take(self._decode(b"", True))
        if self._is_open:
            self._is_open = False
            self._say("\n")


class Tee(Protocol):
    """Takes a copy of what was read.

    Attributes:
        complain: told in one line what goes wrong.
    """

    complain: Callable[[str], None]

    def begin(self) -> None:
        """There is something to copy: what is there already may be replaced now."""

    def __call__(self, data: bytes) -> None:
        """One more piece, after `begin`; it raises nothing."""

    def close(self, timeout: float | None = None) -> None:
        """That was all: finish, at most within so many seconds; harmless twice."""

    @property
    def failed(self) -> bool:
        """Whether something is missing in the copy."""


class FileTee:
    """Writes what was read into a file as well, byte for byte; a failure is told once and ends only that.

    Args:
        path: of the file; it is emptied by `begin`.
        complain: told in one line what went wrong.
    """

    def __init__(self, path: str, complain: Callable[[str], None]) -> None:
        self._path = path
        self.complain = complain
        self._descriptor: int | None = None
        self.failed = False

    def begin(self) -> None:
        """Open the file, and empty it."""
        try:
            self._descriptor = above(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666))
        except OSError as error:
            self._fail(error)

    def __call__(self, data: bytes) -> None:
        """Write; any failure ends the copy, not the caller."""
        if self._descriptor is None:
            return
        try:
            write_all(self._descriptor, data)
        except Exception as error:  # whatever it is, the log itself goes on
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) else str(error)
        self.failed = True
        self.close()
        self.complain(f"cannot write {self._path}: {why}; going on without it")

    def close(self, timeout: float | None = None) -> None:  # noqa: ARG002 - every tee is asked
        """Close the file; harmless twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Reader(threading.Thread):
    """Reads inputs on a thread of its own and sends what they hold; a line that ends with its input does so by `Ended`.

    Args:
        inputs: what to read, in this order.
        send: takes each event, with its bytes; it may wait.
        tee: called with each piece first.
        complain: told in one line what could not be read.
        finished: called at the very end, whatever happened.
        follow: whether to go on, for ever, with what is written to files.
        through: makes the sink that all goes through from one that sends it.
        pause: seconds without input after which that sink is told of a pause.
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        send: Callable[[object, int], None],
        tee: Callable[[bytes], None] | None,
        complain: Callable[[str], None],
        finished: Callable[[], object],
        *,
        follow: bool = False,
        through: Callable[[Sink], Sink] = lambda sink: sink,
        pause: float | None = None,
    ) -> None:
        super().__init__(name="reflowlog-reader", daemon=True)
        self._stream = Stream(inputs, complain, follow=follow, pause=pause)
        self._sink = through(_Sender(send))
        self._tee = tee
        self._finished = finished

    @property
    def failed(self) -> bool:
        """Whether something could not be read; any thread may ask."""
        return self._stream.failed

    def run(self) -> None:
        """Read everything."""
        try:
            pour(self._stream, self._sink, self._tee)
        finally:
            self._finished()
