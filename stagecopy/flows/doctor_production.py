"""What doctor says of production: reachable or not, and all that pre-flight would list."""

from __future__ import annotations

from dataclasses import dataclass

from stagecopy.config.load import Project
from stagecopy.errors import StagecopyError
from stagecopy.flows.preflight import skipped_by
from stagecopy.history.runs import new_id
from stagecopy.masking.coverage import cover
from stagecopy.masking.rules import RuleSet
from stagecopy.model.catalog import Catalog
from stagecopy.model.preflight import Check, Survey
from stagecopy.model.wording import counted
from stagecopy.postgres.dsn import Dsn
from stagecopy.production.session import Scope, glance

_NOTHING = Survey("")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """Production as far as it could be seen."""

    checks: tuple[Check, ...]
    dsn: Dsn | None = None
    catalog: Catalog | None = None
    survey: Survey = _NOTHING


def see(project: Project, rules: RuleSet) -> Seen:
    """Look at production as a refresh would, without locking anything."""
    production = project.settings.production
    scope = Scope(
        production.schemas,
        production.exclude,
        production.lock_timeout,
        skipped_by(rules),
        large_objects=rules.large_objects is not None,
    )
    try:
        dsn, catalog, survey = glance(project.production(), f"stagecopy/doctor-{new_id()}", scope)
    except StagecopyError as failure:
        return Seen((Check("production", "fail", failure.message, failure.hint),))
    checks = [Check("production", "ok", _line(dsn, catalog))] if catalog else []
    checks += [Check("production", "fail", f"[{each.code}] {each.message}", each.remedy) for each in survey.obstacles]
    if not survey.obstacles:
        checks.append(Check("role", "ok", f"{survey.role} can read all that a refresh reads"))
    checks += [Check("production", "warn", f"[{each.code}] {each.message}") for each in survey.notes]
    return Seen((*checks, *_undecided(catalog, rules)), dsn, catalog, survey)


def _undecided(catalog: Catalog | None, rules: RuleSet) -> list[Check]:
    """The columns a refresh would stop at. Rules that could not be read are another line's matter."""
    if catalog is None or not (rules.tables or rules.patterns or rules.packs):
        return []
    found = [f"{table.qualified}.{column.name}" for table, column in cover(catalog, rules).uncovered()]
    if not found:
        return []
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    message = f"{counted(len(found), 'column')} without a rule: {', '.join(found[:_SHOWN])}{more}"
    return [Check("rules", "fail", message, "decide each; `stagecopy masks check` prints what to paste")]


def _line(dsn: Dsn, catalog: Catalog) -> str:
    database = catalog.database
    words = f"{dsn.shown} answers: PostgreSQL {database.major}, {len(catalog.row_tables)} tables, {database.encoding}"
    mode = (dsn.get("sslmode") or "").startswith(("require", "verify"))
    return words + (", TLS required by its URL" if mode else "")
