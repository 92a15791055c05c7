"""The exact keys of the JSON documents."""

from __future__ import annotations

import io
import json
from dataclasses import replace

from rich.console import Console

from stagecopy.errors import NoSnapshotError, StagingError
from stagecopy.model.change import ColumnDetail, Difference, SchemaChange, SequenceChange, TableChange
from stagecopy.model.findings import Fidelity
from stagecopy.model.migration import RunError
from stagecopy.model.refresh import RefreshedTable, RefreshResult, ServedStaging
from stagecopy.model.rollback import UNTESTED
from stagecopy.model.trial import ExpectationFile, TrialResult
from stagecopy.report.document import error_document, refresh_document, trial_document
from stagecopy.report.terminal_refresh import refresh_summary
from tests.unit.report_samples import DONE, backfill, judged, table

TRIAL_KEYS = {
    "": "format exit error trial headline snapshot taken_at verdict ran_as engine clone fidelity migration tables "
    "schema rollback interrupt impact findings sequences bookkeeping expectation files guard rescue application",
    "fidelity": "code message",
    "migration": "sha256 seconds error statements transactions files planned undone skipped command linter",
    "migration.error": "statement line message sqlstate",
    "migration.statements": "n line sql seconds rows at locks rewrites scans wal_bytes temp_bytes",
    "tables": "name schema table renamed_from change rows_before rows_after added removed changed moved columns method "
    "samples masked details",
    "tables.columns.email": "changed null_to_value value_to_null value_to_value lost type_from type_to",
    "tables.samples": "key before after",
    "schema": "kind change name from to",
    "rollback": "tested restores differences sources error notes up_again up_again_differences",
    "impact": "wal_bytes disk_bytes longest_exclusive_lock_seconds rewrites temp_bytes database_bytes peak_disk_bytes "
    "locks lock_slots canaries unwatched forecast long_reader deadlock race workload cut_short",
    "findings": "rule severity subject message remedy",
    "sequences": "name from to column greatest",
    "expectation": "path written",
}


def inside(document: object, path: str) -> object:
    for name in filter(None, path.split(".")):
        if isinstance(document, list):
            document = document[0]
        assert isinstance(document, dict)
        document = document[name]
    return document[0] if isinstance(document, list) else document


def test_trial_document_has_exactly_the_keys_of_the_interface() -> None:
    whole = backfill()
    assert whole.run is not None
    run = replace(whole.run, error=RunError(1, None, "x", "22012"))
    assert whole.difference is not None
    moved = replace(whole.difference, sequences=(SequenceChange("public.s", 1, 2), SequenceChange("public.t", 3, 3)))
    own = TableChange("public", "schema_migrations", 1, 2, added=1)
    found = replace(moved, tables=(*moved.tables, own))
    file = ExpectationFile("up.expect.yaml", written=False)
    document = trial_document(
        replace(whole, run=run, fidelity=(Fidelity("a", "b"),), difference=found, expectation=file)
    )
    assert [each["name"] for each in document["sequences"]] == ["public.s"]
    assert document["bookkeeping"] == ["public.schema_migrations"]
    for path, keys in TRIAL_KEYS.items():
        part = inside(document, path)
        assert isinstance(part, dict)
        assert list(part) == keys.split(), path
    known = {name: value for name, value in document["impact"].items() if value not in (None, [])}
    assert known == {"wal_bytes": 17_000, "disk_bytes": 8192}
    assert document["rollback"] == UNTESTED
    assert [UNTESTED[name] for name in ("tested", "restores", "differences")] == [False, None, []]
    assert json.loads(json.dumps(document)) == document


def test_a_trial_that_never_ran_has_the_same_keys() -> None:
    error = NoSnapshotError("no-snapshot", "there is none", hint="stagecopy refresh")
    document = trial_document(TrialResult(trial="t", exit=6, error=error))
    assert list(document) == TRIAL_KEYS[""].split()
    assert document["error"] == {
        "code": "no-snapshot",
        "message": "there is none",
        "hint": "stagecopy refresh",
        "where": None,
    }
    assert (document["migration"], document["tables"], document["verdict"]) == (None, [], None)


def test_what_a_closer_look_found_is_told_in_numbers() -> None:
    details = {"price": ColumnDetail(largest="0.05", shortened=3), "note": ColumnDetail()}
    (told,) = trial_document(judged(Difference((table("a", changed=3, details=details),), ()), DONE))["tables"]
    assert told["details"] == {
        "price": {
            "distinct": None,
            "emptied": 0,
            "largest": "0.05",
            "uniform": False,
            "shortened": 3,
            "filling": None,
            "collided": 0,
            "keys_lost": 0,
        }
    }


def test_tables_are_those_that_changed_or_all() -> None:
    untouched, indexed, renamed = table("a"), table("b"), table("c", renamed_from="public.z")
    index = SchemaChange("index", "added", "public.i", None, "CREATE INDEX", "public.b")
    comment = SchemaChange("comment", "added", "public.a", None, "x", "public.a")
    result = judged(Difference((untouched, indexed, renamed), (index, comment)), DONE)
    assert [each["name"] for each in trial_document(result)["tables"]] == ["public.b", "public.c"]
    assert len(trial_document(result, all_tables=True)["tables"]) == 3


def refreshed() -> RefreshResult:
    return RefreshResult(
        exit=0,
        snapshot="20260814-070200",
        seconds=27.04,
        backup="20260814-070200",
        staging=ServedStaging("postgresql://stagecopy:s3cr3t-pass@127.0.0.1:5433/app", "docker"),
        tables=(RefreshedTable("public.users", 12_000, ("email", "name")), RefreshedTable("public.plan", 4)),
        fidelity=(Fidelity("other-collation", "C.UTF-8 in place of de_DE"),),
    )


def test_refresh_document() -> None:
    assert refresh_document(refreshed()) == {
        "format": 1,
        "exit": 0,
        "error": None,
        "snapshot": "20260814-070200",
        "seconds": 27.04,
        "backup": "20260814-070200",
        "backup_state": None,
        "staging": {"url": "postgresql://stagecopy:s3cr3t-pass@127.0.0.1:5433/app", "engine": "docker"},
        "tables": [
            {"name": "public.users", "rows": 12_000, "masked": ["email", "name"]},
            {"name": "public.plan", "rows": 4, "masked": []},
        ],
        "fidelity": [{"code": "other-collation", "message": "C.UTF-8 in place of de_DE"}],
        "audit": {"checked": 0, "leaks": 0},
        "personal_kept": 0,
        "drift": None,
    }


def test_error_document() -> None:
    error = StagingError("disk-full", "postgresql://u:pw@h/d has no room")
    assert error_document(4, error) == {
        "format": 1,
        "exit": 4,
        "error": {"code": "disk-full", "message": "postgresql://u:***@h/d has no room", "hint": None, "where": None},
    }
    assert error_document(0, None) == {"format": 1, "exit": 0, "error": None}


def test_refresh_summary_without_the_password() -> None:
    stream = io.StringIO()
    refresh_summary(Console(file=stream, width=80, color_system=None), refreshed())
    assert "\n".join(line.rstrip() for line in stream.getvalue().split("\n")) == (
        "snapshot 20260814-070200 made in 27.0 s\n"
        "  copied  12,004 rows of 2 tables\n"
        "  masked  2 columns in 1 table\n"
        "  backup  20260814-070200\n"
        "  served  by docker; look inside: stagecopy staging psql\n"
        "\n"
        "staging differs from production\n"
        "  other-collation  C.UTF-8 in place of de_DE\n"
    )
    assert "s3cr3t" not in repr(refreshed())
