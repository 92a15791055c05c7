"""Histories of migrations: each up tried in order, each down proved or its losses listed, dumps as the judge."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.acceptance.corpus import OWN, corpus_of, expected, migrations

SLOW = os.environ.get("STAGECOPY_SLOW") == "1"
ELSEWHERE = os.environ.get("STAGECOPY_CORPUS")  # a folder of NNN_name.up.sql and NNN_name.down.sql


def test_every_migration_of_the_corpus_and_its_way_back_are_told_as_they_are() -> None:
    """Those whose way back leaves something or fails, and every ninth of the others; all with STAGECOPY_SLOW=1."""
    differing: dict[str, object] = {}
    with corpus_of() as corpus:
        corpus.prepare((OWN / "schema.sql").read_bytes())
        for number, path in enumerate(migrations(OWN)):
            left, again, fails = expected(path)
            if not (SLOW or left or fails or again != "works" or number % 9 == 0):
                corpus.deploy(path)  # the others stand on it
                continue
            step = corpus.step(path)
            rollback = step.document["rollback"]
            found = [each["message"] for each in rollback["differences"]]
            wrong = list(step.wrong)
            if len(found) != len(left) or any(
                not said.startswith(line) for said, line in zip(found, left, strict=True)
            ):
                wrong.append(f"left {found}, expected {left}")
            if (rollback["up_again"], rollback["up_again"] is None) != (again, fails):
                wrong.append(f"up again {rollback['up_again']} {rollback['up_again_differences']}, {rollback['error']}")
            if step.document["migration"]["error"]:
                wrong.append(str(step.document["migration"]["error"]))
            differing |= {step.name: wrong} if wrong else {}
    assert differing == {}


@pytest.mark.skipif(not ELSEWHERE, reason="STAGECOPY_CORPUS names a folder of migrations")
def test_a_history_from_elsewhere_is_told_as_it_is() -> None:
    """Each line of the summary: the migration, whether it ran, whether its way back restores everything, what not."""
    folder = Path(ELSEWHERE or ".")
    wrong: dict[str, object] = {}
    with corpus_of() as corpus:
        for path in migrations(folder):
            step = corpus.step(path)
            error, rollback = step.document["migration"]["error"], step.document["rollback"]
            left = [each["message"] for each in rollback["differences"]]
            told = {"up": error or "ran", "tested": rollback["tested"], "restores": rollback["restores"], "left": left}
            told |= {"down": rollback["error"], "again": rollback["up_again"], "filled": len(corpus.fill())}
            sys.stderr.write(f"{step.name} {json.dumps(told)}\n")
            wrong |= {step.name: step.wrong} if step.wrong else {}
    assert wrong == {}
