"""Rules about what rests on masked values, which are no proof: masks are unique and fit by construction, or collide.

Surprising: NOT NULL is none of these, for masks keep NULL and what is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stagecopy.model.findings import Finding
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.mentions import text_names, word_in

# What it failed at: 23503 foreign key, 23505 unique, 23514 check, 23P01 exclusion; the others did not fit a type.
_REFUSED = frozenset({"23503", "23505", "23514", "23P01", "22001", "22003", "22007", "22008", "22P02"})
_RESTS = re.compile(r"CREATE UNIQUE INDEX|PRIMARY KEY|UNIQUE|CHECK|EXCLUDE|FOREIGN KEY")
_LOOK = "ask production itself, for example with"


def masked_column(evidence: Evidence) -> Iterator[Finding]:
    """``masked-column``: something passed, or failed, for the values of a column that is masked here."""
    yield from _passed(evidence)
    yield from _refused(evidence)


def _passed(evidence: Evidence) -> Iterator[Finding]:
    told: set[str] = set()
    for kind in ("constraint", "index"):  # a constraint brings an index of its name along
        for change in evidence.schema(kind, "added"):
            definition = change.after or ""
            columns = _named(evidence, change.table, definition)
            if not columns or change.name in told or not _RESTS.search(definition):
                continue
            told.add(change.name)
            what = "UNIQUE" if _is_unique(definition) else "it"
            message = (
                f"{change.name} holds for masked values ({', '.join(columns)}): that {what} holds for those of"
                " production is not shown"
            )
            yield Finding(
                "masked-column", "warn", change.name, message, _remedy(change.table or "", columns, definition)
            )
    for table in evidence.standing():
        masked = evidence.effects.masked.get(table.renamed_from or table.name, ())
        for name, column in table.columns.items():
            if name in masked and column.type_to and column.type_from:
                message = (
                    f"{table.name}.{name} is masked: that its values fit {column.type_to} here does not show that"
                    " production's do"
                )
                remedy = f"{_LOOK} a SELECT that casts the column to {column.type_to}"
                yield Finding("masked-column", "warn", f"{table.name}.{name}", message, remedy)


def _refused(evidence: Evidence) -> Iterator[Finding]:
    error = evidence.run.error
    failed = next((each for each in evidence.run.statements if error and each.n == error.statement), None)
    if error is None or failed is None or error.sqlstate not in _REFUSED:
        return
    for table, masked in evidence.effects.masked.items():
        schema, _, name = table.partition(".")
        columns = [f"{table}.{each}" for each in masked if word_in(failed.sql, each)]
        if columns and text_names(failed.sql, (schema, name)):
            message = f"statement {failed.n} failed at masked values ({', '.join(columns)}): production's may pass"
            remedy = "look whether production has such rows before changing the migration"
            yield Finding("masked-column", "warn", f"statement {failed.n}", message, remedy)


def _named(evidence: Evidence, table: str | None, definition: str) -> list[str]:
    """Masked columns of *table* in *definition*, with their table."""
    renamed = {each.name: each.renamed_from for each in evidence.difference.tables}
    known = evidence.effects.masked.get(renamed.get(table or "") or table or "", ())
    inside = definition[definition.find("(") :]
    return [f"{table}.{each}" for each in known if word_in(inside, each)]


def _is_unique(definition: str) -> bool:
    return "UNIQUE" in definition or "PRIMARY KEY" in definition


def _remedy(table: str, columns: list[str], definition: str) -> str:
    names = ", ".join(each.removeprefix(f"{table}.") for each in columns)
    if _is_unique(definition):
        return f"{_LOOK} a SELECT on {table} with GROUP BY {names} HAVING count(*) > 1"
    return f"{_LOOK} a SELECT of the rows that {definition[:80]} would refuse"
