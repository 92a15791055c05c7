"""Large objects: left behind unless the rules keep them; then whole, under their OIDs, and searched like all else."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from tests.acceptance.harness import Shop, shop_of

_CANARY = "zaphira.quillfeather@canary-nest.test"
_RULES = """tables:
  public.people: {columns: {email: {mask: email}}}
patterns:
  - {column: "*", keep: nothing personal in this test}
"""
_KEEP = "large_objects: {keep: scans of empty forms}\n"
_LONG = 1_100_000  # bytes: more than are searched at a time
_WORDS = "lorem ipsum dolor sit amet\n"
_OBJECTS = f"""
CREATE EXTENSION lo;
CREATE TABLE people (id int PRIMARY KEY, email text);
INSERT INTO people SELECT n, 'person' || n || '@mail.test' FROM generate_series(2, 40) n;
INSERT INTO people VALUES (1, '{_CANARY}');
CREATE TABLE docs (id int, body oid, picture lo, more oid[]);
INSERT INTO docs VALUES (1, 4711, 4712, ARRAY[4713]::oid[]);
SELECT lo_from_bytea(4711, convert_to(repeat('{_WORDS}', {_LONG // len(_WORDS) + 1}), 'UTF8'));
SELECT lo_from_bytea(4712, decode('00ff0102', 'hex'));
SELECT lo_create(4713);
COMMENT ON LARGE OBJECT 4712 IS 'a picture';
GRANT SELECT ON LARGE OBJECT 4713 TO PUBLIC;
"""
_SEEN = """
SELECT m.oid::int, m.lomowner::regrole::text, m.lomacl::text, md5(lo_get(m.oid)),
       obj_description(m.oid, 'pg_largeobject')
  FROM pg_largeobject_metadata m ORDER BY 1
"""


@pytest.fixture
def archive(fresh_database: Address) -> Iterator[Shop]:
    """A project with large objects, one of them owned by a role of its own."""
    owner = sql.Identifier(f"archivist_{secrets.token_hex(3)}")
    with connect_staging(fresh_database) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(owner))
        connection.execute("SET search_path = public")
        connection.execute(_OBJECTS.encode())
        connection.execute(sql.SQL("ALTER LARGE OBJECT 4712 OWNER TO {}").format(owner))
        try:
            with shop_of(fresh_database, "embedded") as shop:
                yield shop
        finally:
            connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(owner))


def _receipt(shop: Shop) -> Any:
    listed = shop.run("snapshot", "list", "--json").document["snapshots"]
    return json.loads(Path(listed[-1]["receipt"]).read_text(encoding="utf-8"))


def _said(document: Any) -> dict[str, str]:
    return {each["code"]: each["message"] for each in document["fidelity"]}


def _in_production(shop: Shop) -> list[Any]:
    with connect_staging(shop.production) as production:
        return production.execute(_SEEN).fetchall()


def test_they_stay_in_production_and_what_refers_to_them_is_named(archive: Shop) -> None:
    archive.rules(_RULES)
    said = _said(archive.refreshed("--direct"))
    assert "large objects (3)" in said["left-behind"]
    assert said["large-objects-missing"].endswith("public.docs.body, public.docs.picture, public.docs.more")
    receipt = _receipt(archive)
    assert receipt["large_objects"] == {"left_behind": 3, "kept": 0, "bytes": 0, "reason": None, "where": None}
    unread = ["docs.id", "docs.body", "docs.picture", "docs.more", "people.id"]
    assert set(receipt["audit"]["not_read"]) == {f"public.{name}" for name in unread}
    with archive.staging() as staging:
        assert staging.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone() == (0,)


@pytest.mark.parametrize("words", [(), ("--direct",)], ids=["backup", "direct"])
def test_they_come_along_where_the_rules_keep_them(archive: Shop, words: tuple[str, ...]) -> None:
    archive.rules(_KEEP + _RULES)
    if not words:  # chosen schemas leave them out of a dump that is not told otherwise
        archive.configure(production='{url: "${STAGECOPY_PRODUCTION_URL}", schemas: [public]}')
        archive.production_sql("DROP EXTENSION lo CASCADE")
    refreshed = archive.refreshed(*words)
    said = _said(refreshed)
    size = _LONG // len(_WORDS) * len(_WORDS) + len(_WORDS) + 4
    assert (
        said["large-objects-kept"] == f"3 large objects ({size:,} bytes) came along as they are: scans of empty forms"
    )
    assert not {"left-behind", "large-objects-missing"} & set(said)
    told = _receipt(archive)["large_objects"]
    assert told.pop("where").endswith("rules.yaml:2")
    assert told == {"left_behind": 0, "kept": 3, "bytes": size, "reason": "scans of empty forms"}
    with connect_staging(archive.production) as production:
        (admin,) = production.execute("SELECT current_user::text").fetchone() or ("",)
    objects = [
        tuple("stagecopy_owner" if value == admin else _by_owner(value, admin) for value in row)
        for row in _in_production(archive)
    ]
    with archive.staging() as staging:
        assert staging.execute(_SEEN).fetchall() == objects


def _by_owner(value: Any, admin: str) -> Any:
    """Grants as the stand-in for a superuser has them."""
    return value.replace(admin, "stagecopy_owner") if isinstance(value, str) and "=" in value else value


def test_raw_values_inside_are_found(archive: Shop) -> None:
    """In a short one, where two windows of a long one meet, and at its end."""
    archive.rules(_KEEP + _RULES)
    for oid, start, text in (
        (4712, 4, _CANARY.upper()),
        (4711, (1 << 20) - 9, "person7@mail.test"),
        (4711, _LONG + 20, "person9@mail.test"),
    ):
        archive.production_sql(f"SELECT lo_put({oid}, {start}, ' {text} ')")
    archive.production_sql("COMMENT ON LARGE OBJECT 4711 IS 'scanned for person7@mail.test'")
    done = archive.run("refresh", "--direct", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "leak")
    said = done.document["error"]["message"].splitlines()[1:]
    places = (("comment on pg_largeobject 4711", 1), ("large object 4711", 2), ("large object 4712", 1))
    assert said == [f"{place} holds {n} of public.people.email" for place, n in places]
    assert "quillfeather" not in (done.out + done.err).lower()


def test_a_role_that_may_not_read_them_is_told(archive: Shop) -> None:
    archive.rules(_KEEP + _RULES)
    reader = f"reader_{secrets.token_hex(3)}"
    archive.production_sql(f"CREATE ROLE {reader} LOGIN PASSWORD 'only-in-tests' IN ROLE pg_read_all_data")
    try:
        mine = archive.environ["STAGECOPY_PRODUCTION_URL"]
        archive.environ["STAGECOPY_PRODUCTION_URL"] = archive.production.to(user=reader, password="only-in-tests").url
        done = archive.run("refresh", "--direct", "--json")
        archive.environ["STAGECOPY_PRODUCTION_URL"] = mine
    finally:
        archive.production_sql(f"DROP ROLE {reader}")
    assert (done.code, done.document["error"]["code"]) == (3, "preflight")
    assert "this role cannot read 2 large objects" in done.document["error"]["message"]
