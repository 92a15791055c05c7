"""Columns that read as personal although a rule keeps them.

Surprising: only names and types are asked here, so it costs production nothing and every refresh can count them.
"""

from __future__ import annotations

from collections.abc import Iterable

from stagecopy.masking.classify import Decision, classify
from stagecopy.masking.coverage import Coverage
from stagecopy.masking.rules import KEEP
from stagecopy.model.drift import KeptPersonal

_SURE = ("high", "medium")


def kept_personal(coverage: Coverage, decisions: Iterable[Decision] | None = None) -> tuple[KeptPersonal, ...]:
    """What a pattern or a glob keeps and classify would mask; without *decisions* names and types alone speak."""
    kept = {(table.oid, column.attnum): rule for table, column, rule in coverage.kept_by_catch_all()}
    if not kept:
        return ()
    judged = classify(coverage.catalog) if decisions is None else decisions
    return tuple(
        KeptPersonal(each.name, kept[each.place].where, each.reason, kept[each.place].reason or "")
        for each in judged
        if each.verdict == "mask" and each.level in _SURE and each.place in kept
    )


def look_again(coverage: Coverage, decisions: Iterable[Decision]) -> list[tuple[Decision, str]]:
    """Columns that any rule keeps and that are personal with high confidence, each with the place of the rule."""
    found = []
    for each in decisions:
        chosen = coverage.chosen.get(each.place)
        kept = chosen is not None and chosen.decision.mask == KEEP
        if chosen and kept and each.verdict == "mask" and each.level == "high" and coverage.copied(each.table):
            found.append((each, chosen.decision.where))
    return found
