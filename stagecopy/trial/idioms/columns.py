"""Idioms on columns: one more, another name, another type, NOT NULL.

Surprising: a rename and a change of type are no ALTER here. Both would break the programs that run while it is
deployed, or rewrite the table under the strongest lock; a second column kept equal by a trigger does neither.
"""

# ruff: noqa: S608 - this text is written to files, for people to read and deploy; nothing of it is sent from here

from __future__ import annotations

from typing import Any

from stagecopy.model.drafting import Step, Wish
from stagecopy.trial.idioms.names import derived, ident
from stagecopy.trial.idioms.parts import (
    before_write,
    differ,
    filled,
    in_batches,
    made_not_null,
    table_of,
    trigger_function,
    trigger_lines,
    without_trigger,
)

_ANY = "0.."


def add_column(wish: Wish) -> tuple[Step, ...]:
    """ADD COLUMN: instant, also with a default that is the same for all rows."""
    table, name = table_of(wish), f"{wish.schema}.{wish.table}.{wish.column}"
    words = _default(wish) + (" NOT NULL" if wish.not_null else "")
    lines = [f"column added {name}"] + ([f"default added {name}"] if wish.default else [])
    counts = {wish.column: {"null_to_value": _ANY}} if wish.default else {}
    note = "the default must be the same for all rows, as now() is: one that differs rewrites the table under its lock"
    step = Step(
        slug="",
        what=f"adds the column {name} ({wish.type})",
        up=(f"ALTER TABLE {table} ADD COLUMN {ident(wish.column)} {wish.type}{words}",),
        down=(f"ALTER TABLE {table} DROP COLUMN {ident(wish.column)}",),
        expect=_expected(wish, lines, counts),
        notes=(note,) if wish.default else (),
        down_notes=("what was written to the column is gone with it",),
    )
    return (step,)


def rename_column(wish: Wish) -> tuple[Step, ...]:
    """A second column, kept equal both ways; the first goes when no program uses it any more."""
    assert wish.to is not None  # noqa: S101 - asked for by the flags' table
    old, new = ident(wish.column), ident(wish.to)
    body = f"""\
IF TG_OP = 'INSERT' THEN
    IF NEW.{new} IS NOT NULL THEN
        NEW.{old} := NEW.{new};
    ELSE
        NEW.{new} := NEW.{old};
    END IF;
ELSIF {differ(f"NEW.{new}", f"OLD.{new}", wish.type)} THEN
    NEW.{old} := NEW.{new};
ELSE
    NEW.{new} := NEW.{old};
END IF;"""
    name = derived(wish.table, wish.column, "rename")
    add = _second_column(wish, wish.to, (name, body), f"renames {wish.schema}.{wish.table}.{wish.column} to {wish.to}")
    fill = _fill(wish, wish.to, old)
    return add, fill, *_filled_steps(wish, wish.to), _rename_contract(wish, wish.to, (name, body))


def change_type(wish: Wish) -> tuple[Step, ...]:
    """A second column of the new type, filled, then the two change names, then the first goes."""
    assert wish.old_type is not None  # noqa: S101 - asked for by the flags' table
    new, old = derived(wish.column, "new"), derived(wish.column, "old")
    cast = f"CAST({ident(wish.column)} AS {wish.type})"
    forward = (
        derived(wish.table, wish.column, "type"),
        f"NEW.{ident(new)} := CAST(NEW.{ident(wish.column)} AS {wish.type});",
    )
    back = (
        derived(wish.table, wish.column, "type_back"),
        f"NEW.{ident(old)} := CAST(NEW.{ident(wish.column)} AS {wish.old_type});",
    )
    what = f"gives {wish.schema}.{wish.table}.{wish.column} the type {wish.type}"
    add = _second_column(wish, new, forward, what)
    swap, contract = _swap(wish, (new, old), forward, back), _type_contract(wish, old, back)
    return add, _fill(wish, new, cast), *_filled_steps(wish, new), swap, contract


