"""Production's roles on a server that others use too, and ours beside them.

Surprising: roles belong to the whole server. One that is there already and was not made by us is left as it is: what it
owns in production, our stand-in owns here. What we make cannot log in and has no power over the server; people and
trials log in as roles of ours that are members of those. Memberships of the served roles say which projects use one.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from stagecopy.errors import StagingError, UsageError
from stagecopy.model.catalog import Catalog, Role
from stagecopy.model.findings import Fidelity
from stagecopy.model.server import Address
from stagecopy.postgres import databases
from stagecopy.postgres.connect import Connection, connect_staging, staging_errors
from stagecopy.postgres.serverfacts import RoleRow
from stagecopy.postgres.serverfacts import roles as read_roles
from stagecopy.redact import remember
from stagecopy.staging.mark import Mark
from stagecopy.staging.roles import TrialRole, trial_role
from stagecopy.staging.server_access import Access
from stagecopy.staging.server_names import Names, is_productions, mark_in, words_of, words_of_role

_SETS_OPTIONS = 160000  # from here on a membership says whether it inherits and may SET ROLE
_ROLES_LOCK = 0x5C0B  # key of the advisory lock under which roles are made and removed
_POWERS = ("create_role", "create_db", "replication", "bypass_rls")
_SETTINGS_OF = """
SELECT pg_catalog.unnest(s.setconfig) FROM pg_catalog.pg_db_role_setting s
  JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase AND d.datname = %s
  JOIN pg_catalog.pg_roles r ON r.oid = s.setrole AND r.rolname = %s
"""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays whom. ``played``: production's roles that are there by that name; ``replaced``: by the stand-in."""

    played: frozenset[str]
    replaced: frozenset[str]
    stand_in: str
    trial: TrialRole
    owner: str  # who has the rights of the database's owner
    notes: tuple[Fidelity, ...] = ()

    @property
    def ours(self) -> tuple[str, ...]:
        """Everybody who may own something in the copy."""
        return (*sorted(self.played), self.stand_in)


