"""A finding is complete alone: what rule, where, why it matters, what to do. Reports only arrange it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warn", "info"]
_ADVICE = frozenset(
    {
        "no-lock-timeout",
        "accepts-invalid-index",
        "validated-at-once",
        "half-done",
        "literal-without-zone",
        "old-name-gone",
        "rollback-untested",
    }
)
_LINTED = "squawk:"


@dataclass(frozen=True, slots=True)
class Finding:
    """One judged fact."""

    rule: str
    severity: Severity
    subject: str
    message: str
    remedy: str

    @property
    def advises(self) -> bool:
        """Whether it is about how the migration is written; all else is about what it did."""
        return self.severity == "info" and (self.rule in _ADVICE or self.rule.startswith(_LINTED))


@dataclass(frozen=True, slots=True)
class Fidelity:
    """One way in which staging differs from production. ``code`` is stable kebab-case."""

    code: str
    message: str
