"""The verdict: every rule looks at the evidence, and what it finds is complete on its own.

Surprising: a migration that failed is judged all the same, because what ran before the error stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from stagecopy.model.application import Application
from stagecopy.model.change import Difference
from stagecopy.model.effects import Effects
from stagecopy.model.findings import Finding
from stagecopy.model.migration import MigrationRun
from stagecopy.model.trial import Verdict
from stagecopy.safety import (
    application_rules,
    beyond_rules,
    cascades,
    cost_rules,
    deploy_rules,
    guard_rules,
    impact_rules,
    lock_rules,
    masked_rules,
    refusal_rules,
    rollback_rules,
    row_rules,
    schema_rules,
    sequence_rules,
    side_effects,
    statement_rules,
    value_rules,
)
from stagecopy.safety.bookkeeping_rules import bookkeeping_changed, data_only
from stagecopy.safety.evidence import Evidence, Policy, TablePolicy, WayBack
from stagecopy.safety.expectation import Expectation, against_expectation, announced
from stagecopy.safety.static import linted, static_findings
from stagecopy.safety.waivers import waived

__all__ = ["RULES", "Agreed", "Policy", "TablePolicy", "WayBack", "judge", "verdict"]

Rule = Callable[[Evidence], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    row_rules.rows_lost,
    row_rules.table_dropped,
    row_rules.rows_added,
    value_rules.values_lost,
    value_rules.column_dropped,
    value_rules.likely_rename,
    value_rules.made_anew,
    value_rules.values_changed,
    value_rules.type_changed,
    value_rules.collation_changed,
    value_rules.json_keys_lost,
    value_rules.values_collide,
    value_rules.columns_swapped,
    value_rules.column_added,
    schema_rules.table_replaced,
    schema_rules.index_dropped,
    application_rules.used_index_dropped,
    application_rules.query_broken,
    application_rules.plan_flipped,
    schema_rules.constraint_dropped,
    schema_rules.invalid_index,
    guard_rules.constraint_not_valid,
    guard_rules.trigger_disabled,
    guard_rules.row_security,
    sequence_rules.sequence_behind,
    sequence_rules.sequence_moved_back,
    sequence_rules.sequence_nearly_used,
    sequence_rules.matview_unpopulated,
    statement_rules.no_effect,
    statement_rules.left_open,
    statement_rules.include_unread,
    statement_rules.statement_changed_nothing,
    statement_rules.no_op_update,
    statement_rules.matched_more_than_once,
    statement_rules.outer_reference,
    deploy_rules.other_owner,
    deploy_rules.not_granted,
    rollback_rules.rollback_untested,
    rollback_rules.rollback_fails,
    rollback_rules.rollback_loses,
    rollback_rules.rollback_incomplete,
    rollback_rules.up_again,
    rollback_rules.not_rerunnable,
    lock_rules.exclusive_lock,
    lock_rules.lock_unnamed,
    lock_rules.lock_kept,
    lock_rules.lock_order,
    cost_rules.statistics_lost,
    cost_rules.statistics_missing,
    cost_rules.peak_disk,
    cost_rules.lock_table,
    cost_rules.narrow_reference,
    impact_rules.long_wait,
    impact_rules.gives_up,
    impact_rules.deadlocks,
    impact_rules.runners_race,
    impact_rules.workload_hurt,
    impact_rules.cut_short,
    cascades.by_cascade,
    cascades.cascade_without_index,
    side_effects.by_trigger,
    side_effects.taken_by_cascade,
    side_effects.partition_detached,
    side_effects.rows_moved,
    side_effects.matview_refreshed,
    side_effects.rows_hidden,
    side_effects.table_rewritten,
    beyond_rules.beyond_database,
    beyond_rules.watch_removed,
    beyond_rules.triggers_skipped,
    beyond_rules.owner_changed,
    beyond_rules.grants_lost,
    beyond_rules.values_vary,
    masked_rules.masked_column,
    refusal_rules.duplicate_rows,
    refusal_rules.depended_on,
    static_findings,
)
_SEVERITIES = ("error", "warn", "info")


@dataclass(frozen=True, slots=True)
class Agreed:
    """What people settled before the run: what it is expected to do, and up to which day waivers count."""

    expectation: Expectation | None = None
    today: date = field(default_factory=lambda: datetime.now(UTC).date())


def judge(
    difference: Difference,
    run: MigrationRun,
    policy: Policy,
    effects: Effects | None = None,
    *,
    agreed: Agreed | None = None,
    back: WayBack | None = None,
    application: Application | None = None,
) -> tuple[Finding, ...]:
    """All findings: errors first, then warnings, then information; within each by subject."""
    agreed = agreed or Agreed()
    evidence = Evidence(data_only(difference), run, policy, effects or Effects(), back or WayBack(), application)
    found = [finding for rule in RULES for finding in rule(evidence)]
    found += bookkeeping_changed(difference)
    found += linted(evidence, found)
    if agreed.expectation is not None:
        found = list(announced(found, agreed.expectation, difference))
        found += against_expectation(agreed.expectation, difference, run.longest_lock)
    return tuple(sorted(waived(found, policy.waivers, agreed.today), key=_rank))


def verdict(findings: Iterable[Finding]) -> Verdict:
    """``fail`` with any error, else ``warn`` with any warning, else ``pass``."""
    severities = {finding.severity for finding in findings}
    if "error" in severities:
        return "fail"
    return "warn" if "warn" in severities else "pass"


def _rank(finding: Finding) -> tuple[int, list[tuple[int, str]], str]:
    """Natural order, so that statement 2 comes before statement 10."""
    pieces = re.findall(r"\d+|\D+", finding.subject, re.ASCII)
    natural = [(int(piece[:18]), "") if piece.isascii() and piece.isdigit() else (-1, piece) for piece in pieces]
    return _SEVERITIES.index(finding.severity), natural, finding.rule
