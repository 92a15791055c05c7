"""Numbers behind changed values, read for columns whose type changed: sizes, moments, lengths. Never the values.

Surprising: a value that has no such number (infinity, NaN, too large) is left out of "the largest change", though not
of the count of changed values.
"""

from __future__ import annotations

import io
from typing import Literal

import polars as pl
import psycopg
from psycopg import sql

from stagecopy.diff.matching import ColumnPair
from stagecopy.diff.pairing import KEY
from stagecopy.diff.plan import Servers, TablePlan, text_digest
from stagecopy.diff.tally import ColumnTally
from stagecopy.postgres.diffcatalog import ComparedColumn
from stagecopy.postgres.diffrows import RowSide, values_at
from stagecopy.postgres.valueforms import family, reference

Kind = Literal["number", "time", "text"]
_NUMBERS = ("int2", "int4", "int8", "numeric", "money", "float4", "float8")
_MOST_ROWS = 100_000  # reading all would take as long again as comparing them
_LENGTH = "CASE WHEN {0} IS NOT NULL THEN pg_catalog.char_length(pg_catalog.concat({0})) END"
_ZONED = "CASE WHEN pg_catalog.isfinite({0}) THEN EXTRACT(EPOCH FROM {0}::pg_catalog.timestamptz) END"
_UNZONED = "CASE WHEN pg_catalog.isfinite({0}) THEN EXTRACT(EPOCH FROM {0}::pg_catalog.timestamp) END"
_AS_NUMBER, _AS_MONEY = "{}::pg_catalog.float8", "{}::pg_catalog.numeric::pg_catalog.float8"
_FINITE = "CASE WHEN {0} BETWEEN -1e300 AND 1e300 THEN {0} END"
_EMPTY = {25: "''::pg_catalog.text", 1043: "''::pg_catalog.varchar"}  # by type OID


def kind_of(pair: ColumnPair) -> Kind | None:
    """What can be measured of a column on both sides, if its type changed."""
    if not pair.retyped:
        return None
    if all(each.base in _NUMBERS for each in (pair.before, pair.after)):
        return "number"
    families = {family(pair.before), family(pair.after)}
    if families == {"time"}:
        return "time"
    both_text = families == {"text"} and "enum" not in (pair.before.base, pair.after.base)
    return "text" if both_text else None


def look(servers: Servers, plan: TablePlan, piece: pl.DataFrame, tally: ColumnTally) -> None:
    """Tell *tally* what the counts of changed rows need beside digests; before it adds the same *piece*."""
    if not tally.empties:
        tally.empties = _empties(servers, plan)
    kinds = {index: kind for index, pair in enumerate(plan.match.pairs) if (kind := kind_of(pair)) is not None}
    if not kinds or plan.before is None or plan.after is None:
        return
    if tally.rows >= _MOST_ROWS:
        for told in tally.measured.values():
            told.partial = True
        return
    try:
        before = _read(plan.before, plan, kinds, piece)
        after = _read(plan.after, plan, kinds, piece)
    except psycopg.DataError:  # a number that no float holds
        return
    rows = piece.join(before, on=KEY, how="inner").join(after, on=KEY, how="inner", suffix="_after")
    for index, kind in kinds.items():
        tally.measure(index, kind, rows)


def _empties(servers: Servers, plan: TablePlan) -> dict[int, int]:
    """The digest of the empty string for every text column that stayed as it was, -1 standing for none at all."""
    used = {each.before.type_oid for each in plan.match.pairs if not each.retyped} & _EMPTY.keys()
    if not used:
        return {-1: 0}
    forms = [text_digest(sql.SQL(_EMPTY[oid]), servers.seeds[3]) for oid in sorted(used)]
    row = servers.before.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(forms))).fetchone() or ()
    digests = dict(zip(sorted(used), row, strict=True))
    return {
        index: int(digests[pair.before.type_oid])
        for index, pair in enumerate(plan.match.pairs)
        if not pair.retyped and pair.before.type_oid in digests
    }


def _read(side: RowSide, plan: TablePlan, kinds: dict[int, Kind], piece: pl.DataFrame) -> pl.DataFrame:
    is_before = side is plan.before
    pairs = plan.match.pairs
    zoned = {index for index in kinds if "timestamptz" in (pairs[index].before.base, pairs[index].after.base)}
    forms = [
        _form(pairs[index].before if is_before else pairs[index].after, kind, zoned=index in zoned)
        for index, kind in kinds.items()
    ]
    places = piece["place" if is_before else "place_after"].to_list()
    with side.connection.transaction():
        data = values_at(side, forms, places)
    schema = {**dict.fromkeys(KEY, pl.Int64()), **{f"m{index}": pl.Float64() for index in kinds}}
    if not data:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(
        io.BytesIO(data), separator="\t", has_header=False, null_values="\\N", schema=schema, quote_char=None
    )


def _form(column: ComparedColumn, kind: Kind, *, zoned: bool) -> sql.Composed:
    value = reference(column)
    if kind == "number":
        value = sql.SQL(_AS_MONEY if column.base == "money" else _AS_NUMBER).format(value)
    elif kind == "time":
        return sql.SQL(_ZONED if zoned else _UNZONED).format(value)
    return sql.SQL(_LENGTH if kind == "text" else _FINITE).format(value)
