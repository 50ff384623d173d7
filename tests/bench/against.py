"""Two trees of this project in one run: how much more, or less, time the new one takes.

    python tests/bench/against.py OTHER_TREE [--rounds N] [--mb N] [--only pipe,wrap,...]

OTHER_TREE is a folder that holds a `reflowlog/` package, such as a worktree of an older commit. Only what is public is
used: the command, and public names. The trees take turns within each round. Prints a Markdown table:

- ``cpu``: processor time of the process, the least of all rounds, because the machine is shared; ``x`` is this tree's
  in units of the other's: 1.05 is 5 % slower.
- ``wall``: the same for the time from start to end, or until the text that is waited for is on the terminal.

Linux and other systems with pseudo-terminals.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from _harness import MARK, REFLOWLOG, OnTerminal, in_turns, log_file, scratch, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TREE = Path(__file__).resolve().parents[2]
LIMIT = 1.05  # times as slow: above it is marked

_EMIT = """
import logging, sys, time
import reflowlog
reflowlog.install(level="INFO")
log = logging.getLogger("app.db")
for number in range(2_000):
    log.info("connection %d of %s is open", number, "pool")
logging.getLogger().handlers[0].flush()
start = time.thread_time()
for number in range(30_000):
    log.info("connection %d of %s is open", number, "pool")
taken = time.thread_time() - start
logging.shutdown()
print(f"THREAD {taken:.6f} END")
"""
_WRAP = """
import sys, time
from reflowlog import wrap
lines = open(sys.argv[1], encoding="utf-8").read().split("\\n")
wrap(lines[0], 80)
start = time.process_time()
for line in lines:
    wrap(line, 80)
print(f"THREAD {time.process_time() - start:.6f} END")
"""


class Cost(NamedTuple):
    """Resources of one run."""

    cpu: float  # seconds
    wall: float  # seconds


def environ(tree: Path) -> dict[str, str]:
    """The environment in which a tree is imported."""
    return {"PYTHONPATH": str(tree), "XDG_CONFIG_HOME": "/nowhere", "TERM": "xterm-256color", "PYTHONSAFEPATH": "1"}


def off_terminal(tree: Path, *options: str, stdin: Path | None = None) -> Cost:
    """Run the command into /dev/null."""
    with open(stdin or os.devnull, "rb") as source, open(os.devnull, "wb") as sink:
        start = time.monotonic()
        process = subprocess.Popen(
            [*REFLOWLOG, *options], stdin=source, stdout=sink, env=os.environ | environ(tree), cwd="/"
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, options
    return Cost(used.ru_utime + used.ru_stime, time.monotonic() - start)


def program(tree: Path, code: str, *arguments: str) -> Cost:
    """Run a program off a terminal, and return its total cost, or that of its measured section."""
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | environ(tree),
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, code
    found = re.search(rb"THREAD ([\d.]+) END", output)
    wall = time.monotonic() - start
    return Cost(float(found[1]), wall) if found else Cost(used.ru_utime + used.ru_stime, wall)


def on_terminal(tree: Path, *options: str, stdin: Path | None = None) -> Cost:
    """Run the command on a pseudo-terminal until the log's last line is there, and to its end."""
    source = os.open(stdin, os.O_RDONLY) if stdin else None
    with OnTerminal([*REFLOWLOG, *options], source, environ=environ(tree)) as terminal:
        if source is not None:
            os.close(source)
        wall = terminal.wait_for(MARK, 120.0)
        assert wall is not None, options
        if stdin is None:
            terminal.press(b"Q")
        return Cost(terminal.wait_end(30.0).cpu, wall)


def emit_on_terminal(tree: Path) -> Cost:
    """Measure the processor time of logging calls on their thread."""
    with OnTerminal([sys.executable, "-c", _EMIT], environ=environ(tree)) as terminal:
        seen = b""
        deadline = time.monotonic() + 60
        while b" END" not in seen and time.monotonic() < deadline:
            seen = (seen + terminal.pump(0.5))[-4000:]
        found = re.search(rb"THREAD ([\d.]+) END", seen)
        assert found, seen
        wall = time.monotonic() - terminal.start
        terminal.wait_end(10.0)
        return Cost(float(found[1]), wall)


def viewer_resizes(tree: Path, path: Path) -> Cost:
    """A file in the viewer: its end, then forty new widths, each of which is waited for."""
    with OnTerminal([*REFLOWLOG, "+G", str(path)], environ=environ(tree)) as terminal:
        assert terminal.wait_for(MARK, 30.0) is not None
        spent = 0.0
        for number in range(40):
            begin = time.monotonic()
            terminal.resize(80 + number % 5 * 7)
            while terminal.pump(2.0 if terminal.last_byte < begin else 0.03):
                pass
            spent += max(terminal.last_byte - begin, 0.0)
        terminal.press(b"Q")
        return Cost(terminal.wait_end(10.0).cpu, spent)


