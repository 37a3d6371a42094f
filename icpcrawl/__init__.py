"""icpcrawl audits the ICP filing numbers of a portfolio of websites.

The rooms, in the order a site walks through them: ``portfolio`` → ``crawl`` →
``observation`` → ``audit`` → ``history`` → ``report``; ``cli`` is the front door
and ``demo`` a web in a box. ``docs/corridor.md`` tells the whole way.
"""

__version__ = "0.1.0"
