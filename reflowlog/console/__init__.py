"""The console for Python programs: Console, handler, capture."""
