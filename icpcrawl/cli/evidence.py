"""``icpcrawl evidence``: what was seen of a site in a stored run, and whether it is still what it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icpcrawl.cli.stored import stored_run
from icpcrawl.cli.terminal import json_line, machine_line, safe, say
from icpcrawl.errors import UsageError
from icpcrawl.report.cells import instant
from icpcrawl.report.ending import ExitCode
from icpcrawl.report.manifest import MANIFEST

if TYPE_CHECKING:
    from icpcrawl.history import History, Result
    from icpcrawl.observation import Attempt, Observation, Page

VERIFY = "verify"


def evidence(
    site: Annotated[str, typer.Argument(help="A site_id of the report; or the word verify.", metavar="SITE")],
    verified: Annotated[
        str | None, typer.Argument(help="After verify: a run's folder, or its name.", metavar="[RUN]")
    ] = None,
    run: Annotated[str, typer.Option("--run", help="A run's folder, or its name.", metavar="RUN")] = "latest",
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder of runs that bare names lie in.", metavar="DIR")
    ] = Path("reports"),
    body: Annotated[
        Path | None, typer.Option(help="Write the page's bytes here, as they came.", metavar="FILE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show what was seen of SITE: when, from where, by which way, how it was read, with every hash.

    With ``verify RUN`` instead: hold all stored evidence of the run, the files it was given and its
    report against their SHA-256. Leaves with 1 where something is not what it was.

    Example: icpcrawl evidence brand.cn --run reports/latest --body brand.html

    Example: icpcrawl evidence verify reports/latest
    """
    from icpcrawl.history import History

    if verified is not None and site != VERIFY:
        raise UsageError(
            f"evidence {site} {verified}: one site at a time",
            remedy="give the run with --run, or write verify RUN",
        )
    folder, run_id = stored_run(verified or run, output)
    with History.open(folder) as history:
        if verified is not None:
            raise typer.Exit(_verify(history, folder, run_id, as_json=as_json))
        seen, result = history.evidence(site, run_id), history.result(site, run_id)
        given = {kind: _sha256(content) for kind, (_, content) in history.files(run_id).items()}
    if result is None:
        raise UsageError(f"{site}: nothing is stored of it in run {run_id}", remedy="see the run's sites.csv")
    if body is not None:
        _write_body(body, seen)
    told = {**_told(seen, result), "run": run_id, "given": given, "version": _version(folder / run_id)}
    if as_json:
        print(json_line(told))
    else:
        print(
            "\n".join(
                safe(line, 1000) if not line.startswith(" ") else _indented(line) for line in _lines(told)
            )
        )


def _write_body(file: Path, seen: Observation) -> None:
    page = seen.fetched.page
    if page is None:
        raise UsageError(
            f"{seen.site_id}: no page was seen, so there is none to write", remedy="leave out --body"
        )
    try:
        file.write_bytes(page.body)
    except OSError as error:
        raise UsageError(f"--body {file}: {error.strerror}", remedy="name a file you may write") from error
    say(f"  {file}")


# What was seen --------------------------------------------------------------------------------


def _told(seen: Observation, result: Result) -> dict[str, Any]:
    fetched, audit = seen.fetched, result.audit
    return {
        "site_id": seen.site_id,
        "verdict": audit.verdict.value,
        "seen_at": instant(seen.seen_at),
        "outcome": fetched.outcome.value,
        "detail": fetched.detail,
        "attempts": [_attempt(attempt) for attempt in fetched.attempts],
        "page": fetched.page and _page(fetched.page),
        "companions": [_page(page) for page in fetched.companions],
        "encoding": audit.encoding,
        "encoding_why": audit.encoding_why,
        "answers": [
            {
                "host": answer.host,
                "vantage": answer.vantage,
                "nameserver": answer.nameserver,
                "status": answer.status.value,
                "cname_chain": list(answer.cname_chain),
                "addresses": list(answer.addresses),
                "subnet_echoed": answer.subnet_echoed,
            }
            for answer in seen.hosting.answers
        ],
        "vantages": [
            {"name": vantage.name, "side": vantage.side.value, "subnet": vantage.subnet}
            for vantage in seen.vantages
        ],
        "databases": [
            {"name": base.name, "built_on": base.built_on, "sha256": base.sha256} for base in seen.databases
        ],
        "evidence": result.evidence,
        "schema": seen.schema,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "rung": attempt.rung,
        "url": attempt.url,
        "outcome": attempt.outcome.value,
        "detail": attempt.detail,
        "started_at": instant(attempt.started_at),
        "elapsed_s": round(attempt.elapsed_s, 3),
        "hops": [
            {
                "url": hop.url,
                "how": hop.how,
                "status": hop.status,
                "location": hop.location,
                "addresses": list(hop.addresses),
                "peer": hop.peer,
            }
            for hop in attempt.hops
        ],
    }


