"""Network listeners for syslog and for Python's `SocketHandler`."""
