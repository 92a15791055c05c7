"""What staging's server does otherwise than production's, although it is of the same major version."""

from __future__ import annotations

import psycopg

from stagecopy.model.catalog import Database
from stagecopy.model.findings import Fidelity
from stagecopy.model.preflight import ServerState
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.databases import attach
from stagecopy.postgres.preflight import server_state

_MOST = 5


def other_server(production: ServerState, database: Database, here: ServerState) -> tuple[Fidelity, ...]:
    """What *here* differs in and what cannot be seen without those who follow *production*."""
    return (*_minor(production, here), *_collation(production, database, here), *_followers(production))


def same_zone(connection: Connection, production: ServerState) -> tuple[Fidelity, ...]:
    """Give the database the time zone that production's server has, for times are read and written by it."""
    zone, here = production.settings.get("TimeZone"), server_state(connection).settings.get("TimeZone")
    if zone is None or here is None or zone == here:  # one that the database sets came along with its settings
        return ()
    try:
        attach(connection, connection.info.dbname, None, f"TimeZone={zone}")
    except psycopg.Error:
        message = f"production's server lives in the time zone {zone}, which is not known here: sessions have {here}"
        return (Fidelity("other-timezone", f"{message}, and read times without a zone by that"),)
    return ()


def _minor(production: ServerState, here: ServerState) -> tuple[Fidelity, ...]:
    mine, theirs = here.version, production.version
    if not theirs or mine == theirs or mine // 10000 != theirs // 10000:  # another major is told apart
        return ()
    message = (
        f"staging runs PostgreSQL {_spelled(mine)}, production {_spelled(theirs)}: bugs that the releases between them"
        " mended, and their plans, may differ"
    )
    return (Fidelity("other-minor", message),)


def _collation(production: ServerState, database: Database, here: ServerState) -> tuple[Fidelity, ...]:
    if None in (production.collation, here.collation) or production.collation == here.collation:
        return ()
    locale = database.locale or database.collate
    message = (
        f"text is sorted by version {here.collation} of {locale} in staging, {production.collation} in"
        " production: order of text, and what UNIQUE, ranges and CHECK on text make of it, may differ"
    )
    return (Fidelity("collation-version", message),)


def _followers(production: ServerState) -> tuple[Fidelity, ...]:
    slots, standbys = production.slots, production.standbys
    if not slots and not standbys:
        return ()
    names = ", ".join(slots[:_MOST]) + (f" and {len(slots) - _MOST} more" if len(slots) > _MOST else "")
    said = [f"logical slots ({names})"] if slots else []
    said += [f"{standbys} that stream its log"] if standbys else []
    message = (
        f"production is followed by {' and '.join(said)}, staging by nobody: how far they fall behind, what they cannot"
        " replay and what waits for them is not tried"
    )
    return (Fidelity("followers", message),)


def _spelled(version: int) -> str:
    return f"{version // 10000}.{version % 10000}"
