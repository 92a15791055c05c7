"""What `recover` found, on a terminal, in the head of its script, and as the timeline of an incident.

No value of a row is told; times are, where rows carry them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from stagecopy.history.past import PastRun
from stagecopy.model.backup import Backup
from stagecopy.model.recovery import Recovery, TableLoss
from stagecopy.model.wording import counted
from stagecopy.report.aligned import aligned
from stagecopy.report.durations import spoken_moment
from stagecopy.report.page import Page, visible

_RUNS_SHOWN = ("refresh", "trial", "backup create", "backup restore", "recover")


def recovery_lines(page: Page, found: Recovery) -> None:
    """The verdict first, then a line for each table, then what to do."""
    now = datetime.now().astimezone()
    since = f"backup {found.backup}, taken {spoken_moment(found.taken_at, now)}"
    lost = [each for each in found.tables if each.lost]
    if lost:
        page.line(page.text("production lost ", "bold red"), page.text(f"{_total(lost)} since {since}"))
    else:
        page.line(page.text("nothing lost ", "bold green"), page.text(f"since {since}"))
    aligned(page, [(page.text(each.name, "bold"), page.text(", ".join(_facts(each)))) for each in found.tables])
    facts = [("skipped", f"{name}: {reason}") for name, reason in found.skipped.items()]
    facts += [("triggers", f"{each.name}: {', '.join(each.triggers)} will fire") for each in lost if each.triggers]
    if found.script:
        facts += [("script", found.script), ("holds", "raw rows: delete it when production is whole again")]
        facts.append(("run it", f"psql -d PRODUCTION -f {found.script}"))
    if found.proof is not None:
        facts.append(("trial", _proof(found)))
    page.grid(((page.text(name, "dim"), page.text(said)) for name, said in facts), fold_last=True)


def _total(lost: Sequence[TableLoss]) -> str:
    rows, values = sum(each.missing for each in lost), sum(each.nulled for each in lost)
    tables = sum(each.dropped for each in lost)
    parts = [(rows, "row"), (values, "value"), (tables, "table")]
    return ", ".join(counted(count, noun) for count, noun in parts if count) or counted(len(lost), "partition")


def _facts(each: TableLoss) -> Iterator[str]:
    if each.dropped:
        yield "the table is gone"
    for name in each.partitions:
        yield f"partition {name} is gone"
    if each.missing:
        yield f"{counted(each.missing, 'row')} of {each.rows:,} missing"
    for name, (first, last) in each.times.items():
        yield f"their {name} {first} to {last}"
    if each.nulled:
        where = ", ".join(name for name, facts in each.columns.items() if facts["nulled"])
        yield f"{counted(each.nulled, 'value')} nulled ({where})"
    if each.changed:
        yield f"{counted(each.changed, 'value')} changed since, which need not be a loss"
    if each.newer:
        yield f"{counted(each.newer, 'row')} newer than the backup"


def _proof(found: Recovery) -> str:
    assert found.proof is not None  # noqa: S101 - asked before
    if found.proof.proved:
        return "proved: run on a copy of production as it is, the script brought all of it back"
    return f"not proved: {'; '.join(found.proof.left)}"


def script_facts(found: Recovery) -> list[str]:
    """What the script says of itself."""
    lines = [
        f"Brings back what production lost since backup {found.backup} of {found.taken_at.isoformat()};",
        f"made by stagecopy on {found.looked_at.isoformat()}. HOLDS RAW ROWS: delete it when production is whole.",
        "Run it with psql as a role that owns the tables: psql -d PRODUCTION -f FILE. It is one transaction.",
        "Values that merely changed stay as they are; psql -v restore_changed=on brings those back too, in the tables",
        "named here, where production still has what recover saw.",
    ]
    for each in found.tables:
        if each.lost:
            lines.append(f"  {each.name}: {', '.join(_facts(each))}")
        if each.lost and each.triggers:
            lines.append(f"  {each.name}: these triggers will fire: {', '.join(each.triggers)}")
    return lines


def incident(found: Recovery, backups: Sequence[Backup], runs: Sequence[PastRun]) -> str:
    """The timeline in Markdown."""
    lines = [
        f"# What production lost, as of {_moment(found.looked_at)}",
        "",
        f"Compared with backup `{found.backup}` of {_moment(found.taken_at)}.",
        "",
        "| table | missing | nulled | changed | newer | what else |",
        "|---|---|---|---|---|---|",
        *(_row(each) for each in found.tables),
        "",
        "## Rows over time",
        "",
        *_counts(found, backups),
        "",
        "## What was done",
        "",
        *_events(found, runs),
        "",
    ]
    if found.proof is not None:
        lines += ["## The way back", "", _proof(found), ""]
    return "\n".join(lines)


def _row(each: TableLoss) -> str:
    said = [fact for fact in _facts(each) if "gone" in fact or fact.startswith("their ")]
    numbers = f"{each.missing} | {each.nulled} | {each.changed} | {each.newer}"
    return f"| {_cell(each.name)} | {numbers} | {_cell('; '.join(said))} |"


def _cell(text: str) -> str:
    return visible(text).replace("|", "\\|")


def _counts(found: Recovery, backups: Sequence[Backup]) -> Iterator[str]:
    """What each backup had of the tables that lost something; the last good and the first bad one are told."""
    kept = [each for each in backups if each.manifest is not None and each.taken_at is not None]
    for loss in found.tables:
        if not loss.lost:
            continue
        counts = [(each, each.manifest.tables.get(loss.name)) for each in kept if each.manifest is not None]
        known = [(each, fact.rows) for each, fact in counts if fact is not None]
        good = [each for each, rows in known if rows >= loss.rows]
        bad = [each for each, rows in known if rows < loss.rows and good and each.id > good[-1].id]
        now = loss.rows - loss.missing + loss.newer
        yield f"- {_cell(loss.name)}: {now:,} rows now"
        yield from (f"  - {_moment(each.taken_at)}: {rows:,} rows (backup {each.id})" for each, rows in known)
        if good:
            yield f"  - last good count: {_moment(good[-1].taken_at)}"
        if bad:
            yield f"  - first bad count: {_moment(bad[0].taken_at)}"


def _events(found: Recovery, runs: Sequence[PastRun]) -> Iterator[str]:
    shown = [
        each for each in reversed(runs) if each.verb in _RUNS_SHOWN and each.at >= found.taken_at.replace(second=0)
    ]
    for each in shown:
        code = "still running or killed" if each.exit is None else f"exit {each.exit}"
        yield f"- {_moment(each.at)}: stagecopy {each.verb} ({each.id}), {code}"
    if not shown:
        yield "- no run of stagecopy since the backup"


def _moment(at: datetime | None) -> str:
    return "?" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
