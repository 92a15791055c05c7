"""Masks that a project writes itself: which files may be used, what they get, what happens when they fail."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from stagecopy.errors import StagingError
from stagecopy.masking.digest import Draw
from stagecopy.masking.loader import load_rules
from stagecopy.masking.maskers import MASKS, Setting
from stagecopy.masking.project_code import CodeError
from stagecopy.masking.receipt import rules_sha256
from tests.unit.masking.factory import KEY, column, planned, refused, streamed, table, unique

CODE = Path(__file__).with_name("project_masks.py")


def project(folder: Path, code: str | None = None) -> Path:
    """A project with a file of masks; returns the folder of its rules."""
    (folder / "stagecopy.yaml").touch()
    (folder / "masks.py").write_text(CODE.read_text(encoding="utf-8") if code is None else code, encoding="utf-8")
    (folder / "masking-rules").mkdir()
    return folder / "masking-rules"


def apply(call: str, values: list[str], **facts: object) -> list[str | None]:
    options = {"call": f"project_masks.py:{call}", "injective": str(facts.pop("injective", "no"))}
    setting = Setting(KEY, options=options, where=f"{CODE}:1", **facts)  # type: ignore[arg-type]
    return MASKS["python"](setting).apply(pl.Series(values)).to_list()


def rules(call: str, more: str = "") -> str:
    return f'tables:\n  t: {{columns: {{c: {{mask: python, call: "{call}"{more}}}}}}}\n'


def test_a_function_gets_values_and_keyed_digests() -> None:
    digests = Draw.of(pl.Series(["a", "b"]), KEY.derive("mask python")).digest
    assert apply("shout", ["a", "b", "a"]) == [f"A {digests[0][:8]}", f"B {digests[1][:8]}", f"A {digests[0][:8]}"]


def test_a_project_s_own_file_masks_a_column(tmp_path: Path) -> None:
    made = planned(project(tmp_path), rules("masks.py:shout"), table(1, "t", column("c")))
    assert streamed(made.tables[1], [b"a\\tb\n\\N\n\n"]).startswith(b"A\\tB ")
    assert [each.name for each in tmp_path.iterdir() if each.name == "__pycache__"] == []


@pytest.mark.parametrize("call", ["same", "short", "numbers", "nothing", "broken", "leaves"])
def test_what_a_function_must_not_do(call: str) -> None:
    with pytest.raises(CodeError) as caught:
        apply(call, ["raw one", "raw two"], injective="yes", nullable=False)
    assert "raw" not in str(caught.value)


def test_failures_name_the_place_but_no_value(tmp_path: Path) -> None:
    made = planned(project(tmp_path), rules("masks.py:broken"), table(1, "t", column("c")))
    with pytest.raises(StagingError) as caught:
        streamed(made.tables[1], [b"secret\n"])
    assert caught.value.code == "mask-failed"
    assert "secret" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("masks.py", "needs `call: FILE.py:FUNCTION`"),
        ("masks:shout", "needs `call: FILE.py:FUNCTION`"),
        ("masks.py:shout()", "needs `call: FILE.py:FUNCTION`"),
        ("../outside.py:shout", "outside the project's folder"),
        ("link.py:shout", "outside the project's folder"),
        ("other.py:shout", "there is no file other.py"),
        ("masks.py:shot", "has no function shot"),
        ("wrong.py:shout", "cannot be loaded (line 2) (ValueError)"),
        ("syntax.py:shout", "cannot be loaded (line 1) (SyntaxError)"),
    ],
)
def test_only_files_of_the_project_are_loaded(tmp_path: Path, call: str, said: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    folder = project(inside)
    (tmp_path / "outside.py").write_text("shout = list\n", encoding="utf-8")
    (inside / "link.py").symlink_to(tmp_path / "outside.py")
    (inside / "wrong.py").write_text("a = 1\nraise ValueError('raw')\n", encoding="utf-8")
    (inside / "syntax.py").write_text("def shout(:\n", encoding="utf-8")
    found = refused(folder, rules(call), table(1, "t", column("c")))
    assert said in found[0]


@pytest.mark.parametrize(("more", "fits"), [("", False), (", injective: no", False), (", injective: yes", True)])
def test_the_plan_believes_what_the_rule_promises(tmp_path: Path, more: str, fits: bool) -> None:
    folder, one = project(tmp_path), table(1, "t", column("c"), unique_keys=(unique(1),))
    if fits:
        planned(folder, rules("masks.py:shout", more), one)
    else:
        assert "can give two rows" in refused(folder, rules("masks.py:shout", more), one)[0]


def test_the_receipt_tells_one_version_of_the_code_from_another(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "rules.yaml").write_text(
        "version: 1\n"
        'tables:\n  t:\n    columns:\n      a: {mask: array, each: {mask: python, call: "masks.py:shout"}}\n'
        '      b: {mask: python, call: "gone.py:shout"}\n',
        encoding="utf-8",
    )
    before = rules_sha256(load_rules(folder))
    assert rules_sha256(load_rules(folder)) == before
    with (tmp_path / "masks.py").open("a", encoding="utf-8") as code:
        code.write("# another version\n")
    assert rules_sha256(load_rules(folder)) != before
