"""The command line as its users meet it: real processes in pipes, on a pty, and where something is missing."""

from __future__ import annotations

import gzip
import os
import re
import select
import shlex
import signal
import subprocess
import termios
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import (
    PYTHON,
    REFLOWLOG,
    TIMEOUT,
    Feed,
    Pty,
    PyteTerminal,
    environment,
    modes_left_on,
    script,
    wait_for,
)

from reflowlog import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

HOSTILE = b"\x1b]0;x\x07\x1b[2J\x1b[31mred\x1b[0m \xff\xfe\x00\x9b2J\n"
SGR = re.compile(rb"\x1b\[[0-9;:]*m")
MEGABYTE = 1 << 20


def run(
    *arguments: str, stdin: bytes = b"", changes: Mapping[str, str | None] | None = None, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run reflowlog with pipes for all its streams until it ends."""
    return subprocess.run(
        [*REFLOWLOG, *arguments],
        input=stdin,
        capture_output=True,
        env=environment(**(changes or {})),
        timeout=TIMEOUT * 2,
        check=False,
        **options,
    )


def in_shell(command: str, home: Path, **changes: str | None) -> subprocess.CompletedProcess[bytes]:
    """Run a pipeline by `sh`, in which `reflowlog` is the program and no terminal is near."""
    return subprocess.run(
        ["/bin/sh", "-c", f'reflowlog() {{ "$PYTHON" -m reflowlog "$@"; }}; {command}'],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(**changes),
        cwd=home,
        timeout=TIMEOUT * 2,
        start_new_session=True,
        check=False,
    )


def one_line(stderr: bytes) -> str:
    """The one line that a complaint takes."""
    text = stderr.decode()
    assert text.endswith("\n"), text
    assert text.count("\n") == 1, text
    assert "Traceback" not in text
    return text


def read_until(stream: Any, wanted: bytes) -> bytes:
    """Read from a pipe until `wanted` has come, its other end staying open."""
    data = b""
    deadline = time.monotonic() + TIMEOUT
    while wanted not in data:
        assert select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0], f"only {data!r} came"
        chunk = os.read(stream.fileno(), 65536)
        assert chunk, f"ended after {data!r}"
        data += chunk
    return data


# -- plain -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), ("--plain",), ("--width", "40"), ("-o", "copy")], ids=" ".join)
def test_a_line_is_shown_while_its_writer_is_still_at_work(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Input is written at once, not when a buffer is full or the input ends."""
    with subprocess.Popen(
        [*REFLOWLOG, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), cwd=tmp_path
    ) as process:
        assert process.stdin is not None
        for line in (b"a\n", b"b\n"):
            process.stdin.write(line)
            process.stdin.flush()
            assert read_until(process.stdout, b"\n") == line
        process.stdin.close()
        assert process.wait(TIMEOUT) == 0


def test_a_last_line_without_its_end_is_kept() -> None:
    """The last line comes out as it is, with no newline put behind it."""
    done = run(stdin=b"one\ntwo")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"one\ntwo", b"")


