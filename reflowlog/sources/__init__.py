"""What reads: files, pipes and commands, one or many, as pieces of bytes. I/O on threads of its own."""
