"""Names of the kinds of folds, for the option and the configuration."""

__all__ = ["FOLDS"]

FOLDS = ("tracebacks", "libraries", "repeats")
"""Names that `--fold` and the key `fold` accept; `cli/build.py` makes `Folds` of them."""
