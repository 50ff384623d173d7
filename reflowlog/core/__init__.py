"""Values, events and the border between threads. Imports nothing of the package."""