def test_a_part_of_a_line_is_shown_at_once(tmp_path: Path) -> None:
    """A prompt, which has no newline, does not wait for one."""
    with subprocess.Popen([*REFLOWLOG], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as process:
        assert process.stdin is not None
        process.stdin.write(b"Continue? ")
        process.stdin.flush()
        assert read_until(process.stdout, b"? ") == b"Continue? "
        process.stdin.close()
        assert process.wait(TIMEOUT) == 0


@pytest.mark.parametrize("arguments", ["", "--plain", "--width 40", "-o copy"])
def test_a_reader_that_leaves_ends_it_silently(arguments: str, tmp_path: Path) -> None:
    """`| head -1` gets its line; nothing is said about the pipe being closed."""
    done = in_shell(f"yes line | head -c 3000000 | reflowlog {arguments} | head -1", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"line\n", b"")


def test_plain_leaves_every_byte_alone() -> None:
    """Off a terminal bytes in are bytes out, whatever they are."""
    every = bytes(range(256)) * 3 + HOSTILE
    for arguments in ((), ("--plain",), ("--plain", "--color", "always")):
        done = run(*arguments, stdin=every)
        assert (done.returncode, done.stdout, done.stderr) == (0, every, b"")


def test_empty_input_gives_empty_output() -> None:
    """No input is no error and adds nothing."""
    for arguments in ((), ("--width", "30")):
        done = run(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_what_is_written_before_the_writer_is_killed_is_shown(tmp_path: Path) -> None:
    """A writer killed in the middle of a line loses none of its output."""
    done = in_shell("sh -c 'echo one; printf tw; kill -9 $$' | reflowlog", tmp_path)
    assert (done.returncode, done.stdout) == (0, b"one\ntw")


_MEASURE = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit, file=sys.stderr)
sys.exit(status)
"""


def peak_memory(arguments: list[str], producer: str) -> int:
    """The most bytes of memory that reflowlog had, fed by the shell command `producer`, its output thrown away."""
    with subprocess.Popen(["/bin/sh", "-c", producer], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as source:
        done = subprocess.run(
            [PYTHON, "-c", _MEASURE, *REFLOWLOG, *arguments],
            stdin=source.stdout,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=TIMEOUT * 2,
            check=True,
        )
    return int(done.stderr)


def test_plain_needs_little_memory_for_much_input() -> None:
    """300 MB go through plain mode in less than 60 MB."""
    assert peak_memory(["--plain"], "yes | head -c 300000000") < 60 * MEGABYTE


# -- laid out, into a pipe ---------------------------------------------------------------------------------------------


def test_width_lays_out_into_a_pipe() -> None:
    """`--width N` puts rows of at most N cells into the stream."""
    done = run("--width", "40", stdin=b"word " * 30 + b"\nshort\n")
    rows = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert max(map(len, rows)) <= 40
    assert " ".join(done.stdout.decode().split()) == " ".join(["word"] * 30 + ["short"])
    assert rows[-1] == "short"


def test_width_keeps_a_last_line_without_its_end() -> None:
    """The last line is laid out too, and shown once."""
    done = run("--width", "20", stdin=b"one\ntwo and more than fits")
    assert done.stdout.split() == b"one two and more than fits".split()


@pytest.mark.parametrize("colour", ["auto", "always", "never"])
def test_width_shows_what_acts_on_a_terminal_instead_of_letting_it(colour: str) -> None:
    """Nothing but colour gets through to whatever shows the rows."""
    done = run("--width", "40", "--color", colour, stdin=HOSTILE)
    assert done.returncode == 0
    assert done.stderr == b""
    without_colour = SGR.sub(b"", done.stdout)
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", without_colour)
    text = without_colour.decode("utf-8")
    assert not re.search(r"[\x80-\x9f]", text)
    assert "red" in text
    if colour == "always":
        assert re.search(rb"\x1b\[[0-9;]*31[0-9;]*mred", done.stdout)


# -- what came in goes into a file, too --------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), ("--width", "20")], ids=["plain", "width"])
def test_output_file_is_a_copy_byte_for_byte(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """`-o` writes the input as it came, whatever is done with it for showing."""
    data = HOSTILE * 50 + bytes(range(256)) + b"the end, without a newline"
    done = run(*arguments, "-o", str(tmp_path / "copy"), stdin=data)
    assert done.returncode == 0
    assert (tmp_path / "copy").read_bytes() == data


def test_output_file_of_inline_mode_is_a_copy(open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """On a terminal `-o` writes the input as it came."""
    (tmp_path / "input").write_bytes(HOSTILE * 20)
    terminal = open_pty(["sh", "-c", '"$PYTHON" -m reflowlog -o copy < input'], home=tmp_path)
    assert terminal.wait() == 0
    assert (tmp_path / "copy").read_bytes() == HOSTILE * 20


def test_output_file_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    """Where the file of `-o` cannot be opened, one line says so; all input is still shown and the status is 1."""
    missing = tmp_path / "nowhere" / "copy"
    done = run("-o", str(missing), stdin=b"one\ntwo\n")
    assert done.stdout == b"one\ntwo\n"
    assert str(missing) in one_line(done.stderr)
    assert done.returncode == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_output_file_on_a_full_disk_is_one_clear_line() -> None:
    """Where the disk of `-o` is full, one line says so; all input is still shown and the status is 1."""
    data = b"a line of some length\n" * 20_000
    done = run("-o", "/dev/full", stdin=data)
    assert done.stdout == data
    assert "/dev/full" in one_line(done.stderr)
    assert done.returncode == 1


# -- usage -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("--width", "0"),
        ("--width", "abc"),
        ("--width", "-5"),
        ("--width",),
        ("--no-such-option",),
        ("--wrap", "sideways"),
        ("--indent", "much"),
        ("--rewrap", "none"),
        ("--color", "sometimes"),
        ("--history", "0x"),
        ("--history", "-1"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_clear_line(arguments: tuple[str, ...]) -> None:
    """Wrong usage is reported in one line that names it, with status 2 and no output."""
    done = run(*arguments, stdin=b"one\n")
    assert done.returncode == 2
    assert done.stdout == b""
    assert arguments[0] in one_line(done.stderr)


def test_an_unknown_theme_is_told_with_those_there_are() -> None:
    """Before anything is read."""
    done = run("--theme", "nope", stdin=b"one\n")
    assert done.returncode == 2
    assert done.stdout == b""
    assert "'nope': dark, light, mono" in one_line(done.stderr)


def test_wrong_usage_in_the_environment_names_the_variable() -> None:
    """A mistake in REFLOWLOG is reported as one of REFLOWLOG."""
    done = run(stdin=b"one\n", changes={"REFLOWLOG": "--width abc"})
    assert done.returncode == 2
    assert "REFLOWLOG" in one_line(done.stderr)


def test_default_options_stand_in_the_environment() -> None:
    """REFLOWLOG holds options; those of the command line win."""
    line = b"word " * 20
    changes = {"REFLOWLOG": "--width 30 --indent 4"}
    rows = run(stdin=line, changes=changes).stdout.decode().splitlines()
    assert max(map(len, rows)) <= 30
    assert rows[1].startswith("    word")
    assert len(run("--width", "60", stdin=line, changes=changes).stdout.decode().splitlines()) < len(rows)


def test_version() -> None:
    """The first line is the package's version; the rest is for bug reports."""
    for option in ("-V", "--version"):
        done = run(option)
        first, *others = done.stdout.splitlines()
        assert (done.returncode, first, done.stderr) == (0, b"reflowlog " + __version__.encode(), b"")
        assert others[0].startswith(b"Python 3.")


def test_help_is_eighty_columns_wide() -> None:
    """The help goes to standard output, one option a row."""
    for option in ("-h", "--help"):
        done = run(option)
        rows = done.stdout.decode().splitlines()
        assert (done.returncode, done.stderr) == (0, b"")
        assert max(map(len, rows)) <= 80
        assert "reflowlog" in rows[0]


def test_help_is_laid_out_for_a_narrow_terminal(open_pty: Callable[..., Pty]) -> None:
    """There it wraps at blanks, as everything does."""
    terminal = open_pty([*REFLOWLOG, "--help"], (40, 24))
    assert terminal.wait() == 0
    assert max(map(len, terminal.text.splitlines())) <= 40


def test_no_input_on_a_terminal_is_three_lines(open_pty: Callable[..., Pty]) -> None:
    """Started with nothing to read but the keyboard, it names the three ways to use it, with status 2."""
    terminal = open_pty([*REFLOWLOG])
    assert terminal.wait() == 2
    assert terminal.text.count("\n") == 3
    assert "reflowlog app.log" in terminal.text
    assert "--help" in terminal.text


# -- on a terminal -----------------------------------------------------------------------------------------------------


def test_inline_shows_what_acts_on_a_terminal_instead_of_letting_it(
    open_pyte: Callable[..., PyteTerminal], tmp_path: Path
) -> None:
    """On a terminal the title stays, the screen is not cleared, and red is red."""
    (tmp_path / "input").write_bytes(HOSTILE + b"\x1b[5;5Hafter\x1b[?1049h\x1b[6n\x1bc\n")
    command = """printf '\\033]0;before\\007'; echo still here; "$PYTHON" -m reflowlog < input"""
    terminal = open_pyte(["sh", "-c", command], home=tmp_path)
    assert terminal.wait() == 0
    assert terminal.title == "before"
    assert terminal.screen()[0] == "still here"
    assert "red" in terminal.screen()[1]
    assert "after" in terminal.screen()[2]
    assert terminal.colours_of("red") == {"red"}
    assert terminal.colours_of("after") == {"default"}
    assert terminal.settings_now() == terminal.settings


@pytest.mark.parametrize("mode", ["inline", "plain"])
def test_last_line_without_its_end_on_a_terminal(
    mode: str, open_pyte: Callable[..., PyteTerminal], tmp_path: Path
) -> None:
    """An unterminated last line is shown, in either mode."""
    (tmp_path / "input").write_bytes(b"one\ntwo")
    terminal = open_pyte(["sh", "-c", f'"$PYTHON" -m reflowlog --{mode} < input'], home=tmp_path)
    assert terminal.wait() == 0
    assert terminal.screen() == ["one", "two"]


_APP = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: print("caught", flush=True))
print("ready", flush=True)
with open("control") as control:
    for line in control:
        print(line, end="", flush=True)
