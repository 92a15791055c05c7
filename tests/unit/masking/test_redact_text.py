"""What is found inside free text, and that it gets the mask it would get in a column of its own."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagecopy.masking.entities import entities
from stagecopy.masking.maskers import MASKS, Setting
from tests.unit.masking.factory import KEY

NOTHING = [
    "The total is 1.234.567,89 EUR, due 2024-01-31 at 12:34:56.",
    "Order 20240131 of 3 items, version 1.2.3, room 101-B",
    "see chapter 4:5, ratio 16:9 - fine",
    "a < b @ c",
    "",
]


def masked(text: str, locale: str = "en_US", length: int | None = None) -> str:
    done = MASKS["redact_text"](Setting(KEY, locale=locale, length=length)).apply(pl.Series([text, ""]))
    return str(done[0])


def column_mask(name: str, value: str, locale: str = "en_US") -> str:
    return str(MASKS[name](Setting(KEY, locale=locale)).apply(pl.Series([value]))[0])


def found(text: str, locale: str = "en_US") -> list[tuple[str, str]]:
    return [(text[each.start : each.end], each.mask) for each in entities(text, locale)]


@pytest.mark.parametrize(
    ("text", "value", "mask"),
    [
        ("write to ann.lee@shop.de, please", "ann.lee@shop.de", "email"),
        ("see https://shop.de/u/77?mail=a@b.de.", "https://shop.de/u/77?mail=a@b.de", "url"),
        ("key=sk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "hash"),
        ("pay to DE89 3704 0044 0532 0130 00 now", "DE89 3704 0044 0532 0130 00", "iban"),
        ("card 5500 0055 5555 5559.", "5500 0055 5555 5559", "card"),
        ("ssn 123-45-6789", "123-45-6789", "phone"),
        ("from 203.0.113.7:443", "203.0.113.7", "inet"),
        ("from 2001:db8::1 today", "2001:db8::1", "inet"),
        ("mac 00:1b:44:11:3a:b7", "00:1b:44:11:3a:b7", "macaddr"),
        ("call +49 (30) 1234-567", "+49 (30) 1234-567", "phone"),
        ("call (212) 555-0123.", "(212) 555-0123", "phone"),
        ("spoke to Anna Schmidt about it", "Anna Schmidt", "name"),
        ("spoke to Anna.", "Anna", "first_name"),
        ("ask Mr. Wakefield again", "Wakefield", "last_name"),
        ("ask Dr. Anna M. Schmidt-Meyer again", "Anna M. Schmidt-Meyer", "name"),
    ],
)
def test_an_entity_gets_the_mask_of_its_column(text: str, value: str, mask: str) -> None:
    assert found(text) == [(value, mask)]
    if mask in MASKS:
        assert masked(text) == text.replace(value, column_mask(mask, value))
    assert value not in masked(text)


@pytest.mark.parametrize("text", NOTHING)
def test_the_rest_stays(text: str) -> None:
    assert masked(text) == text


def test_telephone_numbers_go_by_the_country_of_the_locale() -> None:
    assert found("ruf 030 901820 an", "de_DE") == [("030 901820", "phone")]


def test_several_finds_and_equal_ones() -> None:
    text = "Anna Schmidt (ann@shop.de) and ann@shop.de"
    mail = column_mask("email", "ann@shop.de")
    assert masked(text) == f"{column_mask('name', 'Anna Schmidt')} ({mail}) and {mail}"


def test_the_rest_keeps_its_case_in_citext() -> None:
    assert MASKS["redact_text"](Setting(KEY, caseless=True)).apply(pl.Series(["Fine, THANKS"]))[0] == "Fine, THANKS"


def test_the_text_fits_its_column() -> None:
    assert len(masked("a@b.de " * 3, length=22)) == 22


@given(st.text(alphabet="aA1@.+-:/ ()\n", max_size=60))
def test_finds_never_overlap(text: str) -> None:
    position = 0
    for each in entities(text, "en_US"):
        assert position <= each.start < each.end <= len(text)
        position = each.end
