"""stagecopy recover."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from stagecopy.cli.backup import at_work
from stagecopy.cli.options import Config, Json, Quiet, Verbose, session
from stagecopy.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        name="recover",
        short_help="Find what production lost, and write what brings it back.",
        epilog="Example: stagecopy recover --trial",
    )(recover)


def recover(  # noqa: PLR0913, PLR0917 - one parameter per flag
    backup: Annotated[
        str | None, typer.Option("--backup", metavar="ID", help="Compare with this one; default: the newest sound one.")
    ] = None,
    table: Annotated[
        list[str] | None, typer.Option("--table", metavar="TABLE", help="Look at this table only.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Compare with the newest backup from before TIME.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Where the script goes; it holds raw rows.")
    ] = None,
    trial: Annotated[bool, typer.Option("--trial", help="Prove the script on a copy of production.")] = False,
    incident: Annotated[
        Path | None, typer.Option("--incident", metavar="FILE", help="Write the timeline, in Markdown.")
    ] = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Say what production lost since a backup, and write the SQL that brings it back. Ends with 1 if something is lost.

    Production is only read; the script is for you to read and run.
    """
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.recover import Wanted
    from stagecopy.flows.recover import recover as run_recover
    from stagecopy.report.page import Page
    from stagecopy.report.recovery import recovery_lines

    wanted = Wanted(
        backup=backup,
        tables=tuple(table or ()),
        since=_moment(since),
        output=output,
        trial=trial,
        incident=incident,
    )
    with at_work(current, "recover") as (work, run, progress):
        found = run_recover(work, run, wanted, progress)
        run.finish(found.document())
    if current.json:
        current.document(found.document())
    elif not current.quiet:
        recovery_lines(Page(current.out()), found)
    return found.exit


def _moment(text: str | None) -> datetime | None:
    """An ISO time; without an offset it is this machine's."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        message = f"--since {text} is no time"
        raise UsageError("usage", message, hint="write it like 2026-11-23T09:30 or 2026-11-23T09:30+01:00") from None
