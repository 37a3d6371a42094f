"""Every rule, in the order in which a report reads.

Adding a rule is always the same five acts: the function in its family's file, its line in
that file's ``RULES``, a table of cases, a saved page, a section in ``docs/rules.md``.
"""

from __future__ import annotations

from icpcrawl.audit.case import Rule
from icpcrawl.audit.rules import entity, fetch, filing, hosting, licence, link, psb, status

RULES: tuple[Rule, ...] = (
    *fetch.RULES,
    *hosting.RULES,
    *filing.RULES,
    *link.RULES,
    *psb.RULES,
    *licence.RULES,
    *entity.RULES,
    *status.RULES,
    *status.PORTFOLIO_RULES,
)
