"""How fast a log goes through: plain mode beside `cat`, and inline mode beside `cat` on the same terminal.

    python tests/bench/pipe.py [--mb N] [--other-mb N] [--kinds plain,json,unicode,ansi] [--rounds N] [--width CELLS]

Prints Markdown tables; contestants take turns within each round, figures are medians. ``x cat`` is the throughput in
units of what `cat` (or `tee`, for ``-o``) makes of the same target: 1 is as fast, more is faster. Plain mode is timed
once it has taken a first line, as the start of Python is startup.py's business; inline mode from the start of the
process until the log's last line is on the terminal. `lnav` and `less +F` join in if they are installed; lnav paints
one screenful, the others all of it.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import random
import shutil
import struct
import subprocess
import termios
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from _harness import (
    KINDS,
    MARK,
    REFLOWLOG,
    WORDS,
    Ended,
    OnTerminal,
    Watch,
    in_turns,
    log_file,
    middle,
    ratio,
    reap,
    scratch,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PLAIN = (*REFLOWLOG, "--plain")
VIEWERS = {
    "cat": ("cat",),
    "reflowlog": REFLOWLOG,
    "lnav": ("lnav",),
    "less +F": ("less", "-R", "+F"),
}
ENDLESS = {"lnav", "less"}
TIMEOUT = 20.0  # seconds for one run


class Case(NamedTuple):
    """One way through.

    Attributes:
        name: as the table has it.
        command: what stands between the log and the target.
        target: path of a file, or of /dev/null.
        base: name of the case that it is compared with.
        behind: whether a `cat` stands behind it, so that it writes into a pipe.
    """

    name: str
    command: Sequence[str]
    target: str
    base: str
    behind: bool = False


def plain_cases(folder: Path) -> list[Case]:
    """All ways of plain mode, each after the one that it is compared with."""
    copy, other = str(folder / "copy"), str(folder / "other")
    cases = []
    for where, target, behind in ((">/dev/null", os.devnull, False), (">file", copy, False), ("into a pipe", "", True)):
        base = f"cat {where}"
        cases.append(Case(base, ("cat",), target or os.devnull, base, behind))
        cases.append(Case(f"reflowlog {where}", PLAIN, target or os.devnull, base, behind))
    base = "tee file >/dev/null"
    cases.append(Case(base, ("tee", other), os.devnull, base))
    cases.append(Case("reflowlog -o file >/dev/null", (*PLAIN, "-o", other), os.devnull, base))
    return cases


def go_through(case: Case, source: Path) -> tuple[float, Ended]:
    """Measure the seconds from the first line, which is sent ahead, to the end, and the resources of the command."""
    out, into = os.pipe()
    start = time.monotonic()
    with source.open("rb") as data, open(case.target, "wb") as target:
        taker = None
        if case.behind:
            taker = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=target)
        process = subprocess.Popen(case.command, stdin=out, stdout=taker.stdin if taker else target)
        watch = Watch(process.pid)
        os.close(out)
        if taker and taker.stdin:
            taker.stdin.close()
        os.write(into, b"first\n")
        while _waiting(into):
            time.sleep(0.001)
        begun = time.monotonic()
        feeder = subprocess.Popen(["cat"], stdin=data, stdout=into)
        os.close(into)
        feeder.wait()
        ended = reap(process, start, watch)
        if taker:
            taker.wait()
    return time.monotonic() - begun, ended


def _waiting(pipe: int) -> int:
    """Bytes that wait in a pipe."""
    found: int = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]
    return found


def plain(source: Path, rounds: int, folder: Path) -> None:
    """Plain mode, into nothing, a file and a pipe, and with a copy."""
    cases = {case.name: case for case in plain_cases(folder)}
    found = in_turns(rounds, cases, lambda name: go_through(cases[name], source))
    size = source.stat().st_size / 1e6
    speed = {name: size / (middle(seconds for seconds, _ in runs) or 1) for name, runs in found.items()}
    rows = []
    for name, case in cases.items():
        used = [ended for _, ended in found[name]]
        compared = ratio(speed[name], speed[case.base])
        rows.append((name, speed[name], compared, middle(u.cpu for u in used), middle(u.rss for u in used)))
    table(f"plain mode: {size:.0f} MB, {rounds} rounds", ("way", "MB/s", "x cat", "CPU s", "RSS MB"), rows)


def laid_out(size: int, rounds: int, folder: Path) -> None:
    """Records of pino, laid out for 120 columns and coloured, off a terminal; beside pino-pretty where it is there."""
    source = folder / "pino.log"
    rng = random.Random(1)
    with source.open("w") as out:
        written = number = 0
        while written < size:
            number += 1
            message = " ".join(rng.choices(WORDS, k=rng.randrange(3, 20))).replace('"', "")
            written += out.write(
                f'{{"level":{rng.choice((20, 30, 40, 50))},"time":{1_740_000_000_000 + number * 7},"pid":4711,'
                f'"hostname":"web-1","reqId":"{rng.randrange(1 << 32):x}","ms":{rng.randrange(900)},'
                f'"msg":"{message}"}}\n'
            )
    commands = {
        "reflowlog": (*REFLOWLOG, "--width", "120", "--color", "always"),
        "pino-pretty": ("pino-pretty", "--colorize"),
    }
    cases = {
        name: Case(name, command, os.devnull, "pino-pretty")
        for name, command in commands.items()
        if shutil.which(command[0])
    }
    found = in_turns(rounds, cases, lambda name: go_through(cases[name], source))
    speed = {name: size / 1e6 / (middle(seconds for seconds, _ in runs) or 1) for name, runs in found.items()}
    rows = [
        (name, speed[name], ratio(speed[name], speed.get("pino-pretty")), middle(ended.cpu for _, ended in runs))
        for name, runs in found.items()
    ]
    title = f"laid out for 120 columns, in colour, off a terminal: {size / 1e6:.0f} MB of pino's records"
    table(title, ("program", "MB/s", "x pino-pretty", "CPU s"), rows)


def show(command: Sequence[str], source: Path, width: int) -> tuple[float | None, Ended]:
    """Measure the seconds until the last line is on the terminal, and the resources of the command."""
    out, into = os.pipe()
    with source.open("rb") as data:
        feeder = subprocess.Popen(["cat"], stdin=data, stdout=into)
    os.close(into)
    with OnTerminal(command, out, columns=width) as terminal:
        os.close(out)
        if command[0] == "less":  # it shows the end of a pipe that has ended when asked to
            threading.Thread(target=_ask_for_the_end, args=(terminal, feeder), daemon=True).start()
        seconds = terminal.wait_for(MARK, TIMEOUT)
        ended = terminal.wait_end(0.0 if command[0] in ENDLESS else TIMEOUT)
    feeder.kill()
    feeder.wait()
    return seconds, ended


def _ask_for_the_end(terminal: OnTerminal, feeder: subprocess.Popen[bytes]) -> None:
    feeder.wait()
    time.sleep(0.1)
    terminal.press(b"G")


def inline(kind: str, source: Path, rounds: int, width: int) -> None:
    """Inline mode, and those who do likewise."""
    there = {name: command for name, command in VIEWERS.items() if shutil.which(command[0])}
    missing = [name for name in VIEWERS if name not in there]
    if missing:
        print(f"(left out, as not installed: {', '.join(missing)})")
    slow: set[str] = set()

    def run(name: str) -> tuple[float | None, Ended] | None:
        if name in slow:
            return None
        seconds, ended = show(there[name], source, width)
        if seconds is None or seconds > TIMEOUT / 4:
            slow.add(name)
        return seconds, ended

    found = {name: [one for one in runs if one] for name, runs in in_turns(rounds, there, run).items()}
    size = source.stat().st_size / 1e6
    took = {name: middle(seconds for seconds, _ in runs) for name, runs in found.items()}
    base = took["cat"]
    rows = []
    for name, runs in found.items():
        seconds = took[name]
        used = [ended for _, ended in runs]
        rows.append(
            (
                name if seconds else f"{name} (not done in {TIMEOUT:.0f} s)",
                size / seconds if seconds else None,
                ratio(base, seconds) if seconds else "-",
                middle(u.cpu for u in used),
                middle(u.rss for u in used),
                middle(u.read / 1e6 for u in used),
                len(runs),
            )
        )
    head = ("viewer", "MB/s", "x cat", "CPU s", "RSS MB", "written MB", "rounds")
    table(f"inline mode: {size:.0f} MB {kind}, {width} columns", head, rows)


def main() -> None:
    """Read the command line and run all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--mb", type=int, default=100, help="of plain log through inline mode; plain mode gets 4 times that"
    )
    parser.add_argument("--other-mb", type=int, default=10, help="of each other kind through inline mode")
    parser.add_argument("--kinds", default=",".join(KINDS), help="for inline mode; empty for none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=120)
    args = parser.parse_args()
    with scratch() as folder:
        show(REFLOWLOG, log_file(folder, "plain", 1000), args.width)  # compiles
        plain(log_file(folder, "plain", args.mb * 4_000_000), args.rounds, folder)
        for kind in filter(None, args.kinds.split(",")):
            size = args.mb if kind == "plain" else args.other_mb
            inline(kind, log_file(folder, kind, size * 1_000_000), args.rounds, args.width)
        laid_out(args.other_mb * 1_000_000, args.rounds, folder)


if __name__ == "__main__":
    main()
