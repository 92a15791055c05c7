"""Rules about the run itself: statements that did nothing, transactions left open."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.findings import Finding
from stagecopy.model.migration import StatementRun
from stagecopy.model.wording import counted
from stagecopy.safety.evidence import Evidence

_WRITES = ("UPDATE", "DELETE", "INSERT", "MERGE")
_WHOLE = "migration"  # subject of what concerns no single statement or table


def no_effect(evidence: Evidence) -> Iterator[Finding]:
    """``no-effect``: nothing to run is never what somebody wanted to deploy."""
    if not evidence.run.statements and evidence.run.error is None:
        remedy = "check that the right file was given and that its statements are not all in comments"
        yield Finding("no-effect", "error", _WHOLE, "the migration holds no statement: nothing was run", remedy)


def left_open(evidence: Evidence) -> Iterator[Finding]:
    """``left-open``: the end came before COMMIT, or a prepared transaction stays behind with its locks."""
    if not evidence.run.left_open or evidence.run.error is not None:
        return
    tags = [statement.tag for statement in evidence.run.statements]
    if tags.count("PREPARE TRANSACTION") > tags.count("COMMIT PREPARED") + tags.count("ROLLBACK PREPARED"):
        message = "a prepared transaction is left behind: it holds its locks until somebody ends it"
        remedy = "end it with COMMIT PREPARED or ROLLBACK PREPARED in the same migration"
    else:
        message = "the migration ends inside an open transaction: what it did there is rolled back without an error"
        remedy = "end it with COMMIT, or remove BEGIN"
    yield Finding("left-open", "error", _WHOLE, message, remedy)


def statement_changed_nothing(evidence: Evidence) -> Iterator[Finding]:
    """``statement-changed-nothing``: a writing statement that met no row, as NOT IN does with a NULL in its list."""
    for statement in evidence.run.statements:
        verb = _verb(statement)
        if verb in _WRITES and statement.rows == 0:
            line = f" (line {statement.line})" if statement.line is not None else ""
            message = f"statement {statement.n}{line}: {verb} met no row and changed nothing"
            remedy = "check its condition: a NULL in a NOT IN list, or row security of the role, hides all rows"
            yield Finding("statement-changed-nothing", "warn", f"statement {statement.n}", message, remedy)


def no_op_update(evidence: Evidence) -> Iterator[Finding]:
    """``no-op-update``: rows were rewritten, none differs. Said only where no table differs at all."""
    run = evidence.run
    if run.error is not None or run.left_open or any(table.touched for table in evidence.difference.tables):
        return
    updates = [each for each in run.statements if _verb(each) == "UPDATE" and each.rows]
    if not updates:
        return
    rows = sum(each.rows or 0 for each in updates)
    subject = f"statement {updates[0].n}" if len(updates) == 1 else _WHOLE
    message = f"{counted(rows, 'row')} reported as updated, yet no row differs: "
    if any(_verb(each) == "ROLLBACK" for each in run.statements):
        message += "the work was rolled back"
        remedy = "end the transaction with COMMIT if it is meant to last"
    else:
        message += "all were rewritten without a change"
        remedy = "add a condition such as WHERE column IS DISTINCT FROM value: rewriting costs locks, WAL and bloat"
    yield Finding("no-op-update", "warn", subject, message, remedy)


def rollback_untested(evidence: Evidence) -> Iterator[Finding]:
    """``rollback-untested``: something changed, and nothing shows that it can be taken back."""
    changed = evidence.difference.schema or any(table.touched for table in evidence.difference.tables)
    if evidence.policy.rollback == "off" or not changed:
        return
    message = "no rollback was given, so none was tested"
    remedy = "try both in one run, `stagecopy trial UP.sql DOWN.sql`: data and schema must come out as they were"
    yield Finding("rollback-untested", "info", _WHOLE, message, remedy)


def _verb(statement: StatementRun) -> str:
    return statement.tag.split(" ", 1)[0].upper()
