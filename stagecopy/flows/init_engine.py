"""Which engine the first refresh would take, and why. Nothing is pulled, unpacked or made to find out."""

from __future__ import annotations

from stagecopy.config.load import Project
from stagecopy.errors import StagingError
from stagecopy.flows.doctor_machine import docker
from stagecopy.home import Home
from stagecopy.postgres.binaries import SERVER, find


def engine_ahead(project: Project, major: int) -> str:
    """One line."""
    staging = project.settings.staging
    if staging.engine == "server":
        return "server: the PostgreSQL that staging.url names"
    why = "as configured"
    if staging.engine in ("auto", "docker"):
        looked = docker(staging.engine, staging.image.replace("{major}", str(major)))
        if all(each.state == "ok" for each in looked):
            return "docker: " + "; ".join(each.message for each in looked)
        why = next(each.message for each in looked if each.state != "ok")
        if staging.engine == "docker":
            return f"docker, which does not work yet: {why}"
        why = why.removesuffix("; the embedded engine is used")
    binaries = Home(project.home, project.name).binaries
    try:
        found = find(major, programs=SERVER, newer=True, cache=binaries if binaries.is_dir() else None)
    except StagingError as failure:
        return f"none yet: {why}; {failure.message}"
    return f"embedded, with PostgreSQL {found.version}: {why}"
