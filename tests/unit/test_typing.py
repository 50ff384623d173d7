"""Types of the public API: a mistake in a program that uses it is an error for mypy and for pyright."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.terminals import PYTHON

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "tests" / "typing" / "api.py"


def wrong_lines() -> set[int]:
    """Return the numbers of the lines that have to be errors."""
    return {number for number, line in enumerate(FILE.read_text().splitlines(), 1) if line.endswith("# error")}


def environment(path: Path) -> dict[str, str]:
    """Return the environment of a user's project."""
    return os.environ | {"MYPYPATH": str(ROOT), "HOME": str(path)}


def test_mypy(tmp_path: Path) -> None:
    """Exactly the wrong lines are errors."""
    pytest.importorskip("mypy")
    command = [PYTHON, "-m", "mypy", "--no-incremental", "--follow-imports=silent", "--config-file=", str(FILE)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=110, check=False
    )
    found = {int(match[1]) for match in re.finditer(r"api\.py:(\d+): error", done.stdout)}
    assert found == wrong_lines(), done.stdout + done.stderr


@pytest.mark.skipif(importlib.util.find_spec("pyright") is None, reason="pyright is not installed")
def test_pyright(tmp_path: Path) -> None:
    """Exactly the wrong lines are errors."""
    shutil.copy(FILE, tmp_path)
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"include": ["api.py"], "extraPaths": [str(ROOT)]}))
    command = [PYTHON, "-m", "pyright", "--outputjson", "--pythonpath", PYTHON, "-p", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False)
    if not done.stdout.startswith("{"):
        pytest.skip(f"pyright does not run here: {(done.stderr or done.stdout)[:200]}")
    diagnostics = json.loads(done.stdout)["generalDiagnostics"]
    found = {each["range"]["start"]["line"] + 1 for each in diagnostics if each["severity"] == "error"}
    assert found == wrong_lines(), done.stdout
