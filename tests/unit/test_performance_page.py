"""The figures of the performance page come from the benches as they are."""

from __future__ import annotations

import importlib.util

import pytest
from support import PROJECT

BENCH = PROJECT / "tests" / "bench" / "report.py"


@pytest.mark.skipif(not BENCH.exists(), reason="the benches are not here")
def test_the_page_was_made_by_these_benches() -> None:
    """After a change of a bench, `python tests/bench/report.py --write` makes it anew."""
    spec = importlib.util.spec_from_file_location("report", BENCH)
    assert spec is not None
    assert spec.loader is not None
    report = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(report)
    assert f"Benches {report.digest()}." in report.PAGE.read_text(encoding="utf-8")
