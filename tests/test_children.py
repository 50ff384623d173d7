"""Children: what they log and print reaches the parent's console, whole and in order, however they were made.

Each test runs a script of its own, in a new Python; what is shown goes to a file, and is read afterwards.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from terminals import PYTHON, environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs Unix sockets and fork")

WAIT = 60.0  # seconds that end a hang
START = """
import logging, multiprocessing, os, signal, subprocess, sys, threading, time
import warnings
warnings.filterwarnings("ignore", message=".*fork")
import reflowlog
"""


def run(source: str, home: Path, *arguments: str, status: int = 0, **changes: str | None) -> str:
    """Run a script, its standard error in a file: what is in the file, and then what it printed on standard output."""
    (home / "script.py").write_text(START + source)
    with (home / "shown").open("wb") as shown:
        done = subprocess.run(
            [PYTHON, "script.py", *arguments],
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=shown,
            env=environment(PYTHONPATH=os.environ.get("PYTHONPATH"), **changes),
            timeout=WAIT,
            check=False,
        )
    text = (home / "shown").read_bytes().decode("utf-8", "surrogateescape")
    assert done.returncode == status, text[-3000:]
    return text + done.stdout.decode()


_POOL = """
from concurrent.futures import ProcessPoolExecutor
COUNT = {count}

def start(handler):
    logging.basicConfig(level="INFO", handlers=[handler], force=True)

def work(number):
    for count in range(COUNT):
        logging.info("<%d %05d of a worker end>", number, count, extra={{"worker": number}})

if __name__ == "__main__":
    method, kind = sys.argv[1:]
    context = multiprocessing.get_context(method)
    handler = reflowlog.install(width=200)
    if kind == "Pool":
        with context.Pool(4, start, (handler,)) as pool:
            pool.map(work, range(4), chunksize=1)
            pool.close()
            pool.join()
    else:
        with ProcessPoolExecutor(4, context, start, (handler,)) as pool:
            list(pool.map(work, range(4)))
    logging.info("<parent>")
"""


@pytest.mark.parametrize("kind", ["Pool", "ProcessPoolExecutor"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools(method: str, kind: str, tmp_path: Path) -> None:
    """Four workers' records are all there, whole and in order, laid out by the parent as its own are."""
    lines = run(_POOL.format(count=5000), tmp_path, method, kind).splitlines()
    assert len(lines) == 4 * 5000 + 1
    for worker in range(4):
        mine = [line for line in lines if f" <{worker} " in line]
        found = [
            re.search(r" INFO +root +<\d (\d+) of a worker end> +worker=\d +script.py:\d+$", line) for line in mine
        ]
        assert [each and int(each[1]) for each in found] == list(range(5000))
    assert "<parent>" in lines[-1]
