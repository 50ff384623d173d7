"""``python -m reflowlog``."""

from reflowlog.cli import main

main()
