"""Disasters of others, rebuilt: what stood there before, the migration, and the signal that a report must carry.

All lie in one production, each in the schema that bears its name, as those of trial_cases.py do; so many of them can be
tried in one run and its report be told apart. signal.json was written before the trial was tried:

``origin``: whose disaster, and when. ``findings``: "severity rule subject", with pieces of the message. ``is``,
``least``: a path into the document, with the value there or the smallest that will do; ``name=x`` on a path picks the
element of a list by a member. ``error``, ``fidelity``: pieces of what the error, or the entry of that code, says.
``options``: further words on the command line (a file of the folder by its name); such a disaster is tried alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from stagecopy.model.server import Address
from tests.integration.scratch_server import running_server

FOLDER = Path(__file__).parents[1] / "disasters"
_WHOLE = "migration"  # subject of what concerns a run as a whole


@dataclass(frozen=True)
class Disaster:
    """One folder of tests/disasters."""

    name: str

    @property
    def migration(self) -> str:
        """The path of its migration."""
        return str(FOLDER / self.name / "migration.sql")

    @cached_property
    def signal(self) -> Any:
        """What the report must carry."""
        return json.loads((FOLDER / self.name / "signal.json").read_text(encoding="utf-8"))

    @property
    def options(self) -> list[str]:
        """Its words on the command line."""
        folder = FOLDER / self.name
        return [str(folder / word) if (folder / word).is_file() else word for word in self.signal.get("options", ())]

    @property
    def statements(self) -> int:
        """How many statements its migration has: each ends a line."""
        return Path(self.migration).read_text(encoding="utf-8").count(";\n")

    @property
    def alone(self) -> bool:
        """Whether it cannot be one of several: it fails, or needs options."""
        return bool(self.options) or self.signal["exit"] not in (0, 1)


DISASTERS = [Disaster(path.parent.name) for path in sorted(FOLDER.glob("*/signal.json"))]


@contextmanager
def ruined_production() -> Iterator[Address]:
    """A production with all disasters ahead of it, which somebody follows; on a server of its own, for it has roles."""
    with running_server(wal_level="logical", max_wal_senders="2", max_replication_slots="2") as production:
        with psycopg.connect(production.url, autocommit=True) as connection:
            connection.execute("SELECT pg_create_logical_replication_slot('warehouse', 'pgoutput')")
            connection.execute("CREATE ROLE migrator; GRANT CREATE ON DATABASE postgres TO migrator")
            for each in DISASTERS:
                connection.execute("SET ROLE migrator")
                connection.execute((FOLDER / each.name / "before.sql").read_bytes())
        yield production


def missing(document: Any, disasters: Sequence[Disaster], mine: Disaster) -> list[str]:
    """What of the signal of *mine* a trial of all *disasters*, in this order, does not carry."""
    first = sum(each.statements for each in disasters[: disasters.index(mine)])
    values = {path: _at(document, path, first) for kind in ("is", "least") for path in mine.signal.get(kind, {})}
    return [
        *_missing_findings(document, mine, alone=len(disasters) == 1),
        *(f"{p} is {values[p]}, not {right}" for p, right in mine.signal.get("is", {}).items() if values[p] != right),
        *(
            f"{p} is {values[p]} < {least}"
            for p, least in mine.signal.get("least", {}).items()
            if not (values[p] or 0) >= least
        ),
        *_missing_words(document, mine),
    ]


def _missing_findings(document: Any, mine: Disaster, *, alone: bool) -> Iterator[str]:
    found = {f"{each['severity']} {each['rule']} {each['subject']}": each["message"] for each in document["findings"]}
    for finding, words in mine.signal["findings"].items():
        if finding not in found:
            yield f"no {finding}"
        elif alone or not finding.endswith(f" {_WHOLE}"):  # of several it is told once, in the words of one
            yield from (f"{word!r} in {finding}: {found[finding]}" for word in words if word not in found[finding])


def _missing_words(document: Any, mine: Disaster) -> Iterator[str]:
    said = {each["code"]: each["message"] for each in document["fidelity"]}
    said["error"] = " ".join(str(document["error"]).split())
    for code, words in {**mine.signal.get("fidelity", {}), "error": mine.signal.get("error", [])}.items():
        yield from (f"{word!r} in {code}: {said.get(code)}" for word in words if word not in said.get(code, ""))


def _at(document: Any, path: str, first: int) -> Any:
    """What stands there; ``n=2`` is the second statement of the disaster, which has *first* of others before it."""
    for step in path.split("/"):
        name, picks, value = step.partition("=")
        if picks:
            wanted = str(int(value) + first) if name == "n" else value
            document = next((each for each in document or () if str(each[name]) == wanted), None)
        else:
            document = (document or {}).get(step)
    return document
