"""stagecopy staging url|psql|list|reset|destroy."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from stagecopy.cli.options import Config, Json, Quiet, Session, Verbose, Yes, confirmed, elsewhere, session
from stagecopy.errors import UsageError

if TYPE_CHECKING:
    from stagecopy.flows.reaching import Published

_LED = "its port is led here until Ctrl-C\n"
_HERE = "it runs on this machine: there is nothing to lead here\n"
app = typer.Typer(help="The served staging: its address, a prompt, and its end.", no_args_is_help=True)


Clone = Annotated[str | None, typer.Option("--clone", metavar="NAME", help="A named clone instead of staging.")]


@app.command(epilog='Example: psql "$(stagecopy staging url)"')
def url(
    forward: Annotated[
        bool, typer.Option("--forward", help="Lead the port here while this runs, from a Docker engine elsewhere.")
    ] = False,
    clone: Clone = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Print the connection URL; it stays the same over refreshes."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.reaching import hold, published
    from stagecopy.flows.workplace import open_workplace

    work = open_workplace(current.project())
    if not forward:
        found = published(work, clone)
        _show_url(current, found, elsewhere(found.command, clone) if found.command else "")
        return 0
    try:
        hold(work, clone, lambda found: _show_url(current, found, _LED if found.command else _HERE))
    except KeyboardInterrupt:  # which is how it ends
        return 0
    return 0


def _show_url(current: Session, found: Published, note: str) -> None:
    if current.json:
        facts = {"url": found.address.url, "forward": found.command}
        current.document({"format": 1, "exit": 0, "error": None, **facts})
    else:
        sys.stdout.write(found.address.url + "\n")
        sys.stdout.flush()
    if not current.quiet:
        sys.stderr.write(note)


@app.command(epilog='Example: stagecopy staging psql -- -c "SELECT count(*) FROM users"')
def psql(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[-- PSQL-ARGUMENTS…]")] = None,
    clone: Clone = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Open psql on staging; what follows -- goes to psql."""
    current = session(config, json, quiet, verbose)
    if current.json:
        raise UsageError("usage", "psql prints no JSON document", hint="run it without --json")
    from stagecopy.flows.reaching import psql_command
    from stagecopy.flows.workplace import open_workplace

    argv, environment, through_us = psql_command(open_workplace(current.project()), clone)
    sys.stdout.flush()
    words = [*argv, *(arguments or [])]
    if not through_us:
        os.execve(argv[0], words, environment)  # noqa: S606 - psql takes over this terminal
    return _beside(words, environment)


def _beside(words: list[str], environment: dict[str, str]) -> int:
    """Run it while we keep the way open. Ctrl-C is for psql, which ends a query by it."""
    from stagecopy.process import start

    child = start(words, env=environment)
    kept = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = child.wait()
    except BaseException:
        child.terminate()
        child.wait()
        raise
    finally:
        signal.signal(signal.SIGINT, kept)
    return code if code >= 0 else 128 - code


@app.command(
    name="list", short_help="What is kept: snapshots, staging, clones.", epilog="Example: stagecopy staging list --json"
)
def list_(config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> int:
    """List what this project keeps: snapshots, the served copy, clones."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.serve import inventory
    from stagecopy.flows.workplace import open_workplace
    from stagecopy.report.durations import spoken_moment

    found = inventory(open_workplace(current.project()))
    if current.json:
        current.document({"format": 1, "exit": 0, "error": None, "directories": found})
        return 0
    now = datetime.now().astimezone()
    if not found and not current.quiet:
        sys.stderr.write("nothing is kept yet: stagecopy refresh makes the first snapshot\n")
    for each in found:
        words = [str(each["name"]), str(each["kind"]), str(each["engine"]), "running" if each["running"] else "stopped"]
        if each["serving"]:
            words.append("serving")
        if each["taken_at"]:
            words.append(f"taken {spoken_moment(datetime.fromisoformat(str(each['taken_at'])), now)}")
        sys.stdout.write("  ".join(words) + "\n")
    return 0


@app.command(short_help="Serve a fresh copy of the newest snapshot.", epilog="Example: stagecopy staging reset --yes")
def reset(
    yes: Yes = False, config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False
) -> int:
    """Serve a fresh copy of the newest snapshot; changes made in staging are gone."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.stand_by import standing_by
    from stagecopy.home import open_home

    project = current.project()
    confirmed(current, yes, f"throw away all changes in the staging of {project.name}")
    with standing_by(open_home(project.home, project.name, project.staging_server())) as child:
        from stagecopy.flows.serve import reset as run  # takes as long as the child's own start
        from stagecopy.flows.workplace import open_workplace

        snapshot = run(open_workplace(project), child)
    return _done(current, {"snapshot": snapshot.id}, f"staging serves snapshot {snapshot.id} afresh")


@app.command(
    short_help="Remove staging, snapshots and clones; keep backups.", epilog="Example: stagecopy staging destroy --yes"
)
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
