"""Names of columns."""

__all__ = ["STANDARD_COLUMNS"]

STANDARD_COLUMNS = ("time", "level", "logger", "message", "source")
"""Names of the columns that every record may have; any other name is that of a field."""
