"""Writes what `stagecopy init` was told to: secrets outside the project first, the config file last."""

from __future__ import annotations

import secrets
import shlex
from pathlib import Path

from stagecopy.backups.identity import make_identity
from stagecopy.errors import UsageError
from stagecopy.files import private_folder, write_whole
from stagecopy.flows.ignores import add
from stagecopy.flows.init_choices import Address, Plan

_NOTE = """
# backups:                             # plain text in this version, at most two are kept
#   encrypt_to: [{recipient}]
#                                      # for a version that encrypts; who can read them: {identity}
"""


def write_plan(plan: Plan) -> str | None:
    """Write it. Returns the recipient of a new identity. Raises UsageError ``not-writable``."""
    try:
        return _written(plan)
    except OSError as failure:
        raise UsageError("not-writable", f"cannot write {failure.filename}: {failure.strerror}") from failure


def _written(plan: Plan) -> str | None:
    recipient = make_identity(plan.identity) if plan.identity else None
    if plan.key and not plan.key.exists():
        private_folder(plan.key.parent)
        write_whole(plan.key, secrets.token_hex(32) + "\n")
    if plan.env and plan.address:
        _store(plan.env, plan.address)
    if plan.rules:
        plan.rules.parent.mkdir(parents=True, exist_ok=True)
        write_whole(plan.rules, plan.looked.rules, mode=0o644)
    for ignore in plan.ignores:
        add(ignore)
    if plan.text is not None:
        note = _NOTE.format(recipient=recipient, identity=plan.identity) if recipient else ""
        write_whole(plan.config, plan.text + note, mode=0o644)
    return recipient


def _store(path: Path, address: Address) -> None:
    """The URL under its name; other lines of the file stay."""
    private_folder(path.parent)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if not line.removeprefix("export ").startswith(f"{address.variable}=")]
    write_whole(path, "\n".join([*kept, f"{address.variable}={shlex.quote(address.url)}"]) + "\n")
