"""What to say about columns that no rule covers: the YAML to paste, one safe proposal per column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from stagecopy.errors import UnclassifiedError
from stagecopy.masking.identifiers import quote, table_key
from stagecopy.masking.maskers.base import TEXT_TYPES
from stagecopy.model.catalog import Column, Table

_PLAIN = re.compile(r"[A-Za-z_][\w.$-]*", re.ASCII)
_YAML_NULLS = {"null", "Null", "NULL"}
_NAMED = 5


def unclassified(missing: Iterable[tuple[Table, Column]]) -> UnclassifiedError:
    """The error for *missing*, in catalog order."""
    pairs = list(missing)
    columns = tuple(f"{table.qualified}.{column.name}" for table, column in pairs)
    shown = ", ".join(columns[:_NAMED]) + (f" and {len(columns) - _NAMED} more" if len(columns) > _NAMED else "")
    count = "1 column has" if len(columns) == 1 else f"{len(columns)} columns have"
    return UnclassifiedError(
        f"{count} no masking rule: {shown}",
        columns=columns,
        yaml=rules_to_paste(pairs),
        hint="paste the rules into a new file in masking-rules/, mend what does not fit, fill in every empty `keep:`",
    )


def rules_to_paste(pairs: Iterable[tuple[Table, Column]]) -> str:
    """A whole rule file for *pairs*."""
    lines = ["version: 1", "tables:"]
    last: int | None = None
    for table, column in pairs:
        if table.oid != last:
            lines += [f"  {yaml_key(table_key(table.schema, table.name))}:", "    columns:"]
            last = table.oid
        rule, note = _proposal(table, column)
        lines.append(f"      {yaml_key(quote(column.name))}: {rule}  # {column.type}{note}")
    return "\n".join(lines) + "\n"


def yaml_key(text: str) -> str:
    """*text* as a YAML key, quoted where YAML needs it."""
    return text if _PLAIN.fullmatch(text) and text not in _YAML_NULLS else json.dumps(text, ensure_ascii=False)


def _proposal(table: Table, column: Column) -> tuple[str, str]:
    unique = any(column.attnum in key.attnums for key in table.unique_keys)
    if column.base_type in TEXT_TYPES or column.category == "S":
        return ("{mask: hash}", ", unique") if unique else ("{mask: text}", "")
    if column.base_type in ("date", "timestamp", "timestamptz") and not unique:
        return "{mask: shift_date}", ""
    return "{keep: }", ": say why it may stay" + ("" if column.not_null else ", or {mask: null}")
