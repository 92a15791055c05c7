"""Small catalogs, rule files and plans for the masking tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stagecopy.errors import UnclassifiedError, UsageError
from stagecopy.masking.keys import MaskKey
from stagecopy.masking.loader import load_rules
from stagecopy.masking.plan import MaskPlan, TablePlan, plan
from stagecopy.masking.stream import MaskedStream
from stagecopy.model.catalog import Catalog, Column, Database, ForeignKey, Table, UniqueKey

KEY = MaskKey(b"a fixed key for tests, 32 bytes or more")
OTHER_KEY = MaskKey(b"another key for tests, 32 bytes or more")
_CATEGORIES = {
    "text": "S", "varchar": "S", "bpchar": "S", "citext": "S", "name": "S", "bool": "B", "int4": "N", "int8": "N",
    "numeric": "N", "date": "D", "timestamp": "D", "timestamptz": "D", "uuid": "U", "jsonb": "U", "_text": "A",
    "place": "C", "hstore": "U", "bytea": "U", "tsvector": "U",
    "mood": "E", "int2": "N", "float8": "N", "money": "N", "inet": "I", "cidr": "I", "macaddr": "U", "daterange": "R",
}  # fmt: skip
_SPELLINGS = {"varchar": "character varying", "bpchar": "character", "int4": "integer", "int8": "bigint"}
_DATABASE = Database("db", "owner", "UTF8", "C", "C", "c", None, 150010, None, 0, (), in_recovery=False)


def column(name: str, base: str = "text", **facts: Any) -> Column:
    """A column; *facts* are fields of Column, its attnum is set by ``table``."""
    length = facts.pop("length", None)
    spelling = facts.pop("type", _SPELLINGS.get(base, base) + (f"({length})" if length else ""))
    plain = Column(
        attnum=0, name=name, type=spelling, type_oid=25, typmod=-1, base_type=base, category=_CATEGORIES[base],
        length=length, not_null=False, generated="", identity="", has_default=False, comment=None,
    )  # fmt: skip
    return replace(plain, **facts)


def unique(*attnums: int, **facts: Any) -> UniqueKey:
    """A unique index over attribute numbers."""
    plain = UniqueKey(
        "key_" + "_".join(map(str, attnums)), attnums, primary=False, partial=False, immediate=True,
        nulls_not_distinct=False,
    )  # fmt: skip
    return replace(plain, **facts)


def foreign(attnums: tuple[int, ...], target: int, target_attnums: tuple[int, ...]) -> ForeignKey:
    """A foreign key."""
    return ForeignKey(f"fk_{target}", attnums, target, target_attnums)


def table(oid: int, name: str, *columns: Column, **facts: Any) -> Table:
    """A table, ``schema.name`` or a name in public; columns are numbered in order."""
    schema, _, bare = name.rpartition(".")
    numbered = tuple(replace(each, attnum=position) for position, each in enumerate(columns, start=1))
    plain = Table(
        oid=oid, schema=schema or "public", name=bare, kind="r", persistence="p", owner="owner", parent_oid=None,
        columns=numbered, unique_keys=(), foreign_keys=(), estimated_rows=1000, bytes=0, comment=None,
    )  # fmt: skip
    return replace(plain, **facts)


def catalog(*tables: Table) -> Catalog:
    """A catalog of these tables."""
    return Catalog(_DATABASE, tables, (), ())


def planned(folder: Path, rules: str, *tables: Table, key: MaskKey = KEY, locale: str = "en_US") -> MaskPlan:
    """The plan for *tables* under *rules*, a rule file without its version line."""
    path = folder / "rules.yaml"
    path.write_text("version: 1\n" + rules, encoding="utf-8")
    return plan(catalog(*tables), load_rules(path), key=key, locale=locale)


def table_plan(folder: Path, rules: dict[str, str], *columns: Column, key: MaskKey = KEY) -> TablePlan:
    """The plan of one table ``t``; *rules* by column name, the others are kept."""
    said = {each.name: rules.get(each.name, "{keep: not personal}") for each in columns}
    text = "tables:\n  t:\n    columns:\n" + "".join(f"      {name}: {rule}\n" for name, rule in said.items())
    return planned(folder, text, table(1, "t", *columns), key=key).tables[1]


def streamed(plan_of_table: TablePlan, chunks: Iterable[bytes], *, batch_bytes: int = 8 << 20) -> bytes:
    """All that a stream puts out."""
    return b"".join(MaskedStream(plan_of_table, batch_bytes=batch_bytes).run(chunks))


def refused(folder: Path, rules: str, *tables: Table) -> list[str]:
    """The listed problems of a plan that must not be made, without the folder."""
    with pytest.raises(UsageError) as caught:
        planned(folder, rules, *tables)
    assert caught.value.code == "bad-rules"
    return caught.value.message.replace(f"{folder}/", "").splitlines()[1:]


def uncovered(folder: Path, rules: str, *tables: Table) -> UnclassifiedError:
    """The error of a plan that misses rules."""
    with pytest.raises(UnclassifiedError) as caught:
        planned(folder, rules, *tables)
    return caught.value


def rules_of(plan: MaskPlan, oid: int = 1) -> dict[str, str]:
    """Rule by column name."""
    return {each.column.name: each.rule for each in plan.tables[oid].columns}
