"""Sections of a trial's terminal report for what is listed apart from tables: sequences, and migration tools' lists."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.model.bookkeeping import is_bookkeeping
from stagecopy.model.change import Difference, SequenceChange, TableChange
from stagecopy.model.guard import GuardFile
from stagecopy.model.rescue import RescueKit
from stagecopy.model.trial import ExpectationFile
from stagecopy.model.wording import counted, quoted
from stagecopy.report.durations import spoken_bytes
from stagecopy.report.page import Page, cut

_MOST = 20
_WIDTH = 400


def sequences(page: Page, difference: Difference, *, everything: bool) -> None:
    """Sequences that give another number next than before."""
    moved = {each.name: each for each in difference.sequences if each.before != each.after}
    if not moved:
        return
    page.heading("sequences")
    shown = list(moved.values()) if everything else list(moved.values())[:_MOST]
    page.grid([(page.text(quoted(*each.name.split(".", 1))), page.text(_step(each))) for each in shown], fold_last=True)
    if len(moved) > len(shown):
        page.block(page.text(f"… and {counted(len(moved) - len(shown), 'more sequence')}", "dim"))


def _step(each: SequenceChange) -> str:
    was, now = ("–" if number is None else str(number) for number in (each.before, each.after))
    return f"next {was} → {now}"


def bookkeeping(page: Page, difference: Difference) -> None:
    """What migration tools wrote down about themselves."""
    own = [each for each in difference.tables if each.touched and is_bookkeeping(each.schema, each.table)]
    if own:
        page.heading("migration tools' own lists")
        page.grid([(page.text(quoted(each.schema, each.table)), page.text(", ".join(_counts(each)))) for each in own])


def _counts(table: TableChange) -> Iterator[str]:
    if table.change:
        yield table.change
    for sign, count in (("+", table.added), ("-", table.removed), ("~", table.changed)):
        if count:
            yield f"{sign}{counted(count, 'row')}"


def expectation(page: Page, file: ExpectationFile | None) -> None:
    """What the run was held against, or what was drafted."""
    if file is not None:
        page.heading("expectation")
        said = "drafted: read it, correct it, commit it" if file.written else "held against this file"
        page.grid([(page.text(file.path), page.text(said))], fold_last=True)


def guard(page: Page, file: GuardFile | None) -> None:
    """The guard that was asked for, or why there is none."""
    if file is None:
        return
    page.heading("guard")
    if file.problem is None:
        tried = f"tried on a clone, counted in {file.seconds or 0:.1f} s"
        said = f"written, limits for {counted(file.tables, 'table')}; "
        said += tried if file.proved else "not tried: a command runs by itself"
    else:
        said = f"not written: {file.problem.message}"
    page.grid([(page.text(file.path), page.text(said))], fold_last=True)


def rescue(page: Page, kit: RescueKit | None) -> None:
    """The scripts for what is lost, and whether they bring it back."""
    if kit is None:
        return
    page.heading("rescue kit")
    size = f"{counted(len(kit.tables), 'table')}, up to {spoken_bytes(kit.bytes)}"
    copied = f"before.sql copies what is lost ({size}), reverse.sql is to bring it back"
    said = "tried on a clone: all of it comes back" if kit.proved else "tried on a clone, does not bring back:"
    rows = [copied, *([said] if kit.proved is not None else []), *kit.missing[:_MOST]]
    page.whole(page.text(cut(kit.folder, _WIDTH)))  # a path that a terminal folds cannot be copied
    page.grid([(page.text("-", "dim"), page.text(cut(row, _WIDTH))) for row in rows], fold_last=True)
