"""The architecture page and the docstrings: every file, and every function or class in one, that they name exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from support import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = PROJECT / "reflowlog"
PAGE = (PACKAGE / "ARCHITECTURE.md").read_text(encoding="utf-8")


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the top-level names of a module, and the members of its classes as `Class.member`."""
    names: set[str] = set()
    for node in ast.parse((PACKAGE / path).read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return frozenset(names)


def test_files_exist() -> None:
    """Paths with a slash are relative to the package, or to the project if they begin with `tests/`."""
    named = {
        path for span in re.findall(r"`([^`\n]+)`", PAGE) for path in re.findall(r"^((?:\w+/)+(?:\w+\.\w+)?)", span)
    }
    drawn = set(re.findall(r"(?<![\w/])((?:\w+/)+(?:\w+\.\w+)?)", PAGE.split("```")[1]))
    assert len(named) > 40
    assert len(drawn) > 10
    assert [path for path in named | drawn if not ((PACKAGE / path).exists() or (PROJECT / path).exists())] == []


def test_functions_and_classes_exist() -> None:
    """Each `file.py: name`."""
    named = re.findall(r"`([\w/]+\.py): ([\w.]+)`", PAGE)
    assert len(named) > 40
    assert [f"{path}: {name}" for path, name in named if name not in names_in(path)] == []


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_that_a_module_names_exist(module: Path) -> None:
    """Paths in docstrings and comments, of the package in backticks, of tests without; and names, `file.py: name`."""
    text = module.read_text(encoding="utf-8")
    named = re.findall(r"(?<!`)`((?:\w+/)+\w+\.py)(?:: ([\w.]+))?`", text)
    assert [path for path, _ in named if not ((PACKAGE / path).exists() or (PROJECT / path).exists())] == []
    assert [f"{path}: {name}" for path, name in named if name and name not in names_in(path)] == []
    assert [path for path in re.findall(r"tests/(?:\w+/)+\w+\.py", text) if not (PROJECT / path).exists()] == []


def test_every_folder_is_in_the_table_of_layers() -> None:
    """A new folder is explained."""
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert folders <= set(re.findall(r"^\| `(\w+)/` \|", PAGE, re.MULTILINE))
