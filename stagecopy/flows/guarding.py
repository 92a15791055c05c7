"""Writes the guard that --write-guard asks for: the migration with assertions around it, proved before it is written.

Surprising: on a further clone the migration runs twice. The first time in a transaction that is rolled back, to see
which tables it holds and whether one transaction can hold it at all; the second time as the guard, which must reach
its COMMIT and do what the trial did.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from stagecopy.errors import StagecopyError, UsageError
from stagecopy.files import check_writable, write_whole
from stagecopy.flows.difference import difference_of
from stagecopy.flows.stage import Deployed, Stage, connected, further_clone
from stagecopy.model.change import Difference
from stagecopy.model.guard import GuardFile, GuardForm, TableLimit
from stagecopy.model.migration import Migration, SourceFile, Statement
from stagecopy.model.trial import TrialResult
from stagecopy.postgres.connect import Connection, connect_staging, staging_errors
from stagecopy.postgres.failures import describe, sqlstate_of, template_of
from stagecopy.postgres.holding import held_tables, partition_roots, rewritten_rows
from stagecopy.report.guard import BREAKPOINT, GuardText
from stagecopy.safety.expectation import Expectation
from stagecopy.safety.guarding import Touched, limits
from stagecopy.safety.mentions import mentioning
from stagecopy.trial.budget import Budget
from stagecopy.trial.enclosing import Wrappable, impossible, wrappable
from stagecopy.trial.lexer import split
from stagecopy.trial.sending import send

_READABLE = 0o644  # it is reviewed and lies in git, like the migration
_MEND = "mend what the trial says of it first"
_AS_ONE = "try it with --transaction single, as the guard runs it, and see what is different"
_APART = "put that statement into a file of its own, and guard the rest"
_NOT_INSIDE = {
    "25001": "which the server runs in no transaction",
    "2D000": "which ends the transaction it is in",
    "0A000": "which the server does not do in a transaction",
}


@dataclass(frozen=True, slots=True)
class Guarding:
    """Where the guard goes, and its form."""

    path: Path
    form: GuardForm
    expectation: Expectation | None = None


def guarding(migration: Migration, path: Path | None, expectation: Expectation | None) -> Guarding | None:
    """What --write-guard asks for. Raises UsageError, also for a migration that no transaction can be put around."""
    if path is None:
        return None
    form = _form(path, migration.files)
    check_writable(path, new="remove it, or name another one; it may be the migration itself")
    if migration.command is None:
        _inside(form, migration.files)
    elif form != "alembic":
        hint = "name a .py file, whose two functions the migration calls, or guard the SQL that the command sends"
        raise impossible("a command sends its statements itself", None, hint=hint)
    return Guarding(path, form, expectation)


def _inside(form: GuardForm, files: Sequence[SourceFile]) -> Wrappable:
    inside = wrappable(files)
    if form == "drizzle" and inside.opening:
        raise impossible("drizzle opens the transaction itself", files[0].name, hint="leave BEGIN and COMMIT out")
    return inside


def _form(path: Path, files: Sequence[SourceFile]) -> GuardForm:
    if path.suffix == ".py":
        return "alembic"
    if path.suffix != ".sql":
        hint = "name it NAME.sql, or NAME.py for a migration of Alembic"
        raise UsageError("usage", f"{path}: a guard is SQL or Python", hint=hint, where=str(path))
    drizzle = any(each.tool == "Drizzle" or BREAKPOINT.encode() in each.data for each in files)
    return "drizzle" if drizzle else "sql"


def guarded(stage: Stage, wanted: Guarding | None, tried: Deployed) -> GuardFile | None:
    """Prove the guard and write it. Why there is none, where there is none, is in what comes back."""
    if wanted is None:
        return None
    file = GuardFile(str(wanted.path), wanted.form)
    if not tried.whole or not tried.run.statements:
        return replace(file, problem=impossible("it did not run to its end in the trial", None, hint=_MEND))
    try:
        if tried.migration.command is not None:
            return _beside(stage, wanted, tried, file)
        return _proved(stage, wanted, tried, file)
    except StagecopyError as failure:
        return replace(file, problem=failure)


def _beside(stage: Stage, wanted: Guarding, tried: Deployed, file: GuardFile) -> GuardFile:
    """For a command, which runs by itself: what it touched is known by its effect, its locks and its words alone."""
    with connect_staging(stage.pair.before) as connection, staging_errors("looking at the tables of the snapshot"):
        roots = partition_roots(connection)
    locked = {each.relation for each in tried.run.locks or ()}
    named = {root for name, root in roots.items() if ".".join(name) in locked or any(mentioning(tried.run, name))}
    text = _text(stage, wanted, tried, limits(tried.difference, Touched(named, None, roots), wanted.expectation))
    return _write(wanted, text, file)


def _write(wanted: Guarding, text: GuardText, file: GuardFile) -> GuardFile:
    if wanted.path.exists():
        raise UsageError("file-exists", f"{wanted.path} came up during the trial and is not overwritten")
    write_whole(wanted.path, text.whole(), mode=_READABLE)
    return replace(file, written=True, tables=len(text.limits))


def _proved(stage: Stage, wanted: Guarding, tried: Deployed, file: GuardFile) -> GuardFile:
    inside = _inside(wanted.form, tried.migration.files)
    with further_clone(stage, "guard") as mine:
        found = limits(tried.difference, _touched(mine, inside), wanted.expectation)
        text = replace(_text(stage, wanted, tried, found), body=inside.text, opening=inside.opening)
        seconds = _run(mine, text)
        difference = difference_of(mine)
    if _summary(difference) != _summary(tried.difference):
        raise impossible("in one transaction it does something else than in the trial", None, hint=_AS_ONE)
    return replace(_write(wanted, text, file), proved=True, seconds=seconds)


def _touched(stage: Stage, inside: Wrappable) -> Touched:
    """Run the migration in a transaction that comes to nothing, and look what it holds before it ends."""
    budget = stage.work.project.settings.trial.time_budget
    with connect_staging(stage.pair.after) as observer, closing(connected(stage.login)) as connection:
        with staging_errors("looking at the tables of the clone"):
            roots = partition_roots(observer)
            connection.execute("SET client_encoding TO 'UTF8'")
        with Budget(connection, budget):
            send(connection, inside.opening or "BEGIN")
            for statement in inside.statements:
                _send(connection, statement)
        with staging_errors("looking at what the migration holds"):
            deleted = rewritten_rows(connection)
            held = held_tables(observer, connection.info.backend_pid)
        send(connection, "ROLLBACK")
    return Touched(held | (deleted.keys() & roots.keys()), deleted, roots)


def _send(connection: Connection, statement: Statement) -> None:
    try:
        send(connection, statement.text)
    except psycopg.Error as failure:
        why = _NOT_INSIDE.get(sqlstate_of(failure), "which fails in one transaction with the rest")
        words = f"it has a statement {why}: {template_of(failure, source=statement.text)}"
        raise impossible(words, f"{statement.file}:{statement.line}", hint=_APART) from None


def _text(stage: Stage, wanted: Guarding, tried: Deployed, found: tuple[TableLimit, ...]) -> GuardText:
    return GuardText(
        form=wanted.form,
        limits=found,
        source=tried.source,
        trial=stage.run.id,
        snapshot=stage.snapshot.id,
        taken_at=stage.snapshot.taken_at,
        expectation=wanted.expectation.file if wanted.expectation else None,
    )


def _run(stage: Stage, text: GuardText) -> float:
    """Run it as it would be in production, to its COMMIT. Returns the seconds of its counting."""
    seconds = 0.0
    source = SourceFile("guard", text.as_run().replace(BREAKPOINT, ";").encode())
    with closing(connected(stage.login)) as connection:
        connection.execute("SET client_encoding TO 'UTF8'")
        with Budget(connection, stage.work.project.settings.trial.time_budget):
            for statement in split(source):
                start = time.perf_counter()
                try:
                    send(connection, statement.text)
                except psycopg.Error as failure:
                    words = f"it does not pass on a clone: {_said(failure, statement)}"
                    raise impossible(words, None, hint=_AS_ONE) from None
                seconds += time.perf_counter() - start if _is_ours(statement) else 0.0
    return seconds


def _is_ours(statement: Statement) -> bool:
    return statement.text.startswith("DO $stagecopy$")


def _said(failure: psycopg.Error, statement: Statement) -> str:
    """The guard's own message holds names and counts alone."""
    if _is_ours(statement) and sqlstate_of(failure).startswith("SG0"):
        return str(failure.diag.message_primary)
    return describe(failure, source=statement.text)


def _summary(difference: Difference) -> tuple[object, ...]:
    tables = sorted(
        (each.name, each.change or "", each.added, each.removed, each.changed, each.moved)
        for each in difference.tables
        if each.touched
    )
    return (tables, sorted(str(each.document()) for each in difference.schema))


def unguarded(result: TrialResult) -> TrialResult:
    """The same, but a trial that passed without the guard it was asked for did not do what it should."""
    problem = result.guard.problem if result.guard else None
    if problem is None or result.exit != 0:
        return result
    return replace(result, exit=problem.exit_code, error=problem)
