"""The schema's queries on the oldest and newest servers, and on real databases: equal sides have no lines."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg import sql

from stagecopy.diff.catalogs import schema_difference
from stagecopy.diff.sequences import sequence_changes
from stagecopy.files import remove_tree
from stagecopy.model.change import SchemaChange
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.schemaobjects import object_digests, read_objects
from tests.integration.majors import IN_WHEELS, SLOW, chosen, reachable_programs
from tests.integration.sample_databases import SAMPLES, create_sample
from tests.integration.schema_cases import BASE
from tests.integration.scratch_server import database_of, running_server

# No wheel knows ICU's locales.
EVERYWHERE = BASE.replace("(provider = icu, locale = 'de')", "(locale = 'C')").replace("DATABASE base", "ROLE leaving")
MIGRATION = """
ALTER TABLE t ALTER a SET STATISTICS 50, ADD CONSTRAINT c CHECK (b < 9) NOT VALID;
ALTER PUBLICATION pub ADD TABLE child;
CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 1';
"""
LINES = [
    ("setting", "changed", "pub"),
    ("function", "changed", "public.f(x integer)"),
    ("column", "changed", "public.t.a"),
    ("constraint", "added", "public.t.c"),
]


@contextmanager
def copy_of(before: Address, server: Address) -> Iterator[Address]:
    """A copy of a database, in which everything has the same number. Templates are not listed as other databases."""
    with database_of(server) as after, connect_staging(server) as admin:
        names = [sql.Identifier(each.database) for each in (after, before)]
        admin.execute(sql.SQL("DROP DATABASE {}").format(names[0]))
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        for each in names:
            admin.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(each))
        try:
            yield after
        finally:
            for each in names:
                admin.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(each))


def lines(before: Address, after: Address, migration: str = "SELECT") -> tuple[SchemaChange, ...]:
    """What *migration* changes in the schema, by a session that takes it back. Sequences must not move."""
    with connect_staging(before) as mine, connect_staging(after) as other, ThreadPoolExecutor(1) as pool:
        for connection in (mine, other):
            connection.execute("BEGIN")
        other.execute("SET LOCAL search_path TO public")
        other.execute(migration.encode())
        other.execute("SET LOCAL search_path TO ''")
        assert sequence_changes(mine, other, pool, set()) == ()
        return schema_difference(mine, other, pool)


@pytest.mark.parametrize("major", [*([13] if SLOW else []), *chosen(IN_WHEELS)])
def test_every_major_tells_the_same(major: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="stagecopy-majors-"))
    folder.chmod(0o711)
    try:
        with running_server(reachable_programs(major, folder)) as server, database_of(server) as before:
            with connect_staging(before) as connection:
                connection.execute("SET search_path TO public")
                connection.execute(EVERYWHERE.encode())
            with copy_of(before, server) as after:
                assert lines(before, after) == ()
                told = [(each.kind, each.change, each.name) for each in lines(before, after, MIGRATION)]
                assert told == LINES
    finally:
        remove_tree(folder)


@pytest.mark.parametrize("name", SAMPLES if SLOW else SAMPLES[:1])
def test_a_real_database_and_its_copy_are_equal(scratch_server: Address, name: str) -> None:
    before = create_sample(scratch_server, name)
    with copy_of(before, scratch_server) as after:
        assert lines(before, after) == ()


def test_an_ordinary_role_reads_all_but_secrets(scratch_server: Address) -> None:
    with database_of(scratch_server) as address, connect_staging(address) as connection:
        connection.execute("CREATE ROLE plain_reader; CREATE TABLE public.t (id int)")
        try:
            connection.execute("BEGIN; SET LOCAL ROLE plain_reader")
            digests = object_digests(connection, 1)
            found = read_objects(connection, {share for _, share in digests})
            assert {"table", "column", "role"} <= {each.kind for each in found}
            assert not {"password", "system_setting"} & {each.kind for each in found}
        finally:
            connection.execute("ROLLBACK; DROP ROLE plain_reader")
