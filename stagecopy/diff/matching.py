"""Which relation, column and key of the one side is which of the other.

OIDs and attribute numbers are equal on both sides, so a rename is known, not guessed. By name is matched only what is
new under the name of something that is gone: a table made anew, a column dropped and added again.
"""

from __future__ import annotations

from dataclasses import dataclass

from stagecopy.postgres.diffcatalog import ComparedColumn, ComparedRelation
from stagecopy.postgres.valueforms import family

Relations = dict[int, ComparedRelation]


@dataclass(frozen=True, slots=True)
class RelationPair:
    """A relation on both sides, or on one. ``replaced``: another relation bears the name now."""

    before: ComparedRelation | None
    after: ComparedRelation | None
    replaced: bool = False

    @property
    def shown(self) -> ComparedRelation:
        """The after side, or the before side when it is gone."""
        present = self.after or self.before
        assert present is not None  # noqa: S101  # a pair has a side
        return present


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """A column on both sides."""

    before: ComparedColumn
    after: ComparedColumn

    @property
    def retyped(self) -> bool:
        """Whether the stored form may differ although the value does not."""
        return self._facts(self.before) != self._facts(self.after)

    @staticmethod
    def _facts(column: ComparedColumn) -> tuple[int, int, int]:
        return column.type_oid, column.typmod, column.collation


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """Columns on both sides (by name of the before side), and on one."""

    pairs: tuple[ColumnPair, ...]
    dropped: tuple[ComparedColumn, ...]
    added: tuple[ComparedColumn, ...]


def pair_relations(before: Relations, after: Relations) -> list[RelationPair]:
    """Survivors by OID, then new relations under an old name, then what is only on one side."""
    names = {each.qualified: each for each in before.values()}
    pairs = [RelationPair(each, after[oid]) for oid, each in before.items() if oid in after]
    taken = set()
    for oid, each in after.items():
        if oid in before:
            continue
        old = names.get(each.qualified)
        pairs.append(RelationPair(old, each, replaced=old is not None))
        taken.update([old.oid] if old else [])
    gone = [each for oid, each in before.items() if oid not in after and oid not in taken]
    return pairs + [RelationPair(each, None) for each in gone]


def match_columns(pair: RelationPair) -> ColumnMatch:
    """Columns by attribute number (by name when replaced), then new ones under the name of dropped ones."""
    old = list(pair.before.columns) if pair.before else []
    new = list(pair.after.columns) if pair.after else []
    pairs: list[ColumnPair] = []
    if not pair.replaced:
        numbered = {column.attnum: column for column in new}
        pairs = [ColumnPair(column, numbered[column.attnum]) for column in old if column.attnum in numbered]
    paired_old = {each.before.attnum for each in pairs}
    left = {column.name: column for column in new if column.attnum not in {each.after.attnum for each in pairs}}
    pairs += [
        ColumnPair(column, left.pop(column.name))
        for column in old
        if column.attnum not in paired_old and column.name in left
    ]
    paired_old = {each.before.attnum for each in pairs}
    dropped = tuple(column for column in old if column.attnum not in paired_old)
    added = tuple(sorted(left.values(), key=lambda column: column.attnum))
    return ColumnMatch(tuple(sorted(pairs, key=lambda each: each.before.name)), dropped, added)


def choose_key(relation: ComparedRelation, match: ColumnMatch) -> tuple[ColumnPair, ...] | None:
    """The primary key of the before side, else a unique index, all of whose columns are still there.

    One whose values keep their kind (int to bigint does) goes before one whose values were converted.
    """
    by_number = {each.before.attnum: each for each in match.pairs}
    usable = [tuple(by_number[n] for n in attnums) for attnums in relation.keys if set(attnums) <= set(by_number)]
    steady = [key for key in usable if all(family(each.before) == family(each.after) for each in key)]
    return next(iter(steady + usable), None)
