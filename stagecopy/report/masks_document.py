"""The ``--json`` documents of the verbs below `masks`. Raw values are only in a preview that was asked for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from stagecopy.masking.checked import Checked
from stagecopy.masking.classify import Decision
from stagecopy.masking.explain import Explained
from stagecopy.masking.maskers import MASKS
from stagecopy.masking.plan import TablePlan
from stagecopy.masking.preview import Cell, Row
from stagecopy.masking.rules import KEEP
from stagecopy.masking.suggest import Suggestions
from stagecopy.model.audit import Audited, LeakError
from stagecopy.report.document import drift_document, error_document


def suggestions(found: Suggestions, written: str | None) -> dict[str, Any]:
    """``masks suggest --json``."""
    counts = {verdict: found.count(verdict) for verdict in ("mask", "keep", "todo")}
    return {
        **error_document(0, None),
        "columns": {**counts, "covered": found.covered},
        "suggestions": [_suggestion(each) for each in found.proposed],
        "patterns": [{**dict(each.globs), "keep": each.reason, "columns": each.columns} for each in found.patterns],
        "look_again": [{**_suggestion(each), "where": where} for each, where in found.again],
        "yaml": found.yaml,
        "written": written,
    }


def _suggestion(decision: Decision) -> dict[str, Any]:
    return {
        "column": decision.name,
        "type": decision.column.type,
        "verdict": decision.verdict,
        "mask": decision.mask,
        "options": dict(decision.options),
        "confidence": decision.level,
        "by": decision.basis,
        "reason": decision.reason,
        "leaves": [{"path": path, "kind": kind} for path, kind in decision.leaves],
    }


def checked(found: Checked) -> dict[str, Any]:
    """``masks check --json``."""
    return {
        **error_document(found.error.exit_code if found.error else 0, found.error),
        "tables": [
            {**asdict(each), "masked": each.count(masked=True), "kept": each.count(masked=False)}
            for each in found.tables
        ],
        "problems": list(found.problems),
        "unclassified": list(found.unclassified),
        "yaml": found.yaml,
        "collisions": [asdict(each) for each in found.collisions],
        "personal_kept": len(found.kept),
        "personal": [asdict(each) for each in found.kept],
        "drift": drift_document(found.drift),
    }


def explained(found: Explained) -> dict[str, Any]:
    """``masks explain --json``."""
    rule = found.rule
    return {
        **error_document(0, None),
        "column": found.name,
        "type": found.column.type,
        "action": found.action,
        "rule": rule.text if rule else None,
        "reason": rule.reason if rule else None,
        "where": rule.where if rule else None,
        "key": found.key,
        "candidates": [
            {
                "step": each.step,
                "entry": each.entry,
                "rule": each.decision.text,
                "where": each.decision.where,
                "applies": each.decision is rule,
            }
            for each in found.candidates
        ],
        "members": list(found.members),
        "mask": _guarantees(rule.mask) if rule and rule.mask != KEEP else None,
        "length": found.column.length,
        "unique": list(found.unique),
    }


def _guarantees(mask: str) -> dict[str, Any]:
    kind = MASKS[mask]
    return {
        "name": mask,
        "summary": kind.summary,
        "takes": kind.takes,
        "injective": kind.injective,
        "options": dict(kind.options),
    }


def previewed(tables: Sequence[tuple[TablePlan, Sequence[Row]]], *, raw: bool) -> dict[str, Any]:
    """``masks preview --json``; production's own values only with *raw*."""
    return {
        **error_document(0, None),
        "tables": [
            {
                "name": plan.table.qualified,
                "columns": [
                    {"name": each.column.name, "type": each.column.type, "rule": each.rule, "where": each.where}
                    for each in plan.columns
                ],
                "rows": [[_cell(cell, raw=raw) for cell in row] for row in rows],
            }
            for plan, rows in tables
        ],
    }


def _cell(cell: Cell, *, raw: bool) -> dict[str, Any]:
    if raw:
        return {"raw": cell.raw, "masked": cell.masked}
    return {"masked": None if cell.hidden else cell.masked, "hidden": cell.hidden}


def audited(snapshot: str, found: Audited, error: LeakError | None) -> dict[str, Any]:
    """``masks audit --json``."""
    return {
        **error_document(error.exit_code if error else 0, error),
        "snapshot": snapshot,
        "audit": {"checked": found.checked, "places": found.places, "leaks": found.count},
        "leaks": [asdict(each) for each in found.leaks],
    }
