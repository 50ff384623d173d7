"""Integrations: each module requires the library that it is named after, and is imported only by programs."""
