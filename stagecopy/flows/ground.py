"""Where a copy is built: on a server of its own, or in one database of a server that others use too.

Surprising: on a server of our own everything may be made before production is told apart, for it was made a moment
ago; on one that the user named nothing is written before the handshake.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from stagecopy.flows.ground_shared import SharedGround
from stagecopy.flows.plot import Plot
from stagecopy.model.findings import Fidelity
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries, ServerOptions
from stagecopy.postgres.connect import Connection, connect_staging, staging_errors
from stagecopy.postgres.preflight import available_extensions
from stagecopy.staging import roles
from stagecopy.staging.engine import Engine
from stagecopy.staging.load import create_database, refuse_production
from stagecopy.staging.restore import SchemaArchive
from stagecopy.staging.rights import CatalogId, Rights
from stagecopy.staging.roles import SERVED_ROLE, TrialRole
from stagecopy.staging.server_engine import shared

_LOAD_SETTINGS = {"maintenance_work_mem": "256MB", "max_parallel_maintenance_workers": "2", "checkpoint_timeout": "1h"}


class Ground(Protocol):
    """The empty copy and the roles around it."""

    admin: Address  # in the copy's database, from ``prepare`` on

    def prepare(self) -> tuple[Fidelity, ...]:
        """Make the empty copy, running, and the roles. Raises StagingError ``target-is-production``."""

    def loader(self) -> Address:
        """Who loads: no superuser where production's code could leave the server as one."""

    def rights(self, inert: frozenset[CatalogId]) -> Rights:
        """Who restores what."""

    def archive(self, binaries: Binaries, folder: Path, scratch: Path) -> SchemaArchive:
        """The schema as it is restored here."""

    def extensions(self, connection: Connection) -> frozenset[str]:
        """What CREATE EXTENSION could make for us."""

    def trial(self) -> TrialRole:
        """The role that migrations run as."""

    def finish(self, connection: Connection) -> tuple[Fidelity, ...]:
        """Hand over what belongs to others than those who restored it."""

    def settings(self, connection: Connection) -> tuple[Fidelity, ...]:
        """Attach database and role settings; spoils the connection's own."""


def ground_of(engine: Engine, plot: Plot) -> Ground:
    """The ground that *engine* offers."""
    server = shared(engine)
    return SharedGround(server, plot) if server else OwnGround(engine, plot)


class OwnGround:
    """A cluster made for this copy alone."""

    admin: Address

    def __init__(self, engine: Engine, plot: Plot) -> None:
        self._engine = engine
        self._plot = plot

    def prepare(self) -> tuple[Fidelity, ...]:
        """See Ground."""
        plot, database = self._plot, self._plot.catalog.database
        notes = [*self._engine.initialise(plot.directory, "snapshot", run=plot.run, spec=plot.spec)]
        admin = self._engine.start(plot.directory, ServerOptions(settings=_LOAD_SETTINGS, isolated=True))
        refuse_production(admin, plot.handshake)
        contained = self._engine.contains_superusers
        with connect_staging(admin.to(database="template1")) as connection, staging_errors("making the roles"):
            notes += roles.create_roles(
                connection, plot.catalog, contained=contained, served_password=plot.served_password
            )
        notes += create_database(admin, database, roles.database_owner(plot.catalog))
        self.admin = admin.to(database=database.name)
        return tuple(notes)

    def loader(self) -> Address:
        """See Ground."""
        if self._engine.contains_superusers:
            return self.admin
        return self.admin.to(user=SERVED_ROLE, password=self._plot.served_password)

    def rights(self, inert: frozenset[CatalogId]) -> Rights:
        """See Ground."""
        return Rights(self.admin, self.loader(), inert)

    def archive(self, binaries: Binaries, folder: Path, scratch: Path) -> SchemaArchive:
        """See Ground."""
        return SchemaArchive(binaries, folder, scratch)

    def extensions(self, connection: Connection) -> frozenset[str]:
        """See Ground."""
        return available_extensions(connection)

    def trial(self) -> TrialRole:
        """See Ground."""
        return roles.trial_role(self._plot.catalog)

    def finish(self, connection: Connection) -> tuple[Fidelity, ...]:
        """See Ground."""
        return roles.hand_over(connection, self._plot.catalog)

    def settings(self, connection: Connection) -> tuple[Fidelity, ...]:
        """See Ground."""
        return roles.apply_settings(connection, self._plot.catalog)
