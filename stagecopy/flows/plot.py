"""What a refresh builds, and from what: handed to whichever ground it is built on."""

from __future__ import annotations

from dataclasses import dataclass, field

from stagecopy.home import Home
from stagecopy.model.catalog import Catalog
from stagecopy.model.staging import ClusterSpec
from stagecopy.production.session import HANDSHAKE_CLASS, ProductionSession


@dataclass(frozen=True, slots=True)
class Plot:
    """What is to be built, and from what."""

    home: Home
    session: ProductionSession
    catalog: Catalog
    directory: str
    run: str
    served_password: str = field(repr=False)

    @property
    def spec(self) -> ClusterSpec:
        """An empty cluster (or database) like production's."""
        database = self.catalog.database
        return ClusterSpec(database.encoding, database.collate, database.ctype, database.provider, database.locale)

    @property
    def handshake(self) -> tuple[int, int]:
        """The advisory lock that production holds for us."""
        return HANDSHAKE_CLASS, self.session.handshake
