"""Text: untrusted bytes in, rows out. Pure: no I/O, no threads, no clock."""
