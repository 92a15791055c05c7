"""Asks production which migrations ran there, without locking more than a SELECT does."""

from __future__ import annotations

from psycopg import sql

from stagecopy.errors import ProductionError
from stagecopy.postgres.connect import connect_production, production_errors
from stagecopy.postgres.dsn import Dsn
from stagecopy.postgres.migrationstate import FoundTable, state_tables
from stagecopy.production.endpoint import look


def applied_migrations(dsn: Dsn, application_name: str, *, lock_timeout: float) -> list[FoundTable]:
    """The lists of migration tools that production has. Raises ProductionError."""
    looked = look(dsn, application_name)
    for each in looked.obstacles:
        raise ProductionError(each.code, each.message, hint=each.remedy)
    with (
        connect_production(looked.dsn, application_name=application_name) as connection,
        production_errors("reading the list of migrations"),
    ):
        connection.execute(sql.SQL("SET lock_timeout = {}").format(int(lock_timeout * 1000)))
        with connection.transaction():
            return state_tables(connection)
