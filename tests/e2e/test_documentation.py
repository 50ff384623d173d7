"""Every Python example of the documentation runs as it is."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from support import PROJECT
from support.terminals import PYTHON, TIMEOUT, environment

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [PROJECT / "README.md", *sorted((PROJECT / ".github/docs").glob("*.md"))]
EXAMPLES = {
    f"{page.name}-{number}": text
    for page in PAGES
    for number, text in enumerate(
        re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL), 1
    )
}
OPTIONAL = ("loguru", "rich", "structlog", "tqdm")


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs(name: str, tmp_path: Path) -> None:
    """As a script, with standard output and standard error in files."""
    text = EXAMPLES[name]
    if "nats" in text:
        pytest.skip("needs a NATS server; tests/e2e/nats holds it")
    for package in OPTIONAL:
        if re.search(rf"(import|from) .*\b{package}\b", text) and importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    (tmp_path / "example.py").write_text(text)
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        done = subprocess.run(
            [PYTHON, "example.py"],
            cwd=tmp_path,
            stdout=out,
            stderr=err,
            env=environment(),
            timeout=TIMEOUT,
            check=False,
        )
    shown = (tmp_path / "err").read_text()
    assert done.returncode == 0, shown
    assert shown
    assert "Traceback" not in shown
