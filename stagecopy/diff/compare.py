"""The whole difference between two servers that hold physical copies of one cluster."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import psycopg

from stagecopy.diff.catalogs import schema_difference
from stagecopy.diff.matching import RelationPair, Relations, pair_relations
from stagecopy.diff.moves import find_moves, roots_of
from stagecopy.diff.plan import Servers
from stagecopy.diff.proof import Proof, Sides, known_rows, prove
from stagecopy.diff.sequences import sequence_changes, touched
from stagecopy.diff.table import TableComparer, TableResult
from stagecopy.errors import StagingError
from stagecopy.model.change import Difference, TableChange
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.diffcatalog import LARGE_OBJECTS, begin_reading, database_zone, read_relations
from stagecopy.postgres.failures import describe
from stagecopy.staging.wal import WalSource

_log = logging.getLogger(__name__)


@contextmanager
def _failures(doing: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as failure:
        raise StagingError("diff-failed", f"{doing}: {describe(failure)}") from None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the changed clone and its snapshot: the log, row counts by schema.table, masked tables."""

    wal: WalSource | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    masked: Mapping[str, object] = field(default_factory=dict)
    logged_in: str | None = None  # the role that a trial gave a login


@dataclass(frozen=True, slots=True)
class Compared:
    """``everything``: the difference found by reading all rows, if that was asked for; ``proof``: what spared some."""

    found: Difference
    everything: Difference | None
    proof: Proof


def compare(before: Address, after: Address, *, samples: int = 5, known: Known | None = None) -> Difference:
    """Everything that differs in rows, values and schema; *samples* rows of each table are shown.

    Both addresses log in as superuser. With a log, rows in blocks that it does not name are not read. Raises
    StagingError ``diff-failed``, with the table where one cannot be read.
    """
    return compare_both_ways(before, after, samples=samples, known=known or Known()).found


def compare_both_ways(
    before: Address, after: Address, *, samples: int = 5, known: Known, exhaustive: bool = False
) -> Compared:
    """The same, and with *exhaustive* once more by reading all rows, in the same snapshots."""
    with ExitStack() as stack, _failures("comparing"):
        mine = stack.enter_context(connect_staging(before, application_name="stagecopy/diff"))
        other = stack.enter_context(connect_staging(after, application_name="stagecopy/diff"))
        zone = database_zone(mine)
        for connection in (mine, other):
            begin_reading(connection, zone)
        servers = Servers(mine, other, stack.enter_context(ThreadPoolExecutor(1, "diff")))
        old, new = _relations(servers)  # the snapshots begin here, so the log's end is taken after it
        pairs = pair_relations(old, new)
        proof = prove(Sides(mine, other, after), known.wal, old)
        rows = known_rows(known.rows, known.masked, old)
        # Rows before anything else: a broken table is named here.
        changes = _tables(servers, pairs, samples=samples, proof=proof, rows=rows)
        schema = schema_difference(mine, other, servers.pool, logged_in=known.logged_in)
        sequences = sequence_changes(mine, other, servers.pool, touched(changes, schema, new.values()))
        all_read = Proof(nothing="asked for")
        everything = _tables(servers, pairs, samples=samples, proof=all_read, rows={}) if exhaustive else None
    found = Difference(_sorted(changes), schema, sequences, all_full=proof.nothing)
    return Compared(found, None if everything is None else Difference(_sorted(everything), schema), proof)


def _sorted(changes: Iterable[TableChange]) -> tuple[TableChange, ...]:
    return tuple(sorted(changes, key=lambda change: (change.name, change.change or "")))


def _relations(servers: Servers) -> tuple[Relations, Relations]:
    other = servers.pool.submit(read_relations, servers.after)
    return read_relations(servers.before), other.result()


def _is_told(result: TableResult) -> bool:
    """Large objects are told of only when they changed: they are no table of the user's."""
    return result.pair.shown.oid not in LARGE_OBJECTS or result.change.touched


def _tables(
    servers: Servers, pairs: list[RelationPair], *, samples: int, proof: Proof, rows: Mapping[int, int]
) -> list[TableChange]:
    comparer = TableComparer(servers, samples, proof, rows)
    results = [result for pair in pairs if (result := comparer.compare(pair)) is not None and _is_told(result)]
    find_moves(results, roots_of(pairs), servers)
    for each in results:
        if each.change.method != "untouched" and each.change.because:
            _log.debug("%s: %s, because %s", each.change.name, each.change.method, each.change.because)
    return [comparer.finished(each) for each in results]
