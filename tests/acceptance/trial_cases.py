"""The cases of tests/cases: what stood there before, a migration, and by hand what a trial of it must say.

All cases live in one production, each in the schema that bears its name, so that one refresh serves them all and every
case has the others as bystanders: a table that a migration did not touch must not be in its report. For the same
reason one trial can run the migrations of many cases one after the other, and what it says be told apart again.

expected.json leaves out what is null, 0 or empty in tables and columns. ``told``: pieces of the message of a finding.
``rollback``: of a case with a down.sql, what its rollback leaves undone. ``rewrites``, ``scans``: tables, for each
statement; ``locks``: some of those that must be seen, as statement, relation and mode; ``most_locks``: at least.
``hidden``: what production holds and no report may show; rules.yaml masks it. A case is a file migration.sql or a
folder migrations/; ``files``: how each was run. ``alone``: it cannot be one of several.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from stagecopy.home import Home
from stagecopy.model.server import Address
from stagecopy.staging.reopen import reopen
from stagecopy.staging.snapshots import newest
from tests.acceptance.harness import Done, Shop, shop_of
from tests.integration.scratch_server import database_of

FOLDER = Path(__file__).parents[1] / "cases"
CASES = sorted(path.parent.name for path in FOLDER.glob("*/expected.json"))


_UNTESTED: dict[str, Any] = {"tested": False, "restores": None, "differences": [], "up_again": None}
_COUNTS = ("added", "removed", "changed", "moved")
_TABLE: dict[str, Any] = {"renamed_from": None, "change": None, **dict.fromkeys(_COUNTS, 0), "columns": {}}
_COSTS = ("rewrites", "scans", "locks", "most_locks")
_VALUES = ("changed", "null_to_value", "value_to_null", "value_to_value", "lost")
_COLUMN: dict[str, Any] = {**dict.fromkeys(_VALUES, 0), "type_from": None, "type_to": None}


@dataclass(frozen=True, slots=True)
class Case:
    """One folder of tests/cases."""

    name: str

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return FOLDER / self.name

    @property
    def migration(self) -> str:
        """The path of its migration."""
        folder = self.folder / "migrations"
        return str(folder if folder.is_dir() else self.folder / "migration.sql")

    @property
    def _document(self) -> Any:
        return json.loads((self.folder / "expected.json").read_text(encoding="utf-8"))

    @property
    def files(self) -> Any:
        """How each file must have been run: only its own name, not where it lies; None where that is of no interest."""
        return self._document.get("files")

    @property
    def costs(self) -> dict[str, Any]:
        """What it must cost, as far as expected.json says so."""
        return {name: value for name, value in self._document.items() if name in _COSTS}

    @property
    def expected(self) -> Any:
        """What a trial must say."""
        document = {key: value for key, value in self._document.items() if key not in ("files", "alone", *_COSTS)}
        tables = sorted(({**_TABLE, **each} for each in document["tables"]), key=lambda table: str(table["name"]))
        for table in tables:
            table["columns"] = {name: {**_COLUMN, **each} for name, each in table["columns"].items()}
        found = {name: sorted(document[name]) for name in ("findings", "schema")}
        return {"told": {}, "hidden": [], "rollback": _UNTESTED, **document, **found, "tables": tables}

    @property
    def alone(self) -> bool:
        """Whether its migration cannot be one of several: it fails, or leaves a transaction open, or holds nothing."""
        marks = ("sqlstate", "left-open", "no-effect")
        return "alone" in self._document or any(word in json.dumps(self.expected) for word in marks)

    @property
    def statements(self) -> int:
        """How many statements its migration has."""
        return len(self.expected["statements"])


def _rules() -> str:
    """What the cases mask, each in the rules.yaml beside it; all else is kept."""
    files = [FOLDER / name / "rules.yaml" for name in CASES]
    tables = "".join(path.read_text(encoding="utf-8") for path in files if path.exists()) or "  {}\n"
    return f'tables:\n{tables}patterns:\n  - {{column: "*", keep: nothing personal in this test}}\n'


@contextmanager
def market_production(server: Address) -> Iterator[Address]:
    """A production with all cases in it."""
    with database_of(server) as production:
        with psycopg.connect(production.url, autocommit=True) as connection:
            for name in CASES:
                connection.execute((FOLDER / name / "before.sql").read_bytes())
        yield production


@contextmanager
def market(production: Address, engine: str) -> Iterator[Shop]:
    """A shop that has refreshed from it."""
    with shop_of(production, engine) as shop:
        shop.rules(_rules())
        shop.refreshed()
        yield shop


def snapshot_checksum(shop: Shop) -> str:
    """sha256 over all files of the newest snapshot."""
    home = Home(shop.home, shop.name)
    snapshot = newest(home)
    assert snapshot is not None
    secrets = json.loads((shop.home / "secrets.json").read_text(encoding="utf-8"))
    engine = reopen(snapshot.engine, project=shop.name, home=home, admin_password=secrets["admin_password"])
    return engine.checksum(snapshot.directory)


def summary(document: Any) -> dict[str, Any]:
    """What of a trial's document is the same in every run, in the shape of expected.json."""
    told = ("name", "renamed_from", "change", "rows_before", "rows_after", "added", "removed", "changed", "moved")
    run = document["migration"]
    return {
        "exit": document["exit"],
        "verdict": document["verdict"],
        "statements": [{"line": each["line"], "rows": each["rows"]} for each in run["statements"]],
        "error": run["error"],
        "tables": [{name: each[name] for name in (*told, "columns")} for each in document["tables"]],
        "schema": sorted(f"{each['kind']} {each['change']} {each['name']}" for each in document["schema"]),
        "findings": sorted(f"{each['severity']} {each['rule']} {each['subject']}" for each in document["findings"]),
        "rollback": {name: document["rollback"][name] for name in _UNTESTED}
        | {"differences": [each["message"] for each in document["rollback"]["differences"]]},
    }


