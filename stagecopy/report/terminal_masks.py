"""What the verbs below `masks` print on a terminal. Raw values are only in a preview that was asked for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from stagecopy.masking.classify import Decision
from stagecopy.masking.explain import Candidate, Explained
from stagecopy.masking.maskers import MASKS
from stagecopy.masking.preview import Cell, Row
from stagecopy.masking.rules import KEEP
from stagecopy.masking.suggest import Suggestions
from stagecopy.model.drift import Drift, KeptPersonal
from stagecopy.model.wording import counted
from stagecopy.report.aligned import aligned, place
from stagecopy.report.page import Page, cut

_SHOWN = 20
_WIDEST = 60  # characters of a value


def suggestions(page: Page, found: Suggestions) -> None:
    """What is proposed, column by column with confidence and reason, and what to look at again. Not the YAML."""
    mask, keep, todo = (found.count(verdict) for verdict in ("mask", "keep", "todo"))
    page.line(page.text(f"{counted(found.covered, 'column')} have a rule already and stay as they are"))
    page.line(page.text(f"proposed: {mask} masked, {keep} kept, {todo} for you to decide", "bold"))
    asked = [each for each in found.proposed if each.verdict != "keep"]
    if asked:
        page.heading("masked, and left to you")
        aligned(page, [_proposal(page, each) for each in asked])
    if found.again:
        page.heading("kept by a rule, but personal by all that shows: look again")
        aligned(
            page,
            [
                (page.text(each.name), page.text(place(where), "dim"), page.text(each.reason))
                for each, where in found.again
            ],
        )


def _proposal(page: Page, decision: Decision) -> tuple[Text, ...]:
    what = decision.mask or "todo"
    return page.text(decision.name), page.text(what, "bold"), page.text(decision.level), page.text(decision.reason)


def drift(page: Page, changes: Sequence[Drift] | None) -> None:
    """One screen of changes."""
    if changes is None:
        page.line(page.text("no snapshot to compare with yet", "dim"))
        return
    if not changes:
        page.line(page.text("nothing has changed since the last snapshot", "dim"))
        return
    page.heading("since the last snapshot")
    shown = changes[:_SHOWN]
    aligned(
        page,
        [(page.text(f"{each.change} {each.kind}"), page.text(each.name), page.text(each.message)) for each in shown],
    )
    _more(page, len(changes))


def kept(page: Page, columns: Sequence[KeptPersonal]) -> None:
    """Columns that read as personal and that a catch-all keeps."""
    if columns:
        page.heading(f"{counted(len(columns), 'column')} that read as personal, kept by a catch-all")
        shown = columns[:_SHOWN]
        aligned(
            page,
            [(page.text(each.name), page.text(place(each.where), "dim"), page.text(each.reason)) for each in shown],
        )
        _more(page, len(columns))


def _more(page: Page, count: int) -> None:
    if count > _SHOWN:
        page.line(page.text(f"  and {count - _SHOWN} more: --json lists all", "dim"))


def explanation(page: Page, found: Explained) -> None:
    """The column, its rule, why that rule, what the mask promises."""
    page.line(page.text(found.name, "bold"), page.text(f"  {found.column.type}"))
    aligned(page, [(page.text(name, "dim"), page.text(said)) for name, said in facts(found)])
    if found.candidates:
        page.heading("rules that speak of it, the first wins")
        aligned(page, [_candidate(page, each, found) for each in found.candidates])


def _candidate(page: Page, each: Candidate, found: Explained) -> tuple[Text, ...]:
    applies = each.decision is found.rule
    mark = page.text("*" if applies else " ", "bold")
    rule = page.text(each.decision.text, "bold" if applies else "")
    return mark, page.text(each.step), page.text(place(each.decision.where), "dim"), rule, page.text(each.entry)


def facts(found: Explained) -> Iterable[tuple[str, str]]:
    """Name and value of what is known, in order."""
    rule = found.rule
    if found.action in ("empty", "skip"):
        yield "rows", "none of this table go to staging, whatever the rule of a column says"
    if rule is None:
        yield "rule", "none: a refresh stops here" if found.column.copied else "none: it is computed by the server"
    else:
        reason = f": {rule.reason}" if rule.reason else ""
        yield "rule", f"{rule.text}{reason}"
        yield "where", place(rule.where)
        if found.key:
            yield "why", f"{found.key} is its key column, whose rule serves all that refer to it"
    if found.members:
        yield "equal to", ", ".join(found.members)
    if rule is not None and rule.mask != KEEP:
        yield from _guarantees(rule.mask)
    if found.column.length is not None:
        yield "length", f"at most {found.column.length} characters"
    if found.unique:
        yield "unique", ", ".join(found.unique)


def _guarantees(mask: str) -> Iterable[tuple[str, str]]:
    kind = MASKS[mask]
    yield "puts", kind.summary.replace("`", "")
    yield "takes", kind.takes
    yield "distinct", "values stay distinct" if kind.injective else "two values may become one"
    if kind.options:
        yield "options", "; ".join(f"{name}: {meaning}" for name, meaning in kind.options.items())


def preview(page: Page, columns: Sequence[tuple[str, str]], rows: Sequence[Row], *, raw: bool) -> None:
    """Row by row, a line per column: name, rule, with *raw* what production has, and what staging gets."""
    for number, row in enumerate(rows, 1):
        page.heading(f"row {number}")
        aligned(page, [_cell(page, *column, cell, raw=raw) for column, cell in zip(columns, row, strict=True)])


def _cell(page: Page, name: str, rule: str, cell: Cell, *, raw: bool) -> tuple[Text, ...]:
    told = page.text(_value(cell.masked)) if raw or not cell.hidden else page.text("as in production, hidden", "dim")
    before = (page.text(_value(cell.raw)),) if raw else ()
    return page.text(name), page.text(rule, "dim"), *before, told


def _value(value: str | None) -> str:
    return "NULL" if value is None else cut(value, _WIDEST) or "''"
