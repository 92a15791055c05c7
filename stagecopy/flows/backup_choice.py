"""Which tables a backup takes: those named, or those that the last trial of a migration lost something of.

Surprising: a migration that was not tried cannot be backed up for, because its text does not say what it destroys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stagecopy.backups.taking import Content
from stagecopy.config.load import Project
from stagecopy.errors import UsageError
from stagecopy.flows.sources import sources
from stagecopy.history.past import PastRun, past_runs
from stagecopy.home import Home
from stagecopy.model.catalog import Catalog, Table
from stagecopy.model.migration import fingerprint


def named_tables(catalog: Catalog, names: Sequence[str], *, why: str) -> tuple[Table, ...]:
    """The tables called *names*, partitions with them. Raises UsageError ``no-such-table``; *why* says who names it."""
    known = {table.qualified: table for table in catalog.tables if table.kind in ("r", "p")}
    found: dict[int, Table] = {}
    for name in names:
        table = known.get(name) or known.get(f"public.{name}")
        if table is None:
            hint = "write schema.table as `stagecopy masks check` lists it; tables without a schema are public"
            raise UsageError("no-such-table", f"production has no table {name}, which {why}", hint=hint, where=name)
        found |= {each.oid: each for each in _with_partitions(catalog, table)}
    return tuple(found.values())


def _with_partitions(catalog: Catalog, table: Table) -> Iterator[Table]:
    yield table
    for each in catalog.tables:
        if each.parent_oid == table.oid:
            yield from _with_partitions(catalog, each)


def touched_by(project: Project, files: Sequence[Path]) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """Tables that the last trial of *files* lost something of, with which trial that was.

    Raises UsageError ``not-tried``.
    """
    sha256 = fingerprint(sources([str(each) for each in files], ()))
    words = " ".join(str(each) for each in files)
    again = f"stagecopy trial {words}"
    run = _last_trial(past_runs(Home(project.home, project.name).runs), sha256)
    if run is None:
        message = f"{words} was not tried as it is now (sha256 {sha256[:12]}), so nobody knows what it touches"
        raise UsageError("not-tried", message, hint=again)
    if run.error.get("code") or run.document["migration"].get("error"):
        message = f"the last trial of {words} ({run.id}) did not come to its end, so nobody knows what it touches"
        raise UsageError("not-tried", message, hint=again)
    return tuple(touched_tables(run.document)), {"sha256": sha256, "trial": run.id}


def touched_tables(trial: Mapping[str, Any]) -> Iterator[str]:
    """Of a trial's document: what tables were called before that lost rows or values."""
    for table in trial.get("tables") or ():
        if table.get("change") == "created":
            continue
        lost = any(column.get("lost") for column in (table.get("columns") or {}).values())
        gone = table.get("change") in ("dropped", "replaced")
        if gone or lost or table.get("removed") or table.get("changed") or _dropped_columns(table, trial):
            yield str(table.get("renamed_from") or table["name"])


def _dropped_columns(table: Mapping[str, Any], trial: Mapping[str, Any]) -> bool:
    """A column that went without a value in it took its definition along all the same."""
    prefix = f"{table['name']}."
    return any(
        each.get("kind") == "column" and each.get("change") == "dropped" and str(each.get("name")).startswith(prefix)
        for each in trial.get("schema") or ()
    )


def _last_trial(runs: Sequence[PastRun], sha256: str) -> PastRun | None:
    for run in runs:
        migration = run.document.get("migration")
        if run.verb == "trial" and isinstance(migration, dict) and migration.get("sha256") == sha256:
            return run
    return None


def content_of(
    project: Project, catalog: Catalog, names: Sequence[str], trial: tuple[tuple[str, ...], Mapping[str, Any]] | None
) -> Content:
    """What to back up. Raises UsageError ``no-such-table``, ``nothing-to-back-up``."""
    if trial is None:
        tables = named_tables(catalog, names, why="--table names")
        return Content("tables", tables) if names else Content()
    touched, migration = trial
    critical = project.settings.watch.critical
    tables = named_tables(catalog, touched, why=f"trial {migration['trial']} touched: refresh, try again")
    extra = named_tables(catalog, critical, why="watch.critical names")
    extra += named_tables(catalog, names, why="--table names")
    chosen = tuple({each.oid: each for each in (*tables, *extra)}.values())
    if not chosen:
        message = f"trial {migration['trial']} lost nothing, and watch.critical names no table"
        raise UsageError("nothing-to-back-up", message, hint="stagecopy backup create  takes all of production")
    return Content("for", chosen, {**migration, "touched": list(touched), "critical": list(critical)})
