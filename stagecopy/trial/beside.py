"""What is watched beside a run from other sessions, and what it comes to: locks, disk, rewrites, temporary files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg

from stagecopy.model.costs import RunCosts
from stagecopy.model.effects import Effects
from stagecopy.model.migration import MigrationRun, StatementRun
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.costs import table_sizes
from stagecopy.trial.disk import DiskWatch
from stagecopy.trial.locks import LockWatch

# What cannot give a table another file. All else may, a SELECT too, by what its functions do.
_NEVER = (
    *("INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "TRUNCATE TABLE", "BEGIN", "START", "COMMIT", "ROLLBACK"),
    *("SAVEPOINT", "RELEASE", "SET", "SHOW", "RESET", "LOCK", "DISCARD", "PREPARE", "DEALLOCATE", "CLOSE", "COMMENT"),
    *("GRANT", "REVOKE", "CREATE INDEX", "CREATE TABLE", "DROP", "LISTEN", "UNLISTEN", "NOTIFY", "ANALYZE"),
)


@dataclass(frozen=True, slots=True)
class Beside:
    """The watches of one run."""

    observer: Connection
    locks: LockWatch
    disk: DiskWatch

    def told(self, run: MigrationRun, effects: Effects, *, lock_slots: int | None) -> MigrationRun:
        """*run* with its locks and costs, when the watch is over."""
        statements = rewriting(run.statements, effects)
        costs = RunCosts(
            rewrites=_together(statements),
            temp_bytes=effects.temp_bytes,
            database_bytes=self.disk.before,
            peak_disk_bytes=self._peak(statements),
            locks=self.locks.most,
            lock_slots=lock_slots,
        )
        return replace(run, statements=statements, locks=self.locks.told(statements), costs=costs)

    def _peak(self, statements: Sequence[StatementRun]) -> int | None:
        """What was seen; at least what the new files of a rewrite take, which may be over between two looks."""
        seen = self.disk.peak
        names = {name for each in statements for name in each.costs.rewrites or ()}
        if seen is None or not names:
            return seen
        try:
            sizes = table_sizes(self.observer, names)
        except psycopg.Error:
            return seen
        return max(seen, *(sum(sizes.get(name, 0) for name in each.costs.rewrites or ()) for each in statements))


@contextmanager
def watched(after: Address, observer: Connection) -> Iterator[Beside]:
    """Watch the clone while the block lasts; *observer* is a session of ours."""
    with LockWatch(after, besides=[observer.info.backend_pid]) as locks, DiskWatch(after) as disk:
        yield Beside(observer, locks, disk)


def rewriting(statements: Sequence[StatementRun], effects: Effects) -> tuple[StatementRun, ...]:
    """*statements* with rewrites that were not told of each: by the tables that were copied while the run lasted."""
    silent = [each for each in statements if each.costs.rewrites is None and each.tag]
    if not effects.observed or not silent:
        return tuple(statements)
    told = {name for each in statements for name in each.costs.rewrites or ()}
    left = tuple(sorted(effects.copied - told))
    able = [each for each in silent if not each.tag.startswith(_NEVER)]
    known: dict[int, tuple[str, ...]] = {each.n: () for each in silent if each not in able}
    if not any(each.tag == "ROLLBACK" for each in statements):  # what was undone leaves no trace
        if not left:
            known |= {each.n: () for each in able}
        elif len(able) == 1 and not any(_empties(each, left) for each in statements):
            known |= {able[0].n: left}
    return tuple(
        replace(each, costs=replace(each.costs, rewrites=known[each.n])) if each.n in known else each
        for each in statements
    )


def _empties(statement: StatementRun, tables: Sequence[str]) -> bool:
    """Whether it is a TRUNCATE that may be of one of *tables*."""
    text = statement.sql.lower()
    return statement.tag == "TRUNCATE TABLE" and any(name.partition(".")[2].lower() in text for name in tables)


def _together(statements: Sequence[StatementRun]) -> tuple[str, ...] | None:
    found = [each.costs.rewrites for each in statements if each.tag]
    names = {name for each in found if each is not None for name in each}
    return None if None in found else tuple(sorted(names))
