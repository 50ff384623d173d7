"""Records that are lost or doubled: at exits, forks, ends of processes, from children, and while a window is dragged.

    python tests/bench/losses.py [--exits N] [--forks N] [--records N] [--seeds N] [--parts a,b]

Prints a Markdown table, and exits with 1 if a record was lost, or more were doubled than may be. The defaults take
about two minutes; ``--exits 1000 --forks 1000 --seeds 20`` is the check in full. Ten minutes at 20,000 records a second
are `soak.py --seconds 600`.

- exits: as many processes in which eight threads log while the main thread ends, through a queue.
- forks: one process that forks so often while its queue is full; parent and children log.
- children: four processes of `multiprocessing`, each with ``--records`` records, through the parent's console.
- ends: ``--records`` records off a terminal, directly before each kind of end; `logging.StreamHandler` beside it.
- drags: a tmux window whose width changes 60 times while 1,000 records a second arrive, once for each seed. At most one
  record may be on the screen twice for each width.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from _harness import table

sys.path.insert(0, str(Path(__file__).parent.parent))
from support.terminals import PYTHON, Tmux, environment, tmux_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIMEOUT = 120.0  # seconds for a process
DRAGS = 60  # widths of one window
DRAG_RECORDS = 3000
DRAG_INTERVAL = 0.04  # seconds between two widths

EXIT = """
import logging, sys, threading
import reflowlog
reflowlog.install(threaded=True)
def work(number):
    for record in range(50):
        logging.info("<%d.%d>", number, record)
threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
"""

FORK = """
import logging, os, sys
import reflowlog
reflowlog.install(threaded=True, queue_size=64)
for number in range(int(sys.argv[1])):
    for record in range(100):
        logging.info("<p%d.%d>", number, record)
    if not os.fork():
        logging.info("<c%d.0>", number)
        os._exit(0)
    if number % 50 == 49:
        while True:
            try:
                os.wait()
            except ChildProcessError:
                break
"""

CHILDREN = """
import logging, multiprocessing, sys
import reflowlog
def work(number, count):
    for record in range(count):
        logging.info("<%d.%d>", number, record)
if __name__ == "__main__":
    reflowlog.install()
    logging.info("starting")
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=work, args=(number, int(sys.argv[1]))) for number in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
"""

END = """
import logging, os, signal, sys
if sys.argv[3] == "reflowlog":
    import reflowlog
    reflowlog.install()
else:
    logging.basicConfig(level="INFO")
for record in range(int(sys.argv[1])):
    logging.info("<0.%d>", record)
end = sys.argv[2]
if end.startswith("SIG"):
    os.kill(os.getpid(), getattr(signal, end))
elif end == "os._exit":
    os._exit(3)
elif end == "exec":
    os.execvp("true", ["true"])
elif end == "sys.exit":
    sys.exit(3)
elif end == "exception":
    raise RuntimeError
"""
ENDS = ("return", "sys.exit", "exception", "os._exit", "exec", "SIGTERM", "SIGHUP", "SIGKILL")

DRAG = """
import logging, time
import reflowlog
reflowlog.install()
start = time.time()
for record in range(3000):
    logging.info("<0.%d> %s", record, "word " * (record * 7 % 30))
    time.sleep(max(0, start + record / 1000 - time.time()))
"""


class Losses(NamedTuple):
    """Records of one part: how many there should be, are missing, and are there more than once too often."""

    part: str
    records: int
    lost: int
    doubled: int
    seconds: float


def output_of(source: str, *arguments: object) -> str:
    """Run a program off a terminal; return what it wrote to standard error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        path.write_text(source)
        command = [PYTHON, str(path), *map(str, arguments)]
        done = subprocess.run(command, stderr=subprocess.PIPE, timeout=TIMEOUT, check=False, env=environment())
    return done.stderr.decode()


def compare(text: str, expected: set[str], may_double: int = 0) -> tuple[int, int]:
    """Return how many records are missing in a text, and how many are there too often."""
    found = Counter(re.findall(r"<(\w+\.\d+)>", text))
    doubled = sum(count - 1 for count in found.values())
    return len(expected - set(found)), max(0, doubled - may_double)


