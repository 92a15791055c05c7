"""stagecopy demo."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stagecopy.cli.options import Config, Json, Quiet, Session, Verbose, session

if TYPE_CHECKING:
    from stagecopy.flows.demo import DemoSteps


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="demo", epilog="Example: stagecopy demo")(demo)


def demo(config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> int:
    """Show the whole thing on a database of our own: no Docker, nothing of yours is touched."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.demo import demo as run
    from stagecopy.report.progress import progress_on

    with progress_on(current.err(), quiet=current.quiet or current.json) as progress:
        steps = run(os.environ, progress, lambda text, file: _tell(current, text, file))
    return _shown(current, steps)


def _tell(current: Session, text: str, file: Path | None) -> None:
    if current.quiet or current.json:
        return
    sys.stderr.write(f"\n# {text}\n")
    if file is not None:
        sys.stderr.write("".join(f"    {line}\n" for line in file.read_text(encoding="utf-8").splitlines()))


def _shown(current: Session, steps: DemoSteps) -> int:
    from stagecopy.report.document import refresh_document, trial_document
    from stagecopy.report.terminal_refresh import refresh_summary
    from stagecopy.report.terminal_trial import trial_report

    code = 0 if steps.as_promised else (steps.refreshed.exit or 1)
    trials = [each for each in (steps.bad, steps.safe) if each is not None]
    if current.json:
        documents = {"bad": None, "safe": None} | dict(zip(("bad", "safe"), map(trial_document, trials), strict=False))
        facts = {"refresh": refresh_document(steps.refreshed), **documents}
        current.document({"format": 1, "exit": code, "error": None, **facts})
    elif not current.quiet:
        refresh_summary(current.out(), steps.refreshed)
        for each in trials:
            current.out().print()
            trial_report(current.out(), each)
    if steps.refreshed.error is not None:
        raise steps.refreshed.error
    return code
