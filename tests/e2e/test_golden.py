"""Golden outputs: off a terminal the command writes the same bytes as ever, in every mode, for every sample log."""

from __future__ import annotations

import pytest
from support import golden

USUAL_MODES = ("plain", "width-80", "dark", "grep", "grep-context", "level", "tail")  # the others are slow, in sum
MODES = [pytest.param(mode, marks=() if mode in USUAL_MODES else pytest.mark.slow) for mode in golden.MODES]


@pytest.mark.parametrize("mode", MODES)
def test_output_is_the_stored_one(mode: str) -> None:
    """An intended change is stored by `python tests/support/golden.py --write`, which shows it as a diff."""
    difference = golden.compare(mode, golden.outputs(mode))
    assert not difference, difference
