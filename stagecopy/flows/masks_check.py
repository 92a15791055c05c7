"""The story of `stagecopy masks check`: the rules on production's catalog as it is now, without moving a row.

Surprising: a check does not end at the first thing that is wrong. Problems of the rules, columns without one, drift and
what catch-alls keep are found together; the error, if any, is in the result. No masking key is needed.
"""

from __future__ import annotations

from stagecopy.config.load import Project
from stagecopy.errors import StagecopyError, UnclassifiedError, UsageError
from stagecopy.flows.masks_notice import Notice
from stagecopy.flows.masks_reading import ANY_KEY, reading, rules_place
from stagecopy.home import Home
from stagecopy.masking.checked import Checked, checked_tables
from stagecopy.masking.coverage import Coverage
from stagecopy.masking.loader import load_rules
from stagecopy.masking.odds import Collision, collisions
from stagecopy.masking.plan import plan
from stagecopy.masking.rules import RuleSet
from stagecopy.masking.unclassified import rules_to_paste
from stagecopy.model.catalog import Catalog


def check_masks(project: Project) -> Checked:
    """Check the rules. Raises StagecopyError where production cannot be read or the files cannot be understood."""
    rules, notice = load_rules(rules_place(project)), Notice()
    with reading(project, "check", rules) as session:
        coverage = notice.look(Home(project.home, project.name), session.catalog, rules)
        error, odds = _planned(session.catalog, rules, project.settings.masking.locale)
    unclassified, text = _open(error, coverage)
    return Checked(
        error=error,
        tables=checked_tables(coverage),
        problems=tuple(error.message.splitlines()[1:]) if isinstance(error, UsageError) else (),
        unclassified=unclassified,
        yaml=text,
        collisions=odds,
        kept=notice.kept,
        drift=notice.drift,
    )


def _planned(catalog: Catalog, rules: RuleSet, locale: str) -> tuple[StagecopyError | None, tuple[Collision, ...]]:
    try:
        planned = plan(catalog, rules, key=ANY_KEY, locale=locale)
    except (UsageError, UnclassifiedError) as failure:
        return failure, ()
    return None, tuple(collisions(planned.tables.values()))


def _open(error: StagecopyError | None, coverage: Coverage) -> tuple[tuple[str, ...], str | None]:
    """The columns without a rule and what to paste, also where mistakes in the rules come first."""
    if isinstance(error, UnclassifiedError):
        return error.columns, error.yaml
    found = coverage.uncovered() if error else []
    names = tuple(f"{table.qualified}.{column.name}" for table, column in found)
    return names, rules_to_paste(found) if found else None
