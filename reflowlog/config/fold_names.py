"""Names of what can be folded, for the option and the configuration alike."""

__all__ = ["FOLDS"]

FOLDS = ("tracebacks", "libraries", "repeats")
"""Names that `--fold` and the key `fold` accept; `cli/build.py` makes `Folds` of them."""
