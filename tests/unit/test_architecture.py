"""The architecture page and the docstrings: every file, function, class, argument and attribute they name exists."""

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


@cache
def members() -> dict[str, frozenset[str]]:
    """Return the members of each class of the package; of one with a base outside of the package `*` as well."""
    nodes = [node for path in PACKAGE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}

    def members_of(node: ast.ClassDef) -> set[str]:
        names = {each.name for each in ast.walk(node) if isinstance(each, ast.FunctionDef)}
        names |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
        names |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        for base in node.bases:
            name = ast.unparse(base).partition("[")[0]
            names |= members_of(classes[name]) if name in classes else set() if name in PLAIN_BASES else {"*"}
        return names

    return {name: frozenset(members_of(node)) for name, node in classes.items()}


PLAIN_BASES = {"Exception", "Generic", "NamedTuple", "Protocol", "RuntimeError", "ValueError"}


def documented(docstring: str, section: str) -> list[str]:
    """Return the names that a section of a docstring, such as `Args`, explains."""
    found = re.search(rf"^{section}:\n((?:    .*\n?|\n)+)", docstring, re.MULTILINE)
    names = re.findall(r"^    (\*{0,2}\w[\w, ]*):", found[1], re.MULTILINE) if found else []
    return [name.strip().lstrip("*") for each in names for name in each.split(",")]


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_docstrings_name_arguments_and_attributes_that_exist(module: Path) -> None:
    """All arguments if any is explained; attributes of the class; and those of others, as `Class.attribute`."""
    text = module.read_text(encoding="utf-8")
    wrong = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        docstring = ast.get_docstring(node) or ""
        function = node if not isinstance(node, ast.ClassDef) else constructor_of(node)
        named, given = set(documented(docstring, "Args")), set() if function is None else arguments_of(function)
        wrong += [f"{node.name}({name})" for name in sorted(named ^ given) if named]
        if isinstance(node, ast.ClassDef):
            attributes, known = documented(docstring, "Attributes"), members()[node.name]
            wrong += [f"{node.name}.{name}" for name in attributes if not {"*", name} & known]
    for name, member in re.findall(r"(?<!`)`([A-Z]\w+)\.(\w+)(?:\(\))?`", text):
        known = members().get(name, frozenset("*"))
        wrong += [f"{name}.{member}"] if not {"*", member} & known else []
    assert wrong == []


def constructor_of(node: ast.ClassDef) -> ast.FunctionDef | None:
    """Return the constructor that a class defines."""
    return next((each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None)


def arguments_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the arguments of a function that need an explanation."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    names = {each.arg for each in every if each is not None}
    return {name for name in names if name not in ("self", "cls") and not name.startswith("_")}


def test_every_folder_is_in_the_table_of_layers() -> None:
    """A new folder is explained."""
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert folders <= set(re.findall(r"^\| `(\w+)/` \|", PAGE, re.MULTILINE))
