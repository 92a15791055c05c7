"""Values of columns that only one side has: those that went with a dropped column, those that came with a new one."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from stagecopy.diff.parts import Reading
from stagecopy.diff.plan import Servers, TablePlan
from stagecopy.diff.rows import RowEffect
from stagecopy.model.change import ColumnChange
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.diffcatalog import ComparedColumn, ComparedRelation
from stagecopy.postgres.diffrows import filled, part_of, source_of
from stagecopy.postgres.storage import Layout
from stagecopy.postgres.valueforms import reference

_COUNTED_AT_ONCE = 1_000  # a query has at most 1,664 columns


def count_values(
    connection: Connection,
    relation: ComparedRelation,
    columns: Sequence[ComparedColumn],
    part: sql.Composable | None = None,
) -> tuple[int, dict[str, int]]:
    """Rows of a relation (or of a *part* of it), and values in each of *columns*."""
    source = part or source_of(relation.schema, relation.name, with_partitions=relation.kind == "p")
    rows, counts = 0, dict[str, int]()
    for start in range(0, max(1, len(columns)), _COUNTED_AT_ONCE):
        some = columns[start : start + _COUNTED_AT_ONCE]
        rows, *values = filled(connection, source, [reference(column) for column in some])
        counts.update(zip((column.name for column in some), values, strict=True))
    return rows, counts


def dropped_columns(servers: Servers, plan: TablePlan, effect: RowEffect) -> dict[str, ColumnChange]:
    """Columns that are gone, with the values they held in rows that stay.

    In all rows where no key tells which stay, and in a partition, whose rows may have moved to another one.
    """
    if not plan.match.dropped or plan.pair.before is None:
        return {}
    _, held = count_values(servers.before, plan.pair.before, plan.match.dropped)
    certain = plan.key is not None and plan.pair.before.root is None
    gone = effect.filled_in_removed if certain else [0] * len(plan.match.dropped)
    return {
        each.name: ColumnChange(lost=held[each.name] - with_their_row, type_from=each.type)
        for each, with_their_row in zip(plan.match.dropped, gone, strict=True)
    }


def added_columns(
    servers: Servers, plan: TablePlan, effect: RowEffect, found: tuple[Reading, Layout | None]
) -> dict[str, ColumnChange]:
    """Columns that are new, with their values in rows that are not (in all rows where no key tells which)."""
    if not plan.match.added or plan.pair.after is None:
        return {}
    reading, layout = found
    if reading.decision.method == "full" or layout is None:
        _, values = count_values(servers.after, plan.pair.after, plan.match.added)
    else:
        values = _without_reading(servers.after, plan, effect, (reading, layout))
    new = [0] * len(plan.match.added) if plan.key is None else effect.filled_in_added
    return {
        each.name: ColumnChange(null_to_value=values[each.name] - filled_in_new, type_to=each.type)
        for each, filled_in_new in zip(plan.match.added, new, strict=True)
    }


def _without_reading(
    connection: Connection, plan: TablePlan, effect: RowEffect, found: tuple[Reading, Layout]
) -> dict[str, int]:
    """Values in touched blocks; in all others a row has what the catalog says that older rows have."""
    reading, layout = found
    relation = plan.pair.after
    assert relation is not None  # noqa: S101 - the caller's contract
    facts = {each.name: layout.facts_of(relation.oid, each.attnum) for each in plan.match.added}
    made = [each for each in plan.match.added if facts[each.name].virtual is not None]
    values = count_values(connection, relation, made)[1] if made else {}
    stored = [each for each in plan.match.added if facts[each.name].virtual is None]
    read, counted = 0, dict.fromkeys((each.name for each in stored), 0)
    if reading.decision.runs.runs:
        part = part_of(reading.parts[0].after.source, reading.decision.runs.runs)
        read, counted = count_values(connection, relation, stored, part)
    older = effect.rows_after - read
    for each in stored:
        values[each.name] = counted[each.name] + (older if facts[each.name].missing is not None else 0)
    return values
