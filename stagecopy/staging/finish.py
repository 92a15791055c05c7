"""The last steps on a loaded database: sequences, statistics, and proof that every row arrived."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from stagecopy.errors import StagingError
from stagecopy.model.catalog import Catalog, Table
from stagecopy.postgres.connect import Connection
from stagecopy.staging.load import Loaded

_SEQUENCES = """
SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'S'
"""


def set_sequences(connection: Connection, catalog: Catalog) -> None:
    """Sequences stand where production's stood when its rows were read."""
    known = set(connection.execute(_SEQUENCES))
    for sequence in catalog.sequences:
        if sequence.last_value is None or (sequence.schema, sequence.name) not in known:
            continue
        name = sql.Identifier(sequence.schema, sequence.name).as_string(None)
        connection.execute(
            "SELECT pg_catalog.setval(%s::regclass, %s, %s)", (name, sequence.last_value, sequence.is_called)
        )


def settle(connection: Connection) -> None:
    """Freeze and analyze everything, so that later reads write nothing and plans are real."""
    connection.execute("VACUUM (FREEZE, ANALYZE)")


def verify_counts(connection: Connection, loaded: list[Loaded], through: Mapping[int, Table]) -> None:
    """Count what staging holds and compare with what arrived; routed leaves are counted at their parent.

    Raises StagingError ``rows-missing``.
    """
    expected: dict[Table, int] = {}
    for each in loaded:
        holder = through.get(each.table.oid, each.table)
        expected[holder] = expected.get(holder, 0) + each.rows
    for table, rows in expected.items():
        only = sql.SQL("ONLY ") if table.kind == "r" else sql.SQL("")
        query = sql.SQL("SELECT count(*) FROM {}{}").format(only, sql.Identifier(table.schema, table.name))
        row = connection.execute(query).fetchone()
        if row is None or row[0] != rows:
            found = row[0] if row else 0
            raise StagingError(
                "rows-missing", f"{rows} rows were copied but staging holds {found}", where=table.qualified
            )
