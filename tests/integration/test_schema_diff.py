"""The schema diff on a real server: every kind of object changed, and exactly the lines that tell it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from stagecopy.diff.catalogs import schema_difference
from stagecopy.model.change import SchemaChange
from stagecopy.postgres.connect import Connection, connect_staging
from tests.integration.schema_cases import BASE, CASES
from tests.integration.server_pair import server_pair

# The closed list of the interface.
KINDS = {"table", "column", "default", "index", "constraint", "view", "matview", "function", "trigger", "policy"} | {
    "grant",
    "enum",
    "domain",
    "sequence",
    "extension",
    "comment",
    "role",
    "setting",
}


Sessions = tuple[Connection, Connection]


@pytest.fixture(scope="module")
def sessions() -> Iterator[Sessions]:
    """One session on each side, for all cases: a new one would read the catalog's caches anew."""
    with server_pair({"base": BASE}) as pair:
        before, after = pair.case("base")
        with connect_staging(before) as mine, connect_staging(after) as other:
            yield mine, other


@contextmanager
def migrated(connection: Connection, name: str) -> Iterator[None]:
    """The case's migration is done, and taken back at the end: by rolling back, where that is possible."""
    case = CASES[name]
    parts = case.migration.split(";;")
    connection.execute("SET search_path TO public")
    for part in parts if case.outside else ():
        connection.execute(part.encode())
    connection.execute("BEGIN")
    try:
        for part in () if case.outside else parts:
            connection.execute(part.encode())
        connection.execute("SET LOCAL search_path TO ''")
        yield
    finally:
        connection.execute("ROLLBACK")
        if case.undo:
            connection.execute(case.undo.encode())


def changes(sessions: Sessions, logged_in: str | None = None) -> tuple[SchemaChange, ...]:
    """What differs between the database as it was and as the second session sees it."""
    with ThreadPoolExecutor(1) as pool, sessions[0].transaction():
        return schema_difference(*sessions, pool, logged_in=logged_in)


@pytest.mark.parametrize("name", CASES)
def test_each_change_is_told_once(sessions: Sessions, name: str) -> None:
    with migrated(sessions[1], name):
        found = changes(sessions)
    assert sorted(f"{each.kind} {each.change} {each.name}" for each in found) == list(CASES[name].lines)
    assert {each.kind for each in found} <= KINDS
    assert not any(secret in f"{each.before}{each.after}" for each in found for secret in ("=one", "=two", "SCRAM"))


def test_the_login_a_trial_gives_its_role_is_no_difference(sessions: Sessions) -> None:
    with migrated(sessions[1], "login"):
        assert [each.name for each in changes(sessions, logged_in="reader")] == ["leaving"]
