"""Tells how the schema differs, object by object.

Objects are matched by OID, so a rename is one line. What is left is matched by name within its table, because a type
change gives an index a new OID without changing it. A table made anew under an old name is compared by name only:
what the new one lacks is listed as dropped. Parts of tables that came or went as a whole are not repeated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from stagecopy.model.change import SchemaChange
from stagecopy.postgres.diffcatalog import SchemaObject

Pair = tuple[SchemaObject | None, SchemaObject | None]
_RELATIONS = ("table", "view", "matview", "sequence")
_NAMED = (*_RELATIONS, "column", "index", "constraint", "trigger", "policy", "function", "enum")


def schema_changes(before: Sequence[SchemaObject], after: Sequence[SchemaObject]) -> tuple[SchemaChange, ...]:
    """All differences, by table, kind and name."""
    heads_before, parts_before = _split(before)
    heads_after, parts_after = _split(after)
    found = list(_heads(heads_before, heads_after))
    replaced = _replaced(heads_before, heads_after)
    survivors = {oid: oid for oid in _relations(heads_before) if oid in _relations(heads_after)}
    swapped = set(replaced) & set(survivors)
    for old, new in survivors.items():
        found += _matched(parts_before[old], parts_after[new], by_oid=True, swapped=swapped)
    for old, new in replaced.items():
        found += _matched(parts_before[old], parts_after[new], by_oid=False, swapped=set())
    return tuple(sorted(found, key=lambda each: (each.table or each.name, each.kind, each.name, each.change)))


def _split(objects: Iterable[SchemaObject]) -> tuple[list[SchemaObject], dict[int, list[SchemaObject]]]:
    """Objects of their own, and the parts of each relation."""
    heads: list[SchemaObject] = []
    parts: dict[int, list[SchemaObject]] = defaultdict(list)
    for each in objects:
        if each.kind in _RELATIONS or each.relation is None:
            heads.append(each)
        else:
            parts[each.relation].append(each)
    return heads, parts


def _relations(heads: Iterable[SchemaObject]) -> dict[int, SchemaObject]:
    return {each.oid: each for each in heads if each.kind in _RELATIONS}


def _replaced(before: Iterable[SchemaObject], after: Iterable[SchemaObject]) -> dict[int, int]:
    """New relations under the name (and of the kind) of an old one: old OID to new OID."""
    old_by_name = {(each.kind, each.place): each.oid for each in _relations(before).values()}
    old = _relations(before)
    return {
        old_by_name[each.kind, each.place]: oid
        for oid, each in _relations(after).items()
        if oid not in old and (each.kind, each.place) in old_by_name
    }


def _paired(
    before: Iterable[SchemaObject], after: Iterable[SchemaObject], key: Callable[[SchemaObject], Hashable]
) -> tuple[list[Pair], list[SchemaObject], list[SchemaObject]]:
    left = {key(each): each for each in after}
    pairs: list[Pair] = []
    alone: list[SchemaObject] = []
    for each in before:
        partner = left.pop(key(each), None)
        if partner is None:
            alone.append(each)
        else:
            pairs.append((each, partner))
    return pairs, alone, list(left.values())


def _heads(before: list[SchemaObject], after: list[SchemaObject]) -> Iterator[SchemaChange]:
    """Relations, functions, enum labels. A name that is taken over by a new relation counts as still there."""
    pairs, gone, come = _paired(before, after, lambda each: (each.kind, each.oid))
    for mine, other in pairs:
        yield from _told(mine, other, by_number=True)
    # A name whose old bearer was renamed away is taken over too: compare with what bore it.
    moved = [mine for mine, other in pairs if mine and other and mine.qualified != other.qualified]
    again, gone_still, _ = _paired([*gone, *moved], come, lambda each: (each.kind, each.qualified))
    for mine, other in again:
        yield from _told(mine, other, by_number=False)
    taken = {other for _, other in again}
    for each in gone_still:
        if each not in moved:
            yield from _told(each, None)
    for each in come:
        if each not in taken:
            yield from _told(None, each)


def _matched(
    before: Sequence[SchemaObject], after: Sequence[SchemaObject], *, by_oid: bool, swapped: set[int]
) -> Iterator[SchemaChange]:
    """Parts of one relation."""
    pairs: list[Pair] = []
    gone, come = list(before), list(after)
    if by_oid:
        pairs, gone, come = _paired(before, after, lambda each: (each.kind, each.oid, each.sub))
    for mine, other in pairs:
        points_elsewhere = mine is not None and mine.target in swapped
        yield from _told(mine, other, by_number=not points_elsewhere)
    again, gone, come = _paired(gone, come, lambda each: (each.kind, each.name))
    for mine, other in again:
        yield from _told(mine, other, by_number=False)
    for each in gone:
        twin = next((other for other in come if _shape(other) == _shape(each)), None)
        if twin is None:
            yield from _told(each, None)
        else:
            come.remove(twin)
            yield SchemaChange(each.kind, "renamed", twin.qualified, each.qualified, twin.qualified, twin.place)
    for each in come:
        yield from _told(None, each)


def _shape(part: SchemaObject) -> Hashable:
    """What an index or constraint is but for its own name: made again under another one, it is renamed."""
    if part.kind == "constraint":
        return part.kind, part.definition
    head, found, rest = part.definition.partition(" ON ")
    if part.kind == "index" and found:
        return part.kind, head.startswith("CREATE UNIQUE"), rest
    return part.kind, part.oid, part.sub, part.name


def _told(
    before: SchemaObject | None, after: SchemaObject | None, *, by_number: bool = False
) -> Iterator[SchemaChange]:
    """Nothing, or a line for the new name and one for the new definition."""
    shown = after or before
    if shown is None:
        return
    kind = "matview" if shown.kind == "populated" else shown.kind
    table = shown.place if shown.relation is not None else None
    if before is None or after is None:
        if shown.kind != "populated":
            mine, other = (each.definition if each else None for each in (before, after))
            yield SchemaChange(kind, "dropped" if before else "added", shown.qualified, mine, other, table)
        return
    placed_anew = before.place != after.place and shown.kind in (*_RELATIONS, "function")
    if shown.kind in _NAMED and (placed_anew or before.name != after.name):
        yield SchemaChange(kind, "renamed", after.qualified, before.qualified, after.qualified, table)
    differs = before.definition != after.definition
    if shown.kind != "enum" and differs and not (by_number and before.fingerprint == after.fingerprint):
        yield SchemaChange(kind, "changed", after.qualified, before.definition, after.definition, table)
