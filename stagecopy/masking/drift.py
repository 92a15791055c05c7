"""What changed between the plan of the last snapshot and the rules on production's catalog now, and what it means.

The plan is remembered as a plain document (``remembered``): per column its type, whether it may be NULL, whether a
unique index holds it, its rule and where that stands. Partitions are not in it: they come and go every day, and their
parent speaks for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stagecopy.masking.classify import ruled_tables
from stagecopy.masking.coverage import Coverage
from stagecopy.masking.maskers import MASKS
from stagecopy.masking.rules import KEEP, TableRule
from stagecopy.model.catalog import Column, Table
from stagecopy.model.drift import Drift
from stagecopy.model.wording import counted

FORMAT = 1
_COPIED = ("copy", "subset")
_NO_RULE = "no rule: refresh stops"
_SIZED = re.compile(r"(?:character varying|character|varchar|char)\((\d+)\)")
_LENGTH_BOUND = frozenset({"email", "username", "hash", "text", "phone"})


def remembered(coverage: Coverage) -> dict[str, Any]:
    """The plan as a document."""
    tables = {}
    for table in ruled_tables(coverage.catalog):
        columns = {column.name: _column(coverage, table, column) for column in table.copied_columns}
        tables[table.qualified] = {"action": coverage.action(table), "columns": columns}
    return {"format": FORMAT, "tables": tables}


def _column(coverage: Coverage, table: Table, column: Column) -> dict[str, Any]:
    chosen = coverage.chosen.get((table.oid, column.attnum))
    return {
        "type": column.type,
        "not_null": column.not_null,
        "unique": any(column.attnum in key.attnums for key in table.unique_keys),
        "rule": chosen.decision.text if chosen else None,
        "mask": chosen.decision.mask if chosen else None,
        "where": chosen.decision.where if chosen else None,
    }


def drift(before: Mapping[str, Any] | None, coverage: Coverage) -> tuple[Drift, ...] | None:
    """What differs from the plan *before*, tables first; None where there is none to compare with."""
    if before is None or before.get("format") != FORMAT:
        return None
    old, new = before["tables"], remembered(coverage)["tables"]
    found = [
        *(_new_table(name, new[name]) for name in sorted(new.keys() - old.keys())),
        *(_vanished_table(name, coverage) for name in sorted(old.keys() - new.keys())),
    ]
    for name in sorted(new.keys() & old.keys()):
        found += _table(name, old[name], new[name], coverage)
    return tuple(found)


def _new_table(name: str, table: Mapping[str, Any]) -> Drift:
    columns = table["columns"]
    if table["action"] not in _COPIED:
        return Drift("new", "table", name, "its rows stay behind")
    without = [column for column, facts in columns.items() if facts["mask"] is None]
    if without:
        message = f"{len(without)} of {counted(len(columns), 'column')} without a rule: refresh stops"
        return Drift("new", "table", name, message)
    masked = sum(facts["mask"] != KEEP for facts in columns.values())
    return Drift("new", "table", name, f"{counted(masked, 'column')} masked, {len(columns) - masked} kept")


def _vanished_table(name: str, coverage: Coverage) -> Drift:
    where = next((rule.where for rule in coverage.rules.tables if _names(rule, name)), None)
    return Drift("vanished", "table", name, _idle(where), where)


def _names(rule: TableRule, table: str) -> bool:
    """Whether *rule* names that table exactly; the catalog's spelling, without quotes."""
    return not rule.name.glob and f"{rule.name.schema.text}.{rule.name.table.text}" == table


def _idle(where: str | None) -> str:
    return f"the rule at {where} is idle: take it out" if where else "no rule speaks of it alone"


def _table(name: str, old: Mapping[str, Any], new: Mapping[str, Any], coverage: Coverage) -> Iterator[Drift]:
    if old["action"] != new["action"]:
        yield Drift("changed", "table", name, f"its rows: {old['action']} before, {new['action']} now")
    if new["action"] not in _COPIED:
        return
    was, is_now = old["columns"], new["columns"]
    for column in is_now:
        full, facts = f"{name}.{column}", is_now[column]
        if column not in was:
            yield _new_column(full, facts)
        elif said := list(_changes(was[column], facts)):
            yield Drift("changed", "column", full, "; ".join(said), facts["where"])
    for column in was.keys() - is_now.keys():
        where = _exact(coverage, name, column)
        yield Drift("vanished", "column", f"{name}.{column}", _idle(where), where)


def _new_column(name: str, facts: Mapping[str, Any]) -> Drift:
    if facts["mask"] is None:
        return Drift("new", "column", name, _NO_RULE)
    said = "goes to staging as it is" if facts["mask"] == KEEP else f"becomes `{facts['rule']}`"
    return Drift("new", "column", name, f"{said}, by {facts['where']}", facts["where"])


def _exact(coverage: Coverage, table: str, column: str) -> str | None:
    """Where the user's own rules name that column."""
    for rule in coverage.rules.tables:
        if _names(rule, table):
            for entry in rule.columns:
                if not entry.column.glob and entry.column.text == column:
                    return entry.decision.where
    return None


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old["type"] != new["type"]:
        yield f"type {old['type']} → {new['type']}: {_type_means(old, new)}"
    if old["not_null"] != new["not_null"]:
        yield _null_means(new)
    if old["unique"] != new["unique"]:
        yield _unique_means(new)
    if old["rule"] != new["rule"]:
        yield _rule_means(old, new)


def _type_means(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    mask = new["mask"]
    if mask is None:
        return _NO_RULE
    if mask == KEEP:
        return "kept, as before" if old["mask"] == KEEP else "kept now"
    before, now = _length(old["type"]), _length(new["type"])
    if before != now and mask in _LENGTH_BOUND:
        shorter = now is not None and (before is None or now < before)
        return f"{mask} masks may get {'shorter' if shorter else 'longer'}, then all values change"
    return f"mask {mask} has to take the new type"


def _length(kind: str) -> int | None:
    found = _SIZED.fullmatch(kind)
    return int(found[1]) if found else None


def _null_means(new: Mapping[str, Any]) -> str:
    if not new["not_null"]:
        return "may be NULL now: masks stay"
    return "NOT NULL now: mask null does not fit any more" if new["mask"] == "null" else "NOT NULL now: masks stay"


def _unique_means(new: Mapping[str, Any]) -> str:
    mask = new["mask"]
    if not new["unique"]:
        return "not unique any more: masks stay"
    if mask in (None, KEEP) or MASKS[mask].injective:
        return "unique now: its values stay distinct"
    return (
        f"unique now: mask {mask} can give two rows the same value, and is refused unless another key keeps them apart"
    )


def _rule_means(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    if new["mask"] is None:
        return f"was `{old['rule']}`, now {_NO_RULE}"
    if old["mask"] is None:
        return f"`{new['rule']}` now, at {new['where']}"
    if new["mask"] == KEEP:
        return f"was `{old['rule']}`, goes to staging as it is now, by {new['where']}"
    return f"`{old['rule']}` before, `{new['rule']}` now: all values change"
