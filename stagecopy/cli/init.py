"""stagecopy init."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stagecopy.cli.options import Config, Json, Quiet, Session, Verbose, session

if TYPE_CHECKING:
    from stagecopy.flows.init import Initialised
    from stagecopy.flows.init_choices import Answers


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        name="init",
        short_help="Set a project up: settings, key, first masking rules.",
        epilog="Example: stagecopy init --url-from .env:3 --store-url",
    )(init)


def init(  # noqa: PLR0913, PLR0917 - one for each question; the parser passes them by name
    url_from: Annotated[
        str | None,
        typer.Option("--url-from", metavar="PLACE", help="Where production's URL stands: FILE:LINE, FILE or VARIABLE."),
    ] = None,
    store_url: Annotated[
        bool | None,
        typer.Option("--store-url/--no-store-url", help="Keep the URL in a private file outside the project."),
    ] = None,
    age_identity: Annotated[
        bool | None,
        typer.Option("--age-identity/--no-age-identity", help="Make an age identity for encrypted backups."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing, take what is proposed.")] = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Find production, look at it, and write a masking key, stagecopy.yaml and first masking rules.

    On a terminal it asks, elsewhere the flags decide. Nothing that exists is overwritten.
    """
    current = session(config, json, quiet, verbose)
    from stagecopy.cli.init_answers import Given
    from stagecopy.flows.init import initialise

    given = Given(url_from, store_url, age_identity, yes)
    made = initialise(Path.cwd(), current.config, os.environ, _answers(current, given))
    if current.json:
        current.document(_document(made))
    elif not current.quiet:
        sys.stdout.write("\n".join(_lines(made)) + "\n")
    return 0


def _answers(current: Session, given: Any) -> Answers:
    from stagecopy.cli.init_answers import ByFlags, ByPerson

    asks = sys.stdin.isatty() and sys.stdout.isatty() and not (current.json or current.quiet or given.yes)
    return ByPerson(given) if asks else ByFlags(given)


def _document(made: Initialised) -> dict[str, Any]:
    plan, address = made.plan, made.plan.address
    paths = {name: str(path) if path else None for name, path in _made(made)}
    columns = {verdict: plan.looked.count(verdict) for verdict in ("mask", "keep", "todo")}
    return {
        "format": 1,
        "exit": 0,
        "error": None,
        **paths,
        "columns": columns,
        "todo": [each.name for each in made.decisions if each.verdict == "todo"],
        "production": {
            "shown": plan.looked.shown,
            "from": address.place if address else None,
            "variable": address.variable if address else None,
        },
        "engine": plan.engine,
        "recipient": made.recipient,
        "ignored": {str(each.path): list(each.missing) for each in plan.ignores},
    }


def _made(made: Initialised) -> tuple[tuple[str, Path | None], ...]:
    plan = made.plan
    return (
        ("config", made.config),
        ("key", plan.key),
        ("rules", plan.rules),
        ("env", plan.env),
        ("identity", plan.identity),
    )


def _lines(made: Initialised) -> list[str]:
    from stagecopy.report.page import visible

    plan = made.plan
    lines = [f"{name:9}{path or 'there already, left as it is'}" for name, path in _made(made)[:3]]
    lines += [f"{name:9}{path}" for name, path in _made(made)[3:] if path]
    lines += [f"{'ignored':9}{len(each.missing)} lines more in {each.path}" for each in plan.ignores]
    if made.recipient:
        lines.append(f"{'':9}keep a copy of the identity elsewhere; its recipient is {made.recipient}")
    if plan.rules is None:  # what was decided there, the look at production does not know
        return [*lines, *_export(made), "next: run `stagecopy doctor`"]
    mask, keep, todo = (plan.looked.count(verdict) for verdict in ("mask", "keep", "todo"))
    lines.append(f"columns: {mask} masked, {keep} kept, {todo} for you to decide")
    todos = [each for each in made.decisions if each.verdict == "todo"]
    lines += [visible(f"  todo  {each.name} ({each.column.type})") for each in todos[:20]]
    first = "decide the todos in the rules file, then " if todo else "read the rules file, then "
    return [*lines, *_export(made), f"next: {first}run `stagecopy refresh`"]


def _export(made: Initialised) -> list[str]:
    """How to bring the URL to the next run, where nothing keeps it."""
    address = made.to_export
    if address is None:
        return []
    if address.file and address.file.rpartition("/")[2].startswith(".env") and address.variable in _names(address.file):
        return [f"before each run: set -a; . ./{address.file}; set +a   (it sets {address.variable})"]
    return [f"before each run: export {address.variable}='postgresql://…'   (or run init again with --store-url)"]


def _names(file: str) -> set[str]:
    from stagecopy.config.envfile import assignments

    return {each.name for each in assignments(Path(file).read_text(encoding="utf-8"))}
