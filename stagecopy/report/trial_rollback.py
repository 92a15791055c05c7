"""The section of a trial's terminal report about the way back: what returns, what does not, whether up works again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from rich.text import Text

from stagecopy.model.interruption import Interruption, Interruptions
from stagecopy.model.rollback import Rollback
from stagecopy.model.wording import counted
from stagecopy.report.durations import spoken_seconds
from stagecopy.report.page import Page, cut

_MOST = 30
_LONGEST = 400
_AGAIN = {"works": "works, with the same effect", "fails": "FAILS", "differs": "works, with another effect"}


def rollback(page: Page, tested: Rollback | None, *, everything: bool) -> None:
    """Silent where none was tested."""
    if tested is None:
        return
    page.heading(f"rollback ({', '.join(tested.sources)})")
    page.grid(list(_summary(page, tested)), fold_last=True)
    shown = tested.differences if everything else tested.differences[:_MOST]
    page.grid(
        [(page.text("-" if each.lost else "~", "red" if each.lost else "yellow"), _said(page, each.message))
         for each in shown],
        fold_last=True,
    )  # fmt: skip
    if len(tested.differences) > len(shown):
        page.block(page.text(f"… and {counted(len(tested.differences) - len(shown), 'more difference')}", "dim"))
    page.grid([(page.text("note", "dim"), _said(page, each)) for each in tested.notes[:_MOST]], fold_last=True)


def interruptions(page: Page, tested: Interruptions | None) -> None:
    """A line for each kill: what is left, and what becomes of a second run."""
    if tested is None:
        return
    page.heading("killed in the middle, and started again")
    page.grid(
        [
            row
            for moment, each in _joined(tested.tried)
            for row in ((page.text(moment), _said(page, _left(each))), (page.text(""), _rerun(page, each)))
        ],
        fold_last=True,
    )
    if tested.cut_short:
        page.block(page.text(tested.cut_short, "dim"))


def _joined(tried: Sequence[Interruption]) -> Iterator[tuple[str, Interruption]]:
    """Kills in a row of which the same is to be said are one line, with their moments."""
    for _, found in groupby(tried, key=lambda each: (each.during is None, replace(each, after=0, during=None))):
        alike = list(found)
        several = len(alike) > 1 and alike[0].during is None
        if several:
            yield f"after statements {alike[0].after} to {alike[-1].after}", alike[0]
        else:
            yield from ((each.moment, each) for each in alike)


def _left(each: Interruption) -> str:
    return "; ".join(each.left) or "nothing left"


def _rerun(page: Page, each: Interruption) -> Text:
    if each.error is not None:
        return page.text(
            cut(f"a second run FAILS at statement {each.error.statement}: {each.error.message}", _LONGEST), "red"
        )
    if each.differences:
        return page.text(cut(f"a second run ends otherwise: {'; '.join(each.differences)}", _LONGEST), "yellow")
    return page.text("a second run works", "green")


def _summary(page: Page, tested: Rollback) -> Iterator[tuple[Text, Text]]:
    yield page.text("down"), _ran(page, tested)
    if not tested.failed:
        for what, back in (("schema", tested.schema_restored), ("data", tested.data_restored)):
            yield page.text(what), page.text("restored" if back else "NOT restored", "green" if back else "red")
    if tested.again is not None:
        style = "green" if tested.again == "works" else "yellow"
        why = f": {'; '.join(tested.again_why[:_MOST])}" if tested.again_why else ""
        yield page.text("up again"), page.text(cut(f"{_AGAIN[tested.again]}{why}", _LONGEST), style)


def _ran(page: Page, tested: Rollback) -> Text:
    run = tested.run
    if run.error is not None:
        message = f"failed at statement {run.error.statement}: {run.error.message} (sqlstate {run.error.sqlstate})"
        return page.text(cut(message, _LONGEST), "red")
    if run.left_open:
        return page.text("ended inside an open transaction: it took nothing back", "red")
    if not run.statements:
        return page.text("holds no statement: it took nothing back", "red")
    return page.text(f"{counted(len(run.statements), 'statement')} in {spoken_seconds(run.seconds)}")


def _said(page: Page, message: str) -> Text:
    return page.text(cut(message, _LONGEST))
