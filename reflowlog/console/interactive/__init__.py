"""Viewer keys in a Python program."""