def share(document: Any, cases: Sequence[Case], mine: Case) -> dict[str, Any]:
    """What a trial of all *cases*, in this order, says about one of them: a summary without verdict and error."""
    whole = summary(document)
    first = sum(each.statements for each in cases[: cases.index(mine)])
    numbers = {f"statement {first + n}": f"statement {n}" for n in range(1, mine.statements + 1)}
    findings = []
    for found in whole["findings"]:
        severity, rule, subject = found.split(" ", 2)
        if subject in numbers or subject.startswith(f"{mine.name}."):
            findings.append(f"{severity} {rule} {numbers.get(subject, subject)}")
    return {
        "statements": whole["statements"][first : first + mine.statements],
        "tables": [each for each in whole["tables"] if each["name"].startswith(f"{mine.name}.")],
        "schema": [each for each in whole["schema"] if each.split(" ", 2)[2].startswith(f"{mine.name}.")],
        "findings": sorted(findings),
    }


def missing_words(document: Any, cases: Sequence[Case], mine: Case) -> list[str]:
    """What of ``told`` no message says."""
    first = sum(each.statements for each in cases[: cases.index(mine)])
    numbers = {f"statement {first + n}": f"statement {n}" for n in range(1, mine.statements + 1)}
    messages = {f"{each['rule']} {numbers.get(each['subject'], each['subject'])}": each["message"]
                for each in document["findings"]}  # fmt: skip
    return [
        f"{word!r} in {finding}: {messages.get(finding)}"
        for finding, words in mine.expected["told"].items()
        for word in words
        if word not in messages.get(finding, "")
    ]


def wrong_costs(document: Any, cases: Sequence[Case], mine: Case) -> dict[str, Any]:
    """What of ``costs`` is another in a trial of all *cases*."""
    first = sum(each.statements for each in cases[: cases.index(mine)])
    ran = document["migration"]["statements"][first : first + mine.statements]
    locks = {f"{n} {each['relation']} {each['mode']}" for n, one in enumerate(ran, 1) for each in one["locks"]}
    found = {
        "rewrites": [one["rewrites"] for one in ran],
        "scans": [[each["relation"] for each in one["scans"] or ()] for one in ran],
        "locks": sorted(locks),
        "most_locks": document["impact"]["locks"],
    }
    least = mine.costs.get("most_locks", 0)
    right = {
        **mine.costs,
        "locks": sorted(locks | set(mine.costs.get("locks", ()))),
        "most_locks": max(least, found["most_locks"]),
    }
    return {name: (found[name], right[name]) for name in found if name in right and found[name] != right[name]}


def twice(shop: Shop, migration: str) -> tuple[Done, Done, Any]:
    """Try *migration* twice at the same time: with ``--json``, and as a report with the document its run left."""
    runs = shop.home / "runs"
    before = {path.name for path in runs.iterdir()}
    with ThreadPoolExecutor(1) as threads:
        reporting = threads.submit(shop.run, "trial", migration)
        documented = shop.run("trial", migration, "--json")
        reported = reporting.result()
    (other,) = {path.name for path in runs.iterdir()} - before - {documented.document["trial"]}
    left = json.loads((runs / other / "result.json").read_text(encoding="utf-8"))
    return documented, reported, left
