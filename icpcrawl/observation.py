"""What was seen of a site, when and from where: values only, no judgment.

``crawl`` makes them, ``history`` keeps them, ``audit`` reads them. Every value is
frozen, made of plain types (so it pickles and serialises), and kept raw: the body
is the bytes that came, every attempt and every vantage's answer is there, and what
they mean is decided later, again and again, by tomorrow's rules.

Times are UTC, durations seconds, sizes bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SCHEMA = 1
"""Version of the stored form; raise it with every change of a field's meaning."""


class FetchOutcome(StrEnum):
    """How a visit ended. The closed list; remedies in ``data/texts.toml`` under ``outcome``.

    The crawler itself never says ``blocked-…``, ``default-page``, ``parked`` or
    ``empty-shell``: those are read off the page by ``audit.blocked``.
    """

    OK = "ok"
    DNS_NXDOMAIN = "dns-nxdomain"
    DNS_SERVFAIL = "dns-servfail"
    DNS_TIMEOUT = "dns-timeout"
    DNS_NO_ADDRESS = "dns-no-address"
    REFUSED_PRIVATE_ADDRESS = "refused-private-address"
    CONNECT_REFUSED = "connect-refused"
    CONNECT_TIMEOUT = "connect-timeout"
    TLS_ERROR = "tls-error"
    RESET = "reset"
    RESET_AFTER_SNI = "reset-after-sni"
    READ_TIMEOUT = "read-timeout"
    TOO_LARGE = "too-large"
    HTTP_4XX = "http-4xx"
    HTTP_5XX = "http-5xx"
    ROBOTS_DISALLOWED = "robots-disallowed"
    REDIRECT_LOOP = "redirect-loop"
    BLOCKED_UNFILED = "blocked-unfiled"
    BLOCKED_WAF = "blocked-waf"
    DEFAULT_PAGE = "default-page"
    PARKED = "parked"
    EMPTY_SHELL = "empty-shell"
    NOT_HTML = "not-html"
    INTERNAL_ERROR = "internal-error"


class VantageSide(StrEnum):
    """Whose client the name was asked for."""

    PLAIN = "plain"
    """No client subnet sent: what this machine itself is told, and connects to."""
    MAINLAND = "mainland"
    OVERSEAS = "overseas"


@dataclass(frozen=True, slots=True)
class Vantage:
    """One place from which names are asked."""

    name: str
    side: VantageSide
    subnet: str | None = None
    """EDNS client subnet sent along, e.g. ``202.96.209.0/24`` (RFC 7871)."""
    nameservers: tuple[str, ...] = ()
    """``host:port`` of the resolvers asked; empty = the system's."""


class DnsStatus(StrEnum):
    OK = "ok"
    NXDOMAIN = "nxdomain"
    NO_ADDRESS = "no-address"
    SERVFAIL = "servfail"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """What one vantage was told about one host name."""

    host: str
    vantage: str
    """``Vantage.name``."""
    status: DnsStatus
    cname_chain: tuple[str, ...] = ()
    """Targets in order, lower case, without the trailing dot."""
    addresses: tuple[str, ...] = ()
    """A and AAAA, as text."""
    ttl_s: int | None = None
    nameserver: str = ""
    """``host:port`` that answered."""
    subnet_echoed: bool = False
    """The resolver sent the client-subnet option back, whatever its scope."""
    subnet_scope: int | None = None
    """Prefix length the answer was tailored to; None = option absent, 0 = not tailored."""


@dataclass(frozen=True, slots=True)
class CountryVote:
    """What one voter says of one address."""

    source: str
    """Name of the database or table, e.g. ``dbip-country``."""
    kind: str
    """``geoip`` or ``origin-as``: two votes of one kind are one kind of evidence."""
    country: str | None = None
    """ISO 3166-1 alpha-2, upper case; None = the source does not know."""
    asn: int | None = None
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class LocatedAddress:
    address: str
    votes: tuple[CountryVote, ...] = ()


@dataclass(frozen=True, slots=True)
class Database:
    """A geography source in force during the run."""

    name: str
    built_on: str
    """ISO date, or empty where the file does not say."""
    sha256: str = ""
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class Hosting:
    """Where the site's names point, as each vantage was told."""

    answers: tuple[DnsAnswer, ...] = ()
    located: tuple[LocatedAddress, ...] = ()
    problem: str = ""
    """Why there is nothing above (a look-up that raised); empty when all went well."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One request on the way to the page."""

    url: str
    how: str
    """``first``, ``redirect``, ``meta-refresh``, ``script``, ``frame``, ``language``."""
    status: int | None = None
    location: str | None = None
    addresses: tuple[str, ...] = ()
    """The answer this request was pinned to."""
    peer: str | None = None
    """Address actually connected to; with ``--connect-to`` the place it was sent to."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer with a body, bytes untouched (content encoding removed)."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    """In the order received, names in lower case, values decoded as latin-1."""
    body: bytes
    tls: str = ""
    """``verified``, ``unverified`` (see ``tls_problem``) or empty over plain http."""
    tls_problem: str = ""
    tls_protocol: str = ""
    certificate_expires: str = ""
    peer: str = ""

    def header(self, name: str) -> str:
        """The first header of that name, or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), "")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One rung of the ladder, one retry, or the confirmation visit."""

    rung: str
    """``https-apex``, ``https-www``, ``http-apex``, ``http-www``, ``as-given``; with
    ``+slow`` (slow lane) or ``+confirm`` behind it."""
    url: str
    outcome: FetchOutcome
    detail: str = ""
    """One line for a person: the cause as the network gave it."""
    hops: tuple[Hop, ...] = ()
    started_at: datetime | None = None
    elapsed_s: float = 0.0
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """All attempts to see one homepage, and the page if one was seen."""

    outcome: FetchOutcome
    detail: str = ""
    attempts: tuple[Attempt, ...] = ()
    page: Page | None = None
    """The last answer with a body, also of an error status: evidence, not yet a homepage."""
    companions: tuple[Page, ...] = ()
    """Same-site pieces the page is made of, fetched once: frames, footer scripts, redirectors."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything seen of one site in one run: the evidence that rules are held against."""

    site_id: str
    run: str
    seen_at: datetime
    fetched: Fetched
    hosting: Hosting = field(default_factory=Hosting)
    vantages: tuple[Vantage, ...] = ()
    databases: tuple[Database, ...] = ()
    schema: int = SCHEMA
