"""Which tables and columns the text of a migration names: what it changed beside them came about another way.

Surprising: this is no parser. A name counts as named wherever it stands, in strings and comments of a statement too,
because code in strings is code here; so "does not name it" can be relied on, "names it" less.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from stagecopy.model.change import TableChange
from stagecopy.model.migration import MigrationRun, StatementRun

Name = tuple[str, str]  # schema and table

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def spellings(table: TableChange) -> tuple[Name, ...]:
    """Schema and name of a table, and those it had before if it was renamed."""
    now, old = (table.schema, table.table), table.renamed_from
    if old is None:
        return (now,)
    if old.endswith(f".{table.table}"):
        return now, (old.removesuffix(f".{table.table}"), table.table)
    if old.startswith(f"{table.schema}."):
        return now, (table.schema, old.removeprefix(f"{table.schema}."))
    return now, (old.partition(".")[0], old.partition(".")[2])


def mentioning(run: MigrationRun, *names: Name) -> Iterator[StatementRun]:
    """Statements that name one of the tables, alone or with its schema."""
    return (each for each in run.statements if any(text_names(each.sql, name) for name in names))


def text_names(text: str, name: Name) -> bool:
    """Whether *text* names the table; the same name behind another schema is another table."""
    return _pattern(name, "").search(text) is not None


def text_qualifies(text: str, name: Name) -> bool:
    """Whether *text* names the table together with its schema."""
    return text_names(text, name) and re.search(rf"{_spelled(name[0])}\s*\.\s*{_spelled(name[1])}", text) is not None


def aims_at(run: MigrationRun, verb: str, *names: Name) -> bool:
    """Whether some statement names one of the tables right behind *verb*, a pattern such as ``delete\\s+from``."""
    head = rf"\b{verb}\s+(?:only\s+)?"
    return any(_pattern(name, head).search(each.sql) for each in run.statements for name in names)


def word_in(text: str, name: str) -> bool:
    """Whether a single name stands in *text*."""
    return re.search(rf"(?<![\w$]){_spelled(name)}(?![\w$])", text) is not None


@lru_cache(maxsize=4096)
def _pattern(name: Name, head: str) -> re.Pattern[str]:
    qualified = rf"(?:{_spelled(name[0])}\s*\.\s*)?{_spelled(name[1])}"
    return re.compile(rf"(?i:{head})(?<![\w$.\"]){qualified}(?![\w$])")


def _spelled(name: str) -> str:
    quoted = re.escape('"' + name.replace('"', '""') + '"')
    return rf"(?:{quoted}|(?i:{re.escape(name)}))" if _PLAIN.fullmatch(name) else rf"(?:{quoted}|{re.escape(name)})"
