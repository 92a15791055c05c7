"""stagecopy staging url|psql|list|reset|destroy."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from stagecopy.cli.options import Config, Json, Quiet, Session, Verbose, Yes, confirmed, session
from stagecopy.errors import UsageError

app = typer.Typer(help="The served staging: its address, a prompt, and its end.", no_args_is_help=True)


@app.command(epilog='Example: psql "$(stagecopy staging url)"')
def url(config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> int:
    """Print the connection URL; it stays the same over refreshes."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.serve import served_url
    from stagecopy.flows.workplace import open_workplace

    text = served_url(open_workplace(current.project()))
    if current.json:
        current.document({"format": 1, "exit": 0, "error": None, "url": text})
    else:
        sys.stdout.write(text + "\n")
    return 0


@app.command(epilog='Example: stagecopy staging psql -- -c "SELECT count(*) FROM users"')
def psql(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[-- PSQL-ARGUMENTS…]")] = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Open psql on staging; what follows -- goes to psql."""
    current = session(config, json, quiet, verbose)
    if current.json:
        raise UsageError("usage", "psql prints no JSON document", hint="run it without --json")
    from stagecopy.flows.serve import psql_command
    from stagecopy.flows.workplace import open_workplace

    argv, environment = psql_command(open_workplace(current.project()))
    sys.stdout.flush()
    os.execve(argv[0], [*argv, *(arguments or [])], environment)  # noqa: S606 - psql takes over this terminal


@app.command(name="list", epilog="Example: stagecopy staging list --json")
def list_(config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> int:
    """List what this project keeps: snapshots, the served copy, clones."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.serve import inventory
    from stagecopy.flows.workplace import open_workplace

    found = inventory(open_workplace(current.project()))
    if current.json:
        current.document({"format": 1, "exit": 0, "error": None, "directories": found})
        return 0
    for each in found:
        words = [str(each["name"]), str(each["kind"]), str(each["engine"]), "running" if each["running"] else "stopped"]
        if each["serving"]:
            words.append("serving")
        if each["taken_at"]:
            words.append(f"taken {each['taken_at']}")
        sys.stdout.write("  ".join(words) + "\n")
    return 0


@app.command(epilog="Example: stagecopy staging reset --yes")
def reset(
    yes: Yes = False, config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False
) -> int:
    """Serve a fresh copy of the newest snapshot; changes made in staging are gone."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.serve import reset as run
    from stagecopy.flows.workplace import open_workplace

    work = open_workplace(current.project())
    confirmed(current, yes, f"throw away all changes in the staging of {work.project.name}")
    snapshot = run(work)
    return _done(current, {"snapshot": snapshot.id}, f"staging serves snapshot {snapshot.id} afresh")


@app.command(epilog="Example: stagecopy staging destroy --yes")
def destroy(
    yes: Yes = False, config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False
) -> int:
    """End and remove staging, snapshots and clones of this project; backups, history and key stay."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.serve import destroy as run
    from stagecopy.flows.workplace import open_workplace

    work = open_workplace(current.project())
    confirmed(current, yes, f"destroy staging, snapshots and clones of {work.project.name}")
    removed = run(work)
    return _done(current, {"removed": removed}, f"removed {len(removed)} data directories of {work.project.name}")


def _done(current: Session, facts: dict[str, object], sentence: str) -> int:
    if current.json:
        current.document({"format": 1, "exit": 0, "error": None, **facts})
    elif not current.quiet:
        sys.stdout.write(sentence + "\n")
    return 0
