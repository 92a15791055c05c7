"""Every idiom by its name, with the flags it needs and those it takes; the steps of one wish."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from stagecopy.errors import UsageError
from stagecopy.model.drafting import Step, Wish
from stagecopy.trial.idioms.columns import add_column, change_type, rename_column
from stagecopy.trial.idioms.constraints import constraint, index
from stagecopy.trial.idioms.tables import backfill, split_table


@dataclass(frozen=True, slots=True)
class Idiom:
    """How to make its steps; flags without their dashes."""

    steps: Callable[[Wish], tuple[Step, ...]]
    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    columns: bool = False  # whether several columns have a meaning


IDIOMS = {
    "add-column": Idiom(add_column, ("table", "column", "type"), ("default", "not-null")),
    "rename": Idiom(rename_column, ("table", "column", "type", "to"), ("default", "not-null", "key")),
    "change-type": Idiom(change_type, ("table", "column", "type", "old-type"), ("default", "not-null", "key")),
    "split-table": Idiom(split_table, ("table", "to", "column", "type"), ("key", "key-type"), columns=True),
    "backfill": Idiom(backfill, ("table", "column", "value"), ("key",)),
    "constraint": Idiom(
        constraint,
        ("table",),
        ("column", "called"),
        ("check", "references", "unique", "not-null"),
        columns=True,
    ),
    "index": Idiom(index, ("table", "column"), ("unique", "called"), columns=True),
}


def steps_of(idiom: str | None, wish: Wish, given: Collection[str]) -> tuple[Step, ...]:
    """The steps, in the order to deploy them. *given*: the flags that were. Raises UsageError ``idiom-flags``."""
    if idiom is None:
        _refuse(given, "without --idiom it means nothing")
        return (_blank(wish),)
    known = IDIOMS[idiom]
    if missing := [each for each in known.needs if each not in given]:
        raise UsageError("idiom-flags", f"--idiom {idiom} needs {_flags(missing)}", hint=_usage(idiom))
    if known.one_of and len({*known.one_of} & {*given}) != 1:
        raise UsageError("idiom-flags", f"--idiom {idiom} needs one of {_flags(known.one_of)}", hint=_usage(idiom))
    _refuse({*given} - {*known.needs, *known.takes, *known.one_of}, f"--idiom {idiom} does not take it")
    _judged(idiom, wish, known)
    return known.steps(wish)


def _judged(idiom: str, wish: Wish, known: Idiom) -> None:
    """What one flag says of another."""
    names = [name for name, _ in wish.columns]
    if len(names) > 1 and (not known.columns or wish.not_null or wish.references):
        raise UsageError("idiom-flags", f"--idiom {idiom} is about one column here, {len(names)} are given")
    if len(set(names)) < len(names):
        raise UsageError("idiom-flags", "a column is given twice")
    if idiom == "constraint" and not names and not wish.check:
        raise UsageError("idiom-flags", "this constraint needs --column", hint=_usage(idiom))
    if idiom == "add-column" and wish.not_null and not wish.default:
        hint = (
            "give --default, or add it without NOT NULL, fill it (--idiom backfill), then --idiom constraint --not-null"
        )
        raise UsageError("idiom-flags", "a NOT NULL column without a default fails on a table with rows", hint=hint)
    if wish.to in names or (idiom == "split-table" and wish.to == wish.table):
        raise UsageError("idiom-flags", f"--to {wish.to} is the name it has")
    if idiom in ("rename", "change-type", "split-table") and wish.key in names:
        message = f"{wish.key} is the key by which rows are taken in batches; this idiom is for other columns"
        raise UsageError("idiom-flags", message, hint="name another unique column with --key")


def _refuse(flags: Collection[str], why: str) -> None:
    if flags:
        raise UsageError("idiom-flags", f"{_flags(sorted(flags))}: {why}", hint="see `stagecopy migration new --help`")


def _usage(idiom: str) -> str:
    known = IDIOMS[idiom]
    words = [f"--{each} …" for each in known.needs]
    words += [f"({' | '.join(f'--{each}' for each in known.one_of)})"] if known.one_of else []
    words += [f"[--{each}]" for each in known.takes]
    return f"stagecopy migration new NAME --idiom {idiom} {' '.join(words)}"


def _flags(names: Collection[str]) -> str:
    return ", ".join(f"--{each}" for each in names)


def _blank(wish: Wish) -> Step:
    return Step(
        slug="",
        what=wish.name.replace("_", " ").replace("-", " "),
        up=(),
        down=(),
        expect={"tables": {}, "schema": []},
    )
