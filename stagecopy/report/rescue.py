"""The scripts of a rescue kit: what to copy before a migration, and how to bring back what it took.

Surprising: they hold no values. Which rows a migration takes production alone knows, so a table that loses rows is
copied whole, and one that loses values with its key. The way back leaves alone what was written since: it adds rows
whose key is missing, and fills values that are NULL.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from stagecopy.model.wording import quoted
from stagecopy.postgres.tablefacts import TableFacts
from stagecopy.report.durations import spoken_bytes
from stagecopy.report.page import visible
from stagecopy.trial.idioms.names import dollars

Column = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LostTable:
    """A table on both sides of a trial, or on the first alone. ``whole``: it loses rows, not values alone.

    ``pairs``: columns on both sides; ``gone``: lost columns that are no more; ``emptied``: pairs that lose values.
    """

    before: TableFacts
    after: TableFacts | None
    whole: bool
    pairs: tuple[tuple[Column, Column], ...] = ()
    gone: tuple[Column, ...] = ()
    emptied: tuple[tuple[Column, Column], ...] = ()
    key: tuple[tuple[Column, Column], ...] | None = None

    @property
    def copied(self) -> tuple[Column, ...]:
        """The columns that the copy holds."""
        if self.whole:
            return self.before.columns
        kept = [each for each, _ in self.key or ()]
        lost = [*self.gone, *(each for each, _ in self.emptied)]
        return (*kept, *(each for each in lost if each not in kept))


@dataclass(frozen=True, slots=True)
class Rescue:
    """All of a trial's lost tables; ``there``: schema and name of what is there afterwards, by OID.

    ``above``: parents of lost partitions that are gone themselves, ``alive``: those that are still there.
    """

    schema: str
    source: str
    lost: tuple[LostTable, ...]
    above: tuple[TableFacts, ...] = ()
    alive: tuple[TableFacts, ...] = ()
    there: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    @property
    def made_again(self) -> tuple[TableFacts, ...]:
        """Tables that are gone, a partition's parent before it."""
        tables = [*self.above, *(each.before for each in self.lost if each.after is None)]
        return tuple(sorted(tables, key=lambda each: each.parent is not None))

    def copy_of(self, table: LostTable) -> str:
        """Where its copy lies."""
        return _name(self.schema, f"t{self.lost.index(table) + 1}")


def before_script(rescue: Rescue) -> str:
    """What a person runs on production right before the migration."""
    lines = [
        _head("Copies what the migration will take", rescue, "Run it on production right before the migration."),
        "BEGIN ISOLATION LEVEL REPEATABLE READ;",
        f"CREATE SCHEMA {_name(rescue.schema)};",
    ]
    for table in rescue.lost:
        columns = ", ".join(map(_copied, table.copied))
        lost = [f"{_name(each['name'])} IS NOT NULL" for each in (*table.gone, *(old for old, _ in table.emptied))]
        only = "" if table.before.kind == "p" else "ONLY "
        where = "" if table.whole else f" WHERE {' OR '.join(lost)}"
        source = f"{only}{_name(table.before.schema, table.before.name)}"
        copy = f"SELECT {columns} FROM {source}{where}"  # noqa: S608 - _name quotes names
        lines.append(f"CREATE TABLE {rescue.copy_of(table)} AS {copy};")
    return "\n".join([*lines, "COMMIT;", ""])


def reverse_script(rescue: Rescue) -> str:
    """What brings it back from those copies after the migration."""
    how = "Run it after the migration, where that turns out to be wrong. Rows and values written since stay."
    lines = [
        _head("Brings back what the migration took", rescue, how),
        "-- Views, functions, grants and what else belongs to the schema come back with the migration's own way back.",
        "BEGIN;",
        *(line for table in rescue.made_again for line in _made(table, rescue)),
        *(line for table in rescue.lost for line in _columns_back(table)),
        *(line for table in rescue.lost for line in _triggers(table, "DISABLE")),
        *(line for table in _in_order(rescue.lost) for line in _rows_back(table, rescue)),
        *(line for table in rescue.lost for line in _values_back(table, rescue)),
        *(line for table in rescue.lost for line in _required(table)),
        *(line for table in rescue.made_again for line in _belongings(table)),
        *(line for table in rescue.made_again for line in _keys(table, rescue)),
        *(line for table in rescue.lost for line in _triggers(table, "ENABLE")),
        "COMMIT;",
        f"-- When all is well: DROP SCHEMA {_name(rescue.schema)} CASCADE;",
    ]
    return "\n".join([*lines, ""])


