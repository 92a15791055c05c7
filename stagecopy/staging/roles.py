"""Production's roles in staging, and ours beside them.

Surprising: a role without a password cannot log in (pg_hba demands scram), so roles come along with their attributes
but no way in. On an engine that cannot contain a superuser none of them is one. Where production's every owner is a
superuser, ``stagecopy_owner`` takes over what they own, so that a migration is tried by an ordinary role.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import psycopg
from psycopg import sql

from stagecopy.errors import ProductionError
from stagecopy.model.catalog import Catalog, Role
from stagecopy.model.findings import Fidelity
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.databases import attach
from stagecopy.staging.engine import ADMIN

SERVED_ROLE = "stagecopy"
STAND_IN = "stagecopy_owner"
_OURS = (ADMIN, SERVED_ROLE, STAND_IN)
_FLAGS = (
    ("superuser", "SUPERUSER"),
    ("create_role", "CREATEROLE"),
    ("create_db", "CREATEDB"),
    ("replication", "REPLICATION"),
    ("bypass_rls", "BYPASSRLS"),
)
# Ways to the server's files and programs: as good as a superuser where nothing contains the server.
_ESCAPES = frozenset({"pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"})
_CREATEROLE_BOUNDED = 160000  # before, it could grant itself any of these

# Everything a role owns in this database, as ALTER … OWNER TO understands it. Left out: what follows its table
# (sequences of a column), members of extensions, and what only a superuser may own.
_OWNED = """
SELECT o.type, o.identity
  FROM pg_catalog.pg_shdepend s
  CROSS JOIN LATERAL pg_catalog.pg_identify_object(s.classid, s.objid, 0) o
  LEFT JOIN pg_catalog.pg_proc p ON s.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = s.objid
  LEFT JOIN pg_catalog.pg_language l ON l.oid = p.prolang
 WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
   AND s.deptype = 'o' AND s.objsubid = 0
   AND s.refclassid = 'pg_catalog.pg_authid'::regclass
   AND s.refobjid IN (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ANY (%s))
   AND s.classid NOT IN ('pg_catalog.pg_extension'::regclass, 'pg_catalog.pg_event_trigger'::regclass,
                         'pg_catalog.pg_foreign_data_wrapper'::regclass,
                         'pg_catalog.pg_language'::regclass, 'pg_catalog.pg_default_acl'::regclass,
                         'pg_catalog.pg_subscription'::regclass, 'pg_catalog.pg_publication'::regclass)
   AND (l.lanname IS NULL OR l.lanpltrusted OR l.lanname = 'internal')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = s.classid AND d.objid = s.objid
                      AND (d.deptype = 'e' OR (d.deptype IN ('a', 'i') AND o.type = 'sequence')))
 ORDER BY 1, 2
"""
_ALTERED_AS = {"composite type": "TYPE", "statistics object": "STATISTICS"}  # where ALTER has another word for it


@dataclass(frozen=True, slots=True)
class TrialRole:
    """The role that migrations run as by default, and whether it stands in for a superuser."""

    name: str
    stand_in: bool


def trial_role(catalog: Catalog) -> TrialRole:
    """The database's owner, else the owner of most tables; never a superuser."""
    superusers = {role.name for role in catalog.roles if role.superuser}
    if catalog.database.owner not in superusers:
        return TrialRole(catalog.database.owner, stand_in=False)
    owners = Counter(table.owner for table in catalog.tables if table.owner not in superusers)
    if owners:
        return TrialRole(min(owners, key=lambda name: (-owners[name], name)), stand_in=False)
    return TrialRole(STAND_IN, stand_in=True)


def refuse_our_names(catalog: Catalog) -> None:
    """Our bootstrap superuser must not be an owner of production's: its tables would belong to a superuser here.

    Raises ProductionError ``reserved-role``.
    """
    owned = next((table for table in catalog.tables if table.owner == ADMIN), None)
    if owned is not None or catalog.database.owner == ADMIN:
        raise ProductionError(
            "reserved-role",
            f"production has an owner named {ADMIN}, the name of stagecopy's own role in staging",
            hint="give its tables to another role in production",
            where=owned.qualified if owned else None,
        )


