"""Rules about the visit itself: why the homepage was not seen, or not as it should be.

None of them says anything about a number: what was not seen is never *missing*.
Sources: RFC 9110 (status codes), RFC 9525 (certificates and names), and for interception
pages the table ``data/block_pages.csv``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from urllib.parse import urlsplit

from icpcrawl.audit.blocked import refine
from icpcrawl.audit.case import Case, Rule
from icpcrawl.audit.finding import Confidence, Finding, Severity, Text
from icpcrawl.audit.hosting import HostingSide
from icpcrawl.audit.registrable import registrable_domain
from icpcrawl.audit.rules.wording import about_site, sentence
from icpcrawl.observation import DnsStatus, FetchOutcome, VantageSide

_OWN_RULE = frozenset(
    {
        FetchOutcome.OK,
        FetchOutcome.BLOCKED_UNFILED,
        FetchOutcome.BLOCKED_WAF,
        FetchOutcome.DEFAULT_PAGE,
        FetchOutcome.PARKED,
        FetchOutcome.EMPTY_SHELL,
    }
)
"""Outcomes that ``fetch-failed`` leaves to a rule of their own."""

_FENCED = (".gov.cn", ".mil.cn")
"""Names that often answer mainland clients only."""


def failed(case: Case) -> Iterator[Finding]:
    """No homepage could be had; the note says how the visit ended, and the outcome's own remedy."""
    if case.outcome in _OWN_RULE:
        return
    yield about_site(
        "fetch-failed",
        Severity.WARNING,
        subject=case.outcome.value,
        observed=f"{case.outcome.value}: {case.observation.fetched.detail}".rstrip(": "),
        where=_tried(case),
        note=_remedy(case),
    )


def _remedy(case: Case) -> Text:
    ended = sentence(case.facts.text(f"outcome.{case.outcome.value}.title"))
    remedy = _joined(ended, case.facts.text(f"outcome.{case.outcome.value}.remedy"))
    network = case.outcome in (
        FetchOutcome.CONNECT_TIMEOUT,
        FetchOutcome.READ_TIMEOUT,
        FetchOutcome.RESET,
        FetchOutcome.RESET_AFTER_SNI,
        FetchOutcome.HTTP_4XX,
    )
    if network and case.site.host.endswith(_FENCED):
        return _joined(case.facts.text("outcome.geo-fenced.remedy"), remedy)
    return remedy


def _joined(first: Text, second: Text) -> Text:
    return Text(f"{first.zh}{second.zh}", f"{first.en} {second.en}")


def dark_long(case: Case) -> Iterator[Finding]:
    """Not seen for so many days that the filing itself may be at risk."""
    if case.outcome is FetchOutcome.OK or case.previous is None:
        return
    since = _day(case.previous.assessed_on or case.previous.first_seen)
    if since is not None and (case.today - since).days >= case.policy.fetch_dark_days:
        yield about_site(
            "fetch-dark-long",
            Severity.WARNING,
            observed=f"{case.outcome.value}: {since.isoformat()} → {case.today.isoformat()}"
            f" ({(case.today - since).days} 天 / days)",
            expected=f"{case.policy.fetch_dark_days} 天内至少看到一次 / seen at least once in {case.policy.fetch_dark_days} days",
        )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def blocked_unfiled(case: Case) -> Iterator[Finding]:
    """A provider's page refuses service: filing, access entry or content.

    An error only where the page is a known provider's own and stands at a mainland address.
    """
    if case.outcome is not FetchOutcome.BLOCKED_UNFILED:
        return
    seen = refine(case.observation.fetched, case.reading, case.facts.blocked)
    proven = bool(seen.provider) and case.hosting.side in (HostingSide.MAINLAND, HostingSide.MIXED)
    said = case.facts.text(f"seen.{seen.reason}")
    yield about_site(
        "fetch-blocked-unfiled",
        Severity.ERROR if proven else Severity.WARNING,
        confidence=Confidence.HIGH if proven else Confidence.MEDIUM,
        subject=seen.provider,
        observed=seen.detail,
        expected="首页 / the homepage",
        where=_tried(case),
        note=said if proven else _joined(said, case.facts.text("note.interception-not-proven")),
    )


def blocked_waf(case: Case) -> Iterator[Finding]:
    """A firewall's challenge or refusal stood in place of the page."""
    yield from _stood_there(case, "fetch-blocked-waf", FetchOutcome.BLOCKED_WAF, Severity.NOTICE)


def default_page(case: Case) -> Iterator[Finding]:
    """A web server's or panel's own page: the site is not set up on it."""
    yield from _stood_there(case, "fetch-default-page", FetchOutcome.DEFAULT_PAGE, Severity.WARNING)


def parked(case: Case) -> Iterator[Finding]:
    """The name is for sale, expired, or its hosting is suspended."""
    yield from _stood_there(case, "fetch-parked", FetchOutcome.PARKED, Severity.WARNING)


