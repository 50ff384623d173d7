"""Columns, hanging indents and source labels for one width."""
