"""Patterns for columns that are provably harmless, so that hundreds of lines become a few.

Surprising: a pattern speaks of columns that do not exist yet, so it is made only where that is safe: for booleans, and
for one exact name and type (``created_at``, ``customer_id``) that stands in several tables. It is not made when any
column it would match today is anything but harmless.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stagecopy.masking.classify import Decision

_LEAST = 2  # columns a pattern must save
_GLOB = frozenset("*?")
_TIMES = """created_at updated_at deleted_at inserted_at modified_at last_update last_updated created_on updated_on
    create_date update_date created updated modified created_date modified_date date_created date_updated createdat
    updatedat created_time updated_time creation_date last_modified timestamp ts"""
_BOOKKEEPING = frozenset(_TIMES.split())
_SURROGATES = frozenset({"int2", "int4", "int8", "uuid"})


@dataclass(frozen=True, slots=True)
class HarmlessPattern:
    """One entry for ``patterns:``: globs, the reason, and how many columns it covers now."""

    globs: tuple[tuple[str, str], ...]
    reason: str
    columns: int


def harmless_patterns(
    decisions: Sequence[Decision], undecided: Iterable[tuple[int, int]]
) -> tuple[tuple[HarmlessPattern, ...], frozenset[tuple[int, int]]]:
    """Patterns, and the places of the columns they cover. *undecided*: the columns that have no rule yet."""
    known = frozenset(undecided)
    groups: Mapping[tuple[tuple[str, str], ...], list[Decision]] = _groups(decisions)
    patterns: list[HarmlessPattern] = []
    covered: set[tuple[int, int]] = set()
    for globs, members in groups.items():
        reason = _reason(globs, members)
        if len(members) < _LEAST or reason is None or any(each.place not in known for each in members):
            continue
        patterns.append(HarmlessPattern(globs, reason, len(members)))
        covered.update(each.place for each in members)
    return tuple(patterns), frozenset(covered)


def _groups(decisions: Sequence[Decision]) -> dict[tuple[tuple[str, str], ...], list[Decision]]:
    """All columns each possible pattern would match, whatever was decided about them."""
    groups: dict[tuple[tuple[str, str], ...], list[Decision]] = defaultdict(list)
    for each in decisions:
        if each.column.base_type == "bool":
            groups[("type", each.column.type),].append(each)
        elif _GLOB.isdisjoint(each.column.name + each.column.type):
            groups[("column", each.column.name), ("type", each.column.type)].append(each)
    return dict(groups)


def _reason(globs: tuple[tuple[str, str], ...], members: Sequence[Decision]) -> str | None:
    """Why all of *members* are harmless, or None where one is not, or nobody can be sure."""
    if any(each.verdict != "keep" for each in members):
        return None
    if len(globs) == 1:
        return "boolean"
    bases = {each.basis for each in members}
    if bases <= {"key", "type"} and "key" in bases and all(each.column.base_type in _SURROGATES for each in members):
        return "surrogate key"
    dated = all(each.column.category == "D" for each in members)
    if dated and members[0].column.name.lower() in _BOOKKEEPING:
        return "time of bookkeeping"
    return None
