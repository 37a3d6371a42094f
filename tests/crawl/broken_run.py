"""One audit in a process of its own, with a bug in the stage that the first argument names.

    python tests/crawl/broken_run.py STAGE SITE PORTFOLIO OUTPUT NAMESERVER CA_FILE CONNECT_TO…

The bug strikes at ``SITE`` alone. What ``icpcrawl audit --json`` would say goes to stderr.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from scrapy.http import Request, Response

from icpcrawl.audit import audit_site
from icpcrawl.audit.case import Case
from icpcrawl.audit.finding import Finding
from icpcrawl.audit.rules import RULES
from icpcrawl.cli.audit import run_audit
from icpcrawl.crawl import process as process_module
from icpcrawl.crawl import run as run_module
from icpcrawl.crawl import settings as settings_module
from icpcrawl.crawl.dns import Resolver
from icpcrawl.crawl.first_look import FirstLook
from icpcrawl.crawl.geo import Geography
from icpcrawl.crawl.pipelines import Keep
from icpcrawl.crawl.process import Network
from icpcrawl.crawl.run import AuditOptions, AuditRun
from icpcrawl.crawl.spiders.homepage import HomepageSpider
from icpcrawl.history import connection
from icpcrawl.observation import DnsAnswer, LocatedAddress
from icpcrawl.report.closing import close_run


class Bug(Exception):
    pass


def break_stage(stage: str, site_id: str, monkey: Any) -> None:
    """Plant the bug. Every way in is one that a mistake of ours could take."""
    if stage == "spider-callback":
        after_answer = HomepageSpider._after_answer

        def after(self: Any, visit: Any, request: Request, response: Response) -> Iterator[Any]:
            if visit.site.site_id == site_id:
                raise Bug("in the callback")
            return after_answer(self, visit, request, response)

        monkey(HomepageSpider, "_after_answer", after)
    elif stage == "spider":
        answered = HomepageSpider.answered

        async def broken(self: Any, response: Response) -> Any:
            if response.request and response.request.meta["visit"].site.site_id == site_id:
                raise Bug("in the spider")
            async for out in answered(self, response):
                yield out

        monkey(HomepageSpider, "answered", broken)
    elif stage == "first-look":

        def looks(self: Any, asked: str) -> tuple[str, str]:
            if site_id in asked:
                raise Bug("in the first look")
            return "", ""

        monkey(FirstLook, "onward", looks)
    elif stage == "dns":
        ask = Resolver.answer

        async def answer(self: Any, host: str, **how: Any) -> DnsAnswer:
            if host.startswith(site_id):
                raise Bug("in the resolver")
            return await ask(self, host, **how)

        monkey(Resolver, "answer", answer)
    elif stage == "geo":
        locate = Geography.locate

        def lost(self: Any, address: str) -> LocatedAddress:
            if address == ADDRESS_OF_BROKEN:
                raise Bug("in the country database")
            return locate(self, address)

        monkey(Geography, "locate", lost)
    elif stage == "rule":

        def raises(case: Case) -> Iterator[Finding]:
            if case.site.site_id == site_id:
                raise Bug("in the rule")
            return iter(())

        first, *others = RULES
        broken_rules = (replace(first, judge=raises, needs_homepage=False), *others)
        monkey(run_module, "audit_site", partial(audit_site, rules=broken_rules))
    elif stage == "judge":
        judge = AuditRun.judge

        def judged(self: Any, site: Any, *rest: Any) -> Any:
            if site.site_id == site_id:
                raise Bug("around the judgment")
            return judge(self, site, *rest)

        monkey(AuditRun, "judge", judged)
    elif stage == "keep":
        keep = AuditRun.keep

        def kept(self: Any, observation: Any, audit: Any) -> None:
            if audit.site_id == site_id:
                raise Bug("on the way to disk")
            keep(self, observation, audit)

        monkey(AuditRun, "keep", kept)
    elif stage == "locked":
        monkey(connection, "BUSY_S", 2.0)
        whole_keep = AuditRun.keep

        def locks(self: Any, *judged: Any) -> None:
            whole_keep(self, *judged)
            being_locked = self.run_folder / "being-locked"
            if not being_locked.exists():
                other = sqlite3.connect(self.run_folder.parent / connection.FILE_NAME)
                other.execute("BEGIN EXCLUSIVE")
                monkey(AuditRun, "other", other)  # closed, it would let go
                being_locked.touch()

        monkey(AuditRun, "keep", locks)
    elif stage == "endless":
        monkey(process_module, "STUCK_S", 2.0)

        def for_ever(site: Any, *rest: Any) -> Any:
            while site.site_id == site_id:
                re.match(r"(a+)+$", "a" * 40 + "b")
            return audit_site(site, *rest)

        monkey(run_module, "audit_site", for_ever)
    elif stage == "stalled":
        monkey(settings_module, "ICPCRAWL_STALLED_SECONDS", 2.0)
        monkey(process_module, "STOP_WITHIN_S", 1.0)
        process_item = Keep.process_item

        async def never(self: Any, judged: Any) -> Any:
            if judged.site.site_id == site_id:
                await asyncio.Event().wait()
            return await process_item(self, judged)

        monkey(Keep, "process_item", never)
    elif stage == "portfolio-rules":

        def broken_portfolio(*_: Any) -> Any:
            raise Bug("over the portfolio")

        monkey(run_module, "judge_portfolio", broken_portfolio)
    elif stage == "slow-start":
        prepare = AuditRun.prepare

        def prepared(options: AuditOptions) -> AuditRun:
            run = prepare(options)
            (run.run_folder / "being-prepared").touch()
            time.sleep(30)
            return run

        monkey(AuditRun, "prepare", prepared)
    elif stage == "slow-report":
        close = close_run

        def closed(folder: Path, *rest: Any) -> Any:
            (folder / "being-written").touch()
            time.sleep(30)
            return close(folder, *rest)

        monkey(run_module, "close_run", closed)
    elif stage != "none":
        raise SystemExit(f"no such stage: {stage}")


ADDRESS_OF_BROKEN = "47.96.129.99"

if __name__ == "__main__":
    stage, site_id, portfolio, output, nameserver, ca_file, *rules_of_connection = sys.argv[1:]
    break_stage(stage, site_id, setattr)
    code = run_audit(
        AuditOptions(Path(portfolio), Path(output), confirm=False),
        Network(nameservers=(nameserver,), connect_to=tuple(rules_of_connection), ca_file=Path(ca_file)),
        again="",
        as_json=True,
    )
    sys.exit(code)
