"""Audits → files: CSV, HTML, XLSX, JSON lines and a manifest, in portfolio order.

It walks the portfolio, not the results, so that rows in = rows out whatever broke before.
"""

from icpcrawl.report.rows import ReportRow, report_rows
from icpcrawl.report.run import RunSummary
from icpcrawl.report.write import Written, write_report

__all__ = ["ReportRow", "RunSummary", "Written", "report_rows", "write_report"]
