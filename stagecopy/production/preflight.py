"""What stands in the way on production's side: all of it at once, each with the statement that mends it.

Surprising: pg_dump also locks the tables that belong to extensions, whatever it is told to leave out, so those must be
readable too; and it reads every sequence. Row security would cut a copy to the rows the role may see: an obstacle,
never a shorter table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from psycopg import sql

from stagecopy.errors import ProductionError, StagecopyError, StagingError
from stagecopy.model.catalog import Catalog
from stagecopy.model.findings import Fidelity
from stagecopy.model.preflight import Obstacle, Survey
from stagecopy.postgres import preflight as facts
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.preflight import LockSpace, ServerFacts, TableAccess

_FEW = 5  # so many GRANTs one by one; more of one schema become one statement for all of it
_LEAVE_OUT = "or leave it out with `skip: reason` in the rules"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read. ``whole``: no schemas chosen, so extensions and large objects are in the dump.

    ``large_objects``: they are kept, whatever is chosen.
    """

    tables: Collection[int]
    left_out: Collection[int]
    schemas: Sequence[str] = ()
    direct: bool = False
    large_objects: bool = False

    @property
    def whole(self) -> bool:
        """Whether pg_dump takes what belongs to no chosen schema."""
        return not self.schemas


def survey(connection: Connection, catalog: Catalog, wanted: Wanted) -> Survey:
    """Ask everything once. Raises psycopg.Error; the caller's error context knows whose side it is."""
    server = facts.server_facts(connection)
    access = facts.table_access(connection, wanted.tables, members=wanted.whole)
    sequences = facts.closed_sequences(connection, wanted.schemas, wanted.left_out)
    found = [*closed_tables(access, server.role), *closed_sequences(sequences, server.role)]
    if wanted.large_objects or (wanted.whole and not wanted.direct):
        found += closed_large_objects(*facts.closed_large_objects(connection), server.role)
    found += lock_space(facts.lock_space(connection, wanted.schemas, wanted.left_out))
    return Survey(
        role=server.role,
        obstacles=tuple(found),
        notes=(*_standby(server), *_text(catalog)),
        extensions=facts.extensions(connection) if wanted.whole else (),
        used_roles=facts.used_roles(connection),
        large_objects=facts.large_objects(connection),
        state=facts.server_state(connection),
    )


def closed_tables(access: Iterable[TableAccess], role: str) -> list[Obstacle]:
    """Schemas to open, tables to grant, row security to pass, rows a standby does not have."""
    closed = [each for each in access if not each.whole]
    return [
        *_schemas({each.schema for each in closed if not each.usage}, role),
        *_grants([each for each in closed if not each.readable], role),
        *_filtered([each for each in closed if each.filtered], role),
        *(_lost(each) for each in closed if each.lost),
    ]


def closed_sequences(sequences: Sequence[tuple[str, str, bool]], role: str) -> list[Obstacle]:
    """Sequences to grant, and schemas to open that hold no table."""
    found = _schemas({schema for schema, _, usage in sequences if not usage}, role)
    by_schema: dict[str, list[str]] = defaultdict(list)
    for schema, name, _ in sequences:
        by_schema[schema].append(name)
    for schema, names in by_schema.items():
        if len(names) > _FEW:
            all_of = _sql("GRANT SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}", (schema,), (role,))
            found.append(_unreadable(f"{len(names)} sequences of schema {schema}", all_of, f"{schema}.{names[0]}"))
        else:
            found += [
                _unreadable(f"sequence {schema}.{name}", _on("SEQUENCE", schema, name, role), f"{schema}.{name}")
                for name in names
            ]
    return found


def closed_large_objects(count: int, first: int | None, role: str) -> list[Obstacle]:
    """Large objects have an owner and grants of their own."""
    if not count or first is None:
        return []
    statement = _sql(f"GRANT SELECT ON LARGE OBJECT {first} TO {{}}", (role,))
    message = f"this role cannot read {count} large object{'s' if count > 1 else ''}"
    return [Obstacle("not-readable", message, f"{statement}" + (" and so on for each" if count > 1 else ""))]


