"""Assembly of painters, displays, keyboard, signals and job control for one terminal: for programs and the command."""
