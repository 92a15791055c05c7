"""Large objects: how many there are, how long they are, and what is in them.

Surprising: pg_largeobject itself is a superuser's to read, so each object is asked through the functions that check
its own grants; a refusal is an error, never fewer objects. An object that was made and never written to has no page
and counts all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

WINDOW, OVERLAP = 1 << 20, 8 << 10  # bytes searched at a time
_AT_ONCE = 16  # windows, each up to four times as long once its bytes are escaped


def measured(connection: Connection) -> tuple[int, int]:
    """How many there are, and their bytes. All of them must be readable."""
    count, size = connection.execute(statement("large_object_sizes")).fetchall()[0]
    return int(count), int(size)


def contents(connection: Connection) -> Iterator[list[tuple[int, str]]]:
    """OIDs and bytes as escaped text; of a long object windows that overlap. Needs an open transaction."""
    length = WINDOW + OVERLAP
    long: list[int] = []
    with connection.cursor("large_objects") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(statement("large_object_beginnings"), {"length": length})
        while rows := cursor.fetchmany(_AT_ONCE):
            long += [oid for oid, _, full in rows if full]
            yield [(oid, body) for oid, body, _ in rows]
    for oid in long:
        start, full = WINDOW, True
        while full:
            window = {"oid": oid, "start": start, "length": length}
            body, full = connection.execute(statement("large_object_window"), window).fetchall()[0]
            yield [(oid, body)]
            start += WINDOW
