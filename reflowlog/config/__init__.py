"""The user's configuration and theme files."""
