"""A program that logs for long, on a terminal whose width keeps changing: nothing lost, memory flat, calls short.

    python tests/bench/soak.py [--seconds N] [--rate N] [--threads N] [--tmux] [--peers N] [--no-slow]

``--seconds 600`` is the soak; the default is short. Three parts, each in Markdown:

- The soak: threads log at a steady rate through `ReflowHandler`, while the terminal takes another width three
  times a second, pins come and go, and children are forked, which log five records each. Every record has a number of
  its own; the terminal's reader counts them. Memory is looked at ten times: it is to be flat from the second on.
  ``--tmux`` runs it in a tmux window instead, which is dragged now and then; after each drag the last rows of its
  scrollback are looked through for records that are missing, doubled or out of order.
- What a call costs at that rate, beside others, each for ``--peers`` seconds on such a terminal. ``kept`` is the share
  of the rate that the handler can keep up with. What is not installed is left out, and what comes to no end is told.
- The longest call on a terminal that takes 1 MB/s: what ``overflow="block"`` makes a caller wait, at most.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import math
import os
import random
import re
import sys
import tempfile
import threading
import time
import warnings
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _harness import PIECE, OnTerminal, scratch, table
from emit import ABSENT, CASES, reflow_columns
from memory import resident

sys.path.insert(0, str(Path(__file__).parent.parent))
from support.terminals import PYTHON, Tmux

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

THREADS = 4
TICK = 0.01  # seconds between two bursts of a thread's records
RESIZE = 0.33  # seconds between two widths
FORK = 0.5  # seconds between two children
OF_CHILD = 5  # records
LOOKS = 10
SCROLLBACK = 50_000  # rows of tmux
DRAG = 15.0  # seconds between two drags in tmux
TIMEOUT = 30.0  # seconds that a part may take longer than it should
PARTS = 50  # of a factor of 2: how finely durations are told apart
_marks = re.compile(rb"<(\w+):(\d+)>")
_colours = re.compile(rb"\x1b\[[\d;]*m")


class Durations:
    """How often calls took how long, in a memory that does not grow."""

    def __init__(self) -> None:
        self._counts = array("Q", bytes(8 * 64 * PARTS))
        self.most = 0

    def add(self, nanoseconds: int) -> None:
        """One more."""
        self._counts[int(math.log2(nanoseconds or 1) * PARTS)] += 1
        self.most = max(self.most, nanoseconds)

    def join(self, other: Durations) -> None:
        """Those of another thread, too."""
        for index, count in enumerate(other._counts):
            self._counts[index] += count
        self.most = max(self.most, other.most)

    @property
    def count(self) -> int:
        """How many calls."""
        return sum(self._counts)

    def share(self, part: float) -> float:
        """The microseconds that this part of the calls stayed within."""
        left = self.count * part
        for index, count in enumerate(self._counts):
            left -= count
            if left <= 0:
                return float(2 ** ((index + 1) / PARTS) / 1000)
        return self.most / 1000


# -- in a process of its own -------------------------------------------------------------------------------------------


def logged(
    call: Callable[[int, int], object], seconds: float, rate: float, count: int = THREADS
) -> tuple[Durations, list[int]]:
    """Log from all threads at a steady rate: how long the calls took, and how many each thread made."""
    spent = [Durations() for _ in range(count)]
    counts = [0] * count
    burst = rate * TICK / count
    start = time.monotonic()

    def work(thread: int) -> None:
        clock, add, number, due = time.perf_counter_ns, spent[thread].add, 0, 0.0
        while (now := time.monotonic() - start) < seconds:
            due = now / TICK * burst
            while number < due and time.monotonic() - start < seconds:
                before = clock()
                call(thread, number)
                add(clock() - before)
                number += 1
            time.sleep(TICK)
        counts[thread] = number

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for each in spent[1:]:
        spent[0].join(each)
    return spent[0], counts


def soak(seconds: float, rate: float, count: int) -> dict[str, Any]:
    """Run reflowlog with pins and children, and return the counts."""
    import logging

    import reflowlog

    warnings.simplefilter("ignore", DeprecationWarning)  # of a fork where there are threads
    handler = reflowlog.install(stream=sys.stdout)
    info = logging.getLogger("soak.app").info
    memory: list[float] = []
    over = threading.Event()
    children = 0

    def look() -> None:
        while not over.wait(seconds / LOOKS):
            memory.append(resident())

    def pins() -> None:
        chance, up = random.Random(1), []
        while not over.wait(0.05):
            if len(up) < 3 and chance.random() < 0.3:
                up.append(handler.console.pin(lambda width: "=" * (width // 2)))
            for pin in up:
                pin.update()
            if up and chance.random() < 0.2:
                up.pop().remove()

    def forks() -> None:
        nonlocal children
        while not over.wait(FORK):
            child = os.fork()
            if child == 0:
                for number in range(OF_CHILD):
                    info("<c%d:%d> a record of a child", children, number)
                handler.flush()
                os._exit(0)
            os.waitpid(child, 0)
            children += 1

    others = [threading.Thread(target=each) for each in (look, pins, forks)]
    for each in others:
        each.start()
    durations, counts = logged(
        lambda thread, number: info("<t%d:%d> request handled path=/api/v2/orders/%d/items", thread, number, number),
        seconds,
        rate,
        count,
    )
    over.set()
    for each in others:
        each.join()
    handler.close()
    return {**figures(durations, seconds), "counts": counts, "children": children, "memory": memory}


def peer(name: str, seconds: float, rate: float) -> dict[str, Any]:
    """Run one of the handlers, and return the durations of its calls."""
    try:
        case = CASES[name]()
    except ImportError:
        sys.exit(ABSENT)
    durations, _ = logged(lambda _, number: case.call(number), seconds, rate)
    case.close()
    return figures(durations, seconds)


def burst(records: int) -> dict[str, Any]:
    """As many records as one thread can log; how long the longest call took."""
    case = reflow_columns()
    durations = Durations()
    begun = time.monotonic()
    for number in range(records):
        before = time.perf_counter_ns()
        case.call(number)
        durations.add(time.perf_counter_ns() - before)
    found = figures(durations, time.monotonic() - begun)
    case.close()
    return found


def figures(durations: Durations, seconds: float) -> dict[str, Any]:
    """Return percentiles of durations, in microseconds."""
    shares = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    found: dict[str, Any] = {name: durations.share(part) for name, part in shares.items()}
    return {**found, "most": durations.most / 1000, "calls": durations.count, "rate": durations.count / seconds}


# -- on its terminal ---------------------------------------------------------------------------------------------------


class Seen:
    """The numbers of the records that came to the terminal, whatever the pieces were that it read."""

    def __init__(self) -> None:
        self._is_seen: dict[str, bytearray] = {}
        self._rest = b""

    def take(self, data: bytes) -> None:
        """One more piece."""
        data = self._rest + data
        end = data.rfind(b"\n") + 1
        self._rest = data[end:]
        for name, number in _marks.findall(_colours.sub(b"", data[:end])):
            is_seen = self._is_seen.setdefault(name.decode(), bytearray())
            if len(is_seen) <= int(number):
                is_seen.extend(bytes(int(number) + 10_000 - len(is_seen)))
            is_seen[int(number)] = 1

    def missing(self, name: str, count: int) -> int:
        """Return how many of a writer's records never came."""
        return count - sum(self._is_seen.get(name, b"")[:count])


