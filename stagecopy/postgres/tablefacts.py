"""Tables as they would have to be made again: what a rescue reads of both sides of a trial."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One table; the lists hold what rescue_tables.sql builds, ``parent`` and ``bound`` are those of a partition."""

    oid: int
    schema: str
    name: str
    kind: str
    persistence: str
    bytes: int
    divided: str | None
    parent: int | None
    bound: str | None
    columns: tuple[dict[str, Any], ...]
    constraints: tuple[dict[str, Any], ...]
    pointing: tuple[dict[str, Any], ...]
    indexes: tuple[str, ...]
    triggers: tuple[dict[str, Any], ...]
    sequences: tuple[dict[str, Any], ...]

    def column(self, number: int) -> dict[str, Any]:
        """The column of that number."""
        return next(each for each in self.columns if each["number"] == number)


def read_facts(connection: Connection, oids: Collection[int]) -> dict[int, TableFacts]:
    """Facts of the tables that are there, by OID, and of the tables they are partitions of."""
    found: dict[int, TableFacts] = {}
    wanted = set(oids)
    while wanted:
        rows = connection.execute(statement("rescue_tables"), {"tables": sorted(wanted)}).fetchall()
        read = [TableFacts(*row[:9], *map(tuple, row[9:])) for row in rows]
        found |= {each.oid: each for each in read}
        wanted = {each.parent for each in read if each.parent is not None} - found.keys()
    return found
