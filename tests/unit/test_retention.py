"""Which backups stay: on random histories, and on a few that a person can follow."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from stagecopy.backups.retention import Retention, decide
from stagecopy.model.backup import Backup, State
from tests.integration.majors import SLOW

START = datetime(2026, 1, 1, 6, tzinfo=UTC)
STATES: tuple[State, ...] = ("missing", "damaged", "unverified", "partial", "verified", "proven")
USUAL = Retention(daily=30, weekly=8, monthly=12)


def _backup(day: float, state: State = "verified", *, kind: str = "whole", encrypted: bool = True) -> Backup:
    taken = START + timedelta(days=day)
    made = Backup(id=f"{taken:%Y%m%d-%H%M%S}-0000", state=state, taken_at=taken, bytes=100, encrypted=encrypted)
    return replace(made, kind="whole" if kind == "whole" else "for")


def _kept(found: list[Backup], rules: Retention = USUAL) -> list[str]:
    return [each.backup.id for each in decide(found, rules) if each.kept]


def _history(chance: random.Random) -> list[Backup]:
    days = sorted(chance.sample(range(60), chance.randrange(1, 9)))
    return [
        replace(
            _backup(day, chance.choice(STATES), kind=chance.choice(("whole", "whole", "for"))),
            bytes=chance.randrange(1, 1000),
            encrypted=chance.random() < 0.5,
        )
        for day in days
    ]


def test_on_random_histories_the_last_good_ones_stay() -> None:
    chance = random.Random(9)  # noqa: S311 - histories, no secrets
    for number in range(10_000 if SLOW else 1_500):
        found = _history(chance)
        rules = Retention(
            daily=chance.randrange(4),
            weekly=chance.randrange(3),
            monthly=chance.randrange(3),
            max_bytes=chance.choice((None, 0, 500, 5000)),
            room=chance.randrange(500),
        )
        used = {each.id for each in found if chance.random() < 0.1}
        verdicts = decide(chance.sample(found, len(found)), rules, in_use=used)
        assert [each.backup for each in verdicts] == found
        kept = {each.backup.id for each in verdicts if each.kept}
        whole = [each for each in found if each.kind == "whole"]
        verified = [each.id for each in whole if each.state in ("verified", "proven")]
        proven = [each.id for each in whole if each.state == "proven"]
        partial = [each.id for each in whole if each.state == "partial"]
        assert set(verified[-1:]) | set(proven[-1:]) | used <= kept
        assert verified or set(partial[-1:]) <= kept
        assert not {each.id for each in found if each.state == "missing"} - kept
        if number % 10:
            continue
        again = decide([each for each in found if each.id in kept], rules, in_use=used)
        assert {each.backup.id for each in again if each.kept} == kept


def test_days_weeks_and_months() -> None:
    found = [_backup(day) for day in range(400)]
    kept = _kept(found, Retention(daily=3, weekly=2, monthly=3))
    assert kept == ["20261231-060000-0000", "20270131-060000-0000", *[f"202702{d:02}-060000-0000" for d in (2, 3, 4)]]


def test_plain_text_is_kept_twice_at_most() -> None:
    found = [_backup(day, encrypted=False) for day in range(5)]
    assert _kept(found) == [each.id for each in found[-2:]]
    rescue = [_backup(day + 0.5, kind="for", encrypted=False) for day in range(3)]
    assert _kept([*found, *rescue]) == sorted(each.id for each in (*found[-2:], *rescue[-2:]))


def test_the_last_good_one_outlives_newer_ones_that_are_not() -> None:
    good = _backup(0, "verified", encrypted=False)
    bad = [_backup(day, "unverified", encrypted=False) for day in range(1, 9)]
    assert _kept([good, *bad]) == [good.id, bad[-1].id]


def test_the_better_one_of_a_day_stands_for_it() -> None:
    found = [_backup(0.0), _backup(0.1, "unverified"), _backup(1.0), _backup(1.1), _backup(1.2)]
    assert _kept(found, Retention(daily=2, weekly=0, monthly=0)) == [found[0].id, found[3].id, found[4].id]


def test_room_is_made_for_the_next_one() -> None:
    found = [_backup(day) for day in range(5)]
    assert _kept(found, replace(USUAL, max_bytes=350)) == [each.id for each in found[-3:]]
    assert _kept(found, replace(USUAL, max_bytes=350, room=200)) == [found[-1].id]
    assert _kept(found, replace(USUAL, max_bytes=1)) == [found[-1].id]


def test_what_is_damaged_goes_once_something_newer_is_sound() -> None:
    bad = _backup(1, "damaged")
    assert bad.id in _kept([_backup(0), bad])
    assert bad.id not in _kept([_backup(0), bad, _backup(2)])
