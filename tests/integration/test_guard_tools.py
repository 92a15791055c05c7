"""Guards run by the tools they are written for: Alembic and drizzle-kit, installed; with STAGECOPY_SLOW=1."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stagecopy.model.guard import GuardForm, TableLimit
from stagecopy.model.server import Address
from stagecopy.report.guard import GuardText
from tests.acceptance.frameworks.migrators import Alembic, DrizzleKit

pytestmark = pytest.mark.skipif(os.environ.get("STAGECOPY_SLOW") != "1", reason="installs tools: with STAGECOPY_SLOW=1")

DROPS = 'ALTER TABLE "users" DROP COLUMN "email";'
UPGRADE = """
import guard
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    guard.before(op)
    op.execute('ALTER TABLE users DROP COLUMN email')
    guard.after(op)
"""


def guard(form: GuardForm, most: int) -> str:
    """The file, for a migration that may take *most* addresses; 5 are there."""
    limit = TableLimit("public", "users", 0, {"email": most}, deletes=True)
    text = GuardText(form, (limit,), "m", "t", "s", datetime(2026, 11, 23, tzinfo=UTC))
    return replace(text, body=DROPS).whole()


def columns(database: Address) -> Any:
    """Columns of the table, and how many rows it has."""
    query = "SELECT (SELECT count(*) FROM users), count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass"
    with psycopg.connect(database.url) as connection:
        return connection.execute(f"{query} AND attnum > 0 AND NOT attisdropped").fetchone()


def fill(database: Address) -> None:
    """Five people."""
    with psycopg.connect(database.url) as connection:
        connection.execute("INSERT INTO users SELECT n, 'mail:' || n FROM generate_series(1, 5) n")


def test_alembic_rolls_back_what_takes_one_value_more(fresh_database: Address, tmp_path: Path) -> None:
    project = Alembic(tmp_path, fresh_database)
    project.build()
    fill(fresh_database)
    project.write("alembic.ini", "[alembic]\nscript_location = migrations\nprepend_sys_path = .\n")
    project.write("migrations/versions/0002.py", UPGRADE)
    project.write("guard.py", guard("alembic", 4))
    with pytest.raises(AssertionError, match="stagecopy guard: nothing was changed"):
        project.run(*project.command, PYTHONDONTWRITEBYTECODE="1")
    assert columns(fresh_database) == (5, 2)
    project.write("guard.py", guard("alembic", 5))
    project.run(*project.command, PYTHONDONTWRITEBYTECODE="1")
    assert columns(fresh_database) == (5, 1)


def test_drizzle_rolls_back_what_takes_one_value_more(fresh_database: Address, tmp_path: Path) -> None:
    project = DrizzleKit(tmp_path, fresh_database)
    project.build()
    fill(fresh_database)
    project.write_next("adds")
    project.write("drizzle/0001_next.sql", guard("drizzle", 4))
    with pytest.raises(AssertionError):
        project.run(*project.command)
    assert columns(fresh_database) == (5, 2)
    project.write("drizzle/0001_next.sql", guard("drizzle", 5))
    project.run(*project.command)
    assert columns(fresh_database) == (5, 1)
