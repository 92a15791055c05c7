"""The chapter on the queries of the application that still runs: broken by the new schema, or planned otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.report.chapters import Cell, Chapter, Line, chapter, tabled
from stagecopy.report.papers import Document, told, typed

_LONGEST_QUERY = 400
_APPLICATION = "Queries of the running application"


def application(document: Document) -> Iterator[Chapter]:
    """Queries of the old application that the new schema breaks, or plans otherwise."""
    found = document.get("application")
    if not found:
        return
    if found.get("missing") and not found.get("queries"):
        yield from chapter("application", _APPLICATION, [Line(told(found["missing"]), "soft")])
        return
    broken, flipped = found.get("broken") or (), found.get("flipped") or ()
    rows = [(_query(each), _calls(each), Cell(told(f"{each['message']} ({each['sqlstate']})"), tone="bad"))
            for each in broken]  # fmt: skip
    rows += [(_query(each), _calls(each), Cell(told(_flip(each)), tone="warn")) for each in flipped]
    asked = found.get("queries")
    count = f"{asked:,}" if isinstance(asked, int) else "all"
    said = f"{count} queries from {found.get('source') or 'the application'}: "
    said += f"{len(broken):,} broken, {len(flipped):,} planned otherwise"
    lines = (Line(told(said), "bad" if broken else "warn" if flipped else "good"),)
    table = next(tabled("", "", ("query", "calls", "what happens"), rows), Chapter("", ""))
    yield Chapter("application", _APPLICATION, lines, table.heads, table.rows, table.more)


def _query(each: Document) -> Cell:
    return Cell(told(" ".join(str(each["query"]).split()), _LONGEST_QUERY))


def _calls(each: Document) -> Cell:
    calls = each.get("calls")
    return Cell("–" if calls is None else f"{calls:,}", calls or 0)


def _flip(each: Document) -> str:
    parts = [f"cost {each['cost_before']:,.0f} → {each['cost_after']:,.0f}"]
    if each.get("table"):
        parts.append(f"reads {typed(each['table'])} whole")
    if each.get("lost_index"):
        parts.append(f"no longer uses {typed(each['lost_index'])}")
    return ", ".join(parts)
