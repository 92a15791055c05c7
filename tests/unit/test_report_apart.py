"""What a trial's report lists apart: sequences, the lists of migration tools, what the run was held against."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from stagecopy.model.change import Difference, SequenceChange, TableChange
from stagecopy.model.trial import ExpectationFile, TrialResult
from stagecopy.report.terminal_trial import trial_report
from tests.unit.report_samples import DONE, NOW, judged, table


def shown(result: TrialResult, *, all_tables: bool = False) -> str:
    stream = io.StringIO()
    trial_report(Console(file=stream, width=100, color_system=None), result, now=NOW, all_tables=all_tables)
    return stream.getvalue()


def result() -> TrialResult:
    own = TableChange("public", "schema_migrations", 3, 4, added=2, removed=1)
    moved = (
        SequenceChange("public.users_id_seq", 11, 12, column="public.users.id"),
        SequenceChange("public.Q", None, 1),
    )
    still = SequenceChange("public.still", 5, 5, column="public.still.id")
    return judged(Difference((table("users", 9, 10, added=1), own), (), (*moved, still)), DONE)


def test_migration_tools_lists_are_no_tables_and_no_loss() -> None:
    text = shown(result())
    assert text.startswith("adds 1 row to public.users\n")
    tables = text[text.index("\ntables\n") : text.index("\nsequences\n")]
    assert "schema_migrations" not in tables
    assert "migration tools' own lists\n  public.schema_migrations  +2 rows, -1 row\n" in text


def test_sequences_that_moved_are_listed() -> None:
    text = shown(result())
    assert 'sequences\n  public.users_id_seq  next 11 → 12\n  public."Q"           next – → 1\n' in text
    assert "still" not in text


def test_many_sequences_are_cut_unless_all_are_asked_for() -> None:
    many = tuple(SequenceChange(f"public.s{number}", 1, 2) for number in range(30))
    whole = judged(Difference((), (), many), DONE)
    assert "… and 10 more sequences" in shown(whole)
    assert "more sequences" not in shown(whole, all_tables=True)


def test_the_expectation_is_named() -> None:
    held = replace(result(), expectation=ExpectationFile("m/up.expect.yaml", written=False))
    assert "expectation\n  m/up.expect.yaml  held against this file\n" in shown(held)
    drafted = replace(held, expectation=ExpectationFile("up.expect.yaml", written=True))
    assert "up.expect.yaml  drafted: read it" in shown(drafted)
    assert "expectation" not in shown(result())
