"""Values, events, the inbox and the worker thread. Imports nothing else of the package."""
