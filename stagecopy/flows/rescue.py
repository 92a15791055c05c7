"""Makes the rescue kit of a migration that takes something for good, and tries it on a clone of its own.

Surprising: only an announced loss has its kit tried. A migration that is refused is corrected, not rescued, and its
trial need not wait for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from stagecopy.diff.matching import RelationPair, choose_key, match_columns, pair_relations
from stagecopy.errors import StagecopyError
from stagecopy.files import private_folder, write_whole
from stagecopy.flows.difference import difference_of
from stagecopy.flows.performing import perform
from stagecopy.flows.stage import Deployed, Stage, connected, further_clone
from stagecopy.model.change import TableChange
from stagecopy.model.migration import SourceFile
from stagecopy.model.rescue import RescueKit
from stagecopy.model.server import Address
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.postgres.diffcatalog import LARGE_OBJECTS, read_relations
from stagecopy.postgres.tablefacts import TableFacts, read_facts
from stagecopy.report.rescue import LostTable, Rescue, backup_list, before_script, reverse_script
from stagecopy.safety.losses import losers, still_lost
from stagecopy.trial.running import run_migration

MOST_BYTES = 1 << 28  # of copies that are made to try a kit
_UNANNOUNCED = "not tried: announce the loss (--write-expect, then --expect) to have it tried"
_TOO_LARGE = "not tried: the tables are too large to copy within a trial"
_BEFORE, _REVERSE = "before.sql", "reverse.sql"


def rescued(stage: Stage, tried: Deployed, *, announced: bool) -> RescueKit | None:
    """The kit, in the run's folder; None where nothing is lost, or the migration did not run to its end."""
    lost = list(losers(tried.difference))
    if not lost or not tried.whole:
        return None
    folder = private_folder(stage.run.folder / "rescue")
    try:
        rescue = rescue_of(stage.pair.before, stage.pair.after, lost)
        rescue = replace(rescue, schema=f"stagecopy_rescue_{stage.run.id.replace('-', '_')}", source=tried.source)
        kit = _written(folder, rescue)
        if not announced:
            return replace(kit, missing=(_UNANNOUNCED,))
        if kit.bytes > MOST_BYTES:
            return replace(kit, missing=(_TOO_LARGE,))
        missing = _left(stage, tried, rescue)
    except StagecopyError as failure:  # what the migration did is known all the same
        return RescueKit(str(folder), tuple(each.name for each in lost), 0, proved=False, missing=(failure.message,))
    return replace(kit, proved=not missing, missing=missing)


def _written(folder: Path, rescue: Rescue) -> RescueKit:
    for name, text in ((_BEFORE, before_script), (_REVERSE, reverse_script), ("backup.txt", backup_list)):
        write_whole(folder / name, text(rescue))
    names = tuple(f"{each.before.schema}.{each.before.name}" for each in rescue.lost)
    return RescueKit(str(folder), names, sum(each.before.bytes for each in rescue.lost))


def rescue_of(first: Address, second: Address, lost: Sequence[TableChange]) -> Rescue:
    """What must be copied and brought back for *lost*, read from a trial's two clones."""
    with ExitStack() as stack, staging_errors("reading what the migration took"):
        before, after = (stack.enter_context(connect_staging(each)) for each in (first, second))
        old, new = read_relations(before), read_relations(after)
        changes: dict[tuple[str, str | None], TableChange] = {(each.name, each.change): each for each in lost}
        pairs = [each for each in pair_relations(old, new) if each.shown.oid not in LARGE_OBJECTS]
        found = [(pair, change) for pair in pairs if (change := changes.get(_called(pair)))]
        was = read_facts(before, [pair.before.oid for pair, _ in found if pair.before])
        now = read_facts(after, [pair.after.oid for pair, _ in found if pair.after])
        parents = [each.parent for each in was.values() if each.parent is not None]
        alive = read_facts(after, parents)
    tables = tuple(_lost(pair, change, was, now) for pair, change in found)
    held = {each.before.oid for each in tables} | alive.keys()
    above = tuple(was[oid] for oid in dict.fromkeys(parents) if oid not in held)
    there = {oid: (each.schema, each.name) for oid, each in new.items()}
    return Rescue("stagecopy_rescue", "a migration", tables, above, tuple(alive.values()), there)


def _called(pair: RelationPair) -> tuple[str, str | None]:
    fate = "replaced" if pair.replaced else None if pair.after else "dropped"
    return pair.shown.qualified, fate


def _lost(
    pair: RelationPair, change: TableChange, was: Mapping[int, TableFacts], now: Mapping[int, TableFacts]
) -> LostTable:
    assert pair.before is not None  # noqa: S101 - what lost something was there
    before, after = was[pair.before.oid], now[pair.after.oid] if pair.after else None
    if after is None:
        return LostTable(before, None, whole=True)
    match = match_columns(pair)
    pairs = {
        each.after.name: (before.column(each.before.attnum), after.column(each.after.attnum)) for each in match.pairs
    }
    taken = {name for name, column in change.columns.items() if column.lost}
    key = choose_key(pair.before, match)
    return LostTable(
        before,
        after,
        whole=change.removed > 0,
        pairs=tuple(pairs.values()),
        gone=tuple(before.column(each.attnum) for each in match.dropped if each.name in taken),
        emptied=tuple(both for name, both in pairs.items() if name in taken),
        key=tuple(pairs[each.after.name] for each in key) if key else None,
    )


def _left(stage: Stage, tried: Deployed, rescue: Rescue) -> tuple[str, ...]:
    """Copy, migrate and bring back on a clone of its own; what is still lost then."""
    with further_clone(stage, "rescue") as mine:
        if said := _run(mine, _BEFORE, before_script(rescue)):
            return said
        migrated, _ = perform(mine, tried.migration)
        if failed := migrated.error:
            return (f"after {_BEFORE} the migration fails at statement {failed.statement}: {failed.message}",)
        if said := _run(mine, _REVERSE, reverse_script(rescue)):
            return said
        return still_lost(difference_of(mine))


def _run(stage: Stage, name: str, text: str) -> tuple[str, ...]:
    budget = stage.work.project.settings.trial.time_budget
    with closing(connect_staging(stage.pair.after)) as observer, closing(connected(stage.login)) as connection:
        run = run_migration(connection, observer, (SourceFile(name, text.encode()),), time_budget=budget)
    return (f"{name}, statement {run.error.statement}: {run.error.message}",) if run.error else ()
