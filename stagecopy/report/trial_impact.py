"""What others felt while the migration ran: the terminal report's section on the impact run."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.impact import Behind, Forecast, Impact, Latencies, Wait
from stagecopy.model.wording import counted, quoted
from stagecopy.report.durations import spoken_seconds
from stagecopy.report.page import Page, cut

_MOST = 8
_NAME_WIDTH = 60
_CAUSES = {"queue": "in the queue behind the migration", "lock": "for its lock", None: ""}
_RACE = {
    "one-fails": "one of them fails",
    "both-fail": "both fail",
    "harmless": "both end well, as if there was one",
    "applied-twice": "both apply it",
}


def impact(page: Page, found: Impact | None, *, everything: bool) -> None:
    """Waits by table, the forecast, and what else was tried."""
    if found is None:
        return
    page.heading("what others feel meanwhile")
    shown = found.canaries if everything else found.canaries[:_MOST]
    page.grid(
        (
            (
                page.text(cut(quoted(*each.relation.split(".", 1)), _NAME_WIDTH)),
                page.text(f"reads {_wait(each.read)}"),
                page.text(f"writes {_wait(each.write)}" if each.write else ""),
            )
            for each in shown
        ),
        fold_last=True,
    )
    for line in _lines(found):
        page.block(page.text(line))


def _wait(wait: Wait) -> str:
    return f"{spoken_seconds(wait.seconds)} {_CAUSES[wait.cause]}".strip()


def _lines(found: Impact) -> Iterator[str]:
    if found.forecast:
        yield _forecast(found.forecast)
    if found.behind:
        yield _behind(found.behind)
    if found.deadlock:
        ended = found.deadlock.victim
        tables = " then ".join(found.deadlock.relations)
        yield f"locked in another order than {tables}: " + (f"deadlock, ends the {ended}" if ended else "no deadlock")
    if found.race:
        error = found.race.error
        yield f"two runners at once: {_RACE[found.race.outcome]}" + (f" ({error.sqlstate})" if error else "")
    if found.workload:
        yield f"workload before: {_latencies(found.workload.before)}"
        yield f"workload during: {_latencies(found.workload.during)}"
    if found.cut_short:
        yield f"not all of it was measured: {found.cut_short}"


def _forecast(forecast: Forecast) -> str:
    whose = "your longest transaction" if forecast.source == "production" else "an assumed transaction"
    parts = f"{whose} {spoken_seconds(forecast.longest_transaction)} + hold time {spoken_seconds(forecast.hold)}"
    limit = f", bounded by lock_timeout {spoken_seconds(forecast.lock_timeout)}" if forecast.lock_timeout else ""
    return f"worst wait in production {spoken_seconds(forecast.worst)} = {parts}{limit}"


def _behind(behind: Behind) -> str:
    if not behind.waited:
        return "it waits for no long reader"
    said = f"behind a reader of {spoken_seconds(behind.seconds)} "
    if behind.error is None:
        return said + "it waits, then runs to its end"
    left = f"; left invalid: {', '.join(behind.invalid)}" if behind.invalid else ""
    return said + f"it fails: {behind.error.message} ({behind.error.sqlstate}){left}"


def _latencies(found: Latencies) -> str:
    failed = f", {found.failed:,} failed" if found.failed else ""
    failed += f" ({found.deadlocks:,} by deadlock)" if found.deadlocks else ""
    if found.median is None or found.p95 is None or found.longest is None:
        return counted(found.transactions, "transaction") + failed
    times = (("median", found.median), ("p95", found.p95), ("longest", found.longest))
    said = ", ".join(f"{name} {spoken_seconds(each)}" for name, each in times)
    return f"{counted(found.transactions, 'transaction')}, {said}{failed}"
