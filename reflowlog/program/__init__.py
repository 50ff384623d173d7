"""What a Python program has: its console, the handler, what it captures and adopts, and its pins."""
