"""Inputs that are not plain lines: UTF-16, lines without an end, control sequences on a plain terminal; Ctrl-C."""

from __future__ import annotations

import bz2
import contextlib
import os
import re
import signal
import subprocess
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from support.terminals import REFLOWLOG, TIMEOUT, Feed, Pty, PyteTerminal, environment, wait_for

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "2026-01-01 10:00:00 INFO größe ✓\n2026-01-01 10:00:02 ERROR böse\n"
MARKS = {"utf-16-le": BOM_UTF16_LE, "utf-16-be": BOM_UTF16_BE}
MEMORY = 400 << 20  # bytes of address space; the interpreter alone takes 30 MB


def run(
    *arguments: str, stdin: bytes = b"", memory: int | None = None, home: Path
) -> subprocess.CompletedProcess[bytes]:
    """Run reflowlog with pipes for all its streams until it ends."""
    limit = f"ulimit -v {memory >> 10}; " if memory else ""
    return subprocess.run(
        ["/bin/sh", "-c", f'{limit}exec "$@"', "sh", *REFLOWLOG, *arguments],
        input=stdin,
        capture_output=True,
        env=environment(),
        cwd=home,
        timeout=TIMEOUT * 6,
        check=False,
    )


@pytest.mark.parametrize("codec", MARKS)
@pytest.mark.parametrize("how", ["file", "pipe"])
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-g", "ö"], TEXT),
        (["-l", "error"], TEXT.splitlines(keepends=True)[1]),
        (["--tail", "1"], TEXT.splitlines(keepends=True)[1]),
        (["--since", "2026-01-01T10:00:01"], TEXT.splitlines(keepends=True)[1]),
        (["-w", "100"], TEXT),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_utf16_is_read_as_text(codec: str, how: str, options: list[str], expected: str, tmp_path: Path) -> None:
    """With filters, ranges and widths, in a file and in a pipe."""
    data = MARKS[codec] + TEXT.encode(codec)
    (tmp_path / "a.log").write_bytes(data)
    done = run(*options, *(["a.log"] if how == "file" else []), stdin=data, home=tmp_path)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, expected, b"")


def test_utf16_is_merged_with_utf8(tmp_path: Path) -> None:
    """Each file is decoded by its own mark."""
    (tmp_path / "a.log").write_bytes(BOM_UTF16_LE + TEXT.encode("utf-16-le"))
    (tmp_path / "b.log").write_text("2026-01-01 10:00:01 INFO between\n")
    done = run("a.log", "b.log", home=tmp_path)
    first, last = TEXT.splitlines()
    assert done.stdout.decode().splitlines() == [first, "2026-01-01 10:00:01 INFO between", last]


@pytest.mark.parametrize("others", [[], ["b.log"]], ids=["alone", "merged"])
def test_utf16_is_followed(others: list[str], tmp_path: Path) -> None:
    """What is appended, in parts that end inside a character, is decoded as well."""
    path = tmp_path / "a.log"
    (tmp_path / "b.log").write_text("2026-01-01 09:00:00 INFO other\n")
    first, last = (line.encode("utf-16-le") for line in TEXT.splitlines(keepends=True))
    path.write_bytes(BOM_UTF16_LE + first)
    out = tmp_path / "out"
    with (
        out.open("wb") as file,
        subprocess.Popen(
            [*REFLOWLOG, "-f", "-g", "größe|böse", "a.log", *others], stdout=file, env=environment(), cwd=tmp_path
        ) as process,
    ):
        wait_for(lambda: "größe" in out.read_text(encoding="utf-8", errors="replace"))
        with path.open("ab", buffering=0) as log:
            log.write(last[:51])
            log.write(last[51:])
        wait_for(lambda: "böse" in out.read_text(encoding="utf-8", errors="replace"))
        process.send_signal(signal.SIGTERM)
    assert out.read_text(encoding="utf-8") == TEXT


def test_utf16_is_viewed(tmp_path: Path) -> None:
    """The viewer of a file shows its text, and finds in it."""
    (tmp_path / "a.log").write_bytes(BOM_UTF16_LE + TEXT.encode("utf-16-le"))
    terminal = PyteTerminal([*REFLOWLOG, "a.log"], (80, 10), home=tmp_path)
    try:
        terminal.wait_screen(lambda rows: any("größe ✓" in row for row in rows))
        terminal.send(b"&b\xc3\xb6se\r")
        terminal.wait_screen(
            lambda rows: any("böse" in row for row in rows) and not any("größe" in row for row in rows)
        )
    finally:
        terminal.close()


