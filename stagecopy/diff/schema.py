"""Tells how the schema differs, object by object.

Objects are matched by OID, so a rename is one line. What is left is matched by name within its table, because a type
change gives an index a new OID without changing it. A table made anew under an old name is compared by name only:
what the new one lacks is listed as dropped. Parts of things that came or went as a whole are not repeated, nor is the
new name of a schema for all that lies in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from stagecopy.model.change import SchemaChange
from stagecopy.postgres.diffcatalog import WHOLE_KINDS, SchemaObject

Pair = tuple[SchemaObject, SchemaObject]
Objects = list[SchemaObject]
_RELATIONS = ("table", "view", "matview", "sequence")
_NAMED_PARTS = ("column", "index", "constraint", "trigger", "policy", "label", "rule", "statistics")
_HEIRLOOMS = ("column", "default", "constraint", "trigger")  # come from a parent to partitions and heirs
_BY_PARTS = ("enum", "label")  # a label is its name; an enum is its labels
_HIDDEN = ("server", "system_setting", "password")  # may differ in what is not shown
# Kinds of the interface are few: what is no kind of its own there is told as the nearest one.
_SHOWN = {
    "populated": "matview",
    "label": "enum",
    "statistics": "index",
    "rule": "trigger",
    "event_trigger": "trigger",
    "collation": "domain",
    "cast": "function",
    "language": "extension",
    "owner": "grant",
    "membership": "grant",
    "parameter_grant": "grant",
    "login": "role",
    "password": "role",
    "database": "setting",
    "schema": "setting",
    "server": "setting",
    "publication": "setting",
    "published_schema": "setting",
    "subscription": "setting",
    "text_search": "setting",
    "system_setting": "setting",
}


def schema_changes(
    before: Sequence[SchemaObject], after: Sequence[SchemaObject], *, logged_in: str | None = None
) -> tuple[SchemaChange, ...]:
    """All differences, by table, kind and name. That the role *logged_in* may log in is none of them."""
    known = {_number(each) for each in (*before, *after) if _is_whole(each)}
    wholes_before, parts_before = _split(before, known)
    wholes_after, parts_after = _split(after, known)
    found = list(_wholes(wholes_before, wholes_after))
    replaced = _replaced(wholes_before, wholes_after)
    there = {_number(each) for each in wholes_after}
    survivors = [number for each in wholes_before if (number := _number(each)) in there]
    swapped = set(replaced) & set(survivors)
    for number in survivors:
        found += _matched(parts_before[number], parts_after[number], by_oid=True, swapped=swapped)
    for old, new in replaced.items():
        found += _matched(parts_before[old], parts_after[new], by_oid=False, swapped=set())
    moved = [each for each in _schemas_renamed(wholes_before, wholes_after) if each[0] != each[1]]
    inherited = _Inherited(wholes_before, wholes_after, found)
    told = [
        each
        for each in found
        if not (_is_moved(each, moved) or _is_login(each, logged_in) or inherited.is_told_above(each))
    ]
    return tuple(sorted(told, key=lambda each: (each.table or each.name, each.kind, each.name, each.change)))


class _Inherited:
    """Knows the parent of each partition and heir: what changes there and here is told there."""

    def __init__(self, before: Objects, after: Objects, found: Iterable[SchemaChange]) -> None:
        tables = {each.oid: each for side in (before, after) for each in side if each.kind == "table"}
        self._parents = {
            each.place: tables[each.target].place for each in tables.values() if each.target and each.target in tables
        }
        self._told = {self._key(each, each.table) for each in found}

    def is_told_above(self, change: SchemaChange) -> bool:
        """Whether the table's parent has the same line."""
        parent = self._parents.get(change.table or "")
        return parent is not None and change.kind in _HEIRLOOMS and self._key(change, parent) in self._told

    def _key(self, change: SchemaChange, table: str | None) -> Hashable:
        """The line without the name of the table it is about: a trigger's definition holds it too."""
        own = f"{change.table}"
        name = change.name.removeprefix(f"{own}.")
        if change.change == "renamed":
            return change.kind, change.change, table, name, (change.before or "").removeprefix(f"{own}.")
        texts = [text and text.replace(f" ON {own} ", " ") for text in (change.before, change.after)]
        return change.kind, change.change, table, name, *texts


