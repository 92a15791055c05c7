"""Rules about the run itself: statements that did nothing, transactions left open."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stagecopy.model.bookkeeping import BOOKKEEPING_TABLES, is_bookkeeping
from stagecopy.model.change import TableChange
from stagecopy.model.findings import Finding
from stagecopy.model.migration import StatementRun, changes
from stagecopy.model.wording import counted, quoted
from stagecopy.safety.evidence import Evidence

_WRITES = ("UPDATE", "DELETE", "INSERT", "MERGE")
_RATIO, _MANY = 10, 100  # so many rows written for one that differs, and so many at all, are worth a word
_NARROWER = "add a condition such as WHERE column IS DISTINCT FROM value: rewriting costs locks, WAL and bloat"
_TARGET = re.compile(r"(?i)\bupdate\s+(?:only\s+)?([^\s,;(]+)")
_SUBQUERY = re.compile(
    r'(?i)\bin\s*\(\s*select\s+(?:distinct\s+)?(?P<column>"[^"]+"|\w+)\s+from\s+(?P<table>(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)'
    r"(?:\s+(?:as\s+)?(?!where\b|join\b|left\b|inner\b|cross\b|full\b|right\b|natural\b)\w+)?\s*(?:\)|\bwhere\b)"
)
_VALUES = ("null", "true", "false", "current_date", "current_timestamp", "current_user", "ctid")
_BOOKS = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(BOOKKEEPING_TABLES)))})")
_WHOLE = "migration"  # subject of what concerns no single statement or table


def no_effect(evidence: Evidence) -> Iterator[Finding]:
    """``no-effect``: nothing to run is never what somebody wanted to deploy."""
    if evidence.run.tool is not None and evidence.run.error is None and not _had_work(evidence):
        remedy = "check that the migration is where the tool looks for it, and that production does not have it already"
        message = f"{evidence.run.tool.argv[0]} said that all went well, and had nothing to do"
        yield Finding("no-effect", "error", _WHOLE, message, remedy)
    elif not evidence.run.statements and evidence.run.error is None:
        remedy = "check that the right file was given and that its statements are not all in comments"
        yield Finding("no-effect", "error", _WHOLE, "the migration holds no statement: nothing was run", remedy)


def _had_work(evidence: Evidence) -> bool:
    """Whether a command did more than to keep its own books (whose rows are no longer in the evidence)."""
    difference = evidence.difference
    return (
        any(each.touched and not _of_books(each.name) for each in difference.tables)
        or any(not _of_books(each.table or each.name) for each in difference.schema)
        or any(
            changes(each.tag) and each.tag != "CREATE SCHEMA" and not _BOOKS.search(each.sql)
            for each in evidence.run.statements
        )
    )


def _of_books(name: str) -> bool:
    """Whether *name* is a bookkeeping table, or what one made for itself: its sequence, its index."""
    schema, _, local = name.partition(".")
    return is_bookkeeping(schema, local) or local.startswith(tuple(f"{each}_" for each in BOOKKEEPING_TABLES))


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


def include_unread(evidence: Evidence) -> Iterator[Finding]:
    """``include-unread``: a script includes what only psql can tell; who approved its text did not approve that."""
    for file in evidence.run.files:
        for each in file.unread:
            message = (
                f"`{each}` in {file.name} names a file that is known only as it runs: its text is not in the sha256"
            )
            yield Finding("include-unread", "warn", file.name, message, "name that file literally, without variables")


def statement_changed_nothing(evidence: Evidence) -> Iterator[Finding]:
    """``statement-changed-nothing``: a writing statement that met no row, as NOT IN does with a NULL in its list."""
    for statement in evidence.run.statements:
        verb = _verb(statement)
        if verb in _WRITES and statement.rows == 0:
            message = f"{_place(statement)}: {verb} met no row and changed nothing"
            remedy = "check its condition: a NULL in a NOT IN list, or row security of the role, hides all rows"
            yield Finding("statement-changed-nothing", "warn", f"statement {statement.n}", message, remedy)


def no_op_update(evidence: Evidence) -> Iterator[Finding]:
    """``no-op-update``: rows were rewritten, none or next to none differs. By table where the server counted."""
    run = evidence.run
    if run.error is not None or run.left_open:
        return
    if not evidence.effects.observed or any(_verb(each) == "ROLLBACK" for each in run.statements):
        yield from _no_op_run(evidence)
        return
    changes = {table.renamed_from or table.name: table for table in evidence.difference.tables}
    for name, traffic in evidence.effects.traffic.items():
        table = changes.get(name)
        differing = _differing(table) if table and table.change is None else None
        if differing is None or not traffic.updated or _RATIO * differing > traffic.updated:
            continue
        if differing and traffic.updated < _MANY:
            continue
        differs = {0: "no row differs", 1: "1 row differs"}.get(differing, f"{differing:,} rows differ")
        wal = f", and the run wrote {run.wal_bytes // 1000:,} kB of WAL" if run.wal_bytes is not None else ""
        message = f"UPDATE wrote {counted(traffic.updated, 'row')} of {_name(table)} anew, yet {differs}{wal}"
        yield Finding("no-op-update", "warn", table.name if table else name, message, _NARROWER)


def _differing(table: TableChange) -> int:
    columns = table.columns.values()
    most = max([0, table.changed, *(max(each.changed, each.null_to_value, each.lost) for each in columns)])
    return most + table.added + table.removed + table.moved


def _name(table: TableChange | None) -> str:
    return quoted(table.schema, table.table) if table else ""


def _no_op_run(evidence: Evidence) -> Iterator[Finding]:
    """The same by what the statements reported: said only where no table differs at all."""
    run = evidence.run
    updates = [each for each in run.statements if _verb(each) == "UPDATE" and each.rows]
    if not updates or any(table.touched for table in evidence.difference.tables):
        return
    rows = sum(each.rows or 0 for each in updates)
    subject = f"statement {updates[0].n}" if len(updates) == 1 else _WHOLE
    message = f"{counted(rows, 'row')} reported as updated, yet no row differs: "
    if any(_verb(each) == "ROLLBACK" for each in run.statements):
        message += "the work was rolled back"
        remedy = "end the transaction with COMMIT if it is meant to last"
    else:
        message += "all were rewritten without a change"
        remedy = _NARROWER
    yield Finding("no-op-update", "warn", subject, message, remedy)


def matched_more_than_once(evidence: Evidence) -> Iterator[Finding]:
    """``matched-more-than-once``: an UPDATE met several source rows for one of its own; which one wins is chance."""
    for statement in evidence.run.statements:
        if not statement.matched_twice:
            continue
        target = _TARGET.search(statement.sql)
        rows = f"{statement.matched_twice:,} of {counted(statement.rows or 0, 'row')}"
        of = f" of {target[1]}" if target else ""
        message = (
            f"{_place(statement)}: {rows}{of} are met by several rows of FROM: which of them gives the value is chance"
        )
        remedy = "join one row each: DISTINCT ON, a subquery with LIMIT 1, or a narrower condition"
        yield Finding("matched-more-than-once", "warn", f"statement {statement.n}", message, remedy)


def outer_reference(evidence: Evidence) -> Iterator[Finding]:
    """``outer-reference``: IN (SELECT column FROM table) whose table has no such column: it means the outer one."""
    columns = evidence.effects.columns
    for statement in evidence.run.statements:
        for found in _SUBQUERY.finditer(statement.sql):
            column, table = found["column"].strip('"'), found["table"].replace('"', "")
            known = columns.get(table) or columns.get(f"public.{table}")
            if known is None or column in known or column.lower() in known or column.lower() in _VALUES:
                continue
            message = (
                f"{_place(statement)}: {found['table']} has no column {column}, so the subquery means the outer "
                f"table's: the condition holds for every row with a value there"
            )
            remedy = "name the subquery's columns with their table, alias.column"
            yield Finding("outer-reference", "warn", f"statement {statement.n}", message, remedy)


def _place(statement: StatementRun) -> str:
    line = f" (line {statement.line})" if statement.line is not None else ""
    return f"statement {statement.n}{line}"


def _verb(statement: StatementRun) -> str:
    return statement.tag.split(" ", 1)[0].upper()
