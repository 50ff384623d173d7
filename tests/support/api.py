"""Snapshot of what users import and type: public names with their signatures, integrations, and options of the command.

`tests/data/api.txt` is the stored snapshot, one name a line. Run this file to print the lines that differ; the exit
status is 1 then. `--write` stores what there is now:

    python tests/support/api.py [--write]
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["SNAPSHOT", "api", "stored"]

SNAPSHOT = Path(__file__).resolve().parents[1] / "data" / "api.txt"

MEMBERS = {
    "Capture": (),
    "Adoption": (),
    "Console": (
        *("print", "write", "put", "flush", "aflush", "join", "pin", "close", "width", "dropped", "closed"),
        *("__enter__", "__exit__"),
    ),
    "Pin": ("update", "remove", "__enter__", "__exit__"),
    "ReflowHandler": ("emit", "flush", "close", "setFormatter", "console"),
    "StoppableThread": ("stop", "stopped", "wait_stopped", "join", "stop_and_join", "__enter__", "__exit__"),
}
"""The members of public classes that programs rely on."""

INTEGRATIONS = ("loguru", "nats", "rich", "tqdm")


def api() -> list[str]:
    """Return one line for each public name, member and option, sorted within each section."""
    import reflowlog

    lines = []
    for name in sorted(reflowlog.__all__):
        if name == "__version__":
            lines.append("reflowlog.__version__")
            continue
        value = getattr(reflowlog, name)
        lines.append(f"reflowlog.{name}{_signature(value)}")
        if inspect.isclass(value):
            lines += [f"reflowlog.{name}.{each}{_signature(getattr(value, each))}" for each in MEMBERS.get(name, ())]
    folder = Path(str(reflowlog.__file__)).parent
    for module in INTEGRATIONS:
        lines += _of_source(f"reflowlog.integrations.{module}", folder / "integrations" / f"{module}.py")
    from reflowlog.cli import main

    lines.append(f"reflowlog.cli.main{_signature(main)}")
    usage = subprocess.run(
        [sys.executable, "-m", "reflowlog", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
    ).stdout
    options = set(re.findall(r"(?<![\w-])(?:--[a-z][a-z-]+|-[a-zA-Z]\b|\+[A-Z])", usage))
    return [*lines, *(f"option {each}" for each in sorted(options))]


def _signature(value: Any) -> str:
    """Return names, kinds and defaults of the parameters, without annotations; empty for what is not called."""
    if isinstance(value, property) or not callable(value):
        return ""
    try:
        found = inspect.signature(value)
    except ValueError:  # a type of the interpreter's own
        return "()"
    bare = [each.replace(annotation=each.empty) for each in found.parameters.values() if each.name != "self"]
    return str(inspect.Signature(bare))


def _of_source(module: str, path: Path) -> list[str]:
    """Return the names in `__all__` of a module that may not be importable here, with arguments of functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = ast.literal_eval(node.value)
    return [f"{module}.{name}{_arguments(functions.get(name))}" for name in sorted(names)]


def _arguments(function: ast.FunctionDef | None) -> str:
    if function is None:
        return ""
    for each in ast.walk(function.args):
        if isinstance(each, ast.arg):
            each.annotation = None
    return f"({ast.unparse(function.args)})"


def stored() -> list[str]:
    """Return the lines of the stored snapshot."""
    return SNAPSHOT.read_text(encoding="utf-8").splitlines()


def _main(arguments: list[str]) -> int:
    now = api()
    if "--write" in arguments:
        SNAPSHOT.write_text("".join(f"{line}\n" for line in now), encoding="utf-8")
        return 0
    before = stored()
    for line in before:
        if line not in now:
            print("gone:", line)
    for line in now:
        if line not in before:
            print("new: ", line)
    return int(now != before)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
