"""Records of child processes: protocol, server, client."""
