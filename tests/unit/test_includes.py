"""What a psql script includes is part of its text."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from stagecopy.flows.sources import source, sources
from stagecopy.model.migration import fingerprint


def _sha256(*texts: str) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(f"{len(text.encode())}:{text}".encode())
    return digest.hexdigest()


def _names(path: Path) -> list[str]:
    return [Path(each.name).name for each in source(path).included]


def test_what_is_included_is_in_the_sha256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "steps").mkdir()
    inner, outer, here = "SELECT 3;\n", "\\ir 'it''s.sql'\nSELECT 2;\n", "SELECT 4;\n"
    (tmp_path / "steps" / "it's.sql").write_text(inner)
    (tmp_path / "steps" / "outer.sql").write_text(outer)
    (tmp_path / "here.sql").write_text(here)
    main = "\\include_relative outer.sql\nSELECT 1 \\i here.sql\n"
    path = tmp_path / "steps" / "main.sql"
    path.write_text(main)
    assert fingerprint((source(path),)) == _sha256(main, outer, inner, here)
    (tmp_path / "here.sql").write_text("DROP TABLE users;\n")
    assert fingerprint((source(path),)) == _sha256(main, outer, inner, "DROP TABLE users;\n")


def test_a_plain_file_and_what_only_looks_like_an_include_stay_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.sql").write_text("SELECT 1;\n")
    text = (
        "-- \\i other.sql\n/* \\i other.sql */\nSELECT '\n\\i other.sql', $$\n\\ir other.sql\n$$;\n"
        "COPY t (a) FROM stdin;\n\\i other.sql\nit's\n\\.\n\\echo it's \\i\n"
    )
    path = tmp_path / "main.sql"
    path.write_text(text)
    assert (_names(path), source(path).unread) == ([], ())
    assert fingerprint((source(path),)) == _sha256(text)
    path.write_text(text + "\\i other.sql\n")
    assert _names(path) == ["other.sql"]


def test_what_only_psql_can_tell_is_said_and_a_circle_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "main.sql"
    path.write_text("\\set f other.sql\n\\i :f\n\\i `which one`\n\\i missing.sql\n\\ir main.sql\n\\i :f\n")
    assert source(path).unread == ("\\i :f", "\\i `which")
    assert _names(path) == ["main.sql"]
    (typed,) = sources([], ["\\ir other.sql"])
    assert typed.unread == ("\\ir other.sql",)
