"""Which partitions cannot be loaded directly: a mask that changes the partition key moves rows to other partitions."""

from __future__ import annotations

from stagecopy.masking.plan import MaskPlan
from stagecopy.model.catalog import Catalog, Table


def routed(catalog: Catalog, plan: MaskPlan) -> dict[int, Table]:
    """Leaves whose partition key is masked, with the root that routes their rows."""
    found = {}
    for each in plan.tables.values():
        root = catalog.root_of(each.table)
        if root is not each.table and _partition_keys(catalog, each.table) & set(each.masked):
            found[each.table.oid] = root
    return found


def _partition_keys(catalog: Catalog, table: Table) -> set[str]:
    keys: set[str] = set()
    parent = catalog.table(table.parent_oid) if table.parent_oid else None
    while parent is not None:
        everything = {column.name for column in parent.columns} if parent.partition_by_expression else set()
        keys |= set(parent.partition_key) | everything
        parent = catalog.table(parent.parent_oid) if parent.parent_oid else None
    return keys
