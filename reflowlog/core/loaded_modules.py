"""Modules that the program has imported: nothing is imported here."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["loaded_module"]


def loaded_module(name: str) -> Any:
    """Return a module if the program has imported it; None while it has not, or another thread is importing it.

    A module that is being imported lacks what its code has not defined yet.
    """
    module = sys.modules.get(name)
    return None if getattr(getattr(module, "__spec__", None), "_initializing", False) else module
