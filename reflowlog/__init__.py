"""reflowlog: a logging console that lays out every line again when the terminal's width changes."""

__version__ = "0.1.0"
