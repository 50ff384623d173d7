"""A command under us, as its users meet it: real processes on a terminal, off one, and with none at all."""

from __future__ import annotations

import contextlib
import fcntl
import filecmp
import os
import re
import shutil
import signal
import subprocess
import sys
import termios
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import PYTHON, REFLOWLOG, TIMEOUT, Feed, PyteTerminal, environment, modes_left_on, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")

PAGE_UP = b"\x1b[5~"


def run(*arguments: str, stdin: Any = subprocess.DEVNULL, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run reflowlog off a terminal and without any that controls it, as cron does, until it ends."""
    given = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
    return subprocess.run(
        [*REFLOWLOG, *arguments],
        capture_output=True,
        env=environment(**options.pop("changes", {})),
        timeout=TIMEOUT * 2,
        check=False,
        start_new_session=True,
        **given,
        **options,
    )


def shell(text: str, *ours: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a shell's commands under us, off a terminal."""
    return run(*ours, "-e", "sh", "-c", text, **options)


@pytest.fixture
def open_child(open_pyte: Callable[..., PyteTerminal]) -> Callable[..., PyteTerminal]:
    """Run a shell's commands under us on a terminal; returns once our keyboard has it."""

    def start(text: str, *ours: str, size: tuple[int, int] = (60, 12), **options: Any) -> PyteTerminal:
        terminal = open_pyte([*REFLOWLOG, *ours, "-e", "sh", "-c", text], size, **options)
        terminal.wait_until(lambda: not terminal.settings_now()[3] & termios.ISIG)
        return terminal

    return start


def shows(terminal: PyteTerminal, text: str) -> list[str]:
    """Wait until a row holds `text`; the rows."""
    return terminal.wait_screen(lambda rows: any(text in row for row in rows))


def ends(terminal: PyteTerminal, status: int) -> None:
    """It ends with that status, and the terminal is as it was found."""
    assert terminal.wait() == status, terminal.describe()
    assert terminal.settings_now() == terminal.settings
    assert not modes_left_on(terminal.output())


# -- off a terminal ----------------------------------------------------------------------------------------------------


def test_its_output_is_a_terminal_and_ours_is_its_bytes() -> None:
    """The command writes to a terminal; into a pipe its bytes are unchanged, without added carriage returns."""
    done = shell("test -t 1 && test -t 2 && stty size <&1; printf 'a\\tb\\n\\033[31mred\\033[0m\\r\\nend'")
    assert done.stdout == b"24 80\na\tb\n\x1b[31mred\x1b[0m\r\nend"
    assert (done.returncode, done.stderr) == (0, b"")


def test_colours_stay() -> None:
    """`ls --color=auto` colours its output, although it goes into a pipe."""
    done = run("-e", "ls", "--color=auto", "-d", "/", changes={"TERM": "xterm-256color", "LS_COLORS": "di=01;34"})
    assert b"\x1b[01;34m/" in done.stdout


@pytest.mark.parametrize("status", [0, 1, 2, 77, 126, 127, 255])
def test_its_status_is_ours(status: int) -> None:
    """Whatever it exits with, we exit with."""
    assert shell(f"exit {status}").returncode == status


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGPIPE])
def test_a_signal_that_ended_it_is_in_our_status(number: int) -> None:
    """As in a shell: 128 and the signal's number; its last words are there."""
    done = shell(f"echo last; kill -{int(number)} $$")
    assert (done.returncode, done.stdout) == (128 + number, b"last\n")


