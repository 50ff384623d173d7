"""Several files through the real command: merged as a model merges them, whatever becomes of them meanwhile."""

from __future__ import annotations

import gzip
import heapq
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from itertools import chain, repeat
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.terminals import REFLOWLOG, TIMEOUT, environment, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from support.terminals import PyteTerminal

START = 1_700_000_000


def strftime(layout: str, at: float) -> str:
    """A time in UTC."""
    return time.strftime(layout, time.gmtime(at))


WAYS: tuple[Callable[[int, str], str], ...] = (
    lambda at, text: strftime("%Y-%m-%d %H:%M:%S", at) + f",000 INFO {text}",
    lambda at, text: strftime("%Y-%m-%dT%H:%M:%S", at + 7200) + f"+02:00 INFO {text}",
    lambda at, text: strftime("10.0.0.1 - - [%d/%b/%Y:%H:%M:%S +0000] ", at) + text,
    lambda at, text: f'{{"ts": {at}, "level": "info", "msg": "{text}"}}',
    lambda at, text: strftime("time=%Y-%m-%dT%H:%M:%SZ level=info ", at) + f'msg="{text}"',
)


class Log(NamedTuple):
    """A file: its name, and its records in order, each as its second and its lines."""

    name: str
    records: list[tuple[int, list[bytes]]]

    @property
    def data(self) -> bytes:
        """Return the bytes of the file."""
        return b"".join(chain.from_iterable(lines for _, lines in self.records))


def make_logs(directory: Path, seed: int, count: int = 5, records: int = 400) -> list[Log]:
    """Logs in many formats and zones, some compressed."""
    chance = random.Random(seed)
    logs = []
    for number in range(count):
        at, made = START, []
        write = chance.choice(WAYS)
        for each in range(chance.randrange(records)):
            at += chance.choice((0, 0, 1, 3, 70))
            lines = [write(at, f"source {number} record {each}").encode() + b"\n"]
            lines += [b"    and more\n"] * (chance.random() < 0.1)
            made.append((at, lines))
        log = Log(f"{number}.log", made)
        packed = chance.random() < 0.2
        (directory / log.name).write_bytes(gzip.compress(log.data) if packed else log.data)
        logs.append(log)
    return logs


def model(logs: Sequence[Log]) -> bytes:
    """All records in the order of their times; at the same time in that of the files."""
    merged = heapq.merge(*(log.records for log in logs), key=lambda record: record[0])
    return b"".join(chain.from_iterable(lines for _, lines in merged))


