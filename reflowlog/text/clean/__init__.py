"""Sanitized text, terminal cells and wrapping."""
