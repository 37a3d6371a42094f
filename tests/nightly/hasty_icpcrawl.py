"""icpcrawl with the patience of a test: silent sites are given up after half a second, not after thirty."""

from __future__ import annotations

from icpcrawl.cli import main
from icpcrawl.crawl import settings

settings.ICPCRAWL_SITE_SECONDS = 0.5
settings.ICPCRAWL_SLOW_SITE_SECONDS = 0.5

if __name__ == "__main__":
    main()
