"""Where statements that psql sent stand in the files, and how many of them did not last."""

from __future__ import annotations

from stagecopy.model.migration import SourceFile, StatementRun
from stagecopy.trial.whereabouts import Whereabouts, undone


def test_statements_are_found_in_order_across_files() -> None:
    where = Whereabouts([SourceFile("a.sql", b"SELECT 1;\n\nSELECT 1;\n"), SourceFile("b.sql", b"\\set x\nSELECT 1")])
    assert [where.next("SELECT 1") for _ in range(4)] == [("a.sql", 1), ("a.sql", 3), ("b.sql", 2), None]


def test_what_stands_in_no_file_does_not_lose_the_place() -> None:
    where = Whereabouts([SourceFile("a.sql", b"SELECT 1;\nSELECT 2;")])
    assert [where.next(sql) for sql in ("made by gexec", "SELECT 2")] == [None, ("a.sql", 2)]


def _ran(*tags: str) -> list[StatementRun]:
    return [StatementRun(n, None, "sql", 0.0, None, tag) for n, tag in enumerate(tags, 1)]


def test_undone_are_those_of_the_last_transaction() -> None:
    assert undone(_ran("DELETE 1", "BEGIN", "DELETE 1", "")) == 2
    assert undone(_ran("BEGIN", "DELETE 1", "COMMIT", "")) == 0
    assert undone(_ran("BEGIN", "DELETE 1", "COMMIT", "BEGIN", "DELETE 1")) == 2
    assert undone(_ran("DELETE 1", "")) == 0
