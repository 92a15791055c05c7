"""Which workloads are refused before anything is cloned."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagecopy.errors import UsageError
from stagecopy.trial.workload import script_of


@pytest.mark.parametrize("text", [b"", b"\n-- nothing\n", b"SELECT 1;\0", b"\\shell rm x\nSELECT 1;"])
def test_what_is_no_workload_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "w.sql").write_bytes(text)
    with pytest.raises(UsageError) as refused:
        script_of(tmp_path / "w.sql")
    assert refused.value.code == "bad-workload"


def test_a_script_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "w.sql").write_bytes(b"\\set id 1\nSELECT :id; -- one\n")
    assert script_of(tmp_path / "w.sql") == b"\\set id 1\nSELECT :id; -- one\n"
