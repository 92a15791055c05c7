"""Many indexes with code of production in them: built once the rows are there; functions run no more than needed."""

from __future__ import annotations

import psycopg

from tests.acceptance.harness import Shop

ROWS = 3000
# A call reads an empty table once, and a server counts that, also over its restart.
_SCHEMA = f"""
CREATE TABLE of_index (); CREATE TABLE of_check ();
CREATE FUNCTION slow(v text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM FROM public.of_index; RETURN lower(v); END';
CREATE FUNCTION sound(v text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM FROM public.of_check; RETURN length(v) > 3; END';
CREATE TABLE wide (
    id int PRIMARY KEY, a text UNIQUE, b text, c int, d date, e text[], f text CHECK (sound(f)), g numeric
);
CREATE INDEX by_a ON wide (a text_pattern_ops) INCLUDE (c);
CREATE INDEX by_b ON wide (b) WITH (fillfactor = 90);
CREATE INDEX by_slow ON wide (slow(b));
CREATE INDEX by_c ON wide (c) WHERE c > 100;
CREATE INDEX by_d ON wide USING brin (d);
CREATE INDEX by_e ON wide USING gin (e);
CREATE INDEX by_f ON wide USING hash (f);
CREATE UNIQUE INDEX by_g ON wide (g DESC NULLS LAST, id);
INSERT INTO wide SELECT n, md5(n::text), md5((n * 7)::text), n, '2020-01-01'::date + n, ARRAY[n::text, 'x'],
       md5((n * 3)::text), n / 3.0 FROM generate_series(1, {ROWS}) n;
"""
_SCANS = "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname LIKE 'of\\_%' ORDER BY 1"
_SIZES = """
SELECT c.relname, pg_relation_size(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
 WHERE i.indrelid = 'public.wide'::regclass ORDER BY 1
"""


def test_A46_ten_indexes_are_built_after_the_rows_and_functions_run_once_a_row(embedded_shop: Shop) -> None:
    shop = embedded_shop
    with psycopg.connect(shop.production.url, autocommit=True) as production:
        production.execute(_SCHEMA.encode())
        wanted = production.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'wide' ORDER BY 1").fetchall()
    shop.keep_everything()
    shop.refreshed()
    with shop.staging() as staging:
        scans = dict(staging.execute(_SCANS).fetchall())
        assert len(wanted) == 10
        assert (
            staging.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'wide' ORDER BY 1").fetchall() == wanted
        )
        few = ROWS // 20  # ANALYZE looks at the expression of a sample, and each table is counted
        assert ROWS <= scans["of_check"] <= ROWS + few
        assert ROWS <= scans["of_index"] <= 2 * ROWS + few
        sizes = staging.execute(_SIZES).fetchall()
        document = shop.trial("REINDEX TABLE wide; DELETE FROM wide WHERE id <= 7").document
        assert [(each["name"], each["removed"]) for each in document["tables"]] == [("public.wide", 7)]
    assert sizes == _rebuilt(shop)


def _rebuilt(shop: Shop) -> list[tuple[object, ...]]:
    """The sizes of indexes that are built from the rows at one go; row by row they grow larger."""
    with shop.staging() as staging:
        staging.execute("REINDEX TABLE public.wide")
        return staging.execute(_SIZES).fetchall()
