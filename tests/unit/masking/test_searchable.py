"""What the audit looks for and where it looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from stagecopy.masking import searchable
from stagecopy.masking.columns import ColumnPlan
from stagecopy.masking.digestset import DigestSet
from stagecopy.masking.distinct import Distinct, fingerprints
from stagecopy.masking.keys import MaskKey
from stagecopy.masking.maskers import MASKS, Setting
from stagecopy.masking.plan import TablePlan
from stagecopy.masking.remembered import Masks
from stagecopy.masking.witness import Confirmer, Witness
from tests.unit.masking.factory import column, table

KEY = MaskKey(b"k" * 32)


def _plan(mask: str, **options: str) -> ColumnPlan:
    return ColumnPlan(column("c"), mask, "rules.yaml:1", MASKS[mask](Setting(KEY, options=options)))


def _wanted(mask: str, *raw: str, **options: str) -> set[str]:
    plan, values = _plan(mask, **options), pl.Series(raw, dtype=pl.String)
    assert plan.masker is not None
    return set(searchable.wanted(plan, values, plan.masker.apply(values)))


@pytest.mark.parametrize(
    ("value", "searched"),
    [
        ("Bob@Corp.test ", True),
        ("415-555-2671", True),
        ("New Amsterdam", True),
        ("xy12zz9q", True),
        ("schneider", False),
        ("1980-01-01", False),
        ("12345", False),
        ("", False),
    ],
)
def test_only_what_carries_thirty_bits_is_looked_for(value: str, searched: bool) -> None:
    assert bool(_wanted("hash", value)) is searched


def test_names_that_the_mask_could_put_are_not_looked_for() -> None:
    assert _wanted("name", "James Smith", "Zaphira Quillfeather") == {"zaphira quillfeather"}


def test_masks_that_draw_from_the_same_values_have_no_search() -> None:
    for mask in ("first_name", "city", "phone", "shift_date", "permute", "choice"):
        options = {"values": "a|b"} if mask == "choice" else {}
        assert searchable.why_not(_plan(mask, **options))


def test_every_mask_says_for_itself_what_the_audit_may_conclude() -> None:
    assert [name for name, mask in MASKS.items() if "trace" not in vars(mask)] == []


def test_addresses_inside_a_text_are_looked_for_too() -> None:
    assert "a.b@corp.test" in _wanted("text", "please write to a.b@corp.test soon")


@pytest.mark.parametrize(
    "cell",
    [
        "mail: BOB@corp.test.",
        '{"who": ["bob@corp.test"]}',
        "{x,bob@corp.test}",
        "'bob@corp.test':3",
        '"mail"=>"bob@corp.test"',
        "https://a.test/?m=bob%40corp.test&n=1",
        "https://a.test/?m=%62o%62%40corp%2Etest",
        r'{"who": "bob\u0040corp.test"}',
        "CHECK (who <> 'bob@corp.test'::text)",
        "say bob@corp.test, please",
    ],
)
def test_a_value_is_found_inside_a_cell(cell: str) -> None:
    assert "bob@corp.test" in set(searchable.pieces(pl.Series([None, cell])))


def test_names_and_quoted_values_are_found_inside_a_cell() -> None:
    assert "ada king lovelace" in set(searchable.pieces(pl.Series(["user Ada King Lovelace left"])))
    agent = "mozilla/5.0 (x11; linux)"
    assert agent in set(searchable.pieces(pl.Series([f'{{"agent": "{agent}"}}'])))


@pytest.mark.parametrize(
    "cell",
    [
        r'{"who": "J\u00f6rg \u00d6zil", "at": "https:\/\/a.test\/x"}',
        "https://a.test/?who=J%C3%B6rg%20%c3%96zil&at=https%3A%2F%2Fa.test%2Fx",
    ],
)
def test_escapes_hide_nothing(cell: str) -> None:
    found = " ".join(searchable.pieces(pl.Series([cell])))
    assert "jörg özil" in found
    assert "https://a.test/x" in found


def test_a_set_knows_its_members_also_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stagecopy.masking.digestset._FLUSH", 500)
    monkeypatch.setattr("stagecopy.masking.digestset._IN_MEMORY", 1_000)
    inside = pl.Series([f"person{number}@corp.test" for number in range(5_000)])
    outside = pl.Series([f"nobody{number}@corp.test" for number in range(5_000)])
    digests = DigestSet(tmp_path / "digests")
    for part in (inside[:2_000], inside[2_000:]):
        digests.add(part)
    digests.close()
    assert list(tmp_path.iterdir())
    assert digests.maybe(digests.digests(inside)).all()
    assert digests.maybe(digests.digests(outside)).sum() <= 12
    assert len(digests.members(digests.digests(inside))) == 5_000
    assert len(digests.members(digests.digests(outside))) == 0


def test_different_values_are_counted_well_enough() -> None:
    few, many = Distinct(), Distinct()
    few.add(fingerprints(pl.Series(["a", "b", None, "a"])))
    for start in range(0, 100_000, 10_000):
        many.add(fingerprints(pl.Series([str(number) for number in range(start, start + 15_000)])))
    assert few.count == 2
    assert many.count == pytest.approx(105_000, rel=0.1)


def test_what_many_rows_hold_is_nobodys_own() -> None:
    plan, people = _plan("hash"), table(1, "people", column("c"))
    confirmer = Confirmer({"the default value", "ada@corp.test"})
    raw = pl.Series(["The default value"] * 50 + ["ada@corp.test"])
    confirmer.see(people, plan, raw, Masks(pl.Series(["x"] * 51)))
    assert confirmer.origins() == {"ada@corp.test": f"{people.qualified}.c"}


def test_an_address_is_somebodys_own_where_it_stands_once() -> None:
    plan, orders, users = _plan("hash"), table(1, "orders", column("c")), table(2, "users", column("c"))
    texts = {"ada@corp.test", "the default value", "noreply@corp.test"}
    confirmer = Confirmer(texts)
    for people, raw in ((orders, [*texts] * 50), (users, ["ada@corp.test", "The default value"])):
        confirmer.see(people, plan, pl.Series(raw), Masks(pl.Series(["x"] * len(raw))))
    assert confirmer.origins() == {"ada@corp.test": f"{users.qualified}.c"}


def test_a_mask_that_lets_values_through_is_told(tmp_path: Path) -> None:
    plan, people = _plan("hash"), table(1, "people", column("c"))
    plan = replace(plan, column=people.columns[0])
    witness = Witness([TablePlan(people, "copy", None, (plan,))], tmp_path / "digests")
    witness.see(people, plan, pl.Series(["a", "b", "", None]), Masks(pl.Series(["x", "b", "", None])))
    assert witness.unchanged() == {"public.people.c": 1}
    assert (witness.columns[1, 1].masked, witness.columns[1, 1].nulls) == (1, 1)
