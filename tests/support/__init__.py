"""Shared helpers of the tests: terminals, readers, models, strategies, golden outputs."""

from __future__ import annotations

from pathlib import Path

__all__ = ["DATA_DIR", "PROJECT"]

PROJECT = Path(__file__).resolve().parents[2]
"""The project's folder: README.md, demo.py, reflowlog/, tests/."""

DATA_DIR = PROJECT / "tests" / "data"
"""Sample logs with the expected columns, levels and fields, golden outputs, the snapshot of the public API."""
