"""What the portfolio's own dates say, and the findings that other rooms contribute.

Source: Order 33 (2005, as amended) art. 5: no service before the filing. A lapsed domain
leaves its filing without access, and such filings are cancelled (MIIT notices (2010) 279).
"""

from __future__ import annotations

from collections.abc import Iterator

from icpcrawl.audit.case import Case, Rule
from icpcrawl.audit.finding import Confidence, Finding, Severity
from icpcrawl.audit.hosting import HostingSide
from icpcrawl.audit.rules.wording import about_site

_EXPIRES_WITHIN_DAYS = 60


def pending_yet_reachable(case: Case) -> Iterator[Finding]:
    """The filing is pending or the launch still to come, and mainland visitors are served."""
    if case.hosting.side not in (HostingSide.MAINLAND, HostingSide.MIXED):
        return
    launched = case.site.launched_on
    if case.site.icp_status == "pending":
        observed, where = "pending", "icp_status"
    elif launched and launched > case.today:
        observed, where = launched.isoformat(), "launched_on"
    else:
        return
    yield about_site("status-pending-yet-reachable", Severity.WARNING, observed=observed, where=where)


def domain_expires_soon(case: Case) -> Iterator[Finding]:
    """The domain lapses within 60 days, or did."""
    expires = case.site.domain_expires_on
    if expires and (expires - case.today).days <= _EXPIRES_WITHIN_DAYS:
        yield about_site(
            "domain-expires-soon",
            Severity.NOTICE,
            observed=expires.isoformat(),
            where="domain_expires_on",
        )


def of_other_rooms(_: Case) -> Iterator[Finding]:
    """Judged by ``portfolio_rules`` or ``verdict.waive``, which see more than one case."""
    return iter(())


RULES: tuple[Rule, ...] = (
    Rule(
        "status-pending-yet-reachable",
        Severity.WARNING,
        Confidence.MEDIUM,
        ("order-33-5", "decree-292-8"),
        pending_yet_reachable,
    ),
    Rule(
        "domain-expires-soon",
        Severity.NOTICE,
        Confidence.HIGH,
        ("notice-2010-279",),
        domain_expires_soon,
        needs_homepage=False,
    ),
)

PORTFOLIO_RULES: tuple[Rule, ...] = tuple(
    Rule(slug, severity, Confidence.MEDIUM, law, of_other_rooms, needs_homepage=False)
    for slug, severity, law in (
        ("portfolio-shared-service-number", Severity.NOTICE, ("notice-2019-633",)),
        ("portfolio-two-numbers-one-domain", Severity.NOTICE, ("notice-2019-633",)),
        ("portfolio-foreign-number", Severity.WARNING, ("order-33-23", "notice-2017-264")),
        ("portfolio-unlisted-filing", Severity.NOTICE, ("notice-2010-279",)),
        ("waiver-expired", Severity.WARNING, ("technical:waivers.csv",)),
        ("waiver-unused", Severity.NOTICE, ("technical:waivers.csv",)),
    )
)
