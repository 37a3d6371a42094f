"""Runs on disk: what was seen and judged, site by site, and what changed since.

One SQLite file. A site's result is stored whole or not at all; ``(run, site)`` is
unique, so a resumed run skips what is there and nothing is doubled.
"""
