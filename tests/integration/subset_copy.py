"""A copy of a database with the rows that come along, without an engine: what was chosen is loaded beside it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from stagecopy.flows.preflight import skipped_by
from stagecopy.flows.subset import ChosenRows, choose_rows
from stagecopy.masking.keys import MaskKey
from stagecopy.masking.loader import load_rules
from stagecopy.masking.plan import plan
from stagecopy.model.catalog import Table
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries
from stagecopy.postgres.dsn import Dsn
from stagecopy.production.readers import DirectReader
from stagecopy.production.session import ProductionSession, Scope, open_production
from stagecopy.production.watcher import Patience
from stagecopy.report.progress import Silent
from tests.integration.scratch_server import BINARIES

KEY = MaskKey(b"a fixed key for tests, 32 bytes or more")
TOOLS = Binaries(str(BINARIES), 15, "15", "host", tls=True)
KEEP = 'patterns:\n  - {column: "*", keep: nothing personal in this test}\n'
_KEYS = """
SELECT c.conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c
 WHERE c.contype = 'f' AND c.convalidated AND c.conparentid = 0 ORDER BY 1, 2
"""

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Choice:
    """What was found, and the session it was found in."""

    session: ProductionSession
    rows: ChosenRows
    tables: tuple[Table, ...]

    def text(self, table: Table) -> bytes:
        """COPY text of the rows of *table* that come along."""
        return b"".join(self.rows.out_of(DirectReader(self.session, TOOLS)).rows(table))


@contextmanager
def choosing(address: Address, rules: str, folder: Path, *, yield_after: float = 5) -> Iterator[Choice]:
    """*rules* (below ``version: 1``) on the database at *address*."""
    (folder / "rules.yaml").write_text("version: 1\n" + rules, encoding="utf-8")
    loaded = load_rules(folder)
    scope = Scope((), (), 5, skipped_by(loaded))
    name = f"stagecopy/test-{secrets.token_hex(3)}"
    with open_production(Dsn.parse(address.url), name, patience=Patience(yield_after, 600), scope=scope) as session:
        planned = plan(session.catalog, loaded, key=KEY, locale="en_US")
        found = choose_rows(session, planned, loaded, tools=TOOLS, progress=Silent())
        copied = tuple(each.table for each in planned.tables.values() if each.action == "copy" and each.table.has_rows)
        yield Choice(session, found, copied)


@contextmanager
def copy_of(address: Address, rules: str, folder: Path) -> Iterator[Connection]:
    """A copy of the database with the chosen rows alone, on which every key was made again."""
    name = f"{address.database}_copy"
    with choosing(address, rules, folder) as choice:
        texts = {table: choice.text(table) for table in choice.tables}
    with psycopg.connect(address.to(database="postgres").url, autocommit=True) as admin:
        place = sql.Identifier(name)
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(place, sql.Identifier(address.database)))
        try:
            with psycopg.connect(address.to(database=name).url) as copy:
                _load(copy, texts)
                yield copy
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(place))


def _load(copy: Connection, texts: dict[Table, bytes]) -> None:
    everything = copy.execute("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname !~ '^pg_'"
                              " AND schemaname <> 'information_schema'").fetchall()  # fmt: skip
    copy.execute(b"TRUNCATE " + ", ".join(row[0] for row in everything).encode() + b" CASCADE")
    copy.execute("SET session_replication_role = replica")
    for table, text in texts.items():
        columns = sql.SQL(", ").join([sql.Identifier(each.name) for each in table.copied_columns])
        listed = sql.SQL("({})").format(columns) if table.copied_columns else sql.SQL("")
        into = sql.SQL("COPY {} {} FROM STDIN").format(sql.Identifier(table.schema, table.name), listed)
        with copy.cursor().copy(into) as stream:
            stream.write(text)
    copy.execute("SET session_replication_role = DEFAULT")
    for number, (table_name, key) in enumerate(copy.execute(_KEYS).fetchall()):
        copy.execute(f"ALTER TABLE {table_name} ADD CONSTRAINT again_{number} {key}".encode())
