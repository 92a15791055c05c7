"""What stays of a run that somebody ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stagecopy.errors import TerminatedError
from stagecopy.history.runs import open_run


@pytest.mark.parametrize(
    ("ended", "code", "name"), [(KeyboardInterrupt(), 130, "interrupted"), (TerminatedError(), 143, "terminated")]
)
def test_a_run_that_was_ended_says_so(tmp_path: Path, ended: BaseException, code: int, name: str) -> None:
    with pytest.raises(type(ended)), open_run(tmp_path, "trial") as run:
        raise ended
    result = json.loads((run.folder / "result.json").read_text(encoding="utf-8"))
    assert (result["verb"], result["exit"], result["error"]["code"]) == ("trial", code, name)


def test_what_a_run_said_of_its_end_itself_stays(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _ended_with_a_result(tmp_path)
    (result,) = tmp_path.glob("*/result.json")
    assert json.loads(result.read_text(encoding="utf-8")) == {"verb": "refresh", "exit": 130, "snapshot": None}


def _ended_with_a_result(runs: Path) -> None:
    with open_run(runs, "refresh") as run:
        run.finish({"exit": 130, "snapshot": None})
        raise KeyboardInterrupt
