"""Cost of one logging call on its thread, compared with other handlers on the same terminal.

    python tests/bench/emit.py [--calls N] [--threads 1,8] [--rounds N] [--slow-rounds N] [--file-rounds N]
                               [--cases "a;b"]

Prints Markdown tables; each case is a process of its own, on a pseudo-terminal or with its output in a file, and they
take turns within each round.
Figures are medians over the rounds, in microseconds. ``x Stream`` and ``x Queue`` compare the median with
`logging.StreamHandler`'s and `QueueHandler`'s (with a listener thread): less is better. ``drain`` is how long after the
last call its output is complete: what a queue hides from the caller. On the slow terminal (1 MB/s) that is the point:
who writes in the caller waits for it. loguru, rich, structlog and picologging join in if they are installed.
"""

from __future__ import annotations

import argparse
import json
import logging
import logging.handlers
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from _harness import Ended, OnTerminal, Watch, in_turns, middle, numbers, ratio, reap, scratch, table

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = "request %d handled by worker %d in shard eu-west path=/api/v2/orders/%d/items"
FORMAT = "%(asctime)s %(levelname)-8s %(name)s %(message)s"
WARM_UP = 500  # calls that are not counted
TIMEOUT = 60.0
ABSENT = 77  # exit status


class Case(NamedTuple):
    """One logger: a call of about 130 characters, and a function that returns once all output is written."""

    call: Callable[[int], object]
    close: Callable[[], object]


def stdlib(handler: logging.Handler, close: Callable[[], object] | None = None, *, formatted: bool = True) -> Case:
    """A handler of `logging`'s kind."""
    if formatted:
        handler.setFormatter(logging.Formatter(FORMAT))
    logger = logging.getLogger("bench.app")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    info = logger.info
    return Case(lambda n: info(TEXT, n, n & 7, n), close or handler.close)


def null_handler() -> Case:
    """`logging` itself, with no output."""
    return stdlib(logging.NullHandler())


def stream_handler() -> Case:
    """The usual one."""
    return stdlib(logging.StreamHandler(sys.stdout))


def queue_handler() -> Case:
    """A queue, and a listener that writes."""
    stream = logging.StreamHandler(sys.stdout)
    stream.setFormatter(logging.Formatter(FORMAT))
    records: queue.SimpleQueue[Any] = queue.SimpleQueue()
    listener = logging.handlers.QueueListener(records, stream)  # type: ignore[arg-type, unused-ignore]
    listener.enqueue_sentinel = lambda: records.put(None)  # type: ignore[method-assign]
    listener.start()
    return stdlib(logging.handlers.QueueHandler(records), listener.stop, formatted=False)  # type: ignore[arg-type, unused-ignore]


def reflow_formatted() -> Case:
    """Set up reflowlog with the formatter of the other handlers."""
    from reflowlog import ReflowHandler

    return stdlib(ReflowHandler(stream=sys.stdout))


def reflow_columns() -> Case:
    """Set up reflowlog without a formatter: with columns."""
    from reflowlog import ReflowHandler

    return stdlib(ReflowHandler(stream=sys.stdout), formatted=False)


def rich_handler() -> Case:
    """Rich."""
    from rich.console import Console
    from rich.logging import RichHandler

    return stdlib(RichHandler(console=Console(file=sys.stdout)), formatted=False)


def loguru_sink() -> Case:
    """Loguru, in the caller."""
    from loguru import logger

    logger.remove()
    logger.add(sys.stdout)
    text = TEXT.replace("%d", "{}")
    return Case(lambda n: logger.info(text, n, n & 7, n), logger.remove)


def loguru_enqueued() -> Case:
    """Loguru, through its queue."""
    from loguru import logger

    logger.remove()
    logger.add(sys.stdout, enqueue=True)
    text = TEXT.replace("%d", "{}")
    return Case(lambda n: logger.info(text, n, n & 7, n), logger.remove)


def pico_stream() -> Case:
    """Picologging, which is `logging` in C."""
    import picologging

    handler = picologging.StreamHandler(sys.stdout)
    handler.setFormatter(picologging.Formatter(FORMAT))
    logger = picologging.Logger("bench.app", picologging.INFO)
    logger.addHandler(handler)
    return Case(lambda n: logger.info(TEXT, n, n & 7, n), sys.stdout.flush)


def structlog_console() -> Case:
    """Structlog's console renderer."""
    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("%Y-%m-%d %H:%M:%S"),
            structlog.dev.ConsoleRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    info = structlog.get_logger().info
    return Case(
        lambda n: info("request handled in shard eu-west", number=n, worker=n & 7, path=f"/api/v2/orders/{n}/items"),
        sys.stdout.flush,
    )


CASES: dict[str, Callable[[], Case]] = {
    "Null": null_handler,
    "reflowlog, columns": reflow_columns,
    "reflowlog, formatter": reflow_formatted,
    "Queue+Listener": queue_handler,
    "Stream": stream_handler,
    "picologging": pico_stream,
    "loguru": loguru_sink,
    "loguru, enqueue": loguru_enqueued,
    "structlog": structlog_console,
    "Rich": rich_handler,
}
SLOW = {"Rich": 20}  # these make only one call in so many


