"""Layers: which folder may import which, where escapes and cell widths are handled, what an import loads.

Each folder imports only from those before it in `LAYERS`; imports for type checking count as well.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.terminals import PYTHON, environment

import reflowlog

if TYPE_CHECKING:
    from collections.abc import Set

PACKAGE = Path(reflowlog.__file__).parent
ESCAPE = "\x1b"

LAYERS = (
    "core",
    "system",
    "text",
    "store",
    "render",
    "terminal",
    "pager",
    "display",
    "session",
    "nats",
    "sources",
    "config",
    "multiprocess",
    "console",
    "integrations",
    "cli",
)
"""The folders of the package, lowest first."""

TEXT_LAYERS = {
    "clean": (),
    "parse": ("clean",),
    "highlight": ("clean", "parse"),
    "layout": ("clean", "parse", "highlight"),
    "search": ("clean", "parse", "layout"),
}
"""The parts of `text/`, and the parts that each may import."""


def modules() -> dict[str, Path]:
    """Return the path of every module by its dotted name below the package; the package itself is the empty name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


@cache
def imports_of(name: str) -> frozenset[str]:
    """Return the full names of all modules that a module imports, inside functions too."""
    path = MODULES[name]
    package = f"reflowlog.{name}".rstrip(".").split(".")
    if path.name != "__init__.py":
        package.pop()
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            names = {f"{origin}.{alias.name}" for alias in node.names}
            found |= {each if each.removeprefix("reflowlog.") in MODULES else origin for each in names}
    return frozenset(found)


def own(names: Set[str]) -> set[str]:
    """Return the modules of the package among `names`, by their names below it."""
    return {name.removeprefix("reflowlog.") for name in names if name.startswith("reflowlog.")}


def folder_of(name: str) -> str:
    """Return the top-level folder of a module; empty for the package itself and `__main__`."""
    folder = name.split(".")[0]
    return folder if (PACKAGE / folder).is_dir() else ""


def test_every_module_is_in_a_layer() -> None:
    """Only `__init__` and `__main__` are at the top of the package, and every folder is in `LAYERS`."""
    assert {name for name in MODULES if not folder_of(name)} == {"", "__main__"}
    assert {folder_of(name) for name in MODULES} - {""} <= set(LAYERS)


@pytest.mark.parametrize("name", sorted(name for name in MODULES if folder_of(name)))
def test_a_folder_imports_only_lower_folders(name: str) -> None:
    """Imports run one way, including those inside functions and for type checking."""
    layer = LAYERS.index(folder_of(name))
    above = {other for other in own(imports_of(name)) if folder_of(other) and LAYERS.index(folder_of(other)) > layer}
    assert not above


@pytest.mark.parametrize("name", sorted(name for name in MODULES if name.startswith("text.") and name.count(".") == 2))
def test_a_part_of_text_imports_only_lower_parts(name: str) -> None:
    """The order is `clean`, `parse`, `highlight`, `layout`; `search` does not import `highlight`."""
    part = name.split(".")[1]
    imported = {other.split(".")[1] for other in own(imports_of(name)) if other.startswith("text.")}
    assert imported <= {part, *TEXT_LAYERS[part]}


@pytest.mark.parametrize("folder", sorted({name.rpartition(".")[0] for name in MODULES if name.count(".") > 1}))
def test_an_inner_folder_is_in_no_circle_of_imports(folder: str) -> None:
    """What it imports beside itself does not import it, not by way of others either."""
    inside = {name for name in MODULES if name == folder or name.startswith(f"{folder}.")}
    found: set[str] = set()
    reached = set().union(*(own(imports_of(name)) for name in inside)) - inside
    while reached:
        found |= reached
        reached = {other for name in reached & set(MODULES) for other in own(imports_of(name))} - found
    assert not found & inside


def test_a_name_that_its_module_sets_again_is_not_imported() -> None:
    """The importing module would keep the old object, such as a lock that a fork has replaced."""
    trees = [(name, ast.parse(path.read_text(encoding="utf-8"))) for name, path in MODULES.items()]
    nodes = [(name, node) for name, tree in trees for node in ast.walk(tree)]
    replaced = {f"{name}.{each}" for name, node in nodes if isinstance(node, ast.Global) for each in node.names}
    assert replaced
    for name, node in nodes:
        if isinstance(node, ast.ImportFrom):
            home = (node.module or "").removeprefix("reflowlog.")
            assert not {f"{home}.{each.name}" for each in node.names} & replaced, name


@pytest.mark.parametrize("name", sorted(name for name in MODULES if name.startswith(("text", "pager", "core.re"))))
def test_pure_modules_use_no_machine(name: str) -> None:
    """Text and pager are pure: they use no files, threads or terminals."""
    machine = {
        *("os", "sys", "io", "threading", "queue", "select", "signal", "socket", "subprocess", "tempfile", "termios"),
        "blessed",
    }
    allowed = {"threading", "queue"} if name == "pager.regex_worker" else set()
    assert not imports_of(name) & (machine - allowed)


def test_one_module_measures_cells() -> None:
    """Only `text/clean/cells.py` imports wcwidth."""
    users = {name for name in MODULES if any(each.split(".")[0] == "wcwidth" for each in imports_of(name))}
    assert users <= {"text.clean.cells"}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_escapes_are_read_and_written_in_one_place_each(name: str) -> None:
    """Outside `text/clean/sanitize.py`, `terminal/` and `render/ansi.py` no code contains or builds an escape."""
    if name in ("text.clean.sanitize", "render.ansi") or name.startswith("terminal"):
        return
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant):
            assert not (isinstance(node.value, str) and ESCAPE in node.value), f"line {node.lineno}"
            assert not (isinstance(node.value, bytes) and ESCAPE.encode() in node.value), f"line {node.lineno}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "chr":
            for argument in node.args:
                assert not (isinstance(argument, ast.Constant) and argument.value == 27), f"line {node.lineno}"


