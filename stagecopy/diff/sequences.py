"""Tells how sequences moved, and whether they still run ahead of the columns they feed.

Surprising: a column is asked for its greatest number only where its sequence moved or is nearly used, or its table
changed. The rest stays as it was, and a look at every table would copy it up where clones are overlays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from stagecopy.model.change import NEARLY_USED, SchemaChange, SequenceChange, TableChange
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.diffcatalog import ComparedRelation
from stagecopy.postgres.sequencevalues import Feed, Standing, furthest, read_feeds, read_sequences


def touched(
    tables: Iterable[TableChange], schema: Iterable[SchemaChange], relations: Iterable[ComparedRelation]
) -> set[int]:
    """OIDs of relations whose rows or columns changed, and of the partitioned tables above them."""
    names = {each.name for each in tables if each.touched}
    names |= {each.table for each in schema if each.table and each.kind in ("column", "default")}
    found = [each for each in relations if each.qualified in names]
    return {each.oid for each in found} | {each.root for each in found if each.root is not None}


def sequence_changes(
    before: Connection, after: Connection, pool: ThreadPoolExecutor, touched: Collection[int]
) -> tuple[SequenceChange, ...]:
    """Sequences that moved, came or went, that feed one of *touched* (OIDs of the after side), or are nearly used."""
    other = pool.submit(read_sequences, after)
    try:
        old = read_sequences(before)
    finally:
        other.exception()  # a connection is never left to a running thread
    new = other.result()
    feeds = read_feeds(after)
    found = [SequenceChange(each.name, each.next, None) for oid, each in old.items() if oid not in new]
    for oid, now in new.items():
        was = old.get(oid)
        moved = was is None or was.next != now.next
        fed = [each for each in feeds[oid] if moved or each.relation in touched]
        found += [_fed(before, after, (was, now), each) for each in fed]
        found += [replace(_fed(before, after, (was, now), each), beside=True)
                  for each in feeds[oid] if each not in fed and _nearly_used(now, each)]  # fmt: skip
        if moved and not fed:
            found.append(SequenceChange(now.name, was.next if was else None, now.next, now.increment))
    return tuple(sorted(found, key=lambda each: (each.name, each.column or "")))


def _fed(before: Connection, after: Connection, sides: tuple[Standing | None, Standing], feed: Feed) -> SequenceChange:
    was, now = sides
    rising = now.increment > 0
    change = SequenceChange(
        now.name,
        was.next if was else None,
        now.next,
        now.increment,
        column=feed.name,
        unique=feed.unique,
        greatest=furthest(after, feed, rising=rising),
        limit=_limit(now, feed),
    )
    return replace(change, was_behind=_was_behind(before, was, feed)) if change.behind else change


def _limit(now: Standing, feed: Feed) -> int | None:
    """The last number that sequence and column can hold; None for one that begins anew."""
    if now.limit is None:
        return None
    return min(now.limit, feed.most) if now.increment > 0 else max(now.limit, -feed.most - 1)


def _nearly_used(now: Standing, feed: Feed) -> bool:
    """Whether it is time to say so, by the sequence alone: the column is not asked."""
    limit = _limit(now, feed)
    return limit is not None and limit != 0 and now.next / limit >= NEARLY_USED


def _was_behind(before: Connection, was: Standing | None, feed: Feed) -> bool:
    """Whether the migration found it like that. A column that was another one then, or none, tells nothing."""
    old = next((each for each in read_feeds(before)[was.oid] if each.relation == feed.relation), None) if was else None
    if was is None or old is None:
        return False
    rising = was.increment > 0
    return SequenceChange(was.name, None, was.next, was.increment, greatest=furthest(before, old, rising=rising)).behind
