"""A trial as one HTML file that needs nothing else: to mail, to keep, to print.

Surprising: the file is not trusted with itself. What the database said is escaped by the template engine, and beyond
that a content policy in its head forbids every script but the one below, known by its hash, and everything from
outside. A page that comes out too large for a mail is made again with less in it, and says so.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from itertools import islice
from typing import Any

from stagecopy.report import papers
from stagecopy.report.contents import contents
from stagecopy.report.durations import spoken_seconds
from stagecopy.report.sampled import sample_row
from stagecopy.report.timeline import timeline

LARGEST = 1_900_000  # bytes of the page
_SHARES = (1, 4, 16, 64)


@dataclass(frozen=True, slots=True)
class _Limits:
    """How much of everything is shown."""

    findings: int = 500
    tables: int = 500
    columns: int = 500
    sampled: int = 50
    schema: int = 1_000
    statements: int = 500
    text: int = papers.LONGEST

    def by(self, share: int) -> _Limits:
        """A part of it; texts get shorter more slowly, for they are what is read."""
        parts = {name: max(5, getattr(self, name) // share) for name in self.__slots__}
        return _Limits(**{**parts, "text": max(200, self.text // share)})


def trial_html(document: papers.Document) -> str:
    """The whole page as text, to be written as UTF-8; below 2 MB."""
    page = ""
    tables = papers.tables(document)
    for share in _SHARES:
        page = _page(document, tables, _Limits().by(share))
        if len(page.encode()) <= LARGEST:
            break
    return page


def _page(document: papers.Document, tables: Sequence[papers.TableRow], limits: _Limits) -> str:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        told=partial(_told, limits), sql=papers.told_lines, seconds=spoken_seconds, number=_number
    )
    environment.filters.update(work=papers.work, lock=_lock)
    script = _part("trial.js")
    page = environment.from_string(_part("trial.html.j2"))
    shown = _shown(document, tables, limits)
    return page.render(**shown, script=script, script_hash=_hash(script), style=_part("trial.css"))


def _shown(document: papers.Document, tables: Sequence[papers.TableRow], limits: _Limits) -> dict[str, Any]:
    migration = document["migration"]
    statements = migration["statements"] if migration else []
    columns = sum(len(each.columns) for each in tables)
    sampled = [each for each in tables if each.samples]
    return {
        "document": document,
        "verdict": document["verdict"] or "none",
        "circumstances": papers.circumstances(document),
        "effort": papers.effort(document),
        "tally": papers.tally(document),
        "about": papers.about(document),
        "failure": papers.failure(document),
        "rollback": papers.rollback(document),
        "findings": document["findings"][: limits.findings],
        "tables": tables[: limits.tables],
        "counts": [name for name in papers.ROW_COUNTS if any(each.counts[name] for each in tables)],
        "columns": list(islice(((each.name, *rest) for each in tables for rest in each.columns), limits.columns)),
        "sampled": [
            (each, [sample_row(one, each.masked) for one in each.samples]) for each in sampled[: limits.sampled]
        ],
        "schema": papers.schema_lines(document, limits.schema),
        "statements": statements[: limits.statements],
        "timeline": timeline(document),
        "chapters": list(contents(document)),
        "more_of": {
            "finding": len(document["findings"]) - limits.findings,
            "table": len(tables) - limits.tables,
            "column": columns - limits.columns,
            "sampled table": len(sampled) - limits.sampled,
            "schema change": len(document["schema"]) - limits.schema,
            "statement": len(statements) - limits.statements,
        },
    }


@cache
def _part(name: str) -> str:
    return resources.files("stagecopy.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """As a content policy names an inline script (CSP level 2): of exactly what stands between the tags."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _told(limits: _Limits, text: object, most: int = papers.LONGEST) -> str:
    return papers.told(text, min(most, limits.text))


def _number(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _lock(lock: Mapping[str, Any]) -> str:
    return papers.told(f"{papers.typed(lock['relation'])} {lock['mode']}, {spoken_seconds(lock['seconds'])}", 200)
