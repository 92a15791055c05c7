"""Finds rows that left one partition for another of the same table: moved, neither lost nor new.

Surprising: the column that divides the table is part of its key, so a row that moves because that column changed has
another key. It counts as moved where all its other values are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from stagecopy.diff.matching import RelationPair
from stagecopy.diff.pairing import KEY, no_rows
from stagecopy.diff.plan import Planner, Servers, Signature
from stagecopy.diff.reading import all_rows, numbers_at
from stagecopy.diff.table import TableResult, table_failures
from stagecopy.diff.tally import batches
from stagecopy.postgres.partitions import dividing_columns
from stagecopy.postgres.valueforms import Form, digest

Roots = dict[int, int]


def roots_of(pairs: Sequence[RelationPair]) -> Roots:
    """The after side's OID of every partitioned table, also under the OID it was replaced from."""
    return {
        side.oid: pair.shown.oid
        for pair in pairs
        for side in (pair.before, pair.after)
        if side is not None and side.kind == "p"
    }


def _root(result: TableResult, roots: Roots) -> int | None:
    root = next((each.root for each in (result.pair.after, result.pair.before) if each and each.root), None)
    return None if root is None else roots.get(root, root)


def find_moves(results: Sequence[TableResult], roots: Roots, servers: Servers) -> None:
    """Take moved rows out of removed and added of every leaf."""
    leaves: dict[int, list[TableResult]] = defaultdict(list)
    for result in results:
        root = _root(result, roots)
        if root is not None:
            leaves[root].append(result)
    for root, family in leaves.items():
        if _may_have_moved(family):
            for each in family:
                _read_whole(each, servers)
            _settle(family)
        if _may_have_moved(family) and (names := dividing_columns(servers.after, root)):
            _settle_by_rest(family, servers, names)


def _may_have_moved(family: Sequence[TableResult]) -> bool:
    return any(each.change.removed for each in family) and any(each.change.added for each in family)


def _read_whole(result: TableResult, servers: Servers) -> None:
    """The key digests of a leaf that was created or dropped: all of its rows came or went."""
    pair = result.pair
    if result.change.change not in ("created", "dropped") or not (result.change.added or result.change.removed):
        return
    plan = Planner(servers).one_sided(pair.shown, after=pair.after is not None)
    side = plan.after or plan.before
    if side is None:
        return
    with table_failures(pair):
        rows = all_rows(side).select([*KEY, "place"])
    result.plan = plan
    if pair.after is None:
        result.vanished = rows
    else:
        result.appeared = rows


def _gathered(family: Sequence[TableResult], signature: Signature, *, vanished: bool) -> pl.DataFrame:
    frames = [no_rows().with_columns(leaf=pl.lit(0, pl.Int64))]
    for index, each in enumerate(family):
        if each.plan is not None and each.plan.signature == signature:
            rows = each.vanished if vanished else each.appeared
            frames.append(rows.with_columns(leaf=pl.lit(index, pl.Int64)))
    return pl.concat(frames).with_columns(pl.int_range(pl.len()).over(KEY).alias("nth"))


def _settle(family: Sequence[TableResult]) -> None:
    for signature in {each.plan.signature for each in family if each.plan is not None}:
        gone = _gathered(family, signature, vanished=True)
        come = _gathered(family, signature, vanished=False)
        _take(family, gone.join(come, on=[*KEY, "nth"], how="inner", suffix="_to"))


def _settle_by_rest(family: Sequence[TableResult], servers: Servers, names: frozenset[str]) -> None:
    """Rows that differ in nothing but the columns *names*, which divide the table."""
    gone, come = (
        pl.concat(
            [
                _rest(each, servers, names, vanished=vanished).with_columns(leaf=index)
                for index, each in enumerate(family)
            ]
        ).with_columns(pl.int_range(pl.len()).over("rest").alias("nth"))
        for vanished in (True, False)
    )
    _take(family, gone.join(come, on=["rest", "nth"], how="inner", suffix="_to"))


def _rest(result: TableResult, servers: Servers, names: frozenset[str], *, vanished: bool) -> pl.DataFrame:
    """Places of a leaf's rows with one digest of all values but those of *names*."""
    plan, rows = result.plan, result.vanished if vanished else result.appeared
    nothing = pl.DataFrame(schema={"place": pl.Int64, "rest": pl.Int64})
    side = None if plan is None else plan.before if vanished else plan.after
    if plan is None or side is None or not any(pair.after.name in names for pair in plan.key or ()):
        return nothing
    values = plan.values[0 if vanished else 1]
    kept = [
        Form(value, "int8")
        for pair, value in zip(plan.match.pairs, values, strict=True)
        if pair.after.name not in names
    ]
    if not kept or rows.is_empty():
        return nothing
    with table_failures(result.pair):
        read = [
            numbers_at(side, [digest(kept, servers.seeds[2])], piece["place"].to_list()) for piece in batches(rows, 1)
        ]
    digests = pl.concat(read).unique(KEY)
    return rows.join(digests, on=KEY, how="inner").select("place", rest="c0")


def _take(family: Sequence[TableResult], pairs: pl.DataFrame) -> None:
    """Count as moved those *pairs* whose two places are in different leaves."""
    moved = pairs.filter(pl.col("leaf") != pl.col("leaf_to"))
    for index, each in enumerate(family):
        left = moved.filter(pl.col("leaf") == index).select("place")
        came = moved.filter(pl.col("leaf_to") == index).select(place="place_to")
        _apply(each, left, came)


def _apply(result: TableResult, left: pl.DataFrame, came: pl.DataFrame) -> None:
    """Count the places *left* and the places where rows *came* as moved."""
    change, gone, come = result.change, left.height, came.height
    result.vanished = result.vanished.join(left, on="place", how="anti", maintain_order="left")
    result.appeared = result.appeared.join(came, on="place", how="anti", maintain_order="left")
    result.change = replace(
        change, removed=change.removed - gone, added=change.added - come, moved=change.moved + gone + come
    )