def _number(each: SchemaObject) -> int:
    return each.oid if each.relation is None else each.relation


def _is_whole(each: SchemaObject) -> bool:
    return each.kind in WHOLE_KINDS and each.relation in (None, each.oid)


def _split(objects: Iterable[SchemaObject], known: set[int]) -> tuple[Objects, dict[int, Objects]]:
    """Things of their own, and the parts of each. What is part of nothing known stands on its own."""
    wholes: Objects = []
    parts: dict[int, Objects] = defaultdict(list)
    for each in objects:
        if _is_whole(each) or each.relation is None or each.relation not in known:
            wholes.append(each)
        else:
            parts[each.relation].append(each)
    return wholes, parts


def _replaced(before: Iterable[SchemaObject], after: Iterable[SchemaObject]) -> dict[int, int]:
    """New things under the name (and of the kind) of an old one: old number to new number."""
    old = {_number(each): each for each in before if _is_whole(each)}
    by_name = {(each.kind, each.place): number for number, each in old.items()}
    return {
        by_name[each.kind, each.place]: _number(each)
        for each in after
        if _is_whole(each) and _number(each) not in old and (each.kind, each.place) in by_name
    }


def _schemas_renamed(before: Iterable[SchemaObject], after: Iterable[SchemaObject]) -> Iterator[tuple[str, str]]:
    names = {each.oid: each.place for each in before if each.kind == "schema"}
    return ((names[each.oid], each.place) for each in after if each.kind == "schema" and each.oid in names)


def _is_moved(change: SchemaChange, schemas: Iterable[tuple[str, str]]) -> bool:
    """Whether the new name is only that of the schema around it."""
    old = change.before or ""
    return change.change == "renamed" and any(
        old.startswith(f"{mine}.") and change.name == f"{other}{old.removeprefix(mine)}" for mine, other in schemas
    )


def _is_login(change: SchemaChange, role: str | None) -> bool:
    """Whether this tells of the login, or the password, that the trial gave its role."""
    words = (change.before or "").split(" ", 1)
    return change.kind == "role" and change.name == role and words[0] in ("LOGIN", "NOLOGIN", "a", "no")


def _paired(
    before: Iterable[SchemaObject], after: Iterable[SchemaObject], key: Callable[[SchemaObject], Hashable]
) -> tuple[list[Pair], Objects, Objects]:
    left: dict[Hashable, Objects] = defaultdict(list)
    for each in after:
        left[key(each)].append(each)
    pairs: list[Pair] = []
    alone: Objects = []
    for each in before:
        partners = left[key(each)]
        if partners:
            pairs.append((each, partners.pop(0)))
        else:
            alone.append(each)
    return pairs, alone, [each for rest in left.values() for each in rest]


def _by_number(each: SchemaObject) -> Hashable:
    return each.kind, each.oid, each.sub


def _wholes(before: Objects, after: Objects) -> Iterator[SchemaChange]:
    """Relations, functions, types. A name that is taken over by a new relation counts as still there."""
    pairs, gone, come = _paired(before, after, _by_number)
    for mine, other in pairs:
        yield from _told(mine, other, by_number=True)
    # A name whose old bearer was renamed away is taken over too: compare with what bore it.
    moved = [mine for mine, other in pairs if mine.qualified != other.qualified]
    again, gone_still, new = _paired([*gone, *moved], come, lambda each: (each.kind, each.qualified))
    for mine, other in again:
        yield from _told(mine, other)
    yield from (_line(each, None) for each in _without_counters(gone_still) if each not in moved)
    yield from (_line(None, each) for each in _without_counters(new))


