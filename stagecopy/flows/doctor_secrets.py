"""What doctor says of secrets: passwords in files, the age identity, and the lines that keep them out of git."""

from __future__ import annotations

import shlex
import stat
from collections.abc import Collection
from pathlib import Path

from stagecopy.backups.identity import recipient_of
from stagecopy.config.finders.search import search
from stagecopy.config.finders.urls import dsn_of
from stagecopy.config.load import Project
from stagecopy.errors import StagecopyError
from stagecopy.flows.ignores import ignores
from stagecopy.model.preflight import Check

_NAMED = "take it out of there and name a variable: ${STAGECOPY_PRODUCTION_URL}; then change the password"


def written_out(project: Project) -> list[Check]:
    """A password that stands in stagecopy.yaml itself."""
    section = project.document.value.get("production") if isinstance(project.document.value, dict) else None
    raw = section.get("url") if isinstance(section, dict) else None
    dsn = dsn_of(raw) if isinstance(raw, str) else None
    password = dsn.get("password") if dsn else None
    if not password or "${" in password:
        return []
    where = project.document.where("production", "url")
    return [Check("config", "warn", f"{where} holds production's password", _NAMED)]


def passwords_in_git(project: Project, names: Collection[str]) -> list[Check]:
    """Tracked files of the application with production's password."""
    try:
        production = project.production()
    except StagecopyError:
        return []
    password = production.get("password")
    same = [
        each
        for each in search(project.folder, {})
        if password and each.dsn and each.dsn.get("password") == password and each.file in names
    ]
    return [
        Check(
            "git",
            "fail",
            f"git tracks {each.place}, which holds production's password",
            f"git rm --cached {shlex.quote(each.file)}, then change the password: who has the repository has it",
        )
        for each in same
    ]


def ignored(project: Project) -> list[Check]:
    """Lines that .gitignore and .dockerignore lack."""
    lacking = ignores(project.folder)
    if not lacking:
        return [Check("ignore", "ok", "keys, dumps and reports are kept out of git and of images, where there are any")]
    return [
        Check("ignore", "warn", f"{each.path.name} lacks {', '.join(each.missing)}", "stagecopy init adds the lines")
        for each in lacking
    ]


def identity(path: Path, misplaced: str | None) -> Check:
    """The age identity that `stagecopy init` makes; *misplaced* says why it lies where it should not."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return Check("identity", "ok", "none, and none is needed: backups are plain text in this version")
    if mode & 0o077:
        remedy = f"chmod 600 {shlex.quote(str(path))}"
        return Check("identity", "fail", f"{path} can be read by others (mode {mode:04o})", remedy)
    if misplaced:
        return Check("identity", "warn", misplaced, "set XDG_CONFIG_HOME to a folder elsewhere and move it there")
    recipient = recipient_of(path)
    if recipient is None:
        return Check("identity", "warn", f"{path} names no recipient", "age-keygen -y tells it, if it is an identity")
    return Check("identity", "ok", f"{path}, mode 0600, recipient {recipient}")