def run(directory: Path, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """The command, in a directory, to its end."""
    stdin = {"stdin": subprocess.DEVNULL} if given is None else {"input": given}
    return subprocess.run(
        [*REFLOWLOG, *arguments],
        cwd=directory,
        env=environment(TZ="UTC"),
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
        **stdin,  # type: ignore[call-overload]
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_merged_as_the_model_does(seed: int, tmp_path: Path) -> None:
    """Plain and laid out, from files and from a pipe among them, with a copy: the same lines in the same order."""
    logs = make_logs(tmp_path, seed)
    names = [log.name for log in logs]
    expected = model(logs)
    done = run(tmp_path, "-o", "copy", *names)
    assert (done.stdout, done.stderr, done.returncode) == (expected, b"", 0)
    assert (tmp_path / "copy").read_bytes() == expected
    given = logs[2].data
    assert run(tmp_path, *["-" if name == "2.log" else name for name in names], given=given).stdout == expected
    wide = run(tmp_path, "-w", "1000", "--raw", *names).stdout
    assert wide == expected
    named = run(tmp_path, "-w", "1000", *names).stdout.splitlines()
    owners = [line[:5].decode() for line in named if b"and more" not in line and not line.startswith(b" ")]
    merged = heapq.merge(*([(at, log.name) for at, _ in log.records] for log in logs), key=lambda record: record[0])
    assert owners == [name for _, name in merged]


@pytest.mark.slow
@pytest.mark.parametrize("options", [("-g", r"record [0-9]*3\b"), ("-v", "-g", "7"), ("-C", "1", "-g", "record 55")])
def test_records_are_filtered_in_their_own_file(options: tuple[str, ...], tmp_path: Path) -> None:
    """The merge of filtered files is the merge of each file filtered by itself."""
    logs = [log for log in make_logs(tmp_path, 11) if log.records]
    kept = []
    for log in logs:
        lines = run(tmp_path, *options, log.name).stdout
        records = [(at, own) for at, own in log.records if own[0] in lines.splitlines(keepends=True)]
        assert b"".join(chain.from_iterable(own for _, own in records)) == lines
        kept.append(Log(log.name, records))
    done = run(tmp_path, *options, "-o", "copy", *(log.name for log in logs))
    assert done.stdout == model(kept)
    assert (tmp_path / "copy").read_bytes() == model(logs)


@pytest.mark.parametrize("copied", [False, True])
def test_an_input_without_matches_delays_no_other(copied: bool, tmp_path: Path) -> None:
    """Matches of other inputs are written before that input has been read to its end, which may never come."""
    lines = [WAYS[0](START + number, "what is said") + "\n" for number in range(10_000)]
    (tmp_path / "app.log").write_text("".join(lines).replace("what is said", "wanted"))
    read, write = os.pipe()
    out = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    options = ["-o", "copy"] if copied else []
    process = subprocess.Popen(
        [*REFLOWLOG, *options, "-g", "wanted", "app.log", "-"],
        cwd=tmp_path,
        env=environment(TZ="UTC"),
        stdin=read,
        stdout=out,
    )
    os.close(out)
    os.close(read)
    over = threading.Event()

    def speak() -> None:  # for ever
        for line in chain(lines, repeat(lines[-1])):
            if over.is_set():
                break
            os.write(write, line.encode())
        os.close(write)

    writer = threading.Thread(target=speak)
    writer.start()
    try:
        wait_for(lambda: (tmp_path / "out").read_bytes().count(b" wanted\n") >= 9_000)
    finally:
        over.set()
        writer.join()
        assert process.wait(TIMEOUT) == 0


def test_one_after_another_without_times(tmp_path: Path) -> None:
    """The last line keeps its missing newline; other files get one, so that no two lines are joined."""
    (tmp_path / "a").write_bytes(b"one\ntwo")
    (tmp_path / "b").write_bytes(b"three\n\nfour")
    assert run(tmp_path, "b", "a").stdout == b"three\n\nfour\none\ntwo"
    assert run(tmp_path, "a", "b").stdout == b"one\ntwo\nthree\n\nfour"


def test_one_that_cannot_be_read(tmp_path: Path) -> None:
    """An unreadable input is reported; the others are shown."""
    logs = [log for log in make_logs(tmp_path, 4, records=60) if log.records]
    whole = gzip.compress(logs[0].data)
    (tmp_path / "cut.gz").write_bytes(whole[: len(whole) - 20])
    done = run(tmp_path, "cut.gz", "gone", *(log.name for log in logs[1:]))
    assert done.returncode == 1
    assert b"cannot read gone" in done.stderr
    assert b"cannot read cut.gz: its end is missing" in done.stderr
    assert all(line in done.stdout for line in logs[1].data.splitlines())


def test_two_hundred_files(tmp_path: Path) -> None:
    """All at once, on one thread more than one file takes."""
    logs = []
    for number in range(200):
        records = [
            (START + at, [WAYS[0](START + at, f"source {number}").encode() + b"\n"]) for at in range(number % 7, 300, 7)
        ]
        logs.append(Log(f"{number:03}.log", records))
        (tmp_path / logs[-1].name).write_bytes(logs[-1].data)
    done = run(tmp_path, *(log.name for log in logs))
    assert done.stdout == model(logs)
    low = ["sh", "-c", 'ulimit -Sn 64; exec "$@"', "sh", *REFLOWLOG, *(log.name for log in logs)]
    done = subprocess.run(low, cwd=tmp_path, env=environment(), capture_output=True, timeout=TIMEOUT, check=False)
    assert (done.stderr, done.stdout) == (b"", model(logs))


# -- rotated sets, directories, globs ----------------------------------------------------------------------------------


def test_rotated_sets(tmp_path: Path) -> None:
    """The oldest first, where no times tell; in a directory and a glob as well. Others keep the order they have."""
    (tmp_path / "logs").mkdir()
    for name, text in {"app.log": "new", "app.log.1": "old", "app.log.10": "oldest"}.items():
        (tmp_path / "logs" / name).write_text(text + "\n")
    (tmp_path / "logs" / "app.log.2.gz").write_bytes(gzip.compress(b"older\n"))
    expected = b"oldest\nolder\nold\nnew\n"
    names = [f"logs/app.log{end}" for end in ("", ".1", ".2.gz", ".10")]
    assert run(tmp_path, *names).stdout == expected
    assert run(tmp_path, "logs").stdout == expected
    assert run(tmp_path, "logs/app*").stdout == expected
    (tmp_path / "aaa").write_text("other\n")
    assert run(tmp_path, *names[:2], "aaa").stdout == b"new\nold\nother\n"


def test_an_address_of_the_web_is_no_file(tmp_path: Path) -> None:
    """The message names the commands that read it."""
    done = run(tmp_path, "http://foo")
    assert done.stderr == b"reflowlog: cannot read http://foo: not a file; try: curl -s http://foo | reflowlog\n"


def test_what_a_directory_stands_for(tmp_path: Path) -> None:
    """The texts in it: no directories in it, no hidden files, nothing binary; one without any is told in one line."""
    (tmp_path / "logs" / "deeper").mkdir(parents=True)
    (tmp_path / "logs" / "deeper" / "log").write_text("deep\n")
    (tmp_path / "logs" / ".hidden").write_text("hidden\n")
    (tmp_path / "logs" / "scrollback").write_bytes(b"LPKSHHRH\0\0\0")
    done = run(tmp_path, "logs")
    assert (done.stdout, done.returncode) == (b"", 1)
    assert done.stderr == b"reflowlog: cannot read logs: there are no logs in it\n"
    (tmp_path / "logs" / "z[1].log").write_text("last\n")
    (tmp_path / "logs" / "a.log").write_text("first\n")
    assert run(tmp_path, "logs").stdout == b"first\nlast\n"
    assert run(tmp_path, "logs/z[1].log").stdout == b"last\n"  # a name before it is a pattern
    done = run(tmp_path, "logs/*.txt")
    assert done.stderr == b"reflowlog: cannot read logs/*.txt: No such file or directory\n"


def test_a_link_to_a_file_beside_it(follow: Callable[..., Following], tmp_path: Path) -> None:
    """A file and a link to it are one input, in a directory and in a glob; it follows a change of the link."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "app-1.log").write_text("one\n")
    (tmp_path / "logs" / "gone.log").symlink_to("nowhere")
    link = tmp_path / "logs" / "current.log"
    link.symlink_to("app-1.log")
    assert run(tmp_path, "logs").stdout == run(tmp_path, "logs/*[1t].log").stdout == b"one\n"
    assert run(tmp_path, "logs/app-1.log", "logs/current.log").stdout == b"one\none\n"  # who names both wants both
    following = follow("logs")
    wait_for(lambda: following.lines() == [b"one"])
    (tmp_path / "logs" / "app-2.log").write_text("two\n")
    (tmp_path / "new").symlink_to("app-2.log")
    (tmp_path / "new").rename(link)
    wait_for(lambda: following.lines() == [b"one", b"two"])


# -- while they grow ---------------------------------------------------------------------------------------------------


class Following(NamedTuple):
    """The command, following."""

    process: subprocess.Popen[bytes]
    out: Path

    def lines(self) -> list[bytes]:
        """Return the lines written so far."""
        return self.out.read_bytes().splitlines()


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[Callable[..., Following]]:
    """Starts the command following."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> Following:
        with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
            process = subprocess.Popen(
                [*REFLOWLOG, "-f", *arguments], cwd=tmp_path, env=environment(TZ="UTC"), stdout=out, stderr=err
            )
        started.append(process)
        return Following(process, tmp_path / "out")

    yield start
    for process in started:
        process.kill()
        process.wait()


class Writer(threading.Thread):
    """Writes numbered lines into several files, one file after another, some thousand a second."""

    def __init__(self, paths: Sequence[Path], count: int, turn: Callable[[Path], None]) -> None:
        super().__init__()
        self._paths = paths
        self._count = count
        self._turn = turn

    def run(self) -> None:
        """Write all of them."""
        files = [os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT) for path in self._paths]
        begun = time.monotonic()
        for number in range(self._count):
            which = number % len(files)
            now = time.time()
            stamp = strftime("%Y-%m-%d %H:%M:%S", now) + f".{int(now % 1 * 1e6):06}"
            os.write(files[which], f"{stamp} INFO <{number}>\n".encode())
            if number % 1000 == 999:
                turned = number // 1000 % len(files)
                self._turn(self._paths[turned])
                os.close(files[turned])
                files[turned] = os.open(self._paths[turned], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            while time.monotonic() < begun + number / 5000:
                threading.Event().wait(0.001)
        for file in files:
            os.close(file)


def numbers_of(lines: list[bytes]) -> list[int]:
    """The numbers of the lines that a `Writer` wrote."""
    return [int(line[line.index(b"<") + 1 : -1]) for line in lines if line.endswith(b">")]


@pytest.mark.slow
@pytest.mark.parametrize("names", [("a.log", "b.log", "c.log"), (".",)], ids=["files", "directory"])
@pytest.mark.parametrize("how", ["rename", "delete", "copytruncate"])
def test_rotation_loses_nothing(
    how: str, names: tuple[str, ...], follow: Callable[..., Following], tmp_path: Path
) -> None:
    """While 5,000 lines a second arrive: none is lost, none is there twice, and all are in the order of their times.

    So it is as well where rotated files are followed beside them, as in a directory.
    """
    logs = tmp_path / "logs"
    logs.mkdir()
    paths = [logs / name for name in ("a.log", "b.log", "c.log")]
    for path in (*paths, logs / "a.log.1", logs / "a.log.2"):
        path.write_bytes(WAYS[0](START, "begin").encode() + b"\n")
    following = follow(*(f"logs/{name}" for name in names))
    begun = 5 if names == (".",) else 3
    wait_for(lambda: len(following.lines()) == begun)

    def turn(path: Path) -> None:
        for age in range(5, 0, -1):
            if how != "delete" and os.path.exists(f"{path}.{age}"):
                os.rename(f"{path}.{age}", f"{path}.{age + 1}")
        if how == "copytruncate":
            shutil.copy(path, f"{path}.1")
            os.truncate(path, 0)
        elif how == "rename":
            path.rename(f"{path}.1")
        else:
            path.unlink()

    writer = Writer(paths, 6000, turn)
    writer.start()
    writer.join()
    wait_for(lambda: len(following.lines()) >= 6000 + begun, describe=lambda: f"{len(following.lines())} lines")
    assert numbers_of(following.lines()) == list(range(6000))


def test_half_a_line_is_waited_for(follow: Callable[..., Following], tmp_path: Path) -> None:
    """A line that is read while it is being written comes out whole, at the position of its time."""
    before, line = (WAYS[0](START + at, "a line") + "\n" for at in (0, 1))
    for name in "ab":
        (tmp_path / f"{name}.log").write_text(before)
    following = follow("a.log", "b.log")
    wait_for(lambda: len(following.lines()) == 2)
    with (tmp_path / "a.log").open("a") as log, (tmp_path / "b.log").open("a") as other:
        log.write(line[:10])
        log.flush()
        print(line, end="", file=other, flush=True)  # which comes out: the half line has been seen
        wait_for(lambda: len(following.lines()) == 3)
        log.write(line[10:])
    wait_for(lambda: len(following.lines()) >= 4)
    assert following.lines()[2:] == [line.rstrip("\n").encode()] * 2


def test_an_input_that_is_quiet_is_not_waited_for(follow: Callable[..., Following], tmp_path: Path) -> None:
    """A silent FIFO delays no other input; its later lines come out at once, whole."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "log").write_bytes(WAYS[0](START, "one").encode() + b"\n")
    writer = os.open(tmp_path / "fifo", os.O_RDWR)
    try:
        following = follow("fifo", "log")
        wait_for(lambda: len(following.lines()) == 1)
        os.write(writer, b"half a ")
        with (tmp_path / "log").open("ab") as log:
            log.write(WAYS[0](START + 1, "two").encode() + b"\n")
        wait_for(lambda: len(following.lines()) == 2)
        os.write(writer, b"line\n")
        wait_for(lambda: len(following.lines()) == 3)
        assert following.lines()[-1] == b"half a line"
    finally:
        os.close(writer)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a FIFO that nobody writes into may count as ended")
def test_a_fifo_without_a_writer(follow: Callable[..., Following], tmp_path: Path) -> None:
    """It delays no other input; lines written to it later come out then."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "log").write_bytes(WAYS[0](START, "one").encode() + b"\n")
    following = follow("fifo", "log")
    wait_for(lambda: len(following.lines()) == 1)
    for text in ("two", "three"):
        with (tmp_path / "log").open("ab") as log:
            log.write(WAYS[0](START + 1, text).encode() + b"\n")
        wait_for(lambda text=text: following.lines()[-1].endswith(text.encode()))  # type: ignore[misc]
    (tmp_path / "fifo").write_bytes(b"at last\n")
    wait_for(lambda: following.lines()[-1] == b"at last")


def test_what_can_be_read_but_once(tmp_path: Path) -> None:
    """Standard input that is named twice, or by two names, is one input; its lines stay whole. A file is two."""
    lines = b"".join(WAYS[0](START + at, "x" * (at % 100)).encode() + b"\n" for at in range(20_000))
    (tmp_path / "log").write_bytes(lines)
    assert run(tmp_path, "-", "-", given=lines).stdout == lines
    with (tmp_path / "log").open("rb") as log:
        command = [*REFLOWLOG, "-", "-"]
        assert subprocess.run(command, stdin=log, capture_output=True, timeout=TIMEOUT, check=True).stdout == lines
    if os.path.exists("/dev/stdin"):
        assert run(tmp_path, "-", "/dev/stdin", given=lines).stdout == lines
    assert len(run(tmp_path, "log", "log").stdout) == 2 * len(lines)


# -- since, until, tail ------------------------------------------------------------------------------------------------


@pytest.fixture
def days(tmp_path: Path) -> Log:
    """A log with tracebacks, a record a second."""
    records = []
    for number in range(300):
        lines = [WAYS[0](START + number, f"record {number}").encode() + b"\n"]
        if number % 10 == 9:
            lines += [b"Traceback (most recent call last):\n", b'  File "x", line 1\n', b"KeyError: 1\n"]
        records.append((START + number, lines))
    log = Log("app.log", records)
    (tmp_path / "app.log").write_bytes(log.data)
    (tmp_path / "app.log.gz").write_bytes(gzip.compress(log.data))
    return log


def iso(second: int) -> str:
    """A time to be typed."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", START + second)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "first", "stop"),
    [
        (("--since", iso(100)), 100, 300),
        (("--until", iso(19)), 0, 20),
        (("--since", iso(9), "--until", iso(9)), 9, 10),
        (("--tail", "1"), 299, 300),
        (("--tail", "25"), 275, 300),
        (("--tail", "0"), 300, 300),
        (("--tail", "999"), 0, 300),
        (("--until", iso(50), "--tail", "3"), 48, 51),
        (("--since", iso(298), "--tail", "30"), 298, 300),
        (("--since", "1m"), 300, 300),
        (("--since", "2023-11-14"), 0, 300),
    ],
)
def test_excerpts(options: tuple[str, ...], first: int, stop: int, days: Log, tmp_path: Path) -> None:
    """Of a file, of one that is compressed, of a pipe: the same records, whole."""
    expected = days._replace(records=days.records[first:stop]).data
    assert run(tmp_path, *options, "app.log").stdout == expected
    assert run(tmp_path, *options, "app.log.gz").stdout == expected
    assert run(tmp_path, *options, given=days.data).stdout == expected
    matching = b"".join(lines[0] for _, lines in days.records[first:stop] if lines[0].endswith(b"3\n"))
    assert run(tmp_path, *options, "-g", r"record \d*3$", "app.log").stdout == matching


@pytest.mark.parametrize(
    ("options", "has_trace", "has_later"),
    [
        (("--since", "2024-05-01T10:00:00"), False, True),
        (("--since", "2024-05-01T09:59:59"), True, True),
        (("--until", "2024-05-01T09:59:59"), True, False),
        (("--since", "2024-05-01T10:00:00", "-g", "needle|later"), False, True),
    ],
)
def test_lines_without_a_time_go_with_their_service(
    options: tuple[str, ...], has_trace: bool, has_later: bool, tmp_path: Path
) -> None:
    """In a file as in a pipe: the rest of a record that began before the range is not in it, nor is it cut off."""

    def of_db(hour: int, text: str) -> bytes:
        times = (f"{hour:02d}:{second // 60:02d}:{second % 60:02d}" for second in range(3590))
        return b"".join(f"db-1  | 2024-05-01 {each} INFO {text}\n".encode() for each in times)

    trace = (b"web-1 | Traceback (most recent call last):\n", b"web-1 |   File 1\n", b"web-1 | ValueError: needle\n")
    begun = b"web-1 | 2024-05-01 09:59:59 ERROR boom\n"
    later = of_db(10, "later")
    cut = later.index(b"\n", 5000) + 1
    data = of_db(9, "early") + begun + later[:cut] + b"".join(trace) + later[cut:]
    (tmp_path / "app.log").write_bytes(data)
    (tmp_path / "app.log.gz").write_bytes(gzip.compress(data))
    found = run(tmp_path, *options, given=data).stdout
    assert [line in found for line in trace] == [has_trace] * 3
    assert (b"later" in found) is has_later
    assert run(tmp_path, *options, "app.log").stdout == found
    assert run(tmp_path, *options, "app.log.gz").stdout == found


def test_the_tail_is_that_of_each_source(days: Log, tmp_path: Path) -> None:
    """`--tail` keeps that number of records of every source, merged."""
    other = Log("b.log", [(at - 7200, [WAYS[1](at - 7200, "other").encode() + b"\n"]) for at, _ in days.records])
    (tmp_path / "b.log").write_bytes(other.data)
    done = run(tmp_path, "--tail", "2", "app.log", "b.log")
    assert (
        done.stdout == other._replace(records=other.records[-2:]).data + days._replace(records=days.records[-2:]).data
    )


@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("lines", [1, 2, 3])
def test_the_tail_has_giant_lines_as_they_came(lines: int, end: bytes, tmp_path: Path) -> None:
    """Of a file, of one that is compressed, of a pipe; the copy, too."""
    data = b"first\nsecond\n" + b"x" * (9 << 20) + b"\nlast" + end
    (tmp_path / "app.log").write_bytes(data)
    (tmp_path / "app.log.gz").write_bytes(gzip.compress(data, 1))
    expected = b"".join(data.splitlines(keepends=True)[-lines:])
    for given, names in ((data, ()), (None, ("app.log",)), (None, ("app.log.gz",))):
        done = run(tmp_path, "--tail", f"{lines}", "-o", "copy", *names, given=given)
        assert done.stdout == expected
        assert (tmp_path / "copy").read_bytes() == expected
    done = run(tmp_path, "--tail", f"{lines}", "-g", "last|x", given=data)
    assert done.stdout == b"".join(data.splitlines(keepends=True)[-min(lines, 2) :])


def test_the_tail_of_a_pipe_that_was_quiet_before_its_end_comes_out(tmp_path: Path) -> None:
    """A pause longer than that for which a live input is waited for ends nothing."""
    process = subprocess.Popen(
        [*REFLOWLOG, "--tail", "1"], cwd=tmp_path, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(b"one\ntwo\n")
    process.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    assert process.communicate(timeout=TIMEOUT)[0] == b"two\n"


@pytest.mark.parametrize("options", [(), ("-g", "two|x")])
def test_giant_lines_of_a_followed_file_stay_whole(
    options: tuple[str, ...], follow: Callable[..., Following], tmp_path: Path
) -> None:
    """Behind its last records as well."""
    (tmp_path / "app.log").write_bytes(b"one\ntwo\n")
    following = follow("--tail", "1", *options, "app.log")
    wait_for(lambda: following.lines() == [b"two"])
    giant = b"x" * (9 << 20)
    with (tmp_path / "app.log").open("ab") as log:
        log.write(giant + b"\nx")
        log.flush()
        wait_for(lambda: following.out.stat().st_size == len(giant) + 6)
        log.write(giant + b"\n")
    wait_for(lambda: following.out.stat().st_size == 2 * len(giant) + 7)
    assert following.lines() == [b"two", giant, b"x" + giant]


def test_an_excerpt_goes_on(days: Log, follow: Callable[..., Following], tmp_path: Path) -> None:
    """With --follow from there on; up to --until, if that is given."""
    following = follow("--tail", "1", "--until", iso(302), "app.log")
    wait_for(lambda: len(following.lines()) == 4)
    with (tmp_path / "app.log").open("ab") as log:
        for number in range(300, 310):
            log.write(WAYS[0](START + number, f"record {number}").encode() + b"\n")
    wait_for(lambda: len(following.lines()) >= 7)
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    (tmp_path / "app.log").write_bytes(WAYS[0](START + 301, "in a new file").encode() + b"\n")
    wait_for(lambda: len(following.lines()) >= 8)
    assert [line.split()[3:] for line in following.lines()[4:]] == [
        *([b"record", b"%d" % number] for number in range(300, 303)),
        [b"in", b"a", b"new", b"file"],
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--since", "soon"),
            b"argument --since: 'soon' is not a time, such as 10m, yesterday, 12:30 or 2026-01-31T12:30",
        ),
        (("--until", "x"), b"argument --until: 'x' is not a time"),
        (("--tail", "-1"), b"argument --tail"),
        (("--since", "1m", "--until", "1h"), b"--until is before --since"),
        (("--tail", "1", "-e", "true"), b"--since, --until and --tail are for files and pipes"),
    ],
)
def test_wrong_usage(options: tuple[str, ...], message: bytes, tmp_path: Path) -> None:
    """Wrong usage is one line that names the mistake, and status 2."""
    done = run(tmp_path, *options)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert message in done.stderr


# -- on a terminal -----------------------------------------------------------------------------------------------------


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two directories with a log of the same name, and a third log."""
    for number, name in enumerate(("a/app.log", "b/app.log", "worker-with-a-long-name.log")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(
            b"".join(
                WAYS[0](START + 3 * each + number, " ".join([f"<{each}>"] + ["word"] * 8)).encode() + b"\n"
                for each in range(2)
            )
        )
    return tmp_path


NAMES = ("a/app.log", "b/app.log", "worker-with-a-long-name.log")

PICTURE = """\
a/app.log        2023-11-14 22:13:20,000 INFO <0> word word word word word word
                   word word
b/app.log        2023-11-14 22:13:21,000 INFO <0> word word word word word word
                   word word
worker-\u2026name.log 2023-11-14 22:13:22,000 INFO <0> word word word word word word
                   word word
a/app.log        2023-11-14 22:13:23,000 INFO <1> word word word word word word
                   word word
b/app.log        2023-11-14 22:13:24,000 INFO <1> word word word word word word
                   word word
worker-\u2026name.log 2023-11-14 22:13:25,000 INFO <1> word word word word word word
                   word word
"""


def test_names_at_widths(two: Path) -> None:
    """The shortest that tell them apart, in a column that stands still, which is the first to go."""
    assert run(two, "-w", "80", *NAMES).stdout.decode() == PICTURE
    for width in (40, 71):
        rows = run(two, "-w", str(width), *NAMES).stdout.decode().splitlines()
        assert all(row.startswith(("2023", "  ")) for row in rows)
    coloured = run(two, "-w", "100", "--color", "always", *NAMES).stdout.decode().splitlines()
    appearance = {row.split("m", 1)[0] for row in coloured if ".log" in row}
    assert len(appearance) == 3
    assert b"\x1b" not in run(two, "-w", "100", "--color", "never", *NAMES).stdout
    assert b"app.log" not in run(two, *NAMES).stdout


def shows(terminal: PyteTerminal, expected: Sequence[str]) -> None:
    """Wait until these are the first rows."""
    terminal.wait_screen(lambda rows: [row.rstrip() for row in rows[: len(expected)]] == expected)


def says(terminal: PyteTerminal, text: str) -> None:
    """Wait until it stands in the last row."""
    terminal.wait_screen(lambda rows: rows[-1:] and text in rows[-1])


def test_names_in_the_viewer(
    two: Path, open_pyte: Callable[..., PyteTerminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Source names narrow with the window, are not found by a search, not saved, and not in the raw view."""
    monkeypatch.chdir(two)
    terminal = open_pyte([*REFLOWLOG, *NAMES], (80, 24), changes={"TZ": "UTC"})
    expected = PICTURE.splitlines()
    shows(terminal, expected)
    terminal.send(b"/app.log\r")
    says(terminal, "no match")
    terminal.send(b"r")
    terminal.wait_screen(lambda rows: rows[:1] and rows[0].startswith("2023-11-14"))
    terminal.send(b"r")
    shows(terminal, expected)
    terminal.resize(60, 24)
    terminal.wait_screen(lambda rows: rows[:1] and rows[0].startswith("2023-11-14"))
    terminal.resize(80, 24)
    shows(terminal, expected)
    terminal.send(b"ssaved\r")
    wait_for(lambda: (two / "saved").exists() and (two / "saved").read_bytes().count(b"\n") == 6)
    assert (two / "saved").read_bytes() == run(two, *NAMES).stdout
    terminal.send(b"q")
    terminal.wait()


def test_names_on_the_normal_screen(
    two: Path, open_pyte: Callable[..., PyteTerminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Source names are on the normal screen too, also after a new width and after the viewer."""
    monkeypatch.chdir(two)
    terminal = open_pyte(
        [*REFLOWLOG, "--inline", "-f", *NAMES], (80, 24), changes={"TZ": "UTC", "XTERM_VERSION": "XTerm(390)"}
    )
    expected = PICTURE.splitlines()
    shows(terminal, expected)
    terminal.settle()
    terminal.resize(60, 24)
    terminal.wait_screen(lambda rows: rows[:1] and rows[0].startswith("2023-11-14"))
    terminal.settle()
    terminal.resize(80, 24)
    shows(terminal, expected)
    terminal.send(b"G")
    says(terminal, "following")
    with (two / "b/app.log").open("ab") as log:
        log.write(WAYS[0](START + 99, "news").encode() + b"\n")
    news = "b/app.log        2023-11-14 22:14:59,000 INFO news"
    terminal.wait_screen(lambda rows: any(row.rstrip() == news for row in rows))
    terminal.send(b"q")
    terminal.wait_screen(lambda rows: [row.rstrip() for row in rows[12:]] == [news])


def test_an_excerpt_in_the_viewer(
    days: Log, open_pyte: Callable[..., PyteTerminal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is viewed from there on; its lines are counted from there."""
    monkeypatch.chdir(tmp_path)
    for options, first, last in (
        (("--tail", "3"), 297, 299),
        (("--since", iso(290), "--until", iso(292)), 290, 292),
    ):
        expected = "".join(line.decode() for _, lines in days.records[first : last + 1] for line in lines).splitlines()
        terminal = open_pyte([*REFLOWLOG, *options, "app.log"], (80, 24), changes={"TZ": "UTC"})
        shows(terminal, [*expected, ""])
        terminal.send(b"G")
        says(terminal, f"1-{len(expected)} of {len(expected)}")
        terminal.send(b"q")
        terminal.wait()
