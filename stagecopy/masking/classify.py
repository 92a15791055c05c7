"""First rules for a database nobody has described yet: personal columns masked, harmless ones kept, the rest asked.

Surprising: the order of trust is type and keys, then names, then values; a column is kept only for a reason that can
be written down. Columns joined by foreign keys end at one mask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from stagecopy.masking.classify_column import Basis, Ruling, Subject, Verdict, judge, keep
from stagecopy.masking.classify_masks import Options
from stagecopy.masking.classify_named import JSON
from stagecopy.masking.classify_tables import describe_tables, text_like
from stagecopy.masking.classify_values import Evidence, look, look_array, look_json, look_number
from stagecopy.masking.equality import equality_classes
from stagecopy.masking.names_match import words_of
from stagecopy.model.catalog import Catalog, Column, Table

Sampler = Callable[[Table, tuple[Column, ...]], Mapping[str, Sequence[str]]]
_Place = tuple[int, int]  # table OID and attnum
_HIGH, _MEDIUM = 0.9, 0.7
_WHOLE_NUMBERS = frozenset({"int4", "int8", "numeric"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What `init` proposes for one column. ``mask`` is None unless the verdict is ``mask``; ``options`` are its own."""

    table: Table
    column: Column
    verdict: Verdict
    mask: str | None
    options: Options
    reason: str
    confidence: float
    basis: Basis = "table"
    leaves: tuple[tuple[str, str], ...] = ()  # of a document: paths and the kind of personal data there

    @property
    def name(self) -> str:
        """``schema.table.column``."""
        return f"{self.table.qualified}.{self.column.name}"

    @property
    def place(self) -> tuple[int, int]:
        """OID of the table and number of the column."""
        return self.table.oid, self.column.attnum

    @property
    def level(self) -> Literal["high", "medium", "low"]:
        """The confidence in a word."""
        return "high" if self.confidence >= _HIGH else "medium" if self.confidence >= _MEDIUM else "low"


def classify(catalog: Catalog, sampler: Sampler | None = None) -> tuple[Decision, ...]:
    """A decision for every copied column, in catalog order; partitions take their parent's.

    *sampler* returns up to some 200 values (as text, no NULLs) per column; without one only names and types speak.
    """
    about = describe_tables(catalog)
    keys = _key_places(catalog)
    decided: dict[_Place, Decision] = {}
    for table in ruled_tables(catalog):
        samples = sampler(table, table.copied_columns) if sampler is not None else {}
        for column in table.copied_columns:
            values = samples.get(column.name, ()) if sampler is not None else None
            place = (table.oid, column.attnum)
            subject = Subject(
                table, column, about[table.oid], words_of(column.name), place in keys, values, _evidence(column, values)
            )
            decided[place] = _decision(table, column, judge(subject), subject.evidence.leaves)
    _join_keys(catalog, decided)
    _search_words(decided)
    return tuple(decided.values())


def ruled_tables(catalog: Catalog) -> tuple[Table, ...]:
    """The tables that need rules of their own: those with rows and partitioned parents, without their partitions."""
    known = {table.oid for table in catalog.tables}
    return tuple(table for table in catalog.tables if table.kind in ("r", "p") and table.parent_oid not in known)


def _decision(table: Table, column: Column, ruling: Ruling, leaves: tuple[tuple[str, str], ...] = ()) -> Decision:
    return Decision(
        table,
        column,
        ruling.verdict,
        ruling.mask,
        ruling.options,
        ruling.reason,
        ruling.confidence,
        ruling.basis,
        leaves,
    )


def _evidence(column: Column, values: Sequence[str] | None) -> Evidence:
    if not values:
        return Evidence()
    if column.base_type in JSON:
        return look_json(values)
    if text_like(column):
        return look(values)
    if column.base_type in ("_text", "_varchar", "_bpchar", "_citext"):
        return look_array(values)
    return look_number(values) if column.base_type in _WHOLE_NUMBERS else Evidence()


def _key_places(catalog: Catalog) -> set[_Place]:
    """Columns of primary keys and both ends of foreign keys."""
    places: set[_Place] = set()
    for table in catalog.tables:
        for key in table.unique_keys:
            if key.primary:
                places.update((table.oid, attnum) for attnum in key.attnums)
        for reference in table.foreign_keys:
            places.update((table.oid, attnum) for attnum in reference.attnums)
            places.update((reference.target_oid, attnum) for attnum in reference.target_attnums)
    return places


def _join_keys(catalog: Catalog, decided: dict[_Place, Decision]) -> None:
    """Columns joined by foreign keys get one mask: the one of the column all others reference."""
    for group in equality_classes(catalog):
        members = [each.node[:2] for each in group.members if not each.path and each.node[:2] in decided]
        masked = [decided[place] for place in members if decided[place].verdict == "mask"]
        if not masked:
            continue
        leader = max(masked, key=lambda decision: (decision.mask in ("email", "username", "hash"), decision.confidence))
        for place in members:
            decided[place] = replace(
                leader, table=decided[place].table, column=decided[place].column, reason=_joined(leader, decided[place])
            )


def _joined(leader: Decision, member: Decision) -> str:
    same = (leader.table.oid, leader.column.attnum) == (member.table.oid, member.column.attnum)
    return leader.reason if same else f"joined with {leader.name} by a foreign key"


def _search_words(decided: dict[_Place, Decision]) -> None:
    """A tsvector repeats the words of the text beside it: personal where that text is masked, else harmless."""
    masked = {decision.table.oid for decision in decided.values() if decision.verdict == "mask"}
    for place, decision in decided.items():
        if decision.column.base_type != "tsvector":
            continue
        if decision.table.oid not in masked:
            ruling = keep("search words of columns that are kept", 0.8)
        elif decision.column.not_null:
            ruling = Ruling("mask", "search words of masked columns", 0.8, "constant", (("value", "masked"),))
        else:
            ruling = Ruling("mask", "search words of masked columns", 0.8, "null")
        decided[place] = _decision(decision.table, decision.column, ruling)
