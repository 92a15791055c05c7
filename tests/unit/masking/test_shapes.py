"""What sampled values prove: check digits, numbering plans, shapes of secrets. Values are made up or from manuals."""

from __future__ import annotations

import pytest

from stagecopy.masking.classify_numbers import of_people
from stagecopy.masking.classify_phones import international, national
from stagecopy.masking.classify_shapes import recognised
from stagecopy.masking.classify_values import look, look_array, look_json, look_number

SPANISH = ["12345678Z", "00000000T", "99999999R", "11111111H"]
ITALIAN = ["RSSMRA85T10A562S", "RCCMNL83S18D969H", "VRDGPP13R10B293P"]
POLISH = ["44051401359", "02070803628", "44051401458"]
BRAZILIAN = ["111.444.777-35", "529.982.247-25", "168.995.350-09"]
BOOKS = ["978-3-16-148410-0", "0-306-40615-2", "9780306406157", "0306406152"]
PHONES_US = ["(212) 555-0142", "415-555-0132", "312.555.0187", "646 555 0111"]
PHONES_FR = ["01 42 68 53 00", "04 91 13 89 00", "05 56 00 66 00"]


@pytest.mark.parametrize("values", [SPANISH, ITALIAN, POLISH, BRAZILIAN], ids=["es", "it", "pl", "br"])
def test_numbers_of_persons_are_known_by_their_check_digits(values: list[str]) -> None:
    assert of_people(values) == len(values)
    spoilt = [value[:-2] + str((int(value[-2]) + 1) % 10 if value[-2].isdigit() else 0) + value[-1] for value in values]
    assert of_people(spoilt) == 0


def test_two_values_prove_nothing() -> None:
    assert of_people(POLISH[:2]) == 0


def test_books_are_nobody_although_their_check_is_that_of_a_patient_number() -> None:
    assert of_people(BOOKS * 5) == 0
    assert look(BOOKS).kind is None


@pytest.mark.parametrize("start", [1_000_000_000, 4_400_000_000, 123_456_780])
def test_numbers_in_sequence_are_no_persons(start: int) -> None:
    assert of_people([str(number) for number in range(start, start + 200)]) == 0
    assert look_number([str(number) for number in range(start, start + 200)]).kind is None


def test_whole_numbers_with_check_digits_are_seen() -> None:
    assert look_number(POLISH).kind == "national_id"


@pytest.mark.parametrize("values", [PHONES_US, PHONES_FR], ids=["US", "FR"])
def test_national_telephone_numbers_are_sound_in_one_country(values: list[str]) -> None:
    assert national(values) == len(values)
    assert look(values).kind == "phone"


def test_international_numbers_speak_for_themselves() -> None:
    assert international("+49 30 901820")
    assert international("0044 20 7946 0958")
    assert not international("+49 1")


@pytest.mark.parametrize(
    "values",
    [
        ["2024-01-31", "2023-12-01", "2022-05-06"],
        ["31.01.2024", "01.12.2023", "06.05.2022"],
        ["192.0.2.1", "198.51.100.7", "203.0.113.9"],
        ["12.50", "19.99", "100.00"],
        ["10-2024", "11-2024", "12-2024"],
    ],
)
def test_dates_addresses_and_prices_are_no_telephone_numbers(values: list[str]) -> None:
    assert national(values) == 0
    assert look(values).kind != "phone"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["ghp_abcdefghijklmnopqrstuvwxyz0123456789"], "secret"),
        (["glpat-abcdefghij0123456789"], "secret"),
        (["postgres://app:hunter2@db/app"], "secret"),
        (["md5a3556571e93b0d20722ba62be61e8c2d"], "secret"),
        (["00:1a:2b:3c:4d:5e", "001a.2b3c.4d5e"], "ip"),
        (["2001:db8::/32"], "ip"),
        (["Ada Lovelace <ada@example.org>"], "email"),
        (["12 Baker Street", "221b Baker Street, London"], "address"),
        (["Hauptstraße 12", "Am Markt 3", "Lindenallee 9a"], "address"),
        (["12 rue de la Paix", "3 avenue Foch"], "address"),
        (["Via Roma 12", "Calle Mayor 3"], "address"),
        (["52.5200, 13.4050", "48.8566, 2.3522"], "geo"),
        (["0x52908400098527886E0F7030069857D2E4169EE7"], "bank"),
        (["490154203237518", "356938035643809"], "session"),
    ],
)
def test_shapes(values: list[str], kind: str) -> None:
    found = recognised(values)
    assert found is not None
    assert found[0] == kind
    assert not any(value in found[1] for value in values)


@pytest.mark.parametrize(
    "values", [["1.2.3", "10.4"], ["12:30", "08:15:00"], ["red", "green"], ["A-1", "B-2"], ["0000012345", "0000012346"]]
)
def test_what_has_no_shape(values: list[str]) -> None:
    assert recognised(values) is None


def test_the_reason_says_how_many() -> None:
    values = ["a@example.org"] * 97 + ["none"] * 3
    assert look(values).why == "97 of 100 sampled values are e-mail addresses"


def test_addresses_and_numbers_inside_text_are_found() -> None:
    assert look(["please call +49 30 901820 before noon", "nothing here"]).kind == "message"
    assert look(["the quick brown fox jumps over it", "and then it sleeps for a long time"]).prose


def test_elements_of_arrays_are_values() -> None:
    assert look_array(["{a@example.org,b@example.org}", '{"c@example.org"}']).kind == "email"


def test_documents_are_told_leaf_by_leaf() -> None:
    seen = look_json(['{"contact": {"email": "x", "tags": ["+49 30 901820"]}, "width": "3"}'])
    assert seen.leaves == (("$.contact.email", "email"), ("$.contact.tags[*]", "phone"))


@pytest.mark.parametrize("key", ["anna@example.org", "Anna", "4111111111111111", "a b"])
def test_keys_that_are_values_are_not_shown(key: str) -> None:
    seen = look_json([f'{{"{key}": {{"email": "x"}}}}'])
    assert seen.kind == "traits"
    assert key not in seen.why
    assert all(key not in path for path, _ in seen.leaves)
