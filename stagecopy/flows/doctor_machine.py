"""What doctor says of this machine: Docker, PostgreSQL's programs, thin clones, disk and port.

Surprising: no image is pulled and no pool is made; a refresh does that.
"""

from __future__ import annotations

from typing import Literal

from stagecopy.errors import StagecopyError, StagingError
from stagecopy.flows.preflight import disk, missed_extensions, require_tls, sizes
from stagecopy.flows.programs import programs_here
from stagecopy.flows.workplace import Workplace
from stagecopy.history.runs import new_id
from stagecopy.masking.rules import RuleSet
from stagecopy.model.catalog import Catalog
from stagecopy.model.preflight import Check, Survey
from stagecopy.postgres.binaries import SERVER, find
from stagecopy.postgres.dsn import Dsn
from stagecopy.staging.clone_reason import clone_method_reason
from stagecopy.staging.docker_client import about, connect, has_image, has_in_registry
from stagecopy.staging.engine import Engine
from stagecopy.staging.pool import NO_POOL, find_pool
from stagecopy.staging.ports import is_free
from stagecopy.staging.selection import Place, choose
from stagecopy.staging.snapshots import read_served

_LOOK_SECONDS = 20


def docker(wanted: str, image: str | None) -> list[Check]:
    """The engine, its version, and whether the image is there or can be pulled."""
    if wanted == "embedded":
        return [Check("docker", "ok", "not used: staging.engine is embedded")]
    weight: Literal["fail", "warn"] = "fail" if wanted == "docker" else "warn"
    try:
        client = connect(timeout=_LOOK_SECONDS)
    except StagingError as failure:
        note = failure.message + ("" if wanted == "docker" else "; the embedded engine is used")
        return [Check("docker", weight, note, failure.hint)]
    try:
        checks = [Check("docker", "ok", about(client))]
        if image is not None:
            if has_image(client, image):
                checks.append(Check("image", "ok", f"{image} is there"))
            elif has_in_registry(client, image):
                checks.append(Check("image", "ok", f"{image} is not there yet; the first refresh pulls it"))
            else:
                remedy = f"docker pull {image}  or set staging.image"
                checks.append(Check("image", weight, f"{image} is not there and cannot be pulled", remedy))
    except StagingError as failure:
        return [Check("docker", weight, failure.message, failure.hint)]
    finally:
        client.close()
    return checks


def tools(work: Workplace, major: int, dsn: Dsn | None) -> list[Check]:
    """The client programs for production, the rung of the ladder they come from, and whether they speak TLS.

    Without *dsn* production was not seen: *major* is then a guess, and nothing is said of whether they fit.
    """
    try:
        found = programs_here(work, major)
        if found is None:
            return [Check("tools", "ok", f"pg_dump {major} comes out of the image that the first refresh pulls")]
        if dsn:
            require_tls(dsn, found, major)
    except StagecopyError as failure:
        return [Check("tools", "fail", failure.message, failure.hint)]
    if dsn is None:
        return [Check("tools", "ok", f"pg_dump {found.version} from {found.folder} ({found.source})")]
    why = "production's own major" if found.major == major else f"newer: there is no {major} on this machine"
    line = f"pg_dump {found.version} from {found.folder} ({found.source}; {why})"
    if found.tls:
        return [Check("tools", "ok", f"{line}, speaks TLS")]
    remedy = f"stagecopy doctor --install {major}" if found.source == "embedded" else None
    return [Check("tools", "warn", f"{line}, has no TLS: enough only if production's URL asks for none", remedy)]


def servers(work: Workplace, major: int) -> list[Check]:
    """The server programs of the embedded engine; not needed where Docker is."""
    wanted = work.project.settings.staging.engine
    if wanted == "docker":
        return []
    try:
        found = find(major, programs=SERVER, newer=True, cache=work.home.binaries)
    except StagingError as failure:
        return [Check("servers", "fail" if wanted == "embedded" else "warn", failure.message, failure.hint)]
    line = f"PostgreSQL {found.version} from {found.folder} ({found.source})"
    if found.major == major:
        return [Check("servers", "ok", line)]
    return [Check("servers", "warn", f"{line}: production runs {major}", f"stagecopy doctor --install {major}")]


def engine_of(work: Workplace, major: int, image: str) -> Engine | None:
    """The engine a refresh would take if nothing had to be fetched first."""
    place = Place(
        project=work.project.name,
        major=major,
        image=image,
        root=work.home.engine,
        admin_password=work.secrets.admin_password,
        cache=work.home.binaries,
        sockets=work.home.sockets,
        pool=find_pool(work.home),
    )
    wanted = work.project.settings.staging.engine
    try:
        if wanted != "embedded" and _image_is_here(image):
            return choose("docker", place)[0]
        return choose("embedded", place)[0] if wanted != "docker" else None
    except StagingError:
        return None


def clones(work: Workplace, engine: Engine) -> Check:
    """How a snapshot made now would be cloned."""
    settled = find_pool(work.home) is not NO_POOL
    said, better = clone_method_reason(engine, settled=settled)
    return Check("clones", "ok", f"on {engine.name} {said}", better)


def room(work: Workplace, engine: Engine, catalog: Catalog, rules: RuleSet) -> list[Check]:
    """Disk needed and free."""
    found = disk(work, engine, sizes(work.project, catalog, rules), direct=False)
    return [
        Check("disk", "fail", each.line, each.obstacle.remedy) if each.obstacle else Check("disk", "ok", each.line)
        for each in found
    ]


def extensions(work: Workplace, engine: Engine, survey: Survey) -> list[Check]:
    """Production's extensions against an empty server, which is started for this and removed."""
    if not survey.extensions:
        return []
    try:
        decided = missed_extensions(work.project, engine, survey, run=f"doctor-{new_id()}")
    except StagecopyError as failure:
        return [Check("extensions", "fail", failure.message, failure.hint)]
    checks = [Check("extensions", "fail", each.message, each.remedy) for each in decided.obstacles]
    checks += [Check("extensions", "warn", each.message) for each in decided.notes]
    return checks or [Check("extensions", "ok", f"staging has all {len(survey.extensions)}")]


def port(work: Workplace) -> Check:
    """Where staging answers or would answer."""
    served = read_served(work.home)
    wanted = work.project.settings.staging.port
    if served is not None:
        return Check("port", "ok", f"staging serves on {served.port}")
    if not isinstance(wanted, int):
        return Check("port", "ok", "auto: 5433, else the next free one")
    if is_free(wanted):
        return Check("port", "ok", f"{wanted} is free")
    return Check("port", "fail", f"{wanted} is taken", "free it, or set staging.port: auto")


def _image_is_here(image: str) -> bool:
    try:
        client = connect(timeout=_LOOK_SECONDS)
    except StagingError:
        return False
    try:
        return has_image(client, image)
    finally:
        client.close()
