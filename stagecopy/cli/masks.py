"""stagecopy masks suggest|check|preview|explain|audit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stagecopy.cli.options import Config, Json, Quiet, Session, Verbose, Yes, session
from stagecopy.errors import UsageError

if TYPE_CHECKING:
    from stagecopy.flows.masks_preview import Previewed
    from stagecopy.masking.checked import Checked
    from stagecopy.report.page import Page

app = typer.Typer(help="Masking rules: propose, check, try, explain. Production is only read.", no_args_is_help=True)


@app.command(
    short_help="Propose rules for columns that have none.",
    epilog="Example: stagecopy masks suggest --write masking-rules/proposed.yaml",
)
def suggest(
    write: Annotated[
        Path | None, typer.Option("--write", metavar="FILE", help="Write the rules to this new file.")
    ] = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Propose rules for the columns that have none, from names, types and a look at some values."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.masks import suggest_masks
    from stagecopy.report import masks_document, terminal_masks

    found = suggest_masks(current.project(), write)
    if current.json:
        written = str(write) if write is not None and found.yaml is not None else None
        current.document(masks_document.suggestions(found, written))
        return 0
    if not current.quiet:
        terminal_masks.suggestions(_page(current, aside=True), found)
    if found.yaml is None:
        return _said(current, "every column has a rule")
    if write is not None:
        return _said(current, f"written to {write}; read it, decide the todos, then run `stagecopy masks check`")
    sys.stdout.write(found.yaml)
    return 0


@app.command(
    short_help="Hold the rules against production, moving no row.", epilog="Example: stagecopy masks check --json"
)
def check(
    everything: Annotated[bool, typer.Option("--all", help="List kept columns as well.")] = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Hold the rules against production's catalog as it is now, without moving a row."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.masks_check import check_masks
    from stagecopy.report import masks_document

    found = check_masks(current.project())
    if current.json:
        current.document(masks_document.checked(found))
    elif not current.quiet:
        _show_check(_page(current), found, kept=everything)
    if found.error is not None:
        if found.yaml and not current.json:
            sys.stdout.write("\n" + found.yaml)
        raise found.error
    return 0


@app.command(
    short_help="Show a few rows as staging would get them.",
    epilog="Example: stagecopy masks preview public.users --rows 3",
)
def preview(  # noqa: PLR0913, PLR0917 - one parameter per flag
    table: Annotated[str, typer.Argument(metavar="TABLE", help="schema.table, as in the rules.")],
    rows: Annotated[int, typer.Option("--rows", min=1, max=1000, metavar="N", help="How many rows.")] = 5,
    show_raw: Annotated[
        bool, typer.Option("--show-raw", help="Show production's own values beside the masks.")
    ] = False,
    yes: Yes = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Show a few rows as staging would get them; raw values stay hidden."""
    current = session(config, json, quiet, verbose)
    if show_raw and not yes and (current.json or not sys.stdout.isatty()):
        message = "--show-raw would put production's values into a file or a pipe"
        raise UsageError("not-confirmed", message, hint="say --yes if that is meant")
    from stagecopy.flows.masks_preview import preview as run
    from stagecopy.report import masks_document

    found = run(current.project(), table, rows)
    if current.json:
        current.document(masks_document.previewed([(each.plan, each.rows) for each in found], raw=show_raw))
    elif not found:
        return _said(current, f"{table} has no rows")
    else:
        _show_preview(_page(current), found, raw=show_raw)
    return 0


@app.command(
    short_help="Say which rule a column has, and why.", epilog="Example: stagecopy masks explain public.users.email"
)
def explain(
    column: Annotated[str, typer.Argument(metavar="COLUMN", help="schema.table.column, as in the rules.")],
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Say which rule a column has, where it stands, and why that one."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.masks import explain_column
    from stagecopy.report import masks_document, terminal_masks

    found = explain_column(current.project(), column)
    if current.json:
        current.document(masks_document.explained(found))
    else:
        terminal_masks.explanation(_page(current), found)
    return 0


@app.command(short_help="Search a snapshot for raw values.", epilog="Example: stagecopy masks audit --json")
def audit(
    snapshot: Annotated[
        str | None, typer.Argument(metavar="[SNAPSHOT]", help="Its id; else the newest one.", show_default=False)
    ] = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Search a snapshot for the values that production's masked columns hold now; none is shown."""
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.masks_audit import audit_snapshot
    from stagecopy.model.audit import LeakError
    from stagecopy.report import masks_document

    found = audit_snapshot(current.project(), snapshot)
    error = LeakError(found.audited) if found.audited.leaks else None
    if current.json:
        current.document(masks_document.audited(found.snapshot, found.audited, error))
    if error is not None:
        raise error
    if current.json:
        return 0
    return _said(current, f"{found.audited.checked:,} values looked for in {found.snapshot}, none found")


def _page(current: Session, *, aside: bool = False) -> Page:
    """Where to write: results to stdout, what is said *aside* of them to stderr."""
    from stagecopy.report.page import Page

    return Page(current.err() if aside else current.out())


def _said(current: Session, sentence: str) -> int:
    if not current.quiet:
        sys.stdout.write(sentence + "\n")
    return 0


def _show_check(page: Page, found: Checked, *, kept: bool) -> None:
    from stagecopy.report import terminal_check, terminal_masks

    terminal_check.tables(page, found.tables, kept=kept)
    terminal_check.odds(page, found.collisions)
    terminal_masks.kept(page, found.kept)
    terminal_masks.drift(page, found.drift)


def _show_preview(page: Page, found: list[Previewed], *, raw: bool) -> None:
    from stagecopy.report import terminal_masks

    for each in found:
        shown = "column, rule, production, staging" if raw else "column, rule, staging; --show-raw shows production too"
        page.line(page.text(each.table, "bold"), page.text(f"  {shown}", "dim"))
        columns = [(column.column.name, column.rule if column.where else "no rule") for column in each.plan.columns]
        terminal_masks.preview(page, columns, each.rows, raw=raw)
