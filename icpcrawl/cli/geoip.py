"""``icpcrawl geoip``: the databases that say where addresses lie, how old they are, and newer ones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from icpcrawl.cli.terminal import complain, json_line, table

app = typer.Typer(help="The databases that say where addresses lie: how old they are, and newer ones.")


@app.callback(invoke_without_command=True)
def _status_alone(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        status()


@app.command()
def status(
    geoip: Annotated[
        list[Path] | None, typer.Option(help="One more MMDB, as an audit takes it.", metavar="FILE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per database on stdout.")] = False,
) -> None:
    """List the databases in force: file, kind, date, age, licence, and whom to name.

    Example: icpcrawl geoip status
    """
    from icpcrawl.crawl.geo import licence_of
    from icpcrawl.crawl.geo_files import files_in_force, geography_in_force, home
    from icpcrawl.report.run import OLD_AFTER_DAYS, age_days

    files = files_in_force(tuple(geoip or ()))
    geography = geography_in_force(tuple(geoip or ()))
    geography.close()
    today = datetime.now(UTC).date()
    found: list[dict[str, Any]] = [
        {
            "name": source.name,
            "kind": source.kind,
            "type": source.database_type,
            "built_on": source.database.built_on,
            "age_days": age_days(source.database, today),
            "old": age_days(source.database, today) > OLD_AFTER_DAYS,
            "licence": licence_of(source.database_type)[0],
            "attribution": source.database.attribution,
            "sha256": source.database.sha256,
            "file": str(file),
        }
        for file, source in zip(files, geography.sources, strict=True)
    ]
    if as_json:
        for each in found:
            print(json_line(each))
        return
    columns = ("name", "kind", "built_on", "age_days", "licence", "attribution", "file")
    table(columns, [[str(each[column]) for column in columns] for each in found])
    for each in found:
        if each["old"]:
            renew = f"icpcrawl geoip update --from FILE|URL (kept in {home()})"
            remedy = "upgrade icpcrawl" if each["kind"] == "asn" else renew
            complain(f"{each['name']} is {each['age_days']} days old, and addresses move. Remedy: {remedy}")


@app.command()
def update(
    origin: Annotated[
        str,
        typer.Option(
            "--from", help="A country database in MMDB form, also as .gz or .tar.gz.", metavar="FILE|URL"
        ),
    ],
) -> None:
    """Put a newer country database in force, once it is known to be one.

    One of the same type as a database that came with icpcrawl takes its place, any other votes
    beside it. What cannot be read as a country database changes nothing.

    Example: icpcrawl geoip update --from /usr/share/GeoIP/GeoLite2-Country.mmdb
    """
    from icpcrawl.crawl import geo_files
    from icpcrawl.report.run import OLD_AFTER_DAYS, age_days

    file, source = geo_files.update(origin)
    print(f"{file}\t{source.database_type}\t{source.database.built_on}")
    today: date = datetime.now(UTC).date()
    if file not in geo_files.files_in_force():
        complain(
            f"{origin}: no newer than the one in force, which stays. Remedy: give one built after "
            f"{_embedded_date(file.stem)}"
        )
    elif age_days(source.database, today) > OLD_AFTER_DAYS:
        complain(f"{origin}: built {source.database.built_on}, old already. Remedy: look for a newer one")


def _embedded_date(name: str) -> str:
    from icpcrawl.crawl.geo_files import geography_in_force

    geography = geography_in_force()
    geography.close()
    return next((base.built_on for base in geography.databases if base.name == name), "")
