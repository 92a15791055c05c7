"""Idioms on rows and tables: a backfill in batches, a table split in two."""

# ruff: noqa: S608 - this text is written to files, for people to read and deploy; nothing of it is sent from here

from __future__ import annotations

from typing import Any

from stagecopy.model.drafting import Step, Wish
from stagecopy.trial.idioms.names import derived, dollars, ident
from stagecopy.trial.idioms.parts import (
    differ,
    in_batches,
    table_of,
    trigger_function,
    trigger_lines,
    without_trigger,
)

_ANY = "0.."


def backfill(wish: Wish) -> tuple[Step, ...]:
    """Fills a column where it is empty."""
    column, name = ident(wish.column), f"{wish.schema}.{wish.table}"
    work = (
        f"UPDATE {table_of(wish)} SET {column} = {wish.value}\n"
        f" WHERE {ident(wish.key)} BETWEEN batch_from AND batch_to AND {column} IS NULL"
    )
    counts = {"changed": _ANY, "columns": {wish.column: {"null_to_value": _ANY}}}
    step = Step(
        slug="",
        what=f"fills {name}.{wish.column} where it is empty, in batches",
        up=(in_batches(wish, work),),
        down=("SELECT 'nothing is taken back: filled rows look like rows that had a value'",),
        alone=True,
        expect={"tables": {name: counts}, "schema": []},
        notes=("may be ended at any time and run again: it takes up what is left",),
        down_notes=("the values stay; nothing tells them from those that were there before",),
    )
    return (step,)


def split_table(wish: Wish) -> tuple[Step, ...]:
    """Columns move to a table of their own: made and kept equal, copied, counted, then gone from the first."""
    return _made(wish), _copied(wish), _counted(wish), _split_contract(wish)


def _new_table(wish: Wish) -> str:
    assert wish.to is not None  # noqa: S101 - asked for by the flags' table
    return ident(wish.schema, wish.to)


def _names(wish: Wish, prefix: str = "") -> str:
    return ", ".join(prefix + ident(name) for name, _ in wish.columns)


def _sync(wish: Wish) -> tuple[str, str, str]:
    """Name of the trigger, its function, itself. After the row is written, for the new table refers to it."""
    name, key = derived(wish.table, wish.to or "", "split"), ident(wish.key)
    updates = ", ".join(f"{ident(each)} = EXCLUDED.{ident(each)}" for each, _ in wish.columns)
    body = (
        f"INSERT INTO {_new_table(wish)} ({key}, {_names(wish)})\n"
        f"VALUES (NEW.{key}, {_names(wish, 'NEW.')})\n"
        f"    ON CONFLICT ({key}) DO UPDATE SET {updates};"
    )
    trigger = (
        f"CREATE TRIGGER {ident(name)} AFTER INSERT OR UPDATE OF {_names(wish)} ON {table_of(wish)}\n"
        f"    FOR EACH ROW EXECUTE FUNCTION {ident(wish.schema, name)}()"
    )
    return name, trigger_function(wish, name, body), trigger


def _made(wish: Wish) -> Step:
    name, function, trigger = _sync(wish)
    columns = "".join(f",\n    {ident(each)} {kind}" for each, kind in wish.columns)
    create = (
        f"CREATE TABLE {_new_table(wish)} (\n"
        f"    {ident(wish.key)} {wish.key_type} PRIMARY KEY"
        f" REFERENCES {table_of(wish)} ({ident(wish.key)}) ON DELETE CASCADE ON UPDATE CASCADE{columns}\n)"
    )
    return Step(
        slug="expand",
        what=f"moves {_listed(wish)} to {wish.schema}.{wish.to}: makes it, kept equal by a trigger",
        up=(create, function, trigger),
        down=(*without_trigger(wish, name), f"DROP TABLE {_new_table(wish)}"),
        expect={"tables": {}, "schema": [f"table added {wish.schema}.{wish.to}", *trigger_lines(wish, name, "added")]},
        notes=(
            f"grant what the programs need on {wish.schema}.{wish.to}; row security does not come along",
            "programs write to the new table with INSERT ... ON CONFLICT DO UPDATE: the trigger may have been first",
        ),
    )