"""


@pytest.fixture
def app(tmp_path: Path) -> Callable[[str], list[str]]:
    """A shell's command that pipes an app into reflowlog and says how that ended, for the options of reflowlog.

    The app says `ready`, then what it reads from `control`, and `caught` for each SIGINT.
    """
    (tmp_path / "app.py").write_text(_APP)

    def command(options: str) -> list[str]:
        pipeline = f'"$PYTHON" app.py | {{ trap : INT; "$PYTHON" -m reflowlog {options}; echo "status=$?" >&2; }}'
        return ["/bin/sh", "-c", f"trap : INT; {pipeline}"]

    return command


@pytest.mark.parametrize("options", ["--inline", "--plain", "--width 30"])
def test_the_first_interrupt_lets_the_program_say_its_last_words(
    options: str, app: Callable[[str], list[str]], open_pyte: Callable[..., PyteTerminal], tmp_path: Path
) -> None:
    """After one Ctrl-C the app's later lines are shown, until it ends by itself."""
    control = Feed(tmp_path / "control")
    terminal = open_pyte(app(options), home=tmp_path)
    terminal.wait_screen(lambda rows: "ready" in rows)
    terminal.send(b"\x03")
    terminal.wait_screen(lambda rows: any("caught" in row for row in rows))
    for number in range(3):
        control.write(f"last word {number}\n")
        terminal.wait_screen(lambda rows, number=number: f"last word {number}" in rows)
    control.close()
    terminal.wait_screen(lambda rows: "status=0" in rows)
    terminal.wait()
    assert terminal.settings_now() == terminal.settings


