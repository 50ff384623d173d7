"""Writes the figures of `.github/docs/performance.md`: all benches in one run.

    python tests/bench/report.py [--write] [--only pipe,emit,...] [--quick]

Each figure of that page comes from here, so that none goes stale: the page names the commit and the date, and the
digest of the benches that made it, to which a unit test holds it. Without ``--write`` the page is printed. A run takes
about ten minutes and refuses to start on a machine that is busy with something else. ``--quick`` takes one round of
small logs, to try a change of this file; it cannot be written.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import NamedTuple

BENCHES = Path(__file__).resolve().parent
PROJECT = BENCHES.parents[1]
PAGE = PROJECT / ".github" / "docs" / "performance.md"
MAX_LOAD = 0.5  # mean number of runnable processes in the last minute above which figures are not to be trusted
TIMEOUT = 1200  # seconds for one bench
INTRODUCTION = (
    "All of this page is written by `python tests/bench/report.py --write`: programs that took turns in one run, "
    "medians. Compare ratios within a table only: the speed of a shared machine changes."
)
PEERS = ("lnav", "less", "grep", "pino-pretty")  # commands that join in if they are installed


class Section(NamedTuple):
    """A part of the page.

    Attributes:
        title: its heading.
        text: explains the tables under it.
        script: the bench.
        arguments: its arguments for the page.
        quick: its arguments for ``--quick``.
    """

    title: str
    text: str
    script: str
    arguments: tuple[str, ...]
    quick: tuple[str, ...]


SECTIONS = (
    Section(
        "Through a pipe and onto a terminal",
        "`x cat` is throughput in units of `cat`'s: more is better. Inline mode writes every line, wrapped and "
        "coloured; `lnav` and `less` draw one screen. `plain` repeats the words of its lines, as logs do; in `unique` "
        "no line is like another.",
        "pipe.py",
        ("--mb", "50", "--other-mb", "24", "--rounds", "3"),
        ("--mb", "2", "--other-mb", "1", "--rounds", "1"),
    ),
    Section(
        "The viewer",
        "`x cat` is time in units of `cat | cat > file`, `x grep -c` in units of that: less is better.",
        "viewer.py",
        ("--mb", "200", "--lines", "1000,1000000", "--rounds", "3"),
        ("--mb", "2", "--lines", "1000", "--rounds", "1"),
    ),
    Section(
        "A logging call",
        "`x Stream` is the caller's median time in units of `logging.StreamHandler`'s: less is better.",
        "emit.py",
        ("--rounds", "3", "--slow-rounds", "0"),
        ("--rounds", "1", "--slow-rounds", "0", "--calls", "4000"),
    ),
    Section("Start", "Milliseconds: less is better.", "startup.py", ("--rounds", "15"), ("--rounds", "2")),
    Section(
        "`reflowlog.wrap`",
        "Microseconds a line; `x slices` and `x wcwidth.wrap` are speeds in units of theirs: more is better.",
        "wrap.py",
        (),
        ("--lines", "100"),
    ),
    Section(
        "Merging by time",
        "`sort -m` merges the same files by the same key, of which it need not find out anything.",
        "merge.py",
        ("50",),
        ("1",),
    ),
    Section(
        "Memory",
        "RSS is the most memory that a process ever had.",
        "memory.py",
        ("--plain-mb", "500", "--inline-mb", "100", "--records", "500000"),
        ("--plain-mb", "10", "--inline-mb", "5", "--records", "5000"),
    ),
)


def digest() -> str:
    """Return the digest of this bench and its helpers: the page is stale once they differ."""
    scripts = sorted({"_harness.py", "report.py", *(section.script for section in SECTIONS)})
    return hashlib.sha256(b"".join((BENCHES / name).read_bytes() for name in scripts)).hexdigest()[:16]


def tables(section: Section, *, quick: bool) -> str:
    """Run a bench, and return the Markdown tables that it prints, with their titles one level deeper."""
    command = [sys.executable, str(BENCHES / section.script), *(section.quick if quick else section.arguments)]
    print(f"report: {section.script}", file=sys.stderr, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT, check=True, cwd=PROJECT)
    return re.sub(r"\n{3,}", "\n\n", done.stdout).strip()


def machine() -> str:
    """Return a line that names the machine and the contestants."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    there = [name for name in PEERS if shutil.which(name)]
    return (
        f"{os.cpu_count()} cores ({models[0] if models else platform.machine()}), {platform.system()}, "
        f"Python {platform.python_version()}; beside {', '.join(['cat', *there])}"
    )


def page(names: list[str], *, quick: bool) -> str:
    """Return the whole page."""
    version = subprocess.run(
        ["git", "describe", "--always", "--dirty"], stdout=subprocess.PIPE, text=True, check=False, cwd=PROJECT
    ).stdout.strip()
    parts = [
        "# Performance",
        INTRODUCTION,
        f"Commit {version}, {date.today().isoformat()}; {machine()}. Benches {digest()}.",
        "`python tests/bench/against.py OTHER_TREE` compares two versions of reflowlog.",
    ]
    for section in SECTIONS:
        if section.script.removesuffix(".py") in names:
            parts += [f"## {section.title}", section.text, tables(section, quick=quick)]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Read the command line and run all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    every = [section.script.removesuffix(".py") for section in SECTIONS]
    parser.add_argument("--write", action="store_true", help="write the page")
    parser.add_argument("--only", default=",".join(every), help="some of the benches; not with --write")
    parser.add_argument("--quick", action="store_true", help="small logs, one round; not with --write")
    args = parser.parse_args()
    names = args.only.split(",")
    if args.write and (args.quick or names != every):
        parser.error("--write takes all benches in full")
    if not args.quick and os.getloadavg()[0] > MAX_LOAD:
        sys.exit(f"report: the machine is busy (load {os.getloadavg()[0]:.2f}): nothing is measured")
    text = page(names, quick=args.quick)
    if args.write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
