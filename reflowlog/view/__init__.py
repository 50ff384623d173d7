"""View: what is on a screen, as values."""
