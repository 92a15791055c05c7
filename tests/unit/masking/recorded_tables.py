"""What frameworks' migrations made, as names and types: written by the slow tests of packs, read by the quick ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from stagecopy.model.catalog import Catalog, Column, Table
from tests.unit.masking.factory import catalog, column, foreign, table, unique

_FILE = Path(__file__).with_name("framework_tables.json")
_COLUMN = re.compile(r"(?P<name>\S+) (?P<type>\w+)(\((?P<length>\d+)\))?(?P<required>!?)")
Recorded = dict[str, dict[str, list[str]]]  # by table: columns, unique keys, foreign keys


def names() -> list[str]:
    """The frameworks with their versions: `django-auth 5.2`."""
    return list(_read())


def record(name: str, made: Catalog, only: tuple[str, ...] = ("",)) -> None:
    """Remember the tables of *made* whose names begin with one of *only*, under *name*."""
    known = _read()
    chosen = [each for each in made.tables if each.name.startswith(only)]
    known[name] = {each.qualified: _facts(each, chosen) for each in chosen}
    lines = [
        f"  {json.dumps(framework)}: {{\n"
        + ",\n".join(f"    {json.dumps(table)}: {json.dumps(facts)}" for table, facts in sorted(tables.items()))
        + "\n  }"
        for framework, tables in sorted(known.items())
    ]
    _FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def tables_of(name: str) -> Catalog:
    """The catalog recorded under *name*."""
    known = _read()[name]
    return catalog(*(_table(each, known) for each in known))


def _read() -> dict[str, Recorded]:
    return json.loads(_FILE.read_text(encoding="utf-8")) if _FILE.exists() else {}


def _facts(each: Table, made: Sequence[Table]) -> dict[str, list[str]]:
    return {
        "columns": [_column_text(column) for column in each.columns],
        "unique": [",".join(_names(each, key.attnums)) for key in each.unique_keys],
        "keys": [
            f"{','.join(_names(each, key.attnums))} > {target.qualified} {','.join(_names(target, key.target_attnums))}"
            for key in each.foreign_keys
            for target in made
            if target.oid == key.target_oid
        ],
    }


def _column_text(each: Column) -> str:
    length = f"({each.length})" if each.length else ""
    return f"{each.name} {each.base_type}{length}{'!' if each.not_null else ''}"


def _names(each: Table, attnums: Iterable[int]) -> list[str]:
    spelled = {column.attnum: column.name for column in each.columns}
    return [spelled.get(number, "?") for number in attnums]


def _table(name: str, known: Recorded) -> Table:
    facts, oids = known[name], {each: oid for oid, each in enumerate(known, start=1)}
    keys = [key.split(" ") for key in facts["keys"]]
    return table(
        oids[name],
        name,
        *map(_column, facts["columns"]),
        unique_keys=tuple(unique(*_numbers(facts, key), name=f"key_{key}") for key in facts["unique"]),
        foreign_keys=tuple(
            foreign(_numbers(facts, here), oids[target], _numbers(known[target], there))
            for here, _, target, there in keys
        ),
    )


def _numbers(facts: dict[str, list[str]], names: str) -> tuple[int, ...]:
    """Attribute numbers; 0 stands for an expression."""
    order = {each.partition(" ")[0]: number for number, each in enumerate(facts["columns"], start=1)}
    return tuple(order.get(each, 0) for each in names.split(","))


def _column(text: str) -> Column:
    said = _COLUMN.fullmatch(text)
    assert said, text
    length = int(said["length"]) if said["length"] else None
    return column(said["name"], said["type"], length=length, not_null=bool(said["required"]))
