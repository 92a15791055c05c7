"""What a trial cannot prove, for the clone is not production: told once, beside the findings.

Surprising: a setting of production's whole server is not on the clone, whose server is ours. Where it would have
decided something, the clone's session is looked at as if it had it, or it is told here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from stagecopy.model.effects import Effects, Setting
from stagecopy.model.findings import Fidelity
from stagecopy.model.migration import Migration, MigrationRun
from stagecopy.model.wording import counted
from stagecopy.staging.snapshots import Snapshot
from stagecopy.trial.squawk import squawk

_ATTACHED = ("database", "user", "database user")  # those came along
_LIMITS = {
    "statement_timeout": "ends statements after",
    "idle_in_transaction_session_timeout": "ends sessions that idle in a transaction for",
    "transaction_timeout": "ends transactions after",
}
_PLANS = ("work_mem", "shared_buffers", "effective_cache_size", "random_page_cost", "max_parallel_workers_per_gather")
_OUTWARD = ("dblink", "http_", "net.http", "pg_net", "to program", "from program", "plpython", "aws_lambda")
_FEW = 3


def read_by_others(run: MigrationRun, migration: Migration, snapshot: Snapshot, folder: Path) -> MigrationRun:
    """*run* with what another linter says of the text, where one is installed."""
    return replace(run, lint=squawk(migration.files, major=snapshot.engine.major, folder=folder))


def as_in_production(effects: Effects, snapshot: Snapshot) -> Effects:
    """*effects* with what the snapshot knows: masked columns, and settings that production's server makes."""
    settings = dict(effects.settings)
    for name, value in snapshot.settings.items():
        mine = settings.get(name)
        if mine is None or (mine.source in _ATTACHED and (name, mine.value) != ("TimeZone", value)):
            continue
        if name in ("TimeZone", "lock_timeout"):
            settings[name] = Setting(mine.value if name == "TimeZone" else value, "server")
    return replace(effects, masked=snapshot.masked, settings=settings)


def unproven(snapshot: Snapshot, effects: Effects, run: MigrationRun) -> tuple[Fidelity, ...]:
    """What differs on this clone, and what that leaves open for *run*."""
    found = (_masked(snapshot), _limits(snapshot, effects.settings), _plans(snapshot, effects.settings))
    return tuple(each for group in (*found, _outward(effects), _alone(run), _linter(run)) for each in group)


def _masked(snapshot: Snapshot) -> Iterator[Fidelity]:
    columns = sum(map(len, snapshot.masked.values()))
    if columns:
        where = f"{counted(columns, 'column')} of {counted(len(snapshot.masked), 'table')}"
        message = (
            f"{where} are masked: that their values are unique, fit a length or pass a CHECK says nothing about"
            " production's; findings that rest on one say so"
        )
        yield Fidelity("masked-columns", message)


def _limits(snapshot: Snapshot, here: Mapping[str, Setting]) -> Iterator[Fidelity]:
    for name, does in _LIMITS.items():
        value = snapshot.settings.get(name, "")
        if value.strip("0ms") and name in here and here[name].source not in _ATTACHED:
            message = f"production {does} {_readable(value)} ({name} of its server); on the clone nothing does"
            yield Fidelity("other-timeouts", message)


def _plans(snapshot: Snapshot, here: Mapping[str, Setting]) -> Iterator[Fidelity]:
    differing = [
        f"{name} {_readable(snapshot.settings[name])}, here {_readable(here[name].value)}"
        for name in _PLANS
        if name in snapshot.settings
        and name in here
        and here[name].source not in _ATTACHED
        and here[name].value != snapshot.settings[name]
    ]
    if differing:
        message = f"settings that plans and times hang on are not production's ({'; '.join(differing)})"
        yield Fidelity("other-settings", message)


def _outward(effects: Effects) -> Iterator[Fidelity]:
    outward = sorted({f"{each.name} on {each.table}" for each in effects.triggers if _calls_out(each.source)})
    if outward:
        more = f" and {len(outward) - _FEW} more" if len(outward) > _FEW else ""
        message = f"triggers call out ({', '.join(outward[:_FEW])}{more}), where a clone reaches nothing"
        yield Fidelity("calls-outside", message)


def _calls_out(source: str) -> bool:
    text = source.lower()
    return any(word in text for word in _OUTWARD)


def _alone(run: MigrationRun) -> Iterator[Fidelity]:
    if run.blocking:
        message = (
            "nobody else was connected, and rows and indexes lie as if freshly written: how long it waits for locks,"
            " who waits behind it and what bloat costs is not in these times"
        )
        yield Fidelity("no-traffic", message)


def _linter(run: MigrationRun) -> Iterator[Fidelity]:
    if run.lint is not None and run.lint.failure is not None:
        name = f"{run.lint.program} {run.lint.version}".strip()
        yield Fidelity("linter-failed", f"{name} is installed and adds nothing: {run.lint.failure}")


def _readable(value: str) -> str:
    """``30000ms`` as ``30 s``; anything else as it is."""
    number = value.removesuffix("ms")
    return f"{int(number) / 1000:g} s" if number != value and number.isdigit() else value
