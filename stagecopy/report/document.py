"""The ``--json`` documents. Their keys are an interface: every field is always there, what is not known is null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from stagecopy.errors import StagecopyError
from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import ColumnDetail, Difference, Sample, SequenceChange, TableChange
from stagecopy.model.costs import RunCosts
from stagecopy.model.drift import Drift
from stagecopy.model.findings import Fidelity, Finding
from stagecopy.model.impact import Impact
from stagecopy.model.interruption import Interruption
from stagecopy.model.locking import lock_orders
from stagecopy.model.migration import HeldLock, MigrationRun, StatementRun
from stagecopy.model.refresh import RefreshedTable, RefreshResult
from stagecopy.model.rollback import UNTESTED, Rollback
from stagecopy.model.trial import TrialResult
from stagecopy.redact import scrub
from stagecopy.report.headline import headline

FORMAT = 1
# A change of one of these makes its table one that changed, even where no row differs.
_TABLE_KINDS = frozenset({"table", "column", "default", "index", "constraint", "trigger", "policy", "grant"})


def error_document(exit_code: int, error: StagecopyError | None) -> dict[str, Any]:
    """The document of a verb that failed before it had anything else to say."""
    return {"format": FORMAT, "exit": exit_code, "error": _error(error)}


def trial_document(result: TrialResult, *, all_tables: bool = False) -> dict[str, Any]:
    """``trial --json``; with *all_tables* also the tables that did not change."""
    return {
        **error_document(result.exit, result.error),
        "trial": result.trial,
        "headline": scrub(headline(result.difference, result.run)),
        "snapshot": result.snapshot,
        "taken_at": result.taken_at.isoformat() if result.taken_at else None,
        "verdict": result.verdict,
        "ran_as": result.ran_as,
        "engine": result.engine,
        "clone": result.clone,
        "fidelity": _fidelity(result.fidelity),
        "migration": _migration(result.run) if result.run else None,
        "tables": [_table(each, result.masked) for each in reported_tables(result.difference, all_tables=all_tables)],
        "schema": [change.document() for change in result.difference.schema] if result.difference else [],
        "rollback": _rollback(result.rollback),
        "interrupt": [_interruption(each) for each in result.interruptions.tried] if result.interruptions else [],
        "impact": {
            "wal_bytes": result.run.wal_bytes if result.run else None,
            "disk_bytes": result.disk_bytes,
            "longest_exclusive_lock_seconds": _longest_lock(result.run),
            **(result.run.costs if result.run else RunCosts()).document(),
            **(result.impact or Impact()).document(),
        },
        "findings": [_finding(each) for each in result.findings],
        "sequences": [each.document() for each in _moved(result.difference)],
        "bookkeeping": [each.name for each in _bookkeeping(result.difference)],
        "expectation": asdict(result.expectation) if result.expectation else None,
        "files": [asdict(each) for each in result.files],
        "guard": result.guard.document() if result.guard else None,
        "rescue": result.rescue.document() if result.rescue else None,
        "application": result.application.document() if result.application else None,
    }


def refresh_document(result: RefreshResult) -> dict[str, Any]:
    """``refresh --json``. ``staging.url`` carries the loopback password, as documented."""
    staging = result.staging
    return {
        **error_document(result.exit, result.error),
        "snapshot": result.snapshot,
        "seconds": _seconds(result.seconds),
        "backup": result.backup,
        "backup_state": result.backup_state,
        "staging": {"url": staging.url, "engine": staging.engine} if staging else None,
        "tables": [_refreshed(each) for each in result.tables],
        "fidelity": _fidelity(result.fidelity),
        "audit": {"checked": result.audit_checked, "leaks": result.audit_leaks},
        "personal_kept": len(result.personal_kept),
        "drift": drift_document(result.drift),
    }


def drift_document(drift: Sequence[Drift] | None) -> list[dict[str, str | None]] | None:
    """Changes since the last snapshot; null where there is none to compare with."""
    if drift is None:
        return None
    return [asdict(each) for each in drift]


def _refreshed(table: RefreshedTable) -> dict[str, Any]:
    document: dict[str, Any] = {"name": table.name, "rows": table.rows, "masked": list(table.masked)}
    return {**document, "subset": asdict(table.subset)} if table.subset else document


def reported_tables(difference: Difference | None, *, all_tables: bool) -> tuple[TableChange, ...]:
    """Tables that changed in rows, columns or what belongs to them; or all."""
    if difference is None:
        return ()
    reshaped = {change.table for change in difference.schema if change.table and change.kind in _TABLE_KINDS}
    return tuple(
        table
        for table in difference.tables
        if all_tables or table.touched or table.renamed_from or table.name in reshaped
    )


def _moved(difference: Difference | None) -> tuple[SequenceChange, ...]:
    return tuple(each for each in difference.sequences if each.before != each.after) if difference else ()


def _bookkeeping(difference: Difference | None) -> tuple[TableChange, ...]:
    tables = difference.tables if difference else ()
    return tuple(each for each in tables if each.touched and is_bookkeeping(each.schema, each.table))


def _error(error: StagecopyError | None) -> dict[str, str | None] | None:
    if error is None:
        return None
    return {key: scrub(value) if value else value for key, value in error.document().items()}


def _fidelity(fidelity: Sequence[Fidelity]) -> list[dict[str, str]]:
    return [{"code": each.code, "message": each.message} for each in fidelity]


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "subject": finding.subject,
        "message": finding.message,
        "remedy": finding.remedy,
    }


def _migration(run: MigrationRun) -> dict[str, Any]:
    error = run.error.document() if run.error else None
    if error:
        error["message"] = scrub(error["message"])
    return {
        "sha256": run.sha256,
        "seconds": _seconds(run.seconds),
        "error": error,
        "statements": _statements(run),
        "transactions": [each.document() for each in lock_orders(run)],
        "files": [each.document() for each in run.files],
        "planned": run.planned,
        "undone": run.undone,
        "skipped": list(run.skipped),
        "command": run.tool.document() if run.tool else None,
        "linter": run.lint.document() if run.lint else None,
    }


def _longest_lock(run: MigrationRun | None) -> float | None:
    if run is None or run.locks is None:
        return None
    return _seconds(max((each.seconds for each in run.locks if each.blocks == "reads"), default=0.0))


def _rollback(rollback: Rollback | None) -> dict[str, Any]:
    if rollback is None:
        return UNTESTED
    document = rollback.document()
    if document["error"]:
        document["error"]["message"] = scrub(document["error"]["message"])
    return document


def _interruption(interruption: Interruption) -> dict[str, Any]:
    document = interruption.document()
    if document["error"]:
        document["error"]["message"] = scrub(document["error"]["message"])
    return document


def _statements(run: MigrationRun) -> list[dict[str, Any]]:
    begin = min((each.started for each in run.statements if each.started is not None), default=None)
    locks: dict[int | None, list[HeldLock]] = {}
    for each in run.locks or ():
        locks.setdefault(each.statement, []).append(each)
    return [_statement(each, locks.get(each.n, ()), begin) for each in run.statements]


def _statement(statement: StatementRun, locks: Sequence[HeldLock], begin: float | None) -> dict[str, Any]:
    at = None if statement.started is None or begin is None else statement.started - begin
    return {
        "n": statement.n,
        "line": statement.line,
        "sql": scrub(statement.sql),
        "seconds": _seconds(statement.seconds),
        "rows": statement.rows,
        "at": None if at is None else _seconds(at),
        "locks": [each.document(begin) for each in locks],
        **statement.costs.document(),
    }


def _table(table: TableChange, masked: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        "name": table.name,
        "schema": table.schema,
        "table": table.table,
        "renamed_from": table.renamed_from,
        "change": table.change,
        "rows_before": table.rows_before,
        "rows_after": table.rows_after,
        "added": table.added,
        "removed": table.removed,
        "changed": table.changed,
        "moved": table.moved,
        "columns": {
            name: {
                "changed": column.changed,
                "null_to_value": column.null_to_value,
                "value_to_null": column.value_to_null,
                "value_to_value": column.value_to_value,
                "lost": column.lost,
                "type_from": column.type_from,
                "type_to": column.type_to,
            }
            for name, column in table.columns.items()
        },
        "method": table.method,
        "samples": [_sample(each) for each in table.samples[:5]],
        "masked": list(masked.get(table.renamed_from or table.name) or masked.get(table.name) or ()),
        "details": {name: _detail(each) for name, each in table.details.items() if each != ColumnDetail()},
    }


def _detail(detail: ColumnDetail) -> dict[str, Any]:
    """The numbers that findings say in words. Keys of rows that collide stay there."""
    return {name: value for name, value in asdict(detail).items() if name != "collisions"}


def _sample(sample: Sample) -> dict[str, Any]:
    return {"key": sample.key or {}, "before": sample.before, "after": sample.after}


def _seconds(seconds: float) -> float:
    """Microseconds are below what any clock here means."""
    return round(seconds, 6)
