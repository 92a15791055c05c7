"""Which files take a migration back: by the conventions of the tools, or as somebody says."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagecopy.errors import UsageError
from stagecopy.flows.sources import source
from stagecopy.flows.way_back import way_back
from stagecopy.model.migration import Migration, SourceFile, ToolCommand


def written(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"SELECT '{name}';\n", encoding="utf-8")


def back(folder: Path, *names: str) -> list[str] | None:
    found = way_back(Migration(tuple(source(folder / name) for name in names)))
    return None if found is None else [Path(each.name).relative_to(folder).as_posix() for each in found.files]


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("1_a.up.sql", "1_a.down.sql"),
        ("2024_a/up.sql", "2024_a/down.sql"),
        ("2024_a/migration.sql", "2024_a/down.sql"),
        ("V1__a.sql", "U1__a.sql"),
        ("a.sql", "a.down.sql"),
    ],
)
def test_a_file_beside_it_is_the_way_back_by_its_name(tmp_path: Path, up: str, down: str) -> None:
    written(tmp_path, up)
    assert back(tmp_path, up) is None
    written(tmp_path, down)
    assert back(tmp_path, up) == [down]
    assert back(tmp_path, up, down) is None  # it is tried already


def test_of_several_the_last_goes_first_and_all_must_have_one(tmp_path: Path) -> None:
    written(tmp_path, "1_a.up.sql", "1_a.down.sql", "2_b.up.sql", "2_b.down.sql", "3_c.up.sql")
    assert back(tmp_path, "1_a.up.sql", "2_b.up.sql") == ["2_b.down.sql", "1_a.down.sql"]
    assert back(tmp_path, "1_a.up.sql", "2_b.up.sql", "3_c.up.sql") is None


def test_the_down_part_of_a_file_keeps_its_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "1.sql"
    path.write_text("-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n", encoding="utf-8")
    found = way_back(Migration((source(path),)))
    assert found is not None
    assert (found.files[0].text.decode().splitlines()[3], b"SELECT 1" in found.files[0].text) == ("SELECT 2;", False)
    named = way_back(Migration((SourceFile("-e", b"SELECT 3"),)), [path])
    assert named is not None
    assert named.files[0].text == found.files[0].text


def test_text_has_no_way_back_unless_somebody_names_one(tmp_path: Path) -> None:
    text = Migration((SourceFile("-e", b"SELECT 1"),))
    assert way_back(text) is None
    written(tmp_path, "any.sql")
    named = way_back(text, [tmp_path / "any.sql"])
    assert named is not None
    assert named.files[0].data == b"SELECT 'any.sql';\n"
    with pytest.raises(UsageError) as caught:
        way_back(text, [tmp_path / "none.sql"])
    assert caught.value.code == "no-such-file"


def test_a_command_goes_back_by_a_command_that_gets_what_it_got() -> None:
    up = Migration(command=ToolCommand(("alembic", "upgrade", "head"), ("MODE",), uncontained=True))
    assert way_back(up) is None
    assert way_back(up, command="alembic -x 'a b' downgrade -1") == Migration(
        command=ToolCommand(("alembic", "-x", "a b", "downgrade", "-1"), ("MODE",), uncontained=True)
    )
    for bad, given in (("'open", []), ("", []), ("alembic", [Path("x.sql")])):
        with pytest.raises(UsageError):
            way_back(up, given, bad)
