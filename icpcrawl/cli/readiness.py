"""``icpcrawl readiness``: what would make a provider reject an entity's next filing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icpcrawl.cli.stored import stored_run
from icpcrawl.cli.terminal import json_line, safe
from icpcrawl.errors import UsageError, nearest
from icpcrawl.report.ending import ExitCode

if TYPE_CHECKING:
    from icpcrawl.audit.blast_radius import Readiness
    from icpcrawl.audit.facts import Facts


def readiness(
    entity: Annotated[
        str, typer.Option(help="The filing entity: its name, or one of its filing numbers.", metavar="E")
    ],
    run: Annotated[str, typer.Option(help="Judge by this run's folder.", metavar="RUN")] = "reports/latest",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Say what would hold up the next filing of an entity, by all of its sites in the last run.

    A provider reviews every site of the entity before it passes a new one on; one that shows
    no number, or links it wrongly, blocks all others. Leaves with 1 when a site would.

    Its sites are those of that name, and those that share a number of its own: as the register
    says whose it is, else the portfolio, else the pages where no other entity's shows it too.

    Example: icpcrawl readiness --entity 京ICP备12345678号
    """
    from icpcrawl.audit.blast_radius import readiness as ready
    from icpcrawl.datafiles import load_facts
    from icpcrawl.history import History
    from icpcrawl.replay import remembered

    folder, run_id = stored_run(run)
    with History.open(folder) as history:
        given, audits = remembered(history, run_id)
    found = ready(entity, given.portfolio, audits, given.register)
    if not found.sites:
        entities = {site.entity for site in given.portfolio.sites if site.entity}
        near = f"{nearest(entity, entities)}; " if entities else ""
        raise UsageError(
            f"--entity {entity}: no site of that entity is in run {run_id}",
            remedy=f"{near}give the name as in the portfolio's column entity, or a filing number of its sites",
        )
    if as_json:
        print(json_line(_as_json(found)))
    else:
        print("\n".join(_lines(found, load_facts())))
    raise typer.Exit(ExitCode.FINDINGS if found.obstacles else ExitCode.CLEAN)


def _lines(found: Readiness, facts: Facts) -> Iterator[str]:
    yield f"{safe(found.name)}  {' '.join(found.numbers)}"
    yield (
        f"{len(found.obstacles)} of {len(found.sites)} sites would hold up the next filing"
        f" · {len(found.sites)} 个网站中有 {len(found.obstacles)} 个会影响下一次备案"
    )
    for obstacle in found.obstacles:
        yield f"\n{safe(obstacle.site_id)}"
        for finding in obstacle.findings:
            title = facts.text(f"rule.{finding.rule}.title")
            reviewer = facts.texts.get(f"rule.{finding.rule}.reviewer")
            waived = " (waived here; the provider does not know)" if finding.waived else ""
            yield f"  {finding.rule}: {title.zh} · {title.en}{waived}"
            yield f"    {safe(finding.observed)}"
            if reviewer is not None:
                yield f"    {reviewer.zh} · {reviewer.en}"
    if found.unseen:
        yield f"\nNot seen, so nothing is known / 未看到，不作判断: {', '.join(map(safe, found.unseen))}"


def _as_json(found: Readiness) -> dict[str, Any]:
    return {
        "entity": found.name,
        "numbers": list(found.numbers),
        "sites": list(found.sites),
        "obstacles": [
            {
                "site_id": obstacle.site_id,
                "verdict": obstacle.verdict.value,
                "findings": [
                    {
                        "rule": f.rule,
                        "subject": f.subject,
                        "observed": f.observed,
                        "waived": f.waived is not None,
                    }
                    for f in obstacle.findings
                ],
            }
            for obstacle in found.obstacles
        ],
        "unseen": list(found.unseen),
    }
