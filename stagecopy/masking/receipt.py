"""The receipt of a masked copy: by which rules, key and words it was masked, and what became of every masked column.

Surprising: numbers of different values are estimates beyond 2,048, about 2 % off, and are counted per table: rows of a
partition are told at the partition. Nothing in it is a value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from stagecopy.masking import packs, searchable
from stagecopy.masking.plan import MaskPlan
from stagecopy.masking.project_code import CodeError, source
from stagecopy.masking.rules import Decision, Pack, RuleSet
from stagecopy.masking.vocabulary import vocabulary
from stagecopy.masking.witness import Seen, Witness
from stagecopy.model.audit import Audited
from stagecopy.model.catalog import Catalog, Column
from stagecopy.model.drift import KeptPersonal


def receipt(
    plan: MaskPlan,
    rules: RuleSet,
    seen: tuple[Witness, Audited],
    *,
    catalog: Catalog,
    kept: Iterable[KeptPersonal] = (),
    large_objects: Mapping[str, Any],
) -> dict[str, Any]:
    """The document. *large_objects*: what became of them."""
    witness, audited = seen
    words = vocabulary(plan.locale)
    return {
        "format": 1,
        "rules": {"sha256": rules_sha256(rules), "packs": [each.name for each in rules.packs]},
        "key_id": plan.key_id,
        "vocabulary": {"locale": words.locale, "faker": words.faker, "sha256": words.sha256},
        "schema": schema_sha256(catalog),
        "columns": [_column(each) for each in witness.columns.values()],
        "large_objects": dict(large_objects),
        "personal_kept": [each.name for each in kept],
        "audit": {
            "checked": audited.checked,
            "places": audited.places,
            "leaks": audited.count,
            "not_read": list(_numbers(plan)),
        },
    }


def _numbers(plan: MaskPlan) -> Iterator[str]:
    """Kept columns of numbers: a raw one would be found in any text, but there nobody looks."""
    for each in plan.tables.values():
        if each.action == "copy" and each.table.has_rows:
            kept = [column.column for column in each.columns if not column.masked]
            yield from (f"{each.table.qualified}.{column.name}" for column in kept if _is_number(column))


def _is_number(column: Column) -> bool:
    return (column.parts[0] if column.category == "A" and column.parts else column).category == "N"


def _column(seen: Seen) -> dict[str, Any]:
    return {
        "column": f"{seen.table.qualified}.{seen.plan.column.name}",
        "mask": seen.plan.rule,
        "where": seen.plan.where,
        "rows": seen.rows,
        "masked": seen.masked,
        "nulls": seen.nulls,
        "distinct_before": seen.before.count,
        "distinct_after": seen.after.count,
        "searched": seen.searched,
        "not_searchable": searchable.why_not(seen.plan),
    }


def rules_sha256(rules: RuleSet) -> str:
    """Over the rule files in the order read, the packs and files of code they use, each preceded by its length."""
    digest = hashlib.sha256()
    code = sorted({path for each in _decisions(rules) for path in _code(each)})
    for path in (*map(Path, rules.files), *(packs.path(each.name) for each in rules.packs), *code):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{len(content)}\n".encode() + content)
    return digest.hexdigest()


def _decisions(rules: RuleSet | Pack) -> Iterator[Decision]:
    yield from (column.decision for table in rules.tables for column in table.columns)
    yield from (pattern.decision for pattern in rules.patterns)
    if isinstance(rules, RuleSet):
        yield from (each for pack in rules.packs for each in _decisions(pack))


def _code(decision: Decision) -> Iterator[Path]:
    """Files with functions of the project's own, those of parts included. A rule nobody uses may name a missing one."""
    if call := decision.options.get("call"):
        with suppress(CodeError):
            yield source(call, decision.where)
    for part in decision.paths.values():
        yield from _code(part)


def schema_sha256(catalog: Catalog) -> str:
    """Over names, types and nullability of all columns: equal for equal tables, whatever their OIDs."""
    lines = sorted(
        f"{table.qualified}\t{table.kind}\t{column.name}\t{column.type}\t{column.not_null}\t{column.generated}"
        for table in catalog.tables
        for column in table.columns
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