@pytest.mark.parametrize(("name", "status"), [("no-such-command", 127), ("./file", 126), ("/", 126), ("", 127)])
def test_what_cannot_be_run_is_one_line(name: str, status: int, tmp_path: Path) -> None:
    """As in a shell: 127 if not found, 126 if not executable; the output file is not truncated."""
    (tmp_path / "file").write_text("no program\n")
    (tmp_path / "copy").write_text("before\n")
    done = run("-o", "copy", "-e", name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (status, b"")
    assert re.fullmatch(rb"reflowlog: cannot run [^\n]*: [^\n]+\n", done.stderr)
    assert (tmp_path / "copy").read_text() == "before\n"


def test_a_name_breaks_no_complaint() -> None:
    """Its newlines and escapes are shown, in one line."""
    done = run("-e", "no\nsuch\x1b[31m")
    assert done.stderr == "reflowlog: cannot run no\u240asuch\u241b[31m: No such file or directory\n".encode()


def test_a_script_without_a_header_is_the_shells(tmp_path: Path) -> None:
    """As everywhere."""
    (tmp_path / "script").write_text('echo "$0 $1"\n')
    (tmp_path / "script").chmod(0o755)
    assert run("-e", "./script", "one", cwd=tmp_path).stdout == b"./script one\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("-e", "echo", "a", "-g", "--", "-e"),
        ("--exec", "echo", "a", "-g", "--", "-e"),
        ("--exec=echo", "a", "-g", "--", "-e"),
        ("-fe", "echo", "a", "-g", "--", "-e"),
        ("-g", "a", "-e", "--", "echo", "a", "-g", "--", "-e"),
    ],
    ids=" ".join,
)
def test_arguments_after_the_command_belong_to_it(arguments: Sequence[str]) -> None:
    """Arguments after the command belong to it, even those that look like options of reflowlog."""
    assert run(*arguments).stdout == b"a -g -- -e\n"


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [(("-e",), ""), (("-e", "--"), ""), (("file", "-e", "ls"), ""), (("--stderr",), ""), ((), "-e ls")],
)
def test_wrong_usage(arguments: Sequence[str], variable: str) -> None:
    """No command, files besides one, `--stderr` without one, one among the default options."""
    done = run(*arguments, stdin=b"", changes={"REFLOWLOG": variable})
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1


def test_a_hundred_megabytes_arrive(tmp_path: Path) -> None:
    """All bytes arrive unchanged, in the output and in the copy."""
    line = b"2026-01-02 03:04:05,678 INFO app.pool: something of this length happened again in the pool \xff %06d\n"
    (tmp_path / "large").write_bytes(b"".join([line % (number % 999_983) for number in range(1_100_000)]))
    with (tmp_path / "out").open("wb") as file:
        command = [*REFLOWLOG, "-o", "copy", "-e", "cat", "large"]
        done = subprocess.run(command, stdout=file, cwd=tmp_path, env=environment(), check=False)
    assert done.returncode == 0
    assert (tmp_path / "large").stat().st_size > 100_000_000
    for name in ("out", "copy"):
        assert filecmp.cmp(tmp_path / "large", tmp_path / name, shallow=False), name


def test_output_right_before_the_end_is_drained() -> None:
    """Output right before the end is read, in each of many runs."""
    for _ in range(20):
        assert shell("printf '%02000d' 7; exit 3").stdout == b"0" * 1999 + b"7"


@pytest.mark.parametrize("data", [b"secret\n", b"", b"\x04\x03\x1a\n" * 2000 + b"no end"], ids=["line", "none", "raw"])
def test_a_piped_input_is_handed_on_as_it_is(data: bytes) -> None:
    """No echo, no control character; its end is its end."""
    done = run("-e", "cat", stdin=data)
    assert (done.returncode, done.stdout) == (0, data)


def test_an_input_that_the_command_closes_is_closed(tmp_path: Path) -> None:
    """The writer of the input gets EPIPE when the command closes it, not when the command ends."""
    text = "head -1; exec <&-; while [ ! -e gone ]; do sleep 0.02; done"
    done = subprocess.run(
        ["sh", "-c", '(yes; echo > gone) | "$@"', "sh", *REFLOWLOG, "-e", "sh", "-c", text],
        capture_output=True,
        env=environment(),
        cwd=tmp_path,
        timeout=TIMEOUT,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"y\n")


