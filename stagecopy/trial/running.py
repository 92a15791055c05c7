"""The truth run: a migration's statements, one at a time, as ``psql -v ON_ERROR_STOP=1`` would send them.

Surprising: nothing is wrapped in a transaction but what the migration's own tool wraps. BEGIN and COMMIT in the file
mean what they say, and a file that ends inside a transaction is rolled back, as it is when psql leaves. The COMMIT of
a tool is a statement of the run only where it fails, as it does on a deferred constraint.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import psycopg
from psycopg.pq import TransactionStatus

from stagecopy.model.migration import MigrationRun, RanFile, RunError, SourceFile, Statement, StatementRun, fingerprint
from stagecopy.postgres.connect import Connection, staging_errors
from stagecopy.postgres.failures import sqlstate_of, template_of
from stagecopy.trial.budget import Budget
from stagecopy.trial.costs import CostWatch
from stagecopy.trial.matches import matches_of
from stagecopy.trial.sending import Reply, send
from stagecopy.trial.surroundings import Surroundings
from stagecopy.trial.transactions import COMMIT, Unit, Wrapping, units

_CANCELED = "57014"
_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR)


@dataclass(slots=True)
class _Progress:
    """What has run so far."""

    statements: list[StatementRun] = field(default_factory=list)
    error: RunError | None = None
    timed_out: bool = False
    lasting: int = 0  # so many statements stay, whatever happens to the rest
    look: Callable[[], None] | None = None  # between two statements of one transaction
    strike: Callable[[int], None] | None = None  # before each statement
    costs: CostWatch | None = None

    def record(self, statement: Statement, reply: Reply, seconds: float, *, matched_twice: int | None = None) -> None:
        n = len(self.statements) + 1
        line, started = statement.line or None, time.time() - seconds
        run = StatementRun(n, line, statement.text, seconds, reply.rows, reply.tag, matched_twice, started)
        self.statements.append(replace(run, file=statement.file or None))

    def stop(self, statement: Statement, message: str, sqlstate: str, *, line: int | None = None) -> None:
        where = line or statement.line or None
        self.error = RunError(len(self.statements), where, message, sqlstate, statement.file or None)

    def settle(self, connection: Connection) -> None:
        """Outside a transaction all that ran so far stays."""
        if connection.pgconn.transaction_status == TransactionStatus.IDLE:
            self.lasting = len(self.statements)
        elif self.look:
            self.look()

    @property
    def undone(self) -> int:
        """Statements that ran without an error and are rolled back at the end."""
        return len(self.statements) - self.lasting - (1 if self.error else 0)


def run_migration(
    connection: Connection,
    observer: Connection,
    files: Sequence[SourceFile],
    *,
    time_budget: float,
    look: Callable[[], None] | None = None,
    strike: Callable[[int], None] | None = None,
    costs: bool = False,
) -> MigrationRun:
    """Run *files* in order on *connection* (autocommit, the trial's role, settings as the role has them).

    *observer* is a superuser's connection to the same server; it only reads. *look* is called between two statements
    of one transaction, *strike* before each statement with the number of those that ran: it may end the session.
    *costs*: whether to ask between statements what they cost. All files are cut before the first statement runs.
    Raises UsageError for a file that cannot be cut; a failing statement is in the result.
    """
    standard_strings = connection.info.parameter_status("standard_conforming_strings") != "off"
    cut = units(files, standard_strings=standard_strings)
    _speak_utf8(connection)
    surroundings = Surroundings.read(observer, connection.info.dbname)
    progress = _Progress(look=look, strike=strike, costs=CostWatch(connection, observer) if costs else None)
    start = time.perf_counter()
    with Budget(connection, time_budget) as budget:
        for unit in cut:
            _run_unit(connection, unit, progress, budget)
            if progress.error:
                break
    seconds = time.perf_counter() - start
    left_open = _end_transaction(connection)
    return MigrationRun(
        sha256=fingerprint(files),
        seconds=seconds,
        statements=progress.costs.told(progress.statements) if progress.costs else tuple(progress.statements),
        error=progress.error,
        left_open=surroundings.left_prepared() or left_open,
        wal_bytes=surroundings.wal_bytes(),
        timed_out=progress.timed_out,
        files=tuple(RanFile(file.name, file.tool, file.transaction) for file in files),
        planned=sum(len(unit.statements) for unit in cut),
        undone=progress.undone,
    )


def _speak_utf8(connection: Connection) -> None:
    """Statements go out as UTF-8; without this the database's own encoding would be assumed."""
    if connection.info.parameter_status("client_encoding") != "UTF8":
        with staging_errors("setting the encoding of the session"):
            connection.execute("SET client_encoding TO 'UTF8'")


def _run_unit(connection: Connection, unit: Unit, progress: _Progress, budget: Budget) -> None:
    wrapping = Wrapping(connection, unit)
    for statement in unit.statements:
        if progress.strike:
            progress.strike(len(progress.statements))
        _run_one(connection, statement, progress, budget, wrapping=wrapping)
        if progress.error:
            return
        progress.settle(connection)
    if wrapping.ends:
        _commit(connection, progress, budget)
    if not progress.error:
        progress.settle(connection)


def _commit(connection: Connection, progress: _Progress, budget: Budget) -> None:
    """As the tool does at the end; it is told of only where it fails."""
    statement = Statement(COMMIT, 0, "")
    start = time.perf_counter()
    try:
        send(connection, COMMIT)
        if progress.costs:
            progress.costs.committed()
    except psycopg.Error as failure:
        progress.record(statement, Reply("", None), time.perf_counter() - start)
        _stop(progress, statement, failure, budget)


def _run_one(
    connection: Connection,
    statement: Statement,
    progress: _Progress,
    budget: Budget,
    *,
    wrapping: Wrapping | None = None,
) -> None:
    if budget.expired:  # a cancel may have come between two statements: what follows must not start
        progress.record(statement, Reply("", None), 0.0)
        _stop_late(progress, statement, budget)
        return
    start = time.perf_counter()
    try:
        if wrapping:
            wrapping.before()
        if progress.costs:
            progress.costs.ready(statement.text)
        matches = matches_of(connection, statement.text)
        start = time.perf_counter()
        reply = send(connection, statement.text)
    except psycopg.Error as failure:
        progress.record(statement, Reply("", None), time.perf_counter() - start)
        _stop(progress, statement, failure, budget)
        return
    seconds = time.perf_counter() - start
    if wrapping:
        wrapping.after(reply)
    progress.record(statement, reply, seconds, matched_twice=matches.twice if matches else None)
    if progress.costs:
        progress.costs.ran(len(progress.statements), reply.tag)


def _stop(progress: _Progress, statement: Statement, failure: psycopg.Error, budget: Budget) -> None:
    if budget.expired and sqlstate_of(failure) == _CANCELED:
        _stop_late(progress, statement, budget)
        return
    message = template_of(failure, source=statement.text)
    progress.stop(statement, message, sqlstate_of(failure), line=_line_of(failure, statement))


def _stop_late(progress: _Progress, statement: Statement, budget: Budget) -> None:
    progress.timed_out = True
    progress.stop(statement, f"the time budget of {budget.seconds:g} s is used up", _CANCELED)


def _line_of(failure: psycopg.Error, statement: Statement) -> int:
    """The line in the file: the server counts characters from the statement's first."""
    position = failure.diag.statement_position
    before = statement.text[: int(position) - 1] if position else ""
    return statement.line + before.count("\n")


def _end_transaction(connection: Connection) -> bool:
    """Roll back what is still open and say whether there was something."""
    if connection.pgconn.transaction_status not in _OPEN:
        return False
    for _ in range(2):  # a late cancel may hit the first
        try:
            send(connection, "ROLLBACK")
        except psycopg.Error:
            continue
        break
    return True
