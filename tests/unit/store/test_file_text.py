"""File that others change while it is read: earlier content stays readable, and each change is reported once."""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reflowlog.store.document import Document
from reflowlog.store.file_text import FileText
from reflowlog.store.spool import Evicted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

made: list[FileText] = []


@pytest.fixture(autouse=True)
def close_all() -> Iterator[None]:
    """Close every file that a test has opened."""
    yield
    while made:
        made.pop().close()


class Tiny(FileText):
    """A file whose lines are counted by 16 bytes, read by 40, with two old files."""

    COUNT_STEP_BYTES = 16
    READ_BYTES = 40
    MAX_OLD_FILES = 2


def text_file(path: Path, content: bytes = b"", kind: type[FileText] = Tiny) -> FileText:
    """Write a file and open it."""
    path.write_bytes(content)
    made.append(kind(str(path), os.open(path, os.O_RDONLY)))
    return made[-1]


def append(path: Path, content: bytes) -> None:
    """Write at the end of a file."""
    with path.open("ab") as file:
        file.write(content)


def rotate(path: Path, content: bytes) -> None:
    """Another file takes the path."""
    path.rename(path.with_suffix(".1"))
    path.write_bytes(content)


def whole(text: FileText) -> bytes:
    """All that can be read."""
    return text.read(text.start, text.end)


def check_numbers(text: FileText, lines: list[bytes], first: int = 0) -> None:
    """Each line that is held has its number and place, and so has each byte."""
    while text.count_on(7):
        assert text.count is None or text.counted == text.end
    assert (text.counted, text.count) == (text.end, first + len(lines))
    offset = text.start
    for number, line in enumerate(lines, first):
        assert text.offset_of(number) == offset
        assert text.number_at(offset) == text.number_at(offset + len(line) - 1) == number
        offset += len(line)
    assert offset == text.end
    assert text.offset_of(first + len(lines)) is text.number_at(text.end) is None
    assert text.offset_of(first - 1) is text.number_at(text.start - 1) is None


CONTENT = st.lists(st.sampled_from([b"\n", b"a", b"line\n", b"no end", b"\0", b"x" * 30]), max_size=12).map(b"".join)
STEPS = st.lists(st.tuples(st.sampled_from(["append", "rotate", "truncate", "delete", "count"]), CONTENT), max_size=10)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=CONTENT, steps=STEPS)
def test_whatever_happens_to_it(tmp_path: Path, content: bytes, steps: list[tuple[str, bytes]]) -> None:
    """The readable bytes are those of the newest files since the last truncation, each last line terminated."""
    path = tmp_path / "app.log"
    text = text_file(path, content)
    document = Document(text)
    files = [content]
    first = 0
    for step, more in steps:
        expected = []
        if step == "append" and path.exists():
            append(path, more)
            files[-1] += more
        elif step == "rotate":
            path.unlink(missing_ok=True)
            path.write_bytes(more)
            files = [*files[:-1], files[-1] + b"" if files[-1][-1:] in (b"\n", b"") else files[-1] + b"\n", more]
            files = [file for file in files[:-1] if file] + files[-1:]
            expected = ["app.log was replaced: going on with the new file"]
        elif step == "truncate" and path.exists() and files[-1]:
            os.truncate(path, 0)
            files, first = [b""], 0
            expected = ["app.log was truncated: continuing from its start"]
        elif step == "delete" and path.exists():
            path.unlink()
            expected = ["app.log was deleted; what it held can still be read"]
        elif step == "count":
            text.count_on(len(more))
        before = text.counted
        assert text.poll() == expected
        assert text.poll() == []
        while len(files) > 3:
            gone = files.pop(0)
            first = first + gone.count(b"\n") if before >= text.start else 0  # numbers that were known stay
        assert whole(text) == b"".join(files)
        joined = b"".join(files)
        assert b"".join(data + b"\n" for _, data in document.segments(0, 1000)) == (
            joined if joined[-1:] in (b"", b"\n") else joined + b"\n"
        )
    check_numbers(text, re.findall(rb"[^\n]*\n|[^\n]+", whole(text)), first)
    text.close()
    made.remove(text)


def test_growth(tmp_path: Path) -> None:
    """Appended bytes are readable after the next poll, and not before."""
    text = text_file(tmp_path / "app.log", b"one\ntw")
    append(tmp_path / "app.log", b"o\nthree\n")
    assert (text.start, text.end, whole(text)) == (0, 6, b"one\ntw")
    assert text.poll() == []
    assert whole(text) == b"one\ntwo\nthree\n"
    check_numbers(text, [b"one\n", b"two\n", b"three\n"])


def test_rotation(tmp_path: Path) -> None:
    """The old file is read to its end, its unfinished line is ended, and the numbers go on in the new one."""
    path = tmp_path / "app.log"
    text = text_file(path, b"one\ntwo\n")
    with path.open("ab") as old:
        rotate(path, b"new\n")
        old.write(b"last words")
        old.flush()
        assert text.poll() == ["app.log was replaced: going on with the new file"]
    append(path, b"newer")
    assert text.poll() == []
    assert whole(text) == b"one\ntwo\nlast words\nnew\nnewer"
    check_numbers(text, [b"one\n", b"two\n", b"last words\n", b"new\n", b"newer"])


def test_old_files_are_let_go(tmp_path: Path) -> None:
    """A limited number of old files stays open; known line numbers of the rest stay."""
    path = tmp_path / "app.log"
    text = text_file(path, b"0\n0\n")
    for number in range(1, 6):
        text.count_on(1000)
        rotate(path, b"%d\n%d\n" % (number, number))
        text.poll()
    assert whole(text) == b"3\n3\n4\n4\n5\n5\n"
    assert text.start == 12
    check_numbers(text, [b"3\n", b"3\n", b"4\n", b"4\n", b"5\n", b"5\n"], 6)
    with pytest.raises(Evicted, match="before 12 "):
        text.read(11, 13)


