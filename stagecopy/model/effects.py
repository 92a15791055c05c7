"""What else is known of a trial beside the difference: which way rows went, who else wrote, what stood in between.

Names are those of the before side, ``schema.table`` as in the catalog. Nothing here holds a row's value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key as it stood before. Actions are spelled as in SQL; ``indexed``: the child finds its rows by it."""

    name: str
    child: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    on_delete: str
    on_update: str
    indexed: bool
    oid: int = 0


@dataclass(frozen=True, slots=True)
class NarrowReference:
    """A column that refers to one of a wider integer type: numbers will come that it cannot hold."""

    constraint: str
    child: str
    column: str
    type: str
    parent: str
    parent_column: str
    parent_type: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """An enabled trigger; ``source`` is the body of its function."""

    name: str
    table: str
    before: bool
    events: frozenset[str]  # INSERT, UPDATE, DELETE, TRUNCATE
    function: str
    source: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """Row versions the server counted for one table, rolled back ones included; TRUNCATE counts none."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table's rows lie, and whose partition it is; ``read``: how many were read in order so far."""

    name: str
    filenode: int
    parent: str | None
    root: str | None
    read: int = 0
    derived: bool = False  # a materialised view


@dataclass(frozen=True, slots=True)
class Standing:
    """One look at the server, by OID where tables are meant."""

    foreign_keys: tuple[ForeignKey, ...]
    triggers: tuple[Trigger, ...]
    traffic: Mapping[int, Traffic]
    places: Mapping[int, Place]
    columns: Mapping[str, Mapping[str, bool]]  # by table: columns, and whether they are generated
    temp_bytes: int = 0  # of temporary files so far
    numbers: Mapping[int, Mapping[int, str]] = field(default_factory=dict)  # by table: columns by number
    planner: Mapping[int, frozenset[int]] | None = None  # by table: columns whose values the planner knows of
    narrow: tuple[NarrowReference, ...] = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    """A table of which row security showed the role only a part."""

    schema: str
    table: str
    seen: int
    rows: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What a setting was when the session began, with its unit, and where from: ``default``, ``database`` …"""

    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A new table or view, and how it stands out: who owns most others of its schema, who reads those but not it."""

    name: str
    owner: str
    usual_owner: str | None
    unread_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What made the server refuse a statement: ``keys`` that stand in several ``rows``, or ``views`` that read it."""

    table: str
    columns: tuple[str, ...]
    keys: int = 0
    rows: int = 0
    views: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effects:
    """All of it for one run. ``observed`` is False where nobody looked: then nothing is said about it."""

    observed: bool = False
    role: str = ""
    foreign_keys: tuple[ForeignKey, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    rewritten: frozenset[str] = frozenset()
    copied: frozenset[str] = frozenset()  # of ``rewritten``, those that were read meanwhile: not emptied, as it seems
    temp_bytes: int | None = None
    forgotten: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # columns the planner knew more of before
    unknown: frozenset[str] = frozenset()  # new tables of which the planner knows nothing
    narrow: tuple[NarrowReference, ...] = ()  # those that were not there before
    new_keys: tuple[ForeignKey, ...] = ()
    detached: Mapping[str, str] = field(default_factory=dict)  # partition to the parent it had
    roots: Mapping[str, str] = field(default_factory=dict)  # partition (either side's name) to the top of its tree
    columns: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    hidden: tuple[Hidden, ...] = ()
    newcomers: tuple[Newcomer, ...] = ()
    denied: str | None = None  # what to do where the role lacked a right
    refusal: Refusal | None = None
    masked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)


def effects_of(before: Standing, after: Standing, *, role: str, hidden: tuple[Hidden, ...] = ()) -> Effects:
    """What lies between two looks."""
    stayed = {oid: place for oid, place in before.places.items() if oid in after.places}
    rewritten = {oid: place for oid, place in stayed.items() if after.places[oid].filenode != place.filenode}
    return Effects(
        observed=True,
        role=role,
        foreign_keys=before.foreign_keys,
        triggers=tuple(dict.fromkeys((*before.triggers, *after.triggers))),
        traffic={
            place.name: _between(before.traffic.get(oid, Traffic()), after.traffic.get(oid, Traffic()))
            for oid, place in stayed.items()
        },
        rewritten=frozenset(place.name for place in rewritten.values()),
        copied=frozenset(
            place.name for oid, place in rewritten.items() if place.derived or after.places[oid].read > place.read
        ),
        temp_bytes=after.temp_bytes - before.temp_bytes if after.temp_bytes >= before.temp_bytes else None,
        forgotten=_forgotten(before, after),
        unknown=_unknown(before, after),
        narrow=tuple(each for each in after.narrow if each not in before.narrow),
        new_keys=tuple(
            each for each in after.foreign_keys if each.oid not in {known.oid for known in before.foreign_keys}
        ),
        detached={
            place.name: place.parent for oid, place in stayed.items() if place.parent and not after.places[oid].parent
        },
        roots={place.name: place.root for side in (before, after) for place in side.places.values() if place.root},
        columns={
            table: {**after.columns.get(table, {}), **before.columns.get(table, {})}
            for table in (*before.columns, *after.columns)
        },
        hidden=hidden,
    )


def _forgotten(before: Standing, after: Standing) -> dict[str, tuple[str, ...]]:
    """By table's name of now: columns of which the planner knew how values are spread, and does not any more."""
    if before.planner is None or after.planner is None:
        return {}
    found = {}
    for oid, place in after.places.items():
        lost = sorted(before.planner.get(oid, frozenset()) - after.planner.get(oid, frozenset()))
        names = tuple(after.numbers[oid][number] for number in lost if number in after.numbers.get(oid, {}))
        if names:
            found[place.name] = names
    return found


def _unknown(before: Standing, after: Standing) -> frozenset[str]:
    known = after.planner
    if known is None:
        return frozenset()
    return frozenset(place.name for oid, place in after.places.items() if oid not in before.places and oid not in known)


def _between(before: Traffic, after: Traffic) -> Traffic:
    """Counters start anew when a table's statistics are reset: less than before means just what is there now."""
    pairs = (
        (after.inserted, before.inserted),
        (after.updated, before.updated),
        (after.deleted, before.deleted),
    )
    return Traffic(*(now - then if now >= then else now for now, then in pairs))