def _without_counters(alone: Objects) -> Objects:
    """Without the sequences that came or went with the table they count for: the table's line is enough."""
    tables = {each.oid for each in alone if each.kind == "table"}
    return [each for each in alone if each.kind != "sequence" or each.target not in tables]


def _matched(before: Objects, after: Objects, *, by_oid: bool, swapped: set[int]) -> Iterator[SchemaChange]:
    """Parts of one thing."""
    pairs: list[Pair] = []
    gone, come = list(before), list(after)
    if by_oid:
        pairs, gone, come = _paired(before, after, _by_number)
    for mine, other in pairs:
        yield from _told(mine, other, by_number=mine.target not in swapped)
    again, gone, come = _paired(gone, come, lambda each: (each.kind, each.name))
    for mine, other in again:
        yield from _told(mine, other)
    for each in gone:
        twin = next((other for other in come if _shape(other) == _shape(each)), None)
        if twin is None:
            yield from _one_sided(each, None)
        else:
            come.remove(twin)
            yield _change(each, "renamed", each.qualified, twin)
    for each in come:
        yield from _one_sided(None, each)


def _shape(part: SchemaObject) -> Hashable:
    """What an index or constraint is but for its own name: made again under another one, it is renamed."""
    if part.kind == "constraint":
        return part.kind, part.definition
    head, found, rest = part.definition.partition(" ON ")
    if part.kind == "index" and found:
        return part.kind, head.startswith("CREATE UNIQUE"), rest
    return part.kind, part.oid, part.sub, part.name


def _one_sided(before: SchemaObject | None, after: SchemaObject | None) -> Iterator[SchemaChange]:
    shown = after or before
    if shown is not None and shown.kind not in ("populated", "login"):
        yield _line(before, after)


def _line(before: SchemaObject | None, after: SchemaObject | None) -> SchemaChange:
    """Added, or dropped."""
    shown = after or before
    assert shown is not None  # noqa: S101 - a line has a side
    kind, table = _SHOWN.get(shown.kind, shown.kind), _table(shown)
    mine, other = (each.definition if each else None for each in (before, after))
    return SchemaChange(kind, "dropped" if before else "added", shown.qualified, mine, other, table)


def _change(before: SchemaObject, verb: str, was: str, after: SchemaObject) -> SchemaChange:
    """Changed (from one definition to another), or renamed (from one name to another)."""
    kind, table = _SHOWN.get(after.kind, after.kind), _table(after)
    if verb == "renamed":
        return SchemaChange(kind, "renamed", after.qualified, was, after.qualified, table)
    now = after.definition if after.definition != was else f"{after.definition}, another value"
    return SchemaChange(kind, "changed", after.qualified, before.definition, now, table)


def _table(shown: SchemaObject) -> str | None:
    """The relation it is or belongs to. Numbers of other things are above those of relations."""
    return shown.place if shown.relation is not None and shown.relation < 1 << 32 else None


def _told(before: SchemaObject, after: SchemaObject, *, by_number: bool = False) -> Iterator[SchemaChange]:
    """Nothing, or a line for the new name and one for the new definition."""
    if _is_renamed(before, after):
        yield _change(before, "renamed", before.qualified, after)
    if after.kind in _BY_PARTS:
        return
    differs = before.definition != after.definition
    known = bool(before.fingerprint or after.fingerprint)
    same = before.fingerprint == after.fingerprint if known else not differs
    hidden = after.kind in _HIDDEN and not differs and not same
    if hidden or (differs and not (by_number and same)):
        yield _change(before, "changed", before.definition, after)


def _is_renamed(before: SchemaObject, after: SchemaObject) -> bool:
    if after.kind in _NAMED_PARTS:
        return before.name != after.name
    if after.kind == "function":  # a type with a new name is in its list of arguments too
        return before.place.partition("(")[0] != after.place.partition("(")[0]
    return after.kind in WHOLE_KINDS and before.place != after.place