def not_null(wish: Wish) -> tuple[Step, ...]:
    """NOT NULL without reading the table under the strongest lock."""
    return _filled_steps(wish, wish.column)


def _default(wish: Wish) -> str:
    return f" DEFAULT {wish.default}" if wish.default else ""


def _expected(wish: Wish, lines: list[str], columns: dict[str, Any] | None = None, **rows: str) -> dict[str, Any]:
    told: dict[str, Any] = {**rows, **({"columns": columns} if columns else {})}
    return {"tables": {f"{wish.schema}.{wish.table}": told} if told else {}, "schema": lines}


def _second_column(wish: Wish, column: str, trigger: tuple[str, str], what: str) -> Step:
    name, body = trigger
    table = table_of(wish)
    lines = [f"column added {wish.schema}.{wish.table}.{column}", *trigger_lines(wish, name, "added")]
    note = (
        f"indexes, keys, checks and views on {wish.column} do not come along:"
        f" make those of {column} (indexes CONCURRENTLY) before the next phase"
    )
    return Step(
        slug="expand",
        what=f"{what}: adds {column}, kept equal by a trigger",
        up=(
            f"ALTER TABLE {table} ADD COLUMN {ident(column)} {wish.type}",
            trigger_function(wish, name, body),
            before_write(wish, name),
        ),
        down=(*without_trigger(wish, name), f"ALTER TABLE {table} DROP COLUMN {ident(column)}"),
        expect=_expected(wish, lines),
        notes=(note,),
    )


def _fill(wish: Wish, column: str, value: str) -> Step:
    work = (
        f"UPDATE {table_of(wish)} SET {ident(column)} = {value}\n"
        f" WHERE {ident(wish.key)} BETWEEN batch_from AND batch_to AND {differ(ident(column), value, wish.type)}"
    )
    counts = {column: {"null_to_value": _ANY}}
    return Step(
        slug="backfill",
        what=f"fills {wish.schema}.{wish.table}.{column} in the rows there are, in batches",
        up=(in_batches(wish, work),),
        down=("SELECT 'nothing to take back: the column goes with the step before'",),
        alone=True,
        expect=_expected(wish, [], counts, changed=_ANY),
        notes=("may be ended at any time and run again: it takes up what is left",),
    )


def _filled_steps(wish: Wish, column: str) -> tuple[Step, ...]:
    """NOT NULL in two steps, where it is wanted."""
    if not wish.not_null:
        return ()
    table, (name, add) = table_of(wish), filled(wish, column)
    check = f"constraint {{}} {wish.schema}.{wish.table}.{name}"
    column_line = f"column changed {wish.schema}.{wish.table}.{column}"
    first = Step(
        slug="not_null",
        what=f"from now on refuses rows without {wish.schema}.{wish.table}.{column}",
        up=(add,),
        down=(f"ALTER TABLE {table} DROP CONSTRAINT {ident(name)}",),
        expect=_expected(wish, [check.format("added")]),
    )
    second = Step(
        slug="not_null_validate",
        what=f"checks all rows while others write, then makes {wish.schema}.{wish.table}.{column} NOT NULL",
        up=made_not_null(wish, column),
        down=(f"ALTER TABLE {table} ALTER COLUMN {ident(column)} DROP NOT NULL", add),
        expect=_expected(wish, [check.format("dropped"), column_line]),
    )
    return first, second


