"""Rules to propose for what has none yet, and rules to look at again. What is decided already stays decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from stagecopy.masking.classify import Decision
from stagecopy.masking.coverage import Coverage
from stagecopy.masking.draft import draft_rules
from stagecopy.masking.harmless import HarmlessPattern, harmless_patterns
from stagecopy.masking.maskers import MASKS
from stagecopy.masking.personal import look_again
from stagecopy.masking.rules import KEEP
from stagecopy.masking.rules import Decision as Rule

_HEAD = """\
# Proposed by `stagecopy masks suggest` from names, types, keys and a look at some values. Read it before you trust it:
# a column that is kept goes to staging as it is.
"""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """``proposed``: the columns without a rule; ``patterned``: which of them patterns cover; ``yaml``: to paste."""

    proposed: tuple[Decision, ...]
    patterns: tuple[HarmlessPattern, ...]
    patterned: frozenset[tuple[int, int]]
    again: tuple[tuple[Decision, str], ...]
    covered: int
    yaml: str | None  # None: every column has a rule

    def count(self, verdict: str) -> int:
        """How many columns are proposed to be masked, kept, or left to a human (todo)."""
        return sum(each.verdict == verdict for each in self.proposed)


def suggest(coverage: Coverage, decisions: Sequence[Decision]) -> Suggestions:
    """What to write, from the *decisions* of classify about all columns."""
    open_places = {(table.oid, column.attnum) for table, column in coverage.uncovered()}
    proposed = tuple(_as_its_class(coverage, each) for each in decisions if each.place in open_places)
    by_place = {each.place: each for each in proposed}
    everything = [by_place.get(each.place, each) for each in decisions]
    patterns, patterned = harmless_patterns(everything, open_places)
    text = draft_rules(coverage.catalog, proposed, patterns=patterns, patterned=patterned, head=_HEAD)
    covered = sum(1 for _ in coverage.columns()) - len(proposed)
    again = tuple(look_again(coverage, decisions))
    return Suggestions(proposed, patterns, patterned, again, covered, text if proposed else None)


def _as_its_class(coverage: Coverage, proposal: Decision) -> Decision:
    """A column joined by a foreign key to one that has a rule gets that rule, whatever it looks like itself."""
    rule = next(iter(_rules_beside(coverage, proposal)), None)
    if rule is None or rule.subject is not None or MASKS[rule.mask].documents:
        return proposal
    reason = f"joined by a foreign key to a column with the rule at {rule.where}"
    if rule.mask == KEEP:
        return replace(proposal, verdict="keep", mask=None, options=(), reason=reason, confidence=1.0, basis="key")
    options = tuple(rule.options.items())
    return replace(
        proposal, verdict="mask", mask=rule.mask, options=options, reason=reason, confidence=1.0, basis="key"
    )


def _rules_beside(coverage: Coverage, proposal: Decision) -> Iterator[Rule]:
    group = coverage.classes.get(proposal.place)
    for member in group.members if group else ():
        chosen = coverage.chosen.get((member.table.oid, member.column.attnum)) if not member.path else None
        if chosen is not None and coverage.copied(member.table):
            yield chosen.decision
