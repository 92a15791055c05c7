"""Rules about what a migration costs the server beside time: planner statistics, disk, room in the lock table."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.findings import Finding
from stagecopy.model.wording import counted, quoted
from stagecopy.safety.evidence import Evidence

_ROWS = 1000  # below that any plan will do
_MUCH, _SHARE = 100_000_000, 0.25  # so many bytes, and so large a part of the database, are worth a word
_NEAR = 0.5  # of the lock table
_WHOLE = "migration"


def statistics_lost(evidence: Evidence) -> Iterator[Finding]:
    """``statistics-lost``: the planner knew how a column's values are spread, and guesses from now on.

    Surprising: autovacuum does not help. It counts changed rows, and a new type changes none.
    """
    rows = _rows(evidence)
    for table, columns in evidence.effects.forgotten.items():
        if rows.get(table, 0) < _ROWS:
            continue
        name = quoted(*table.split(".", 1))
        several = len(columns) > 1
        which = ", ".join(quoted(each) for each in columns)
        message = f"the planner's statistics of column{'s' if several else ''} {which} of {name} are gone, and "
        message += f"autovacuum does not bring them back: queries of {counted(rows[table], 'row')} may get other plans"
        yield Finding("statistics-lost", "warn", table, message, f"end the migration with ANALYZE {name}")


def statistics_missing(evidence: Evidence) -> Iterator[Finding]:
    """``statistics-missing``: a new table with rows, of which the planner knows nothing yet."""
    rows = _rows(evidence)
    for table in sorted(evidence.effects.unknown):
        if rows.get(table, 0) < _ROWS:
            continue
        name = quoted(*table.split(".", 1))
        message = f"{name} is new, has {counted(rows[table], 'row')}, and the planner knows nothing of them until "
        message += "autovacuum comes by"
        yield Finding("statistics-missing", "info", table, message, f"end the migration with ANALYZE {name}")


def peak_disk(evidence: Evidence) -> Iterator[Finding]:
    """``peak-disk``: old and new files of what is rewritten stand side by side; SQL cannot ask what is free."""
    costs = evidence.run.costs
    peak, size = costs.peak_disk_bytes, costs.database_bytes
    if peak is None or not size or peak < _MUCH or peak < _SHARE * size:
        return
    message = f"at its worst moment the migration takes {_megabytes(peak)} more than before, which is "
    message += f"{100 * peak / size:.0f} % of the database's {_megabytes(size)}"
    if evidence.run.wal_bytes:
        message += f"; the log of {_megabytes(evidence.run.wal_bytes)} comes on top"
    remedy = "compare it with what is free on production's disk, which no query can tell, and on each standby's"
    yield Finding("peak-disk", "warn", _WHOLE, message, remedy)


def lock_table(evidence: Evidence) -> Iterator[Finding]:
    """``lock-table``: one transaction takes so many locks that production may have no room for others'."""
    costs = evidence.run.costs
    held, slots = costs.locks, costs.lock_slots
    if held is None or not slots or held <= _NEAR * slots:
        return
    message = f"one transaction holds {held:,} locks at a time; production's lock table is sure to hold {slots:,} of "
    message += "all sessions together: when it is full, the application's own transactions fail"
    remedy = "raise max_locks_per_transaction and restart production first, or commit after a part of the relations"
    yield Finding("lock-table", "error" if held > slots else "warn", _WHOLE, message, remedy)


def narrow_reference(evidence: Evidence) -> Iterator[Finding]:
    """``narrow-reference``: a column refers to one whose numbers it cannot hold for ever."""
    for each in evidence.effects.narrow:
        child, parent = (name.split(".", 1) for name in (each.child, each.parent))
        column, key = quoted(*child, each.column), quoted(*parent, each.parent_column)
        message = f"{column} is {each.type}, and {key}, which it refers to, is {each.parent_type}: the first number "
        message += f"beyond {each.type} cannot be referred to"
        remedy = f"make {column} {each.parent_type} too, while the table is small"
        yield Finding("narrow-reference", "warn", f"{each.child}.{each.column}", message, remedy)


def _rows(evidence: Evidence) -> dict[str, int]:
    return {table.name: table.rows_after or 0 for table in evidence.difference.tables}


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"
