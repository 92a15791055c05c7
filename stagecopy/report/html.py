"""A trial as one HTML file that needs nothing else: to mail, to keep, to print.

Surprising: the file is not trusted with itself. What the database said is escaped by the template engine, and beyond
that a content policy in its head forbids every script but the one below, known by its hash, and everything from
outside.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from stagecopy.report import papers
from stagecopy.report.durations import spoken_seconds
from stagecopy.report.timeline import timeline

_MOST_FINDINGS, _MOST_TABLES, _MOST_SCHEMA, _MOST_STATEMENTS = 500, 500, 1_000, 500
_LONGEST_VALUE = 200


def trial_html(document: papers.Document) -> str:
    """The whole page as text, to be written as UTF-8."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(told=papers.told, seconds=spoken_seconds, number=_number, value=_value)
    script = _part("trial.js")
    page = environment.from_string(_part("trial.html.j2"))
    return page.render(**_shown(document), script=script, script_hash=_hash(script), style=_part("trial.css"))


def _shown(document: papers.Document) -> dict[str, Any]:
    migration = document["migration"]
    statements = migration["statements"] if migration else []
    tables = papers.tables(document)
    schema = papers.schema_lines(document)
    return {
        "document": document,
        "verdict": document["verdict"] or "none",
        "circumstances": papers.circumstances(document),
        "effort": papers.effort(document),
        "failure": papers.failure(document),
        "rollback": papers.rollback(document),
        "left": [each for each in document["rollback"]["differences"] if isinstance(each, Mapping)],
        "findings": document["findings"][:_MOST_FINDINGS],
        "tables": tables[:_MOST_TABLES],
        "counts": [name for name in papers.ROW_COUNTS if any(each.counts[name] for each in tables)],
        "schema": schema[:_MOST_SCHEMA],
        "statements": statements[:_MOST_STATEMENTS],
        "timeline": timeline(document),
        "more_of": {
            "finding": len(document["findings"]) - _MOST_FINDINGS,
            "table": len(tables) - _MOST_TABLES,
            "schema change": len(schema) - _MOST_SCHEMA,
            "statement": len(statements) - _MOST_STATEMENTS,
        },
    }


@cache
def _part(name: str) -> str:
    return resources.files("stagecopy.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """As a content policy names an inline script (CSP level 2): of exactly what stands between the tags."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _number(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _value(value: object) -> str:
    return "NULL" if value is None else papers.told(value, _LONGEST_VALUE)
