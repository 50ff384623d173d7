"""The full-screen viewer as a value."""