def test_how_to_force_the_end_is_told(
    app: Callable[[str], list[str]], open_pyte: Callable[..., PyteTerminal], tmp_path: Path
) -> None:
    """Under the log, while another Ctrl-C would do so; then it goes."""
    control = Feed(tmp_path / "control")
    terminal = open_pyte(app("--inline"), home=tmp_path)
    terminal.wait_screen(lambda rows: "ready" in rows)
    terminal.send(b"\x03")
    terminal.wait_screen(lambda rows: rows[-1] == "reflowlog: the input goes on; Ctrl-C again quits")
    terminal.wait_screen(lambda rows: "Ctrl-C" not in rows[-1])
    control.write("last word\n")
    control.close()
    terminal.wait_screen(lambda rows: "status=0" in rows)
    assert [row for row in terminal.screen() if row != "^C"][-3:] == ["caught", "last word", "status=0"]


@pytest.mark.parametrize("options", ["--inline", "--plain", "--width 30"])
def test_the_second_interrupt_quits(
    options: str, app: Callable[[str], list[str]], open_pyte: Callable[..., PyteTerminal], tmp_path: Path
) -> None:
    """Two Ctrl-C, one soon after the other, end it with 130 although the app goes on."""
    control = Feed(tmp_path / "control")
    terminal = open_pyte(app(options), home=tmp_path)
    terminal.wait_screen(lambda rows: "ready" in rows)
    terminal.send(b"\x03")
    terminal.wait_screen(lambda rows: any("caught" in row for row in rows))
    if options == "--inline":  # else the first may not have been handled yet, and two at once count as one
        terminal.wait_screen(lambda rows: any("again quits" in row for row in rows))
    terminal.send(b"\x03")
    terminal.wait_screen(lambda rows: any("status=130" in row for row in rows))
    assert not any("Traceback" in row for row in terminal.screen())
    control.close()
    terminal.wait()
    assert terminal.settings_now() == terminal.settings
    assert modes_left_on(terminal.output()) == set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("options", ["--inline", "--plain"])
def test_a_signal_leaves_the_terminal_as_it_was(
    options: str, number: signal.Signals, open_pyte: Callable[..., PyteTerminal], feed: Feed, tmp_path: Path
) -> None:
    """SIGTERM and SIGHUP end it with 128 + n; accepted lines are shown and the terminal is restored."""
    inner = f'echo $$ > pid; exec "$PYTHON" -m reflowlog {options}'
    script(tmp_path / "inner", inner)
    terminal = open_pyte(["sh", "-c", 'cat feed | ./inner; echo "status=$?"'], home=tmp_path)
    feed.write("one\nand a part")
    terminal.wait_screen(lambda rows: rows == ["one", "and a part"])
    terminal.resize(60)
    terminal.settle()
    os.kill(int((tmp_path / "pid").read_text()), number)
    feed.close()
    terminal.wait_screen(lambda rows: any(f"status={128 + number}" in row for row in rows))
    terminal.wait()
    assert terminal.screen()[0] == "one"
    assert terminal.screen()[1].startswith("and a part")
    assert terminal.settings_now() == terminal.settings
    assert modes_left_on(terminal.output()) == set()
    assert not terminal.cursor_hidden


