"""The story of `stagecopy masks preview`: a few rows as staging would get them.

Surprising: columns that have no rule yet do not stop it, so that rules can be tried one table at a time; they are
shown as what they are, undecided.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from stagecopy.config.load import Project
from stagecopy.errors import UnclassifiedError, UsageError
from stagecopy.flows.masks_reading import reading, rules_of
from stagecopy.masking.coverage import Coverage, cover
from stagecopy.masking.explain import find_table
from stagecopy.masking.keys import MaskKey, read_key
from stagecopy.masking.plan import MaskPlan, TablePlan, plan
from stagecopy.masking.preview import Row, preview_rows
from stagecopy.masking.rules import KEEP, Decision, Pack, PatternRule, RuleSet
from stagecopy.model.catalog import Catalog, Table
from stagecopy.production.session import ProductionSession

NO_RULE = "no rule"


@dataclass(frozen=True, slots=True)
class Previewed:
    """Rows of one table, or of one partition of it."""

    table: str
    plan: TablePlan
    rows: tuple[Row, ...]


def preview(project: Project, name: str, count: int) -> list[Previewed]:
    """Up to *count* rows of the table of that name; of a partitioned one, from its partitions in turn.

    Raises UsageError ``no-such-table``, ``rows-left-behind``, and all that a plan raises.
    """
    masking = project.settings.masking
    path = project.path(masking.key_file) if masking.key_file else None
    key = read_key(environ=project.environ, key_file=path, key_command=masking.key_command)
    rules = rules_of(project)
    with reading(project, "preview", rules) as session:
        table = find_table(session.catalog, name)
        planned = _plan(cover(session.catalog, rules), key, masking.locale)
        plans = [planned.tables[each.oid] for each in _with_rows(session.catalog, table) if each.oid in planned.tables]
        if not any(each.action == "copy" for each in plans):
            raise _left_behind(table, plans)
        return list(_previewed(session, plans, count))


def _plan(coverage: Coverage, key: MaskKey, locale: str) -> MaskPlan:
    try:
        return plan(coverage.catalog, coverage.rules, key=key, locale=locale)
    except UnclassifiedError:
        return plan(coverage.catalog, _with_stand_ins(coverage), key=key, locale=locale)


def _with_stand_ins(coverage: Coverage) -> RuleSet:
    """The rules, and below all of them one for each column that has none and whose class has none."""
    stand_ins = []
    for table, column in coverage.uncovered():
        group = coverage.classes.get((table.oid, column.attnum))
        if group is None or not any(each.node[:2] in coverage.chosen for each in group.members):
            globs = {"schema": table.schema, "table": table.name, "column": column.name}
            stand_ins.append(PatternRule(globs, Decision(KEEP, NO_RULE, reason=NO_RULE)))
    return replace(coverage.rules, packs=(*coverage.rules.packs, Pack(NO_RULE, patterns=tuple(stand_ins))))


def _with_rows(catalog: Catalog, table: Table) -> Iterator[Table]:
    """The table itself, or the partitions that hold its rows."""
    if table.kind != "p":
        yield table
    for each in catalog.tables:
        if each.parent_oid == table.oid and table.kind == "p":
            yield from _with_rows(catalog, each)


def _left_behind(table: Table, plans: list[TablePlan]) -> UsageError:
    why = next((each.reason for each in plans if each.reason), "it has no rows of its own")
    return UsageError("rows-left-behind", f"no rows of {table.qualified} go to staging: {why}")


def _previewed(session: ProductionSession, plans: list[TablePlan], count: int) -> Iterator[Previewed]:
    with closing(session.reader()) as reader, session.errors("looking at some rows"):
        for each in plans:
            rows = preview_rows(reader, each, count) if each.action == "copy" and count > 0 else ()
            if rows:
                count -= len(rows)
                yield Previewed(each.table.qualified, each, rows)
