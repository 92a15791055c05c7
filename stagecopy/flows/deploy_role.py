"""Looks at a migration as the role that deploys it: what it may not do, and whose is what it makes.

Surprising: nothing here is a failure of the trial. Where the server cannot be asked any more, nothing is said.
"""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace

import psycopg

from stagecopy.errors import StagecopyError
from stagecopy.flows.pair import Pair
from stagecopy.model.change import Difference
from stagecopy.model.effects import Effects
from stagecopy.model.migration import MigrationRun
from stagecopy.model.wording import quoted
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.newcomers import newcomers, owners
from stagecopy.safety.mentions import text_names

_DENIED = "42501"
_MOST = 3


def with_rights(pair: Pair, effects: Effects, *, role: str, run: MigrationRun, difference: Difference) -> Effects:
    """*effects* with what there is to say about rights."""
    made = [
        each.name for each in difference.schema if each.change == "added" and each.kind in ("table", "view", "matview")
    ]
    with suppress(psycopg.Error, StagecopyError), closing(connect_staging(pair.after)) as observer:
        if made:
            effects = replace(effects, newcomers=newcomers(observer, made))
        if run.error is not None and run.error.sqlstate == _DENIED:
            failed = run.statements[-1].sql if run.statements else ""
            named = [each for each in owners(observer) if each[2] != role and text_names(failed, each[:2])]
            effects = replace(effects, denied=_hint(role, named))
    return effects


def _hint(role: str, named: list[tuple[str, str, str]]) -> str:
    whose = "; ".join(f"{quoted(schema, name)} belongs to {quoted(owner)}" for schema, name, owner in named[:_MOST])
    told = f"it ran as {quoted(role)}{f', and {whose}' if whose else ''}"
    return f"{told}: name the role that deploys with --role or trial.role, or grant this one what it needs"
