"""One night as a Prometheus textfile, for node_exporter's textfile collector."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from icpcrawl.audit.finding import Severity, Verdict
from icpcrawl.errors import ConfigError
from icpcrawl.nightly.heartbeat import Heartbeat
from icpcrawl.report.closing import Finished


def write_metrics(file: Path, beat: Heartbeat, finished: Finished | None) -> None:
    """Replace the textfile as a whole. Of a night without a report only its time and end are told."""
    try:
        from prometheus_client import CollectorRegistry, Gauge, write_to_textfile
    except ImportError:
        raise ConfigError(
            "metrics are not installed", file=file, remedy="pip install 'icpcrawl[metrics]'"
        ) from None

    registry = CollectorRegistry()
    portfolio = Path(beat.portfolio).name

    def gauge(name: str, told: str, value: float, **labels: str) -> None:
        labels = {"portfolio": portfolio, **labels}
        known = registered.get(name)
        if known is None:
            known = registered[name] = Gauge(f"icpcrawl_{name}", told, list(labels), registry=registry)
        known.labels(**labels).set(value)

    registered: dict[str, Gauge] = {}
    gauge("last_start_timestamp_seconds", "When the last night began", beat.started_at.timestamp())
    if beat.last_success_at is not None:
        said = "When a night last ended well"
        gauge("last_success_timestamp_seconds", said, beat.last_success_at.timestamp())
    if beat.ended_at is not None:
        duration = (beat.ended_at - beat.started_at).total_seconds()
        gauge("duration_seconds", "How long the last night took", duration)
    gauge("exit_code", "Exit code of the last night", float(beat.exit_code or 0))
    gauge("held", "1 when the last report is held back", float(bool(beat.held)))
    gauge("channels_undelivered", "Channels that could not be reached", float(len(beat.undelivered)))
    if finished is not None:
        gauge("coverage_ratio", "Assessed per accepted row", finished.coverage / 100)
        for verdict in Verdict:
            gauge("sites", "Rows by verdict", finished.verdicts.get(verdict, 0), verdict=verdict)
        counts = Counter(
            told.finding.severity
            for row in finished.rows
            for told in row.findings
            if told.finding.waived is None
        )
        for severity in Severity:
            gauge("findings", "Standing findings by severity", counts[severity], severity=severity)
    write_to_textfile(str(file), registry)