@pytest.mark.parametrize("closed", ["<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams(closed: str, tmp_path: Path) -> None:
    """A closed standard stream is not replaced by a descriptor of reflowlog."""
    command = f'"$0" -m reflowlog -o copy -e sh -c "cat; echo said; exit 5" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, PYTHON],
        stdin=subprocess.DEVNULL,
        cwd=tmp_path,
        env=environment(),
        timeout=TIMEOUT,
        check=False,
    )
    assert (tmp_path / "copy").read_bytes() in (b"said\n", b"")
    assert done.returncode in ((5,) if ">" not in closed else (5, 129))


def test_selecting_and_laying_out() -> None:
    """Filters and layout work as with a pipe."""
    assert shell("seq 20", "-g", "1$").stdout == b"1\n11\n"
    assert shell("echo one two three; stty size <&1", "--width", "8").stdout == b"one two\nthree\n24 8\n"


def test_standard_error_apart_off_a_terminal(tmp_path: Path) -> None:
    """Our standard error is the command's; the copy has both."""
    done = shell("test -t 2 || echo out; echo err >&2", "--stderr", "-o", "copy", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"out\n", b"err\n")
    assert sorted((tmp_path / "copy").read_bytes().splitlines()) == [b"err", b"out"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "behind", ["sleep 600", "while :; do echo more; sleep 0.02; done", "yes"], ids=["silent", "slow", "flood"]
)
@pytest.mark.parametrize("ours", [(), ("--stderr",)], ids=["", "stderr"])
def test_a_program_in_the_background_does_not_hold_us(behind: str, ours: Sequence[str]) -> None:
    """It keeps the terminal open; we end soon after the command, with its status and all it has said."""
    done = shell(f"({behind}) & echo $!; exit 3", *ours, stdin=b"")
    number, *_ = re.findall(rb"^\d+$", done.stdout, re.MULTILINE)
    with contextlib.suppress(ProcessLookupError):  # it may have ended with its terminal
        os.kill(int(number), signal.SIGKILL)
    assert done.returncode == 3


def test_who_reads_no_more_ends_it() -> None:
    """A command that says nothing is hung up as soon as our output is closed."""
    with subprocess.Popen(
        [*REFLOWLOG, "-e", "sh", "-c", "echo on; exec sleep 600"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"on\n"
        process.stdout.close()
        assert process.wait(TIMEOUT) == 128 + signal.SIGHUP
        assert process.stderr.read() == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_to_us_reaches_it(number: int) -> None:
    """A signal to reflowlog reaches the command, whose last output is shown and whose status is returned."""
    text = f"trap 'echo caught; exit 9' {int(number)}; echo on; while :; do sleep 0.05; done"
    with subprocess.Popen(
        [*REFLOWLOG, "-e", "sh", "-c", text],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"on\n"
        process.send_signal(number)
        assert process.stdout.read() == b"caught\n"
        assert process.wait(TIMEOUT) == 9


@pytest.mark.parametrize("arguments", [("-e", "echo", "on"), ("-",)], ids=["command", "pipe"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_for_a_server(number: int, arguments: Sequence[str]) -> None:
    """Unpublished records are reported; Ctrl-C ends the wait for the server once all input is read."""
    pytest.importorskip("nats")
    if number == signal.SIGTERM and "-" in arguments:
        pytest.skip("a filter ends at once")
    with subprocess.Popen(
        [*REFLOWLOG, "--publish", "nats://127.0.0.1:1/logs.test", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"on\n")
        process.stdin.close()
        assert b"accepts nothing" in process.stderr.readline()
        while process.poll() is None:  # the first one may come before all is read
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(3.0)
        assert process.returncode == 128 + number
        assert b"not everything was delivered" in process.stderr.read()


def test_one_that_heeds_no_signal_is_left() -> None:
    """We end at the second signal, and do not wait for it; with our own status."""
    with subprocess.Popen(
        [*REFLOWLOG, "-e", "sh", "-c", "trap 'echo caught' TERM; trap '' HUP; echo $$; while :; do sleep 0.05; done"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        for _ in range(2):
            process.terminate()
            assert process.stdout.readline() in (b"caught\n", b"")
        status = process.wait(TIMEOUT)
        os.kill(number, signal.SIGKILL)
    assert status == 128 + signal.SIGTERM


@pytest.mark.parametrize("on_terminal", [False, True])
def test_killed_ourselves_we_leave_nothing_behind(on_terminal: bool, open_child: Callable[..., PyteTerminal]) -> None:
    """SIGKILL cannot be passed on; the command is hung up nevertheless."""
    text = "echo $$; exec sleep 600"
    if on_terminal:
        terminal = open_child(text)
        rows = terminal.wait_screen(lambda rows: bool(rows) and rows[0].isdigit())
        process, number = terminal.process, int(rows[0])
    else:
        process = subprocess.Popen([*REFLOWLOG, "-e", "sh", "-c", text], stdout=subprocess.PIPE, env=environment())
        assert process.stdout is not None
        number = int(process.stdout.readline())
    process.kill()
    process.wait(TIMEOUT)
    if not on_terminal:
        process.stdout.close()
    wait_for(lambda: not _is_alive(number))


def _is_alive(number: int) -> bool:
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        if sys.platform == "linux":
            return False
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


# -- on a terminal -----------------------------------------------------------------------------------------------------


def test_a_question_gets_its_answer(open_child: Callable[..., PyteTerminal]) -> None:
    """Typed text goes to the command, its terminal echoes it, and a password has no echo."""
    terminal = open_child(
        "printf 'name? '; read n; stty -echo; printf 'word? '; read w; stty echo; echo; echo $n ${#w}"
    )
    shows(terminal, "name?")
    terminal.send("Zoë\r".encode())
    shows(terminal, "word?")
    terminal.send(b"se\x7fcret\r")
    ends(terminal, 0)
    assert terminal.screen() == ["name? Zoë", "word?", "Zoë 5"]
    assert b"cret" not in terminal.output()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_asks_for_a_password(open_pyte: Callable[..., PyteTerminal]) -> None:
    """`read -s -p` shows its prompt and no typed text."""
    terminal = open_pyte(
        [*REFLOWLOG, "-e", "bash", "-c", "read -s -p 'Password: ' p; echo; echo ${#p}; exit 5"], (60, 9)
    )
    shows(terminal, "Password:")
    terminal.send(b"hush\r")
    ends(terminal, 5)
    assert terminal.screen() == ["Password:", "4"]


def test_it_is_asked_while_the_log_scrolls(open_child: Callable[..., PyteTerminal]) -> None:
    """Typed text reaches the command while it continues to write."""
    terminal = open_child("(while :; do echo log; sleep 0.01; done) & read a; kill $!; echo got $a")
    shows(terminal, "log")
    terminal.send(b"this\r")
    ends(terminal, 0)
    assert terminal.screen()[-1] == "got this"


def test_letters_are_the_commands_and_page_up_is_the_viewers(open_child: Callable[..., PyteTerminal]) -> None:
    """On the normal screen; in the viewer all keys are the viewer's."""
    terminal = open_child("seq 30; read a; echo got $a")
    shows(terminal, "30")
    terminal.send(b"q/jk")
    shows(terminal, "q/jk")
    assert not terminal.alternate
    terminal.send(PAGE_UP)
    terminal.wait_until(lambda: terminal.alternate)
    terminal.send(b"jjk")
    terminal.send(b"q")
    terminal.wait_until(lambda: not terminal.alternate)
    terminal.send(b"!\r")
    ends(terminal, 0)
    assert terminal.screen()[-1] == "got q/jk!"


def test_arrows_are_the_viewers_unless_it_reads_keys(open_child: Callable[..., PyteTerminal]) -> None:
    """A command that reads key by key gets the arrows, whole."""
    reads_keys = "stty -icanon -echo; echo on; dd bs=1 count=4 2>/dev/null | od -An -tx1"
    terminal = open_child(f"{reads_keys}; stty icanon; echo lines; read a")
    shows(terminal, "on")
    terminal.send(b"\x1b[A\x04")
    assert "1b 5b 41 04" in shows(terminal, "lines")[-2]
    assert not terminal.alternate
    terminal.send(b"\x1b[A")
    terminal.wait_until(lambda: terminal.alternate)
    terminal.send(b"Q")
    ends(terminal, 128 + signal.SIGHUP)


@pytest.mark.parametrize(("key", "status"), [(b"\x03", 130), (b"\x1c", 131)], ids=["Ctrl-C", "Ctrl-backslash"])
def test_keys_that_are_signals_reach_it(key: bytes, status: int, open_child: Callable[..., PyteTerminal]) -> None:
    """By its own terminal, which echoes them; we end with it."""
    terminal = open_child("ulimit -c 0; echo on; exec sleep 600")
    shows(terminal, "on")
    terminal.send(key)
    ends(terminal, status)


def test_every_ctrl_c_is_its(open_child: Callable[..., PyteTerminal]) -> None:
    """Two within a moment do not end us."""
    terminal = open_child("trap 'n=x$n; echo $n' INT; echo on; while [ ${#n} -lt 3 ]; do sleep 0.02; done; exit 6")
    shows(terminal, "on")
    for wanted in ("x", "xx", "xxx"):
        terminal.send(b"\x03")
        terminal.wait_screen(lambda rows, wanted=wanted: any(row.endswith(wanted) for row in rows))
    ends(terminal, 6)


def test_the_end_of_input_is_typed(open_child: Callable[..., PyteTerminal]) -> None:
    """Ctrl-D ends the command's input."""
    terminal = open_child("cat; echo over")
    terminal.send(b"a\r")
    terminal.wait_screen(lambda rows: rows == ["a", "a"])
    terminal.send(b"\x04")
    ends(terminal, 0)
    assert terminal.screen() == ["a", "a", "over"]


@pytest.mark.parametrize("ours", [(), ("--width", "33")], ids=["", "width"])
def test_it_knows_the_width_and_every_new_one(ours: Sequence[str], open_child: Callable[..., PyteTerminal]) -> None:
    """The command's terminal has the layout width, and it gets SIGWINCH when that changes."""
    terminal = open_child("stty size; trap 'stty size' WINCH; echo on; while :; do sleep 0.02; done", *ours)
    shows(terminal, "on")
    assert terminal.screen()[0] == ("12 33" if ours else "12 60")
    terminal.resize(50, 10)
    shows(terminal, "10 33" if ours else "10 50")
    terminal.send(b"\x03")
    ends(terminal, 130)


def test_a_piped_input_on_a_terminal(open_pyte: Callable[..., PyteTerminal], feed: Feed, tmp_path: Path) -> None:
    """The pipe is the command's standard input; Ctrl-C is typed at its terminal."""
    command = ["sh", "-c", 'exec "$@" < feed', "sh", *REFLOWLOG, "-e", "sh", "-c", "cat; echo over; exec sleep 600"]
    terminal = open_pyte(command, (60, 9), home=tmp_path)
    feed.write("fed\n")
    shows(terminal, "fed")
    feed.close()
    shows(terminal, "over")
    terminal.send(b"\x03")
    ends(terminal, 130)
    assert terminal.screen()[:2] == ["fed", "over"]


def test_standard_error_is_marked(open_child: Callable[..., PyteTerminal]) -> None:
    """Each line of it, also where it asks; no line of the two is joined."""
    terminal = open_child("echo out; printf part; echo bad >&2; printf 'sure? ' >&2; read a; echo; echo $a", "--stderr")
    shows(terminal, "stderr | sure?")
    terminal.send(b"yes\r")
    ends(terminal, 0)
    rows = terminal.screen()
    assert {"out", "stderr | bad", "partyes", "stderr | sure?", "yes"} == set(filter(None, rows))


@pytest.mark.parametrize(("ours", "colour"), [((), "red"), (("--color", "never"), "default")], ids=["", "never"])
def test_the_mark_has_a_colour(ours: Sequence[str], colour: str, open_child: Callable[..., PyteTerminal]) -> None:
    """The mark of standard error has a style where there are colours; the text after it is unchanged."""
    terminal = open_child("echo stdout; echo bad >&2", "--stderr", *ours)
    ends(terminal, 0)
    assert [terminal.colours_of(text) for text in ("stdout", "stderr |", "bad")] == [{"default"}, {colour}, {"default"}]


@pytest.mark.parametrize("ours", [(), ("--stderr",)], ids=["", "stderr"])
def test_a_question_shows_though_it_is_not_selected(
    ours: Sequence[str], open_child: Callable[..., PyteTerminal]
) -> None:
    """An unterminated question shows with its typed answer; once complete it is filtered as a line."""
    asks = "seq 20; printf 'sure? ' >&2; read a; printf 'sure 7? '; read a; echo 7$a"
    terminal = open_child(asks, *ours, "-g", "7")
    for question, answer in (("sure?", b"no"), ("sure 7?", b"yes")):
        shows(terminal, question)
        terminal.send(answer)
        terminal.wait_screen(lambda rows, answer=answer: any(answer.decode() in row for row in rows))
        terminal.send(b"\r")
    ends(terminal, 0)
    assert terminal.screen() == ["7", "17", "sure 7? yes", "7yes"]


def test_standard_error_is_selected_too(open_child: Callable[..., PyteTerminal]) -> None:
    """-g and -l hold for both."""
    terminal = open_child("seq 20; seq 20 >&2; sleep 0.1", "--stderr", "-g", "7")
    ends(terminal, 0)
    assert sorted(terminal.screen()) == ["17", "7", "stderr | 17", "stderr | 7"]


def test_full_screen_and_back(open_pyte: Callable[..., PyteTerminal]) -> None:
    """--full begins in the viewer; q goes back to the command."""
    terminal = open_pyte([*REFLOWLOG, "--full", "-e", "sh", "-c", "echo on; read a; echo got $a"], (60, 9))
    terminal.wait_until(lambda: terminal.alternate)
    shows(terminal, "on")
    terminal.send(b"q")
    terminal.wait_until(lambda: not terminal.alternate)
    terminal.send(b"this\r")
    ends(terminal, 0)
    assert terminal.screen() == ["on", "this", "got this"]


@pytest.mark.slow
def test_a_window_that_is_closed_hangs_it_up(open_child: Callable[..., PyteTerminal], tmp_path: Path) -> None:
    """SIGHUP reaches it; one that ignores it does not hold us."""
    for text in ("trap 'echo > hung; exit 4' HUP", "trap '' HUP"):
        terminal = open_child(f"{text}; echo $$; while :; do sleep 0.05; done", home=tmp_path)
        rows = terminal.wait_screen(lambda rows: bool(rows) and rows[0].isdigit())
        terminal.process.send_signal(signal.SIGHUP)
        terminal.hang_up()
        status = terminal.process.wait(TIMEOUT)
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(rows[0]), signal.SIGKILL)
        assert status == (4 if "hung" in text else 128 + signal.SIGHUP)
    assert (tmp_path / "hung").exists()


def test_a_slow_reader_loses_nothing() -> None:
    """Output is complete although another process holds the command's terminal and the reader is slow."""
    text = "(while :; do echo behind; echo behind >&2; sleep 0.01; done) & seq 20000; exit 3"
    with subprocess.Popen(
        [*REFLOWLOG, "--stderr", "-e", "sh", "-c", f"echo $$; {text}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        wait_for(lambda: not _is_alive(number) or not _has_room(process.stdout))
        said = process.stdout.read().replace(b"behind\n", b"")  # which may stand between two writes, so within a line
        assert process.wait(TIMEOUT) == 3
    assert said == b"".join([b"%d\n" % each for each in range(1, 20001)])


def _has_room(pipe: Any) -> bool:
    """Whether a pipe that we read may take more: few large writes may fill it before it is."""
    waiting = fcntl.ioctl(pipe, termios.FIONREAD, b"    ")
    return int.from_bytes(waiting, sys.byteorder) < 20_000