def lock_space(space: LockSpace) -> list[Obstacle]:
    """One dump must fit into the server's lock table: when that is full, it is the application that breaks."""
    room = space.per_transaction * space.transactions
    if space.relations <= room:
        return []
    enough = -(-space.relations // space.transactions)
    rounded = -(-enough // 64) * 64
    message = (
        f"a dump locks {space.relations} relations, but production's lock table is sure to hold only {room}"
        f" (max_locks_per_transaction = {space.per_transaction}); when it is full, the application's own"
        " transactions fail"
    )
    remedy = (
        f"ALTER SYSTEM SET max_locks_per_transaction = {rounded}; and restart it, or read fewer tables"
        " (production.schemas, production.exclude)"
    )
    return [Obstacle("lock-space", message, remedy)]


def refusal(obstacles: Sequence[Obstacle], *, verb: str = "refresh") -> StagecopyError:
    """All of them as one error: exit 3 if production has to change, else 4."""
    count = len(obstacles)
    things = "1 thing stands" if count == 1 else f"{count} things stand"
    lines = [f"{things} in the way of a {verb}; nothing was moved", *(f"  - {each.sentence}" for each in obstacles)]
    hint = f"do what is said there, check with `stagecopy doctor`, then run `stagecopy {verb}` again"
    where = next((each.where for each in obstacles if each.where), None)
    refused = ProductionError("preflight", "\n".join(lines), hint=hint, where=where)
    if any(each.side == "production" for each in obstacles):
        return refused
    return StagingError(refused.code, refused.message, hint=hint, where=where)


def _schemas(closed: Iterable[str], role: str) -> list[Obstacle]:
    return [
        Obstacle(
            "schema-closed",
            f"this role may not use schema {name}",
            _sql("GRANT USAGE ON SCHEMA {} TO {}", (name,), (role,)),
        )
        for name in sorted(closed)
    ]


def _grants(closed: list[TableAccess], role: str) -> list[Obstacle]:
    by_schema: dict[str, list[TableAccess]] = defaultdict(list)
    for each in closed:
        by_schema[each.schema].append(each)
    found = []
    for schema, tables in by_schema.items():
        if len(tables) > _FEW:
            all_of = _sql("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}", (schema,), (role,))
            found.append(_unreadable(f"{len(tables)} tables of schema {schema}", all_of, f"{schema}.{tables[0].name}"))
            continue
        for each in tables:
            whose = f"table {schema}.{each.name}" + (f" of extension {each.extension}" if each.extension else "")
            way_out = "" if each.extension else f", {_LEAVE_OUT}"
            found.append(_unreadable(whose, _on("TABLE", schema, each.name, role) + way_out, f"{schema}.{each.name}"))
    return found


def _filtered(tables: list[TableAccess], role: str) -> list[Obstacle]:
    if not tables:
        return []
    names = ", ".join(f"{each.schema}.{each.name}" for each in tables[:_FEW])
    more = f" and {len(tables) - _FEW} more" if len(tables) > _FEW else ""
    remedy = _sql("ALTER ROLE {} BYPASSRLS", (role,)) + f", {_LEAVE_OUT}"
    where = f"{tables[0].schema}.{tables[0].name}"
    return [Obstacle("row-security", f"row security hides rows from this role: {names}{more}", remedy, where)]


def _lost(table: TableAccess) -> Obstacle:
    name = f"{table.schema}.{table.name}"
    message = f"{name} is unlogged, and production.url is a standby, which has none of its rows"
    return Obstacle("unlogged-on-standby", message, f"name the primary in production.url, {_LEAVE_OUT}", name)


def _unreadable(what: str, statement: str, where: str) -> Obstacle:
    return Obstacle("not-readable", f"this role cannot read {what}", statement, where)


def _on(kind: str, schema: str, name: str, role: str) -> str:
    return _sql(f"GRANT SELECT ON {kind} {{}} TO {{}}", (schema, name), (role,))


def _sql(template: str, *names: tuple[str, ...]) -> str:
    """A statement to show, its names quoted. It is never run here."""
    return template.format(*(sql.Identifier(*each).as_string(None) for each in names)) + ";"


def _standby(server: ServerFacts) -> tuple[Fidelity, ...]:
    if not server.in_recovery:
        return ()
    message = f"read from a standby (max_standby_streaming_delay = {server.delay})"
    if not server.feedback:
        message += "; with hot_standby_feedback = off a long copy may be cancelled by what the primary removes"
    return (Fidelity("standby", message),)


def _text(catalog: Catalog) -> tuple[Fidelity, ...]:
    if catalog.database.encoding != "SQL_ASCII":
        return ()
    message = (
        "production's encoding is SQL_ASCII: its server never checked any text. Bytes that are not UTF-8 come along"
        " as they are in tables without a mask; in a table with one they stop the refresh, which names the column"
    )
    return (Fidelity("encoding-sql-ascii", message),)
