"""A command in a pseudo-terminal."""