def test_truncation(tmp_path: Path) -> None:
    """Truncated content is gone, its offsets are not used again, and lines count from 0."""
    path = tmp_path / "app.log"
    text = text_file(path, b"one\ntwo\nunfinished")
    document = Document(text)
    assert document.segments(0, 9)[-1] == (8, b"unfinished")
    while text.count_on(100):
        pass
    path.write_bytes(b"new\n")
    assert text.poll() == ["app.log was truncated: continuing from its start"]
    assert text.poll() == []
    assert text.start > 18
    assert document.segments(0, 9) == [(text.start, b"new")]
    check_numbers(text, [b"new\n"])


def test_truncated_and_grown_again(tmp_path: Path) -> None:
    """A file that is longer than before, but another one, was truncated."""
    text = text_file(tmp_path / "app.log", b"one\ntwo\n")
    text.poll()
    (tmp_path / "app.log").write_bytes(b"something else\n")
    assert text.poll() == ["app.log was truncated: continuing from its start"]
    assert whole(text) == b"something else\n"


def test_read_before_the_truncation_is_noticed(tmp_path: Path) -> None:
    """Missing bytes are read as newlines, as many as were asked for, and nothing is raised."""
    text = text_file(tmp_path / "app.log", b"one\ntwo\nthree\n")
    os.truncate(tmp_path / "app.log", 5)
    assert whole(text) == b"one\nt".ljust(14, b"\n")
    assert text.read(10, 12) == b"\n\n"
    while text.count_on(5):
        pass
    assert text.offset_of(3) is not None


def test_counted_lines_that_are_not_there_any_more(tmp_path: Path) -> None:
    """Asking for a line that was counted and overwritten since is answered, one way or the other."""
    text = text_file(tmp_path / "app.log", b"1\n2\n3\n4\n5\n6\n")
    while text.count_on(100):
        pass
    (tmp_path / "app.log").write_bytes(b"x" * 12)
    assert text.offset_of(4) is None
    assert text.number_at(10) == 0


def test_deleted(tmp_path: Path) -> None:
    """A deleted file can still be read; that is told once, and again only if it was back meanwhile."""
    path = tmp_path / "app.log"
    text = text_file(path, b"one\n")
    path.rename(tmp_path / "away")
    deleted = ["app.log was deleted; what it held can still be read"]
    assert text.poll() == deleted
    append(tmp_path / "away", b"two\n")
    assert text.poll() == []
    assert whole(text) == b"one\ntwo\n"
    (tmp_path / "away").rename(path)
    assert text.poll() == []
    path.unlink()
    assert text.poll() == deleted


@pytest.mark.skipif(not hasattr(os, "pread"), reason="injects into os.pread")
def test_a_disk_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the disk is told by the next look, once, and the text is newlines meanwhile."""
    text = text_file(tmp_path / "app.log", b"one\ntwo\n")
    text.poll()

    def pread(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "pread", pread)
    assert whole(text) == b"\n" * 8
    assert whole(text) == b"\n" * 8
    assert text.poll() == ["app.log cannot be read: Input/output error"]
    assert whole(text) == b"\n" * 8
    assert text.poll() == []
    monkeypatch.undo()
    assert whole(text) == b"one\ntwo\n"


@pytest.mark.skipif(not hasattr(os, "pread"), reason="injects into os.pread")
def test_short_reads_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that gives less than was asked for is gone on with."""
    real = os.pread
    text = text_file(tmp_path / "app.log", b"one\ntwo\nthree\n")
    monkeypatch.setattr(os, "pread", lambda fd, size, at: real(fd, min(size, 3), at))
    assert text.read(1, 13) == b"ne\ntwo\nthree"


def test_replaced_by_one_that_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the new file cannot be opened, that is told once, and it is gone on with as soon as it can be."""
    path = tmp_path / "app.log"
    text = text_file(path, b"one\n")
    rotate(path, b"two\n")

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert text.poll() == ["app.log was replaced by one that cannot be opened: Permission denied"]
    assert text.poll() == []
    monkeypatch.undo()
    assert text.poll() == ["app.log was replaced: going on with the new file"]


def test_closed(tmp_path: Path) -> None:
    """A closed file is an empty text, for good."""
    text = text_file(tmp_path / "app.log", b"one\n")
    text.close()
    text.close()
    assert (text.start, text.end, whole(text), text.poll(), text.count_on(10)) == (4, 4, b"", [], False)


def test_empty(tmp_path: Path) -> None:
    """An empty file has no lines."""
    text = text_file(tmp_path / "app.log")
    assert (text.start, text.end, text.count, text.count_on(10), whole(text)) == (0, 0, 0, False, b"")
    assert text.offset_of(0) is text.number_at(0) is None


def test_real_sizes(tmp_path: Path) -> None:
    """Counting a few megabytes in slices: each line's place is found with one read of a step."""
    lines = [b"%d %s\n" % (number, b"x" * (number % 97)) for number in range(60_000)]
    text = text_file(tmp_path / "app.log", b"".join(lines), FileText)
    assert text.count is None
    assert text.offset_of(50_000) is None
    while text.count_on(300_000):
        pass
    assert text.count == 60_000
    for number in (0, 1, 7_777, 59_999):
        offset = text.offset_of(number)
        assert offset == sum(map(len, lines[:number]))
        assert text.number_at(offset) == number
