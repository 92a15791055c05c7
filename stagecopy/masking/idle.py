"""Finds rules that mean nothing: names the catalog does not have, columns that are computed, relations without rows.

Surprising: only the user's own files answer for this. A pack may speak of tables that this application does not use.
"""

from __future__ import annotations

from collections import defaultdict

from stagecopy.masking.identifiers import table_key
from stagecopy.masking.matching import Matcher
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.rules import ColumnRule, TableRule
from stagecopy.model.catalog import Catalog, Table
from stagecopy.yamlfile import nearest

_KINDS = {"r", "p"}
_KIND_NAMES = {"m": "a materialized view", "f": "a foreign table", "v": "a view"}


def note_idle(matcher: Matcher) -> None:
    """Note every entry that names a table or column the catalog does not have."""
    mistakes, catalog = matcher.mistakes, matcher.catalog
    meant: dict[str, list[Table]] = defaultdict(list)
    for table in catalog.tables:
        for rule in matcher.own[table.oid]:
            meant[rule.where].append(table)
    for rule in matcher.rules.tables:
        tables = meant[rule.where]
        if not tables:
            _no_table(catalog, rule, mistakes)
        elif not rule.skip and not any(table.kind in _KINDS for table in tables):
            kind = _KIND_NAMES.get(tables[0].kind, "no table")
            mistakes.add(rule.where, f"{rule.text} is {kind}, no rows of it are copied", "take the entry out")
        else:
            for entry in rule.columns:
                _idle_column(rule, entry, tables, mistakes)


def _no_table(catalog: Catalog, rule: TableRule, mistakes: Mistakes) -> None:
    if rule.name.glob:
        mistakes.add(rule.where, f"{rule.text} matches nothing", "take it out or mend the name")
        return
    names = [table_key(table.schema, table.name) for table in catalog.tables if table.kind in _KINDS]
    wanted = table_key(rule.name.schema.text, rule.name.table.text)
    close = nearest(wanted, names)
    hint = f"did you mean {close!r}?" if close else "names are case-sensitive, without a schema public is meant"
    mistakes.add(rule.where, f"there is no table {wanted}", hint)


def _idle_column(rule: TableRule, entry: ColumnRule, tables: list[Table], mistakes: Mistakes) -> None:
    columns = [column for table in tables for column in table.columns if entry.column.matches(column.name)]
    where, name = entry.decision.where, entry.column.text
    if any(column.copied for column in columns):
        return
    if columns:
        if entry.decision.mask != "keep":
            mistakes.add(
                where,
                f"{rule.text}: column {name} is generated, it is computed anew from the masked columns",
                "take it out",
            )
    elif rule.name.glob or entry.column.glob:
        mistakes.add(where, f"{rule.text}: column {name} matches nothing", "take it out or mend the name")
    else:
        close = nearest(name, [column.name for table in tables for column in table.columns])
        hint = f"did you mean {close!r}?" if close else "names are case-sensitive"
        mistakes.add(where, f"{rule.text} has no column {name}", hint)