def _rename_contract(wish: Wish, new: str, trigger: tuple[str, str]) -> Step:
    table, old, (name, body) = table_of(wish), ident(wish.column), trigger
    add = f"ALTER TABLE {table} ADD COLUMN {old} {wish.type}{_default(wish)}"
    back = [add, f"UPDATE {table} SET {old} = {ident(new)}"]
    back += [f"ALTER TABLE {table} ALTER COLUMN {old} SET NOT NULL"] if wish.not_null else []
    up, lines = (
        [*without_trigger(wish, name), f"ALTER TABLE {table} DROP COLUMN {old}"],
        trigger_lines(wish, name, "dropped"),
    )
    lines.append(f"column dropped {wish.schema}.{wish.table}.{wish.column}")
    if wish.default:
        up.append(f"ALTER TABLE {table} ALTER COLUMN {ident(new)} SET DEFAULT {wish.default}")
        back.append(f"ALTER TABLE {table} ALTER COLUMN {ident(new)} DROP DEFAULT")
        lines += [
            f"default dropped {wish.schema}.{wish.table}.{wish.column}",
            f"default added {wish.schema}.{wish.table}.{new}",
        ]
    return Step(
        slug="contract",
        phase="contract",
        what=f"drops {wish.schema}.{wish.table}.{wish.column}, which is {new} now",
        up=tuple(up),
        down=(*back, trigger_function(wish, name, body), before_write(wish, name)),
        expect=_expected(wish, lines, {wish.column: {"lost": _ANY}}),
        notes=(f"only when no program uses {wish.column} any more",),
        down_notes=(f"{wish.column} comes back as the last column, filled in one statement",),
    )


def _swap(wish: Wish, names: tuple[str, str], forward: tuple[str, str], back: tuple[str, str]) -> Step:
    table, column, (new, old) = table_of(wish), ident(wish.column), (ident(each) for each in names)
    rename = f"ALTER TABLE {table} RENAME COLUMN {{}} TO {{}}"
    alter = f"ALTER TABLE {table} ALTER COLUMN {{}} {{}}"
    up = [*without_trigger(wish, forward[0]), rename.format(column, old), rename.format(new, column)]
    down = [*without_trigger(wish, back[0]), rename.format(column, new), rename.format(old, column)]
    name = f"{wish.schema}.{wish.table}.{wish.column}"
    lines = [
        f"column renamed {wish.schema}.{wish.table}.{names[1]}",
        f"column renamed {name}",
        *trigger_lines(wish, forward[0], "dropped"),
        *trigger_lines(wish, back[0], "added"),
    ]
    if wish.default:
        up += [alter.format(old, "DROP DEFAULT"), alter.format(column, f"SET DEFAULT {wish.default}")]
        down += [alter.format(new, "DROP DEFAULT"), alter.format(column, f"SET DEFAULT {wish.default}")]
    up += [trigger_function(wish, *back), before_write(wish, back[0])]
    down += [trigger_function(wish, *forward), before_write(wish, forward[0])]
    return Step(
        slug="swap",
        phase="swap",
        what=f"lets the column of the new type be {name}; the former one stays as {names[1]}, kept equal",
        up=tuple(up),
        down=tuple(down),
        expect=_expected(wish, lines),
        notes=(
            f"indexes and keys that {wish.column} has must be there on {names[0]} before",
            f"a value that {wish.old_type} cannot hold is refused until the last step",
        ),
    )


def _type_contract(wish: Wish, old: str, back: tuple[str, str]) -> Step:
    table = table_of(wish)
    add = f"ALTER TABLE {table} ADD COLUMN {ident(old)} {wish.old_type}"
    fill = f"UPDATE {table} SET {ident(old)} = CAST({ident(wish.column)} AS {wish.old_type})"
    strict = [f"ALTER TABLE {table} ALTER COLUMN {ident(old)} SET NOT NULL"] if wish.not_null else []
    lines = [f"column dropped {wish.schema}.{wish.table}.{old}", *trigger_lines(wish, back[0], "dropped")]
    return Step(
        slug="contract",
        phase="contract",
        what=f"drops {wish.schema}.{wish.table}.{old}, the values in their former type",
        up=(*without_trigger(wish, back[0]), f"ALTER TABLE {table} DROP COLUMN {ident(old)}"),
        down=(add, fill, *strict, trigger_function(wish, *back), before_write(wish, back[0])),
        expect=_expected(wish, lines, {old: {"lost": _ANY}}),
        notes=("only when nobody would want the former type back",),
        down_notes=(f"{old} comes back as the last column, filled in one statement",),
    )
