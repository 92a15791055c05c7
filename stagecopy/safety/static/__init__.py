"""Rules that read the text of a migration, for what running it on a clone cannot show.

Each has its section in docs/rules.md, with SQL it objects to and SQL it does not. Where the trial has measured the same
(an interruption, a lock), the measure is told and the rule keeps quiet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from stagecopy.model.findings import Finding
from stagecopy.safety.evidence import Evidence
from stagecopy.safety.static import definitions, linter, locking, settings, transactions, zones
from stagecopy.safety.static.reading import Read, read

__all__ = ["RULES", "linted", "static_findings"]

RULES: tuple[Callable[[Evidence, Sequence[Read]], Iterator[Finding]], ...] = (
    locking.no_lock_timeout,
    locking.accepts_invalid_index,
    locking.validated_at_once,
    transactions.set_local_alone,
    transactions.inside_another,
    transactions.half_done,
    settings.setting_outlives_file,
    zones.zone_of_session,
    zones.literal_without_zone,
    definitions.security_definer_path,
    definitions.password_in_text,
    definitions.old_name_gone,
)


def static_findings(evidence: Evidence) -> Iterator[Finding]:
    """What all of them say of one run."""
    statements = read(evidence.run)
    for rule in RULES:
        yield from rule(evidence, statements)


def linted(evidence: Evidence, found: Sequence[Finding]) -> Iterator[Finding]:
    """What another linter adds to *found*."""
    return linter.merged(evidence, found, read(evidence.run)) if evidence.run.lint else iter(())
