"""What the filter lets by in error may not crowd out what production really holds."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from stagecopy.flows import audit
from stagecopy.masking.digestset import DigestSet

RAW = "zaphira@canary-nest.test"


@pytest.fixture
def finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> audit._Finds:
    """Few finds are held at a time, and the filter lets everything by."""
    monkeypatch.setattr(audit, "_MOST_FINDS", 100)
    monkeypatch.setattr(DigestSet, "maybe", lambda _, made: pl.repeat(True, len(made), dtype=pl.Boolean, eager=True))
    digests = DigestSet(tmp_path / "digests")
    digests.add(pl.Series([RAW]))
    digests.close()
    return audit._Finds(digests)


@pytest.mark.parametrize("place", [0, 450, 999])
def test_a_find_among_many_errors_of_the_filter_is_kept(finds: audit._Finds, place: int) -> None:
    texts = [f"somebody{number}@corp.test" for number in range(1_000)]
    texts[place] = RAW
    for start in range(0, len(texts), 90):
        finds.look(("public.t.note", pl.Series(texts[start : start + 90])))
    assert finds.sure() == {"public.t.note": {RAW}}


def test_catalogs_are_searched_at_once_and_the_place_is_known(finds: audit._Finds) -> None:
    texts = [(f"comment on table {number}", "nothing of anybody") for number in range(300)]
    texts[77] = ("comment on table 77", f"ask {RAW.upper()} first")
    audit._look_at_texts(finds, texts)
    assert finds.sure() == {"comment on table 77": {RAW}}
    assert len(finds.places) == 300