def backup_list(rescue: Rescue) -> str:
    """The same tables for pg_dump, with their sizes on the snapshot."""
    lines = [
        f"{spoken_bytes(each.before.bytes):>12}  {quoted(each.before.schema, each.before.name)}" for each in rescue.lost
    ]
    names = [_name(each.before.schema, each.before.name) for each in rescue.lost]
    tables = " ".join(f"-t {shlex.quote(name)}" for name in names)
    return "\n".join([*map(visible, lines), "", f"pg_dump -Fc -f rescue.dump {tables}", ""])


def _head(what: str, rescue: Rescue, how: str) -> str:
    return f"-- {what} ({visible(rescue.source)}); made by stagecopy, holds no values.\n-- {how}"


def _name(*parts: str) -> str:
    return sql.Identifier(*parts).as_string(None)


def _where(table: LostTable) -> str:
    """Where its rows are afterwards."""
    facts = table.after or table.before
    return _name(facts.schema, facts.name)


def _cast(old: Column, new: Column) -> str:
    value = f"r.{_name(old['name'])}"
    return value if old["type"] == new["type"] and not _is_own(old) else f"{value}::{new['type']}"


def _is_own(column: Column) -> bool:
    """Whether its type is one of the database's own: those are told with their schema."""
    return "." in column["type"]


def _copied(column: Column) -> str:
    """As text where the type is the database's own: the copy would keep the migration from dropping it."""
    name = _name(column["name"])
    return f"{name}::pg_catalog.text AS {name}" if _is_own(column) else name


def _same_key(table: LostTable) -> str:
    return " AND ".join(f"t.{_name(new['name'])} = {_cast(old, new)}" for old, new in table.key or ())


def _made(table: TableFacts, rescue: Rescue) -> Iterator[str]:
    yield from (f"CREATE SEQUENCE IF NOT EXISTS {_name(each['schema'], each['name'])};" for each in table.sequences)
    unlogged = "UNLOGGED " if table.persistence == "u" else ""
    divided = f" PARTITION BY {table.divided}" if table.divided else ""
    parent = _parent(table, rescue)
    shape = f"PARTITION OF {parent} {table.bound}" if parent else f"({', '.join(map(_column, table.columns))})"
    yield f"CREATE {unlogged}TABLE {_name(table.schema, table.name)} {shape}{divided};"


def _parent(table: TableFacts, rescue: Rescue) -> str | None:
    if table.parent is None:
        return None
    found = [*rescue.alive, *rescue.above, *(each.after or each.before for each in rescue.lost)]
    return next((_name(each.schema, each.name) for each in found if each.oid == table.parent), None)


def _column(column: Column) -> str:
    words = [_name(column["name"]), column["type"]]
    words += [f"COLLATE {column['collation']}"] if column["collation"] else []
    if column["generated"]:
        words.append(
            f"GENERATED ALWAYS AS ({column['default']}) {'VIRTUAL' if column['generated'] == 'v' else 'STORED'}"
        )
    elif column["identity"]:
        words.append(f"GENERATED {'ALWAYS' if column['identity'] == 'a' else 'BY DEFAULT'} AS IDENTITY")
    elif column["default"] is not None:
        words.append(f"DEFAULT {column['default']}")
    return " ".join([*words, *(["NOT NULL"] if column["required"] else [])])


def _columns_back(table: LostTable) -> Iterator[str]:
    if table.after is not None:
        for each in table.gone:
            yield f"ALTER TABLE {_where(table)} ADD COLUMN {_column({**each, 'required': False})};"


def _required(table: LostTable) -> Iterator[str]:
    if table.after is not None:
        for each in table.gone:
            if each["required"]:
                place, name = _where(table), _name(each["name"])
                empty = f"EXISTS (SELECT FROM {place} WHERE {name} IS NULL)"
                told = sql.Literal(f"{place}.{name} stays without NOT NULL: some rows have no value").as_string(None)
                required = f"ALTER TABLE {place} ALTER COLUMN {name} SET NOT NULL;"
                body = f"BEGIN IF {empty} THEN RAISE NOTICE '%', {told}; ELSE {required} END IF; END"
                yield f"DO {dollars(body, 'required')};"


def _triggers(table: LostTable, verb: str) -> Iterator[str]:
    """Those that fire, one by one: others stay as they are."""
    for each in table.after.triggers if table.after else ():
        if each["fires"] == "O":
            yield f"ALTER TABLE {_where(table)} {verb} TRIGGER {_name(each['name'])};"


