"""What the audit is given to search: all bytes of long values, also where two pieces of them meet."""

from __future__ import annotations

import psycopg

from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.leakscan import TextRelation, text_relations
from stagecopy.postgres.tools import copy_out, staging_environment
from tests.integration.subset_copy import TOOLS

_MB = 1 << 20
_AT = {"first": 100, "meets": 16 * _MB - 6, "second": 17 * _MB, "again": 24 * _MB - 8200, "end": 26 * _MB - 12}


def test_all_of_a_long_bytea_is_read(fresh_database: Address) -> None:
    with psycopg.connect(fresh_database.url, autocommit=True) as connection:
        connection.execute("""CREATE TABLE files (start bytea, "piece" text, "cells" bytea)""")
        body = bytearray(26 * _MB)
        for name, place in _AT.items():
            body[place : place + 12] = f"<{name:-^10}>".encode()
        connection.execute("INSERT INTO files VALUES (%s, 'short', 'short')", (bytes(body).replace(b"\0", b" "),))
    with connect_staging(fresh_database) as connection:
        (relation,) = text_relations(connection)
    whole = _read(fresh_database, relation)
    parts = [_read(fresh_database, each) for each in relation.rest]
    assert len(parts) == 2
    assert parts[1] == ""
    found = {name for name in _AT if any(f"<{name:-^10}>" in text for text in (whole, *parts[0].splitlines()))}
    assert found == set(_AT)
    assert max(map(len, parts[0].splitlines())) <= 8 * _MB + (8 << 10)


def _read(address: Address, relation: TextRelation) -> str:
    return b"".join(copy_out(TOOLS, staging_environment(address), relation.script)).decode()