class Scrollback:
    """Faults in the last rows of a tmux window, over all looks at it.

    Attributes:
        looks: how often it was looked at.
        records: that were there, over all looks.
        lost: numbers missing between two records of a thread.
        doubled: records that were there once too often.
        misplaced: records that came before an earlier one of their thread, and were not there already.
    """

    def __init__(self) -> None:
        self.looks = self.records = self.lost = self.doubled = self.misplaced = 0

    def look(self, text: str) -> None:
        """Count in the text of the last rows."""
        numbers: dict[str, list[int]] = {}
        for name, number in re.findall(r"<(t\d+):(\d+)>", text):
            numbers.setdefault(name, []).append(int(number))
        self.looks += 1
        for each in numbers.values():
            known = set(each)
            self.records += len(each)
            self.doubled += len(each) - len(known)
            self.lost += max(each) - min(each) + 1 - len(known)
            firsts = list(dict.fromkeys(each))
            self.misplaced += sum(after < before for before, after in itertools.pairwise(firsts))


class SoakedTmux(Tmux):
    """A tmux window with a short scrollback, whose output is read from a FIFO instead of kept."""

    _SETTINGS = Tmux._SETTINGS.replace("1000000", str(SCROLLBACK))

    @contextlib.contextmanager
    def reading(self, seen: Seen) -> Iterator[None]:
        """Let a thread read all output."""
        fifo = self.home / "output"
        os.mkfifo(fifo)
        self.run("pipe-pane")
        self.run("pipe-pane", f"exec cat > '{fifo}'")

        def read() -> None:
            with fifo.open("rb", buffering=0) as file:
                while data := file.read(PIECE):
                    seen.take(data)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield
        finally:
            self.run("pipe-pane")
            reader.join()


def run_in_tmux(seconds: float, rate: float, threads: int, seen: Seen, rows: Scrollback) -> Any:
    """Run the soak in a tmux window that is dragged every 15 s, and return its report; False: it did not end."""
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [PYTHON, __file__, "--report", report, "--soak", "--threads", threads, "--seconds", seconds]
        Path(folder, "run").write_text(" ".join(map(str, [*command, "--rate", rate, "\n"])))
        terminal = SoakedTmux(Path(folder), 120, 40)
        try:
            with terminal.reading(seen):
                terminal.send(". ./run\n")
                deadline = time.monotonic() + TIMEOUT + seconds
                while not report.exists() and time.monotonic() < deadline:
                    time.sleep(min(DRAG, seconds / LOOKS))
                    for _ in range(chance.randrange(1, 12)):
                        terminal.resize(chance.randrange(70, 180), chance.randrange(15, 50), at_once=False)
                        time.sleep(chance.uniform(0.02, 0.3))
                    time.sleep(1)
                    rows.look("\n".join(terminal.scrollback(joined=True)))
        finally:
            terminal.close()
        return json.loads(report.read_text()) if report.exists() else False


