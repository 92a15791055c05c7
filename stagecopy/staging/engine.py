"""What every staging engine can do. One contract test drives them all (tests/integration/test_engines.py).

An engine keeps PostgreSQL data directories under names of this project, copies them while they are stopped, and runs
servers on them. It never decides what to keep: snapshots, retention and swaps are above it.
"""

from __future__ import annotations

from typing import Protocol

from stagecopy.model.findings import Fidelity
from stagecopy.model.server import Address
from stagecopy.model.staging import ClusterSpec, DataDirectory, Kind, ServerOptions
from stagecopy.model.trial import CloneMethod

ADMIN = "stagecopy_admin"  # the bootstrap superuser of every cluster of ours; nobody but this program logs in as it


class Engine(Protocol):
    """A place where disposable PostgreSQL servers live."""

    name: str  # docker | embedded
    major: int  # PostgreSQL major version of its servers
    contains_superusers: bool  # whether a superuser inside the server stays inside (docker yes, embedded no)

    def initialise(self, name: str, kind: Kind, *, run: str, spec: ClusterSpec) -> tuple[Fidelity, ...]:
        """Make a data directory with initdb: scram, ADMIN with the engine's password, no data checksums.

        The mark (project, name, kind, run) is written before anything else, so that a killed run leaves nothing
        unknown. Falls back from the exact locale to C.UTF-8 (encoding stays) and says so: Fidelity
        ``other-collation``. Raises StagingError.
        """

    def copy(self, source: str, name: str, kind: Kind, *, run: str) -> None:
        """Copy a stopped data directory under a new name, with a mark of its own."""

    def clone(self, source: str, name: str, kind: Kind, *, run: str) -> CloneMethod:
        """Like ``copy``, sharing with the source what is not written to, where that is possible; says how.

        The source never changes by what is done to the clone, nor a clone by what is done to another. A clone of what
        is no snapshot is never made by overlay.
        """

    def clone_method(self, source: str | None = None) -> tuple[CloneMethod, str, str | None]:
        """How *source* (default: a snapshot made now) is cloned, why so, and what to do for a better way.

        Found by doing it once with a small file; the last is None where there is no better way.
        """

    def start(self, name: str, options: ServerOptions) -> Address:
        """Start a server on the data directory and wait until it answers; returns its address as ADMIN.

        Listens on loopback only, by scram. The server outlives this process. Raises StagingError with the tail of
        the server's log when it does not come up (``port-in-use`` when the wanted port is taken).
        """

    def prepare_start(self, name: str, options: ServerOptions) -> None:
        """Do all of ``start`` that can be done while another server still holds the port (may be nothing)."""

    def stop(self, name: str) -> None:
        """Stop its server cleanly (checkpoint, so that the directory may be copied). Not running: nothing to do."""

    def destroy(self, name: str) -> None:
        """End its server and remove the directory with all that belongs to it. Gone already: nothing to do.

        Checks the mark itself: StagingError ``not-ours`` when it is missing or of another project. A snapshot that a
        clone stands on (see DataDirectory.base) stays: StagingError ``snapshot-in-use``.
        """

    def sync(self, name: str) -> None:
        """Flush a stopped data directory to disk, so that the manifest written next speaks the truth."""

    def directories(self) -> tuple[DataDirectory, ...]:
        """All data directories with this project's mark, sorted by name, whatever run made them."""

    def address(self, name: str) -> Address | None:
        """The address of its running server, or None when it is not running."""

    def checksum(self, name: str) -> str:
        """sha256 over all files (names, sizes, contents) of a stopped data directory: snapshots must never change."""

    def fidelity(self) -> tuple[Fidelity, ...]:
        """What differs from production on this engine, whatever the database (for example ``not-isolated``)."""
