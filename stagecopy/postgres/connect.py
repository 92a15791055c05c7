"""Opens connections and translates every driver error in one place."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from stagecopy.errors import ProductionError, StagecopyError, StagingError
from stagecopy.model.server import Address
from stagecopy.postgres.dsn import Dsn
from stagecopy.postgres.failures import describe, sqlstate_of

_NO_ANSWER = "check production.url and that the server accepts connections from here"
_REFUSED = "check the password where it is kept: the environment, ~/.config/stagecopy/PROJECT.env, or ~/.pgpass"

Connection = psycopg.Connection[tuple[Any, ...]]

# Every session reads and writes values the same way, whatever the role's or database's own settings are. The time
# zone of text output is pinned too: COPY text of timestamptz must not depend on who reads it.
PINNED = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "TimeZone": "UTC",
    "lc_monetary": "C",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "search_path": "",
}

# Known from this version on. Named by the version, for a name a server does not know would be an error.
_PINNED_SINCE = {"idle_session_timeout": 140000, "transaction_timeout": 170000}

# Seconds. The session that holds the snapshot says nothing for hours; routers forget lines that are as quiet.
_KEEPALIVES = {
    "keepalives_idle": "60",
    "keepalives_interval": "15",
    "keepalives_count": "8",
    "tcp_user_timeout": "180000",  # milliseconds until what we sent must have been received
}

# What PG* variables say (PGSSLMODE=verify-full …) is about production; servers of ours are on loopback, without TLS.
OURS: dict[str, Any] = {"sslmode": "disable", "gssencmode": "disable", "channel_binding": "disable"}

_KNOWS_REQUIRE_AUTH = 160000  # libpq: older ones would tell whoever asks


def pin(connection: Connection) -> None:
    """Set the pinned session settings (section A16, A17 of the known traps: dates, floats, intervals, money)."""
    version = connection.info.server_version
    newer = {name: "0" for name, since in _PINNED_SINCE.items() if version >= since}
    for name, value in {**PINNED, **newer}.items():
        connection.execute("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))


def production_failure(failure: psycopg.Error, doing: str) -> StagecopyError:
    """A driver error on the production side as exit 3, without row values."""
    state = sqlstate_of(failure)
    if state == "42501":
        hint = "grant the role SELECT on it, or leave it out with `skip: reason` in the rules"
        return ProductionError("not-readable", f"{doing}: {describe(failure)}", hint=hint)
    if state == "55P03":
        hint = "somebody holds a stronger lock; try again later or use --retry"
        return ProductionError("lock-timeout", f"{doing}: {describe(failure)}", hint=hint)
    if state == "40001":  # a read-only transaction in one snapshot meets no other kind of it
        return standby_conflict(doing)
    if not state and isinstance(failure, psycopg.OperationalError):
        return connection_lost(f"{doing}: {describe(failure)}")
    return ProductionError("production-failed", f"{doing}: {describe(failure)}")


def standby_conflict(doing: str) -> ProductionError:
    """The standby could not wait any longer with what the primary has removed."""
    hint = (
        "stagecopy refresh --retry 3, read from the primary, or set hot_standby_feedback = on"
        " or a larger max_standby_streaming_delay on the standby"
    )
    message = f"{doing}: the standby ended our reading, which was in the way of what the primary has changed"
    return ProductionError("standby-conflict", message, hint=hint)


def connection_lost(message: str) -> ProductionError:
    """A connection that stood is gone: the network's doing, or the server's."""
    return ProductionError("connection-lost", message, hint="stagecopy refresh --retry 3")


def connect_untouched(dsn: Dsn, *, application_name: str, timeout: int = 15) -> Connection:
    """A connection on which nothing was set yet: only to see what is at the other end.

    Raises ProductionError ``production-unreachable``.
    """
    keepalives: dict[str, Any] = {name: value for name, value in _KEEPALIVES.items() if dsn.get(name) is None}
    try:
        connection: Connection = psycopg.connect(
            dsn.conninfo,
            application_name=application_name,
            fallback_application_name=application_name,
            connect_timeout=int(dsn.get("connect_timeout") or timeout),
            autocommit=True,
            client_encoding="UTF8",
            **keepalives,
        )
    except psycopg.OperationalError as failure:
        reason = _reason(failure)
        hint = _REFUSED if "password authentication failed" in reason else _NO_ANSWER
        message = f"cannot connect to production {dsn.shown}: {reason}"
        raise ProductionError("production-unreachable", message, hint=hint) from None
    return connection


def connect_production(dsn: Dsn, *, application_name: str, timeout: int = 15) -> Connection:
    """A connection that cannot write: read-only by default, row security loud, settings pinned, autocommit on.

    Raises ProductionError ``production-unreachable``.
    """
    connection = connect_untouched(dsn, application_name=application_name, timeout=timeout)
    try:
        connection.execute("SET default_transaction_read_only = on")
        connection.execute("SET row_security = off")
        pin(connection)
    except psycopg.Error as failure:
        connection.close()
        raise production_failure(failure, "preparing the session") from None
    return connection


def _reason(failure: psycopg.OperationalError) -> str:
    """Connection errors come from libpq or the start-up packet and hold no rows, but may repeat the password."""
    from stagecopy.redact import scrub

    lines = [line.strip() for line in str(failure).splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith("Is the server running")]  # asked below the reason
    return scrub(said[-1].removeprefix("connection failed: ") if said else "no answer")


def reach(address: Address) -> dict[str, Any]:
    """Parameters of a connection to *address*: those of a server that the user named, else what all of ours have."""
    return {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password,
        "dbname": address.database,
        **(dict(address.more) or OURS),
    }


def connect_staging(address: Address, *, autocommit: bool = True, application_name: str = "stagecopy") -> Connection:
    """A connection to a server of ours, settings pinned. Raises StagingError ``staging-unreachable``."""
    try:
        connection: Connection = psycopg.connect(
            application_name=application_name,
            autocommit=True,
            client_encoding="UTF8",
            **{"connect_timeout": 10, **reach(address)},
        )
        pin(connection)
        connection.autocommit = autocommit
    except psycopg.Error as failure:
        reason = _reason(failure) if isinstance(failure, psycopg.OperationalError) else describe(failure)
        raise StagingError("staging-unreachable", f"cannot connect to {address!r}: {reason}") from None
    return connection


def proves_itself(address: Address) -> bool:
    """Whether the server there answers and knows our password, which it is not told: anything else may listen there."""
    if psycopg.pq.version() < _KNOWS_REQUIRE_AUTH:
        return False
    try:
        psycopg.connect(
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            dbname=address.database,
            connect_timeout=5,
            require_auth="scram-sha-256",
            **OURS,
        ).close()
    except psycopg.Error:
        return False
    return True


def wait_until_ready(address: Address, *, deadline: float) -> None:
    """Wait until the server answers a query; *deadline* in seconds. Raises StagingError with the last error."""
    end = time.monotonic() + deadline
    while True:
        try:
            with connect_staging(address) as connection:
                connection.execute("SELECT 1")
        except (StagingError, psycopg.Error) as failure:
            last = failure.message if isinstance(failure, StagingError) else describe(failure)
        else:
            return
        if time.monotonic() > end:
            raise StagingError("not-ready", f"the server did not answer within {deadline:g} s: {last}")
        time.sleep(0.05)


@contextmanager
def production_errors(doing: str) -> Iterator[None]:
    """Translate driver errors inside the block into ProductionError; *doing* says what was being done."""
    try:
        yield
    except psycopg.Error as failure:
        raise production_failure(failure, doing) from None


@contextmanager
def staging_errors(doing: str) -> Iterator[None]:
    """Translate driver errors inside the block into StagingError ``staging-failed``."""
    try:
        yield
    except psycopg.Error as failure:
        raise StagingError("staging-failed", f"{doing}: {describe(failure)}") from None
