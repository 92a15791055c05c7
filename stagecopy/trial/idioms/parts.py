"""Pieces that several idioms are made of: walking a table in batches, a trigger that keeps two columns equal.

Surprising: names of variables in these bodies begin with ``batch_``, for an expression of the user's stands beside them
and a column of that name would be ambiguous.
"""

# ruff: noqa: S608 - this text is written to files, for people to read and deploy; nothing of it is sent from here

from __future__ import annotations

from stagecopy.model.drafting import Wish
from stagecopy.trial.idioms.names import derived, dollars, ident

_NO_EQUALITY = ("json", "xml", "point", "polygon")  # types that IS DISTINCT FROM cannot compare


def table_of(wish: Wish) -> str:
    """The table's name in SQL."""
    return ident(wish.schema, wish.table)


def in_batches(wish: Wish, work: str) -> str:
    """A DO block that runs *work* (which names ``batch_from`` and ``batch_to``) over all keys, committing each time.

    One statement, so that it stands outside every transaction also where a tool sends the file as one query.
    """
    table, key = table_of(wish), ident(wish.key)
    body = f"""\
DECLARE
    batch_rows CONSTANT int := 5000;
    batch_pause CONSTANT float := 0.02;  -- seconds, for replicas and autovacuum to keep up
    batch_from {table}.{key}%TYPE;
    batch_to {table}.{key}%TYPE;
BEGIN
    PERFORM pg_catalog.set_config('lock_timeout', '5s', false);
    SELECT batch_row.{key} INTO batch_from FROM {table} batch_row ORDER BY batch_row.{key} LIMIT 1;
    WHILE batch_from IS NOT NULL LOOP
        SELECT piece.{key} INTO batch_to
          FROM (SELECT batch_row.{key} FROM {table} batch_row WHERE batch_row.{key} >= batch_from
                 ORDER BY batch_row.{key} LIMIT batch_rows) piece
         ORDER BY piece.{key} DESC LIMIT 1;
{_indented(work, 8)};
        COMMIT;
        PERFORM pg_catalog.pg_sleep(batch_pause);
        SELECT batch_row.{key} INTO batch_from FROM {table} batch_row WHERE batch_row.{key} > batch_to
         ORDER BY batch_row.{key} LIMIT 1;
    END LOOP;
END"""
    return f"DO {dollars(body, 'batches')}"


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())


def trigger_function(wish: Wish, name: str, body: str) -> str:
    """A trigger's function in the table's schema."""
    head = f"CREATE FUNCTION {ident(wish.schema, name)}() RETURNS trigger LANGUAGE plpgsql AS "
    return head + dollars(f"BEGIN\n{_indented(body, 4)}\n    RETURN NEW;\nEND", "sync")


def before_write(wish: Wish, name: str) -> str:
    """The trigger for it."""
    return (
        f"CREATE TRIGGER {ident(name)} BEFORE INSERT OR UPDATE ON {table_of(wish)}\n"
        f"    FOR EACH ROW EXECUTE FUNCTION {ident(wish.schema, name)}()"
    )


def without_trigger(wish: Wish, name: str) -> tuple[str, str]:
    """Trigger and function go."""
    return f"DROP TRIGGER {ident(name)} ON {table_of(wish)}", f"DROP FUNCTION {ident(wish.schema, name)}()"


def differ(left: str, right: str, kind: str) -> str:
    """Whether two values of type *kind* differ, NULL being a value."""
    cast = "::text" if kind.lower().split("(")[0].strip() in _NO_EQUALITY else ""
    return f"{left}{cast} IS DISTINCT FROM {right}{cast}"


def filled(wish: Wish, column: str) -> tuple[str, str]:
    """CHECK (column IS NOT NULL): its name, and the statement that adds it without reading a row."""
    name = derived(wish.table, column, "filled")
    add = f"ALTER TABLE {table_of(wish)} ADD CONSTRAINT {ident(name)} CHECK ({ident(column)} IS NOT NULL) NOT VALID"
    return name, add


def made_not_null(wish: Wish, column: str) -> tuple[str, ...]:
    """From that CHECK to NOT NULL: VALIDATE reads the rows while others write, SET NOT NULL then reads none."""
    table, name = table_of(wish), ident(filled(wish, column)[0])
    return (
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
        f"ALTER TABLE {table} ALTER COLUMN {ident(column)} SET NOT NULL",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def trigger_lines(wish: Wish, name: str, change: str) -> list[str]:
    """What the expectation says of trigger and function."""
    return [
        f"trigger {change} {wish.schema}.{wish.table}.{name}",
        f"function {change} {wish.schema}.{name}()",
    ]