def _in_order(lost: Sequence[LostTable]) -> Iterator[LostTable]:
    """A table before those whose keys point at it, as far as that goes."""
    left = list(lost)
    while left:
        waiting = {_facts(each).oid for each in left}
        free = [each for each in left if not (_targets(each) & waiting - {_facts(each).oid})]
        yield from free or left[:1]
        left = [each for each in left if each not in (free or left[:1])]


def _facts(table: LostTable) -> TableFacts:
    return table.after or table.before


def _targets(table: LostTable) -> set[int]:
    return {each["target"] for each in table.after.constraints if each["kind"] == "f"} if table.after else set()


def _rows_back(table: LostTable, rescue: Rescue) -> Iterator[str]:
    if not table.whole:
        return
    pairs = [(old, old) for old in table.before.columns] if table.after is None else [*table.pairs]
    pairs += [(old, old) for old in table.gone] if table.after is not None else []
    pairs = [(old, new) for old, new in pairs if not new["generated"]]
    columns = ", ".join(_name(new["name"]) for _, new in pairs)
    values = ", ".join(_cast(old, new) for old, new in pairs)
    copies = f"SELECT {values} FROM {rescue.copy_of(table)} r"  # noqa: S608 - _name quotes names
    insert = f"INSERT INTO {_where(table)} ({columns}) OVERRIDING SYSTEM VALUE\n    {copies}"
    if table.after is None:
        yield f"{insert};"
    elif table.key:
        yield f"{insert}\n     WHERE NOT EXISTS (SELECT FROM {_where(table)} t WHERE {_same_key(table)});"
    else:
        there = f"SELECT {columns} FROM {_where(table)}"  # noqa: S608 - _name quotes names
        yield f"{insert}\n    EXCEPT ALL {there};"


def _values_back(table: LostTable, rescue: Rescue) -> Iterator[str]:
    if table.after is None or not table.key:
        return
    for old, new in (*((each, each) for each in table.gone), *table.emptied):
        if not old["generated"] and not new["generated"]:
            name = _name(new["name"])
            update = f"UPDATE {_where(table)} t SET {name} = {_cast(old, new)}"  # noqa: S608 - _name quotes names
            lost = f"t.{name} IS NULL AND r.{_name(old['name'])} IS NOT NULL"
            yield f"{update} FROM {rescue.copy_of(table)} r\n     WHERE {_same_key(table)} AND {lost};"


def _belongings(table: TableFacts) -> Iterator[str]:
    place = _name(table.schema, table.name)
    for each in table.constraints:
        if each["kind"] != "f":
            yield f"ALTER TABLE {place} ADD CONSTRAINT {_name(each['name'])} {each['definition']};"
    yield from (f"{each};" for each in table.indexes)
    for each in table.triggers:
        yield f"{each['definition']};"
    for each in table.sequences:
        sequence, column = _name(each["schema"], each["name"]), _name(each["column"])
        yield f"ALTER SEQUENCE {sequence} OWNED BY {place}.{column};"
        yield _moved_on(sql.Literal(sequence).as_string(None), column, place)
    for each in table.columns:
        if each["identity"] and table.parent is None:
            names = (sql.Literal(text).as_string(None) for text in (place, each["name"]))
            yield _moved_on(f"pg_catalog.pg_get_serial_sequence({', '.join(names)})", _name(each["name"]), place)


def _moved_on(sequence: str, column: str, place: str) -> str:
    greatest = f"SELECT pg_catalog.max({column}) FROM {place}"  # noqa: S608 - _name quotes names
    return f"SELECT pg_catalog.setval({sequence}, ({greatest}));"


def _keys(table: TableFacts, rescue: Rescue) -> Iterator[str]:
    """Foreign keys come last: those of tables that were made again, and those of others that pointed at them."""
    place = _name(table.schema, table.name)
    for each in table.constraints:
        if each["kind"] == "f":
            definition = each["definition"]
            if now := rescue.there.get(each["target"]):  # it may have another name by now
                definition = definition.replace(f"REFERENCES {each['target_name']}(", f"REFERENCES {_name(*now)}(")
            yield f"ALTER TABLE {place} ADD CONSTRAINT {_name(each['name'])} {definition};"
    for each in table.pointing:
        if (each["schema"], each["table"]) in rescue.there.values():
            other = _name(each["schema"], each["table"])
            yield f"ALTER TABLE {other} ADD CONSTRAINT {_name(each['name'])} {each['definition']};"
