"""Numbers of new migrations, in the way the folder's others are numbered: counted, or the time they were made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

_LEADING = re.compile(r"(?P<number>[0-9]+)(?P<between>[_-])?")
_VERSION = re.compile(r"V(?P<version>[0-9][0-9._]*)__", re.IGNORECASE)
_TIMES = {14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M"}
_EPOCHS = {10: 1, 13: 1000}  # digits of seconds and of milliseconds since 1970, until the year 2286
_COUNTED = 4  # digits where there is nothing to follow


def next_stems(names: Sequence[str], slugs: Iterable[str], now: datetime, *, dated: bool = False) -> list[str]:
    """*slugs* with the numbers that follow *names*; *dated*: where there are none, by the time."""
    found = [match for name in names if (match := _LEADING.match(name))]
    last = max(found, key=lambda match: (len(match["number"]) >= min(_EPOCHS), int(match["number"])), default=None)
    number = last["number"] if last else ("0" * 14 if dated else None)
    between = (last["between"] if last else None) or "_"
    return [f"{each}{between}{slug}" for each, slug in zip(_numbers(number, now), slugs, strict=False)]


def next_versions(names: Sequence[str], slugs: Iterable[str], now: datetime) -> list[str]:
    """Flyway's: V1__a, V1.2__b; the last part goes on."""
    versions = [match["version"].rstrip("._") for name in names if (match := _VERSION.match(name))]
    last = max(versions, key=lambda each: [int(part) for part in re.findall("[0-9]+", each)], default="0")
    front = re.sub(r"[0-9]+$", "", last)
    numbers = _numbers(last[len(front) :], now)
    return [f"V{front}{number}__{slug}" for number, slug in zip(numbers, slugs, strict=False)]


def _numbers(last: str | None, now: datetime) -> Iterable[str]:
    """Endless: what follows *last*."""
    width = len(last or "")
    if last and (form := _TIMES.get(width)) and _is_time(last, form):
        yield from _times(last, form, now)
        return
    value = int(last) if last else 0
    if last and width in _EPOCHS:
        value = max(value, int(now.timestamp() * _EPOCHS[width]) - 1)
    while True:
        value += 1
        yield str(value).zfill(width or _COUNTED)


def _is_time(text: str, form: str) -> bool:
    if not text.strip("0"):
        return True  # nothing to follow yet
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only whether it is one
    except ValueError:
        return False
    return True


def _times(last: str, form: str, now: datetime) -> Iterable[str]:
    step = timedelta(seconds=1) if form.endswith("%S") else timedelta(minutes=1)
    moment = now.astimezone(UTC).replace(tzinfo=None)
    if last.strip("0"):
        moment = max(moment, datetime.strptime(last, form) + step)  # noqa: DTZ007 - as the names are
    while True:
        yield moment.strftime(form)
        moment += step
