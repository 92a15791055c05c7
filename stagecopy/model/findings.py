"""A finding is complete alone: what rule, where, why it matters, what to do. Reports only arrange it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warn", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One judged fact."""

    rule: str
    severity: Severity
    subject: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Fidelity:
    """One way in which staging differs from production. ``code`` is stable kebab-case."""

    code: str
    message: str
