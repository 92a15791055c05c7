"""What doctor says of the project's folder, its key and its home.

Surprising: a key that git tracks, or that lies beside the backups it would help to read, is worse than none, so
these are looked for even when a refresh would run.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from stagecopy.backups.identity import SECRET
from stagecopy.config.load import Project
from stagecopy.errors import StagecopyError
from stagecopy.flows.doctor_secrets import passwords_in_git
from stagecopy.flows.workplace import Workplace
from stagecopy.masking.keys import VARIABLE, read_key
from stagecopy.model.preflight import Check
from stagecopy.process import ProcessError, environment, run
from stagecopy.staging.installation import closed_folder, server_identity

_DUMP = re.compile(
    r"(?:.*/)?(?:[^/]+\.(?:dump|pgdump|backup)|[^/]*\.sql\.(?:gz|zst|xz|bz2)|toc\.dat|\d+\.dat(?:\.gz)?)"
)
_DUMP_SAYS = "PostgreSQL database dump"
_KEY = re.compile(r"(?:.*/)?[^/]*(?:stagecopy|masking)[^/]*\.key")
_SECONDS = 30.0


def key(project: Project) -> list[Check]:
    """Present, private, outside the project and away from the backups."""
    masking = project.settings.masking
    path = project.path(masking.key_file) if masking.key_file else None
    try:
        found = read_key(environ=project.environ, key_file=path, key_command=masking.key_command)
    except StagecopyError as failure:
        return [Check("key", "fail", failure.message, failure.hint)]
    if VARIABLE in project.environ:
        return [Check("key", "ok", f"from {VARIABLE}, id {found.id}")]
    if masking.key_command or path is None:
        return [Check("key", "ok", f"from masking.key_command, id {found.id}")]
    return [_place(project, path.resolve(), found.id)]


def _place(project: Project, path: Path, key_id: str) -> Check:
    elsewhere = f"move it to ~/.config/stagecopy/{project.name}.key and name that in masking.key_file"
    if problem := misplaced(project, path):
        return Check("key", "warn", problem, elsewhere)
    return Check("key", "ok", f"{path}, mode 0600, id {key_id}")


def misplaced(project: Project, path: Path) -> str | None:
    """Why a secret file lies where it should not: in the project, or in one folder tree with the backups."""
    if path.is_relative_to(project.folder):
        return f"{path} lies inside the project, where it is copied and committed"
    stores = [project.home, *([project.path(project.settings.backups.store)] if project.settings.backups.store else [])]
    for store in (each.resolve() for each in stores):
        if path.is_relative_to(store) or store.is_relative_to(path.parent) or path.parent == store.parent:
            return f"{path} lies beside the backups: who takes one has the other"
    return None


def tracked(project: Project) -> list[Check]:
    """Keys, identities, dumps and production's password that git has."""
    listed = _git(project.folder, "ls-files", "-z")
    if listed is None:
        return [Check("git", "ok", "the project's folder is not in git, or git is not here")]
    names = [name for name in listed.split("\0") if name]
    plain = _git(project.folder, "grep", "-l", "-z", "-I", "-F", "-e", _DUMP_SAYS, "--", "*.sql") or ""
    masking = project.settings.masking
    own = project.path(masking.key_file).resolve() if masking.key_file else None
    keys = [name for name in names if _KEY.fullmatch(name) or (project.folder / name).resolve() == own]
    dumps = sorted({name for name in names if _DUMP.fullmatch(name)} | {name for name in plain.split("\0") if name})
    found = []
    if keys:
        remedy = f"git rm --cached {shlex.quote(keys[0])}, make a new key, and take the old one for known"
        found.append(Check("git", "fail", f"git tracks the masking key: {', '.join(keys)}", remedy))
    secret = _git(project.folder, "grep", "-l", "-z", "-I", "-E", "-e", SECRET.pattern) or ""
    found += [_identity_in_git(name) for name in secret.split("\0") if name]
    found += passwords_in_git(project, names)
    if dumps:
        shown = ", ".join(dumps[:5]) + (f" and {len(dumps) - 5} more" if len(dumps) > 5 else "")
        remedy = f"git rm --cached {shlex.quote(dumps[0])}"
        found.append(Check("git", "warn", f"git tracks what looks like dumps: {shown}", remedy))
    return found or [Check("git", "ok", f"no key, password or dump among {len(names)} tracked files")]


def _identity_in_git(name: str) -> Check:
    remedy = f"git rm --cached {shlex.quote(name)}, make a new identity, and take the old one for known"
    return Check("git", "fail", f"git tracks an age identity: {name}", remedy)


def closed_home(work: Workplace) -> Check:
    """Writable by us (it was just opened), and open on the way for the user that servers run as."""
    try:
        identity = server_identity()
    except StagecopyError as failure:
        return Check("home", "fail", failure.message, failure.hint)
    elsewhere = "set STAGECOPY_HOME to a folder "
    if not os.access(work.home.path, os.W_OK | os.X_OK):
        return Check("home", "fail", f"{work.home.path} is not writable", f"{elsewhere}you may write")
    closed = closed_folder(work.home.engine, identity) if identity else None
    if closed is None or identity is None:
        return Check("home", "ok", str(work.home.path))
    message = f"the user {identity.name}, whom PostgreSQL must run as here, cannot enter {closed}"
    needed = work.project.settings.staging.engine not in ("docker", "server")
    return Check(
        "home", "fail" if needed else "warn", message, f"{elsewhere}outside it, such as /var/lib/stagecopy/PROJECT"
    )


def _git(folder: Path, *words: str) -> str | None:
    """What git prints, or None: no git, no repository."""
    try:
        done = run(["git", "-C", folder, *words], env=environment(drop_prefix="GIT_"), check=False, timeout=_SECONDS)
    except ProcessError:
        return None
    return done.stdout.decode("utf-8", "replace") if done.code == 0 else None
