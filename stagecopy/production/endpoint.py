"""Looks at what answers at production's address before anything is set there.

Surprising: a pooler that hands a session to another client after each transaction keeps what we SET: the read-only
guard would end up in a session of the application, whose writes then fail. So poolers are recognised first, by a
process id at start-up that is not the backend's. Through one, a refresh works only if two sessions stay two and the
start-up options, which guard pg_dump, arrive.
"""

from __future__ import annotations

import select
import time
from dataclasses import dataclass

import psycopg

from stagecopy.errors import ProductionError
from stagecopy.model.preflight import Obstacle
from stagecopy.postgres.connect import Connection, connect_untouched, production_errors
from stagecopy.postgres.dsn import Dsn
from stagecopy.postgres.preflight import Endpoint, endpoint_facts
from stagecopy.postgres.tools import settings_environment

OLDEST = 130000
_PATIENCE = 5.0  # seconds; a pooler with one server session lets a second client wait for minutes
_DIRECT = "name the server itself in production.url"
_NEON = "-pooler."
_KNOWN_PORTS = {"6543": "Supabase's transaction pooler; its direct host is db.PROJECT.supabase.co, port 5432"}


@dataclass(frozen=True, slots=True)
class Looked:
    """The address pinned to the server that answered first, and what speaks against using it."""

    dsn: Dsn
    obstacles: tuple[Obstacle, ...]
    here: Endpoint | None = None  # which server that was


def look(dsn: Dsn, application_name: str) -> Looked:
    """Who answers at *dsn*. Nothing is set on production. Raises ProductionError ``production-unreachable``."""
    doing = "looking at the server"
    with production_errors(doing), connect_untouched(dsn, application_name=application_name) as first:
        pinned = Dsn.pinned(first.info)
        if first.info.server_version < OLDEST:
            return Looked(pinned, (too_old(first.info.server_version),))
        here = endpoint_facts(first)
        if here.pid != first.info.backend_pid or _NEON in (dsn.get("host") or ""):
            return Looked(pinned, _through_pooler(pinned, first, here))
    with production_errors(doing), connect_untouched(pinned, application_name=application_name) as other:
        found = two_servers(here, endpoint_facts(other), pinned)
    return Looked(pinned, found, here)


def too_old(version: int) -> Obstacle:
    """For a server older than PostgreSQL 13."""
    minor = version % 10000 if version >= 100000 else version // 100 % 100  # 90624 is 9.6
    shown = f"{version // 10000}.{minor}"
    return Obstacle(
        "server-too-old",
        f"production runs PostgreSQL {shown}; stagecopy reads 13 and newer",
        f"upgrade it to at least {OLDEST // 10000}",
    )


def two_servers(here: Endpoint, there: Endpoint, dsn: Dsn) -> tuple[Obstacle, ...]:
    """An address behind which several servers take turns: a snapshot of one is unknown to the other."""
    if (here.started, here.place) == (there.started, there.place):
        return ()
    message = (
        f"two connections to {dsn.shown} reached two servers (started {here.started} and {there.started});"
        " a snapshot of one is unknown to the other"
    )
    return (Obstacle("balanced-endpoint", message, f"{_DIRECT}, not a load-balanced or reader endpoint"),)


def same_server(here: Endpoint, connection: Connection, dsn: Dsn) -> None:
    """Raises ProductionError ``balanced-endpoint`` if *connection* reached another server than the one before."""
    for each in two_servers(here, endpoint_facts(connection), dsn):
        raise ProductionError(each.code, each.message, hint=each.remedy)


def _through_pooler(dsn: Dsn, first: Connection, here: Endpoint) -> tuple[Obstacle, ...]:
    reason = _why_not(dsn, first, here)
    return (pooler(dsn, reason),) if reason else ()


def pooler(dsn: Dsn, reason: str) -> Obstacle:
    """A pooler in the way; the direct address is named where it follows from this one."""
    host = dsn.get("host") or ""
    remedy = _DIRECT
    if _NEON in host:
        remedy += f": {host.replace(_NEON, '.', 1)}"
    elif note := _KNOWN_PORTS.get(dsn.get("port") or ""):
        remedy += f" ({note})"
    else:
        remedy += ", not the pooler (PgBouncer listens on 6432 by default, PostgreSQL on 5432)"
    return Obstacle("pooler", f"{dsn.shown} is a connection pooler: {reason}", remedy)


def _why_not(dsn: Dsn, first: Connection, here: Endpoint) -> str | None:
    """Why this pooler cannot be read through, or None if sessions are sessions there."""
    if _NEON in (dsn.get("host") or ""):
        return "Neon's pooled endpoint shares sessions between clients"
    shares = "it shares server sessions between clients, so locks, snapshots and settings do not stick"
    try:
        with connect_untouched(dsn, application_name="stagecopy/look") as second:
            pid = _pid_in_transaction(second)
            if pid == here.pid or (pid is not None and endpoint_facts(first).pid != here.pid):
                return shares
        options = " ".join(filter(None, (dsn.get("options"), settings_environment())))
        with connect_untouched(dsn.with_(options=options), application_name="stagecopy/look") as guarded:
            if _answer_soon(guarded, b"SHOW default_transaction_read_only") == "off":
                return "it drops the options that keep our sessions read-only"
    except ProductionError:
        return "it refuses a second session or the options that keep our sessions read-only"
    return None


def _pid_in_transaction(connection: Connection) -> int | None:
    """The server process behind *connection*, which now keeps it by an open transaction; None if none comes soon."""
    if _answer_soon(connection, b"BEGIN READ ONLY") is None:
        return None
    answer = _answer_soon(connection, b"SELECT pg_catalog.pg_backend_pid()")
    return int(answer) if answer else None


def _answer_soon(connection: Connection, query: bytes) -> str | None:
    """The answer's one value ('' without one); None when nobody answers in time. libpq itself would wait for ever."""
    raw = connection.pgconn
    raw.send_query(query)
    end = time.monotonic() + _PATIENCE
    while raw.is_busy():
        ready, _, _ = select.select([raw.socket], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return None
        raw.consume_input()
    value = ""
    while result := raw.get_result():
        if result.status == psycopg.pq.ExecStatus.FATAL_ERROR:
            return None
        value = (result.get_value(0, 0) or b"").decode() if result.ntuples else value
    return value
