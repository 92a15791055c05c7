"""Whether masked columns can still satisfy the unique indexes and EXCLUDE constraints of their table.

A unique index is safe when another one is covered by columns that stay distinct (kept, or masked by an injective mask),
or when all of its own do. Surprising: partial indexes count like whole ones, because nobody knows how many rows they
hold. What an expression makes of distinct masks cannot be judged: a lossy mask below one is refused, an injective one
is left to the load.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from stagecopy.masking.columns import ColumnPlan
from stagecopy.masking.mistakes import Mistakes
from stagecopy.model.catalog import Exclusion, Table, UniqueKey

_HINT = "use an injective mask (email, username, hash), or keep with a reason"
_EQUAL = "="
Plans = Mapping[int, ColumnPlan]  # by attribute number


def check_unique(table: Table, columns: Iterable[ColumnPlan], mistakes: Mistakes) -> None:
    """Note every mask that may break a unique index or an EXCLUDE constraint of *table*."""
    plans = {each.column.attnum: each for each in columns}
    for key in (_computed(table, each) for each in table.unique_keys):
        read = {*key.attnums, *(key.reads if 0 in key.attnums else ())}
        lossy = [plans[number] for number in sorted(read) if number in plans and _lossy(plans[number], key.attnums)]
        if lossy and not _safe(table, key, plans):
            for plan in lossy:
                _note(table, plan, f"unique index {key.name}", mistakes)
    for constraint in table.exclusions:
        if _some_null(plans, constraint.attnums):
            continue  # as above: a row with a null in it never meets another one
        for plan in _breaking(constraint, plans):
            _note(table, plan, f"EXCLUDE constraint {constraint.name}", mistakes, hint=_hint(constraint, plan))


def _computed(table: Table, key: UniqueKey) -> UniqueKey:
    """*key* with its generated columns as what they are here: expressions over the columns they read."""
    inside = [number for number in key.attnums if number in table.computed]
    if not inside:
        return key
    reads = {*key.reads, *(read for number in inside for read in table.computed[number])}
    attnums = tuple(0 if number in inside else number for number in key.attnums)
    return replace(key, attnums=attnums, reads=tuple(sorted(reads)))


def _note(table: Table, plan: ColumnPlan, what: str, mistakes: Mistakes, *, hint: str = _HINT) -> None:
    mistakes.add(
        plan.where,
        f"mask {plan.rule} can give two rows of {table.qualified} the same {plan.column.name}, which {what} refuses",
        hint,
    )


def _hint(constraint: Exclusion, plan: ColumnPlan) -> str:
    if plan.rule != "shift_date":
        return _HINT
    return f"give it the subject that {constraint.name} compares: all dates of a subject move alike"


def _lossy(plan: ColumnPlan, beside: Iterable[int] = ()) -> bool:
    """Whether two values may meet. Masks that depend on another column keep apart only beside that column."""
    maskers = [plan.masker, *(case.masker for case in plan.cases)]
    if plan.cases and not {case.when for case in plan.cases} <= set(beside):
        return True
    return any(masker is not None and not masker.distinct for masker in maskers)


def _safe(table: Table, key: UniqueKey, plans: Plans) -> bool:
    if not key.nulls_not_distinct and _some_null(plans, key.attnums):
        return True  # a row with a null in it never meets another one
    distinct = {number for number in key.attnums if number in plans and not _lossy(plans[number], key.attnums)}
    return any(distinct.issuperset(other.attnums) for other in _whole_keys(table))


def _some_null(plans: Plans, attnums: Iterable[int]) -> bool:
    return any(number in plans and plans[number].rule == "null" for number in attnums)


def _whole_keys(table: Table) -> Iterator[UniqueKey]:
    not_null = {column.attnum for column in table.columns if column.not_null}
    for key in table.unique_keys:
        if not key.partial and (key.nulls_not_distinct or not_null.issuperset(key.attnums)):
            yield key


def _breaking(constraint: Exclusion, plans: Plans) -> Iterator[ColumnPlan]:
    """Masked columns that may make rows meet: what is compared by another operator than = moves with its subject."""
    compared = dict(zip(constraint.attnums, constraint.operators, strict=False))
    for number, operator in compared.items():
        plan = plans.get(number)
        if plan is None or not plan.masked:
            continue
        if operator == _EQUAL:
            if _lossy(plan, constraint.attnums):
                yield plan
        elif plan.rule != "shift_date" or plan.who is None or compared.get(plan.who.attnum) != _EQUAL:
            yield plan
