"""Runs a recovery script on a copy of production's present tables, in the same throw-away server, and looks again.

Surprising: only the tables that the script touches have rows there, and those that their foreign keys lead to. The
copy is raw, isolated and thrown away with the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg import sql

from stagecopy.backups.dump import DumpScope, take_dump
from stagecopy.errors import StagecopyError
from stagecopy.flows.recover_compare import Comparison, Side, compare
from stagecopy.model.catalog import Database
from stagecopy.model.recovery import Proof
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries
from stagecopy.model.wording import counted
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.postgres.diffcatalog import ComparedRelation
from stagecopy.postgres.diffrows import source_of
from stagecopy.postgres.recovery import cells, pour
from stagecopy.postgres.tools import run_tool, staging_environment
from stagecopy.process import ProcessError
from stagecopy.production.session import ProductionSession
from stagecopy.staging.engine import ADMIN
from stagecopy.staging.load import create_database
from stagecopy.staging.restore import SchemaArchive

_DATABASE = "stagecopy_recover_trial"
_LEFT = ("MATERIALIZED VIEW DATA", "EVENT TRIGGER", "POLICY", "PUBLICATION", "SUBSCRIPTION", "BLOB", "BLOBS")


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a trial takes place: the server, its programs, a folder for the dump."""

    address: Address
    tools: Binaries
    scratch: Path

    @property
    def copy(self) -> Address:
        """The database that is a copy of production."""
        return self.address.to(database=_DATABASE)


def present(ground: Ground, session: ProductionSession, found: Comparison, database: Database) -> None:
    """Make the copy: production's definitions as they are, and the rows the script has to do with."""
    schema = ground.scratch / "present"
    scope = DumpScope((), session.left_out, 1, 5.0, rows=False)
    take_dump(session, ground.tools, schema, scope)
    create_database(ground.address, replace(database, name=_DATABASE, settings=()), ADMIN)
    archive = SchemaArchive(ground.tools, schema, ground.scratch, ownerless=True)
    before, after = (
        [each for each in archive.whole(section) if not each.is_(_LEFT)] for section in ("pre-data", "post-data")
    )
    archive.restore(before, ground.copy)
    _copy_rows(ground, found)
    archive.restore(after, ground.copy)


def _copy_rows(ground: Ground, found: Comparison) -> None:
    theirs = found.theirs
    with connect_staging(ground.copy) as target:
        for table in _wanted(found):
            columns = [each.name for each in theirs.columns.get(table.oid, {}).values() if not each.generated]
            source = source_of(table.schema, table.name, with_partitions=table.kind == "p")
            listed = sql.SQL(", ").join([sql.Identifier(each) for each in columns])
            into = sql.SQL("{} ({})").format(sql.Identifier(table.schema, table.name), listed)
            query = sql.SQL("SELECT {} FROM {} AS r").format(cells(columns), source)
            pour(theirs.connection, query, target, into)


def _wanted(found: Comparison) -> Iterator[ComparedRelation]:
    """Production's tables that the script changes, and all that these refer to."""
    theirs = found.theirs
    wanted = {each.after.oid for each in found.hurt if each.after is not None}
    for key in found.ours.keys:  # what a table that is made again refers to
        holder, target = (found.ours.relations.get(oid) for oid in (key.table, key.target))
        if holder and target and theirs.named(holder.qualified) is None and (there := theirs.named(target.qualified)):
            wanted.add(theirs.whole(there.oid))
    left = list(wanted)
    while left:
        here = left.pop()
        targets = {theirs.whole(each.target) for each in theirs.keys if theirs.whole(each.table) == here}
        left += targets - wanted
        wanted |= targets
    return (theirs.relations[oid] for oid in sorted(wanted))


def proved(ground: Ground, script: Path, found: Comparison) -> Proof:
    """Run the script there and compare with the backup again."""
    argv: list[str | Path] = ["psql", "-X", "-q", "-w", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1"]
    argv += ["-v", "VERBOSITY=terse", "-v", "SHOW_CONTEXT=never", "-f", script]
    try:
        run_tool(ground.tools, argv, staging_environment(ground.copy))
    except ProcessError as failure:
        return Proof(False, (f"the script failed there: {failure.message}",))
    with connect_staging(ground.copy) as copy:
        with staging_errors("reading what came back"):
            there = Side.of(copy)
        names = [each.before.qualified for each in found.hurt]
        again = compare(found.ours, there, names, staging_errors)
    return Proof(not (left := tuple(_left(found, again))), left)


def _left(found: Comparison, again: Comparison) -> Iterator[str]:
    newer = {each.loss.name: each.loss for each in found.hurt}
    for unit in again.units:
        loss = unit.loss
        if loss.dropped or loss.missing or loss.nulled:
            yield f"{loss.name}: {counted(loss.missing, 'row')} and {counted(loss.nulled, 'value')} did not come back"
        if loss.newer != newer[loss.name].newer:
            yield f"{loss.name}: {newer[loss.name].newer} newer rows became {loss.newer}"
        if loss.changed != newer[loss.name].changed:
            yield f"{loss.name}: {newer[loss.name].changed} changed values became {loss.changed}"


def not_tried(failure: StagecopyError) -> Proof:
    """A copy that could not be made proves nothing."""
    return Proof(False, (f"no copy of production could be made: {failure.message}",))
