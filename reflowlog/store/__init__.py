"""Store: what was said, and which line is where."""
