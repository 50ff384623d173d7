"""The command line: what was typed, and the wiring for a screen, off one, and under a command."""
