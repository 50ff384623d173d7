"""NATS JetStream on this machine: cost of logging into a stream, speed of publishing and of consuming.

    python tests/bench/streams.py [--records N] [--rounds N]

Needs nats-server, and the extra ``reflowlog[nats]``. Prints a Markdown table of medians over the rounds. *emit* is what
a call costs the thread that logs; *published* is until the server has acknowledged all of them; *taken in* is until
``reflowlog URL`` has printed all, from its start on: from messages that hold many records, and from one message each.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import subprocess
import sys
import time
from pathlib import Path

from _harness import REFLOWLOG, scratch

sys.path.insert(0, str(Path(__file__).parent.parent))

from support.nats_servers import NatsServer

EMITTED = 20_000  # records whose calls are timed: fewer than the queue takes, so that nobody waits for room
LINE = b'{"time":"2026-01-01T10:00:00.123456Z","level":"INFO","logger":"app.db","message":"query took 12 ms","n":1}\n'


def publish(url: str, records: int) -> tuple[float, float]:
    """Seconds of a call, and records a second until all are acknowledged."""
    from reflowlog.integrations.nats import NatsHandler

    handler = NatsHandler(url, timeout=120)
    logger = logging.Logger("app.db")
    logger.addHandler(handler)
    logger.info("the connection is there")
    handler.flush()
    begun = time.perf_counter()
    for number in range(EMITTED):
        logger.info("query took %d ms for user %s", number, "abc")
    call = (time.perf_counter() - begun) / EMITTED
    handler.flush()
    begun = time.perf_counter()
    for number in range(records):
        logger.info("query took %d ms for user %s", number, "abc")
    if not handler.flush():
        raise SystemExit("the server has not taken all")
    rate = records / (time.perf_counter() - begun)
    handler.close()
    return call, rate


def take_in(url: str, records: int) -> float:
    """Records a second, of a process that prints them."""
    begun = time.perf_counter()
    process = subprocess.Popen([*REFLOWLOG, url], stdout=subprocess.PIPE)
    assert process.stdout is not None
    left = records
    while left > 0:
        left -= process.stdout.read1(1 << 20).count(b"\n")  # type: ignore[union-attr]
    rate = records / (time.perf_counter() - begun)
    process.kill()
    process.communicate()
    return rate


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found: dict[str, list[float]] = {"emit, µs": [], "published, records/s": [], "taken in": [], "one message each": []}
    with scratch() as folder:
        server = NatsServer(folder / "server").start()
        try:
            for _ in range(options.rounds):
                server.make_stream()
                call, rate = publish(server.url, options.records)
                found["emit, µs"].append(call * 1e6)
                found["published, records/s"].append(rate)
                found["taken in"].append(take_in(f"{server.url}/logs.>", options.records + EMITTED + 1))
                server.ask("$JS.API.STREAM.PURGE.logs")
                server.publish("logs.a", [LINE] * options.records)
                found["one message each"].append(take_in(f"{server.url}/logs.>", options.records))
                server.ask("$JS.API.STREAM.DELETE.logs")
        finally:
            server.kill()
    print("| | median |\n| --- | ---: |")
    for name, figures in found.items():
        print(f"| {name} | {statistics.median(figures):,.1f} |")


if __name__ == "__main__":
    main()
