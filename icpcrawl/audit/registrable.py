"""Host → registrable domain, offline."""

from __future__ import annotations

from functools import lru_cache

import tldextract

# No suffix list URL and no cache folder: the snapshot inside the package is read, never the network.
_EXTRACT = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
_EXTRACT_PRIVATE = tldextract.TLDExtract(
    suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True
)


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
    return _EXTRACT(host).top_domain_under_public_suffix or host


@lru_cache(maxsize=4096)
def is_on_platform(host: str) -> bool:
    """True where the suffix list's private section says that the domain above belongs to a platform."""
    return _EXTRACT(host).top_domain_under_public_suffix != (
        _EXTRACT_PRIVATE(host).top_domain_under_public_suffix
    )
