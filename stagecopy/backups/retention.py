"""Which backups stay and which go: a pure function of what there is.

Surprising: it is easier to keep one too many than to get one back. So what is damaged, missing, in use or not known
well enough never counts as the backup of a day; and the last one that was verified, and the last one that was proven,
stay whatever the numbers say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from stagecopy.model.backup import Backup

PLAINTEXT_KEPT = 2
_NEWEST = 2  # whatever their day: what somebody takes before a deployment is not thinned out by the next refresh


@dataclass(frozen=True, slots=True)
class Retention:
    """How many are kept. ``room``: bytes that a backup about to be made will take."""

    daily: int
    weekly: int
    monthly: int
    max_bytes: int | None = None
    room: int = 0
    plaintext: int = PLAINTEXT_KEPT


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one backup, and why."""

    backup: Backup
    kept: bool
    reason: str


def decide(found: Sequence[Backup], rules: Retention, *, in_use: Iterable[str] = ()) -> list[Verdict]:
    """One verdict for each of *found*, oldest first."""
    ordered = sorted(found, key=_age)
    fixed = _fixed(ordered, frozenset(in_use))
    wanted = {**_by_calendar(ordered, rules), **fixed}
    gone = _beyond_plaintext(ordered, wanted, fixed, rules.plaintext)
    gone |= _beyond_size(ordered, wanted, fixed, (rules, gone))
    return [_verdict(each, wanted, gone) for each in ordered]


def _age(backup: Backup) -> tuple[str, str]:
    return (backup.taken_at.isoformat() if backup.taken_at else "", backup.id)


def _verdict(backup: Backup, wanted: dict[str, str], gone: dict[str, str]) -> Verdict:
    if backup.id in gone:
        return Verdict(backup, False, gone[backup.id])
    if backup.id in wanted:
        return Verdict(backup, True, wanted[backup.id])
    return Verdict(backup, False, "no day, week or month needs it")


def _fixed(ordered: Sequence[Backup], in_use: frozenset[str]) -> dict[str, str]:
    """What never goes."""
    found = {each.id: "in use" for each in ordered if each.id in in_use}
    found |= {each.id: "missing, nothing to remove" for each in ordered if each.state == "missing"}
    whole = [each for each in ordered if each.kind == "whole"]
    verified = [each for each in whole if each.state in ("verified", "proven")]
    proven = [each for each in whole if each.state == "proven"]
    sound = verified or [each for each in whole if each.sound]
    there = [each for each in whole if each.state != "missing"]
    for group, why in ((proven, "the last proven one"), (sound, "the last verified one")):
        if group:
            found[group[-1].id] = why
    if not sound:  # nothing is known to be good: what there is stays until something is
        found |= {each.id: "none is verified yet" for each in there[-PLAINTEXT_KEPT:]}
    newest = _age(sound[-1]) if sound else ("", "")
    return found | {each.id: "nothing newer is sound" for each in ordered if _lost(each) and _age(each) > newest}


def _lost(backup: Backup) -> bool:
    return backup.state == "damaged" and backup.taken_at is not None


def _by_calendar(ordered: Sequence[Backup], rules: Retention) -> dict[str, str]:
    """The newest of each of the last days, weeks and months that have one; those of some tables for their days."""
    usable = [each for each in ordered if each.state not in ("damaged", "missing") and each.taken_at is not None]
    whole = [each for each in usable if each.kind == "whole"]
    some = [each for each in usable if each.kind != "whole"]
    found = dict.fromkeys((each.id for each in whole[-_NEWEST:]), "one of the newest two")
    for kept, word, bucket in (
        (rules.monthly, "monthly", "%Y-%m"),
        (rules.weekly, "weekly", "%G-%V"),
        (rules.daily, "daily", "%Y-%m-%d"),
    ):
        found |= dict.fromkeys(_newest(whole, kept, _bucket(bucket)), word)
    found |= dict.fromkeys((each.id for each in some[-rules.daily :] if rules.daily), "of some tables")
    return found


def _bucket(form: str) -> Callable[[datetime], str]:
    return lambda moment: moment.strftime(form)


def _newest(ordered: Sequence[Backup], kept: int, bucket: Callable[[datetime], str]) -> list[str]:
    """Of each of the last *kept* buckets its newest; one that was read through comes before one that was not."""
    best: dict[str, Backup] = {}
    for each in ordered:
        assert each.taken_at is not None  # noqa: S101 - asked before
        name = bucket(each.taken_at)
        if name not in best or each.sound or not best[name].sound:
            best[name] = each
    return [best[name].id for name in sorted(best)[-kept:]] if kept else []


def _beyond_plaintext(
    ordered: Sequence[Backup], wanted: dict[str, str], fixed: dict[str, str], limit: int
) -> dict[str, str]:
    """Raw dumps that nothing encrypts: the newest few, whole ones and others, what never goes among them."""
    plain = [each for each in ordered if not each.encrypted and each.id in wanted and each.state != "missing"]
    found: dict[str, str] = {}
    for group in ([e for e in plain if e.kind == "whole"], [e for e in plain if e.kind != "whole"]):
        loose = [each for each in group if each.id not in fixed]
        free = max(0, limit - (len(group) - len(loose)))
        found |= {each.id: f"plain text: at most {limit} are kept" for each in loose[: max(0, len(loose) - free)]}
    return found


def _beyond_size(
    ordered: Sequence[Backup],
    wanted: dict[str, str],
    fixed: dict[str, str],
    so_far: tuple[Retention, dict[str, str]],
) -> dict[str, str]:
    rules, gone = so_far
    if rules.max_bytes is None:
        return {}
    kept = [each for each in ordered if each.id in wanted and each.id not in gone and each.state != "missing"]
    size, found = sum(each.bytes for each in kept) + rules.room, {}
    for each in kept:
        if size > rules.max_bytes and each.id not in fixed:
            found[each.id] = "beyond backups.max_size"
            size -= each.bytes
    return found