def numbers(writers: int, records: int) -> set[str]:
    """Return the names of the records of writers that are numbered."""
    return {f"{writer}.{record}" for writer in range(writers) for record in range(records)}


def timed(part: str, records: int, run: Callable[[], tuple[int, int]]) -> Losses:
    """Run a part; return its losses and how long it took."""
    begun = time.monotonic()
    lost, doubled = run()
    return Losses(part, records, lost, doubled, time.monotonic() - begun)


def exits(count: int) -> Losses:
    """Count over all exits."""

    def run() -> tuple[int, int]:
        each = [compare(output_of(EXIT), numbers(8, 50)) for _ in range(count)]
        return sum(lost for lost, _ in each), sum(doubled for _, doubled in each)

    return timed(f"{count} exits of 8 threads", count * 400, run)


def forks(count: int) -> Losses:
    """Count what parent and children have logged."""
    expected = {f"p{number}.{record}" for number in range(count) for record in range(100)}
    expected |= {f"c{number}.0" for number in range(count)}
    return timed(f"{count} forks with a full queue", len(expected), lambda: compare(output_of(FORK, count), expected))


def children(records: int) -> Losses:
    """Count what the parent's console has shown."""
    return timed(
        f"4 children of {records} records",
        4 * records,
        lambda: compare(output_of(CHILDREN, records), numbers(4, records)),
    )


def ends(records: int) -> Iterator[Losses]:
    """Count for each kind of end, for reflowlog and for `logging.StreamHandler`."""
    for end in ENDS:
        for handler in ("reflowlog", "StreamHandler"):
            yield timed(
                f"{end}, {handler}",
                records,
                lambda end=end, handler=handler: compare(output_of(END, records, end, handler), numbers(1, records)),
            )


def drags(seeds: int) -> Iterator[Losses]:
    """Count in the screen and the scrollback of a window that is dragged, for each seed."""
    if (reason := tmux_missing()) or os.name != "posix":
        print(f"(no drags: {reason})")
        return
    for seed in range(1, seeds + 1):
        yield timed(f"drag {seed}: {DRAGS} widths", DRAG_RECORDS, lambda seed=seed: drag(seed))


def drag(seed: int) -> tuple[int, int]:
    """Change the width while records arrive; return how many are lost and doubled too often."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "program.py").write_text(DRAG)
        terminal = Tmux(Path(folder), 100, 24)
        try:
            terminal.send('"$PYTHON" program.py\n')
            terminal.wait_screen(lambda rows: any("<0." in row for row in rows))
            for _ in range(DRAGS):
                terminal.resize(chance.randint(30, 160), at_once=False)
                time.sleep(DRAG_INTERVAL)
            terminal.wait_screen(Tmux.at_prompt)
            text = re.sub(r"\s", "", "".join(terminal.scrollback()))
        finally:
            terminal.close()
    return compare(text, numbers(1, DRAG_RECORDS), may_double=DRAGS)


def main() -> int:
    """Read the command line and run the parts; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exits", type=int, default=50)
    parser.add_argument("--forks", type=int, default=200)
    parser.add_argument("--records", type=int, default=5000, help="of each child, and before each end")
    parser.add_argument("--seeds", type=int, default=3, help="of drags")
    parser.add_argument("--parts", default="exits,forks,children,ends,drags")
    args = parser.parse_args()
    parts: dict[str, Callable[[], list[Losses]]] = {
        "exits": lambda: [exits(args.exits)],
        "forks": lambda: [forks(args.forks)],
        "children": lambda: [children(args.records)],
        "ends": lambda: list(ends(args.records)),
        "drags": lambda: list(drags(args.seeds)),
    }
    found = [each for part in args.parts.split(",") for each in parts[part]()]
    table("Lost and doubled records", Losses._fields, found)
    return int(any(each.lost or each.doubled for each in found))


if __name__ == "__main__":
    sys.exit(main())
