"""portfolio.csv or .xlsx → Sites: every row accepted, or refused with line, column, reason.

``table`` turns a file into rows of cells, ``words`` knows what the headers and the closed
vocabularies are called in Chinese and English, ``host`` says what can be a site, ``read``
puts them together.
"""

from __future__ import annotations

from icpcrawl.portfolio.read import read_portfolio
from icpcrawl.portfolio.site import Portfolio, RefusedRow, Site

__all__ = ["Portfolio", "RefusedRow", "Site", "read_portfolio"]
