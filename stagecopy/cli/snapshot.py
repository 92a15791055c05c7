"""stagecopy snapshot list."""

from __future__ import annotations

import typer

from stagecopy.cli.options import Config, Json, Quiet, Verbose, session

app = typer.Typer(help="Masked copies of production, as they were sealed.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep ``list`` a verb of its own while it is the only one."""


@app.command(name="list", short_help="The snapshots there are.", epilog="Example: stagecopy snapshot list --json")
def list_(config: Config = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> int:
    """List the snapshots: age, rows, whether all came along, what is kept though personal, and what the audit said."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.snapshots import listed
    from stagecopy.report.page import Page
    from stagecopy.report.snapshots import snapshot_lines

    found = listed(current.project())
    if current.json:
        current.document({"format": 1, "exit": 0, "error": None, "snapshots": [each.document() for each in found]})
    elif not current.quiet:
        snapshot_lines(Page(current.out()), found)
    return 0
