"""stagecopy report, stagecopy history."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from stagecopy.cli.options import Config, Json, Quiet, Verbose, session

Format = Annotated[
    Literal["html", "markdown", "md", "junit", "json"] | None,
    typer.Option(
        "--format",
        metavar="F",
        help="html, markdown (or md), junit or json; default by the file's name, else markdown.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add both verbs."""
    app.command(
        name="report",
        short_help="What a trial found, as a file to pass on.",
        epilog="Example: stagecopy report --output trial.html",
    )(report)
    app.command(name="history", short_help="The runs there were.", epilog="Example: stagecopy history --json")(history)


def report(
    trial: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A trial, or how its id begins; default the last.")
    ] = None,
    form: Format = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write; default stdout.")
    ] = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Write the report of a trial that has ended: one HTML file, Markdown for a pull request, JUnit, or JSON."""
    current = session(config, json, quiet, verbose)
    from stagecopy.files import check_writable
    from stagecopy.flows.reports import FORMATS, find_trial, format_of, write_report

    chosen = form or ("json" if current.json else format_of(output) if output else "markdown")
    chosen = "markdown" if chosen == "md" else chosen
    if output:
        check_writable(output)
    document = find_trial(current.project(), trial)
    if output:
        write_report(document, output, chosen)
    elif chosen == "json":
        current.document(document)
    else:
        sys.stdout.write(FORMATS[chosen](document))
    return 0


def history(config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> int:
    """List the runs of this project, the newest first: what was run, its exit code, and what a trial found."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.reports import history as listed
    from stagecopy.report.history import history_lines
    from stagecopy.report.page import Page

    found = listed(current.project())
    if current.json:
        current.document({"format": 1, "exit": 0, "error": None, "runs": [each.document() for each in found]})
    elif not current.quiet:
        history_lines(Page(current.out()), found)
    return 0
