"""Proves a rollback on the clone that the migration changed: down, compare with production's state, up again.

Surprising: both comparisons look at everything since the clone was made, so that the log which spared rows the first
time spares them again; and "up again" holds the two ups' effects against each other, not two clones, whose objects
have numbers of their own.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace

from stagecopy.flows.performing import perform
from stagecopy.flows.stage import Deployed, Stage
from stagecopy.model.change import Difference
from stagecopy.model.migration import Migration
from stagecopy.model.rollback import Again, Rollback
from stagecopy.trial.again import unlike
from stagecopy.trial.rollback import notes, unrestored

Compare = Callable[[], Difference]


def proved(stage: Stage, deployed: Deployed, down: Migration | None, compare: Compare) -> Rollback | None:
    """Run *down* on the clone that *deployed* changed, compare, deploy again. None: there is nothing to try."""
    if down is None or not deployed.whole:
        return None
    run, _ = perform(stage, down)
    rollback = Rollback(_names(down), run)
    if rollback.failed:
        return rollback
    difference = compare()
    rollback = replace(rollback, differences=unrestored(difference), notes=notes(difference))
    again, why = _again(stage, deployed, compare)
    return replace(rollback, again=again, again_why=why)


def _again(stage: Stage, deployed: Deployed, compare: Compare) -> tuple[Again, tuple[str, ...]]:
    run, _ = perform(stage, deployed.migration)
    if run.failure is not None:
        return "fails", (run.failure,)
    if run.left_open:
        return "fails", ("it ended inside an open transaction",)
    why = unlike(deployed.difference, compare())
    return ("differs" if why else "works"), why


def _names(down: Migration) -> tuple[str, ...]:
    return (shlex.join(down.command.argv),) if down.command else tuple(each.name for each in down.files)