def _stood_there(case: Case, rule: str, outcome: FetchOutcome, severity: Severity) -> Iterator[Finding]:
    if case.outcome is outcome:
        seen = refine(case.observation.fetched, case.reading, case.facts.blocked)
        yield about_site(
            rule,
            severity,
            observed=seen.detail,
            expected="首页 / the homepage",
            where=_tried(case),
            note=case.facts.text(f"seen.{seen.reason}"),
        )


def needs_browser(case: Case) -> Iterator[Finding]:
    """The page, or its footer, is drawn by script; what it shows is not known yet."""
    if case.outcome is FetchOutcome.EMPTY_SHELL:
        seen = refine(case.observation.fetched, case.reading, case.facts.blocked)
        sign, code = seen.detail or "a page without text", "empty-shell"
    elif case.reading is not None and case.reading.needs_rendering and not (case.filings or case.licences):
        sign = case.reading.needs_rendering
        code = sign.partition(":")[0]
    else:
        return
    yield about_site(
        "fetch-needs-browser",
        Severity.NOTICE,
        observed=sign,
        expected="页脚直接写在 HTML 中 / a page whose footer stands in the HTML",
        note=case.facts.text(f"seen.{code}"),
    )


def tls_invalid(case: Case) -> Iterator[Finding]:
    """The certificate does not hold; the page was read all the same."""
    page = case.observation.fetched.page
    if page is not None and page.tls == "unverified":
        yield about_site(
            "fetch-tls-invalid",
            Severity.NOTICE,
            observed=page.tls_problem or "the certificate could not be verified",
            expected="浏览器信任的证书 / a certificate that browsers accept",
            where=page.url,
        )


def apex_or_www_only(case: Case) -> Iterator[Finding]:
    """One of apex and www has an address, the other has none.

    Only the DNS is asked: that the ladder ended on the first good rung says nothing about the
    other name.
    """
    apex = registrable_domain(case.site.host)
    plain = {v.name for v in case.observation.vantages if v.side is VantageSide.PLAIN} or {"plain"}
    answers = {a.host: a for a in case.observation.hosting.answers if a.vantage in plain}
    one, other = answers.get(apex), answers.get(f"www.{apex}")
    if one is None or other is None:
        return
    gone = (DnsStatus.NXDOMAIN, DnsStatus.NO_ADDRESS)
    for seen, missing in ((one, other), (other, one)):
        if seen.status is DnsStatus.OK and missing.status in gone:
            yield about_site(
                "fetch-apex-or-www-only",
                Severity.NOTICE,
                subject=missing.host,
                observed=f"{missing.host}: {missing.status.value}",
                expected=f"与 {seen.host} 相同的网站 / the same site as {seen.host}",
                where="DNS",
            )


def redirects_elsewhere(case: Case) -> Iterator[Finding]:
    """The row's domain leads to another registrable domain: its own filing is not seen there."""
    page = case.observation.fetched.page
    if case.outcome is FetchOutcome.OK and case.landed_elsewhere and page is not None:
        yield about_site(
            "fetch-redirects-elsewhere",
            Severity.NOTICE,
            subject=case.landed_elsewhere,
            observed=page.url,
            expected=case.site.host,
        )


def _tried(case: Case) -> str:
    """The rungs tried, each with its end: ``https-apex reset, http-apex http-4xx``."""
    attempts = case.observation.fetched.attempts
    page = case.observation.fetched.page
    host = urlsplit(page.url).hostname or "" if page is not None else ""
    rungs = ", ".join(f"{attempt.rung} {attempt.outcome.value}" for attempt in attempts[:8])
    return rungs or host


def _visit(
    slug: str, severity: Severity, judge: Callable[[Case], Iterable[Finding]], law: tuple[str, ...]
) -> Rule:
    return Rule(slug, severity, Confidence.HIGH, law, judge, needs_homepage=False)


_HTTP = ("technical:RFC 9110",)
_PAGES = ("technical:data/block_pages.csv",)

RULES: tuple[Rule, ...] = (
    _visit("fetch-blocked-unfiled", Severity.ERROR, blocked_unfiled, ("order-33-5", "decree-292-8")),
    _visit("fetch-failed", Severity.WARNING, failed, _HTTP),
    _visit("fetch-dark-long", Severity.WARNING, dark_long, ("notice-2010-279",)),
    _visit("fetch-default-page", Severity.WARNING, default_page, _PAGES),
    _visit("fetch-parked", Severity.WARNING, parked, _PAGES),
    _visit("fetch-blocked-waf", Severity.NOTICE, blocked_waf, _PAGES),
    _visit("fetch-needs-browser", Severity.NOTICE, needs_browser, ("technical:HTML Living Standard",)),
    _visit("fetch-tls-invalid", Severity.NOTICE, tls_invalid, ("technical:RFC 9525",)),
    _visit("fetch-apex-or-www-only", Severity.NOTICE, apex_or_www_only, ("technical:RFC 1034",)),
    _visit("fetch-redirects-elsewhere", Severity.NOTICE, redirects_elsewhere, _HTTP),
)
