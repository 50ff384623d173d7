"""Replaced functions and streams of modules, restored in any order.

Invariants:
- Other code may replace an attribute after this package has, and keep what it found there. So a replacement knows what
  it replaced (`beneath`) and whether it is still wanted (`live`); one that has ended passes calls on.
- What other code has put in place of a replacement stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Replacements", "skip_ended"]


class Replacements:
    """Attributes that are replaced one by one and restored together. Any thread; callers hold their own locks."""

    def __init__(self) -> None:
        self._made: list[tuple[Any, str, Any, bool]] = []  # owner, name, replacement, whether the owner had its own

    def __bool__(self) -> bool:
        """Whether any attribute is replaced."""
        return bool(self._made)

    def make(self, owner: Any, name: str, wrap: Callable[[Any], Any]) -> Any:
        """Replace an attribute by the replacement that ``wrap`` makes of it, and return that."""
        beneath = getattr(owner, name)
        ours = wrap(beneath)
        ours.beneath, ours.live = beneath, True
        self._made.append((owner, name, ours, name in vars(owner)))
        setattr(owner, name, ours)
        return ours

    def restore(self) -> None:
        """End all replacements, the last one first; restore the attributes that still have them. Idempotent."""
        while self._made:
            owner, name, ours, had_own = self._made.pop()
            ours.live = False
            if getattr(owner, name) is not ours:
                continue
            if had_own:
                setattr(owner, name, skip_ended(ours))
            else:  # an object, whose method an attribute of its own has hidden
                delattr(owner, name)


def skip_ended(found: Any) -> Any:
    """Return the first object beneath replacements (streams or functions) that have ended."""
    while getattr(found, "live", None) is False and hasattr(found, "beneath"):
        if getattr(found, "__wrapped__", found.beneath) is not found.beneath:
            break  # other code's wrapper of a replacement, with a copy of its attributes
        found = found.beneath
    return found