def create_roles(
    connection: Connection, catalog: Catalog, *, contained: bool, served_password: str
) -> tuple[Fidelity, ...]:
    """Make production's roles and ours. *contained*: a superuser inside the server stays inside it.

    Where it does not, no role gets what would let it out; Fidelity ``role-limited`` names those that lack something.
    """
    withheld = frozenset[str]() if contained else _withheld(connection.info.server_version)
    for role in catalog.roles:
        if role.name not in _OURS:
            _create(connection, role, withheld)
    password = sql.Literal(served_password)
    power = sql.SQL("SUPERUSER" if contained else "NOSUPERUSER BYPASSRLS")
    connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(sql.Identifier(SERVED_ROLE), power, password)
    )
    if trial_role(catalog).stand_in:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(STAND_IN)))
    known = {role.name for role in catalog.roles} | set(_OURS)
    for role in catalog.roles:
        for group in role.member_of:
            if (group in known or group.startswith("pg_")) and group not in withheld:
                _grant(connection, group, role.name)
    if not contained:
        _make_member(connection, catalog)
    return _limited(catalog, withheld)


def _withheld(server_version: int) -> frozenset[str]:
    """Attributes and memberships that no role has on an engine that cannot contain a superuser."""
    return _ESCAPES | {"superuser"} | ({"create_role"} if server_version < _CREATEROLE_BOUNDED else set())


def _limited(catalog: Catalog, withheld: frozenset[str]) -> tuple[Fidelity, ...]:
    ordinary = [role for role in catalog.roles if not role.superuser and role.name not in _OURS]
    names = [
        role.name
        for role in ordinary
        if withheld.intersection(role.member_of) or (role.create_role and "create_role" in withheld)
    ]
    if not names:
        return ()
    message = "this engine cannot contain roles that create roles or reach the server's files; in staging these cannot"
    return (Fidelity("role-limited", f"{message}: {', '.join(names)}"),)


def _create(connection: Connection, role: Role, withheld: frozenset[str]) -> None:
    words = ["LOGIN" if role.login else "NOLOGIN", "INHERIT" if role.inherit else "NOINHERIT"]
    words += [word for flag, word in _FLAGS if getattr(role, flag) and flag not in withheld]
    connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role.name), sql.SQL(" ".join(words))))


def _grant(connection: Connection, group: str, member: str) -> None:
    if member not in (group, ADMIN):
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(member)))


def _make_member(connection: Connection, catalog: Catalog) -> None:
    """The served role of an uncontained engine: no superuser, but what every owner may do, it may."""
    for name in ("pg_read_all_data", "pg_write_all_data"):
        _grant(connection, name, SERVED_ROLE)
    members = [role.name for role in catalog.roles if role.name not in _OURS]
    if trial_role(catalog).stand_in:
        members.append(STAND_IN)
    for name in members:
        _grant(connection, name, SERVED_ROLE)


def hand_over(connection: Connection, catalog: Catalog) -> tuple[Fidelity, ...]:
    """Give what superusers own to the stand-in, if the trial role is one. Run in the restored database."""
    role = trial_role(catalog)
    if not role.stand_in:
        return ()
    superusers = [each.name for each in catalog.roles if each.superuser] + [ADMIN]
    for kind, identity in connection.execute(_OWNED, (superusers,)).fetchall():
        # kind and identity are the server's own words, quoted by pg_identify_object
        word = sql.SQL(_ALTERED_AS.get(kind, kind.upper()))
        connection.execute(sql.SQL("ALTER {} {} OWNER TO {}").format(word, sql.SQL(identity), sql.Identifier(STAND_IN)))
    message = (
        f"every owner in production is a superuser; in staging the ordinary role {STAND_IN} owns the database and"
        " what they own (extensions, event triggers and functions in untrusted languages aside)"
    )
    return (Fidelity("role-replaced", message),)


def database_owner(catalog: Catalog) -> str:
    """Who owns the database in staging."""
    role = trial_role(catalog)
    return role.name if role.stand_in else catalog.database.owner


def apply_settings(
    connection: Connection, catalog: Catalog, *, players: Collection[str] | None = None
) -> tuple[Fidelity, ...]:
    """Database and role settings as in production; custom ones (with a dot) may hold secrets and stay behind.

    Values pass through set_config and ``SET … FROM CURRENT``: a stored value is never parsed as SQL. The connection's
    own settings are spoilt by that; use one of its own. *players*: the roles that are production's here (default: all).
    """
    left: set[str] = set()
    known = {role.name for role in catalog.roles} if players is None else players
    for role, text in catalog.database.settings:
        name = text.partition("=")[0]
        foreign = "." in name or (role is not None and role not in known)
        if foreign or not _applied(connection, connection.info.dbname, role, text):
            left.add(name)
    if not left:
        return ()
    return (Fidelity("settings-left", f"settings that stay in production: {', '.join(sorted(left))}"),)


def _applied(connection: Connection, database: str, role: str | None, setting: str) -> bool:
    try:
        attach(connection, database, role, setting)
    except psycopg.Error:
        return False  # of another major version, or only to be set when a session begins
    return True