class ServerRoles:
    """The roles of one project on one server."""

    def __init__(self, access: Access, names: Names) -> None:
        self._access = access
        self._names = names

    def make_keeper(self, connection: Connection) -> None:
        """The owner of every database of ours; a database it owns is ours even before it has its mark."""
        with connection.transaction():
            self._lock(connection)
            known = read_roles(connection)
            self._make_own(connection, known, self._names.keeper, sql.SQL("NOLOGIN"))

    def make(self, connection: Connection, catalog: Catalog, used: Collection[str], password: str) -> Cast:
        """Production's roles that are not there yet, and ours. Raises psycopg.Error."""
        with connection.transaction():
            self._lock(connection)
            known = read_roles(connection)
            wanted = [role for role in catalog.roles if not is_ours_by_name(role.name)]
            replaced = frozenset(each.name for each in wanted if not _usable(known.get(each.name)))
            played = [each for each in wanted if each.name not in replaced]
            for role in played:
                if role.name not in known:
                    self._create(connection, role)
            login = sql.SQL("LOGIN PASSWORD {}").format(sql.Literal(password)) + self._bypass
            self._make_own(connection, known, self._names.served, login)
            self._make_own(connection, known, self._names.stand_in, sql.SQL("NOLOGIN"))
            self._join(connection, played)
        return self._cast(catalog, {role.name for role in played}, replaced, used)

    def remove(self, connection: Connection) -> None:
        """All of this project's, when its databases are gone; what another project of ours uses too stays."""
        with connection.transaction():
            self._lock(connection)
            known = read_roles(connection)
            for row in known.values():
                mark = mark_in(row.comment)
                if mark is not None and mark.project == self._names.owner and row.name != self._names.keeper:
                    _drop(connection, row.name)
            known = read_roles(connection)
            for row in known.values():
                if is_productions(row.comment) and row.grantable and not _used_by_ours(row, known):
                    _drop(connection, row.name)
            if self._names.keeper in known:
                _drop(connection, self._names.keeper)

    def let_in(self, database: str, role: str, *, directory: str, run: str) -> Address:
        """A login for one trial: it begins as *role*, with that role's own settings in the database.

        Raises UsageError ``no-such-role`` when *role* is none of production's as we made it, nor our stand-in.
        """
        password, login = secrets.token_urlsafe(18), self._names.login(database)
        remember(password)
        with connect_staging(self._access.address) as connection, staging_errors("letting the trial role in"):
            known = read_roles(connection)
            row = known.get(role)
            if role != self._names.stand_in and not (row and is_productions(row.comment) and row.grantable):
                raise UsageError(
                    "no-such-role",
                    f"there is no role {role!r} that stagecopy may use on the staging server",
                    hint="name a role of production with --role or trial.role",
                )
            mark = Mark(self._names.owner, directory, "clone", run)
            with connection.transaction():
                words = sql.SQL("LOGIN INHERIT PASSWORD {}").format(sql.Literal(password))
                self._make(connection, login, words, words_of(mark))
                self._grant(connection, role, login)
                databases.let_in(connection, database, login, "CONNECT")
            for (text,) in connection.execute(_SETTINGS_OF, (database, role)).fetchall():
                databases.attach(connection, database, login, text)
            begin = sql.SQL("ALTER ROLE {} IN DATABASE {} SET role = {}")
            connection.execute(begin.format(sql.Identifier(login), sql.Identifier(database), sql.Literal(role)))
        return self._access.address.to(user=login, password=password, database=database)

    def sweep(self, connection: Connection, directories: Collection[str]) -> None:
        """Remove the logins of trials whose database is gone."""
        for row in read_roles(connection).values():
            mark = mark_in(row.comment)
            if mark and mark.project == self._names.owner and mark.kind == "clone" and mark.name not in directories:
                _drop(connection, row.name)

    def makers(self, connection: Connection, members: Iterable[str]) -> None:
        """The group that may create while a copy is loaded; one that a killed run left is taken up again."""
        known = read_roles(connection)
        self._make_own(connection, known, self._names.makers, sql.SQL("NOLOGIN"))
        for member in members:
            self._grant(connection, self._names.makers, member)

    def _cast(self, catalog: Catalog, played: Collection[str], replaced: frozenset[str], used: Collection[str]) -> Cast:
        chosen = trial_role(catalog)
        if chosen.stand_in or chosen.name in replaced:
            chosen = TrialRole(self._names.stand_in, stand_in=True)
        owner = catalog.database.owner if catalog.database.owner in played else self._names.stand_in
        owners = {each.owner for each in catalog.tables} | {catalog.database.owner, *used}
        notes = [*_replaced(sorted(owners & replaced), self._names.stand_in), *_limited(catalog, played, self._access)]
        notes.append(_of_owner(catalog.database.owner, owner))
        return Cast(frozenset(played), replaced, self._names.stand_in, chosen, owner, tuple(notes))

    def _create(self, connection: Connection, role: Role) -> None:
        inherits = sql.SQL("NOLOGIN INHERIT") if role.inherit else sql.SQL("NOLOGIN NOINHERIT")
        words = inherits + self._bypass if role.bypass_rls else inherits
        self._make(connection, role.name, words, words_of_role(self._names.owner))

    @property
    def _bypass(self) -> sql.SQL:
        """Even the word NOBYPASSRLS is a superuser's on older servers."""
        return sql.SQL(" BYPASSRLS") if self._access.bypasses else sql.SQL("")

    def _join(self, connection: Connection, played: Collection[Role]) -> None:
        """Memberships among them as in production; the served role may do what each owner may."""
        names = {role.name for role in played}
        for role in played:
            for group in role.member_of:
                if group in names:
                    self._grant(connection, group, role.name)
        for name in (*sorted(names), self._names.stand_in):
            self._grant(connection, name, self._names.served)

    def _make_own(self, connection: Connection, known: dict[str, RoleRow], name: str, words: sql.Composable) -> None:
        """A role that only this project uses. Raises StagingError ``not-ours`` when another has its name."""
        mark = Mark(self._names.owner, name, "served", "")
        if name not in known:
            self._make(connection, name, words, words_of(mark))
            return
        if mark_in(known[name].comment) != mark:
            message = f"the role {name} of the staging server was not made by us; it is not touched"
            raise StagingError("not-ours", message)
        connection.execute(sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(name), words))

    def _make(self, connection: Connection, name: str, words: sql.Composable, comment: str) -> None:
        connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(name), words))
        connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(name), sql.Literal(comment)))
        if not self._access.facts.superuser:
            self._grant(connection, name, self._access.facts.role)

    def _grant(self, connection: Connection, group: str, member: str) -> None:
        """Only of roles that we made."""
        grant = sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(member))
        ours = is_ours_by_name(member) or member == self._access.facts.role
        if ours and connection.info.server_version >= _SETS_OPTIONS:
            grant += sql.SQL(" WITH INHERIT TRUE, SET TRUE")
        connection.execute(grant)

    def _lock(self, connection: Connection) -> None:
        connection.execute("SELECT pg_catalog.pg_advisory_xact_lock(%s)", (_ROLES_LOCK,))


def is_ours_by_name(name: str) -> bool:
    """Names that only our own roles have, here and in a production that is somebody's staging."""
    return name.startswith("stagecopy.")


def _usable(row: RoleRow | None) -> bool:
    return row is None or (is_productions(row.comment) and row.grantable)


def _used_by_ours(row: RoleRow, known: dict[str, RoleRow]) -> bool:
    return any(mark_in(known[member].comment) is not None for member in row.members if member in known)


def _drop(connection: Connection, name: str) -> None:
    """Remove a role of ours; one that something still depends on stays, since somebody uses it."""
    try:
        with connection.transaction():
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
    except psycopg.errors.DependentObjectsStillExist:
        return


def _replaced(names: list[str], stand_in: str) -> list[Fidelity]:
    if not names:
        return []
    message = (
        f"roles of these names are on the staging server already and are not ours: {', '.join(names)}; they are left"
        f" as they are, and {stand_in} owns what they own in production"
    )
    return [Fidelity("role-replaced", message)]


def _limited(catalog: Catalog, played: Collection[str], access: Access) -> list[Fidelity]:
    powers = [each for each in _POWERS if each != "bypass_rls" or not access.bypasses]
    names = [
        role.name
        for role in catalog.roles
        if role.name in played
        and not role.superuser
        and (any(getattr(role, power) for power in powers) or any(name.startswith("pg_") for name in role.member_of))
    ]
    if not names:
        return []
    message = "no role of ours has a power over the whole staging server; in staging these lack what they have"
    return [Fidelity("role-limited", f"{message}: {', '.join(names)}")]


def _of_owner(owner: str, here: str) -> Fidelity:
    message = (
        f"the databases belong to a role of stagecopy's own, so that no migration can drop one; {here} has the rights"
        f" of {owner} in them, but cannot ALTER DATABASE"
    )
    return Fidelity("database-owner", message)
