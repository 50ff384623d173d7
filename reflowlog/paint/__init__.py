"""Paint: the only rooms that write to a terminal, and where escapes are written."""
