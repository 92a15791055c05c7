"""Cases of the diff: a schema, a migration, and all that the diff must say of the tables (what is not listed is 0).

``tables`` holds every table that the diff may call touched or renamed, no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Told = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """``tables`` is None where a test of its own looks at the outcome."""

    before: str
    migration: str
    tables: dict[str, Told] | None = field(default_factory=dict)
    extension: str | None = None


T = (
    "CREATE TABLE t (id int PRIMARY KEY, a text, b int);"
    "INSERT INTO t SELECT i, 'v' || i, i FROM generate_series(1, 100) i;"
)
ORDERS = (
    "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL UNIQUE, active boolean DEFAULT true);"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE);"
    "INSERT INTO users SELECT i, i || '@x.test', i > 10 FROM generate_series(1, 100) i;"
    "INSERT INTO orders SELECT i, i % 100 + 1 FROM generate_series(1, 300) i;"
)
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
    "nothing": Case(T, "SELECT 1"),
    "delete": Case(T, "DELETE FROM t WHERE id <= 7", {"t": {"rows": (100, 93), "removed": 7}}),
    "delete_cascade": Case(
        ORDERS,
        "DELETE FROM users WHERE id <= 10",
        {"users": {"rows": (100, 90), "removed": 10}, "orders": {"rows": (300, 270), "removed": 30}},
    ),
    "update": Case(
        T,
        "UPDATE t SET a = 'x' WHERE id <= 5; UPDATE t SET a = NULL WHERE id = 6",
        {
            "t": {
                "rows": (100, 100),
                "changed": 6,
                "columns": {"a": {"changed": 6, "value_to_value": 5, "value_to_null": 1, "lost": 1}},
            }
        },
    ),
    "update_from_null": Case(
        T + "UPDATE t SET b = NULL WHERE id <= 9",
        "UPDATE t SET b = 0 WHERE id <= 10",
        {
            "t": {
                "rows": (100, 100),
                "changed": 10,
                "columns": {"b": {"changed": 10, "null_to_value": 9, "value_to_value": 1}},
            }
        },
    ),
    "noop_update": Case(T, "UPDATE t SET a = a, b = b"),
    "insert": Case(T, "INSERT INTO t VALUES (101, NULL, NULL), (102, '', 0)", {"t": {"rows": (100, 102), "added": 2}}),
    "key_update": Case(
        T, "UPDATE t SET id = id + 1000 WHERE id <= 4", {"t": {"rows": (100, 100), "removed": 4, "added": 4}}
    ),
    "truncate_cascade": Case(
        ORDERS,
        "TRUNCATE users CASCADE",
        {"users": {"rows": (100, 0), "removed": 100}, "orders": {"rows": (300, 0), "removed": 300}},
    ),
    "drop_column": Case(
        T + "UPDATE t SET a = NULL WHERE id <= 30",
        "ALTER TABLE t DROP COLUMN a",
        {"t": {"rows": (100, 100), "columns": {"a": {"lost": 70, "type_from": "text"}}}},
    ),
    "add_column": Case(
        T,
        "ALTER TABLE t ADD n text, ADD d int DEFAULT 5, ADD z int NOT NULL DEFAULT (random() * 9)::int;"
        "INSERT INTO t (id) VALUES (101), (102); UPDATE t SET d = NULL WHERE id = 1; DELETE FROM t WHERE id = 2",
        {
            "t": {
                "rows": (100, 101),
                "added": 2,
                "removed": 1,
                "columns": {
                    "n": {"type_to": "text"},
                    "d": {"null_to_value": 98, "type_to": "integer"},
                    "z": {"null_to_value": 99, "type_to": "integer"},
                },
            }
        },
    ),
    "drop_add_same_name": Case(
        T,
        "ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN a text",
        {
            "t": {
                "rows": (100, 100),
                "changed": 100,
                "columns": {"a": {"changed": 100, "value_to_null": 100, "lost": 100}},
            }
        },
    ),
    "expand_contract": Case(  # a new column under the name of a dropped one is compared with it: nothing is lost here
        T,
        "ALTER TABLE t ADD n text; UPDATE t SET n = a; ALTER TABLE t DROP COLUMN a; ALTER TABLE t RENAME n TO a",
    ),
    "name_taken_over": Case(  # b was there before: it keeps its values, those of a are gone
        T,
        "ALTER TABLE t DROP COLUMN a; ALTER TABLE t RENAME b TO a; UPDATE t SET a = NULL WHERE id = 1",
        {
            "t": {
                "rows": (100, 100),
                "changed": 1,
                "columns": {"a": {"changed": 1, "value_to_null": 1, "lost": 101, "type_from": "text"}},
            }
        },
    ),
    "int_to_bigint": Case(
        T,
        "ALTER TABLE t ALTER id TYPE bigint, ALTER b TYPE bigint",
        {
            "t": {
                "rows": (100, 100),
                "columns": {
                    "id": {"type_from": "integer", "type_to": "bigint"},
                    "b": {"type_from": "integer", "type_to": "bigint"},
                },
            }
        },
    ),
    "numeric_no_loss": Case(
        "CREATE TABLE t (id int PRIMARY KEY, n numeric(10,2)); INSERT INTO t VALUES (1, 0.50), (2, 7), (3, NULL)",
        "ALTER TABLE t ALTER n TYPE numeric(10,1)",
        {"t": {"rows": (3, 3), "columns": {"n": {"type_from": "numeric(10,2)", "type_to": "numeric(10,1)"}}}},
    ),
    "numeric_loss": Case(
        "CREATE TABLE t (id int PRIMARY KEY, n numeric(10,2)); INSERT INTO t VALUES (1, 0.55), (2, 7), (3, NULL)",
        "ALTER TABLE t ALTER n TYPE numeric(10,1)",
        {
            "t": {
                "rows": (3, 3),
                "changed": 1,
                "columns": {
                    "n": {"changed": 1, "value_to_value": 1, "type_from": "numeric(10,2)", "type_to": "numeric(10,1)"}
                },
            }
        },
    ),
    "bigint_to_float": Case(
        "CREATE TABLE t (id int PRIMARY KEY, n bigint, f float4, g float8);"
        "INSERT INTO t VALUES (1, 9007199254740993, 0.1, 0.1), (2, 5, 2.5, 2.5)",
        "ALTER TABLE t ALTER n TYPE float8, ALTER f TYPE float8, ALTER g TYPE float4",
        {
            "t": {
                "rows": (2, 2),
                "changed": 1,
                "columns": {
                    "n": {"changed": 1, "value_to_value": 1, "type_from": "bigint", "type_to": "double precision"},
                    "f": {"type_from": "real", "type_to": "double precision"},
                    "g": {"changed": 1, "value_to_value": 1, "type_from": "double precision", "type_to": "real"},
                },
            }
        },
    ),
    "varchar_truncated": Case(
        "CREATE TABLE t (id int PRIMARY KEY, s varchar(20)); INSERT INTO t VALUES (1, 'longer value'), (2, 'short')",
        "ALTER TABLE t ALTER s TYPE varchar(6) USING s::varchar(6)",
        {
            "t": {
                "rows": (2, 2),
                "changed": 1,
                "columns": {
                    "s": {
                        "changed": 1,
                        "value_to_value": 1,
                        "type_from": "character varying(20)",
                        "type_to": "character varying(6)",
                    }
                },
            }
        },
    ),
    "timestamptz": Case(
        "CREATE TABLE t (id int PRIMARY KEY, s timestamp, d date);"
        "INSERT INTO t VALUES (1, '2024-01-01 12:00', '2024-07-01'), (2, 'infinity', '-infinity')",
        "SET TimeZone TO 'UTC'; ALTER TABLE t ALTER s TYPE timestamptz, ALTER d TYPE timestamp",
        {
            "t": {
                "rows": (2, 2),
                "columns": {
                    "s": {"type_from": "timestamp without time zone", "type_to": "timestamp with time zone"},
                    "d": {"type_from": "date", "type_to": "timestamp without time zone"},
                },
            }
        },
    ),
    "timestamptz_wrong_zone": Case(
        "CREATE TABLE t (id int PRIMARY KEY, s timestamp); INSERT INTO t VALUES (1, '2024-01-01 12:00'), (2, NULL)",
        "SET TimeZone TO 'Asia/Tokyo'; ALTER TABLE t ALTER s TYPE timestamptz",
        {
            "t": {
                "rows": (2, 2),
                "changed": 1,
                "columns": {
                    "s": {
                        "changed": 1,
                        "value_to_value": 1,
                        "type_from": "timestamp without time zone",
                        "type_to": "timestamp with time zone",
                    }
                },
            }
        },
    ),
    "timestamptz_own_zone": Case(
        "ALTER DATABASE timestamptz_own_zone SET timezone TO 'Europe/Berlin';"
        "CREATE TABLE t (id int PRIMARY KEY, s timestamp); INSERT INTO t VALUES (1, '2024-01-01 12:00'), (2, NULL)",
        "SET TimeZone TO 'Europe/Berlin'; ALTER TABLE t ALTER s TYPE timestamptz",
        {
            "t": {
                "rows": (2, 2),
                "columns": {"s": {"type_from": "timestamp without time zone", "type_to": "timestamp with time zone"}},
            }
        },
    ),
    "refused_cast": Case(  # text that is no jsonb: the common type is given up for what the types print
        "CREATE TABLE t (id int PRIMARY KEY, s text); INSERT INTO t VALUES (1, 'no json'), (2, NULL), (3, '[1]')",
        "ALTER TABLE t ALTER s TYPE jsonb USING CASE WHEN s LIKE '[%' THEN s::jsonb END",
        {
            "t": {
                "rows": (3, 3),
                "changed": 1,
                "columns": {
                    "s": {"changed": 1, "value_to_null": 1, "lost": 1, "type_from": "text", "type_to": "jsonb"}
                },
            }
        },
    ),
    "json_to_jsonb": Case(
        """CREATE TABLE t (id int PRIMARY KEY, j json); INSERT INTO t VALUES (1, '{"b": 1,   "a": 2}'), (2, NULL)""",
        "ALTER TABLE t ALTER j TYPE jsonb",
        {"t": {"rows": (2, 2), "columns": {"j": {"type_from": "json", "type_to": "jsonb"}}}},
    ),
    "char_to_text": Case(
        "CREATE TABLE t (id int PRIMARY KEY, c char(5), e int, b boolean);"
        "INSERT INTO t VALUES (1, 'ab', 1, true), (2, '', 0, NULL)",
        "ALTER TABLE t ALTER c TYPE text, ALTER e TYPE boolean USING e = 1, ALTER b TYPE text",
        {
            "t": {
                "rows": (2, 2),
                "changed": 1,
                "columns": {
                    "c": {"type_from": "character(5)", "type_to": "text"},
                    "e": {"type_from": "integer", "type_to": "boolean"},
                    "b": {"changed": 1, "value_to_value": 1, "type_from": "boolean", "type_to": "text"},
                },
            }
        },
    ),
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
                    "active": {"lost": 100, "type_from": "boolean"},
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
                    "a": {"lost": 100, "type_from": "text"},
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
    "keyless": Case(
        "CREATE TABLE t (a int, b text); INSERT INTO t SELECT 1, 'same' FROM generate_series(1, 5);"
        "INSERT INTO t VALUES (NULL, NULL), (NULL, NULL), (2, NULL)",
        "DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t); INSERT INTO t VALUES (NULL, NULL)",
        {"t": {"rows": (8, 8), "removed": 1, "added": 1, "keyless": True}},
    ),
    "nulls_in_unique": Case(
        "CREATE TABLE t (a int UNIQUE, b text); INSERT INTO t VALUES (NULL, 'x'), (NULL, 'x'), (1, 'y')",
        "UPDATE t SET b = 'z' WHERE a = 1; DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)",
        {"t": {"rows": (3, 2), "removed": 2, "added": 1, "keyless": True}},
    ),
    "key_lost": Case(  # the key is no longer one: equal rows cancel out, the rest came or went
        T,
        "ALTER TABLE t DROP CONSTRAINT t_pkey; INSERT INTO t VALUES (1, 'v1', 1), (2, 'other', 2);"
        "UPDATE t SET b = 0 WHERE id = 3",
        {"t": {"rows": (100, 102), "added": 2, "changed": 1, "columns": {"b": {"changed": 1, "value_to_value": 1}}}},
    ),
    "composite": Case(
        "CREATE TABLE t (a text, b text, v int, PRIMARY KEY (a, b));"
        "INSERT INTO t VALUES ('1', '11', 1), ('11', '1', 2)",
        "UPDATE t SET v = 3 - v",
        {"t": {"rows": (2, 2), "changed": 2, "columns": {"v": {"changed": 2, "value_to_value": 2}}}},
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
    "zero_columns": Case(
        "CREATE TABLE t (); INSERT INTO t DEFAULT VALUES; INSERT INTO t DEFAULT VALUES; CREATE TABLE u ();",
        "DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)",
        {"t": {"rows": (2, 1), "removed": 1, "keyless": True}},
    ),
    "no_equality": Case(
        "CREATE TABLE t (id int PRIMARY KEY, j json, x xml, p point, l aclitem, la aclitem[], i interval, c text[]);"
        """INSERT INTO t SELECT i, '{"a": 1}', '<a/>', '(1,2)', 'postgres=r/postgres', '{postgres=r/postgres}',"""
        " '1 day', '{a,NULL}' FROM generate_series(1, 8) i",
        """UPDATE t SET j = '{"a":1}' WHERE id = 1; UPDATE t SET x = '<a />' WHERE id = 2;"""
        "UPDATE t SET p = '(1,2.5)' WHERE id = 3; UPDATE t SET l = 'postgres=w/postgres' WHERE id = 4;"
        "UPDATE t SET la = NULL WHERE id = 5; UPDATE t SET i = '24 hours' WHERE id = 6;"
        "UPDATE t SET c = '{a,\"NULL\"}' WHERE id = 7",
        {
            "t": {
                "rows": (8, 8),
                "changed": 7,
                "columns": {
                    **{name: {"changed": 1, "value_to_value": 1} for name in ("j", "x", "p", "l", "i", "c")},
                    "la": {"changed": 1, "value_to_null": 1, "lost": 1},
                },
            }
        },
    ),
    "numbers": Case(
        "CREATE TABLE t (id int PRIMARY KEY, f float8, n numeric, j jsonb);"
        """INSERT INTO t VALUES (1, 'NaN', 1.0, '{"a": 1}'), (2, 0, 1, NULL), (3, 'NaN', 'NaN', NULL)""",
        """UPDATE t SET f = 'NaN', n = 1.00, j = '{"a": 1.00}' WHERE id = 1; UPDATE t SET f = '-0' WHERE id = 2;"""
        "UPDATE t SET f = 'NaN', n = 'NaN' WHERE id = 3",
        {
            "t": {
                "rows": (3, 3),
                "changed": 2,
                "columns": {name: {"changed": 1, "value_to_value": 1} for name in ("f", "n", "j")},
            }
        },
    ),
    "equal_keys": Case(  # a key that its own equality calls the same is the same row, changed
        "CREATE TABLE t (k numeric PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2.50, 2);"
        "CREATE TABLE f (k float8 PRIMARY KEY, v int); INSERT INTO f VALUES (0, 1), (0.1, 2)",
        "UPDATE t SET k = 1.00 WHERE k = 1; UPDATE f SET k = '-0' WHERE k = 0",
        {
            "t": {"rows": (2, 2), "changed": 1, "columns": {"k": {"changed": 1, "value_to_value": 1}}},
            "f": {"rows": (2, 2), "changed": 1, "columns": {"k": {"changed": 1, "value_to_value": 1}}},
        },
    ),
    "citext": Case(
        "CREATE EXTENSION citext; CREATE TABLE t (k citext PRIMARY KEY, v citext);"
        "INSERT INTO t VALUES ('bob', 'abc'), ('ann', 'x')",
        "UPDATE t SET v = 'ABC', k = 'Bob' WHERE k = 'bob'",
        {
            "t": {
                "rows": (2, 2),
                "changed": 1,
                "columns": {
                    "k": {"changed": 1, "value_to_value": 1},
                    "v": {"changed": 1, "value_to_value": 1},
                },
            }
        },
        extension="citext",
    ),
    "enum_rename": Case(
        "CREATE TYPE mood AS ENUM ('ok', 'sad'); CREATE TABLE t (id int PRIMARY KEY, m mood);"
        "INSERT INTO t SELECT i, CASE WHEN i <= 3 THEN 'sad' ELSE 'ok' END::mood FROM generate_series(1, 10) i",
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
        {"t": {"rows": (10, 10), "changed": 3, "columns": {"m": {"changed": 3, "value_to_value": 3}}}},
    ),
    "composite_of_nulls": Case(
        "CREATE TYPE pair AS (a int, b int); CREATE TABLE t (id int PRIMARY KEY, c pair);"
        "INSERT INTO t VALUES (1, ROW(NULL, NULL)), (2, NULL)",
        "UPDATE t SET c = NULL WHERE id = 1",
        {"t": {"rows": (2, 2), "changed": 1, "columns": {"c": {"changed": 1, "value_to_null": 1, "lost": 1}}}},
    ),
    "moved": Case(
        PARTED,
        "UPDATE p SET k = k + 10 WHERE id <= 7; DELETE FROM p WHERE id = 50",
        {
            "p1": {"rows": (50, 42), "removed": 8},
            "p2": {"rows": (0, 7), "added": 7},
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
    "columns_swapped": Case(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b text);"
        "INSERT INTO t SELECT i, 'a' || i, 'b' || i FROM generate_series(1, 20) i; UPDATE t SET b = a WHERE id = 20",
        "UPDATE t SET a = b, b = a",
        {
            "t": {
                "rows": (20, 20),
                "changed": 19,
                "columns": {
                    "a": {"changed": 19, "value_to_value": 19},
                    "b": {"changed": 19, "value_to_value": 19},
                },
            }
        },
    ),
    "names_swapped": Case(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b text); INSERT INTO t VALUES (1, 'x', 'y')",
        "ALTER TABLE t RENAME a TO c; ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME c TO b",
    ),
    "toast": Case(
        "CREATE TABLE t (id int PRIMARY KEY, v text, b bytea); ALTER TABLE t ALTER v SET STORAGE EXTERNAL;"
        "INSERT INTO t SELECT i, repeat('x', 1000000) || i,"
        " decode(repeat('00ff', 500000), 'hex') FROM generate_series(1, 4) i",
        "UPDATE t SET v = left(v, 999999) || 'y' || id WHERE id = 2; UPDATE t SET b = set_byte(b, 77, 3) WHERE id = 3",
        {
            "t": {
                "rows": (4, 4),
                "changed": 2,
                "columns": {"v": {"changed": 1, "value_to_value": 1}, "b": {"changed": 1, "value_to_value": 1}},
            }
        },
    ),
    "dropped_in_the_middle": Case(
        "CREATE TABLE t (id int PRIMARY KEY, x int, y text, z int); ALTER TABLE t DROP COLUMN x;"
        "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)",
        "ALTER TABLE t ADD w int; UPDATE t SET y = 'c' WHERE id = 2; DELETE FROM t WHERE id = 1",
        {
            "t": {
                "rows": (2, 1),
                "removed": 1,
                "changed": 1,
                "columns": {"y": {"changed": 1, "value_to_value": 1}, "w": {"type_to": "integer"}},
            }
        },
    ),
    "inherited": Case(
        "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE c (w int) INHERITS (t);"
        "INSERT INTO t VALUES (1, 'x'); INSERT INTO c VALUES (1, 'y', 2)",
        "DELETE FROM t",
        {"t": {"rows": (1, 0), "removed": 1}, "c": {"rows": (1, 0), "removed": 1, "keyless": True}},
    ),
    "generated": Case(
        "CREATE TABLE t (id int PRIMARY KEY, a int, g int GENERATED ALWAYS AS (a * 2) STORED);"
        "INSERT INTO t SELECT i, i FROM generate_series(1, 5) i",
        "UPDATE t SET a = 0 WHERE id <= 2",
        {
            "t": {
                "rows": (5, 5),
                "changed": 2,
                "columns": {
                    "a": {"changed": 2, "value_to_value": 2},
                    "g": {"changed": 2, "value_to_value": 2},
                },
            }
        },
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
}
