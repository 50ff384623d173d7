"""Storage of input: bytes in memory and on disk, an index of their lines, and documents over them."""
