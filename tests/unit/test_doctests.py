"""Examples in docstrings have the results that they show."""

from __future__ import annotations

import doctest
import importlib

import pytest
from support import PROJECT

OPTIONAL = {"tqdm", "rich", "loguru", "nats", "nkeys"}
"""Packages that a module of `integrations/` or `nats/` may require; without them its examples are skipped."""

PACKAGE = PROJECT / "reflowlog"
MODULES = [
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__main__.py"
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    """Every module can be imported, and its doctests pass."""
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        if error.name is None or error.name.split(".")[0] not in OPTIONAL:
            raise
        pytest.skip(f"{error.name} is not installed")
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert not result.failed
