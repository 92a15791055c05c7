"""Reads the tables in which migration tools keep what they ran.

Surprising: only columns that are known are named, and none that may hold data: Prisma's ``logs`` quotes rows. Which
tool owns a table is told by its columns, for three tools call theirs ``schema_migrations``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import sql

from stagecopy.model.migrations import Applied, StateTable
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """One tool's table. ``needs``: the columns by which it is known; *read* takes ``needs`` and ``more`` in order.

    ``more`` may be missing in older versions of the tool and is then NULL.
    """

    table: str
    needs: tuple[str, ...]
    read: Callable[[Sequence[Row]], tuple[Applied, ...]]
    more: tuple[str, ...] = ()
    order: str | None = None


@dataclass(frozen=True, slots=True)
class FoundTable:
    """One that production has; None in ``rows`` of it: we may not read it."""

    table: StateTable
    shape: Shape
    readable: bool


def state_tables(connection: Connection) -> list[FoundTable]:
    """All that are there, those in ``public`` first."""
    names = sorted({each.table for each in SHAPES})
    found = []
    for schema, table, columns, readable in connection.execute(statement("migration_tables"), (names,)).fetchall():
        shape = next((each for each in SHAPES if each.table == table and {*each.needs} <= {*columns}), None)
        if shape is not None:
            rows = shape.read(_rows(connection, shape, (schema, table), columns)) if readable else ()
            found.append(FoundTable(StateTable(schema, table, rows), shape, readable))
    return found


def _rows(connection: Connection, shape: Shape, name: tuple[str, str], columns: Sequence[str]) -> list[Row]:
    there: list[sql.Composable] = [sql.Identifier(each) for each in shape.needs]
    there += [sql.Identifier(each) if each in columns else sql.SQL("NULL") for each in shape.more]
    query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(there), sql.Identifier(*name))
    if shape.order:
        query += sql.SQL(" ORDER BY {}").format(sql.Identifier(shape.order))
    return connection.execute(query).fetchall()


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return None


def _listed(rows: Sequence[Row]) -> tuple[Applied, ...]:
    """A line for each that ran; the second column is the time, if any."""
    return tuple(Applied(key=str(row[0]), at=_moment(row[1]) if len(row) > 1 else None) for row in rows)


def _golang(rows: Sequence[Row]) -> tuple[Applied, ...]:
    """One line: the last version, dirty while it runs and when it failed."""
    return tuple(
        Applied(key=str(version), state="failed" if dirty else "applied", upto=True)
        for version, dirty in rows
        if int(version) >= 0
    )


def _last(rows: Sequence[Row]) -> tuple[Applied, ...]:
    return tuple(Applied(key=str(row[0]), upto=True) for row in rows)


def _flyway(rows: Sequence[Row]) -> tuple[Applied, ...]:
    """In the order they ran: a later line on a script says more than an earlier one. Undo scripts take back."""
    found: dict[str, Applied] = {}
    for script, success, kind, version, checksum, at in rows:
        if kind in ("UNDO_SQL", "UNDO_JDBC", "DELETE"):
            taken = next((key for key, each in found.items() if _flyway_version(key) == version), None)
            if success and taken:
                found[taken] = Applied(key=taken, state="rolled-back", at=_moment(at))
        elif kind not in ("SCHEMA", "BASELINE"):
            state = "applied" if success else "failed"
            text = None if checksum is None else str(checksum)
            found[str(script)] = Applied(key=str(script), state=state, at=_moment(at), text=text)  # type: ignore[arg-type] # one of two
    return tuple(found.values())


def _flyway_version(script: str) -> str:
    return script[1:].partition("__")[0].replace("_", ".")


def _prisma(rows: Sequence[Row]) -> tuple[Applied, ...]:
    found: dict[str, Applied] = {}
    for name, finished, rolled_back, checksum in rows:
        if rolled_back is not None:
            found.setdefault(name, Applied(key=name, state="rolled-back", at=_moment(rolled_back)))
        elif finished is None:
            found[name] = Applied(key=name, state="failed", text=checksum)
        else:
            found[name] = Applied(key=name, at=_moment(finished), text=checksum)
    return tuple(found.values())


def _drizzle(rows: Sequence[Row]) -> tuple[Applied, ...]:
    """``created_at`` is the journal's ``when``, in milliseconds, not the time it ran."""
    return tuple(Applied(key=str(created), text=digest) for created, digest in rows)


def _goose(rows: Sequence[Row]) -> tuple[Applied, ...]:
    """A line for each up and each down: the last one counts."""
    found: dict[str, Applied] = {}
    for version, applied, at in rows:
        state = "applied" if applied else "rolled-back"
        found[str(version)] = Applied(key=str(version), state=state, at=_moment(at))  # type: ignore[arg-type] # one of two
    found.pop("0", None)  # made with the table
    return tuple(found.values())


def _sqlx(rows: Sequence[Row]) -> tuple[Applied, ...]:
    return tuple(
        Applied(
            key=str(version),
            state="applied" if success else "failed",
            at=_moment(at),
            text=bytes(checksum).hex(),
        )
        for version, success, checksum, at in rows
    )


def _django(rows: Sequence[Row]) -> tuple[Applied, ...]:
    return tuple(Applied(key=f"{app}.{name}", at=_moment(at)) for app, name, at in rows)


SHAPES = (
    Shape("schema_migrations", ("version", "dirty"), _golang),
    Shape("schema_migrations", ("version",), _listed, ("inserted_at",)),  # Rails, dbmate, Ecto, Supabase
    Shape("__diesel_schema_migrations", ("version", "run_on"), _listed),
    Shape("alembic_version", ("version_num",), _last),
    Shape(
        "flyway_schema_history",
        ("script", "success", "type", "version", "checksum", "installed_on"),
        _flyway,
        order="installed_rank",
    ),
    Shape("__drizzle_migrations", ("created_at", "hash"), _drizzle, order="id"),
    Shape(
        "_prisma_migrations",
        ("migration_name", "finished_at", "rolled_back_at", "checksum"),
        _prisma,
        order="started_at",
    ),
    Shape("django_migrations", ("app", "name", "applied"), _django, order="id"),
    Shape("goose_db_version", ("version_id", "is_applied", "tstamp"), _goose, order="id"),
    Shape("_sqlx_migrations", ("version", "success", "checksum", "installed_on"), _sqlx),
    Shape("pgmigrations", ("name", "run_on"), _listed),
    Shape("gorp_migrations", ("id", "applied_at"), _listed),
    Shape("schema_version", ("version",), _last),  # tern; looked at for its migrations alone
    Shape("changes", ("change", "committed_at"), _listed, order="committed_at"),  # Sqitch
)
