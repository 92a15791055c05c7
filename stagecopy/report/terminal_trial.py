"""A trial's report on a terminal: the data effect first, then who ran it, then everything that explains it."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console

from stagecopy.model.trial import TrialResult
from stagecopy.report import trial_apart, trial_command, trial_locks, trial_rollback, trial_run, trial_sections
from stagecopy.report.durations import spoken_moment
from stagecopy.report.headline import headline
from stagecopy.report.page import Page
from stagecopy.report.trial_application import application
from stagecopy.report.trial_impact import impact

__all__ = ["headline", "trial_report"]

_VERDICT_STYLES = {"fail": "bold red", "warn": "bold yellow", "pass": "bold green"}


def trial_report(
    console: Console, result: TrialResult, *, now: datetime | None = None, all_tables: bool = False
) -> None:
    """Write the report. *now* (with a zone) dates the snapshot; *all_tables* lifts the limits on length."""
    page = Page(console)
    _first_line(page, result)
    _second_line(page, result, now or datetime.now().astimezone())
    if result.run is not None:
        trial_run.way(page, result.run)
    trial_sections.failure(page, result)
    if result.difference is not None:
        trial_sections.tables(page, result.difference, all_tables=all_tables)
        trial_sections.columns(page, result.difference)
        trial_sections.samples(page, result.difference, result.masked)
        trial_apart.sequences(page, result.difference, everything=all_tables)
        trial_apart.bookkeeping(page, result.difference)
        trial_sections.schema(page, result.difference, everything=all_tables)
    trial_apart.expectation(page, result.expectation)
    trial_apart.guard(page, result.guard)
    trial_apart.rescue(page, result.rescue)
    trial_rollback.rollback(page, result.rollback, everything=all_tables)
    trial_rollback.interruptions(page, result.interruptions)
    application(page, result.application, everything=all_tables)
    impact(page, result.impact, everything=all_tables)
    trial_sections.findings(page, result)
    if result.run is not None:
        trial_locks.locks(page, result.run, everything=all_tables)
        trial_sections.statements(page, result.run, everything=all_tables)
        trial_command.command(page, result.run)
    trial_sections.advice(page, result)
    trial_sections.fidelity(page, result.fidelity)


def _first_line(page: Page, result: TrialResult) -> None:
    text = headline(result.difference, result.run)
    style = "bold red" if text.startswith(("LOSES", "nothing was tried")) else "bold yellow"
    page.line(page.text(text, "bold green" if text.startswith("no data changed") else style))


def _second_line(page: Page, result: TrialResult, now: datetime) -> None:
    ran = f"ran as {result.ran_as}" if result.ran_as else "nothing ran"
    engine = result.engine or "staging"
    article = "an" if engine[0] in "aeiou" else "a"
    taken = f", taken {spoken_moment(result.taken_at, now)}" if result.taken_at else ""
    where = f" on {article} {engine} clone of snapshot {result.snapshot}{taken}" if result.snapshot else ""
    verdict = result.verdict or "none"
    page.line(
        page.text(f"{ran}{where}; verdict "),
        page.text(verdict.upper(), _VERDICT_STYLES.get(verdict, "bold red")),
    )