@pytest.mark.parametrize("how", ["path", "standard input", "-"])
def test_times_without_a_year_count_from_the_last_write(how: str, tmp_path: Path) -> None:
    """Of a regular file, however it was opened."""
    path = tmp_path / "a.log"
    line = "Mar  5 10:00:00 host app[1]: x\n"
    path.write_text(line)
    written = datetime(2019, 6, 1).timestamp()
    os.utime(path, (written, written))
    arguments = {"path": [str(path)], "standard input": [], "-": ["-"]}[how]
    with path.open("rb") as file:
        done = subprocess.run(
            [*REFLOWLOG, "-g", "time<2019-12-31", *arguments],
            stdin=file if how != "path" else subprocess.DEVNULL,
            capture_output=True,
            env=environment(),
            timeout=TIMEOUT,
            check=False,
        )
    assert (done.stdout.decode(), done.stderr) == (line, b"")


@pytest.mark.parametrize("options", [["-w", "80", "-g", "y"], ["-g", "y"], ["-w", "80"]], ids=" ".join)
def test_a_long_line_is_reported_once(options: list[str], tmp_path: Path) -> None:
    """Whatever handles it in parts: the filter, the output, or both."""
    done = run(*options, stdin=b"y" + b"x " * (9 << 19), home=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(b"yx x")
    assert re.fullmatch(rb"reflowlog: a line has more than [\d,]+ bytes: it is handled in parts\n", done.stderr)


@pytest.mark.parametrize(
    ("options", "is_kept"),
    [
        *((["-g", "^y"], False), (["-g", "end$"], True), (["-g", "^10:00:00 x"], True), (["-l", "error"], False)),
        *((["-vg", "^y"], True), (["--exclude", "^y"], True), (["-g", "yy yy"], True)),
    ],
    ids=str,
)
@pytest.mark.parametrize("part", [[], ["--tail", "5"]], ids=["whole", "tail"])
def test_the_parts_of_a_long_line_are_no_lines(
    part: list[str], options: list[str], is_kept: bool, tmp_path: Path
) -> None:
    """For a filter: only its beginning is one of a line, and its end is known, also without a newline."""
    (tmp_path / "a.log").write_bytes(b"10:00:00 xy" + b"y" * (5 << 20) + b" " + b"y" * (6 << 20) + b" ERROR end")
    done = run(*part, *options, "a.log", home=tmp_path)
    assert (b"end" in done.stdout) == is_kept


@pytest.mark.slow
@pytest.mark.parametrize("options", [["-w", "80"], ["-g", "x"], ["--since", "1h"]], ids=" ".join)
def test_a_line_without_an_end_costs_bounded_memory(options: list[str], tmp_path: Path) -> None:
    """However it is shown, and it is said; here 48 MB of one letter in a file of a few bytes."""
    (tmp_path / "a.bz2").write_bytes(bz2.compress(b"x" * (48 << 20)))
    done = run(*options, "a.bz2", memory=MEMORY, home=tmp_path)
    assert done.returncode == 0
    assert len(done.stdout.replace(b"\n", b"").replace(b" ", b"")) == 48 << 20
    assert re.fullmatch(rb"reflowlog: a line has more than [\d,]+ bytes: it is handled in parts\n", done.stderr)


@pytest.mark.parametrize("term", [None, "dumb", "xterm"])
@pytest.mark.parametrize("options", [[], ["-g", "text"]], ids=["all", "filtered"])
def test_no_control_sequence_acts_on_a_plain_terminal(term: str | None, options: list[str], tmp_path: Path) -> None:
    """Without TERM, on a dumb terminal and with --plain: only colours pass."""
    (tmp_path / "a.log").write_bytes(b"\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m text\x1b[5A\x07\nlast text\n")
    terminal = Pty([*REFLOWLOG, "--plain", *options, "a.log"], changes={"TERM": term}, home=tmp_path)
    try:
        assert terminal.wait() == 0
        output = terminal.output()
    finally:
        terminal.close()
    assert b"text" in output
    assert output.replace(b"\r\n", b"\n").endswith(b"last text\n")
    assert not re.sub(rb"\x1b\[[0-9;:]*m", b"", output).count(b"\x1b")
    assert b"\x07" not in output


def test_a_prompt_is_shown_on_a_plain_terminal(tmp_path: Path) -> None:
    """An unterminated line appears without its newline, and once."""
    terminal = Pty(
        [
            "/bin/sh",
            "-c",
            '(printf "name? "; read answer < /dev/tty; echo "is $answer") | "$0" "$@"',
            *REFLOWLOG,
            "--plain",
        ],
        home=tmp_path,
    )
    try:
        terminal.wait_until(lambda: b"name? " in terminal.output())
        terminal.send(b"Ada\n")
        assert terminal.wait() == 0
        assert terminal.output().count(b"name?") == 1
        assert b"is Ada" in terminal.output()
    finally:
        terminal.close()


@pytest.mark.parametrize("mode", [[], ["--plain"]], ids=["inline", "plain"])
def test_the_prompt_of_a_shell_gets_a_row_of_its_own(mode: list[str], tmp_path: Path) -> None:
    """After a second Ctrl-C, whose row was not complete."""
    feed = Feed(tmp_path / "fifo")
    shell = """trap : INT; "$0" "$@" < fifo; printf 'PROMPT\\n'"""
    terminal = PyteTerminal(["/bin/sh", "-c", shell, *REFLOWLOG, *mode], (60, 10), home=tmp_path)
    try:
        feed.write("half")
        terminal.wait_screen(lambda rows: any("half" in row for row in rows))
        for _ in range(20):  # two that come before the first is handled are one signal
            terminal.send(b"\x03")
            with contextlib.suppress(AssertionError):
                terminal.wait_screen(lambda rows: any("PROMPT" in row for row in rows), 0.5)
                break
        assert "PROMPT" in [row.strip() for row in terminal.screen()]
    finally:
        terminal.close()
        feed.close()


def test_two_signals_end_a_viewer_with_a_search(tmp_path: Path) -> None:
    """The first one ends the search only; two within two seconds quit."""
    (tmp_path / "a.log").write_text("".join(f"line {number}\n" for number in range(1000)))
    terminal = PyteTerminal([*REFLOWLOG, "a.log"], (60, 10), home=tmp_path)
    try:
        terminal.wait_screen(lambda rows: any("line 1" in row for row in rows))
        terminal.send(b"/99\r")
        terminal.wait_screen(lambda rows: any("line 99" in row for row in rows))
        terminal.process.send_signal(signal.SIGINT)
        terminal.wait_screen(lambda rows: "Ctrl-C" in "".join(rows[-1:]))
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.wait() == 130
    finally:
        terminal.close()


@pytest.mark.parametrize("others", [[], ["b.log"]], ids=["alone", "merged"])
def test_a_level_that_no_record_has_is_said(others: list[str], tmp_path: Path) -> None:
    """An empty output would be misread; where one record has a level, nothing is said."""
    (tmp_path / "a.log").write_text("one\ntwo\n")
    (tmp_path / "b.log").write_text("three\n")
    done = run("-l", "error", "a.log", *others, home=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"reflowlog: no record had a level that is known here, so --level shows nothing\n"
    (tmp_path / "a.log").write_text("one\n2026-01-01 10:00:00 INFO two\n")
    done = run("-l", "error", "a.log", *others, home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("others", [[], ["b.log"]], ids=["alone", "merged"])
def test_a_file_that_is_not_there_yet_is_followed(others: list[str], tmp_path: Path) -> None:
    """It is read from its start once it is there."""
    (tmp_path / "b.log").write_text("")
    out, errors = tmp_path / "out", tmp_path / "err"
    with (
        out.open("wb") as file,
        errors.open("wb") as err,
        subprocess.Popen(
            [*REFLOWLOG, "-f", "a.log", *others], stdout=file, stderr=err, env=environment(), cwd=tmp_path
        ) as process,
    ):
        wait_for(lambda: b"a.log is not there yet: waiting for it" in errors.read_bytes())
        (tmp_path / "a.log").write_text("first\nsecond\n")
        wait_for(lambda: out.read_bytes() == b"first\nsecond\n", describe=errors.read_text)
        process.send_signal(signal.SIGTERM)
    assert errors.read_text().splitlines()[1:] == ["reflowlog: a.log is there"]


def test_a_closed_input_is_one_line(tmp_path: Path) -> None:
    """It is what cannot be read, not what cannot be written."""
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" <&-', "sh", *REFLOWLOG],
        capture_output=True,
        env=environment(),
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(b"reflowlog: cannot read standard input: ")


@pytest.mark.parametrize("kind", ["fifo", "device", "brackets", "large"])
def test_a_configuration_that_cannot_be_read_is_one_line(kind: str, tmp_path: Path) -> None:
    """It neither waits, nor fills the memory, nor ends in a traceback."""
    path = tmp_path / "config" / "reflowlog" / "config.toml"
    path.parent.mkdir(parents=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.write_text("wrap = " + "[" * (100_000 if kind == "brackets" else 2 << 20))
    done = subprocess.run(
        REFLOWLOG,
        input=b"",
        capture_output=True,
        env=environment(XDG_CONFIG_HOME=str(tmp_path / "config")),
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"config.toml" in done.stderr


def test_without_threads_it_ends_with_one_line(tmp_path: Path) -> None:
    """Where the system lets no thread start, the terminal is as before and one line says why."""
    program = (
        "import threading\n"
        'def start(self): raise RuntimeError("can\'t start new thread")\n'
        "threading.Thread.start = start\n"
        "from reflowlog.cli import main\n"
        "main([])\n"
    )
    (tmp_path / "program.py").write_text(program)
    terminal = Pty(["/bin/sh", "-c", 'echo x | "$PYTHON" program.py'], home=tmp_path)
    try:
        assert terminal.wait() == 1
        assert "cannot start a thread" in terminal.text
        assert "Traceback" not in terminal.text
    finally:
        terminal.close()


@pytest.mark.parametrize("start", ["-R", "GIT_PAGER_IN_USE"])
def test_as_a_pager_it_opens_the_viewer_at_the_start(start: str, tmp_path: Path) -> None:
    """A pipe as well, if its flags or git say that it is one."""
    shell = 'seq 100 | "$PYTHON" -m reflowlog' + (" -R" if start == "-R" else "")
    terminal = PyteTerminal(
        ["/bin/sh", "-c", shell], (60, 10), home=tmp_path, changes={} if start == "-R" else {start: "1"}
    )
    try:
        rows = terminal.wait_screen(lambda rows: "100" in "".join(rows[-1:]))
        assert (rows[0].strip(), terminal.alternate) == ("1", True)
    finally:
        terminal.close()


def test_a_line_number_behind_a_file_is_where_it_starts(tmp_path: Path) -> None:
    """As compilers and grep write it."""
    (tmp_path / "a.log").write_text("".join(f"line {number}\n" for number in range(1, 100)))
    terminal = PyteTerminal([*REFLOWLOG, "a.log:42"], (60, 10), home=tmp_path)
    try:
        terminal.wait_screen(lambda rows: rows and rows[0].strip() == "line 42")
    finally:
        terminal.close()


@pytest.mark.parametrize("options", [(), ("--follow", "--width", "40")], ids=" ".join)
def test_a_line_number_behind_several_files_is_refused(options: tuple[str, ...], tmp_path: Path) -> None:
    """Merged files have no common line N; nothing is waited for under such a name."""
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_text(TEXT)
    done = run(*options, "a.log:1", "b.log:2", home=tmp_path)
    told = "".join(f"reflowlog: cannot read {name}: FILE:N is for one file alone\n" for name in ("a.log:1", "b.log:2"))
    assert (done.returncode, done.stdout, done.stderr.decode()) == (1, b"", told)


def test_a_missing_file_beside_good_ones_stands_in_the_status_row(tmp_path: Path) -> None:
    """Until a key is pressed: the viewer hides standard error."""
    (tmp_path / "a.log").write_text("one\n")
    (tmp_path / "b.log").write_text("two\n")
    terminal = PyteTerminal([*REFLOWLOG, "a.log", "b.log", "c.log"], (100, 10), home=tmp_path)
    try:
        terminal.wait_screen(lambda rows: "cannot read c.log: No such file" in "".join(rows[-1:]))
        terminal.send(b"q")
        assert terminal.wait() == 1
    finally:
        terminal.close()
