"""Modules that another thread is importing lack what their code has not defined yet."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import logging
import sys
from typing import TYPE_CHECKING, Any

import reflowlog
from reflowlog.console.core import core_of
from reflowlog.core.loaded_modules import loaded_module

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_module_counts_once_its_import_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module does not count while its code runs, nor if nobody has imported it."""
    (tmp_path / "half_loaded.py").write_text("import support\nsupport.while_loading()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    seen: list[Any] = []
    support = importlib.import_module("support")
    monkeypatch.setattr(support, "while_loading", lambda: seen.append(loaded_module("half_loaded")), raising=False)
    assert loaded_module("half_loaded") is None
    module = importlib.import_module("half_loaded")
    assert seen == [None]
    assert loaded_module("half_loaded") is module
    monkeypatch.delitem(sys.modules, "half_loaded")


def test_a_record_while_another_thread_imports_multiprocessing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record is written: `tqdm` imports that module with its first bar, beside threads that log."""
    spec = importlib.machinery.ModuleSpec("multiprocessing.util", None)
    spec._initializing = True  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "multiprocessing.util", importlib.util.module_from_spec(spec))
    with (tmp_path / "shown").open("w") as stream:
        handler = reflowlog.ReflowHandler(stream=stream)
        handler.setFormatter(logging.Formatter("%(message)s"))
        assert core_of(handler.console).address()  # the server for children registers with that module
        handler.emit(logging.makeLogRecord({"msg": "one", "levelno": logging.INFO}))
        handler.close()
    assert (tmp_path / "shown").read_text() == "one\n"
