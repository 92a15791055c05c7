"""A PostgreSQL server that the user named: each data directory is a database there, marked by its comment.

Surprising: stopped means that nobody may connect, so that a snapshot is never connected to again once it is sealed.
What is served has one name for as long as staging lives; starting the next one renames it to that. Nothing contains
the code of a trial but its role, and nothing of that server but what carries our mark is ever touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

import psycopg

from stagecopy.errors import StagingError, UsageError
from stagecopy.home import STAGING_URL, NamedServer
from stagecopy.model.findings import Fidelity
from stagecopy.model.server import Address
from stagecopy.model.staging import ClusterSpec, DataDirectory, Kind, ServerOptions
from stagecopy.model.trial import CloneMethod
from stagecopy.postgres import databases
from stagecopy.postgres.connect import Connection, connect_staging, staging_errors
from stagecopy.postgres.digest import rows_digest
from stagecopy.staging import server_marks as marks
from stagecopy.staging import settings
from stagecopy.staging.engine import Engine
from stagecopy.staging.mark import Mark
from stagecopy.staging.server_access import Access, open_access
from stagecopy.staging.server_locale import make_empty
from stagecopy.staging.server_names import Names, words_of
from stagecopy.staging.server_quota import Quota
from stagecopy.staging.server_roles import ServerRoles

# Of what servers of ours are started with, these can be had by each session for itself.
_OF_SESSIONS = (
    "default_transaction_read_only",
    "maintenance_work_mem",
    "max_parallel_maintenance_workers",
    "synchronous_commit",
)
_SERVED_KINDS = ("served", "named")


class ServerEngine:
    """Databases ``stagecopy.PROJECT.PLACE.NAME`` on one server. *place* is the home's own word."""

    name = "server"
    contains_superusers = False

    def __init__(
        self, project: str, *, place: str, server: NamedServer | None, major: int = 0, identity: str | None = None
    ) -> None:
        self.names = Names(project, place)
        self.major = major
        self._server = server
        self._identity = identity

    @cached_property
    def access(self) -> Access:
        """The way there, looked at once. Raises StagingError ``other-server`` and those of ``open_access``."""
        if self._server is None:
            hint = f"set {STAGING_URL}, or staging.url in stagecopy.yaml"
            message = "something of this project is on a server that staging.url named"
            raise UsageError("no-staging-url", message, hint=hint)
        found = open_access(self._server)
        if self._identity is not None and found.identity != self._identity:
            raise StagingError(
                "other-server",
                f"{found.shown} is another server than the one this project's snapshots are on",
                hint="name that one in staging.url, or run `stagecopy staging destroy` there first",
            )
        return found

    @cached_property
    def roles(self) -> ServerRoles:
        """The roles there."""
        return ServerRoles(self.access, self.names)

    def initialise(self, name: str, kind: Kind, *, run: str, spec: ClusterSpec) -> tuple[Fidelity, ...]:
        """See Engine: an empty database in that encoding and locale."""
        mark = self._mark(name, kind, run)
        with self._made(mark) as connection:
            return make_empty(connection, self.names.database(name), self.names.keeper, spec)

    def copy(self, source: str, name: str, kind: Kind, *, run: str) -> None:
        """See Engine."""
        self.clone(source, name, kind, run=run)

    def clone(self, source: str, name: str, kind: Kind, *, run: str) -> CloneMethod:
        """See Engine."""
        mark = self._mark(name, kind, run)
        with self._admin(f"cloning {source}") as connection:
            origin = marks.closed(connection, self.names, source).row
            size = databases.size(connection, [origin.name])
        with self._made(mark, size) as connection:
            databases.create_from(connection, self.names.database(name), origin.name, owner=self.names.keeper)
        return "template"

    def clone_method(self, source: str | None = None) -> tuple[CloneMethod, str, str | None]:  # noqa: ARG002 - Engine's
        """See Engine: there is one way, whatever *source* is."""
        if self.access.major >= 18:
            return "template", "CREATE DATABASE … TEMPLATE, sharing blocks where that server's file system can", None
        better = "PostgreSQL 18 on XFS or btrfs shares blocks (file_copy_method)"
        return "template", "CREATE DATABASE … TEMPLATE copies every block on that server", better

    def start(self, name: str, options: ServerOptions) -> Address:
        """See Engine: from now on it can be connected to; what is served takes the name that stays."""
        with self._admin(f"opening {name}") as connection:
            found = marks.closed(connection, self.names, name)
            row, wanted = found.row, self._open_name(found.mark)
            try:
                with connection.transaction():
                    if row.name != wanted:
                        databases.rename(connection, row.name, wanted)
                    databases.set_open(connection, wanted, allowed=True)
            except psycopg.errors.DuplicateDatabase:
                raise StagingError("exists", f"there is a database {wanted} already, which is not stopped") from None
        return self._address(wanted, options.settings)

    def prepare_start(self, name: str, options: ServerOptions) -> None:
        """Nothing can be done before: renaming is all there is to it."""

    def stop(self, name: str) -> None:
        """See Engine: ends the sessions of this very database, and nobody may connect to it."""
        with self._admin(f"closing {name}") as connection:
            row = marks.owned(connection, self.names, name).row
            if row.open:
                databases.set_open(connection, row.name, allowed=False)
            databases.end_sessions(connection, row.name)
            if row.name != self.names.database(name):
                databases.rename(connection, row.name, self.names.database(name))

    def destroy(self, name: str) -> None:
        """See Engine."""
        with self._admin(f"dropping {name}") as connection:
            found = marks.find(connection, self.names, name)
            if found is not None:
                databases.drop(self.access.address, connection, found.row.name)
            self.roles.sweep(connection, {each.name for each in marks.directories(connection, self.names)})

    def sync(self, name: str) -> None:
        """See Engine: a commit that is waited for takes all before it to disk."""
        with self._admin(f"flushing {name}") as connection:
            row = marks.closed(connection, self.names, name).row
            connection.execute("SET synchronous_commit = on")
            databases.comment(connection, row.name, row.comment or "")

    def directories(self) -> tuple[DataDirectory, ...]:
        """See Engine."""
        with self._admin("listing databases") as connection:
            return tuple(sorted(marks.directories(connection, self.names), key=lambda each: each.name))

    def address(self, name: str) -> Address | None:
        """See Engine: None while nobody may connect."""
        with self._admin(f"looking for {name}") as connection:
            found = marks.find(connection, self.names, name)
        return self._address(found.row.name, {}) if found and found.row.open else None

    def checksum(self, name: str) -> str:
        """See Engine. Its files cannot be read: a clone of it is, row by row."""
        probe = f"checksum-of-{name}"
        self.destroy(probe)
        self.clone(name, probe, "clone", run="checksum")
        try:
            return rows_digest(self.start(probe, ServerOptions()))
        finally:
            self.destroy(probe)

    def fidelity(self) -> tuple[Fidelity, ...]:
        """See Engine."""
        message = (
            "a server that is named in staging.url does not isolate: code in a trial can reach its network, its load,"
            " and of its other databases what everybody there may"
        )
        return (Fidelity("not-isolated", message),)

    def admit(self, count: int, size: int) -> None:
        """Raise StagingError ``quota-databases`` or ``quota-size`` if so much more is more than is allowed."""
        server = self._server
        if server is None or (server.databases is None and server.bytes is None):
            return
        names = [each.name for each in self.directories()]
        Quota(server.databases, server.bytes).check(names, self.usage()[1], count=count, size=size)

    def usage(self) -> tuple[int, int]:
        """How many databases this project has there, and their bytes."""
        with self._admin("counting databases") as connection:
            found = [each.row.name for each in marks.ours(connection, self.names)]
            return len(found), databases.size(connection, found)

    def admit_clones(self, source: str, count: int) -> None:
        """``admit`` for so many clones of *source*."""
        with self._admin(f"measuring {source}") as connection:
            size = databases.size(connection, [marks.owned(connection, self.names, source).row.name])
        self.admit(count, count * size)

    def let_in(self, address: Address, role: str) -> Address:
        """A login that begins as *role* in the open clone at *address*; it goes with the clone.

        Raises UsageError ``no-such-role``.
        """
        with self._admin(f"looking for {address.database}") as connection:
            here = (each.mark for each in marks.ours(connection, self.names) if each.row.name == address.database)
            mark = next(here, None)
        if mark is None:
            raise StagingError("no-such-directory", f"there is no database {address.database}")
        return self.roles.let_in(address.database, role, directory=mark.name, run=mark.run)

    def admit_people(self, name: str, password: str) -> Address | None:
        """Where people reach what is served as *name*, or None while nobody may connect."""
        address = self.address(name)
        return address.to(user=self.names.served, password=password) if address else None

    def end(self) -> None:
        """Remove the roles, when all databases of this project are gone."""
        with self._admin("removing the roles") as connection:
            self.roles.remove(connection)

    def _mark(self, name: str, kind: Kind, run: str) -> Mark:
        return Mark(self.names.owner, settings.check_name(name), kind, run)

    @contextmanager
    def _admin(self, doing: str) -> Iterator[Connection]:
        with connect_staging(self.access.address) as connection, staging_errors(doing):
            yield connection

    @contextmanager
    def _made(self, mark: Mark, size: int = 0) -> Iterator[Connection]:
        """The block makes the database; it gets its mark behind that, or goes again when the block fails."""
        database = self.names.database(mark.name)
        self.admit(1, size)
        with self._admin(f"making {mark.name}") as connection:
            self.roles.make_keeper(connection)
            databases.hold_name(connection, database)
            there = {each.mark.name for each in marks.ours(connection, self.names)}
            if mark.name in there or any(row.name == database for row in databases.databases(connection)):
                raise StagingError("exists", f"there is a data directory {mark.name} already")
            try:
                yield connection
                databases.comment(connection, database, words_of(mark))
            except BaseException:
                self._undo(database)
                raise

    def _undo(self, database: str) -> None:
        with self._admin(f"dropping {database}") as connection:
            if any(row.name == database and row.owner == self.names.keeper for row in databases.databases(connection)):
                databases.drop(self.access.address, connection, database)

    def _address(self, database: str, wanted: Mapping[str, str]) -> Address:
        known = {key: value for key, value in wanted.items() if key in _OF_SESSIONS}
        address = self.access.address.to(database=database)
        return address.setting(**known) if known else address

    def _open_name(self, mark: Mark) -> str:
        served = mark.kind in _SERVED_KINDS
        return self.names.public(mark.name) if served else self.names.database(mark.name)


def shared(engine: Engine) -> ServerEngine | None:
    """*engine*, if its data directories are databases of one server that others use too."""
    return engine if isinstance(engine, ServerEngine) else None


def inside(engine: Engine, address: Address, database: str) -> Address:
    """*address* in production's *database*: where each directory is a database, it is there already."""
    return address if shared(engine) else address.to(database=database)
