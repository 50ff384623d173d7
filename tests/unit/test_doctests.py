"""Docstrings are true: their examples have the results that they show, and their arguments exist."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import sys
from typing import TYPE_CHECKING

import pytest
from support import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

OPTIONAL = {"tqdm", "rich", "loguru", "nats", "nkeys"}
"""Packages that a module of `integrations/` or `nats/` may require; without them its examples are skipped."""

CONSTRUCTORS = {"__init__", "__new__"}
PACKAGE = PROJECT / "reflowlog"
MODULES = [
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__main__.py"
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    """Every module can be imported, and its doctests pass."""
    if name == "reflowlog.system.windows" and sys.platform != "win32":
        pytest.skip("a module of Windows")
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        if error.name is None or error.name.split(".")[0] not in OPTIONAL:
            raise
        pytest.skip(f"{error.name} is not installed")
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert not result.failed


def arguments_of(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the names that callers may pass: of a class those of its constructor, or its annotated fields."""
    function: ast.AST | None = node
    if isinstance(node, ast.ClassDef):
        constructors = [each for each in node.body if isinstance(each, ast.FunctionDef) and each.name in CONSTRUCTORS]
        function = constructors[0] if constructors else None
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return {each.target.id for each in node.body if isinstance(each, ast.AnnAssign) and hasattr(each.target, "id")}
    found = function.args
    named = [*found.posonlyargs, *found.args, *found.kwonlyargs, found.vararg, found.kwarg]
    return {each.arg for each in named if each is not None}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_documented_arguments_exist(path: Path) -> None:
    """Each name under `Args:` is one of the signature."""
    unknown = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            section = re.search(r"^Args:\n((?:    .*\n?|\n)*)", ast.get_docstring(node) or "", re.MULTILINE)
            entries = (
                re.findall(r"^    ([\w*]+(?:, [\w*]+)*)(?: \(.*?\))?:", section[1], re.MULTILINE) if section else []
            )
            documented = {name for entry in entries for name in entry.replace("*", "").split(", ")}
            unknown += [f"{node.name}: {name}" for name in documented - arguments_of(node)]
    assert unknown == []
