"""The application of yesterday: its queries are taken along by a refresh, and asked around a migration by a trial.

Surprising: both times they are asked on the clone that is changed, in a session of the role that deploys, with the
settings it has there. The other clone is shared and has no login for that role; and a superuser's session is none to
plan queries in, for planning calls functions, and those are somebody's code.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import psycopg

from stagecopy.errors import StagecopyError, UsageError
from stagecopy.flows.sources import read
from stagecopy.flows.stage import Stage, connected
from stagecopy.home import Home
from stagecopy.model.application import Answer, Application, Query, Usage
from stagecopy.model.change import Difference
from stagecopy.model.findings import Fidelity
from stagecopy.model.migration import SourceFile
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.postgres.planning import ask, blind_tables, take_search_path, unfilled_columns
from stagecopy.postgres.usage import index_scans, known_names, raw_statements
from stagecopy.production.session import ProductionSession
from stagecopy.staging.snapshots import newest, read_usage
from stagecopy.trial.answers import Surroundings, broken, flipped
from stagecopy.trial.harmless import asks, harmless
from stagecopy.trial.lexer import split

_MOST = 500
_LOOKED_AT = 3 * _MOST  # by calls and by time: many are not the application's
_SECONDS = 20.0  # for all queries, each time
_A_DAY = timedelta(hours=12)  # a snapshot as old tells what is called every day
_HIDDEN = "production.url's role may not see the queries of others: GRANT pg_read_all_stats TO it"


def usage_of(session: ProductionSession, home: Home) -> Usage:
    """How production is used, for the snapshot that is being made. Raises ProductionError."""
    with session.errors("reading how production is used"), closing(session.reader()) as reader:
        indexes, since = index_scans(reader)
        names = known_names(reader)
        raw = raw_statements(reader, most=_LOOKED_AT)
    usage = Usage(missing=raw.missing, indexes=indexes, since=since)
    if raw.missing:
        return usage
    texts = [(number, calls, harmless(text, names), role) for number, calls, text, role in raw.rows]
    kept = [Query(text, text, calls, id=number, role=role) for number, calls, text, role in texts if text is not None]
    hidden = any(number is None for number, *_ in texts)
    usage = replace(usage, source=f"pg_stat_statements {raw.version}", missing=_HIDDEN if hidden and not kept else None)
    usage = replace(usage, queries=tuple(kept[:_MOST]), left_out=len(texts) - len(kept))
    last = newest(home)
    if last is None or session.taken_at - last.taken_at < _A_DAY:
        return usage
    return usage.since_that(usage_beside(home, last.id))


def usage_beside(home: Home, snapshot: str) -> Usage:
    """What was kept with *snapshot*; nothing where an older version made it."""
    document = read_usage(home, snapshot)
    if document is None:
        return Usage(missing="the snapshot was made by a version that did not read production's queries")
    return Usage.from_document(document)


def queries_in(paths: Sequence[Path]) -> tuple[Query, ...]:
    """The statements of *paths*, as --queries names them. Raises UsageError, ``not-a-query`` for other statements."""
    found = []
    for path in paths:
        statements = split(SourceFile(str(path), read(path)))
        if not statements:
            raise UsageError("not-a-query", f"{path} holds no query", hint="write queries into it, separated by ;")
        for each in statements:
            if not asks(each.text):
                message = "--queries takes SELECT, INSERT, UPDATE, DELETE, MERGE and WITH, on tables of the application"
                where = f"{each.file}:{each.line}"
                raise UsageError("not-a-query", message, hint="leave the statement out of --queries", where=where)
            found.append(Query(each.text, harmless(each.text) or f"query of {each.file}:{each.line}", file=each.file))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Asked:
    """Queries, and what the clone said to each before the migration."""

    application: Application = field(default_factory=Application)
    before: tuple[tuple[Query, Answer], ...] = ()
    blind: frozenset[str] = frozenset()


def asked(stage: Stage, named: Sequence[Query]) -> Asked:
    """Ask all queries that are known, before anything runs. Raises StagingError where the clone cannot be reached."""
    usage = usage_beside(stage.work.home, stage.snapshot.id)
    queries = (*named, *usage.queries)
    sources = dict.fromkeys(each.file or usage.source for each in queries)
    application = Application(usage, tuple(each for each in sources if each))
    if not queries:
        return Asked(application)
    answers = _answers(stage.login, queries)
    working = tuple((query, answer) for query, answer in answers if answer.works)
    application = replace(application, queries=len(working), unaskable=len(answers) - len(working))
    return Asked(application, working, _blind(stage.pair.after))


def answered(stage: Stage, asked: Asked, difference: Difference) -> Application:
    """Ask them again, and say what has changed. Of a clone that cannot be asked any more nothing is said."""
    if not asked.before:
        return asked.application
    try:
        after = dict(_answers(stage.login, [query for query, _ in asked.before]))
        around = _around(difference, _blind(stage.pair.after) - asked.blind)
    except (StagecopyError, psycopg.Error):
        return replace(asked.application, asked=False)
    both = [(query, before, after[query]) for query, before in asked.before if query in after]
    gone = (broken(*each) for each in both)
    worse = (flipped(*each, around) for each in both)
    found = replace(asked.application, broken=tuple(each for each in gone if each))
    return replace(found, flipped=tuple(each for each in worse if each))


def unknown_queries(application: Application) -> tuple[Fidelity, ...]:
    """That production's queries are not known, and why."""
    if application.usage.missing is None:
        return ()
    message = f"which queries the application sends is not known: {application.usage.missing}"
    return (Fidelity("no-query-statistics", message),)


def _answers(login: Address, queries: Sequence[Query]) -> list[tuple[Query, Answer]]:
    """As many as can be had in the time there is, those of files and those called most first."""
    deadline, found, role = time.monotonic() + _SECONDS, [], None
    with closing(connected(login)) as connection, staging_errors("asking the application's queries"):
        connection.execute("SET client_encoding TO 'UTF8'")
        unfilled = unfilled_columns(connection)
        for query in queries:
            if time.monotonic() > deadline:
                break
            if query.role != role:
                role = query.role
                take_search_path(connection, role)
            found.append((query, ask(connection, query, unfilled)))
    return found


def _blind(address: Address) -> frozenset[str]:
    with suppress(psycopg.Error), closing(connect_staging(address)) as observer:
        return blind_tables(observer)
    return frozenset()


def _around(difference: Difference, blind: frozenset[str]) -> Surroundings:
    rows = {each.name: each.rows_after for each in difference.tables if each.rows_after is not None}
    renamed = {each.renamed_from: each.name for each in difference.tables if each.renamed_from}
    return Surroundings(rows, renamed, blind)
