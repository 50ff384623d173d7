"""Lifecycle: one module registers all hooks; they run in the written order, whatever the order of imports."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import reflowlog

PACKAGE = Path(reflowlog.__file__).parent
REGISTRATIONS = {"register_at_fork", "atexit", "Finalize"}


def run_code(source: str) -> subprocess.CompletedProcess[str]:
    """Run code in an interpreter of its own."""
    command = [sys.executable, "-c", textwrap.dedent(source)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=PACKAGE.parent, timeout=30)


def registrations(source: Path) -> set[str]:
    """Names of registration functions that a module uses in its code."""
    names = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Call) and node.attr == "atexit"):
            names.add(node.attr)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.name for alias in node.names}
    return names & REGISTRATIONS


def test_no_other_module_registers_hooks() -> None:
    """All registrations stand in core/lifecycle.py."""
    using = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if registrations(path)}
    assert using == {str(Path("core", "lifecycle.py"))}


def test_exit_hooks_run_in_their_order_and_one_that_fails_stops_none() -> None:
    """The first error is reported after all have run."""
    done = run_code(
        """
        from reflowlog.core import lifecycle
        lifecycle.add_exit_hook(lifecycle.EXIT_SERVERS, lambda: print("servers", lifecycle.is_exiting()))
        lifecycle.add_exit_hook(lifecycle.EXIT_CAPTURES, lambda: 1 / 0)
        lifecycle.add_exit_hook(lifecycle.EXIT_WORKERS, lambda: print("workers"))
        unwanted = lambda: print("removed")
        lifecycle.add_exit_hook(lifecycle.EXIT_WORKERS, unwanted)
        lifecycle.remove_exit_hook(unwanted)
        print(lifecycle.is_exiting())
        """
    )
    assert done.stdout.split() == ["False", "workers", "servers", "True"]
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_fork_hooks_run_in_their_order() -> None:
    """Before the fork in the parent, by order in the child."""
    done = run_code(
        """
        import os
        from reflowlog.core import lifecycle
        lifecycle.after_fork_in_child(lifecycle.FORK_WORKERS, lambda: print("workers", flush=True))
        lifecycle.after_fork_in_child(lifecycle.FORK_LOCKS, lambda: print("locks", flush=True))
        lifecycle.before_fork(lambda: print("before", flush=True))
        if os.fork() == 0:
            os._exit(0)
        os.wait()
        """
    )
    assert done.stdout.split() == ["before", "locks", "workers"]


def test_a_finalizer_needs_multiprocessing() -> None:
    """Where nothing has loaded it, nothing is registered, and nothing is loaded."""
    done = run_code(
        """
        import sys
        from reflowlog.core import lifecycle
        print(lifecycle.add_finalizer(lifecycle.FINALIZE_WORKERS, print), "multiprocessing" in sys.modules)
        """
    )
    assert done.stdout.split() == ["None", "False"]