def _page(page: Page) -> dict[str, Any]:
    return {
        "url": page.url,
        "status": page.status,
        "content_type": page.header("content-type"),
        "bytes": len(page.body),
        "sha256": _sha256(page.body),
        "tls": page.tls,
        "tls_problem": page.tls_problem,
        "tls_protocol": page.tls_protocol,
        "certificate_expires": page.certificate_expires,
        "peer": page.peer,
    }


def _lines(told: dict[str, Any]) -> Iterator[str]:
    yield f"{told['site_id']}: {told['verdict']}, seen {told['seen_at']} in run {told['run']}"
    yield f"outcome: {told['outcome']} {told['detail']}"
    yield "the way there:"
    for attempt in told["attempts"]:
        yield f"  {attempt['rung']} {attempt['started_at']} {attempt['elapsed_s']} s: {attempt['outcome']} {attempt['detail']}"
        for hop in attempt["hops"]:
            to = f" -> {hop['location']}" if hop["location"] else ""
            yield f"    {hop['how']} {hop['status'] or '-'} {hop['url']}{to} at {hop['peer'] or '-'}"
    for name, page in (("page", told["page"]), *(("with it", page) for page in told["companions"])):
        if page:
            yield f"{name}: {page['url']} ({page['status']}, {page['bytes']} bytes, {page['content_type']}) {page['tls']} {page['tls_problem']}"
            yield f"  sha256 {page['sha256']}"
    yield f"read as: {told['encoding'] or '-'} {told['encoding_why']}"
    yield "asked from:"
    for answer in told["answers"]:
        chain = " -> ".join([answer["host"], *answer["cname_chain"]])
        yield f"  {answer['vantage']} by {answer['nameserver'] or 'the system'}: {chain}: {', '.join(answer['addresses']) or answer['status']}"
    yield "judged by:"
    yield f"  icpcrawl {told['version'] or 'of unknown version'}, observation form {told['schema']}"
    for base in told["databases"]:
        yield f"  {base['name']} {base['built_on']} sha256 {base['sha256']}"
    for kind, digest in told["given"].items():
        yield f"  {kind} sha256 {digest}"
    yield f"evidence: sha256 {told['evidence']}"


def _indented(line: str) -> str:
    text = line.lstrip(" ")
    return " " * (len(line) - len(text)) + safe(text, 1000)


def _version(run_folder: Path) -> str:
    """Which icpcrawl wrote the run's report; empty where the folder is gone."""
    try:
        return str(json.loads((run_folder / MANIFEST).read_text("utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


# Whether it is what it was --------------------------------------------------------------------


def _verify(history: History, folder: Path, run_id: str, *, as_json: bool) -> ExitCode:
    sites, problems = 0, []
    for site_id, problem in history.verify(run_id):
        sites += 1
        if problem:
            problems.append(f"{site_id}: {problem}")
    if not sites:
        problems.append(f"no evidence is kept of run {run_id}: it was pruned, or nothing was stored")
    history.files(run_id)  # refuses a content that is not its digest's
    files, broken = _verified_files(folder / run_id)
    problems += broken
    told = {"run": run_id, "sites": sites, "files": files, "problems": problems}
    if as_json:
        print(json_line(told))
    else:
        for problem in problems:
            print(safe(problem, 500))
        print(
            f"{run_id}: evidence of {sites} sites and {files} report files checked, {len(problems)} problems"
        )
    machine_line({**told, "problems": len(problems)}, wanted=False)
    return ExitCode.FINDINGS if problems else ExitCode.CLEAN


def _verified_files(run_folder: Path) -> tuple[int, list[str]]:
    """How many report files the manifest names, and which are not as it says."""
    try:
        named = dict(json.loads((run_folder / MANIFEST).read_text("utf-8"))["files"])
    except FileNotFoundError:
        return 0, []
    except (OSError, ValueError, KeyError, TypeError) as error:
        return 0, [f"{run_folder / MANIFEST}: cannot be read: {error}"]
    problems = []
    for name, digest in named.items():
        try:
            is_same = _sha256((run_folder / name).read_bytes()) == digest
        except OSError:
            problems.append(f"{run_folder / name}: is gone")
        else:
            if not is_same:
                problems.append(f"{run_folder / name}: was changed since it was written")
    return len(named), problems


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
