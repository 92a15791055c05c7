"""What doctor says of a server that staging.url names. Nothing is written there."""

from __future__ import annotations

from stagecopy.errors import StagecopyError
from stagecopy.flows.doctor_machine import extensions
from stagecopy.flows.workplace import Workplace
from stagecopy.model.catalog import Catalog
from stagecopy.model.preflight import Check, Survey
from stagecopy.staging.reopen import named_server
from stagecopy.staging.server_access import Access, faults
from stagecopy.staging.server_engine import ServerEngine
from stagecopy.staging.space import shown


def named_server_lines(work: Workplace, major: int, catalog: Catalog | None, survey: Survey) -> list[Check]:
    """Who answers, whether it may hold staging, what cloning costs there, how full the quota is."""
    engine = named_server(work.home, work.project.name)
    try:
        access = engine.access
        checks = [Check("server", "ok", _line(access))]
        system = catalog.database.system_identifier if catalog else None
        found = faults(access, production_system=system, tools_major=major if catalog else 0)
        checks += [Check("server", "fail", each.message, each.hint) for each in found]
        method, why, better = engine.clone_method()
        checks += [Check("clones", "ok", f"on server by {method}: {why}", better), _quota(work, engine)]
    except StagecopyError as failure:
        return [Check("server", "fail", failure.message, failure.hint)]
    return checks if found else [*checks, *extensions(work, engine, survey)]


def _line(access: Access) -> str:
    rights = "a superuser" if access.facts.superuser else "no superuser"
    lacks = "" if access.bypasses else ", row security binds its roles"
    return f"{access.shown} answers: PostgreSQL {access.major}, {rights}{lacks}"


def _quota(work: Workplace, engine: ServerEngine) -> Check:
    quota = work.project.settings.staging.quota
    count, size = engine.usage()
    databases = f"{count} of {quota.databases} databases" if quota.databases is not None else f"{count} databases"
    limit = f" of {shown(quota.size)}" if quota.size is not None else ""
    return Check("quota", "ok", f"{databases}, {shown(size)}{limit} (staging.quota)")
