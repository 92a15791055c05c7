"""Random DML on random tables: the diff's counts agree with both sides' rows, fetched as text and counted in Python."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from stagecopy.diff import meeting, reading
from stagecopy.diff.compare import compare
from stagecopy.model.change import TableChange
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.diffrows import extent
from tests.integration.server_pair import ServerPair, migrate, server_pair

ROUNDS = 40
DATABASES = 4
Row = tuple[str | None, ...]

# Each type with expressions of i and of chance; few distinct values, so that equal rows and equal values are common.
TYPES = {
    "int": ["i", "i % 3", "(random() * 4)::int"],
    "bigint": ["i * 10000000000", "i % 2"],
    "numeric": ["i / 2.0", "1.0", "1.00", "'NaN'"],
    "float8": ["i * 0.1", "'-0'", "0", "'NaN'"],
    "text": ["'v' || i", "''", "E'\\\\t\\\\N'", "'N' || i % 3", "repeat('x', 3000)"],
    "char(6)": ["'a' || i % 3", "''"],
    "boolean": ["i % 2 = 0", "random() < 0.5"],
    "timestamptz": ["'2024-03-31 00:30+00'::timestamptz + i % 5 * interval '1 hour'", "'infinity'"],
    "jsonb": ["jsonb_build_object('a', i % 4)", "'null'", "'[]'"],
    "json": ["'{\"a\": 1}'", "'{\"a\":1}'"],
    "int[]": ["ARRAY[i % 3, NULL]", "'{}'"],
    "bytea": ["decode(md5((i % 5)::text), 'hex')", "''"],
}
KEYS = ["", ", PRIMARY KEY (k)", ", PRIMARY KEY (j, k)", ", UNIQUE (k)", ", UNIQUE (j, k)"]


def _value(dice: random.Random, kind: str) -> str:
    expression = "NULL" if dice.random() < 0.25 else dice.choice(TYPES[kind])
    return f"({expression})::{kind}"


def _table(dice: random.Random, number: int) -> tuple[str, list[str]]:
    kinds = dice.choices(list(TYPES), k=dice.randint(0, 5))
    columns = "".join(f", c{index} {kind}" for index, kind in enumerate(kinds))
    values = "".join(f", {_value(dice, kind)}" for kind in kinds)
    size = dice.choice([0, 1, 7, 60, 400])
    key = dice.choice(KEYS)
    create = f"CREATE TABLE t{number} (j int NOT NULL, k int NOT NULL{columns}{key});"
    number_of_row = "i" if key else "i % 4"  # equal rows where nothing forbids them
    return (
        create + f"INSERT INTO t{number} SELECT i % 3, {number_of_row}{values} FROM generate_series(1, {size}) i;",
        kinds,
    )


def _change(dice: random.Random, number: int, kinds: list[str]) -> str:
    name = f"t{number}"
    some = f"random() < {dice.choice([0, 0.02, 0.3, 1])}"
    changes = [
        f"DELETE FROM {name} WHERE {some}",
        f"UPDATE {name} SET k = k + 1000 WHERE {some}",
        f"UPDATE {name} SET j = j",
    ]
    columns = "".join(f", {_value(dice, kind)}" for kind in kinds)
    changes.append(
        f"INSERT INTO {name} SELECT i % 3, i{columns} FROM generate_series(2001, 2000 + {dice.choice([1, 9])}) i"
    )
    for index, kind in enumerate(kinds):
        value = _value(dice, kind).replace("(i ", "(k ").replace(" i ", " k ").replace("i %", "k %")
        value = value.replace("|| i", "|| k").replace("(i)", "(k)").replace("i *", "k *").replace("i /", "k /")
        changes.append(f"UPDATE {name} SET c{index} = {value} WHERE {some}")
    return "; ".join(dice.sample(changes, k=dice.randint(1, 4)))


def _database(number: int) -> tuple[str, str]:
    """Schema and migration of one database of several tables."""
    before, migration = "", "SELECT setseed(0.5)"
    for table in range(number, ROUNDS, DATABASES):
        dice = random.Random(f"diff {table}")  # noqa: S311  # the same tables in every run
        script, kinds = _table(dice, table)
        before += script
        migration += "; " + _change(dice, table, kinds)
    return before, migration


@pytest.fixture(scope="module")
def servers() -> Iterator[ServerPair]:
    with server_pair({f"d{number}": _database(number)[0] for number in range(DATABASES)}) as pair:
        yield pair


def _rows(address: Address, name: str) -> tuple[list[str], list[Row]]:
    """Every row as the text of its values, of columns in order."""
    with connect_staging(address) as connection:
        cursor = connection.execute(f"SELECT * FROM public.{name} LIMIT 0".encode())
        columns = [column.name for column in cursor.description or ()]
        texts = ", ".join(f"CASE WHEN {column} IS NOT NULL THEN format('%s', {column}) END" for column in columns)
        return columns, list(connection.execute(f"SELECT {texts} FROM public.{name}".encode()))


def _has_key(address: Address, name: str) -> list[str]:
    query = (
        "SELECT a.attname FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k(n, o), pg_attribute a"
        f" WHERE i.indrelid = 'public.{name}'::regclass AND a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY k.o"
    )
    with connect_staging(address) as connection:
        return [row[0] for row in connection.execute(query.encode())]


def _expected(before: Address, after: Address, name: str) -> dict[str, object]:
    columns, old = _rows(before, name)
    _, new = _rows(after, name)
    key = [columns.index(each) for each in _has_key(before, name)]
    counts: dict[str, object] = {"rows_before": len(old), "rows_after": len(new), "keyless": not key}
    if not key:
        mine, other = Counter(old), Counter(new)
        return counts | {
            "removed": (mine - other).total(),
            "added": (other - mine).total(),
            "changed": 0,
            "columns": {},
        }
    left = {tuple(row[index] for index in key): row for row in old}
    right = {tuple(row[index] for index in key): row for row in new}
    both = [(left[each], right[each]) for each in left.keys() & right.keys()]
    told: dict[str, tuple[int, int, int]] = {}
    for index, column in enumerate(columns):
        values = [(mine[index], other[index]) for mine, other in both if mine[index] != other[index]]
        if values:
            gained, lost = sum(mine is None for mine, _ in values), sum(other is None for _, other in values)
            told[column] = (len(values), gained, lost)
    return counts | {
        "removed": len(left.keys() - right.keys()),
        "added": len(right.keys() - left.keys()),
        "changed": sum(mine != other for mine, other in both),
        "columns": told,
    }


def _found(change: TableChange) -> dict[str, object]:
    names = ("rows_before", "rows_after", "keyless", "removed", "added", "changed")
    columns = {name: (each.changed, each.null_to_value, each.lost) for name, each in change.columns.items()}
    return {name: getattr(change, name) for name in names} | {"columns": columns}


def _read_in_small_pieces(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Of four databases one is read as usual, one block by block, and two as if memory were short or blocks unknown."""
    if number % 2:
        monkeypatch.setattr(reading, "STEP_BLOCKS", 1)
        monkeypatch.setattr(reading, "STRETCH_BLOCKS", 2)
        monkeypatch.setattr(reading, "_AHEAD", 10)
        monkeypatch.setattr(meeting, "_LEAST", 1)
    if number > 1:
        monkeypatch.setattr(meeting, "MOST_WAITING", 20)
    if number == 2:
        monkeypatch.setattr(reading, "_SHARE_BLOCKS", 1)
        monkeypatch.setattr(reading, "extent", lambda side: (extent(side)[0], False))


@pytest.mark.parametrize("number", range(DATABASES))
def test_counts_agree_with_the_oracle(servers: ServerPair, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _read_in_small_pieces(monkeypatch, number)
    before, after = servers.case(f"d{number}")
    migrate(after, _database(number)[1])
    for change in compare(before, after).tables:
        assert _found(change) == _expected(before, after, change.table), change.table
