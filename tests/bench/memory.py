"""How much memory it takes: a huge pipe in plain mode, a large one inline, and a program that logs for long.

    python tests/bench/memory.py [--plain-mb N] [--inline-mb N] [--records N]

Prints Markdown tables, each with the most memory that a process ever had (RSS), `cat` beside it. The last one follows
a program that logs through `ReflowHandler` and holds 10,000 records to lay out again: its memory is to be flat from
the second row on. Sizes of the promises are ``--plain-mb 2000 --inline-mb 1000 --records 5000000`` (some minutes).
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _harness import REFLOWLOG, Ended, OnTerminal, Watch, log_file, reap, scratch, table

LOOKS = 10  # at the memory of the program that logs
YES = b"y\n" * (1 << 19)


def piped(command: tuple[str, ...], size: int) -> Ended:
    """Pour so many bytes of short lines into a command."""
    start = time.monotonic()
    out, into = os.pipe()
    process = subprocess.Popen(command, stdin=out, stdout=subprocess.DEVNULL)
    watch = Watch(process.pid)
    os.close(out)
    left = size
    while left > 0:
        left -= os.write(into, YES[:left])
    os.close(into)
    return reap(process, start, watch)


def inline(command: tuple[str, ...], source: Path, times: int) -> Ended:
    """Pour a log into a command on a terminal, several times over."""
    out, into = os.pipe()
    feeder = subprocess.Popen(["cat", *[str(source)] * times], stdout=into)
    os.close(into)
    with OnTerminal(command, out) as terminal:
        os.close(out)
        ended = terminal.wait_end(600.0)
    feeder.kill()
    feeder.wait()
    return ended


def resident() -> float:
    """Memory of this process now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def work(records: int, report: Path) -> None:
    """In a process of its own: log, and look at the memory from time to time."""
    from reflowlog import ReflowHandler

    handler = ReflowHandler(stream=sys.stdout)
    logger = logging.getLogger("bench.app")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    appearance = [(0, resident())]
    for look in range(1, LOOKS + 1):
        for number in range(records // LOOKS):
            logger.info("request %d handled by worker %d path=/api/v2/orders/%d/items", number, number & 7, number)
        handler.flush()
        appearance.append((look * (records // LOOKS), resident()))
    handler.close()
    report.write_text(json.dumps(appearance))


def program(records: int) -> list[tuple[int, float]]:
    """Run such a process, and return its (records logged, MB)."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, __file__, "--work", str(report), "--records", str(records)]
        with OnTerminal(command) as terminal:
            terminal.wait_end(1200.0)
        found: list[tuple[int, float]] = json.loads(report.read_text()) if report.exists() else []
        return found


def main() -> None:
    """Read the command line and run all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain-mb", type=int, default=2_000)
    parser.add_argument("--inline-mb", type=int, default=300)
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        work(args.records, args.work)
        return
    head = ("command", "RSS MB", "seconds", "CPU s")
    size = args.plain_mb * 1_000_000
    rows = []
    with scratch() as folder:
        copy = str(folder / "copy")
        plain = (*REFLOWLOG, "--plain")
        commands: list[tuple[str, ...]] = [("cat",), plain, (*plain, "-o", copy), (*plain, "--width", "80")]
        for command in commands:
            ended = piped(command, size if "--width" not in command else size // 20)
            name = " ".join(command[command.index("-m") + 1 :] if "-m" in command else command)
            rows.append((name.replace(copy, "FILE"), ended.rss, ended.seconds, ended.cpu))
            Path(copy).unlink(missing_ok=True)
        table(f"yes, {args.plain_mb} MB (a twentieth of it with a width)", head, rows)
        piece = min(args.inline_mb, 50)
        source = log_file(folder, "plain", piece * 1_000_000)
        rows = []
        commands = [("cat",), REFLOWLOG, (*REFLOWLOG, "--history", "1000")]
        for command in commands:
            ended = inline(command, source, max(1, args.inline_mb // piece))
            name = " ".join(command[command.index("-m") + 1 :] if "-m" in command else command)
            rows.append((name, ended.rss, ended.seconds, ended.cpu))
        table(f"inline, {args.inline_mb} MB of log", head, rows)
    table(
        "a program that logs",
        ("records so far", "RSS MB"),
        [(f"{count:,}", resident_then) for count, resident_then in program(args.records)],
    )


if __name__ == "__main__":
    main()
