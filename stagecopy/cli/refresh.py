"""stagecopy refresh."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from stagecopy.cli.options import Config, Json, Quiet, Session, Verbose, session

if TYPE_CHECKING:
    from stagecopy.model.refresh import RefreshResult


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="refresh", epilog="Example: stagecopy refresh --retry 3")(refresh)


def refresh(
    direct: Annotated[bool, typer.Option("--direct", help="Copy without keeping a backup.")] = False,
    retry: Annotated[int, typer.Option("--retry", min=0, metavar="N", help="Try again after giving way.")] = 0,
    new_key: Annotated[bool, typer.Option("--new-key", help="Accept a new masking key, once.")] = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Take a masked copy of production and serve it as staging."""
    current = session(config, json, quiet, verbose)
    current.last_words = lambda reason, hint: _last_line(current, reason, hint)
    from stagecopy.flows.refresh import RefreshOptions
    from stagecopy.flows.refresh import refresh as run
    from stagecopy.report.progress import progress_on

    project = current.project()
    with progress_on(current.err(), quiet=current.quiet) as progress:
        result = run(project, RefreshOptions(direct=direct, retry=retry, new_key=new_key), progress)
    return _shown(current, result)


def _shown(current: Session, result: RefreshResult) -> int:
    from stagecopy.errors import UnclassifiedError
    from stagecopy.report.document import refresh_document
    from stagecopy.report.terminal_refresh import refresh_summary

    if current.json:
        current.document(refresh_document(result))
    if result.error is not None:
        current.last_words = lambda reason, hint: _sentence(reason, result.serving_since, hint, result.log)
        if isinstance(result.error, UnclassifiedError):
            current.err().print(result.error.yaml, markup=False, soft_wrap=True)
        raise result.error
    if not current.json and not current.quiet:
        refresh_summary(current.out(), result)
    return result.exit


def _sentence(reason: str, since: datetime | None, hint: str | None, log: str | None) -> str:
    when = f"staging still serves {since.astimezone():%Y-%m-%d %H:%M}" if since else "staging serves nothing yet"
    return f"refresh failed: {reason}. {when}. next: {hint or 'stagecopy refresh'}. log: {log or 'none'}"


def _last_line(current: Session, reason: str, hint: str | None) -> str:
    """For failures before a run began and for interruptions: what is served is looked up anew."""
    from stagecopy.errors import StagecopyError
    from stagecopy.home import Home
    from stagecopy.staging.snapshots import all_snapshots, read_served

    since, log = None, None
    try:
        project = current.project()
        home = Home(project.home, project.name)
        served = read_served(home)
        since = next((each.taken_at for each in all_snapshots(home) if served and each.id == served.snapshot), None)
        runs = sorted(home.runs.glob("*/log.jsonl")) if home.runs.is_dir() else []
        log = str(runs[-1]) if runs else None
    except (StagecopyError, OSError):
        since = None
    return _sentence(reason, since.astimezone(UTC) if since else None, hint, log)
