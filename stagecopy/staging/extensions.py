"""Which of production's extensions come along, which stay behind, and which are missed.

Surprising: what only a provider's own servers have (rds_tools, supautils …) is left behind without asking; job
schedulers too, because staging must not run jobs. A left-out extension that something needs is an obstacle all the
same: the restore would break on what needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from stagecopy.model.findings import Fidelity
from stagecopy.model.preflight import Extension, Obstacle

# On the servers of one provider only, or useless without its machinery (pgaudit and pg_cron must be preloaded).
PROVIDER_ONLY = frozenset(
    {
        *("rds_tools", "rds_activity_stream", "aws_commons", "aws_s3", "aws_lambda", "aws_ml", "apg_plan_mgmt"),
        *("aurora_stat_utils", "log_fdw", "pgaudit", "pg_cron", "pg_tle"),
        *("supautils", "supabase_vault", "pgsodium", "pg_graphql", "pg_net", "supabase_functions", "wrappers"),
        *(
            "google_ml_integration",
            "google_db_advisor",
            "google_columnar_engine",
            "google_vacuum_mgmt",
            "alloydb_ai_nl",
            "alloydb_scann",
        ),
        *("azure", "azure_ai", "azure_storage", "azure_local_ai", "pg_azure_storage", "pgms_stats"),
        *("pgms_wait_sampling", "neon", "neon_utils"),
    }
)
_IMAGE = "name an image that has it in staging.image, or install its package for this PostgreSQL"
_SKIP = "leave it out with staging.extensions: {{skip: [{name}]}}"


@dataclass(frozen=True, slots=True)
class Policy:
    """staging.extensions: what to do about missing ones, and which to leave out in any case."""

    skip_missing: bool = False
    skip: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """Extensions left out of the restore, what that means, and what stands in the way."""

    skipped: frozenset[str]
    notes: tuple[Fidelity, ...]
    obstacles: tuple[Obstacle, ...]


def decide(present: Iterable[Extension], available: Collection[str], policy: Policy) -> Decided:
    """Judge each extension of production against what the empty staging server could make."""
    skipped, notes, obstacles = set(), [], []
    for each in present:
        why = _why_skipped(each, available, policy)
        if why is None:
            if each.name not in available:
                obstacles.append(_missing(each))
            elif each.filled:
                notes.append(_emptied(each))
            continue
        skipped.add(each.name)
        if each.users:
            obstacles.append(_needed(each))
        else:
            notes.append(Fidelity("extension-skipped", f"extension {each.name} is not in staging: {why}"))
    return Decided(frozenset(skipped), tuple(notes), tuple(obstacles))


def other_versions(present: Iterable[Extension], made: Mapping[str, str]) -> tuple[Fidelity, ...]:
    """Extensions that are of another version in staging: a dump says only the name."""
    return tuple(
        Fidelity("extension-version", f"extension {each.name} is {version} in staging, {each.version} in production")
        for each in present
        if (version := made.get(each.name, each.version)) != each.version
    )


def _emptied(extension: Extension) -> Fidelity:
    """Its tables are no tables of the catalog that rules cover, so no row of them moves."""
    message = f"extension {extension.name} comes as it is installed: rows added to {', '.join(extension.filled)} stay"
    return Fidelity("extension-rows", f"{message} in production")


def _why_skipped(extension: Extension, available: Collection[str], policy: Policy) -> str | None:
    here = extension.name in available
    if extension.name in policy.skip:
        return "staging.extensions.skip names it"
    if extension.name in PROVIDER_ONLY and not (here and extension.users):
        return "it belongs to production's provider"
    if policy.skip_missing and not here:
        return "this server lacks it, and staging.extensions.missing is skip"
    return None


def _missing(extension: Extension) -> Obstacle:
    way_out = "" if extension.users else f", or {_SKIP.format(name=extension.name)}"
    return Obstacle(
        "extension-missing", f"staging lacks the extension {extension.name}", _IMAGE + way_out, side="staging"
    )


def _needed(extension: Extension) -> Obstacle:
    shown = ", ".join(extension.users[:3]) + (" and more" if len(extension.users) > 3 else "")
    message = f"extension {extension.name} would be left out of staging, but it is needed by {shown}"
    return Obstacle("extension-needed", message, _IMAGE, side="staging")
