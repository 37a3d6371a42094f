"""The columns of the CSV files, in order: a contract with everyone's spreadsheets."""

from __future__ import annotations

SCHEMA = 1
"""Raised when a column changes its meaning; a column added at the end does not count."""

SITE_COLUMN_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("who", ("site_id", "name", "entity", "owner", "group", "tags", "domain", "url")),
    ("answer", ("verdict", "severity", "rules", "change", "first_seen", "days_open", "waivers")),
    (
        "how",
        ("assessed_at", "outcome", "http_status", "final_url", "redirects", "tls", "encoding", "rendered"),
    ),
    (
        "where",
        (
            "addresses",
            "countries",
            "asn",
            "provider",
            "cdn",
            "hosting",
            "hosting_confidence",
            "filing_required",
            "filing_required_why",
        ),
    ),
    (
        "filing",
        (
            "icp_raw",
            "icp_number",
            "icp_kind",
            "icp_place",
            "icp_visible",
            "icp_link",
            "icp_link_target",
            "icp_expected",
            "icp_match",
            "icp_all",
        ),
    ),
    (
        "psb",
        ("psb_raw", "psb_number", "psb_link", "psb_link_target", "psb_expected", "psb_match", "psb_due"),
    ),
    ("register", ("licence_number", "register_number", "register_entity", "register_match")),
    ("proof", ("evidence", "evidence_sha256", "fix_zh", "fix_en", "run", "schema")),
)

SITE_COLUMNS = tuple(column for _, columns in SITE_COLUMN_GROUPS for column in columns)

FINDING_COLUMNS = (
    "finding_id",
    "site_id",
    "owner",
    "rule",
    "severity",
    "confidence",
    "title_zh",
    "title_en",
    "observed",
    "expected",
    "where",
    "law",
    "fix_zh",
    "fix_en",
    "snippet",
    "first_seen",
    "last_seen",
    "days_open",
    "change",
    "waiver",
)

REJECTED_COLUMNS = ("row", "line", "column", "value", "reason_zh", "reason_en", "site_id", "domain")