def work(name: str, calls: int, threads: int, report: Path) -> None:
    """Log in a process of its own, and report the cost."""
    try:
        case = CASES[name]()
    except ImportError:
        sys.exit(ABSENT)
    call, clock = case.call, time.perf_counter_ns
    for number in range(WARM_UP // SLOW.get(name, 1)):
        call(number)
    time.sleep(0.1)
    spent: list[list[int]] = [[] for _ in range(threads)]
    ready = threading.Barrier(threads)

    def log(mine: list[int]) -> None:
        add = mine.append
        ready.wait()
        for number in range(calls // threads):
            before = clock()
            call(number)
            add(clock() - before)

    callers = [threading.Thread(target=log, args=(mine,)) for mine in spent]
    begun = time.monotonic()
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    over = time.monotonic()
    case.close()
    ordered = sorted(one / 1000 for mine in spent for one in mine)

    def share(part: float) -> float:
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))]

    found = {"p50": share(0.5), "p99": share(0.99), "p99.9": share(0.999), "most": ordered[-1]}
    found |= {"rate": len(ordered) / (over - begun), "drain": time.monotonic() - over}
    report.write_text(json.dumps(found))


def run(name: str, calls: int, threads: int, rate: float | None, *, into_file: bool) -> dict[str, float] | None:
    """Run one case once, and return its report; None if the package is missing or the process did not end."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        size = calls // SLOW.get(name, 1)
        command = [sys.executable, __file__, "--work", name, "--report", str(report)]
        command += ["--calls", str(size), "--threads", str(threads)]
        if into_file:
            ended = run_into_file(command, Path(folder) / "output")
        else:
            with OnTerminal(command, rate=rate) as terminal:
                ended = terminal.wait_end(TIMEOUT)
        if not report.exists():
            return None
        found: dict[str, float] = json.loads(report.read_text())
        return {**found, "rss": ended.rss}


def run_into_file(command: list[str], output: Path) -> Ended:
    """Run a command with its output and errors in a file, off any terminal."""
    start = time.monotonic()
    with output.open("wb") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    watch = Watch(process.pid)
    killer = threading.Timer(TIMEOUT, process.kill)
    killer.start()
    try:
        return reap(process, start, watch)
    finally:
        killer.cancel()


def compare(
    names: list[str], calls: int, threads: int, rounds: int, rate: float | None, *, into_file: bool = False
) -> None:
    """All cases in turns, as a table."""
    left_out: set[str] = set()

    def once(name: str) -> dict[str, float] | None:
        found = None if name in left_out else run(name, calls, threads, rate, into_file=into_file)
        if found is None:
            left_out.add(name)
        return found

    runs = in_turns(rounds, names, once)

    def column(name: str, key: str) -> float | None:
        return middle(one[key] if one else None for one in runs[name])

    there = sorted((name for name in runs if name not in left_out), key=lambda name: column(name, "p50") or 0.0)
    base = {key: column(key, "p50") if key in runs else None for key in ("Stream", "Queue+Listener")}
    keys = ("p99", "p99.9", "most", "rate", "drain", "rss")
    where = "into a file" if into_file else "a fast terminal" if rate is None else f"{rate / 1e6:g} MB/s"
    table(
        f"{threads} thread(s), {calls} calls, {where}",
        ("handler", "median us", "x Stream", "x Queue", "p99", "p99.9", "most", "calls/s", "drain s", "RSS MB"),
        [
            (
                name,
                column(name, "p50"),
                ratio(column(name, "p50"), base["Stream"]),
                ratio(column(name, "p50"), base["Queue+Listener"]),
                *(column(name, key) for key in keys),
            )
            for name in there
        ],
    )
    if left_out:
        print(f"(left out, as not installed or not done in {TIMEOUT:.0f} s: {', '.join(sorted(left_out))})")


def main() -> None:
    """Read the command line and run all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=40_000)
    parser.add_argument("--threads", default="1,8")
    parser.add_argument("--rounds", type=int, default=3, help="on the fast terminal")
    parser.add_argument("--slow-rounds", type=int, default=1, help="on the slow one, with a quarter of the calls")
    parser.add_argument("--file-rounds", type=int, default=3, help="off a terminal, into a file")
    parser.add_argument("--rate", type=float, default=1e6, help="bytes a second of the slow one")
    parser.add_argument("--cases", default="", help=f"some of: {'; '.join(CASES)}; separated by semicolons")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        work(args.work, args.calls, int(args.threads), args.report)
        return
    names = [name for name in CASES if not args.cases or name in args.cases.split(";")]
    with scratch():
        for threads in numbers(args.threads) if args.rounds else ():
            compare(names, args.calls, threads, args.rounds, None)
        for threads in numbers(args.threads) if args.file_rounds else ():
            compare(names, args.calls, threads, args.file_rounds, None, into_file=True)
        for threads in numbers(args.threads) if args.slow_rounds else ():
            compare(names, args.calls // 4, threads, args.slow_rounds, args.rate)


if __name__ == "__main__":
    main()
