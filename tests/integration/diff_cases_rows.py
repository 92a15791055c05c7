"""Cases of the diff: rows and columns that come, go and change."""

from __future__ import annotations

from tests.integration.diff_case import ORDERS, Case, T

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
}
