"""Style spans of lines, themes and user rules."""
