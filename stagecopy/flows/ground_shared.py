"""A copy built in one database of a server that the user named.

Surprising: all that could stop it is asked before the first database is made, with the same question to production and
to that server: what only a superuser can make, row security that binds owners, the quota. Then the handshake.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from psycopg import sql

from stagecopy.flows.plot import Plot
from stagecopy.home import note_server
from stagecopy.model.findings import Fidelity
from stagecopy.model.preflight import Obstacle
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries, ServerOptions
from stagecopy.postgres import databases
from stagecopy.postgres.connect import Connection, connect_staging, staging_errors
from stagecopy.postgres.serverfacts import forced_row_security, objects_of_superusers
from stagecopy.production.preflight import refusal
from stagecopy.staging import roles
from stagecopy.staging.load import refuse_production
from stagecopy.staging.restore import SchemaArchive
from stagecopy.staging.rights import CatalogId, Rights
from stagecopy.staging.roles import TrialRole
from stagecopy.staging.server_access import Access, makeable_extensions
from stagecopy.staging.server_engine import ServerEngine
from stagecopy.staging.server_roles import Cast

_SETTINGS = {"maintenance_work_mem": "128MB", "synchronous_commit": "off"}
_DATABASE_OWNER = 140000  # from here on pg_database_owner is whoever owns the database
_OF_DATABASE_OWNER = """
SELECT nspname FROM pg_catalog.pg_namespace WHERE nspowner = 'pg_database_owner'::pg_catalog.regrole
"""
_PUBLIC_OWNER = "SELECT pg_catalog.pg_get_userbyid(nspowner) FROM pg_catalog.pg_namespace WHERE nspname = 'public'"
_COPIES = 2  # the snapshot, and what is served from it
_FEW = 8


class SharedGround:
    """See Ground."""

    admin: Address

    def __init__(self, engine: ServerEngine, plot: Plot) -> None:
        self._engine = engine
        self._plot = plot
        self._cast: Cast
        self._public_owner: str | None = None  # in production

    def prepare(self) -> tuple[Fidelity, ...]:
        """See Ground."""
        engine, plot = self._engine, self._plot
        refuse_production(engine.access.address, plot.handshake)
        self._refuse_what_cannot_be()
        engine.admit(_COPIES, _COPIES * plot.catalog.database.bytes)
        note_server(plot.home)
        notes = engine.initialise(plot.directory, "snapshot", run=plot.run, spec=plot.spec)
        with connect_staging(engine.access.address) as connection, staging_errors("making the roles"):
            used = plot.session.survey.used_roles
            self._cast = engine.roles.make(connection, plot.catalog, used, plot.served_password)
            engine.roles.makers(connection, (*self._cast.ours, engine.names.served))
            self._let_in(connection)
        self.admin = engine.start(plot.directory, ServerOptions(settings=_SETTINGS))
        return (*notes, *self._cast.notes)

    def loader(self) -> Address:
        """See Ground."""
        return self.admin.to(user=self._engine.names.served, password=self._plot.served_password)

    def rights(self, inert: frozenset[CatalogId]) -> Rights:
        """See Ground."""
        return Rights(self.admin, self.loader(), inert, self._engine.names.makers)

    def archive(self, binaries: Binaries, folder: Path, scratch: Path) -> SchemaArchive:
        """See Ground: what belongs to roles we may not use is restored as the stand-in."""
        players = dict.fromkeys(self._cast.played, "") | dict.fromkeys(self._cast.replaced, self._cast.stand_in)
        kept_out = {} if self._engine.access.facts.superuser else {"EVENT TRIGGER": "event triggers"}
        return SchemaArchive(binaries, folder, scratch, players, kept_out)

    def extensions(self, connection: Connection) -> frozenset[str]:
        """See Ground."""
        return makeable_extensions(connection, self._engine.access)

    def trial(self) -> TrialRole:
        """See Ground."""
        return self._cast.trial

    def finish(self, connection: Connection) -> tuple[Fidelity, ...]:
        """See Ground: the schemas of the database's owner, who is the keeper here; public may be a superuser's."""
        if connection.info.server_version < _DATABASE_OWNER:
            return ()
        for (name,) in connection.execute(_OF_DATABASE_OWNER).fetchall():
            theirs = name == "public" and self._public_owner in self._cast.replaced
            owner = self._cast.stand_in if theirs else self._cast.owner
            give = sql.SQL("ALTER SCHEMA {} OWNER TO {}")
            connection.execute(give.format(sql.Identifier(name), sql.Identifier(owner)))
        return ()

    def settings(self, connection: Connection) -> tuple[Fidelity, ...]:
        """See Ground."""
        return roles.apply_settings(connection, self._plot.catalog, players=self._cast.played)

    def _let_in(self, connection: Connection) -> None:
        """Nobody else may connect; what everybody may in a database of production, its roles may here."""
        database = self._engine.names.database(self._plot.directory)
        for role in (*self._cast.ours, self._engine.names.served):
            databases.let_in(connection, database, role, "CONNECT", "TEMPORARY")
        databases.let_in(connection, database, self._cast.owner, "CREATE")

    def _refuse_what_cannot_be(self) -> None:
        """Raises StagingError ``preflight``."""
        with closing(self._plot.session.reader()) as reader:
            found = obstacles(reader, self._engine.access)
            row = reader.execute(_PUBLIC_OWNER).fetchone()
        self._public_owner = row[0] if row else None
        if found:
            raise refusal(found)


def obstacles(production: Connection, access: Access) -> list[Obstacle]:
    """What of production an ordinary role cannot make, or cannot read again, on that server."""
    found = []
    mighty = access.facts.superuser or access.facts.provider
    if not mighty and (names := objects_of_superusers(production)):
        shown = ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")
        message = f"only a superuser can make these on the staging server: {shown}"
        remedy = "name a superuser in staging.url, or use engine docker or embedded"
        found.append(Obstacle("server-superuser", message, remedy, side="staging"))
    if not access.bypasses and (tables := forced_row_security(production)):
        message = f"row security binds even the owner of {', '.join(tables[:_FEW])}, so a copy of it cannot be verified"
        remedy = f'ALTER ROLE "{access.facts.role}" BYPASSRLS;  (before PostgreSQL 16 only a superuser will do)'
        found.append(Obstacle("server-row-security", message, remedy, side="staging"))
    return found
