"""stagecopy init."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from stagecopy.cli.options import Config, Json, Quiet, Verbose, session

if TYPE_CHECKING:
    from stagecopy.flows.init import Initialised


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="init", epilog="Example: STAGECOPY_PRODUCTION_URL=postgresql://… stagecopy init")(init)


def init(config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> int:
    """Make a masking key, stagecopy.yaml and first masking rules; nothing that exists is overwritten."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.init import initialise

    made = initialise(Path.cwd(), current.config, os.environ)
    if current.json:
        current.document(_document(made))
    elif not current.quiet:
        sys.stdout.write("\n".join(_lines(made)) + "\n")
    return 0


def _document(made: Initialised) -> dict[str, Any]:
    paths = {name: str(path) if path else None for name, path in _made(made)}
    counts = {verdict: made.count(verdict) for verdict in ("mask", "keep", "todo")}
    todo = [each.name for each in made.decisions if each.verdict == "todo"]
    return {"format": 1, "exit": 0, "error": None, **paths, "columns": counts, "todo": todo}


def _made(made: Initialised) -> tuple[tuple[str, Path | None], ...]:
    return (("config", made.config), ("key", made.key), ("rules", made.rules))


def _lines(made: Initialised) -> list[str]:
    lines = [f"{name:7}{path or 'there already, left as it is'}" for name, path in _made(made)]
    mask, keep, todo = (made.count(verdict) for verdict in ("mask", "keep", "todo"))
    lines.append(f"columns: {mask} masked, {keep} kept, {todo} for you to decide")
    lines += [f"  todo  {each.name} ({each.column.type})" for each in made.decisions if each.verdict == "todo"][:20]
    first = "decide the todos in the rules file, then " if todo else "read the rules file, then "
    return [*lines, f"next: {first}run `stagecopy refresh`"]
