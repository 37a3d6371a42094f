"""Audits → files: CSV, HTML, XLSX, JSON lines and a manifest, in portfolio order.

``rows`` walks the portfolio, not the results, so that rows in = rows out whatever broke before;
``write`` puts them into files, and ``closing`` ends a run with all of them.
"""
