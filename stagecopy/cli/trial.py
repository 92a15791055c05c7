"""stagecopy trial."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stagecopy.cli.options import Config, Json, Quiet, Session, Verbose, session
from stagecopy.errors import UsageError
from stagecopy.model.migration import Migration, SourceFile

if TYPE_CHECKING:
    from stagecopy.model.trial import TrialResult


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        name="trial",
        short_help="Try a migration and report what it did to the data.",
        epilog="Example: stagecopy trial migrations/0042_ids.sql (--write-expect drafts what to expect of it)",
    )(trial)


def trial(  # noqa: PLR0913, PLR0917 - one parameter per flag
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE…|-", help="SQL files in the order to run, or - for stdin.")
    ] = None,
    execute: Annotated[
        list[str] | None, typer.Option("--execute", "-e", metavar="SQL", help="SQL text to try.")
    ] = None,
    role: Annotated[str | None, typer.Option("--role", metavar="R", help="Run as this role.")] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the changed clone until the next trial or refresh.")
    ] = False,
    exhaustive: Annotated[
        bool, typer.Option("--exhaustive", help="Compare all rows as well; both ways must agree.")
    ] = False,
    expect: Annotated[
        Path | None,
        typer.Option("--expect", metavar="FILE", help="What is expected; default NAME.expect.yaml beside the file."),
    ] = None,
    write_expect: Annotated[
        bool, typer.Option("--write-expect", help="Draft that file from what happens; never over one.")
    ] = False,
    show_all: Annotated[bool, typer.Option("--all", help="List untouched tables too.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="A warning is a failure.")] = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Try a migration on a clone of the newest snapshot and report what it did to the data."""
    current = session(config, json, quiet, verbose)
    sources = _sources(files or [], execute or [])
    project = current.project()
    from stagecopy.flows.expecting import expecting
    from stagecopy.flows.trial import TrialOptions
    from stagecopy.flows.trial import trial as run

    wanted = expecting(sources, expect, write=write_expect)
    options = TrialOptions(
        Migration(sources), role=role, strict=strict, keep=keep, exhaustive=exhaustive, expecting=wanted
    )
    result = run(project, options)
    return _shown(current, result, show_all=show_all)


def _sources(files: list[str], execute: list[str]) -> tuple[SourceFile, ...]:
    if bool(files) == bool(execute):
        raise UsageError(
            "usage", "name SQL files, or - for stdin, or give SQL with -e", hint="see `stagecopy trial --help`"
        )
    sources = [SourceFile("-e", text.encode()) for text in execute]
    for name in files:
        if name == "-":
            sources.append(SourceFile("stdin", sys.stdin.buffer.read()))
            continue
        try:
            sources.append(SourceFile(name, Path(name).read_bytes()))
        except OSError as failure:
            raise UsageError("no-such-file", f"cannot read {name}: {failure.strerror}", where=name) from failure
    return tuple(sources)


def _shown(current: Session, result: TrialResult, *, show_all: bool) -> int:
    from stagecopy.report.document import trial_document
    from stagecopy.report.terminal_trial import trial_report

    if current.json:
        current.document(trial_document(result, all_tables=show_all))
    elif not current.quiet and result.run is not None:
        trial_report(current.out(), result, all_tables=show_all)
    if result.error is not None and result.run is None:
        raise result.error
    return result.exit
