"""Asks a server what it makes of a query, without running it: does it understand it, and how would it go about it?

Surprising: a query's values are not known, so what is asked for is the generic plan, as a prepared statement gets it.
From 16 on EXPLAIN has an option for that; before, a prepared statement is explained with a NULL for each parameter,
which a domain may refuse: then there is no plan. Planning folds calls of stable functions, which are code: hence the
role's own session, a read-only transaction and a time limit for each query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import pq, sql
from psycopg.errors import error_from_result

from stagecopy.model.application import Answer, Query
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.failures import sqlstate_of, template_of
from stagecopy.postgres.sqlfile import statement

_GENERIC_SINCE = 160000
_NAME = "stagecopy_asks"
_BEGIN = "BEGIN READ ONLY; SET LOCAL statement_timeout = '5s'; SET LOCAL plan_cache_mode = force_generic_plan"
_CANCELED = "57014"
_NO_NULL = ("22", "23")  # a domain refuses it
_EMPTY = "NULL::"
_USER = re.compile(r'"\$user"|\$user\b')

Unfilled = Mapping[str, Mapping[str, int]]  # by table: columns and where they stand


def unfilled_columns(connection: Connection) -> dict[str, dict[str, int]]:
    """By schema.table the columns that an INSERT must name, and their numbers."""
    found: dict[str, dict[str, int]] = {}
    for table, column, number in connection.execute(statement("planning_unfilled")):
        found.setdefault(table, {})[column] = number
    return found


def blind_tables(observer: Connection) -> frozenset[str]:
    """Tables (schema.table) of which the planner lacks statistics."""
    return frozenset(name for (name,) in observer.execute(statement("planning_blind")))


def take_search_path(connection: Connection, role: str | None) -> None:
    """From now on names mean what they mean to *role*; None: what they mean to the session's own."""
    if role is None:
        connection.execute("RESET search_path")
        return
    row = connection.execute(statement("planning_search_path"), {"role": role}).fetchone()
    own = sql.Identifier(role).as_string(connection)
    path = _USER.sub(lambda _: own, row[0] if row else "")
    connection.execute("SELECT pg_catalog.set_config('search_path', %s, false)", (path,))


def ask(connection: Connection, query: Query, unfilled: Unfilled) -> Answer:
    """What the server says to *query*. Raises psycopg.OperationalError where the session is gone."""
    try:
        connection.execute(_BEGIN, prepare=False)
        parameters = _prepared(connection, query.text)
    except psycopg.Error as failure:
        return _refused(failure, query)
    else:
        return _planned(connection, query, parameters, unfilled)
    finally:
        with suppress(psycopg.Error):
            connection.execute("ROLLBACK; DEALLOCATE ALL", prepare=False)


def _prepared(connection: Connection, text: str) -> int:
    """Its number of parameters. Not as text, but by the protocol, which takes one statement and no more."""
    result = connection.pgconn.prepare(_NAME.encode(), text.encode())
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise error_from_result(result)
    return connection.pgconn.describe_prepared(_NAME.encode()).nparams


def _planned(connection: Connection, query: Query, parameters: int, unfilled: Unfilled) -> Answer:
    if connection.info.server_version >= _GENERIC_SINCE:
        text = b"EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) " + query.text.encode()
    else:
        nulls = sql.SQL(", ").join([sql.NULL] * parameters)
        given = sql.SQL("({})").format(nulls) if parameters else sql.SQL("")
        explain = sql.SQL("EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE {}{}").format(sql.Identifier(_NAME), given)
        text = explain.as_bytes(connection)
    try:
        row = connection.execute(text, prepare=False).fetchone()  # the driver would send parameters as its own
    except psycopg.Error as failure:
        return Answer() if sqlstate_of(failure).startswith(_NO_NULL) else _refused(failure, query)
    return _read(row[0][0]["Plan"], unfilled) if row else Answer()


def _refused(failure: psycopg.Error, query: Query) -> Answer:
    state = sqlstate_of(failure)
    if state == _CANCELED:
        return Answer()
    if not state or state.startswith("57"):  # the session ends
        raise failure
    return Answer(state, template_of(failure, source=query.shown))


def _read(plan: dict[str, Any], unfilled: Unfilled) -> Answer:
    nodes = list(_nodes(plan, None))
    indexed = {
        (table, f"{table.partition('.')[0]}.{node['Index Name']}") for node, table in nodes if "Index Name" in node
    }
    return Answer(
        cost=float(plan["Total Cost"]),
        indexed=frozenset(indexed),
        scanned=frozenset(table for node, table in nodes if node["Node Type"] == "Seq Scan"),
        tables=frozenset(table for _, table in nodes if table),
        unfilled=frozenset(name for node, table in nodes for name in _left_empty(node, unfilled.get(table, {}), table)),
    )


def _nodes(node: dict[str, Any], table: str | None) -> Iterator[tuple[dict[str, Any], str]]:
    """All nodes with the table each is about; a scan of an index's bitmap is about the table above it."""
    if "Relation Name" in node:
        table = f"{node['Schema']}.{node['Relation Name']}"
    yield node, table or ""
    for each in node.get("Plans", ()):
        yield from _nodes(each, table)


def _left_empty(node: dict[str, Any], columns: Mapping[str, int], table: str) -> Iterator[str]:
    """Columns that get a NULL by an INSERT: what it is fed with has a place for each column of the table."""
    if node.get("Operation") != "Insert" or not columns:
        return
    output = node["Plans"][0].get("Output", ())
    for column, number in columns.items():
        if number <= len(output) and output[number - 1].startswith(_EMPTY):
            yield f"{table}.{column}"
