"""``python -m icpcrawl``."""

from icpcrawl.cli import main

main()
