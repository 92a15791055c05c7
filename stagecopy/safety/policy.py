"""The verdict: every rule looks at the evidence, and what it finds is complete on its own.

Surprising: a migration that failed is judged all the same, because what ran before the error stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from stagecopy.model.change import Difference
from stagecopy.model.findings import Finding
from stagecopy.model.migration import MigrationRun
from stagecopy.model.trial import Verdict
from stagecopy.safety import row_rules, schema_rules, statement_rules, value_rules
from stagecopy.safety.evidence import Evidence, Policy, TablePolicy

__all__ = ["RULES", "Policy", "TablePolicy", "judge", "verdict"]

Rule = Callable[[Evidence], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    row_rules.rows_lost,
    row_rules.table_dropped,
    row_rules.rows_added,
    value_rules.values_lost,
    value_rules.column_dropped,
    value_rules.likely_rename,
    value_rules.values_changed,
    value_rules.type_changed,
    schema_rules.table_replaced,
    schema_rules.index_dropped,
    schema_rules.constraint_dropped,
    schema_rules.invalid_index,
    statement_rules.no_effect,
    statement_rules.left_open,
    statement_rules.statement_changed_nothing,
    statement_rules.no_op_update,
    statement_rules.rollback_untested,
)
_SEVERITIES = ("error", "warn", "info")


def judge(difference: Difference, run: MigrationRun, policy: Policy) -> tuple[Finding, ...]:
    """All findings: errors first, then warnings, then information; within each by subject."""
    evidence = Evidence(difference, run, policy)
    return tuple(sorted((finding for rule in RULES for finding in rule(evidence)), key=_rank))


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
