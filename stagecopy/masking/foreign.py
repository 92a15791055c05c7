"""Foreign keys that staging could not have under these rules, beside what equal masks see to.

Surprising: a generated column is computed anew in staging, out of masked values. It has no mask, so nothing can make it
equal to a key that is masked, nor to one that is kept while what it reads is masked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from stagecopy.masking.columns import ColumnPlan
from stagecopy.masking.matching import Fate
from stagecopy.masking.mistakes import Mistakes
from stagecopy.model.catalog import Catalog, ForeignKey, Table

_NULL = "null"


def check_keys(
    catalog: Catalog, plans: Mapping[int, Iterable[ColumnPlan]], fates: Mapping[int, Fate], mistakes: Mistakes
) -> None:
    """Note every rule that leaves a foreign key without what it needs. *plans*: the columns of each copied table."""
    by_oid = {table.oid: table for table in catalog.tables}
    columns = {oid: {each.column.attnum: each for each in found} for oid, found in plans.items()}
    for table in catalog.tables:
        for key in table.foreign_keys:
            target = by_oid.get(key.target_oid)
            if key.inherited or target is None or fates[table.oid].action == "skip":
                continue
            if fates[target.oid].action == "skip":
                mistakes.add(
                    fates[target.oid].where,
                    f"{target.qualified} is left out, but foreign key {key.name} of {table.qualified} refers to it",
                    "write `rows: none` for both, or skip both",
                )
                continue
            here = columns.get(table.oid, {})
            _full(table, key, here, mistakes)
            _computed(key, (table, here), (target, columns.get(target.oid, {})), mistakes)


def _full(table: Table, key: ForeignKey, plans: Mapping[int, ColumnPlan], mistakes: Mistakes) -> None:
    """MATCH FULL takes all columns NULL or none."""
    emptied = [plans[number] for number in key.attnums if number in plans and plans[number].rule == _NULL]
    if not key.full or len(emptied) in {0, len(key.attnums)}:
        return
    for plan in emptied:
        mistakes.add(
            plan.where,
            f"mask null on {table.qualified}.{plan.column.name} leaves foreign key {key.name} half empty, "
            "which MATCH FULL refuses",
            "mask all of its columns with null, or none",
        )


def _computed(
    key: ForeignKey,
    source: tuple[Table, Mapping[int, ColumnPlan]],
    target: tuple[Table, Mapping[int, ColumnPlan]],
    mistakes: Mistakes,
) -> None:
    for pair in zip(key.attnums, key.target_attnums, strict=True):
        sides = list(zip((source, target), pair, strict=True))
        if not any(number in side[0].computed for side, number in sides):
            continue
        if any(plans[number].rule == _NULL for (_, plans), number in sides if number in plans):
            continue
        for (table, _), plan in _masked(sides):
            mistakes.add(
                plan.where,
                f"mask {plan.rule} on {table.qualified}.{plan.column.name}: foreign key {key.name} refers by a "
                "generated column, which is computed anew and meets no masked key",
                "keep both sides with a reason, or leave the rows of both tables behind: `rows: none`",
            )


def _masked(
    sides: list[tuple[tuple[Table, Mapping[int, ColumnPlan]], int]],
) -> Iterator[tuple[tuple[Table, Mapping[int, ColumnPlan]], ColumnPlan]]:
    """The masked columns of both sides: a side itself, or what it is computed from."""
    for side, number in sides:
        table, plans = side
        for each in table.computed.get(number, (number,)):
            if each in plans and plans[each].masked:
                yield side, plans[each]