_IMPORT = """
import os, sys, threading

def descriptors():
    found = {}
    for number in range(256):
        try:
            status = os.fstat(number)
        except OSError:
            continue
        found[number] = (status.st_dev, status.st_ino)
    return found

import logging
before = descriptors(), threading.active_count()
import reflowlog
reflowlog.Console, reflowlog.ReflowHandler, reflowlog.StoppableThread, reflowlog.STOP, reflowlog.install, reflowlog.wrap
reflowlog.capture, reflowlog.adopt
assert (descriptors(), threading.active_count()) == before
print(*sys.modules)
"""


# `logging` and `argparse` load them from 3.14 on.
_NOT_BY_US = ("dataclasses", "inspect") if sys.version_info < (3, 14) else ()


def python(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python with arguments and check that it succeeds."""
    done = subprocess.run(
        [PYTHON, *arguments], input=stdin, capture_output=True, text=True, env=environment(), timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def test_import_starts_and_opens_nothing() -> None:
    """Importing all public names starts no thread, opens no descriptor and loads no heavy module."""
    imported = set(python("-c", _IMPORT).stdout.split())
    assert "reflowlog" in imported
    assert not imported & {"blessed", "wcwidth", "asyncio", "curses", "argparse", "tempfile", *_NOT_BY_US}


_SEARCH = """
import sys
sys.argv = ["reflowlog", "-g", "boom"]
from reflowlog.cli import main
try:
    main()
except SystemExit:
    pass
print(*(name for name in sys.modules if name.startswith("reflowlog.")), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "line", ["10:00:00 INFO boom", '{"level":"info","msg":"boom"}', 'level=info msg="boom"', "boom"]
)
def test_a_search_for_a_word_loads_no_readers_of_lines(line: str) -> None:
    """Off a terminal ``-g WORD`` loads neither the grammar of headers, nor the reader of fields, nor comparisons."""
    done = python("-c", _SEARCH, stdin=f"{line}\n{line.replace('boom', 'calm')}\n")
    assert done.stdout == f"{line}\n"
    loaded = {name.removeprefix("reflowlog.") for name in done.stderr.split()}
    assert "text.search.record_filter" in loaded
    readers = {"text.parse.grammar", "text.parse.header", "text.parse.json_records", "text.parse.timestamps"}
    assert not loaded & (readers | {"text.search.comparison", "text.search.field_query", "text.layout.columns"})


_ELSEWHERE = """
import _socket, importlib, os, select, signal, sys
for name in ("fcntl", "termios", "tty", "pty", "resource"):
    sys.modules[name] = None
for module, names in {
    os: "fork register_at_fork geteuid getpgrp tcgetpgrp pread ttyname O_NOCTTY O_CLOEXEC".split(),
    select: ["poll", "epoll"],
    signal: ["SIGWINCH", "SIGHUP", "SIGTSTP", "SIGCONT"],
    _socket: ["AF_UNIX"],
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
for name in sys.argv[1:]:
    importlib.import_module(name)

import logging, reflowlog
reflowlog.install()
with reflowlog.adopt(), reflowlog.capture():
    logging.info("logged")
    print("printed")
try:
    with reflowlog.capture(fd=True):
        print("never")
except OSError as error:
    print(error)
"""


def test_importable_everywhere() -> None:
    """Without the POSIX modules and functions every module can be imported, and the console works."""
    elsewhere = ("__main__", "integrations.", "system.windows")
    ours = [f"reflowlog.{name}".rstrip(".") for name in MODULES if not name.startswith(elsewhere)]
    done = python("-c", _ELSEWHERE, *ours)
    assert done.stdout == "descriptors can be captured on POSIX systems only\n"
    assert [line.split()[-1] for line in done.stderr.splitlines()] == ["logged", "printed"]


@pytest.mark.parametrize("arguments", [("--plain",), ()], ids=["plain", "off a terminal"])
def test_plain_mode_brings_no_terminal_library(arguments: tuple[str, ...]) -> None:
    """Plain mode imports neither blessed nor wcwidth, also for text that is not ASCII."""
    done = python("-X", "importtime", "-m", "reflowlog", *arguments, stdin="plain ✓ 日本\n")
    imported = set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert done.stdout == "plain ✓ 日本\n"
    assert "reflowlog" in imported
    assert not imported & {"blessed", "wcwidth", "curses", "asyncio", *_NOT_BY_US}


@pytest.mark.parametrize("line", ["2024-05-01 10:00:00 INFO app: the server started", "the server started", "x"])
def test_a_first_line_of_a_usual_form_loads_no_table_of_formats(line: str) -> None:
    """Wrapped and in colour it is drawn by one pattern; the recognizer waits for a line of another form."""
    arguments = ("-X", "importtime", "-m", "reflowlog", "--width", "80", "--color", "always", "--theme", "dark")
    done = python(*arguments, stdin=f"{line}\n")
    imported = set(re.findall(r"\| +reflowlog\.([\w.]+)$", done.stderr, re.MULTILINE))
    assert "text.highlight.patterns" in imported
    assert not imported & {"text.parse.recognizer", "text.parse.formats", "text.parse.further_fields"}
