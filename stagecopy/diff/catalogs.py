"""Brings the schemas of both sides together: only the shares of them that differ are read and compared."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from stagecopy.diff.schema import schema_changes
from stagecopy.model.change import SchemaChange
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.schemaobjects import object_digests, read_objects

T = TypeVar("T")


def schema_difference(
    before: Connection, after: Connection, pool: ThreadPoolExecutor, *, logged_in: str | None = None
) -> tuple[SchemaChange, ...]:
    """All differences of the schema. *logged_in* is the role a trial gave a login, which is no difference."""

    def both(work: Callable[[Connection], T]) -> tuple[T, T]:
        other = pool.submit(work, after)
        try:
            mine = work(before)
        finally:
            other.exception()  # a connection is never left to a running thread
        return mine, other.result()

    seed = secrets.randbits(62)
    mine, other = both(lambda side: object_digests(side, seed))
    differing = {
        share for kind, share in mine.keys() | other.keys() if mine.get((kind, share)) != other.get((kind, share))
    }
    objects = both(lambda side: read_objects(side, differing))
    return schema_changes(*objects, logged_in=logged_in)
