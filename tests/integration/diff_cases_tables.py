"""Cases of the diff: tables, partitions and names that change as a whole."""

from __future__ import annotations

from tests.integration.diff_case import ORDERS, Case, T

WIDE = ", ".join(f"c{index} int" for index in range(1, 1600))
PARTED = (
    "CREATE TABLE p (id int, k int, v text, PRIMARY KEY (id, k)) PARTITION BY RANGE (k);"
    "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);"
    "CREATE TABLE p2 (v text, k int NOT NULL, id int NOT NULL);"
    "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20);"
    "CREATE TABLE q (id int PRIMARY KEY, v text) PARTITION BY LIST (id);"
    "INSERT INTO p SELECT i, i % 10, 'v' || i FROM generate_series(1, 50) i;"
)

CASES: dict[str, Case] = {
    "rename": Case(
        T,
        "CREATE SCHEMA s; ALTER TABLE t RENAME TO u; ALTER TABLE u SET SCHEMA s; ALTER TABLE s.u RENAME a TO c;"
        "UPDATE s.u SET c = 'x' WHERE id = 1",
        {
            "s.u": {
                "rows": (100, 100),
                "renamed_from": "public.t",
                "changed": 1,
                "columns": {"c": {"changed": 1, "value_to_value": 1}},
            }
        },
    ),
    "swapped": Case(
        ORDERS,
        "ALTER TABLE users RENAME TO users_old; CREATE TABLE users AS SELECT * FROM users_old WHERE active",
        {
            "users": {"change": "replaced", "rows": (100, 90), "removed": 10},
            "users_old": {"renamed_from": "public.users", "rows": (100, 100)},
        },
    ),
    "swapped_and_dropped": Case(
        ORDERS,
        "CREATE TABLE n AS SELECT id, CASE WHEN id = 50 THEN 'new' ELSE email END AS email, 'x' AS extra FROM users"
        " WHERE active; DROP TABLE users CASCADE; ALTER TABLE n RENAME TO users",
        {
            "users": {
                "change": "replaced",
                "rows": (100, 90),
                "removed": 10,
                "changed": 1,
                "columns": {
                    "active": {"lost": 90, "type_from": "boolean"},
                    "email": {"changed": 1, "value_to_value": 1},
                    "extra": {"null_to_value": 90, "type_to": "text"},
                },
            }
        },
    ),
    "dropped_and_created": Case(
        T,
        "DROP TABLE t; CREATE TABLE t (b int, id bigint PRIMARY KEY);"
        "INSERT INTO t SELECT i, i FROM generate_series(1, 99) i",
        {
            "t": {
                "change": "replaced",
                "rows": (100, 99),
                "removed": 1,
                "columns": {
                    "a": {"lost": 99, "type_from": "text"},
                    "id": {"type_from": "integer", "type_to": "bigint"},
                },
            }
        },
    ),
    "dropped": Case(
        T + "UPDATE t SET a = NULL WHERE id <= 3",
        "DROP TABLE t; CREATE TABLE u AS SELECT 1 AS x",
        {
            "t": {
                "change": "dropped",
                "rows": (100, None),
                "removed": 100,
                "columns": {
                    "id": {"lost": 100, "type_from": "integer"},
                    "a": {"lost": 97, "type_from": "text"},
                    "b": {"lost": 100, "type_from": "integer"},
                },
            },
            "u": {"change": "created", "rows": (None, 1), "added": 1},
        },
    ),
    "moved": Case(
        PARTED,
        "UPDATE p SET k = k + 10 WHERE id <= 7; DELETE FROM p WHERE id = 50",
        {
            "p1": {"rows": (50, 42), "removed": 1, "moved": 7},
            "p2": {"rows": (0, 7), "moved": 7},
        },
    ),
    "moved_by_key": Case(
        "CREATE TABLE p (k int, v text) PARTITION BY RANGE (k);"
        "CREATE TABLE pd PARTITION OF p DEFAULT; INSERT INTO p SELECT i, 'v' FROM generate_series(1, 30) i;",
        "ALTER TABLE p DETACH PARTITION pd; CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (11);"
        "INSERT INTO p SELECT * FROM pd WHERE k <= 10; DELETE FROM pd WHERE k <= 10 OR k = 30;"
        "ALTER TABLE p ATTACH PARTITION pd DEFAULT",
        {
            "p1": {"change": "created", "rows": (None, 10), "moved": 10},
            "pd": {"rows": (30, 19), "removed": 1, "moved": 10, "keyless": True},
        },
    ),
    "rewritten": Case(
        T + "CREATE INDEX i ON t (b);",
        "VACUUM FULL t;;CLUSTER t USING i;;ALTER TABLE t SET UNLOGGED",
    ),
    "inherited": Case(
        "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE c (w int) INHERITS (t);"
        "INSERT INTO t VALUES (1, 'x'); INSERT INTO c VALUES (1, 'y', 2)",
        "DELETE FROM t",
        {"t": {"rows": (1, 0), "removed": 1}, "c": {"rows": (1, 0), "removed": 1, "keyless": True}},
    ),
    "matview": Case(
        T + "CREATE MATERIALIZED VIEW m AS SELECT id FROM t WHERE b < 50; CREATE MATERIALIZED VIEW n AS SELECT 1 AS x;",
        "UPDATE t SET b = 90 WHERE id = 1; REFRESH MATERIALIZED VIEW m; REFRESH MATERIALIZED VIEW n WITH NO DATA",
        {
            "t": {"rows": (100, 100), "changed": 1, "columns": {"b": {"changed": 1, "value_to_value": 1}}},
            "m": {"rows": (49, 48), "removed": 1, "keyless": True},
        },
    ),
    "to_partitioned": Case(
        T,
        "ALTER TABLE t RENAME TO old; CREATE TABLE t (LIKE old, PRIMARY KEY (id)) PARTITION BY RANGE (id);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (50); CREATE TABLE t2 PARTITION OF t DEFAULT;"
        "INSERT INTO t SELECT id, CASE WHEN id <> 4 THEN a END, b FROM old WHERE id < 100; DROP TABLE old",
        {
            "t": {
                "change": "replaced",
                "rows": (100, 99),
                "removed": 1,
                "changed": 1,
                "columns": {"a": {"changed": 1, "value_to_null": 1, "lost": 1}},
            },
            "t1": {"change": "created", "rows": (None, 49), "added": 49},
            "t2": {"change": "created", "rows": (None, 50), "added": 50},
        },
    ),
    "partitioned_column": Case(
        PARTED,
        "ALTER TABLE p DROP COLUMN v",
        {
            "p": {"columns": {"v": {"type_from": "text"}}},
            "p1": {"rows": (50, 50), "columns": {"v": {"lost": 50, "type_from": "text"}}},
            "p2": {"rows": (0, 0), "columns": {"v": {"type_from": "text"}}},
        },
    ),
    "schema_parts": Case(
        T + "CREATE INDEX i ON t (b); CREATE VIEW w AS SELECT id FROM t; INSERT INTO t VALUES (0, 'x', 1);"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();",
        "ALTER TABLE t ALTER a SET DEFAULT 'x', ALTER a SET NOT NULL, ADD CONSTRAINT c CHECK (b > 0) NOT VALID;"
        "ALTER TABLE t RENAME CONSTRAINT t_pkey TO pk; DROP INDEX i; COMMENT ON TABLE t IS 'told';"
        "GRANT SELECT ON t TO PUBLIC; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id > 0);"
        "ALTER TABLE t DISABLE TRIGGER g; CREATE OR REPLACE VIEW w AS SELECT id FROM t WHERE b > 1; CREATE SEQUENCE s;"
        "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';;"
        "CREATE UNIQUE INDEX bad ON t (id);;UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'bad'::regclass",
        None,
    ),
    "unreadable": Case(
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'secret')",
        "BEGIN; LOCK TABLE t; SET LOCAL lock_timeout = 0; PREPARE TRANSACTION 'left'",
        None,
    ),
    "zero_columns": Case(
        "CREATE TABLE t (); INSERT INTO t DEFAULT VALUES; INSERT INTO t DEFAULT VALUES; CREATE TABLE u ();",
        "DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)",
        {"t": {"rows": (2, 1), "removed": 1, "keyless": True}},
    ),
    "names": Case(
        'CREATE SCHEMA "My.Schema"; CREATE TABLE "My.Schema"."user" ("from" int PRIMARY KEY, "r" text, "a""b%s{}" text,'
        ' "Größe 🚀" int);'
        """INSERT INTO "My.Schema"."user" VALUES (1, 'a', 'b', 1), (2, 'c', 'd', 2)""",
        """UPDATE "My.Schema"."user" SET "a""b%s{}" = NULL, "Größe 🚀" = 5, "r" = 'n' WHERE "from" = 2""",
        {
            "My.Schema.user": {
                "rows": (2, 2),
                "changed": 1,
                "columns": {
                    'a"b%s{}': {"changed": 1, "value_to_null": 1, "lost": 1},
                    "Größe 🚀": {"changed": 1, "value_to_value": 1},
                    "r": {"changed": 1, "value_to_value": 1},
                },
            }
        },
    ),
    "names_swapped": Case(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b text); INSERT INTO t VALUES (1, 'x', 'y')",
        "ALTER TABLE t RENAME a TO c; ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME c TO b",
    ),
    "wide": Case(
        f"CREATE TABLE t (id int PRIMARY KEY, {WIDE});INSERT INTO t (id, c1) SELECT i, i FROM generate_series(1, 60) i",
        "UPDATE t SET c1 = NULL, c1599 = 7 WHERE id <= 3",
        {
            "t": {
                "rows": (60, 60),
                "changed": 3,
                "columns": {
                    "c1": {"changed": 3, "value_to_null": 3, "lost": 3},
                    "c1599": {"changed": 3, "null_to_value": 3},
                },
            }
        },
    ),
}
