"""What tests share: terminals, readers, models and strategies."""

from __future__ import annotations

from pathlib import Path

__all__ = ["DATA_DIR", "PROJECT"]

PROJECT = Path(__file__).resolve().parents[2]
"""The project's folder: README.md, demo.py, reflowlog/, tests/."""

DATA_DIR = PROJECT / "tests" / "data"
"""Sample logs with their truth."""