def _copied(wish: Wish) -> Step:
    key = ident(wish.key)
    work = (
        f"INSERT INTO {_new_table(wish)} ({key}, {_names(wish)})\n"
        f"SELECT {key}, {_names(wish)} FROM {table_of(wish)}\n"
        f" WHERE {key} BETWEEN batch_from AND batch_to\n"
        "   FOR KEY SHARE\n"
        f"    ON CONFLICT ({key}) DO NOTHING"
    )
    return Step(
        slug="copy",
        what=f"copies the rows of {wish.schema}.{wish.table} there are to {wish.schema}.{wish.to}, in batches",
        up=(in_batches(wish, work),),
        down=(f"TRUNCATE {_new_table(wish)}",),
        alone=True,
        expect={"tables": {f"{wish.schema}.{wish.to}": {"added": _ANY}}, "schema": []},
        notes=("may be ended at any time and run again: it takes up what is left",),
    )


def _counted(wish: Wish) -> Step:
    """Raises where a row is missing or differs."""
    key = ident(wish.key)
    unlike = " OR ".join(differ(f"n.{ident(each)}", f"t.{ident(each)}", kind or "") for each, kind in wish.columns)
    message = f"{wish.schema}.{wish.to} lacks % rows of {wish.schema}.{wish.table}, and % differ".replace("'", "''")
    body = f"""\
DECLARE
    missing bigint;
    different bigint;
BEGIN
    SELECT count(*) FILTER (WHERE n.{key} IS NULL), count(*) FILTER (WHERE n.{key} IS NOT NULL AND ({unlike}))
      INTO missing, different
      FROM {table_of(wish)} t LEFT JOIN {_new_table(wish)} n ON n.{key} = t.{key};
    IF missing > 0 OR different > 0 THEN
        RAISE EXCEPTION '{message}', missing, different;
    END IF;
END"""
    return Step(
        slug="check",
        what=f"stops unless every row of {wish.schema}.{wish.table} is in {wish.schema}.{wish.to} as well",
        up=(f"DO {dollars(body, 'counts')}",),
        down=("SELECT 'nothing to take back: this step only counts'",),
        expect={"tables": {}, "schema": []},
    )


def _split_contract(wish: Wish) -> Step:
    name, function, trigger = _sync(wish)
    table, key = table_of(wish), ident(wish.key)
    drops = ", ".join(f"DROP COLUMN {ident(each)}" for each, _ in wish.columns)
    adds = ", ".join(f"ADD COLUMN {ident(each)} {kind}" for each, kind in wish.columns)
    sets = ", ".join(f"{ident(each)} = n.{ident(each)}" for each, _ in wish.columns)
    lost: dict[str, Any] = {each: {"lost": _ANY} for each, _ in wish.columns}
    dropped = [f"column dropped {wish.schema}.{wish.table}.{each}" for each, _ in wish.columns]
    return Step(
        slug="contract",
        phase="contract",
        what=f"drops {_listed(wish)} from {wish.schema}.{wish.table}; they are in {wish.schema}.{wish.to}",
        up=(*without_trigger(wish, name), f"ALTER TABLE {table} {drops}"),
        down=(
            f"ALTER TABLE {table} {adds}",
            f"UPDATE {table} t SET {sets} FROM {_new_table(wish)} n WHERE n.{key} = t.{key}",
            function,
            trigger,
        ),
        expect={
            "tables": {f"{wish.schema}.{wish.table}": {"columns": lost}},
            "schema": [*dropped, *trigger_lines(wish, name, "dropped")],
        },
        notes=("only when no program uses these columns any more",),
        down_notes=("the columns come back as the last ones, without their defaults and NOT NULL",),
    )


def _listed(wish: Wish) -> str:
    return f"{', '.join(name for name, _ in wish.columns)} of {wish.schema}.{wish.table}"
