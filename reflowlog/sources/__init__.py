"""Readers of files, pipes, networks and commands, one or several, as chunks of bytes. I/O on threads of their own."""
