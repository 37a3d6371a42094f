"""report.jsonl: one JSON object per row of the portfolio, with the whole way to its verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from icpcrawl.audit.site_audit import JudgedNumber
from icpcrawl.observation import Attempt
from icpcrawl.report.cells import instant, one_line
from icpcrawl.report.columns import SCHEMA
from icpcrawl.report.content import Content
from icpcrawl.report.rows import FindingRow, ReportRow

_LINE_ENDS = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"), (b"\xc2\x85", b"\\u0085"))
"""What JSON allows inside a string, and others take for the end of a line."""


def write_jsonl(path: Path, content: Content) -> None:
    encoder = msgspec.json.Encoder(enc_hook=str)
    with path.open("wb") as file:
        for row in content.rows:
            line = encoder.encode(_object(row))
            for sign, escaped in _LINE_ENDS:
                line = line.replace(sign, escaped)
            file.write(line + b"\n")


def _object(row: ReportRow) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "row": row.row,
        "line": row.line,
        "site_id": row.site_id,
        "verdict": row.verdict.value,
        "reason": {"zh": row.reason.zh, "en": row.reason.en},
        "columns": dict(row.cells),
        "hosting_why": {"zh": row.hosting_why.zh, "en": row.hosting_why.en},
        "encoding_why": row.encoding_why,
        "extra": dict(row.extra),
        "findings": [_finding(found) for found in row.findings],
        "fixed": [{"rule": rule, "subject": one_line(subject)} for rule, subject in row.fixed],
        "numbers": [_number(number) for number in row.numbers],
        "attempts": [_attempt(attempt) for attempt in row.attempts],
        "answers": list(_answers(row)),
        "located": list(_located(row)),
        "refused": _refused(row),
        "problem": row.problem,
    }


def _finding(found: FindingRow) -> dict[str, Any]:
    finding, change = found.finding, found.change
    waived = finding.waived
    return {
        "finding_id": found.finding_id,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "subject": one_line(finding.subject),
        "title": {"zh": found.title.zh, "en": found.title.en},
        "observed": one_line(finding.observed),
        "expected": one_line(finding.expected),
        "where": one_line(finding.where),
        "law": {"zh": found.law.zh, "en": found.law.en},
        "fix": {"zh": one_line(found.fix.zh), "en": one_line(found.fix.en)},
        "snippet": one_line(finding.snippet),
        "change": change.change if change else "",
        "first_seen": change.first_seen if change else "",
        "last_seen": change.last_seen if change else "",
        "days_open": change.days_open if change else None,
        "due": found.due,
        "days_overdue": found.overdue,
        "waiver": waived
        and {
            "reason": waived.reason,
            "owner": waived.owner,
            "approver": waived.approver,
            "expires": waived.expires,
        },
    }


def _number(number: JudgedNumber) -> dict[str, Any]:
    seen, parsed, link = number.seen, number.seen.parsed, number.seen.link
    return {
        "kind": parsed.kind.value,
        "number": one_line(parsed.number),
        "raw": one_line(parsed.raw),
        "status": parsed.status.value,
        "place": seen.place.value,
        "displayed": seen.displayed,
        "where": one_line(seen.where),
        "link": link
        and {
            "href": one_line(link.href),
            "url": one_line(link.url),
            "how": link.how,
            "target": number.link.target,
            "verdict": number.link.verdict.value,
        },
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "rung": attempt.rung,
        "url": one_line(attempt.url),
        "outcome": attempt.outcome.value,
        "detail": one_line(attempt.detail),
        "status": attempt.status,
        "started_at": instant(attempt.started_at),
        "elapsed_s": round(attempt.elapsed_s, 3),
        "hops": [
            {
                "url": one_line(hop.url),
                "how": hop.how,
                "status": hop.status,
                "addresses": list(hop.addresses),
                "peer": hop.peer,
            }
            for hop in attempt.hops
        ],
    }


def _answers(row: ReportRow) -> Iterator[dict[str, Any]]:
    for answer in row.hosting.answers:
        yield {
            "host": answer.host,
            "vantage": answer.vantage,
            "status": answer.status.value,
            "cname_chain": list(answer.cname_chain),
            "addresses": list(answer.addresses),
            "nameserver": answer.nameserver,
            "subnet_echoed": answer.subnet_echoed,
        }


def _located(row: ReportRow) -> Iterator[dict[str, Any]]:
    for located in row.hosting.located:
        yield {
            "address": located.address,
            "votes": [
                {"source": vote.source, "kind": vote.kind, "country": vote.country, "asn": vote.asn}
                for vote in located.votes
            ],
        }


def _refused(row: ReportRow) -> dict[str, Any] | None:
    refused = row.refused
    if refused is None:
        return None
    return {
        "column": one_line(refused.column),
        "value": one_line(refused.value),
        "reason": {"zh": one_line(refused.reason_zh), "en": one_line(refused.reason_en)},
    }
