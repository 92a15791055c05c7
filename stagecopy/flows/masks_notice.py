"""What a refresh and `masks check` say about the rules as such: drift since the last plan, what a catch-all keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stagecopy.home import Home
from stagecopy.masking.coverage import Coverage, cover
from stagecopy.masking.drift import drift, remembered
from stagecopy.masking.personal import kept_personal
from stagecopy.masking.rules import RuleSet
from stagecopy.model.catalog import Catalog
from stagecopy.model.drift import Drift, KeptPersonal
from stagecopy.model.findings import Fidelity
from stagecopy.staging.snapshots import newest, read_plan

_SHOWN = 20


@dataclass(slots=True)
class Notice:
    """Filled once the catalog is known, so that a refresh that stops on it can still say what it saw."""

    drift: tuple[Drift, ...] | None = None
    kept: tuple[KeptPersonal, ...] = ()
    plan: dict[str, Any] | None = None

    def look(self, home: Home, catalog: Catalog, rules: RuleSet) -> Coverage:
        """Compare with the newest snapshot's plan. Names and types alone are asked: production is not sampled."""
        coverage = cover(catalog, rules)
        last = newest(home)
        self.drift = drift(read_plan(home, last.id) if last else None, coverage)
        self.kept = kept_personal(coverage)
        self.plan = remembered(coverage)
        return coverage

    @property
    def fidelity(self) -> tuple[Fidelity, ...]:
        """What every report on the snapshot has to say."""
        if not self.kept:
            return ()
        count = len(self.kept)
        columns = "1 column that reads as personal" if count == 1 else f"{count} columns that read as personal"
        message = f"kept by a pattern or glob alone: {columns}; `stagecopy masks check` lists what"
        return (Fidelity("personal-kept", message),)

    def lines(self) -> list[str]:
        """For people, one screen at most."""
        changes = self.drift or ()
        lines = [each.text for each in changes[:_SHOWN]]
        if len(changes) > _SHOWN:
            lines.append(f"{len(changes) - _SHOWN} more changes: `stagecopy masks check --json` lists all")
        if lines:
            lines.insert(0, "since the last snapshot, in production or in the rules:")
        return lines