def test_a_password_prompt_upstream_gets_its_keys(open_pyte: Callable[..., PyteTerminal], tmp_path: Path) -> None:
    """A password typed while a program upstream prompts for it reaches that program, without echo."""
    upstream = "printf 'Password: ' > /dev/tty; stty -echo < /dev/tty; read -r word < /dev/tty; stty echo < /dev/tty"
    script(tmp_path / "upstream", f'{upstream}; echo; echo "got $word"')
    terminal = open_pyte(["sh", "-c", './upstream | "$PYTHON" -m reflowlog'], home=tmp_path)
    terminal.wait_screen(lambda rows: rows == ["Password:"])
    wait_for(lambda: not terminal.settings_now()[3] & termios.ECHO)
    terminal.send(b"secret\n")
    assert terminal.wait() == 0
    assert "got secret" in terminal.screen()
    assert terminal.settings_now() == terminal.settings


# -- where something is missing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("reflowlog -o a.log a.log", 2),
        ("reflowlog -o a.log b.log ./a.log", 2),
        ("reflowlog -o a.log < a.log", 2),
        ("reflowlog -o link.log a.log", 2),
        ("reflowlog -f -o new.log new.log", 2),
        ("reflowlog -o a.log .", 2),
        ("reflowlog a.log >> a.log", 1),
        ("reflowlog < a.log >> a.log", 1),
    ],
)
def test_an_input_is_not_overwritten(command: str, status: int, tmp_path: Path) -> None:
    """An input that is also an output is refused: it would be emptied, or grow without end."""
    (tmp_path / "a.log").write_text("one\n")
    (tmp_path / "b.log").write_text("two\n")
    (tmp_path / "link.log").symlink_to("a.log")
    done = in_shell(command, tmp_path)
    assert (done.returncode, done.stdout) == (status, b"")
    text = done.stderr.decode().splitlines()[-1]
    assert text.startswith("reflowlog: ")
    assert "--output" in text or "standard output" in text
    assert (tmp_path / "a.log").read_text() == "one\n"
    assert not (tmp_path / "new.log").exists()


def test_an_output_among_others_is_left_out(tmp_path: Path) -> None:
    """The rest of a directory is still shown, as `cat *` does."""
    (tmp_path / "a.log").write_text("one\n")
    done = in_shell("reflowlog . > out.log", tmp_path)
    assert (tmp_path / "out.log").read_text() == "one\n"
    assert done.returncode == 1
    assert "out.log" in one_line(done.stderr)


