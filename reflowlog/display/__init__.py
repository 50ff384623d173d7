"""Inline and pager displays, scrollback and the printer."""
