"""stagecopy demo."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from stagecopy.cli.options import Config, Json, Quiet, Session, Verbose, session

if TYPE_CHECKING:
    from stagecopy.flows.demo import DemoSteps
    from stagecopy.model.refresh import RefreshResult
    from stagecopy.model.trial import TrialResult

_END = """
# that was all: the demo's servers and copies are removed again

In the folder of a project of your own: stagecopy init
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        name="demo", short_help="See it work on made-up data, without Docker.", epilog="Example: stagecopy demo"
    )(demo)


def demo(config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> int:
    """Show the whole thing on a database of our own: no Docker, nothing of yours is touched."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.demo import demo as run
    from stagecopy.report.progress import progress_on

    with progress_on(current.err(), quiet=True) as progress:
        steps = run(os.environ, progress, _Onlooker(current))
    code = 0 if steps.as_promised else (steps.refreshed.exit or 1)
    if current.json:
        current.document(_document(steps, code))
    if steps.refreshed.error is not None:
        raise steps.refreshed.error
    if not (current.quiet or current.json):
        sys.stdout.write(_END)
    return code


class _Onlooker:
    """Prints each step and its report as it comes."""

    def __init__(self, current: Session) -> None:
        self._silent = current.quiet or current.json
        self._out = current.out()

    def step(self, text: str, migration: Path | None = None) -> None:
        if self._silent:
            return
        sys.stdout.write(f"\n# {text}\n\n")
        if migration is not None:
            lines = migration.read_text(encoding="utf-8").splitlines()
            sys.stdout.write("".join(f"    {line}".rstrip() + "\n" for line in lines) + "\n")
        sys.stdout.flush()

    def refreshed(self, result: RefreshResult) -> None:
        from stagecopy.report.terminal_refresh import refresh_summary

        if not self._silent and result.error is None:
            refresh_summary(self._out, result)

    def tried(self, result: TrialResult) -> None:
        from stagecopy.report.terminal_trial import trial_report

        if not self._silent:
            trial_report(self._out, result)


def _document(steps: DemoSteps, code: int) -> dict[str, Any]:
    from stagecopy.report.document import refresh_document, trial_document

    return {
        "format": 1,
        "exit": code,
        "error": None,
        "refresh": refresh_document(steps.refreshed),
        "bad": trial_document(steps.bad) if steps.bad else None,
        "safe": trial_document(steps.safe) if steps.safe else None,
    }
