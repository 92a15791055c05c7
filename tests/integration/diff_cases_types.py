"""Cases of the diff: values and types, converted or hard to compare."""

from __future__ import annotations

from tests.integration.diff_case import Case, T

CASES: dict[str, Case] = {
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
}
