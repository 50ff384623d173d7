"""Records of child processes on the console of their parent: protocol, server, client."""
