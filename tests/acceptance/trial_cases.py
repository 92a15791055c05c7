"""The cases of tests/cases: what stood there before, a migration, and by hand what a trial of it must say.

All cases live in one production, each in the schema that bears its name, so that one refresh serves them all and every
case has the others as bystanders: a table that a migration did not touch must not be in its report.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
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

FOLDER = Path(__file__).parents[1] / "cases"
CASES = sorted(path.parent.name for path in FOLDER.glob("*/expected.json"))


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
        return str(self.folder / "migration.sql")

    @property
    def expected(self) -> Any:
        """What a trial must say."""
        document = json.loads((self.folder / "expected.json").read_text(encoding="utf-8"))
        return {**document, "findings": sorted(document["findings"]), "schema": sorted(document["schema"])}


@contextmanager
def market(production: Address, engine: str) -> Iterator[Shop]:
    """A shop that has refreshed from a production with all cases in it."""
    with psycopg.connect(production.url, autocommit=True) as connection:
        for name in CASES:
            connection.execute((FOLDER / name / "before.sql").read_bytes())
    with shop_of(production, engine) as shop:
        shop.keep_everything()
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
    }


def twice(shop: Shop, migration: str) -> tuple[Done, Done, Any]:
    """Try *migration* twice at the same time: with ``--json``, and as a report with the document its run left."""
    runs = shop.home / "runs"
    before = {path.name for path in runs.iterdir()}
    reporting = shop.start("trial", migration)
    documented = shop.run("trial", migration, "--json")
    out, err = reporting.communicate(timeout=300)
    (other,) = {path.name for path in runs.iterdir()} - before - {documented.document["trial"]}
    left = json.loads((runs / other / "result.json").read_text(encoding="utf-8"))
    return documented, Done(reporting.returncode, out, err), left
