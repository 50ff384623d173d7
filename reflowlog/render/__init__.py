"""Renders styled lines and log records as rows of one width."""
