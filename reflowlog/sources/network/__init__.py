"""Network listeners for syslog and Python's SocketHandler."""
