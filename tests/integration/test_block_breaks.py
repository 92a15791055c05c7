"""Ways in which a diff that trusts the write-ahead log too much calls two databases identical. None gets by."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from stagecopy.diff import wal
from stagecopy.diff.compare import Known, compare
from stagecopy.errors import StagingError
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging, wait_until_ready
from stagecopy.process import environment, run
from tests.integration.block_pair import both_ways, methods, reads_blocks_always, table
from tests.integration.server_pair import ServerPair, migrate, server_pair, server_user

__all__ = ["reads_blocks_always"]
ROWS = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 2000) i;"
OTHER_ROWS = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT i, 'w' FROM generate_series(1, 2000) i;"
WIDE = (
    "ALTER TABLE t ALTER a SET STORAGE EXTERNAL; UPDATE t SET a = repeat('x', 9000) WHERE id = 7;"
    "CREATE EXTENSION IF NOT EXISTS pg_surgery;"
)
CHANGED_TYPES = (
    "CREATE EXTENSION citext; CREATE TABLE t (id int PRIMARY KEY, n numeric, f float8, i interval, c citext, j jsonb);"
    """INSERT INTO t SELECT i, 1, 0, '1 day', 'abc', '{"a": 1}' FROM generate_series(1, 500) i;"""
)
PLAIN = "CREATE TABLE {m} (id int PRIMARY KEY, v {type}); INSERT INTO {m} VALUES (1, {value}), (2, NULL);"
TEXTS = "CREATE TABLE {m} (id int PRIMARY KEY, v text); INSERT INTO {m} SELECT i, 'v' FROM generate_series(1, 2000) i;"
PAIRS = "CREATE TYPE {m}_pair AS (a int, b text);"
MOODS = (
    "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE {m} (id int PRIMARY KEY, v mood, w mood[]);"
    "INSERT INTO {m} SELECT i, (CASE WHEN i % 2 = 0 THEN 'sad' ELSE 'ok' END)::mood, '{{sad}}'"
    " FROM generate_series(1, 500) i;"
)
# What was there of the table {m}, and what makes it read differently though no block of it changes.
MEANINGS = {
    "add_constant": (TEXTS, "ALTER TABLE {m} ADD n int DEFAULT 7"),
    "add_nothing": (TEXTS, "ALTER TABLE {m} ADD n text"),
    "drop_column": (TEXTS, "ALTER TABLE {m} DROP v"),
    "drop_and_add": (TEXTS, "ALTER TABLE {m} DROP v; ALTER TABLE {m} ADD v text DEFAULT 'v'"),
    "to_text": (PLAIN.format(m="{m}", type="varchar(20)", value="'x'"), "ALTER TABLE {m} ALTER v TYPE text"),
    "wider": (PLAIN.format(m="{m}", type="numeric(10,2)", value="2"), "ALTER TABLE {m} ALTER v TYPE numeric(12,2)"),
    "to_citext": (PLAIN.format(m="{m}", type="text", value="'A'"), "ALTER TABLE {m} ALTER v TYPE public.citext"),
    "collation": (PLAIN.format(m="{m}", type="text", value="'A'"), 'ALTER TABLE {m} ALTER v TYPE text COLLATE "C"'),
    "key_type": (PLAIN.format(m="{m}", type="text", value="'A'"), "ALTER TABLE {m} ALTER id TYPE oid"),
    "zoned": (
        PLAIN.format(m="{m}", type="timestamp", value="'2024-01-01'"),
        "SET timezone TO 'UTC'; ALTER TABLE {m} ALTER v TYPE timestamptz",
    ),
    "reinterpreted": (
        PLAIN.format(m="{m}", type="bigint", value="5") + "CREATE CAST (bigint AS timestamptz) WITHOUT FUNCTION",
        "ALTER TABLE {m} ALTER v TYPE timestamptz USING v::timestamptz",
    ),
    "label": (MOODS, "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'"),
    "attribute_added": (
        PAIRS + "CREATE DOMAIN paired AS {m}_pair;" + PLAIN.format(m="{m}", type="paired", value="ROW(1, 'x')"),
        "ALTER TYPE {m}_pair ADD ATTRIBUTE c int",
    ),
    "attribute_dropped": (
        PAIRS + "CREATE TABLE {m} (id int, v {m}_pair[]); INSERT INTO {m} VALUES (1, ARRAY[ROW(1, 'x')::{m}_pair])",
        "ALTER TYPE {m}_pair DROP ATTRIBUTE b",
    ),
    "detached": (
        (
            "CREATE TABLE p (id int) PARTITION BY RANGE (id);"
            "CREATE TABLE {m} PARTITION OF p FOR VALUES FROM (-9) TO (9999); INSERT INTO p VALUES (1)"
        ),
        "ALTER TABLE p DETACH PARTITION {m}",
    ),
    "swapped_names": (
        TEXTS + "CREATE TABLE {m}_2 (id int PRIMARY KEY, v text)",
        "ALTER TABLE {m} RENAME TO x; ALTER TABLE {m}_2 RENAME TO {m}; ALTER TABLE x RENAME TO {m}_2",
    ),
    "large_object": (TEXTS + "SELECT lo_from_bytea(4711, 'before')", "SELECT lo_put(4711, 0, 'after!')"),
    "aclitem": (
        (
            "CREATE ROLE old_name; CREATE TABLE {m} (id int PRIMARY KEY, v aclitem);"
            "INSERT INTO {m} VALUES (1, 'old_name=r/postgres')"
        ),
        "ALTER ROLE old_name RENAME TO new_name",
    ),
}


def _script(part: int) -> str:
    return ";".join(each[part].format(m=f"m_{name}") for name, each in MEANINGS.items())


DATABASES = {
    **dict.fromkeys(("b2", "b3", "b4", "b5", "rolled_back", "open"), ROWS),
    "b2_other": OTHER_ROWS,
    "b3_other": OTHER_ROWS,
    "b6": "CREATE SEQUENCE s; SELECT nextval('s')",
    "b7": ROWS + "CREATE UNLOGGED TABLE u AS TABLE t",
    "b8": ROWS + WIDE,
    "b10": CHANGED_TYPES,
    "b9": "CREATE EXTENSION citext;" + _script(0),
    "large": ROWS + "SELECT lo_create(4711), lo_from_bytea(4712, 'x'), lo_from_bytea(4713, 'y')",
}


@pytest.fixture(scope="module")
def pair() -> Iterator[ServerPair]:
    with server_pair(DATABASES) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_open(pair: ServerPair) -> None:
    """No session of the test before is still ending."""
    with connect_staging(pair.after) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL"
        for _ in range(100):
            if connection.execute(query).fetchone() == (0,):
                return
            time.sleep(0.05)


def test_what_is_not_touched_is_not_read(pair: ServerPair) -> None:
    found = both_ways(pair, "rolled_back").found
    assert (methods(found), table(found, "t").rows_after) == ({"t": "untouched"}, 2000)
    with suppress(ZeroDivisionError), connect_staging(pair.case("rolled_back")[1]) as session, session.transaction():
        session.execute("DELETE FROM public.t WHERE id < 5")
        raise ZeroDivisionError
    found = both_ways(pair, "rolled_back").found
    assert (methods(found), table(found, "t").touched) == ({"t": "blocks"}, False)
    migrate(pair.case("rolled_back")[1], "UPDATE t SET a = NULL WHERE id = 1000; DELETE FROM t WHERE id = 7")
    change = table(both_ways(pair, "rolled_back").found, "t")
    assert (change.method, change.changed, change.removed, change.rows_after) == ("blocks", 1, 1, 1999)


def test_b1_a_transaction_prepared_before_the_clone() -> None:
    script = ROWS + ";; BEGIN;; DELETE FROM t WHERE id <= 81;; PREPARE TRANSACTION 'early'"
    with server_pair({"b1": script}) as pair:
        migrate(pair.case("b1")[1], "COMMIT PREPARED 'early'")
        found = both_ways(pair, "b1").found
    assert table(found, "t").removed == 81
    assert found.all_full == "a transaction of the snapshot is not finished"


def test_b2_a_database_made_anew_under_the_same_number(pair: ServerPair) -> None:
    with connect_staging(pair.after) as connection:
        row = connection.execute("SELECT oid FROM pg_database WHERE datname = 'b2'").fetchone()
        assert row is not None
        connection.execute("DROP DATABASE b2")
        copy = f"CREATE DATABASE b2 TEMPLATE b2_other OID {row[0]} STRATEGY file_copy"
        connection.execute(copy.encode())
    found = both_ways(pair, "b2").found
    assert table(found, "t").changed == 2000
    assert "made, copied or dropped" in (found.all_full or "")


def test_b3_databases_that_swapped_names(pair: ServerPair) -> None:
    with connect_staging(pair.after) as connection:
        for old, new in (("b3", "b3_x"), ("b3_other", "b3"), ("b3_x", "b3_other")):
            connection.execute(f"ALTER DATABASE {old} RENAME TO {new}".encode())
    found = both_ways(pair, "b3").found
    assert table(found, "t").changed == 2000
    assert found.all_full == "the database is another one under the same name"


def _on_timeline_two(programs: Path, base: Path) -> None:
    """What stands in the log of timeline 1 must not be taken for that of the clone, which is on timeline 2."""
    logs = base / "pg_wal"
    stale = {path.name: path.read_bytes() for path in logs.glob("00000001*")}
    begin = "00000002" + max(stale)[8:]
    user = server_user()
    run([programs / "pg_resetwal", "-f", "-l", begin, base], env=environment(), cwd=base, identity=user)
    for name, content in stale.items():
        (logs / name).write_bytes(content)
        if user:
            os.chown(logs / name, user.uid, user.gid)
    for number in range(1, 4):  # the numbers at which timeline 2 goes on, with other records in them
        shutil.copy2(logs / max(stale), logs / f"00000001{int(begin[8:], 16) + number:016X}")


def test_b4_a_clone_on_another_timeline_than_old_files_of_the_log() -> None:
    with server_pair({"b4": ROWS}, between=_on_timeline_two) as pair:
        assert pair.wal.start.timeline == 2
        migrate(pair.case("b4")[1], "DELETE FROM t WHERE id <= 22")
        found = both_ways(pair, "b4").found
        assert (methods(found), table(found, "t").removed) == ({"t": "blocks"}, 22)


def test_b4_a_timeline_that_is_not_the_servers_proves_nothing(pair: ServerPair) -> None:
    migrate(pair.case("b4")[1], "DELETE FROM t WHERE id <= 22")
    other = replace(pair, wal=replace(pair.wal, start=replace(pair.wal.start, timeline=7)))
    found = both_ways(other, "b4").found
    assert (found.all_full, table(found, "t").removed) == ("the server changed its timeline", 22)


def test_b5_a_commit_that_nobody_waited_for(pair: ServerPair) -> None:
    for number in range(1, 4):
        migrate(pair.case("b5")[1], f"SET synchronous_commit = off; DELETE FROM t WHERE id = {number * 300}")
        found = table(both_ways(pair, "b5").found, "t")
        assert (found.method, found.removed) == ("blocks", number)


def test_b6_a_sequence_moves_without_a_word_in_the_log(pair: ServerPair) -> None:
    migrate(pair.case("b6")[1], "SELECT nextval('s') FROM generate_series(1, 10)")
    assert [each.name for each in both_ways(pair, "b6").found.sequences] == ["public.s"]


def _crash(server: Address) -> None:
    with connect_staging(server) as connection, connect_staging(server) as witness, suppress(psycopg.OperationalError):
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        while True:  # until the server has seen it, and ends everybody else too
            witness.execute("SELECT 1")
            time.sleep(0.01)
    wait_until_ready(server, deadline=30)


def test_b7_unlogged_tables_change_unseen_and_a_crash_empties_them(pair: ServerPair) -> None:
    _, after = pair.case("b7")
    migrate(after, "DELETE FROM u WHERE id <= 10; DELETE FROM t WHERE id = 1000")
    found = both_ways(pair, "b7").found
    assert (methods(found), table(found, "u").removed) == ({"t": "blocks", "u": "full"}, 10)
    migrate(after, "UPDATE t SET a = 'lost' WHERE id = 4")
    _crash(after)
    found = both_ways(pair, "b7").found
    assert (table(found, "u").removed, table(found, "t").removed, table(found, "t").changed) == (2000, 1, 1)


def test_b8_a_value_destroyed_below_sql_is_an_error_that_names_the_table(pair: ServerPair) -> None:
    before, after = pair.case("b8")
    with connect_staging(after) as connection:
        toast = "(SELECT reltoastrelid FROM pg_class WHERE oid = 'public.t'::regclass)"
        connection.execute(f"SELECT public.heap_force_kill({toast}::regclass, ARRAY['(0,1)']::tid[])".encode())
    with pytest.raises(StagingError) as caught:
        compare(before, after, known=Known(pair.wal))
    assert (caught.value.code, caught.value.where) == ("diff-failed", "public.t")


def test_b9_what_reads_differently_while_no_block_changed(pair: ServerPair) -> None:
    _, after = pair.case("b9")
    migrate(after, _script(1))
    found = both_ways(pair, "b9").found
    assert found.all_full is None
    told = {each.table for each in found.tables if each.touched or each.renamed_from}
    told |= {each.table.rpartition(".")[2] for each in found.schema if each.table}
    assert {f"m_{name}" for name in MEANINGS} - told == {"m_large_object"}
    assert "pg_largeobject" in told
    changes = {column: each.changed for column, each in table(found, "m_label").columns.items()}
    assert changes == {"v": 250, "w": 500}
    assert {"m_label", "m_to_text", "m_aclitem"} <= {name for name, how in methods(found).items() if how == "blocks"}
    assert {"m_add_constant", "m_drop_column"} <= {name for name, how in methods(found).items() if how == "untouched"}


def test_large_objects_without_a_page_and_their_grants(pair: ServerPair) -> None:
    migrate(
        pair.case("large")[1], "SELECT lo_unlink(4711), lo_create(4714); GRANT SELECT ON LARGE OBJECT 4712 TO PUBLIC"
    )
    found = both_ways(pair, "large").found
    (metadata,) = [each for each in found.tables if each.touched]
    assert metadata.name == "pg_catalog.pg_largeobject_metadata"
    assert (metadata.removed, metadata.added, metadata.changed) == (1, 1, 1)
    assert {name: each.changed for name, each in metadata.columns.items()} == {"lomacl": 1}


def test_b9_together_with_touched_blocks(pair: ServerPair) -> None:
    names = [name for name in MEANINGS if name not in ("drop_column", "drop_and_add")]
    changes = "; ".join(f"INSERT INTO m_{name} (id) VALUES (5000); DELETE FROM m_{name} WHERE id = 1" for name in names)
    migrate(pair.case("b9")[1], changes)
    found = both_ways(pair, "b9").found
    assert (table(found, "m_label").removed, table(found, "m_label").columns["w"].changed) == (1, 499)
    assert table(found, "m_add_constant").columns["n"].null_to_value == 1999


CHANGES = {
    "n": "1.00",
    "f": "'-0'",
    "i": "'24 hours'",
    "c": "'ABC'",
    "j": """'{"a": 1.00}'""",
}


def test_b10_values_that_compare_as_equal_and_are_not(pair: ServerPair) -> None:
    for number, (column, value) in enumerate(CHANGES.items()):
        migrate(pair.case("b10")[1], f"UPDATE t SET {column} = {value} WHERE id = {number + 1}")
    found = table(both_ways(pair, "b10").found, "t")
    assert found.method == "blocks"
    assert {name: each.changed for name, each in found.columns.items()} == dict.fromkeys(CHANGES, 1)


def test_an_open_transaction_proves_nothing(pair: ServerPair) -> None:
    _, after = pair.case("open")
    with connect_staging(after) as other, other.transaction():
        other.execute("DELETE FROM public.t WHERE id = 1")
        found = both_ways(pair, "open").found
    assert (found.all_full, table(found, "t").touched) == ("a transaction of the migration is still open", False)


def _cut(chunks: Iterator[bytes]) -> Iterator[bytes]:
    return iter([next(chunks)[:-30]])


def _silent(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """All but the last transaction's end, as if the log had not been flushed."""
    text = b"".join(chunks)
    return iter([text[: text.rindex(b"rmgr: Transaction")]])


def _failing(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks
    raise StagingError("wal-unreadable", "pg_waldump ended with exit code 1: could not find file")


def _late(chunks: Iterator[bytes]) -> Iterator[bytes]:
    text = b"".join(chunks)
    return iter([text[text.index(b"\n") + 1 :]])


@pytest.mark.parametrize("spoil", [_cut, _silent, _failing, _late])
def test_a_log_that_is_not_read_whole_proves_nothing(
    pair: ServerPair, spoil: Callable[[Iterator[bytes]], Iterator[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = type(pair.wal).read
    monkeypatch.setattr(type(pair.wal), "read", lambda self, end: spoil(read(self, end)))
    found = both_ways(pair, "rolled_back").found
    assert found.all_full is not None
    assert methods(found) == {"t": "full"}


def test_a_major_whose_records_are_not_known_proves_nothing(pair: ServerPair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(wal.NEUTRAL, pair.wal.start.major)
    assert "is not known" in (both_ways(pair, "rolled_back").found.all_full or "")