def test_an_explanation_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A full disk is told in one line, as in every other mode."""
    (tmp_path / "a.log").write_text("one\n")
    done = in_shell("reflowlog --explain a.log > /dev/full", tmp_path)
    assert done.returncode == 1
    assert "cannot write" in one_line(done.stderr)


def test_an_explanation_of_a_part(tmp_path: Path) -> None:
    """`--explain` heeds the range, decodes, and reports what cannot be read."""
    text = "2026-01-02 10:00:00 INFO one\n2026-01-02 11:00:00 INFO two\n2026-01-02 12:00:00 INFO three\n"
    (tmp_path / "a.log").write_bytes(text.encode("utf-16"))
    done = in_shell("reflowlog --explain --since 2026-01-02T10:30 --tail 1 a.log", tmp_path)
    assert done.stdout.startswith(b"2026-01-02 12:00:00 INFO three\n    record=begins ")
    assert done.stdout.count(b"\n") == 2
    (tmp_path / "broken.gz").write_bytes(gzip.compress(text.encode() * 99)[:-8])
    done = in_shell("reflowlog --explain broken.gz", tmp_path)
    assert done.returncode == 1
    assert "broken.gz" in one_line(done.stderr)


@pytest.mark.parametrize("arguments", ["", "--plain", "--width 20", "--version", "--help"])
def test_closed_standard_output_ends_it_silently(arguments: str, tmp_path: Path) -> None:
    """With nowhere to write to, nothing is said about it."""
    done = in_shell(f"echo one | reflowlog {arguments} >&-", tmp_path)
    assert done.stderr == b""


@pytest.mark.parametrize("arguments", ["", "--width 20", "-g one", "-f", "--explain", "- a.log"])
def test_closed_standard_output_is_not_taken_by_a_file(arguments: str, tmp_path: Path) -> None:
    """A file that is opened later does not become standard output, and what waits for a reader ends."""
    (tmp_path / "a.log").write_text("one\n")
    done = in_shell(f"reflowlog {arguments} a.log >&- <a.log", tmp_path)
    assert done.stderr == b""


def test_closed_streams_are_not_taken_by_a_copy(tmp_path: Path) -> None:
    """Neither a complaint nor the log goes into a file that is opened later."""
    (tmp_path / "a.log").write_text("one\n")
    in_shell("reflowlog -g one -o copy.log a.log nofile <&- >&- 2>&-", tmp_path)
    assert (tmp_path / "copy.log").read_text() in ("one\n", "")


def test_closed_standard_input_is_no_crash(tmp_path: Path) -> None:
    """Without any standard input there is help or an end, and no traceback."""
    done = in_shell("reflowlog <&-", tmp_path)
    assert b"Traceback" not in done.stderr
    assert done.returncode in (0, 1, 2)


def test_closed_standard_error_is_no_crash(tmp_path: Path) -> None:
    """Without standard error all is shown; a complaint has nowhere to go, its status stays."""
    assert in_shell("echo one | reflowlog 2>&-", tmp_path).stdout == b"one\n"
    assert in_shell("echo one | reflowlog --width x 2>&-", tmp_path).returncode == 2


def test_no_controlling_terminal(open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """Where /dev/tty cannot be opened, it shows everything, also at a new width."""
    process_input, ours = os.pipe()
    with os.fdopen(ours, "wb", buffering=0) as writer:
        terminal = open_pty([*REFLOWLOG], (60, 10), home=tmp_path, adopt=False, stdin=process_input)
        os.close(process_input)
        writer.write(b"one two three\n")
        terminal.wait_until(lambda: "one two three" in terminal.text)
        terminal.resize(30)
        writer.write(b"four\n")
        terminal.wait_until(lambda: "four" in terminal.text)
    assert terminal.wait() == 0
    assert "Traceback" not in terminal.text


@pytest.mark.parametrize("term", [None, "", "dumb", "no-such-terminal", "unknown"], ids=str)
def test_any_term(term: str | None, open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """Whatever TERM says, all lines are shown, after one complaint at most; a dumb terminal gets no escapes."""
    (tmp_path / "input").write_text("one\n" + "word " * 40 + "\nend\n")
    terminal = open_pty(["sh", "-c", '"$PYTHON" -m reflowlog < input'], home=tmp_path, changes={"TERM": term})
    assert terminal.wait() == 0
    lines = [line for line in terminal.text.splitlines() if not line.startswith("reflowlog: ")]
    assert " ".join(lines).split() == ["one", *["word"] * 40, "end"]
    if term == "dumb":
        assert b"\x1b" not in terminal.output()


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 2), (0, 0), (1000, 1)], ids=str)
def test_any_size(size: tuple[int, int], open_pty: Callable[..., Pty], tmp_path: Path) -> None:
    """On a terminal of one cell, or of unknown size, every character is shown and it ends."""
    (tmp_path / "input").write_text("abc def\nghi\n")
    terminal = open_pty(["sh", "-c", '"$PYTHON" -m reflowlog < input'], size, home=tmp_path)
    assert terminal.wait() == 0
    assert "".join(terminal.text.split()) == "abcdefghi"


# -- colour ------------------------------------------------------------------------------------------------------------

_COLOURS = [
    # arguments, environment, whether a line's own red is kept in a pipe, and on a terminal
    ((), {}, True, True),  # in a pipe nothing is added, and nothing taken away
    (("--color", "always"), {}, True, True),
    (("--color", "never"), {}, False, False),
    (("--color", "always"), {"NO_COLOR": "1"}, True, True),
    (("--color", "always"), {"TERM": "dumb"}, True, True),
    (("--color", "never"), {"FORCE_COLOR": "1"}, False, False),
    ((), {"NO_COLOR": "1"}, False, False),
    ((), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
    ((), {"NO_COLOR": ""}, True, True),
    ((), {"FORCE_COLOR": "1"}, True, True),
    ((), {"TERM": "dumb"}, False, False),
    ((), {"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
    ((), {"CLICOLOR_FORCE": "1", "TERM": "dumb"}, True, True),
    ((), {"FORCE_COLOR": "0", "TERM": "dumb"}, False, False),
    ((), {"FORCE_COLOR": "", "TERM": "dumb"}, False, False),
    (("--color", "auto"), {"NO_COLOR": "1"}, False, False),
]


def _colour_name(value: object) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={setting}" for name, setting in value.items()) or "-"
    return " ".join(value) or "-" if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize(("arguments", "changes", "in_a_pipe", "on_a_terminal"), _COLOURS, ids=_colour_name)
def test_what_decides_about_colour(
    arguments: tuple[str, ...],
    changes: dict[str, str],
    in_a_pipe: bool,
    on_a_terminal: bool,
    open_pty: Callable[..., Pty],
    tmp_path: Path,
) -> None:
    """Command line, NO_COLOR, FORCE_COLOR or CLICOLOR_FORCE, TERM=dumb, isatty: the first that says anything."""
    red = b"plain \x1b[31mred\x1b[0m\n"
    done = run(*arguments, "--width", "40", stdin=red, changes=changes)
    assert SGR.sub(b"", done.stdout) == b"plain red\n"
    assert bool(SGR.search(done.stdout)) == in_a_pipe
    (tmp_path / "input").write_bytes(red)
    command = f'"$PYTHON" -m reflowlog {" ".join(arguments)} --width 40 < input'
    terminal = open_pty(["sh", "-c", command], home=tmp_path, changes=changes)
    assert terminal.wait() == 0
    assert bool(re.search(rb"\x1b\[[0-9;]*31[0-9;]*mred", terminal.output())) == on_a_terminal
    assert "plain red" in terminal.text


@pytest.mark.parametrize("arguments", [(), ("--width", "40"), ("--inline",)], ids=" ".join)
@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_forced_colour_never_moves_a_cursor(arguments: tuple[str, ...], term: str) -> None:
    """In a pipe FORCE_COLOR allows colours and nothing else, whatever mode is asked for."""
    changes = {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "TERM": term}
    done = run(*arguments, stdin=b"ERROR one \x1b[31mred\x1b[0m\n" + b"word " * 40, changes=changes)
    assert done.returncode == 0
    assert b"\x1b" not in SGR.sub(b"", done.stdout)


# -- one huge line -----------------------------------------------------------------------------------------------------

HUGE = 50_000_000


@pytest.fixture(scope="module")
def huge_line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with one line of 50 MB and one short line after it."""
    path = tmp_path_factory.mktemp("huge") / "input"
    path.write_bytes(b"0123456789abcde " * (HUGE // 16) + b"\nthe end\n")
    return path


def test_a_huge_line_in_plain_mode(huge_line: Path) -> None:
    """A line of 50 MB comes out as it went in."""
    with huge_line.open("rb") as file:
        done = subprocess.run([*REFLOWLOG], stdin=file, capture_output=True, env=environment(), timeout=60, check=True)
    assert done.stdout == huge_line.read_bytes()


def test_a_huge_line_laid_out(huge_line: Path) -> None:
    """A line of 50 MB is laid out, all of it."""
    with huge_line.open("rb") as file:
        done = subprocess.run(
            [*REFLOWLOG, "--width", "80"], stdin=file, capture_output=True, env=environment(), timeout=60, check=True
        )
    assert done.stdout.count(b"0123456789abcde") == HUGE // 16
    assert done.stdout.endswith(b"\nthe end\n")


@pytest.mark.slow
def test_a_huge_line_on_a_terminal(huge_line: Path, open_pty: Callable[..., Pty]) -> None:
    """Lines after one of 50 MB are shown, also at a new width."""
    command = f'{{ cat {huge_line}; cat feed; }} | "$PYTHON" -m reflowlog'
    feed = Feed(huge_line.parent / "feed")
    terminal = open_pty(["sh", "-c", command], home=huge_line.parent, keep=False)
    terminal.wait_until(lambda: terminal.text.rstrip().endswith("the end"), timeout=60)
    terminal.resize(100)
    feed.write("still alive\n")
    terminal.wait_until(lambda: terminal.text.rstrip().endswith("still alive"), timeout=60)
    feed.close()
    assert terminal.wait() == 0


FIELDS = b"""\
{"level":30,"time":1767340800000,"pid":1,"hostname":"h","user_id":42,"msg":"pino"}
{"level":50,"time":1767340800000,"pid":1,"hostname":"h","user_id":43,"msg":"pino is ill"}
2026-01-02T12:00:00Z ERROR app.db: failed user_id=42, status=502
Traceback (most recent call last):
  File "a.py", line 1
KeyError: 1
2026-01-02T12:00:01Z INFO app.web: fine status=200
level=warn logger=app.db.pool msg="a b" user_id=42
"""


@pytest.mark.parametrize(
    ("source", "numbers"),
    [
        ("user_id=42", [0, 2, 3, 4, 5, 7]),
        ("level>=error", [1, 2, 3, 4, 5]),
        ("logger=app.db", [2, 3, 4, 5, 7]),
        ("status<500", [6]),
        ("msg='a b'", [7]),
        ("user_id!=42", [1]),
    ],
)
def test_records_are_kept_by_their_fields(source: str, numbers: list[int]) -> None:
    """Whole, byte for byte, whatever they are written in; the others with -v."""
    lines = FIELDS.splitlines(keepends=True)
    done = run("-g", source, stdin=FIELDS)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"".join(lines[number] for number in numbers)
    done = run("-vg", source, stdin=FIELDS)
    assert done.stdout == b"".join(line for number, line in enumerate(lines) if number not in numbers)


def test_an_unknown_field_is_told_at_the_end() -> None:
    """In one line, and the exit status is that of success; once, whatever inputs there are."""
    done = run("-g", "usr_id=42", stdin=FIELDS)
    assert (done.returncode, done.stdout) == (0, b"")
    assert one_line(done.stderr) == "reflowlog: no record has a field 'usr_id' (did you mean 'user_id'?)\n"
    done = run("-g", "user_id=7", stdin=FIELDS)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_pattern_without_a_match_gets_a_hint_on_a_terminal(
    open_pyte: Callable[..., PyteTerminal], tmp_path: Path
) -> None:
    """Where case or a word between two texts may be the reason; not in a script, not with -i, not after a match."""
    (tmp_path / "a.log").write_text("INFO boom\n")
    (tmp_path / "b.log").write_text("INFO other\n")
    call = shlex.join(REFLOWLOG)
    lines = [f"{call} {options} > out" for options in ("-g 'x and y' a.log", "-g Boom a.log b.log", "-g boom a.log")]
    terminal = open_pyte(
        ["/bin/sh", "-c", "; ".join([*lines, f"{call} -i -g BOOX a.log > out", "echo done"])], (90, 8), home=tmp_path
    )
    rows = terminal.wait_screen(lambda rows: rows[-1:] == ["done"])
    assert rows == [
        "reflowlog: no record matches 'x and y': a|b is or, two filters are and",
        "reflowlog: no record matches 'Boom': capitals count, small letters match both",
        "done",
    ]
    assert run("-g", "x and Y", stdin=b"z\n").stderr == b""


@pytest.mark.parametrize(
    ("source", "reason"), [("level>=loud", "'loud' is not a level"), ("status>=", "nothing to compare with after >=")]
)
def test_a_comparison_that_makes_no_sense_is_wrong_usage(source: str, reason: str) -> None:
    """An invalid comparison is reported with its reason, before any input is read."""
    done = run("-g", source, stdin=FIELDS)
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"'{source}': {reason}" in one_line(done.stderr)


def test_a_comparison_heeds_the_users_names(tmp_path: Path) -> None:
    """The configured field of the level is compared as a level, and `-l` uses it too."""
    (tmp_path / "reflowlog").mkdir()
    (tmp_path / "reflowlog" / "config.toml").write_text('[fields]\nlevel = ["sev"]\n')
    changes = {"XDG_CONFIG_HOME": str(tmp_path)}
    lines = b'{"sev":"info","msg":"a"}\n{"sev":"error","msg":"b"}\n'
    for arguments in (("-g", "level>=warn"), ("-g", "sev>=warn"), ("-l", "warn")):
        assert run(*arguments, stdin=lines, changes=changes).stdout == b'{"sev":"error","msg":"b"}\n'
    done = run("-g", "sev>=loud", stdin=lines, changes=changes)
    assert done.returncode == 2
    assert "'loud' is not a level" in one_line(done.stderr)


def test_a_message_is_wrapped_at_blanks_on_a_terminal(open_pyte: Callable[..., PyteTerminal], tmp_path: Path) -> None:
    """As the log is."""
    terminal = open_pyte(
        ["sh", "-c", '"$PYTHON" -m reflowlog no/such/file/of/the/name/app.log'], (40, 10), home=tmp_path
    )
    assert terminal.wait() == 1
    rows = terminal.screen()
    assert rows[0].startswith("reflowlog: cannot read")
    assert all(len(row) <= 40 for row in rows)
    assert rows[1].startswith("    ")
    assert " ".join(rows).endswith("directory")
