"""What is news, night after night, and how it is written down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec
import pytest

from icpcrawl.audit.finding import Severity, Text, Verdict
from icpcrawl.datafiles import load_facts
from icpcrawl.nightly.digest import (
    Alarm,
    Complaint,
    Digest,
    DigestState,
    Kind,
    News,
    Night,
    SiteNight,
    Trouble,
    digest,
)
from icpcrawl.nightly.letter import Writer

ERROR = Complaint("f1", "filing-number-missing", Severity.ERROR, Text("首页未见备案号", "No number is shown"))
WARNING = replace(ERROR, severity=Severity.WARNING)
NOTICE = replace(ERROR, severity=Severity.NOTICE)
OTHER = Complaint("f2", "link-http", Severity.WARNING, Text("明文链接", "The link is plain http"))

FINE = SiteNight("s.cn", Verdict.COMPLIANT)
BAD = SiteNight("s.cn", Verdict.NON_COMPLIANT, complaints=(ERROR,))
WAIVED = SiteNight("s.cn", Verdict.COMPLIANT, complaints=(replace(ERROR, waived=True),))
SILENCED = SiteNight("s.cn", Verdict.COMPLIANT, silent_rules=("filing-number-missing",))
EXPIRED = replace(ERROR, finding_id="f3", rule="waiver-expired", severity=Severity.WARNING)
LAPSED = SiteNight("s.cn", Verdict.NON_COMPLIANT, complaints=(ERROR, EXPIRED))
AGAIN = SiteNight("s.cn", Verdict.NON_COMPLIANT, complaints=(replace(ERROR, change="regressed"),))
MILD = SiteNight("s.cn", Verdict.COMPLIANT, complaints=(WARNING,))
TWO = SiteNight("s.cn", Verdict.NON_COMPLIANT, complaints=(ERROR, OTHER))
UNSURE = SiteNight("s.cn", Verdict.INCONCLUSIVE)
DARK = SiteNight("s.cn", Verdict.NOT_ASSESSED, outcome="read-timeout")
BLOCKED = SiteNight("s.cn", Verdict.NON_COMPLIANT, outcome="blocked-unfiled")
REFUSED = SiteNight("s.cn", Verdict.REJECTED, outcome="")
GONE = None

PATIENT = Alarm(after_nights=2, unseen_after_nights=2)
PER_RULE = Alarm(rules={"filing-number-missing": 3})


def _nights(sites: Iterable[SiteNight | None], alarm: Alarm) -> list[list[str]]:
    """Kinds of news, night by night."""
    state, told = DigestState(), []
    for site in sites:
        night = Night("2026-11-24", sites=(site,) if site else ())
        said, state = digest(night, state, alarm)
        # It survives the file it is kept in.
        state = msgspec.json.decode(msgspec.json.encode(state), type=DigestState)
        told.append([news.kind.value for news in said.news] if said else [])
    return told


@pytest.mark.parametrize(
    ("alarm", "sites", "told"),
    [
        (Alarm(), [FINE, FINE], [[], []]),
        (Alarm(), [FINE, BAD, BAD, FINE, FINE], [[], ["new"], [], ["fixed"], []]),
        (Alarm(), [BAD, BAD], [["new"], []]),
        (Alarm(), [FINE, TWO, BAD, FINE], [[], ["new", "new"], ["fixed"], ["fixed"]]),
        (Alarm(), [FINE, AGAIN], [[], ["regressed"]]),
        (Alarm(), [MILD, BAD, MILD], [["new"], ["worse"], []]),
        (Alarm(severity=Severity.ERROR), [MILD, BAD, MILD, FINE], [[], ["new"], [], []]),
        (Alarm(), [replace(BAD, complaints=(NOTICE,)), FINE], [[], []]),
        # Patience counts nights on which the site was seen.
        (PATIENT, [FINE, BAD, FINE, BAD, FINE, BAD], [[], [], [], [], [], []]),
        (PATIENT, [FINE, BAD, BAD, BAD, FINE], [[], [], ["new"], [], ["fixed"]]),
        (PATIENT, [BAD, DARK, BAD], [[], [], ["new"]]),
        (PATIENT, [BAD, UNSURE, BAD], [[], [], ["new"]]),
        (PER_RULE, [TWO, TWO, TWO], [["new"], [], ["new"]]),
        # Unseen is neither repaired nor missing.
        (Alarm(), [BAD, DARK, BAD], [["new"], [], []]),
        (Alarm(), [BAD, DARK, FINE], [["new"], [], ["fixed"]]),
        (Alarm(), [BAD, UNSURE, FINE], [["new"], [], ["fixed"]]),
        (Alarm(), [BAD, BLOCKED, FINE], [["new"], [], ["fixed"]]),
        (Alarm(), [FINE, DARK, FINE], [[], [], []]),
        (Alarm(), [FINE, DARK, DARK, DARK, FINE], [[], [], ["unseen"], [], ["seen-again"]]),
        (Alarm(), [BAD, DARK, DARK, FINE], [["new"], [], ["unseen"], ["fixed", "seen-again"]]),
        (Alarm(), [BAD, DARK, DARK, BAD], [["new"], [], ["unseen"], ["seen-again"]]),
        (Alarm(), [FINE, DARK, REFUSED, DARK], [[], [], ["rejected"], ["unseen"]]),
        # The owner's own doing: a waiver or a policy is no repair, a row or a waiver taken out of the list neither.
        (Alarm(), [BAD, WAIVED, FINE], [["new"], [], []]),
        (Alarm(), [BAD, WAIVED, BAD], [["new"], [], ["new"]]),
        (Alarm(), [BAD, SILENCED, FINE], [["new"], [], []]),
        (Alarm(), [BAD, SILENCED, BAD], [["new"], [], ["new"]]),
        (Alarm(), [LAPSED, BAD, FINE], [["new", "new"], [], ["fixed"]]),
        (Alarm(), [BAD, GONE, GONE], [["new"], ["removed"], []]),
        (Alarm(), [BAD, DARK, GONE], [["new"], [], ["removed"]]),
        (Alarm(), [FINE, GONE, FINE], [[], [], []]),
        (Alarm(), [FINE, REFUSED, REFUSED, FINE], [[], ["rejected"], [], []]),
        (Alarm(), [BAD, REFUSED, FINE], [["new"], ["rejected"], ["fixed"]]),
    ],
)
def test_news_of_one_site(alarm: Alarm, sites: list[SiteNight | None], told: list[list[str]]) -> None:
    assert _nights(sites, alarm) == told


@pytest.mark.parametrize(
    ("troubles", "told"),
    [
        # "-" no message; else the trouble, or what is over, or "first".
        (["", ""], ["first", "-"]),
        (["", "held", "held", ""], ["first", "held", "held", "over held"]),
        (["failed", "", ""], ["failed", "over failed", "-"]),
        (["", "low-coverage", "low-coverage", ""], ["first", "low-coverage", "-", "over low-coverage"]),
        (["", "partial", "partial", ""], ["first", "partial", "-", "over partial"]),
        (["", "held", "low-coverage", ""], ["first", "held", "low-coverage", "over low-coverage"]),
    ],
)
def test_trouble_with_a_whole_night(troubles: list[str], told: list[str]) -> None:
    state, said = DigestState(), []
    for trouble in troubles:
        made, state = digest(Night("2026-11-24", trouble=Trouble(trouble)), state, Alarm())
        if made is None:
            said.append("-")
        else:
            over = f"over {made.recovered}" if made.recovered else ""
            said.append(str(made.night.trouble) or over or ("first" if made.first else "?"))
    assert said == told


@pytest.mark.parametrize("trouble", [Trouble.HELD, Trouble.FAILED])
def test_a_night_that_is_not_believed_moves_nothing(trouble: Trouble) -> None:
    _, before = digest(Night("2026-11-24", sites=(BAD,)), DigestState(), Alarm())
    said, after = digest(Night("2026-11-25", trouble=trouble, sites=(FINE,)), before, Alarm())
    assert said is not None
    assert said.news == ()
    assert after.sites == before.sites
    said, _ = digest(Night("2026-11-26", sites=(FINE,)), after, Alarm())
    assert said is not None
    assert [news.kind for news in said.news] == [Kind.FIXED]


def _digest(count: int, **more: object) -> Digest:
    news = tuple(
        News(
            Kind.NEW, f"www{number:03}.example.cn", "张三", Text("首页未见备案号", "No filing number is shown"),
            Text("在页脚写上备案号并链接到 beian.miit.gov.cn", "Show it in the footer, linked to beian.miit.gov.cn"),
            Severity.ERROR, 3, "2026-12-01",
        )
        for number in range(count)
    )  # fmt: skip
    night = Night("2026-11-24", "r1", coverage=98.5, verdicts={"compliant": 9, "non-compliant": count})
    return replace(Digest(night, news=news, still_open=count), **more)  # type: ignore[arg-type]


ADDRESS = "https://reports.example.com/icp/r1/report.html"


def test_a_letter_says_what_whose_how_long_and_how_to_mend_it() -> None:
    told = _digest(1)
    told = replace(told, night=replace(told.night, overdue=2))
    letter = Writer(load_facts().texts, "en").letter(told, ADDRESS, 2048)
    assert letter.title == "ICP filing audit 2026-11-24"
    assert letter.body.splitlines() == [
        "10 rows, 98.5 % seen; 1 non-compliant, 0 not assessed; 1 sites open",
        "2 sites overdue",
        "",
        "1 new",
        "- www000.example.cn (张三): No filing number is shown (3 days), due 2026-12-01",
        "  → Show it in the footer, linked to beian.miit.gov.cn",
        "",
        f"Report: {ADDRESS}",
    ]


@pytest.mark.parametrize("language", ["zh", "en", "both"])
@pytest.mark.parametrize("limit", [400, 2048, 20_000])
@pytest.mark.parametrize("count", [0, 1, 12, 2_000])
def test_a_letter_fits_its_channel_and_counts_what_it_leaves_out(
    language: str, limit: int, count: int
) -> None:
    letter = Writer(load_facts().texts, language).letter(_digest(count), ADDRESS, limit)
    assert len(f"{letter.title}\n{letter.body}".encode()) <= limit
    per_site = 2 if language == "both" else 1
    shown = sum(line.startswith("- ") for line in letter.body.splitlines()) // per_site
    if shown < count and limit > 400:
        assert (
            f"{count - shown} more in the report." in letter.body or f"还有 {count - shown} 项" in letter.body
        )
    if limit > 400:
        assert ADDRESS in letter.body


def test_nothing_from_a_website_becomes_a_mention_a_link_or_a_line() -> None:
    hostile = Text("<!channel>\n- fake（x）：@all", "<!channel>\n- fake: @all `rm` \u202e")
    said = News(Kind.NEW, "a.cn", "<@U1>", hostile, hostile, Severity.ERROR)
    made = Writer(load_facts().texts).letter(_digest(0, news=(said,)), "", 2048)
    assert not set("<>@`\u202e") & set(made.body)
    assert sum(line.startswith("- ") for line in made.body.splitlines()) == 2


@pytest.mark.parametrize("trouble", [each for each in Trouble if each])
def test_every_trouble_and_its_end_have_their_words(trouble: Trouble) -> None:
    writer = Writer(load_facts().texts)
    night = Night("2026-11-24", trouble=trouble, why="too few rows")
    bad = writer.letter(Digest(night), "", 2048).body
    good = writer.letter(Digest(Night("2026-11-25"), recovered=trouble), "", 2048).body
    assert bad
    assert "Recovered" in good
    assert bad != good


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_news_has_its_headline(kind: Kind) -> None:
    body = Writer(load_facts().texts, "en").letter(_digest(0, news=(News(kind, "a.cn"),)), "", 2048).body
    assert "1 " in body.splitlines()[2]
