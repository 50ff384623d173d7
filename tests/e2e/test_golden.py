"""Golden outputs: off a terminal the command writes the same bytes as ever, in every mode, for every sample log."""

from __future__ import annotations

import pytest
from support import golden


@pytest.mark.parametrize("mode", golden.MODES)
def test_output_is_the_stored_one(mode: str) -> None:
    """An intended change is stored by `python tests/support/golden.py --write`, which shows it as a diff."""
    difference = golden.compare(mode, golden.outputs(mode))
    assert not difference, difference
