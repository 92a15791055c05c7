"""stagecopy trial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from stagecopy.cli.options import Config, Json, Quiet, Session, Verbose, session
from stagecopy.cli.trial_options import (
    All,
    Down,
    DownCommand,
    Env,
    Execute,
    Exhaustive,
    Expect,
    Files,
    Impact,
    Interrupt,
    Keep,
    Queries,
    Report,
    Role,
    Strict,
    TransactionMode,
    Uncontained,
    Workload,
    WriteExpect,
    WriteGuard,
)
from stagecopy.cli.trial_words import WordsBehindDashes, migration_of, queries_in

if TYPE_CHECKING:
    from stagecopy.model.trial import TrialResult


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        name="trial",
        cls=WordsBehindDashes,
        short_help="Try a migration and report what it did to the data.",
        epilog="Example: stagecopy trial migrations/0042_ids.sql; or: stagecopy trial -- alembic upgrade head",
    )(trial)


def trial(  # noqa: PLR0913, PLR0917 - one parameter per flag
    context: typer.Context,
    files: Files = None,
    execute: Execute = None,
    role: Role = None,
    keep: Keep = False,
    exhaustive: Exhaustive = False,
    down: Down = None,
    down_command: DownCommand = None,
    interrupt: Interrupt = False,
    impact: Impact = False,
    workload: Workload = None,
    queries: Queries = None,
    expect: Expect = None,
    write_expect: WriteExpect = False,
    write_guard: WriteGuard = None,
    transaction: TransactionMode = None,
    show_all: All = False,
    strict: Strict = False,
    report: Report = None,
    env: Env = None,
    uncontained: Uncontained = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Try a migration on a clone of the newest snapshot and report what it did to the data."""
    current = session(config, json, quiet, verbose)
    migration = migration_of(context, files or [], execute or [], (env or (), uncontained))
    project = current.project().trying(transaction=transaction)
    from stagecopy.flows import trial as flow
    from stagecopy.flows.expecting import expecting
    from stagecopy.flows.guarding import guarding
    from stagecopy.flows.impact import wishes_of

    flags: dict[str, Any] = {"strict": strict, "keep": keep, "exhaustive": exhaustive, "interrupt": interrupt}
    wanted = expecting(migration.files, expect, write=write_expect)
    options = flow.TrialOptions(
        migration,
        down=tuple(down or ()),
        down_command=down_command,
        impact=wishes_of(impact=impact, workload=workload),
        queries=queries_in(queries),
        role=role,
        expecting=wanted,
        guarding=guarding(migration, write_guard, wanted.expectation),
        **flags,
    )
    reports = _named(report or ())
    return _shown(current, flow.trial(project, options), show_all=show_all, reports=reports)


def _named(paths: Iterable[Path]) -> dict[Path, str]:
    """Reports that are wanted, and in which form."""
    if not paths:
        return {}
    from stagecopy.flows.reports import format_of

    return {path: format_of(path) for path in paths}


def _shown(current: Session, result: TrialResult, *, show_all: bool, reports: Mapping[Path, str]) -> int:
    from stagecopy.report.document import trial_document
    from stagecopy.report.terminal_trial import trial_report

    document = trial_document(result, all_tables=show_all)
    if current.json:
        current.document(document)
    elif not current.quiet and result.run is not None:
        trial_report(current.out(), result, all_tables=show_all)
    if reports:
        from stagecopy.flows.reports import write_report

        for path, form in reports.items():
            write_report(document, path, form)
    if result.error is not None and result.run is None:
        raise result.error
    return result.exit
