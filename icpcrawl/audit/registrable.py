"""Host → registrable domain, offline."""

from __future__ import annotations

from functools import lru_cache

from icpcrawl.portfolio.host import suffixes


@lru_cache(maxsize=4096)
def registrable_domain(host: str) -> str:
    """The part of a host that somebody registered; the host itself where there is none.

    >>> registrable_domain("www.example.com.cn")
    'example.com.cn'
    >>> registrable_domain("beian.miit.gov.cn")
    'miit.gov.cn'
    >>> registrable_domain("192.0.2.1")
    '192.0.2.1'
    """
    return suffixes()(host).top_domain_under_registry_suffix or host


@lru_cache(maxsize=4096)
def is_on_platform(host: str) -> bool:
    """True where the suffix list's private section says that the domain above belongs to a platform."""
    return suffixes()(host).is_private
