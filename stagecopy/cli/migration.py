"""stagecopy migration new and list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stagecopy.cli.options import Config, Json, Quiet, Session, Verbose, session
from stagecopy.errors import UsageError
from stagecopy.model.drafting import Wish

if TYPE_CHECKING:
    from stagecopy.flows.new_migration import Written

app = typer.Typer(help="Migrations: write a safe one, list those there are.", no_args_is_help=True)
_IDIOMS = ("add-column", "rename", "change-type", "split-table", "backfill", "constraint", "index")
_PHASES = ("expand", "swap", "contract", "all")
_FORMS = ("sql", "alembic", "drizzle")
References = Annotated[str | None, typer.Option(metavar="TABLE.C", help="constraint: a foreign key to that column.")]
Form = Annotated[str | None, typer.Option(metavar="|".join(_FORMS), help="What for; default: as the folder's others.")]
Folder = Annotated[
    Path | None, typer.Option("--dir", metavar="DIR", help="The folder; default: the one there is, or migrations.")
]


@app.command(
    name="new",
    short_help="Write a migration, its way back and what to expect of it.",
    epilog=(
        "Example: stagecopy migration new add_plan_to_users --idiom add-column"
        " --table public.users --column plan --type text"
    ),
)
def new(  # noqa: PLR0913, PLR0917 - one parameter per flag
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name: letters, digits, _ and -.")],
    idiom: Annotated[str | None, typer.Option(metavar="|".join(_IDIOMS), help="The safe way to do what.")] = None,
    table: Annotated[str | None, typer.Option(metavar="SCHEMA.TABLE", help="The table.")] = None,
    column: Annotated[list[str] | None, typer.Option(metavar="C", help="A column; may stand several times.")] = None,
    kind: Annotated[list[str] | None, typer.Option("--type", metavar="T", help="Its type, one per column.")] = None,
    to: Annotated[str | None, typer.Option(metavar="NAME", help="The new name; the new table.")] = None,
    old_type: Annotated[str | None, typer.Option(metavar="T", help="change-type: the type it has now.")] = None,
    default: Annotated[str | None, typer.Option(metavar="SQL", help="The column's default.")] = None,
    not_null: Annotated[bool, typer.Option("--not-null", help="The column is, or is to be, NOT NULL.")] = False,
    key: Annotated[str | None, typer.Option(metavar="C", help="Unique column to walk the table by (id).")] = None,
    key_type: Annotated[str | None, typer.Option(metavar="T", help="split-table: its type (bigint).")] = None,
    value: Annotated[str | None, typer.Option(metavar="SQL", help="backfill: what to fill in.")] = None,
    check: Annotated[str | None, typer.Option(metavar="SQL", help="constraint: CHECK of this condition.")] = None,
    references: References = None,
    unique: Annotated[bool, typer.Option("--unique", help="constraint, index: no value twice.")] = False,
    called: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the constraint or index.")] = None,
    phase: Annotated[str, typer.Option(metavar="|".join(_PHASES), help="Which steps to write.")] = "expand",
    form: Form = None,
    folder: Folder = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Write a migration with the text of a safe idiom: forward, back, and what a trial may expect of it.

    Steps that must not be deployed together are written one phase at a time.
    """
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.new_migration import NewOptions, new_migration

    flags: dict[str, Any] = {"table": table, "column": column, "type": kind, "to": to, "old-type": old_type}
    flags |= {"default": default, "not-null": not_null, "key": key, "key-type": key_type, "value": value}
    flags |= {"check": check, "references": references, "unique": unique, "called": called}
    given = {each: flag for each, flag in flags.items() if flag not in (None, False, [])}
    options = NewOptions(
        wish=_wish(name, given),
        idiom=_one_of(idiom, _IDIOMS, "--idiom"),
        given=frozenset(given),
        phase=_one_of(phase, _PHASES, "--phase"),
        form=_one_of(form, _FORMS, "--form"),
        folder=folder,
    )
    return _told(current, new_migration(options))


def _one_of(word: str | None, known: tuple[str, ...], flag: str) -> Any:
    if word is not None and word not in known:
        raise UsageError("usage", f"{flag} {word} is unknown", hint=f"one of {', '.join(known)}")
    return word


def _wish(name: str, given: dict[str, Any]) -> Wish:
    """The flags as names and pieces of SQL that can stand in a statement. Raises UsageError."""
    from stagecopy.trial.idioms.wishes import wish_of

    return wish_of(name, given)


def _told(current: Session, written: Written) -> int:
    if current.json:
        current.document({"format": 1, "exit": 0, "error": None, **written.document()})
    elif not current.quiet:
        from stagecopy.report.migrations import written_lines
        from stagecopy.report.page import Page

        written_lines(Page(current.out()), written.files, written.forward, later=written.later)
    return 0


@app.command(
    name="list",
    short_help="Every migration: in production or not, its way back, its last trial.",
    epilog="Example: stagecopy migration list migrations",
)
def list_(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder that holds them; default: this one.")
    ] = Path(),
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask production.")] = False,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """List the migrations of a folder: state in production, whether each has a way back, its last trial's verdict.

    Where production does not answer, the list comes without its states, and the exit code is 3.
    """
    current = session(config, json, quiet, verbose)
    from stagecopy.flows.migrations import list_migrations

    listing = list_migrations(current.project(), folder, offline=offline)
    if current.json:
        current.document(listing.document())
    elif not current.quiet:
        from stagecopy.report.migrations import migration_lines
        from stagecopy.report.page import Page

        migration_lines(Page(current.out()), listing)
    if listing.error is not None:
        raise listing.error
    return 0
