"""stagecopy status."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from stagecopy.cli.options import Config, Json, Quiet, Verbose, session


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        name="status",
        short_help="How things stand; --week: the weekly checklist.",
        epilog="Example: stagecopy status --week",
    )(status)


def status(
    week: Annotated[bool, typer.Option("--week", help="The weekly checklist in place of the screen.")] = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """How things stand, problems first: staging, last refresh, backup and trials, clones, what is due.

    Production and engines are not asked, so it is quick and works when they are down.
    """
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.status import status_of
    from stagecopy.flows.week import week_of
    from stagecopy.report.status import status_document, status_screen, week_screen

    project, now = current.project(), datetime.now().astimezone()
    seen = status_of(project, now)
    lines = week_of(project, now) if week else None
    if current.json:
        current.document(status_document(seen, lines))
    elif lines is not None:
        week_screen(current.out(), [each for each in lines if not current.quiet or each.state == "open"])
    elif not current.quiet or seen.problems:
        status_screen(current.out(), seen, now)
    return 0
