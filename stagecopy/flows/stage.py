"""Where a migration runs, whatever it comes as."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from stagecopy.errors import StagingError
from stagecopy.flows.pair import Pair
from stagecopy.flows.workplace import Workplace
from stagecopy.history.runs import Run
from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, reach
from stagecopy.postgres.failures import describe
from stagecopy.staging.engine import Engine
from stagecopy.staging.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a migration runs: the pair of clones, and *login*, the trial's role in the one that is changed."""

    work: Workplace
    run: Run
    snapshot: Snapshot
    engine: Engine
    pair: Pair
    login: Address


def connected(login: Address) -> Connection:
    """A session as a migration has it. Raises StagingError ``staging-unreachable``."""
    try:
        # no pinned settings here: the migration must see production's own (search_path, time zone …)
        return psycopg.connect(application_name="stagecopy-trial", autocommit=True, **reach(login))
    except psycopg.Error as failure:
        raise StagingError("staging-unreachable", f"cannot log in as {login.user}: {describe(failure)}") from None
