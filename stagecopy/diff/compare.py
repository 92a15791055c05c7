"""The whole difference between two servers that hold physical copies of one cluster."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import psycopg

from stagecopy.diff.matching import RelationPair, Relations, pair_relations
from stagecopy.diff.moves import find_moves, roots_of
from stagecopy.diff.plan import Servers
from stagecopy.diff.schema import schema_changes
from stagecopy.diff.table import TableComparer
from stagecopy.errors import StagingError
from stagecopy.model.change import Difference, SchemaChange, TableChange
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.diffcatalog import begin_reading, database_zone, read_objects, read_relations
from stagecopy.postgres.failures import describe


@contextmanager
def _failures(doing: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as failure:
        raise StagingError("diff-failed", f"{doing}: {describe(failure)}") from None


def compare(before: Address, after: Address, *, samples: int = 5) -> Difference:
    """Everything that differs in rows, values and schema; *samples* rows of each table are shown.

    Both addresses log in as superuser. Raises StagingError ``diff-failed``, with the table where one cannot be read.
    """
    with ExitStack() as stack, _failures("comparing"):
        mine = stack.enter_context(connect_staging(before, application_name="stagecopy/diff"))
        other = stack.enter_context(connect_staging(after, application_name="stagecopy/diff"))
        zone = database_zone(mine)
        for connection in (mine, other):
            begin_reading(connection, zone)
        servers = Servers(mine, other, stack.enter_context(ThreadPoolExecutor(1, "diff")))
        pairs = pair_relations(*_relations(servers))
        changes = _tables(servers, pairs, samples)  # first: a table that is locked or broken is named here
        schema = _schema(servers)
    return Difference(tuple(sorted(changes, key=lambda change: (change.name, change.change or ""))), schema)


def _relations(servers: Servers) -> tuple[Relations, Relations]:
    other = servers.pool.submit(read_relations, servers.after)
    return read_relations(servers.before), other.result()


def _schema(servers: Servers) -> tuple[SchemaChange, ...]:
    other = servers.pool.submit(read_objects, servers.after)
    return schema_changes(read_objects(servers.before), other.result())


def _tables(servers: Servers, pairs: list[RelationPair], samples: int) -> list[TableChange]:
    comparer = TableComparer(servers, samples)
    results = [result for pair in pairs if (result := comparer.compare(pair)) is not None]
    find_moves(results, roots_of(pairs), servers)
    return [comparer.finished(each) for each in results]
