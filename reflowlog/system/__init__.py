"""The machine: file descriptors, terminals, redirection, file watching."""