def run(
    *arguments: object, seconds: float = 0.0, rate: float | None = None, seen: Seen | None = None, resizes: bool = True
) -> Any:
    """Run one part in a process on a terminal whose width changes, and return its report.

    None: it has what it logs with not installed; and False: it did not end.
    """
    chance = random.Random(0)
    deadline = time.monotonic() + TIMEOUT + seconds
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, __file__, "--report", str(report), *map(str, arguments)]
        with OnTerminal(command, rate=rate) as terminal:
            next_width = time.monotonic() + 1
            while terminal._open and time.monotonic() < deadline:
                data = terminal.pump(0.05)
                if seen is not None and data:
                    seen.take(data)
                if resizes and time.monotonic() > next_width:
                    terminal.resize(chance.randrange(60, 200))
                    next_width = time.monotonic() + RESIZE
            ended = terminal.wait_end(1)
        return json.loads(report.read_text()) if report.exists() else None if ended.status == ABSENT else False


def tell_soak(seconds: float, rate: float, threads: int, *, is_in_tmux: bool) -> bool:
    """The soak; whether all was there."""
    seen, rows = Seen(), Scrollback()
    if is_in_tmux:
        found = run_in_tmux(seconds, rate, threads, seen, rows)
    else:
        arguments = ("--soak", "--seconds", seconds, "--rate", rate, "--threads", threads)
        found = run(*arguments, seconds=seconds, seen=seen)
    if not found:
        print("the soak has not come to its end")
        return False
    expected = {f"t{number}": count for number, count in enumerate(found["counts"])}
    expected |= {f"c{number}": OF_CHILD for number in range(found["children"])}
    lost = sum(seen.missing(name, count) for name, count in expected.items())
    logged_in_all = sum(expected.values())
    print(f"\n{logged_in_all:,} records in {seconds:g} s, {found['children']} children among them: {lost} lost")
    if is_in_tmux:
        print(
            f"{rows.looks} looks at the scrollback, {rows.records:,} records: "
            f"{rows.lost} lost, {rows.doubled} doubled, {rows.misplaced} out of order"
        )
    print("memory in MB: " + " ".join(f"{each:.0f}" for each in found["memory"]))
    keys = ("p50", "p99", "p99.9", "most", "rate")
    table("The soak, microseconds a call", ("", *keys), [("reflowlog", *(found[key] for key in keys))])
    return not (lost or rows.lost or rows.misplaced)


def print_peers(seconds: float, rate: float) -> None:
    """Print the cost of a call, compared with other handlers."""
    rows = []
    for name in CASES:
        found = run("--peer", name, "--seconds", seconds, "--rate", rate, seconds=seconds)
        if found is False:
            print(f"{name} has not come to its end")
        if found:
            kept = f"{min(found['rate'] / rate, 1):.0%}"
            rows.append((name, *(found[key] for key in ("p50", "p99", "p99.9", "most")), kept))
    rows.sort(key=lambda row: row[3])
    head = ("handler", "median us", "p99", "p99.9", "most", "kept")
    table(f"{THREADS} threads at {rate:,.0f} records/s in all, {seconds:g} s each, one run", head, rows)


def print_slow(records: int) -> None:
    """Print the waits of a caller on a terminal of 1 MB/s."""
    found = run("--burst", records, seconds=records / 2_000, rate=1e6, resizes=False)
    print(f"\nOn a terminal of 1 MB/s, {records:,} records at once, a queue of 65,536: the longest call took", end=" ")
    print(f"{found['most'] / 1e6:.2f} s, p99.9 {found['p99.9'] / 1e3:.2f} ms" if found else "for ever")


def main() -> None:
    """Read the command line and run all, or one part of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="of the soak")
    parser.add_argument("--rate", type=float, default=20_000.0, help="records a second")
    parser.add_argument("--threads", type=int, default=THREADS, help="that log in the soak")
    parser.add_argument("--tmux", action="store_true", help="the soak in a tmux window")
    parser.add_argument("--peers", type=float, default=4.0, help="seconds of each handler in the table; 0: no table")
    parser.add_argument("--no-slow", action="store_true", help="without the slow terminal")
    for part in ("--report", "--peer", "--burst"):
        parser.add_argument(part, help=argparse.SUPPRESS)
    parser.add_argument("--soak", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.report:
        if args.soak:
            found = soak(args.seconds, args.rate, args.threads)
        else:
            found = peer(args.peer, args.seconds, args.rate) if args.peer else burst(int(args.burst))
        Path(args.report).write_text(json.dumps(found))
        return
    with scratch():
        is_whole = tell_soak(args.seconds, args.rate, args.threads, is_in_tmux=args.tmux)
        if args.peers:
            print_peers(args.peers, args.rate)
        if not args.no_slow:
            print_slow(100_000)
    sys.exit(not is_whole)


if __name__ == "__main__":
    main()
