"""Golden outputs of the command line: every sample log under `tests/data`, in every mode of `MODES`.

`tests/data/golden/MODE.txt.xz` holds the outputs of one mode, one section for each log. Run this file to compare what
`reflowlog` writes now with what is stored; a difference is printed as a unified diff and the exit status is 1:

    python tests/support/golden.py              compare
    python tests/support/golden.py --write      compare, then store what is written now

The package that is imported is measured: set PYTHONPATH to measure another tree.

Invariants:
- Outputs do not depend on the machine: a fixed environment and time zone, no configuration, no terminal.
- Nothing but the standard library and the package is imported, so that old trees can be measured.
"""

from __future__ import annotations

import difflib
import importlib
import lzma
import os
import pkgutil
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

__all__ = ["DATA", "GOLDEN", "MODES", "compare", "logs", "outputs", "stored"]

DATA = Path(__file__).resolve().parents[1] / "data"
GOLDEN = DATA / "golden"

_COLOUR = ["--width", "80", "--color", "always", "--theme"]

MODES: dict[str, list[str]] = {
    "plain": [],
    "width-40": ["--width", "40"],
    "width-80": ["--width", "80"],
    "width-133": ["--width", "133"],
    "width-60-char": ["--width", "60", "--wrap", "char"],
    "width-60-none": ["--width", "60", "--wrap", "none"],
    "width-70-indent-4": ["--width", "70", "--indent", "4"],
    "width-72-raw": ["--width", "72", "--raw"],
    "width-100-columns": ["--width", "100", "--utc", "--columns", "time,level,message"],
    "dark": [*_COLOUR, "dark"],
    "light": [*_COLOUR, "light"],
    "mono": [*_COLOUR, "mono"],
    "grep": ["-g", "error|fail|[45]\\d\\d"],
    "grep-context": ["-g", "level>=warning", "-C", "2"],
    "grep-invert": ["-v", "-g", "info"],
    "grep-compared": ["-g", "status>=400"],
    "level": ["-l", "warning"],
    "level-width": ["-l", "error", "-C", "1", "-g", "e", "--width", "80"],
    "tail": ["--tail", "3", "--width", "90"],
}
"""The options of each mode, by its name."""

_ENVIRONMENT = {
    "COLUMNS": "80",
    "HOME": "/nowhere",
    "LC_ALL": "C.UTF-8",
    "TERM": "xterm-256color",
    "TZ": "Etc/GMT-5",
    "XDG_CONFIG_HOME": "/nowhere",
}


def logs() -> list[str]:
    """Return the paths of all sample logs, relative to `DATA`, sorted."""
    return sorted(path.relative_to(DATA).as_posix() for path in DATA.rglob("*.log"))


def outputs(mode: str) -> dict[str, bytes]:
    """Return what the command writes for each log in one mode: exit status, standard error, standard output."""
    _load_package()
    return {name: _run([*MODES[mode], name]) for name in logs()}


@cache
def _load_package() -> None:
    """Import every module that a mode may need, once, so that no child does."""
    import reflowlog

    for module in pkgutil.walk_packages(reflowlog.__path__, "reflowlog."):
        others = ("reflowlog.__main__", "reflowlog.integrations", "reflowlog.nats", "reflowlog.system.windows")
        if not module.name.startswith(others):
            importlib.import_module(module.name)


def _run(arguments: list[str]) -> bytes:
    """Run the command in a forked child, which costs no start of an interpreter, and return what it writes."""
    from reflowlog.cli import main
    from reflowlog.text.layout import columns
    from reflowlog.text.parse import timestamps

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = os.fork()
        if not process:
            status = 70
            try:
                os.chdir(DATA)
                os.environ.clear()
                os.environ.update(_ENVIRONMENT)
                time.tzset()
                timestamps.clear_memos()
                columns.clear_memos()
                with open(os.devnull) as nothing:
                    os.dup2(nothing.fileno(), 0)
                os.dup2(out.fileno(), 1)
                os.dup2(errors.fileno(), 2)
                main(arguments)
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 71
            except BaseException as error:
                os.write(2, repr(error).encode())
            finally:
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        out.seek(0)
        errors.seek(0)
        return b"exit status %d\n%s%s" % (status, errors.read(), out.read())


def stored(mode: str) -> dict[str, bytes]:
    """Return the stored outputs of one mode by log; empty if there are none."""
    path = GOLDEN / f"{mode}.txt.xz"
    if not path.exists():
        return {}
    sections = lzma.decompress(path.read_bytes()).split(_MARK)[1:]
    return {name.decode(): text for name, text in (section.split(b"\n", 1) for section in sections)}


_MARK = b"\f==== "  # begins a section; a log with a form feed at the start of such a line would need another one


def _store(mode: str, written: dict[str, bytes]) -> None:
    text = b"".join(_MARK + name.encode() + b"\n" + output for name, output in written.items())
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / f"{mode}.txt.xz").write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))


def compare(mode: str, written: dict[str, bytes]) -> str:
    """Return the unified diff from the stored outputs of a mode to those written now; empty if they are the same."""
    lines: list[str] = []
    before = stored(mode)
    for name in sorted({*before, *written}):
        old, new = (each.get(name, b"").decode("utf-8", "backslashreplace") for each in (before, written))
        lines += difflib.unified_diff(
            old.split("\n"), new.split("\n"), f"{mode}: {name}, stored", f"{mode}: {name}, now", "", "", 2, ""
        )
    return "\n".join(lines).replace("\x1b", "\\e")


def _main(arguments: list[str]) -> int:
    changed = False
    for mode in MODES:
        written = outputs(mode)
        difference = compare(mode, written)
        if difference:
            changed = True
            print(difference)
            if "--write" in arguments:
                _store(mode, written)
    if "--write" in arguments:
        for path in GOLDEN.glob("*.txt.xz"):
            if path.name.removesuffix(".txt.xz") not in MODES:
                path.unlink()
    return int(changed and "--write" not in arguments)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
