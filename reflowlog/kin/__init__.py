"""Between a program and its children: their records reach its console."""
