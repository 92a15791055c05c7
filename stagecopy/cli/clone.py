"""stagecopy clone create|list|destroy."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import typer

from stagecopy.cli.options import Config, Json, Quiet, Verbose, Yes, confirmed, elsewhere, session
from stagecopy.errors import UsageError

app = typer.Typer(help="Named clones of the newest snapshot.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, - and _.")]


@app.command(
    short_help="Make a clone, or reset it, and print its URL.", epilog="Example: stagecopy clone create ada --ttl 8h"
)
def create(
    name: Name,
    ttl: Annotated[str, typer.Option("--ttl", metavar="TIME", help="Time to live: 30m, 8h, 2d.")] = "8h",
    yes: Yes = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Clone the newest snapshot and print the URL; a clone of that name is reset, at the same URL."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows import clones
    from stagecopy.flows.reaching import published
    from stagecopy.flows.workplace import open_workplace

    seconds = _seconds(ttl)
    work = open_workplace(current.project())
    if clones.clone_named(work, name):
        confirmed(current, yes, f"throw away all changes in the clone {name}")
    clone, url = clones.create(work, name, ttl=seconds)
    command = published(work, name).command
    if current.json:
        expires = clone.expires.isoformat() if clone.expires else None
        facts = {"name": name, "url": url, "snapshot": clone.snapshot, "clone": clone.method, "expires": expires}
        current.document({"format": 1, "exit": 0, "error": None, **facts, "forward": command})
        return 0
    sys.stdout.write(url + "\n")
    if command and not current.quiet:
        sys.stderr.write(elsewhere(command, name))
    return 0


@app.command(name="list", short_help="The named clones and their URLs.", epilog="Example: stagecopy clone list --json")
def list_(config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> int:
    """List the named clones with their URLs; those whose time is over are destroyed."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows import clones
    from stagecopy.flows.workplace import open_workplace
    from stagecopy.report.durations import spoken_end

    found = clones.listed(open_workplace(current.project()))
    if current.json:
        current.document({"format": 1, "exit": 0, "error": None, "clones": found})
        return 0
    if not found and not current.quiet:
        sys.stderr.write("no named clones; one is made by: stagecopy clone create NAME\n")
    now = datetime.now().astimezone()
    for each in found:
        state = "running" if each["running"] else "stopped"
        until = spoken_end(datetime.fromisoformat(str(each["expires"])), now) if each["expires"] else "destroyed"
        sys.stdout.write(f"{each['name']}  {each['url']}  {state}  {each['clone']}  until {until}\n")
    return 0


@app.command(epilog="Example: stagecopy clone destroy ada --yes")
def destroy(
    name: Name,
    yes: Yes = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """End and remove a named clone."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows import clones
    from stagecopy.flows.workplace import open_workplace

    work = open_workplace(current.project())
    confirmed(current, yes, f"destroy the clone {name}")
    clones.destroy(work, name)
    if current.json:
        current.document({"format": 1, "exit": 0, "error": None, "removed": name})
    elif not current.quiet:
        sys.stdout.write(f"removed the clone {name}\n")
    return 0


def _seconds(text: str) -> float:
    from stagecopy.config.settings import seconds

    try:
        value = seconds(text)
    except ValueError as failure:
        raise UsageError("usage", f"--ttl {text}: {failure}", hint="see `stagecopy clone create --help`") from None
    if value <= 0:
        raise UsageError("usage", "--ttl must be more than nothing", hint="see `stagecopy clone create --help`")
    return value
