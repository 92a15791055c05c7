"""Masks that go by a subject: one person has one name, everywhere, and one offset for all dates."""

from __future__ import annotations

import json

import polars as pl
import pytest

from stagecopy.masking.collation import normal, strength
from stagecopy.masking.maskers import MASKS, Setting
from stagecopy.masking.vocabulary import LOCALES, ascii_form
from tests.unit.masking.factory import KEY, OTHER_KEY

WHO = pl.Series(["1", "2", "3", "1", None])


def of_persons(mask: str, values: list[str | None], **facts: object) -> list[str]:
    setting = Setting(KEY, subject="customer", **facts)  # type: ignore[arg-type]
    found = MASKS[mask](setting).apply(pl.Series(values, dtype=pl.String), WHO)
    return [str(each) for each in found]


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "ja_JP"])
def test_a_persons_names_and_addresses_fit_together(locale: str) -> None:
    raw: list[str | None] = ["v1", "v2", "v3", "v4", "v5"]
    first, last, mail, login = (
        of_persons(mask, raw, locale=locale) for mask in ("first_name", "last_name", "email", "username")
    )
    names = of_persons("name", raw, locale=locale)
    for position in range(4):
        assert {*first[position].split(), *last[position].split()} == {*names[position].split()}
        assert mail[position].split(".")[0] == (ascii_form(first[position]) or mail[position].split(".")[0])
        assert mail[position].split(".")[1] == (ascii_form(last[position]) or mail[position].split(".")[1])
        assert login[position].startswith(mail[position].split(".")[0] + "_")
    assert first[0] == first[3]
    assert mail[0] != mail[3]  # two addresses of one person stay two


def test_a_row_about_nobody_is_masked_by_its_own_value() -> None:
    own = MASKS["name"](Setting(KEY, subject="customer")).apply(pl.Series(["Ann Lee"]))[0]
    assert of_persons("name", ["a", "b", "c", "d", "Ann Lee"])[4] == own


def test_parts_of_a_value_go_by_its_person() -> None:
    names = of_persons("name", ["a", "b", "c", "d", "e"])[:4]
    name = MASKS["name"](Setting(KEY, subject="customer"))
    own = MASKS["hash"](Setting(KEY))
    documents = [f'{{"n": "raw {row}", "all": ["x"], "h": "same"}}' for row in range(5)]
    leaves = {"$.n": name, "$.all[*]": name, "$.h": own}
    masked = MASKS["json"](Setting(KEY, leaves=leaves)).apply(pl.Series(documents), WHO)
    for row in range(4):
        found = json.loads(masked[row])
        assert (found["n"], found["all"]) == (names[row], [names[row]])
        assert found["h"] == own.apply(pl.Series(["same"]))[0]
    array = MASKS["array"](Setting(KEY, leaves={"each": name})).apply(
        pl.Series(["{a,b}", "{}", "{c}", "{d}", "{e}"]), WHO
    )
    quoted = [f'"{each}"' for each in names]
    assert array.to_list()[:4] == [f"{{{quoted[0]},{quoted[0]}}}", "{}", f"{{{quoted[2]}}}", f"{{{quoted[3]}}}"]


def test_all_dates_of_a_person_move_by_one_offset() -> None:
    days = of_persons("shift_date", ["2020-05-05", "2020-05-05", "2020-05-05", "2021-01-01", "2020-05-05"])
    times = of_persons("shift_date", ["2020-05-06 10:00:00+00"] * 5)
    spans = of_persons("shift_date", ['["2020-05-05 10:00:00+00","2020-05-07 11:00:00+00")'] * 5)
    before = pl.Series(["2020-05-05"] * 3 + ["2021-01-01", "2020-05-05"]).str.to_date()
    offsets = (pl.Series(days).str.to_date() - before).dt.total_days()
    assert offsets[0] == offsets[3]
    assert 0 not in offsets.to_list()
    for position, offset in enumerate(offsets[:4]):
        assert times[position] == f"{_plus('2020-05-06', offset)} 10:00:00+00"
        lower, upper = _plus("2020-05-05", offset), _plus("2020-05-07", offset)
        assert spans[position] == f'["{lower} 10:00:00+00","{upper} 11:00:00+00")'


def _plus(day: str, offset: int) -> str:
    return str(pl.Series([day]).str.to_date().dt.offset_by(f"{offset}d")[0])


@pytest.mark.parametrize(
    "text", ["empty", "(,)", "[2020-01-01,)", "(,infinity]", '["2020-01-01 00:00:00","2020-01-02 00:00:00")']
)
def test_ranges_keep_their_shape(text: str) -> None:
    out = MASKS["shift_date"](Setting(KEY)).apply(pl.Series([text]))[0]
    assert [letter for letter in out if letter in '[]()",'] == [letter for letter in text if letter in '[]()",']
    assert ("2020-01-01" in out) is False


@pytest.mark.parametrize(("nullable", "left"), [(True, None), (False, "empty")])
def test_a_range_with_a_bound_outside_the_calendar_is_redacted(nullable: bool, left: str | None) -> None:
    series = pl.Series(["[20000-01-01,20001-01-01)"])
    assert MASKS["shift_date"](Setting(KEY, nullable=nullable)).apply(series)[0] == left
    with pytest.raises(ValueError, match="does not understand"):
        MASKS["shift_date"](Setting(KEY, on_bad="fail")).apply(series)


def test_another_key_makes_other_persons() -> None:
    who = pl.Series([f"{n}" for n in range(50)])
    ours, theirs = (
        MASKS["name"](Setting(key, subject="customer")).apply(pl.Series(["x"] * 50), who) for key in (KEY, OTHER_KEY)
    )
    assert (ours == theirs).sum() <= 1


@pytest.mark.parametrize(
    ("locale", "level"),
    [
        ("und-u-ks-level1", 1),
        ("de-u-ks-level2", 2),
        ("und", 3),
        ("en-US", 3),
        ("", 3),
        ("und-u-ka-shifted", None),
        ("und-u-ks-level2-kn", None),
        ("@colStrength=secondary", None),
    ],
)
def test_A24_only_strengths_are_understood(locale: str, level: int | None) -> None:
    assert strength(locale) == level


def test_A24_what_a_collation_calls_equal_is_one_value() -> None:
    raw = pl.Series(["Évora", "évora", "EVORA", None])
    assert normal(raw, "und-u-ks-level2").to_list() == ["évora", "évora", "evora", None]
    assert normal(raw, "und-u-ks-level1").to_list() == ["evora", "evora", "evora", None]


def test_A24_zeros_at_the_end_of_a_number_do_not_count() -> None:
    raw = pl.Series(["1.50", "1.5", "100", "1.00", "1", "0.0", "-0.10"])
    assert Setting(KEY, scaled=True).normal(raw).to_list() == ["1.5", "1.5", "100", "1", "1", "0", "-0.1"]
