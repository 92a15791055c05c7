"""Chapters on what the migration is like for those who use the database meanwhile: the impact run."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.report.chapters import Cell, Chapter, Line, Tone, chapter, named, tabled, timed
from stagecopy.report.durations import spoken_seconds
from stagecopy.report.papers import Document, told, typed

_CAUSES = {"queue": " (in the queue behind the migration)", "lock": " (for its lock)"}
_RACES: dict[str, tuple[str, Tone]] = {
    "one-fails": ("one of them fails", "good"),
    "both-fail": ("both fail", "bad"),
    "harmless": ("both end well, as if there was one", "good"),
    "applied-twice": ("both apply it", "bad"),
}
_PERIODS = (("before", "before the migration"), ("during", "during the migration"))


def canaries(document: Document) -> Iterator[Chapter]:
    """How long somebody who only wants one row waits, by table."""
    impact = document["impact"]
    rows = [
        (named(each["relation"]), _wait(each, "read"), _wait(each, "write")) for each in impact.get("canaries") or ()
    ]
    yield from tabled("canaries", "What others wait for", ("table", "longest read", "longest write"), rows)
    if unwatched := impact.get("unwatched"):
        lines = [Line(told(", ".join(map(typed, unwatched))), "soft")]
        yield from chapter("unwatched", "Locked, but not watched", lines)


def _wait(each: Document, kind: str) -> Cell:
    cell = timed(each[f"{kind}_wait_seconds"])
    return Cell(cell.text + _CAUSES.get(str(each.get(f"{kind}_cause")), ""), cell.number, cell.tone)


def feeling(document: Document) -> Iterator[Chapter]:
    """The worst wait to come, and what happened behind a long reader, in another order, and twice at once."""
    impact = document["impact"]
    lines = [
        *_forecast(impact.get("forecast")),
        *_long_reader(impact.get("long_reader")),
        *_deadlock(impact.get("deadlock")),
        *_race(impact.get("race")),
    ]
    if impact.get("cut_short"):
        lines.append(Line(told(f"not all of it was measured: {impact['cut_short']}"), "soft"))
    yield from chapter("impact", "What others feel meanwhile", lines)


def _forecast(found: Document | None) -> Iterator[Line]:
    """That for the longest transaction, then for the lock itself."""
    if not found:
        return
    whose = "your longest transaction" if found.get("source") == "production" else "an assumed transaction"
    parts = f"{whose} {spoken_seconds(found['longest_transaction_seconds'])}"
    parts += f" + hold time {spoken_seconds(found['hold_seconds'])}"
    if found.get("lock_timeout_seconds"):
        parts += f", bounded by lock_timeout {spoken_seconds(found['lock_timeout_seconds'])}"
    where = f" on {typed(found['relation'])}" if found.get("relation") else ""
    worst = spoken_seconds(found["worst_wait_seconds"])
    yield Line(told(f"worst wait in production{where}: {worst} = {parts}"), "warn")


def _long_reader(found: Document | None) -> Iterator[Line]:
    if not found:
        return
    reader = f"behind a reader of {spoken_seconds(found['seconds'])}"
    if not found["waited"]:
        yield Line("it waits for no long reader", "good")
    elif not found["error"]:
        yield Line(f"{reader} it waits, then runs to its end")
    else:
        yield Line(told(f"{reader} it ends with: {found['error']['message']}"), "warn")
    for key, what in (("invalid_indexes", "left invalid"), ("still_invalid", "invalid even after a second run")):
        if found.get(key):
            yield Line(told(f"{what}: {', '.join(found[key])}"), "bad")
    if found.get("rerun"):
        said = f": {found['rerun_error']['message']}" if found.get("rerun_error") else ""
        yield Line(told(f"a second run {found['rerun']}{said}"), "good" if found["rerun"] == "works" else "bad")


def _deadlock(found: Document | None) -> Iterator[Line]:
    if found:
        said = f"against somebody who locks in another order than {' then '.join(map(typed, found['relations']))}: "
        ended = f"deadlock, which ends the {found['victim']}" if found["victim"] else "no deadlock"
        yield Line(told(said + ended), "warn" if found["victim"] else "good")


def _race(found: Document | None) -> Iterator[Line]:
    if found:
        what, tone = _RACES.get(found["outcome"], (found["outcome"], ""))
        why = [found["error"]["message"]] if found.get("error") else []
        said = "; ".join([*why, *found.get("differences", ())])
        yield Line(told(f"two runners at once: {what}" + (f": {said}" if said else "")), tone)


def workload(document: Document) -> Iterator[Chapter]:
    """What a workload of the application's own saw, before and during."""
    found = document["impact"].get("workload") or {}
    rows = [_period(name, found[key]) for key, name in _PERIODS if found.get(key)]
    heads = ("period", "transactions", "failed", "deadlocks", "median", "95 %", "longest")
    yield from tabled("workload", "Workload", heads, rows)


def _period(name: str, found: Document) -> list[Cell]:
    counts = [Cell(f"{found[key]:,}", found[key], "bad" if key != "transactions" and found[key] else "")
              for key in ("transactions", "failed", "deadlocks")]  # fmt: skip
    return [Cell(name), *counts, *(timed(found[key]) for key in ("median_seconds", "p95_seconds", "max_seconds"))]
