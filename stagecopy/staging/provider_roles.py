"""Roles of a managed service: left in production unless the schema names them.

Surprising: one that owns or is granted something must exist in staging, or the restore breaks on its name; there it
is an ordinary role that nobody can log in as.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from stagecopy.model.catalog import Catalog, Role
from stagecopy.model.findings import Fidelity

_PROVIDERS = re.compile(
    r"rds_.*|rds(admin|repladmin|topmgr|writeforwarduser|proxyadmin)|cloudsql.*|alloydb.*|azure_.*|azuresu"
    r"|supabase_.*|pgsodium_.*|neon_.*|cloud_admin"
)


def is_provider_role(name: str) -> bool:
    """Whether *name* is one that managed services make for themselves."""
    return _PROVIDERS.fullmatch(name) is not None


def without_provider_roles(catalog: Catalog, used: Collection[str]) -> tuple[Catalog, tuple[Fidelity, ...]]:
    """The catalog with the roles staging is to have: provider's ones only if *used*, and then without any power."""
    theirs = [role.name for role in catalog.roles if is_provider_role(role.name)]
    if not theirs:
        return catalog, ()
    kept = {name for name in theirs if name in used or name == catalog.database.owner}
    left = set(theirs) - kept
    roles = tuple(
        _pruned(_ordinary(role) if role.name in kept else role, left) for role in catalog.roles if role.name not in left
    )
    return replace(catalog, roles=roles), tuple(_notes(sorted(left), sorted(kept)))


def _ordinary(role: Role) -> Role:
    return replace(
        role, superuser=False, create_role=False, create_db=False, login=False, replication=False, bypass_rls=False
    )


def _pruned(role: Role, left: Collection[str]) -> Role:
    return replace(role, member_of=tuple(group for group in role.member_of if group not in left))


def _notes(left: list[str], kept: list[str]) -> list[Fidelity]:
    notes = []
    if left:
        notes.append(Fidelity("provider-roles", f"the provider's roles are not in staging: {', '.join(left)}"))
    if kept:
        message = f"the provider's roles that the schema names are ordinary ones in staging: {', '.join(kept)}"
        notes.append(Fidelity("provider-roles", message))
    return notes
