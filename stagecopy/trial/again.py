"""Holds the effects of two runs of one migration against each other: deployed once, and again after its rollback.

Surprising: that the down made a table anew is no difference here, nor where a sequence stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import Difference, SchemaChange, TableChange
from stagecopy.model.wording import quoted

Key = tuple[str, str, str]
Lines = dict[Key, SchemaChange]


def unlike(first: Difference, second: Difference) -> tuple[str, ...]:
    """In what the second state differs from the first, in words; both are differences from the same start."""
    return (*_schema(first, second), *_tables(first, second))


def _schema(first: Difference, second: Difference) -> Iterator[str]:
    mine, other = _lines(first), _lines(second)
    for key in (mine.keys() | other.keys()) - _renamed_or_made(mine, other) - _renamed_or_made(other, mine):
        was, now = mine.get(key), other.get(key)
        kind, _, name = key
        if was is None and now is not None:
            yield f"{kind} {name} is {now.change} only the second time"
        elif now is None and was is not None:
            yield f"{kind} {name} is {was.change} only the first time"
        elif was is not None and now is not None and was.after != now.after:
            yield f"{kind} {name} comes out as another one the second time"


def _lines(difference: Difference) -> Lines:
    return {(each.kind, each.change, each.name): each for each in difference.schema}


def _renamed_or_made(renamed: Lines, made: Lines) -> set[Key]:
    """What the one time is renamed, and the other dropped and made under that name: the same in the end.

    A constraint takes the index that it is made of under its own name; the way back then makes that index anew.
    """
    same: set[Key] = set()
    for (kind, change, name), line in renamed.items():
        gone = made.get((kind, "dropped", line.before or ""))
        come = made.get((kind, "changed", name)) or made.get((kind, "added", name))
        if change == "renamed" and gone and come and come.after == _under(name, gone):
            same |= {(kind, "renamed", name), (kind, "dropped", gone.name), (kind, come.change, name)}
            same |= {(kind, "dropped", name)} if come.change == "changed" else set()
    return same


def _under(name: str, line: SchemaChange) -> str:
    """The definition of what *line* dropped, had it another name."""
    was, now = (each.rpartition(".")[2] for each in (line.name, name))
    return (line.before or "").replace(was, now, 1)


def _tables(first: Difference, second: Difference) -> Iterator[str]:
    mine, other = _effects(first), _effects(second)
    for name in sorted(mine.keys() | other.keys()):
        was, now = mine.get(name, {}), other.get(name, {})
        for what in sorted(was.keys() | now.keys()):
            if was.get(what, 0) != now.get(what, 0):
                yield f"{name}: {what} {was.get(what, 0):,} the first time, {now.get(what, 0):,} the second"


def _effects(difference: Difference) -> dict[str, dict[str, int]]:
    tables = (each for each in difference.tables if not is_bookkeeping(each.schema, each.table) and not each.derived)
    return {quoted(each.schema, each.table): counts for each in tables if (counts := dict(_counts(each)))}


def _counts(table: TableChange) -> Iterator[tuple[str, int]]:
    if table.rows_before != table.rows_after:
        yield "rows", table.rows_after or 0
    for what, count in (("removed", table.removed), ("added", table.added), ("changed", table.changed)):
        yield f"rows {what}", count
    for name, column in table.columns.items():
        for what, count in (
            ("lost", column.lost),
            ("filled", column.null_to_value),
            ("changed", column.value_to_value),
        ):
            yield f"values of {quoted(name)} {what}", count
