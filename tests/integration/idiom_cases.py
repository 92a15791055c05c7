"""Tables, and for each idiom of `migration new` the flags that change one of them."""

from __future__ import annotations

TABLES = (
    'CREATE SCHEMA "Sales"',
    "CREATE TABLE plans (id int PRIMARY KEY)",
    "INSERT INTO plans SELECT generate_series(1, 3)",
    "CREATE TABLE added (id bigint PRIMARY KEY, note text)",
    "INSERT INTO added SELECT i, 'note' FROM generate_series(1, 6000) i",
    "CREATE TABLE renamed (id bigint PRIMARY KEY, nick text NOT NULL DEFAULT 'none')",
    "INSERT INTO renamed SELECT i, 'nick ' || i FROM generate_series(1, 12000) i",
    "CREATE TABLE retyped (id bigint PRIMARY KEY, amount int NOT NULL DEFAULT 7)",
    "INSERT INTO retyped SELECT i, i FROM generate_series(1, 7000) i",
    'CREATE TABLE "Sales"."Order Lines" (id bigint PRIMARY KEY, "user" text, "Size" int, extra json)',
    """INSERT INTO "Sales"."Order Lines" SELECT i, 'u' || i, i, '{"a": 1}' FROM generate_series(1, 7000) i""",
    "CREATE TABLE filled (id uuid PRIMARY KEY, plan text)",
    "INSERT INTO filled SELECT gen_random_uuid(), CASE WHEN i % 2 = 0 THEN 'old' END FROM generate_series(1, 6000) i",
    "CREATE TABLE checked (id bigint PRIMARY KEY, price int, plan int, code text, city text)",
    "INSERT INTO checked SELECT i, i, i % 3 + 1, 'c' || i, 'city' FROM generate_series(1, 500) i",
)
_RENAME = ["--idiom", "rename", "--table", "renamed", "--column", "nick", "--to", "order", "--type", "text"]
_RETYPE = [
    "--idiom",
    "change-type",
    "--table",
    "retyped",
    "--column",
    "amount",
    "--old-type",
    "int",
    "--type",
    "bigint",
]
_SPLIT = ["--idiom", "split-table", "--table", '"Sales"."Order Lines"', "--to", "Line details"]
_CONSTRAINT = ["--idiom", "constraint", "--table", "checked"]
CASES: dict[str, list[str]] = {
    "add": [
        *("--idiom", "add-column", "--table", "public.added", "--column", "plan", "--type", "text"),
        *("--default", "'a;b'", "--not-null"),
    ],
    "rename": [*_RENAME, "--not-null", "--default", "'none'"],
    "retype": [*_RETYPE, "--not-null", "--default", "7"],
    "split": [
        *(*_SPLIT, "--column", "user", "--type", "text", "--column", "Size", "--type", "int"),
        *("--column", "extra", "--type", "json"),
    ],
    "fill": ["--idiom", "backfill", "--table", "filled", "--column", "plan", "--value", "'free'"],
    "check": [*_CONSTRAINT, "--check", "price > 0"],
    "refer": [*_CONSTRAINT, "--column", "plan", "--references", "plans.id"],
    "unique": [*_CONSTRAINT, "--column", "code", "--unique"],
    "strict": [*_CONSTRAINT, "--column", "city", "--not-null"],
    "index": ["--idiom", "index", "--table", "checked", "--column", "city", "--column", "plan"],
}
