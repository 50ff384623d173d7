"""The laws of the house: who may import whom, where escapes are, what an import costs, what is public."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
from pathlib import Path

import pytest
from terminals import PYTHON, REFLOWLOG, environment

import reflowlog

HOUSE = Path(reflowlog.__file__).parent
PROJECT = HOUSE.parent
README = PROJECT / "README.md"
ESCAPE = "\x1b"

# The house, from its ground up: each room, and the rooms it may import. Each of these stands above it in the table;
# `ABOVE` is all of them. A room that is missing here has no place yet: say in the design what station it is first.
ABOVE = ("*",)
TEXT = (
    "text.wrap",
    "text.sanitize",
    "text.parse",
    "text.layout",
    "text.themes",
    "text.highlight",
    "text.columns",
    "text.pattern",
    "text.records",
    "text.severity",
    "text.times",
    "text.names",
    "text.fields",
    "text.said",
    "text.pickled",
    "text.levels",
    "text.appearance",
    "text.entry",
    "text.clock",
    "text.labels",
    "text.when",
    "text.comparison",
    "text.query",
)
STORE = ("store.spool", "store.runs", "store.history", "store.pipetext", "store.textfile", "store.document")
VIEW = (
    "view.match_index",
    "view.sieve",
    "view.finder",
    "view.count_levels",
    "view.viewport",
    "view.prompt",
    "view.status",
    "view.help",
)
VIEWER = ("view.viewer", "view.context", "view.keys", "view.screen")
READING = ("inputs", "unpack", "followed", "sinks")
HOUSE_ORDER: dict[str, tuple[str, ...]] = {
    "model": (),
    "threads": (),
    "program.detours": (),
    "program.standin": (),
    "program.cstdio": (),
    "program.unhandled": ("program.standin",),
    "descriptors": (),
    "terminal": ("model", "descriptors"),
    "guard": (),
    "sources.filewatch": ("descriptors",),
    "text.wrap": ("model",),
    "text.sanitize": ("model", "text.wrap"),
    "text.parse": ("model",),
    "text.layout": ("model", "text.wrap", "text.parse"),
    "text.pattern": ("model", "text.wrap", "text.sanitize"),
    "text.records": ("model", "text.sanitize"),
    "text.severity": (),
    "text.times": (),
    "text.names": (),
    "text.fields": ("model", "text.sanitize", "text.parse", "text.severity", "text.times", "text.names"),
    "text.said": ("model", "text.sanitize", "text.severity", "text.times", "text.fields"),
    "text.pickled": (),
    "text.levels": ("model", "text.sanitize", "text.parse", "text.severity", "text.names", "text.fields"),
    "text.when": ("text.times",),
    "text.clock": ("model", "text.sanitize", "text.parse", "text.names", "text.times", "text.fields"),
    "text.comparison": ("text.pattern", "text.levels", "text.severity", "text.times", "text.names"),
    "text.query": (
        *("text.sanitize", "text.parse", "text.pattern", "text.records", "text.names", "text.fields", "text.levels"),
        "text.comparison",
    ),
    "text.themes": ("model",),
    "text.appearance": ("text.names", "text.themes"),
    "text.highlight": ("model", "text.parse", "text.levels", "text.themes"),
    "text.labels": ("model", "text.wrap", "text.sanitize", "text.themes"),
    "text.columns": ("model", "text.wrap", "text.sanitize", "text.severity", "text.themes", "text.highlight"),
    "text.entry": ("model", "text.severity", "text.columns"),
    "store.spool": ("model",),
    "store.runs": ("model", "store.spool"),
    "store.history": ("model", "store.spool"),
    "store.pipetext": ("model", "store.spool", "store.history"),
    "store.textfile": ("model", "descriptors", "sources.filewatch", "store.spool"),
    "store.document": ("model", "store.spool"),
    "paint.ansi": ("model",),
    "view.pins": ("model", *TEXT),
    "view.match_index": ("store.document",),
    "view.sieve": ("model", *TEXT, "store.document", "view.match_index"),
    "view.finder": ("model", *TEXT, "store.document", "view.match_index", "view.sieve"),
    "view.count_levels": ("view.match_index",),
    "view.viewport": ("model", *TEXT, "paint.ansi", "store.document", "view.sieve"),
    "view.prompt": ("model", *TEXT),
    "view.status": ("model", *TEXT),
    "view.help": ("model", *TEXT),
    "view.viewer": ("model", *TEXT, "view.sieve", "view.prompt"),
    "view.context": ("model", *TEXT, "store.document", *VIEW, "view.viewer"),
    "view.keys": ("model", *TEXT, *VIEW, "view.viewer", "view.context"),
    "view.screen": ("model", "paint.ansi", *TEXT, *VIEW, "view.viewer", "view.context"),
    "paint.moves": (),
    "paint.output": ("model", "descriptors", "program.detours"),
    "paint.plain": ("model", "descriptors", "paint.ansi", "paint.output"),
    "paint.inline": ("model", "paint.ansi", "paint.moves", "paint.output"),
    "paint.fullscreen": ("model", "paint.ansi", "paint.moves", "paint.output"),
    "paint.locate": ("model", "descriptors", "terminal", "paint.moves", "paint.inline"),
    "template": ("model", *TEXT, "paint.ansi"),
    "compose": ("model", *TEXT, "paint.ansi", "template"),
    "home": (),
    "config": ("model", *TEXT, "home"),
    "wrapping": ("model", *TEXT, "paint.ansi", "compose"),
    "scrollback": ("model", *TEXT, "store.spool", "store.runs", "store.history", "compose"),
    # The painters are handed in.
    "display": ("model", "threads", *TEXT, "view.pins", "compose", "scrollback"),
    "matching": ("guard", "text.pattern", "view.match_index"),
    "program.pending": ("guard", "text.pattern"),
    "viewed": ("model", *STORE),
    "fullstage": ("model", "threads", *TEXT, *STORE, *VIEW, *VIEWER, "display", "matching", "viewed"),
    "screenstage": ("model", "store.pipetext", *VIEWER, "display", "fullstage"),
    "printer": ("model", "threads", "descriptors", "display"),
    "press": ("model", "threads"),
    "kin.place": (),
    "kin.wire": ("model", *TEXT),
    "kin.listener": ("model", "kin.place", "kin.wire"),  # who hands on is handed in
    "kin.relay": ("model", "threads", "view.pins", "compose", "kin.place", "kin.wire"),
    "keyboard": ("model", "threads", "descriptors", "terminal", "paint.moves"),
    # What a console with keys has besides: the command line's stages over a program's log.
    "program.keyed": (
        *(
            "model",
            "descriptors",
            "program.detours",
            "terminal",
            *TEXT,
            *STORE,
            "paint.ansi",
            "view.viewer",
            "view.context",
        ),
        *(
            "compose",
            "display",
            "matching",
            "program.pending",
            "viewed",
            "fullstage",
            "screenstage",
            "press",
            "keyboard",
        ),
    ),
    "commandline.linefilter": ("model", *TEXT),
    "sources.merger": TEXT,
    "sources.listen": ("descriptors", *TEXT),
    "sources.gather": (),
    "sources.selection": ("descriptors", "sources.filewatch", *TEXT),
    "commandline.options": ("model", "terminal", *TEXT, "config", "compose"),
    "program.tap": ("descriptors", "program.detours", "program.standin", "program.cstdio", "paint.output"),
    "program.pin": ("model", "press"),
    "program.target": ABOVE,
    "program.family": ABOVE,
    "program.console": ABOVE,
    "program.handler": ABOVE,
    "program.capturing": ABOVE,
    "program.adoption": ABOVE,
    "integrations.tqdm": ("program.console", "program.handler"),
    "integrations.rich": ("program.console", "program.handler"),
    "integrations.loguru": ("model", "program.console", "program.handler"),
    "stream.address": (),
    "stream.link": ("stream.address",),
    "stream.tail": ("text.records",),
    "sources.shares": (),
    "stream.intake": ("descriptors", *TEXT, "sources.shares", "stream.address", "stream.link", "stream.tail"),
    "stream.publisher": ("model", "threads", "stream.address", "stream.link"),
    "integrations.nats": ("program.handler", "press", "threads", "stream.address", "stream.publisher"),
    "sources.monitor": ("descriptors",),
    "sources.ptychild": ("model", "descriptors", "sources.monitor"),
    "sources.unpack": ("descriptors", "sources.filewatch"),
    "sources.inputs": ("sources.filewatch", "sources.listen", "sources.unpack", "stream.intake"),
    "sources.followed": ("sources.filewatch", "sources.gather", "sources.inputs"),
    "sources.sinks": (),
    "sources.reading": ("model", "descriptors", *(f"sources.{room}" for room in READING)),
    "sources.lane": (
        *("commandline.linefilter", "sources.shares", "sources.sinks"),
        *(f"sources.{room}" for room in ("selection", "followed", "inputs")),
    ),
    "sources.many": (
        *("model", "descriptors", *TEXT, "commandline.linefilter"),
        *(
            f"sources.{room}"
            for room in ("filewatch", "gather", "shares", *READING, "merger", "selection", "reading", "lane")
        ),
    ),
    "stream.publishing": ("press", "threads", "sources.sinks", "stream.address", "stream.link", "stream.publisher"),
    "sources.copies": ("descriptors", "commandline.options", "stream.publishing"),
    "commandline.interrupts": ("sources.copies",),
    "commandline.asking": ("model", "sources.sinks"),
    "commandline.plainmode": ABOVE,
    "commandline.screens": ABOVE,
    "commandline.command": ABOVE,
    "cli": ABOVE,
    "__main__": ABOVE,
}
PACKAGES = {"", "program", "sources", "commandline", "text", "store", "view", "paint", "kin", "integrations", "stream"}


def modules() -> dict[str, Path]:
    """Every module of ours by its name in the package; the package itself is the empty name."""
    found = {}
    for path in sorted(HOUSE.rglob("*.py")):
        parts = path.relative_to(HOUSE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports_of(name: str) -> set[str]:
    """The full names of all modules that a module imports, anywhere in it."""
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
    return found


def ours(names: set[str]) -> set[str]:
    """Those of `names` that are modules of ours, by their names in the package."""
    return {name.removeprefix("reflowlog.") for name in names if name.startswith("reflowlog.")}


def test_every_room_is_in_the_house() -> None:
    """A module that the table does not know has no place in the house yet."""
    assert set(MODULES) <= set(HOUSE_ORDER) | PACKAGES


def test_the_table_itself_is_in_order() -> None:
    """Whatever a room may import stands above it."""
    above: set[str] = set()
    for room, allowed in HOUSE_ORDER.items():
        assert set(allowed) - {"*"} <= above, room
        above.add(room)


@pytest.mark.parametrize("room", sorted(set(MODULES) - PACKAGES))
def test_imports_run_only_upward(room: str) -> None:
    """A room imports only those that the table allows it, all of them above it."""
    assert room in HOUSE_ORDER
    order = list(HOUSE_ORDER)
    allowed = set(order[: order.index(room)]) if HOUSE_ORDER[room] == ABOVE else set(HOUSE_ORDER[room])
    assert ours(imports_of(room)) - PACKAGES <= allowed


@pytest.mark.parametrize("room", sorted(name for name in MODULES if name.startswith(("text", "view"))))
def test_pure_rooms_know_nothing_of_the_machine(room: str) -> None:
    """Text and view compute; they have no files, threads or terminals."""
    machine = {
        "os",
        "sys",
        "io",
        "threading",
        "queue",
        "select",
        "signal",
        "socket",
        "subprocess",
        "tempfile",
        "termios",
    }
    assert not imports_of(room) & (machine | {"blessed"})


def test_one_room_measures_cells() -> None:
    """`text/clean/wrap.py` is the one user of wcwidth."""
    users = {room for room in MODULES if any(name.split(".")[0] == "wcwidth" for name in imports_of(room))}
    assert users <= {"text.wrap"}


@pytest.mark.parametrize("room", sorted(name for name in MODULES if not name.startswith("paint")))
def test_escapes_are_at_home_in_two_rooms(room: str) -> None:
    """Outside of `text/clean/sanitize.py` and `paint/` no string holds an escape character or makes one."""
    if room == "text.sanitize":
        return
    for node in ast.walk(ast.parse(MODULES[room].read_text(encoding="utf-8"))):
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


def python(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a new Python, which must succeed."""
    done = subprocess.run(
        [PYTHON, *arguments], input=stdin, capture_output=True, text=True, env=environment(), timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def test_import_starts_and_opens_nothing() -> None:
    """Importing all public names starts no thread, opens no descriptor and brings no heavy module."""
    imported = set(python("-c", _IMPORT).stdout.split())
    assert "reflowlog" in imported
    assert not imported & {"blessed", "wcwidth", "dataclasses", "asyncio", "curses", "argparse", "inspect", "tempfile"}


_ELSEWHERE = """
import _socket, importlib, os, select, signal, sys
for name in ("fcntl", "termios", "tty", "pty", "resource"):
    sys.modules[name] = None
for module, names in {
    os: "fork register_at_fork geteuid getpgrp tcgetpgrp set_blocking pread ttyname O_NOCTTY O_CLOEXEC".split(),
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
    """Without what only POSIX systems have, every module can be imported, and the console shows what it is told."""
    ours = [f"reflowlog.{name}".rstrip(".") for name in MODULES if not name.startswith(("__main__", "integrations."))]
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
    assert not imported & {"blessed", "wcwidth", "curses", "asyncio", "dataclasses"}


PUBLIC = {
    "STOP",
    "Console",
    "ReflowHandler",
    "StoppableThread",
    "__version__",
    "adopt",
    "capture",
    "install",
    "sink",
    "wrap",
}


def test_public_names() -> None:
    """The names that users import are these; a new one belongs into this list, and none ever leaves it."""
    assert set(reflowlog.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(reflowlog, name) is not None
    assert set(dir(reflowlog)) >= PUBLIC


def test_public_signatures() -> None:
    """Arguments that users pass by name keep their names, order and defaults."""
    console = inspect.signature(reflowlog.Console).parameters
    assert {name: each.default for name, each in console.items()} == {
        "stream": None,
        "mode": "auto",
        "width": None,
        "history": 10_000,
        "queue_size": 65_536,
        "overflow": "block",
        "rewrap": "screen",
        "color": "auto",
        "keys": False,
        "columns": None,
    }
    assert [name for name, each in console.items() if each.kind is not each.KEYWORD_ONLY] == ["stream"]
    handler = list(inspect.signature(reflowlog.ReflowHandler).parameters)
    assert handler == ["level", "stream", "console", "columns", "console_options"]
    assert inspect.signature(reflowlog.install).parameters["level"].default == "INFO"
    assert list(inspect.signature(reflowlog.wrap).parameters)[:3] == ["text", "width", "indent"]
    methods = ("print", "write", "put", "flush", "aflush", "join", "pin", "close", "__enter__")
    for name in (*methods, "width", "dropped", "closed"):
        assert hasattr(reflowlog.Console, name), name
    for name in ("stop", "stopped", "wait_stopped", "join", "stop_and_join", "__enter__"):
        assert hasattr(reflowlog.StoppableThread, name), name


def test_public_names_are_documented() -> None:
    """Every public class and function says what it is for."""
    for name in PUBLIC - {"__version__", "STOP"}:
        assert inspect.getdoc(getattr(reflowlog, name)), name


# -- README ------------------------------------------------------------------------------------------------------------


def readme() -> str:
    """The README, once it has its commands."""
    text = README.read_text(encoding="utf-8")
    if "<!-- test-command -->" not in text:
        pytest.skip("README.md has no <!-- test-command --> yet")
    return text


def shell_blocks(text: str) -> list[str]:
    """The README's blocks of shell commands."""
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("marker", ["install-command", "test-command"])
def test_readme_has_the_command(marker: str) -> None:
    """CI runs the README's own commands: each marker stands right before one block of shell commands."""
    assert re.search(rf"<!-- {marker} -->\s*```sh\n.+?\n```", readme(), re.DOTALL)


def test_readme_commands_are_shell() -> None:
    """A shell can read every block of commands."""
    for block in shell_blocks(readme()):
        done = subprocess.run(["/bin/sh", "-n"], input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


def test_readme_knows_the_options() -> None:
    """Every option that the README names is one of the help's, and the other way round."""
    text = readme()
    usage = subprocess.run([*REFLOWLOG, "--help"], capture_output=True, text=True, env=environment(), check=True).stdout
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", usage))
    table = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    of_reflowlog = "\n".join(
        line for block in shell_blocks(text) for line in block.splitlines() if "reflowlog -" in line
    )
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", table + of_reflowlog)) <= options
    assert options <= set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def test_readme_files_exist() -> None:
    """Every file of the project that the README links to, or runs, is there."""
    text = readme()
    linked = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text) + re.findall(r"python3? ([\w./]+\.py)", text)
    assert linked
    for name in linked:
        assert (PROJECT / name).exists(), name
