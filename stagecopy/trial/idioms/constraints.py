"""Idioms for what rows must obey, and for indexes: nothing here holds a lock while it reads the table."""

from __future__ import annotations

from stagecopy.model.drafting import Step, Wish
from stagecopy.trial.idioms.columns import not_null
from stagecopy.trial.idioms.names import derived, ident
from stagecopy.trial.idioms.parts import table_of


def constraint(wish: Wish) -> tuple[Step, ...]:
    """CHECK and foreign key in two steps, UNIQUE from an index built beside writers, NOT NULL from a CHECK."""
    if wish.not_null:
        return not_null(wish)
    if wish.unique:
        return _unique(wish)
    return _in_two_steps(wish, *(_check(wish) if wish.check else _foreign_key(wish)))


def index(wish: Wish) -> tuple[Step, ...]:
    """CREATE INDEX CONCURRENTLY, alone in its file."""
    return (_index(wish, wish.constraint or derived(wish.table, *_columns(wish), "idx")),)


def _columns(wish: Wish) -> list[str]:
    return [name for name, _ in wish.columns]


def _listed(wish: Wish) -> str:
    return ", ".join(ident(name) for name in _columns(wish))


def _check(wish: Wish) -> tuple[str, str]:
    name = wish.constraint or derived(wish.table, *_columns(wish)[:1], "check")
    return name, f"CHECK ({wish.check})"


def _foreign_key(wish: Wish) -> tuple[str, str]:
    assert wish.references is not None  # noqa: S101 - asked for by the flags' table
    schema, table, column = wish.references
    name = wish.constraint or derived(wish.table, *_columns(wish), "fkey")
    return name, f"FOREIGN KEY ({_listed(wish)}) REFERENCES {ident(schema, table)} ({ident(column)})"


def _in_two_steps(wish: Wish, name: str, words: str) -> tuple[Step, ...]:
    alter, told = f"ALTER TABLE {table_of(wish)}", f"{wish.schema}.{wish.table}.{name}"
    add, drop = f"{alter} ADD CONSTRAINT {ident(name)} {words} NOT VALID", f"{alter} DROP CONSTRAINT {ident(name)}"
    found = f"first look for rows that break it: the second step fails over them ({words})"
    index_note = ("an index on the referring column keeps deletes of the other table quick: --idiom index",)
    return (
        Step(
            slug="not_valid",
            what=f"adds the constraint {told} for rows written from now on",
            up=(add,),
            down=(drop,),
            expect={"tables": {}, "schema": [f"constraint added {told}"]},
            notes=(found, *(index_note if wish.references else ())),
        ),
        Step(
            slug="validate",
            what=f"checks the rows there are against {told}, while others write",
            up=(f"{alter} VALIDATE CONSTRAINT {ident(name)}",),
            down=(drop, add),
            expect={"tables": {}, "schema": [f"constraint changed {told}"]},
        ),
    )


def _index(wish: Wish, name: str, *, slug: str = "") -> Step:
    unique = "UNIQUE " if wish.unique else ""
    return Step(
        slug=slug,
        what=f"builds an index on {wish.schema}.{wish.table} ({', '.join(_columns(wish))}) while others write",
        up=(f"CREATE {unique}INDEX CONCURRENTLY {ident(name)} ON {table_of(wish)} ({_listed(wish)})",),
        down=(f"DROP INDEX CONCURRENTLY {ident(wish.schema, name)}",),
        alone=True,
        down_alone=True,
        expect={"tables": {}, "schema": [f"index added {wish.schema}.{wish.table}.{name}"]},
        notes=(f"ended half-way it leaves an invalid index: DROP INDEX CONCURRENTLY {ident(wish.schema, name)} first",),
    )


def _unique(wish: Wish) -> tuple[Step, ...]:
    name = wish.constraint or derived(wish.table, *_columns(wish), "key")
    alter, told = f"ALTER TABLE {table_of(wish)}", f"{wish.schema}.{wish.table}.{name}"
    adopted = Step(
        slug="unique",
        what=f"makes that index the constraint {told}",
        up=(f"{alter} ADD CONSTRAINT {ident(name)} UNIQUE USING INDEX {ident(name)}",),
        down=(
            f"{alter} DROP CONSTRAINT {ident(name)}",
            f"CREATE UNIQUE INDEX {ident(name)} ON {table_of(wish)} ({_listed(wish)})",
        ),
        expect={"tables": {}, "schema": [f"constraint added {told}"]},
        down_notes=("the index goes with the constraint and is built anew, which keeps writers waiting",),
    )
    return _index(wish, name, slug="index"), adopted
