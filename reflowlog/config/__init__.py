"""The user's configuration file and themes."""
