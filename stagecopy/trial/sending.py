"""Sends one statement by the simple query protocol, as psql does, and throws its rows away.

Surprising: libpq's calls are used directly, not a cursor. A cursor keeps a whole result in memory, and one SELECT in
a migration may return a table; it also refuses COPY ... TO STDOUT and leaves the connection in the middle of it.
"""

from __future__ import annotations

import selectors
from dataclasses import dataclass

import psycopg
from psycopg import capabilities, pq
from psycopg.errors import error_from_result

from stagecopy.postgres.connect import Connection

_ROWS_AT_ONCE = 1000
_FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE)


@dataclass(frozen=True, slots=True)
class Reply:
    """The server's command tag, and the rows it counts (None when it counts none)."""

    tag: str
    rows: int | None


def send(connection: Connection, sql: str) -> Reply:
    """Run *sql* as it stands: no parameters, nothing prepared. Raises psycopg.Error.

    The text goes out as UTF-8, which must be the session's client_encoding.
    """
    pgconn = connection.pgconn
    pgconn.send_query(sql.encode())
    if capabilities.has_stream_chunked():
        pgconn.set_chunked_rows_mode(_ROWS_AT_ONCE)
    else:
        pgconn.set_single_row_mode()
    with selectors.DefaultSelector() as selector:
        selector.register(pgconn.socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while pgconn.flush():
            selector.select()
            pgconn.consume_input()
        selector.modify(pgconn.socket, selectors.EVENT_READ)
        return _reply(pgconn, selector)


def _reply(pgconn: pq.abc.PGconn, selector: selectors.BaseSelector) -> Reply:
    """Read all results, so that the connection can be used again; the first failure is raised at the end."""
    reply, failed = Reply("", None), None
    try:
        while (result := _next_result(pgconn, selector)) is not None:
            if result.status in _FAILED:
                failed = failed or error_from_result(result)
            elif result.status == pq.ExecStatus.COPY_IN:
                pgconn.put_copy_end(b"a trial has no data for COPY FROM STDIN")
            elif result.status == pq.ExecStatus.COPY_OUT:
                _discard_copy(pgconn, selector)
            elif tag := result.command_status:  # libpq hangs it on the last piece of the rows, whichever that is
                reply = Reply(tag.decode("ascii", "replace"), result.command_tuples)
    except psycopg.OperationalError as lost:  # a server that goes may say why first
        failed = failed or lost
    if failed:
        raise failed
    return reply


def _next_result(pgconn: pq.abc.PGconn, selector: selectors.BaseSelector) -> pq.abc.PGresult | None:
    while pgconn.is_busy():
        selector.select()
        pgconn.consume_input()
    return pgconn.get_result()


def _discard_copy(pgconn: pq.abc.PGconn, selector: selectors.BaseSelector) -> None:
    while (length := pgconn.get_copy_data(1)[0]) >= 0:
        if length == 0:
            selector.select()
            pgconn.consume_input()
