"""squawk beside our own rules: the real program where it is installed, and whatever else may bear its name."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from stagecopy.model.change import Difference
from stagecopy.model.findings import Finding
from stagecopy.model.lint import Lint, LintNote
from stagecopy.model.migration import MigrationRun, RanFile, SourceFile, StatementRun
from stagecopy.safety.evidence import Evidence, Policy
from stagecopy.safety.static import linted
from stagecopy.trial.squawk import squawk

_SQL = b"SELECT 1;\n-- a comment\nCREATE TABLE t (id int PRIMARY KEY,\n  c varchar(10));\n"
_BESIDE = shutil.which("squawk") or shutil.which("squawk", path=str(Path(sys.executable).parent))


def ran(lint: Lint | None) -> MigrationRun:
    """Two statements of which the second begins at line 3."""
    statements = (
        StatementRun(1, 1, "SELECT 1", 0.1, 1, "SELECT 1", file="a.sql"),
        StatementRun(2, 3, "CREATE TABLE t (id int)", 0.1, None, "CREATE TABLE", file="a.sql"),
    )
    files = (RanFile("a.sql", None, "statement"),)
    return MigrationRun("00", 0.1, statements, None, left_open=False, wal_bytes=0, files=files, lint=lint)


def told(*notes: LintNote, ours: str = "half-done") -> list[tuple[str, str, str]]:
    found = [Finding(ours, "info", "migration", "…", "…")]
    evidence = Evidence(Difference((), ()), ran(Lint("squawk", "squawk 2", notes)), Policy())
    return [(each.rule, each.severity, each.subject) for each in linted(evidence, found)]


def note(rule: str, line: int = 4, *, error: bool = False) -> LintNote:
    return LintNote(rule, "a.sql", line, "it says\nso", "", error)


def program(folder: Path, text: str) -> None:
    """Put a program of that name on the PATH."""
    path = folder / "squawk"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.skipif(_BESIDE is None, reason="squawk is not installed")
def test_the_real_program_reads_what_runs_and_judges_no_syntax(tmp_path: Path) -> None:
    lint = squawk([SourceFile("a.sql", b"DROP TABLE x;", runs=_SQL)], major=15, folder=tmp_path)
    assert lint is not None
    assert lint.failure is None
    assert lint.version[0].isdigit()
    lines = {(each.rule, each.line) for each in lint.notes}
    assert {("prefer-bigint-over-int", 3), ("prefer-text-field", 4)} <= lines
    assert {each.rule for each in lint.notes}.isdisjoint({"syntax-error", "ban-drop-table"})
    unread = squawk([SourceFile("b.sql", b"SELECT FROM WHERE;")], major=15, folder=tmp_path)
    assert unread is not None
    assert (unread.notes, unread.failure) == ((), "it cannot parse b.sql")
    found = list(linted(Evidence(Difference((), ()), ran(lint), Policy()), []))
    assert ("squawk:prefer-text-field", "statement 2") in {(each.rule, each.subject) for each in found}


@pytest.mark.parametrize(
    "text",
    ["echo nonsense", "echo '[{\"line\": 1}]'", "echo '7'; exit 3", "kill -9 $$", "echo '[null]'", "echo '[[]]'", ""],
)
def test_whatever_it_answers_no_trial_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    program(tmp_path, text)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    lint = squawk([SourceFile("a.sql", _SQL)], major=15, folder=tmp_path)
    assert lint is not None
    assert (bool(lint.failure), lint.notes) == (True, ())


def test_nothing_is_asked_where_there_is_no_program_or_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "echo '[]'")
    assert squawk([], major=15, folder=tmp_path) is None
    monkeypatch.setenv("PATH", "/nonexistent")
    if not (Path(sys.executable).parent / "squawk").exists():
        assert squawk([SourceFile("a.sql", _SQL)], major=15, folder=tmp_path) is None


def test_it_sees_no_secret_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, f"env > {tmp_path}/seen; echo '[]'")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("STAGECOPY_KEY", "sees-no-key-of-ours-0123456789")
    squawk([SourceFile("a.sql", _SQL)], major=15, folder=tmp_path)
    assert "sees-no-key" not in (tmp_path / "seen").read_text()


def test_a_rule_is_told_once_at_the_statement_of_its_first_line() -> None:
    assert told(note("prefer-text-field"), note("prefer-text-field", 9)) == [
        ("squawk:prefer-text-field", "info", "statement 2")
    ]
    assert told(note("new-rule", error=True)) == [("squawk:new-rule", "warn", "statement 2")]


def test_what_a_trial_knows_better_is_left_out() -> None:
    assert told(note("prefer-robust-stmts"), note("require-lock-timeout")) == []
    assert told(note("renaming-column"), ours="old-name-gone") == []
    assert told(note("renaming-column")) == [("squawk:renaming-column", "info", "statement 2")]