def viewer_counts(tree: Path, path: Path) -> Cost:
    """A search in the viewer until all matches are counted."""
    with OnTerminal([*REFLOWLOG, str(path)], environ=environ(tree)) as terminal:
        while terminal.pump(0.3):
            pass
        begin = time.monotonic()
        terminal.press(b"/schema version\r")
        complete = re.compile(rb"/schema version: (?:[\d,]+ of )?[\d,]+(?! *\+|[\d,+])")
        seen = b""
        while time.monotonic() - begin < 60:
            seen = (seen + terminal.pump(0.2))[-20_000:]
            row = seen[seen.rfind(b"\x1b[7m") :]
            if complete.search(row) and b"%)" not in row:
                break
        wall = time.monotonic() - begin
        terminal.press(b"Q")
        return Cost(terminal.wait_end(10.0).cpu, wall)


def cases(folder: Path, size: int) -> Iterator[tuple[str, str, Callable[[Path], Cost]]]:
    """All cases: group, name, and how a tree is run."""
    plain, json, wide, ansi = (log_file(folder, kind, size) for kind in ("plain", "json", "unicode", "ansi"))
    large = log_file(folder, "plain", size * 10)
    wrapped, dark = ("--width", "100"), ("--width", "100", "--color", "always", "--theme", "dark")
    yield "pipe", "bytes through plain mode", lambda tree: off_terminal(tree, "--plain", stdin=large)
    yield "pipe", "inline on a terminal, plain text", lambda tree: on_terminal(tree, stdin=plain)
    yield "pipe", "inline on a terminal, JSON", lambda tree: on_terminal(tree, stdin=json)
    yield "pipe", "inline on a terminal, coloured text", lambda tree: on_terminal(tree, stdin=ansi)
    yield "wrap", "wrap(), plain text", lambda tree: program(tree, _WRAP, str(plain))
    yield "wrap", "wrap(), wide text", lambda tree: program(tree, _WRAP, str(wide))
    yield "wrap", "--width, plain text", lambda tree: off_terminal(tree, *wrapped, stdin=plain)
    yield "wrap", "--width, wide text", lambda tree: off_terminal(tree, *wrapped, stdin=wide)
    yield "columns", "--width, JSON", lambda tree: off_terminal(tree, *wrapped, stdin=json)
    yield "highlight", "--width in colour, plain text", lambda tree: off_terminal(tree, *dark, stdin=plain)
    yield "highlight", "--width in colour, wide text", lambda tree: off_terminal(tree, *dark, stdin=wide)
    yield "highlight", "--width in colour, JSON", lambda tree: off_terminal(tree, *dark, stdin=json)
    yield "levels", "-l warning, plain text", lambda tree: off_terminal(tree, "-l", "warning", stdin=plain)
    yield "levels", "-l warning, JSON", lambda tree: off_terminal(tree, "-l", "warning", stdin=json)
    yield "levels", "-g, plain text", lambda tree: off_terminal(tree, "-g", "schema version", stdin=large)
    yield "levels", "-g by a field, JSON", lambda tree: off_terminal(tree, "-g", "ms>=500", stdin=json)
    yield "emit", "on a terminal, of the calling thread", emit_on_terminal
    yield "emit", "off a terminal, of the calling thread", lambda tree: program(tree, _EMIT)
    yield "startup", "import reflowlog", lambda tree: program(tree, "import reflowlog")
    yield (
        "startup",
        "the handler and one record",
        lambda tree: program(tree, "import logging, reflowlog; reflowlog.install(); logging.warning('x')"),
    )
    small = log_file(folder, "plain", 2000)
    yield "startup", "a small log off a terminal", lambda tree: off_terminal(tree, stdin=small)
    yield "startup", "a small log inline", lambda tree: on_terminal(tree, stdin=small)
    yield "startup", "a small log in the viewer", lambda tree: on_terminal(tree, "+G", str(small))
    yield "viewer", "end of a large file", lambda tree: on_terminal(tree, "+G", str(large))
    yield "viewer", "forty new widths", lambda tree: viewer_resizes(tree, large)
    yield "viewer", "a word counted", lambda tree: viewer_counts(tree, large)


def main() -> None:
    """Read the command line and run all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="the tree to compare with")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mb", type=int, default=5, help="size of the logs")
    parser.add_argument("--only", default="", help="groups, such as pipe,wrap")
    args = parser.parse_args()
    trees = {"other": args.other.resolve(), "this": TREE}
    assert (trees["other"] / "reflowlog").is_dir(), f"there is no package in {args.other}"
    only = set(filter(None, args.only.split(",")))
    rows = []
    with scratch() as folder:
        for group, name, run in cases(folder, args.mb * 1_000_000):
            if only and group not in only:
                continue
            for tree in trees.values():  # once, so that all is compiled
                run(tree)
            found = in_turns(args.rounds, trees, lambda which, run=run: run(trees[which]))  # type: ignore[misc]
            least = {which: Cost(*map(min, zip(*costs))) for which, costs in found.items()}
            other, this = least["other"], least["this"]
            cpu = this.cpu / other.cpu
            mark = " !" if cpu > LIMIT else ""
            rows.append((f"{group}: {name}", other.cpu, this.cpu, f"{cpu:.2f}{mark}", f"{this.wall / other.wall:.2f}"))
            print(*rows[-1], file=sys.stderr)
    table(f"this tree against {args.other}", ("", "other, s", "this, s", "cpu x", "wall x"), rows)


if __name__ == "__main__":
    main()
