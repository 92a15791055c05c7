"""The words of a recovery script. A person reads it, then runs it with psql; stagecopy never runs it on production.

Surprising: rows come as COPY data into temporary tables first, so that values need no quoting and every count can be
asserted. Tables whose foreign keys lead around in a circle are filled by one statement: keys are checked at its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from stagecopy.postgres.connect import PINNED
from stagecopy.report.page import visible
from stagecopy.trial.idioms.names import dollars

_KEPT_AS_THEY_ARE = ("search_path",)  # triggers that fire are the application's


@dataclass(frozen=True, slots=True)
class TableScript:
    """One table of the script. ``key`` is empty where it has none, or is made again by the script."""

    number: int
    schema: str
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    missing: int
    repaired: tuple[str, ...]
    rows_changed: int
    made: bool = False
    added: Mapping[str, str] | None = None  # columns that are gone: name and type

    @property
    def place(self) -> str:
        """As SQL names it."""
        return named(self.schema, self.name)

    @property
    def rows(self) -> str:
        """The temporary table of its missing rows."""
        return f"pg_temp.stagecopy_rows_{self.number}"

    @property
    def values(self) -> str:
        """That of values in rows which are still there."""
        return f"pg_temp.stagecopy_values_{self.number}"


def named(*parts: str) -> str:
    """A name as SQL reads it."""
    return sql.Identifier(*parts).as_string(None)


def text(value: str) -> str:
    """A literal."""
    return sql.Literal(value).as_string(None)


def head(facts: Sequence[str]) -> str:
    """What comes before all else; *facts* are told in comments."""
    told = "".join(f"-- {visible(each)}\n" for each in facts)
    settings = "".join(
        f"SET LOCAL {name} = {text(value)};\n" for name, value in PINNED.items() if name not in _KEPT_AS_THEY_ARE
    )
    return (
        f"{told}\\set ON_ERROR_STOP on\n\\if :{{?restore_changed}}\n\\else\n\\set restore_changed off\n\\endif\n"
        f"SET client_encoding = 'UTF8';\nBEGIN;\n{settings}SET LOCAL lock_timeout = '10s';\n"
        "SET LOCAL row_security = off;\nSET LOCAL standard_conforming_strings = on;\n"
    )


def columns_back(table: TableScript) -> str:
    """Columns that are gone, without values yet."""
    return "".join(
        f"ALTER TABLE {table.place} ADD COLUMN {named(name)} {type_};\n" for name, type_ in (table.added or {}).items()
    )


def rows_table(table: TableScript) -> tuple[str, str]:
    """Before and after the data of its missing rows; with the copies that production had of each where keyless."""
    extra = "" if table.key or table.made else ", 0::pg_catalog.int8 AS stagecopy_there"
    made = f"SELECT {_list(table.columns)}{extra} FROM {table.place}"  # noqa: S608 - named() quotes
    create = f"CREATE TEMPORARY TABLE {table.rows.partition('.')[2]} ON COMMIT DROP AS {made} WITH NO DATA;\n"
    return f"{create}COPY {table.rows} FROM stdin;\n", "\\.\n"


def values_table(table: TableScript) -> tuple[str, str]:
    """The same for values: key, then each value beside the text that production had."""
    parts = [f"t.{named(name)} AS k{at}" for at, name in enumerate(table.key)]
    for at, name in enumerate(table.repaired):
        parts += [f"t.{named(name)} AS v{at}", f"NULL::pg_catalog.text AS s{at}"]
    made = f"SELECT {', '.join(parts)} FROM {table.place} t"  # noqa: S608 - named() quotes
    create = f"CREATE TEMPORARY TABLE {table.values.partition('.')[2]} ON COMMIT DROP AS {made} WITH NO DATA;\n"
    return f"{create}COPY {table.values} FROM stdin;\n", "\\.\n"


def _list(columns: Sequence[str], prefix: str = "") -> str:
    return ", ".join(prefix + named(each) for each in columns)


def _same(table: TableScript, other: str = "r") -> str:
    return " AND ".join(f"t.{named(each)} = {other}.{named(each)}" for each in table.key)


def _insert(table: TableScript) -> str:
    rows = f"SELECT {_list(table.columns, 'r.')} FROM {table.rows} r"  # noqa: S608 - named() quotes
    into = f"INSERT INTO {table.place} ({_list(table.columns)}) OVERRIDING SYSTEM VALUE\n  {rows}"
    if table.key and not table.made:
        return f"{into}\n   WHERE NOT EXISTS (SELECT FROM {table.place} t WHERE {_same(table)})"
    return into


def inserts(group: Sequence[TableScript]) -> str:
    """Rows of tables that refer to each other in one statement."""
    group = [each for each in group if each.missing]
    before = "".join(_as_seen(each) for each in group if not each.key and not each.made)
    if not group:
        return ""
    if len(group) == 1:
        return f"{before}{_insert(group[0])};\n"
    parts = ",\n".join(f"i{each.number} AS ({_insert(each)} RETURNING 1)" for each in group)
    return f"{before}WITH {parts}\nSELECT 1 WHERE false;\n"


def _as_seen(table: TableScript) -> str:
    """Rows that nothing tells apart must be there as often as they were when somebody looked."""
    message = text(f"{table.place} was changed after recover looked at it: run stagecopy recover again")
    unlike = _unlike(table, "max(stagecopy_there)")
    body = f"BEGIN IF EXISTS (SELECT {unlike}) THEN RAISE EXCEPTION '%', {message}; END IF; END"
    return f"LOCK TABLE {table.place} IN SHARE ROW EXCLUSIVE MODE;\nDO {dollars(body, 'stagecopy')};\n"


def _unlike(table: TableScript, copies: str) -> str:
    """FROM and WHERE of kinds of rows of which there are not so many *copies*."""
    row = f"ROW({_list(table.columns)})::pg_catalog.text"
    wanted = f"SELECT {row} AS x, {copies} AS n FROM {table.rows} GROUP BY 1"  # noqa: S608 - named() quotes
    there = f"SELECT {row} AS x, count(*) AS n FROM {table.place} GROUP BY 1"  # noqa: S608 - named() quotes
    return f"FROM ({wanted}) w LEFT JOIN ({there}) t ON t.x = w.x WHERE w.n <> coalesce(t.n, 0)"


def updates(table: TableScript) -> str:
    """Values that are NULL now; and, if whoever runs it says so, others that differ."""
    if not table.rows_changed or not table.repaired:
        return ""
    same = " AND ".join(f"t.{named(name)} = v.k{at}" for at, name in enumerate(table.key))
    nulled, changed = [], []
    for at, name in enumerate(table.repaired):
        update = f"UPDATE {table.place} t SET {named(name)} = v.v{at} FROM {table.values} v WHERE {same}"  # noqa: S608 - named() quotes
        here = f"t.{named(name)}"
        nulled.append(f"{update}\n   AND v.s{at} IS NULL AND num_nulls({here}) = 1 AND num_nulls(v.v{at}) = 0;\n")
        still = f"num_nulls({here}) = 0 AND concat({here}) = v.s{at}"
        other = f"(num_nulls(v.v{at}) = 1 OR concat(v.v{at}) <> v.s{at})"
        changed.append(f"{update}\n   AND {still} AND {other};\n")
    return f"{''.join(nulled)}\\if :restore_changed\n{''.join(changed)}\\endif\n"


def checks(table: TableScript) -> str:
    """Raises unless the script is whole and every row is there."""
    if not table.missing:
        return ""
    whole = text(f"{table.place}: the script is to hold {table.missing} rows, but holds ")
    lines = [
        f"SELECT count(*) INTO n FROM {table.rows};",  # noqa: S608 - named() quotes
        f"IF n <> {table.missing} THEN RAISE EXCEPTION '%', {whole} || n; END IF;",
    ]
    if table.made:
        lines.append(f"SELECT {table.missing} - count(*) INTO n FROM {table.place};")  # noqa: S608 - named() quotes
    elif table.key:
        unmet = f"NOT EXISTS (SELECT FROM {table.place} t WHERE {_same(table)})"
        lines.append(f"SELECT count(*) INTO n FROM {table.rows} r WHERE {unmet};")  # noqa: S608 - named() quotes
    else:
        unlike = _unlike(table, "max(stagecopy_there) + count(*)")
        lines.append(f"SELECT count(*) INTO n {unlike};")
    missing = text(f"{table.place}: of {table.missing} rows there did not come back ")
    lines.append(f"IF n <> 0 THEN RAISE EXCEPTION '%', {missing} || n; END IF;")
    body = f"DECLARE n pg_catalog.int8; BEGIN {' '.join(lines)} END"
    return f"DO {dollars(body, 'stagecopy')};\n"


def key_back(place: tuple[str, str], name: str, definition: str) -> str:
    """A foreign key made again."""
    return f"ALTER TABLE {named(*place)} ADD CONSTRAINT {named(name)} {definition};\n"


def remark(said: str) -> str:
    """A line that does nothing."""
    return f"-- {visible(said.rstrip())}\n"


def sequence_on(place: tuple[str, str], last: int, *, called: bool, increment: int) -> str:
    """Moves a sequence forward, never back."""
    name = named(*place)
    now = f"CASE WHEN s.is_called THEN s.last_value + {increment} ELSE s.last_value END"
    ahead = last + increment if called else last
    sign = "<" if increment > 0 else ">"
    setval = f"SELECT pg_catalog.setval({text(name)}, {last}, {str(called).lower()}) FROM {name} s"  # noqa: S608 - named() quotes
    return f"{setval} WHERE {now} {sign} {ahead};\n"


def foot() -> Iterator[str]:
    """The end."""
    yield "COMMIT;\n"
