"""Patterns, comparisons, queries and the record filter."""
