"""stagecopy backup create|list|verify|restore|prune."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stagecopy.cli.options import Config, Json, Quiet, Session, Verbose, Yes, confirmed, session
from stagecopy.errors import StagecopyError, StagingError, UsageError

if TYPE_CHECKING:
    from stagecopy.flows.workplace import Workplace
    from stagecopy.history.runs import Run
    from stagecopy.model.backup import Backup
    from stagecopy.model.progress import Progress

app = typer.Typer(help="Raw backups of production: taken, proven, put back.", no_args_is_help=True)


@contextmanager
def at_work(current: Session, verb: str) -> Iterator[tuple[Workplace, Run, Progress]]:
    """A run of its own, with what it says on the way."""
    from stagecopy.flows.logged import Logged
    from stagecopy.flows.workplace import open_workplace
    from stagecopy.history.runs import open_run
    from stagecopy.report.document import error_document
    from stagecopy.report.progress import progress_on

    work = open_workplace(current.project())
    with open_run(work.home.runs, verb) as run, progress_on(current.err(), quiet=current.quiet) as progress:
        try:
            yield work, run, Logged(progress)
        except StagecopyError as failure:
            run.finish(error_document(failure.exit_code, failure))
            raise


@app.command(
    short_help="Take a backup: all of production, some tables, or what a migration touches.",
    epilog="Example: stagecopy backup create --for migration.sql",
)
def create(
    table: Annotated[
        list[str] | None, typer.Option("--table", metavar="TABLE", help="Rows of this table only.")
    ] = None,
    migration: Annotated[
        list[Path] | None,
        typer.Option("--for", metavar="FILE", help="What its last trial touched, and watch.critical."),
    ] = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Dump production, read the dump back, keep it; then remove what nothing needs any more."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.backing_up import Wanted
    from stagecopy.flows.backing_up import create as run_create
    from stagecopy.report.backups import made_lines
    from stagecopy.report.page import Page

    with at_work(current, "backup create") as (work, run, progress):
        made = run_create(work, run, Wanted(tuple(table or ()), tuple(migration or ())), progress)
        document = {"format": 1, "exit": 0, "error": None, "backup": made.backup.document(), "removed": made.removed}
        run.finish(document)
    if current.json:
        current.document(document)
    elif not current.quiet:
        made_lines(Page(current.out()), made.backup, made.removed)
    return 0


@app.command(name="list", short_help="The backups there are.", epilog="Example: stagecopy backup list --json")
def list_(config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> int:
    """List the backups, the newest first, and what is wrong with them. Files are looked at, not read: see verify."""
    current = session(config, json, quiet, verbose)
    from stagecopy.backups.catalog import backups_of
    from stagecopy.home import Home
    from stagecopy.report.backups import backup_lines
    from stagecopy.report.page import Page

    project = current.project()
    found = backups_of(Home(project.home, project.name))[::-1]
    if current.json:
        current.document({"format": 1, "exit": 0, "error": None, "backups": [each.document() for each in found]})
    elif not current.quiet:
        backup_lines(Page(current.out()), found)
    return 0


@app.command(
    short_help="Read backups to their end, or restore one to prove it.",
    epilog="Example: stagecopy backup verify --prove",
)
def verify(
    backup: Annotated[str | None, typer.Argument(metavar="[ID]", help="Default: all of them.")] = None,
    prove: Annotated[bool, typer.Option("--prove", help="Restore it, in a server that is thrown away.")] = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Read every byte of the backups and count their rows. Ends with 4 if one is damaged or missing."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.verifying import verified
    from stagecopy.report.backups import backup_lines
    from stagecopy.report.document import error_document
    from stagecopy.report.page import Page

    with at_work(current, "backup verify") as (work, run, progress):
        found = verified(work, run, backup, progress, to_prove=prove)
        failure = _failure(found)
        shown = [each.document() for each in found]
        document = {**error_document(failure.exit_code if failure else 0, failure), "backups": shown}
        run.finish(document)
    if current.json:
        current.document(document)
    elif not current.quiet:
        backup_lines(Page(current.out()), found[::-1])
    if failure is not None:
        raise failure
    return 0


def _failure(found: list[Backup]) -> StagingError | None:
    bad = [each for each in found if each.state in ("damaged", "missing")]
    if not bad:
        return None
    said = "; ".join(f"backup {each.id} is {each.state}: {', '.join(each.problems)}" for each in bad)
    return StagingError("backup-damaged", said, hint="stagecopy backup create  makes a new one; do not rely on these")


@app.command(
    short_help="Put a backup into an empty database.",
    epilog="Example: stagecopy backup restore 20261123-061739-3f2a --to postgresql://me@localhost/empty",
)
def restore(
    backup: Annotated[str, typer.Argument(metavar="ID", help="See stagecopy backup list.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="An empty database; never production's server.")
    ] = None,
    without_roles: Annotated[
        bool, typer.Option("--without-roles", help="Leave out owners, grants and policies of roles that are not there.")
    ] = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Restore all of a backup, raw, and count what arrived. Nothing that is there is ever overwritten."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.restoring import Target, restored_to

    to = to or os.environ.get("STAGECOPY_RESTORE_URL")
    if to is None:
        raise UsageError(
            "usage", "say where to: --to URL of an empty database", hint="see `stagecopy backup restore --help`"
        )
    with at_work(current, "backup restore") as (work, run, progress):
        used, rows = restored_to(work, run, backup, Target(to, without_roles), progress=progress)
        tables = [{"name": name, "rows": count} for name, count in sorted(rows.items())]
        document = {"format": 1, "exit": 0, "error": None, "backup": used.id, "tables": tables}
        run.finish(document)
    if current.json:
        current.document(document)
    elif not current.quiet:
        total = sum(rows.values())
        sys.stdout.write(
            f"restored backup {used.id}: {total:,} rows of {len(rows):,} tables, as many as were backed up\n"
        )
    return 0


@app.command(
    short_help="Remove backups that nothing needs any more.", epilog="Example: stagecopy backup prune --dry-run"
)
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")] = False,
    yes: Yes = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Keep what backups.keep and max_size say, and always the last verified and the last proven one."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows import retaining
    from stagecopy.flows.workplace import open_workplace
    from stagecopy.report.backups import verdict_lines
    from stagecopy.report.page import Page

    work = open_workplace(current.project())
    verdicts = retaining.prune(work, dry_run=True)
    going = [each for each in verdicts if not each.kept]
    if not dry_run:
        if going:
            confirmed(current, yes, f"remove {len(going)} of {len(verdicts)} backups")
        verdicts = retaining.prune(work)
        retaining.forget_missing(work, verdicts)
    if current.json:
        shown = [{"id": each.backup.id, "kept": each.kept, "reason": each.reason} for each in verdicts]
        current.document({"format": 1, "exit": 0, "error": None, "dry_run": dry_run, "backups": shown})
    elif not current.quiet:
        verdict_lines(Page(current.out()), verdicts, dry_run=dry_run)
    return 0
