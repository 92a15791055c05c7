"""Addresses of machines, accounts, cards, persons' numbers: valid again, and distinct where promised."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest
from stdnum import iban, luhn

from stagecopy.masking.maskers import MASKS, Setting
from tests.unit.masking.factory import KEY, column, planned, refused, table, unique


def masked(mask: str, values: Sequence[str], **facts: object) -> list[str]:
    setting = Setting(KEY, **facts)  # type: ignore[arg-type]
    return MASKS[mask](setting).apply(pl.Series(values, dtype=pl.String)).to_list()


GOLDEN_RAW = {
    "uuid": "018f3f5e-7b1c-7abc-8def-0123456789ab",
    "macaddr": "08:00:2b:01:02:03",
    "inet": "10.1.2.3",
    "url": "https://ann:secret@shop.test:8443/orders?id=7#top",
    "card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "postcode": "SW1A 1AA",
}
GOLDEN: dict[str, str] = {
    "uuid": "6678c56e-fd60-7e5a-9eb8-85c4dadfb5d6",
    "macaddr": "3b:58:b1:57:ba:f0",
    "inet": "10.1.2.72",
    "url": "https://example.org/4uzw8ss32y7x",
    "card": "4111 1160 3246 3046",
    "iban": "DE84 8706 2429 3604 4405 75",
    "postcode": "UZ7V 1AX",
}


@pytest.mark.parametrize("mask", GOLDEN_RAW)
def test_golden_values(mask: str) -> None:
    assert masked(mask, [GOLDEN_RAW[mask]]) == [GOLDEN[mask]]


def test_a_uuid_keeps_its_version() -> None:
    raw = [str(uuid.UUID(int=number << 40, version=version)) for number in range(500) for version in (1, 3, 4, 5)]
    out = masked("uuid", raw)
    assert len({*out}) == len({*raw})
    for before, after in zip(raw, out, strict=True):
        assert uuid.UUID(after).version == uuid.UUID(before).version
        assert uuid.UUID(after).variant == uuid.RFC_4122
    assert uuid.UUID(masked("uuid", ["no uuid at all"])[0]).version == 4


def test_an_address_stays_in_its_network() -> None:
    raw = [f"10.{n % 7}.{n % 11}.{n % 256}" for n in range(400)] + [f"2001:db8::{n:x}" for n in range(100)]
    for before, after in zip(raw, masked("inet", raw), strict=True):
        bits = 24 if "." in before else 64
        assert ipaddress.ip_address(after) in ipaddress.ip_network(f"{before}/{bits}", strict=False)
        assert after != before


@pytest.mark.parametrize("text", ["10.1.0.0/16", "2001:db8::/96", "10.0.0.0/8"])
def test_a_network_stays_one(text: str) -> None:
    [out] = masked("inet", [text], options={"keep_bits": "4/40"})
    assert out != text
    assert ipaddress.ip_network(out).prefixlen == ipaddress.ip_network(text).prefixlen
    assert masked("inet", ["10.0.0.0/8", "2001:db8::/32"]) == ["10.0.0.0/8", "2001:db8::/32"]


def test_A16_what_is_no_address_is_a_bad_value() -> None:
    assert masked("inet", ["300.1.1.1", "x", "1.2.3.4/40"]) == [None] * 3
    assert all(ipaddress.ip_address(each) for each in masked("inet", ["300.1.1.1", "x"], nullable=False))
    with pytest.raises(ValueError, match="does not understand"):
        masked("inet", ["x"], on_bad="fail")


def test_hardware_addresses_stay_distinct() -> None:
    raw = [f"08:00:2b:01:{n // 256:02x}:{n % 256:02x}" for n in range(2000)]
    out = masked("macaddr", raw)
    assert len({*out}) == len(raw)
    assert all(len(each.split(":")) == 6 and len(each) == 17 for each in out)
    [long] = masked("macaddr", ["08:00:2b:01:02:03:04:05"])
    assert long.startswith("08:00:")
    assert len(long) == 23


@pytest.mark.parametrize(
    ("raw", "start"),
    [("https://ann@shop.test/x", "https://example."), ("FTP://x/y", "ftp://example."), ("shop.test/x", "example.")],
)
def test_a_url_keeps_its_scheme_only(raw: str, start: str) -> None:
    [out] = masked("url", [raw])
    assert out.startswith(start)
    assert not {"ann", "shop", "test"} & {*out.replace(":", "/").replace(".", "/").split("/")}
    [dropped] = masked("url", [raw], options={"path": "drop"})
    assert dropped.endswith("/")
    assert dropped.count("/") == raw.count("//") * 2 + 1


def test_a_url_fits_its_length() -> None:
    masker = MASKS["url"](Setting(KEY, length=30))
    assert masker.accepts(column("c", "varchar", length=30)) is None
    assert masker.bits == 50
    assert len(masker.apply(pl.Series(["https://shop.test/a/b"]))[0]) == 30
    assert "25 characters" in (MASKS["url"](Setting(KEY, length=25)).accepts(column("c", "varchar", length=25)) or "")


def cards(count: int) -> list[str]:
    heads = [f"4111111{n:08d}" for n in range(count // 2)] + [f"37828{n:09d}" for n in range(count // 2)]
    return [head + luhn.calc_check_digit(head) for head in heads]


@pytest.mark.parametrize("kept", [0, 6, 8])
def test_cards_keep_issuer_length_and_a_right_check_digit(kept: int) -> None:
    raw = cards(2000)
    out = masked("card", raw, options={"keep_prefix": str(kept)})
    assert len({*out}) == len(raw)
    for before, after in zip(raw, out, strict=True):
        assert luhn.is_valid(after)
        assert len(after) == len(before)
        assert after[:kept] == before[:kept]


def test_separators_stay_and_wrong_check_digits_are_bad_values() -> None:
    [out] = masked("card", ["4111-1111-1111-1111"])
    assert [place for place, letter in enumerate(out) if letter == "-"] == [4, 9, 14]
    assert masked("card", ["4111111111111112", "12345", "x"]) == [None] * 3
    assert masked("iban", ["DE89 3704 0044 0532 0130 01", "DE99370400440532013000", "x"]) == [None] * 3
    assert None not in masked("card", ["x"], nullable=False)


def test_ibans_keep_country_length_and_right_check_digits() -> None:
    accounts = [f"{n:018d}" for n in range(1000)]
    raw = [german(account) for account in accounts]
    out = masked("iban", raw)
    assert len({*out}) == len(raw)
    for after in out:
        assert after.startswith("DE")
        assert len(after) == 22
        assert iban.is_valid(after, check_country=False)
    assert masked("iban", ["gb29nwbk60161331926819"], caseless=True)[0].islower()


def german(account: str) -> str:
    number = int(account + "131400")  # D is 13, E is 14
    return f"DE{98 - number % 97:02d}{account}"


PERSONS = {
    "br": ("br.cpf", ["529.982.247-25", "11144477735"]),
    "es": ("es.dni", ["12345678Z", "00000000T"]),
    "fr": ("fr.nir", ["2 55 08 14 168 025 38"]),
    "gb": ("gb.nhs", ["943 476 5870"]),
    "it": ("it.codicefiscale", ["RCCMNL83S18D969H"]),
    "nl": ("nl.bsn", ["111222333"]),
    "pl": ("pl.pesel", ["44051401359"]),
}
COMPANIES = {
    "br": ("br.cnpj", ["16.727.230/0001-97"]),
    "de": ("de.vat", ["DE136695976", "136 695 976"]),
    "fr": ("fr.siren", ["552 008 443"]),
    "it": ("it.iva", ["IT00743110157"]),
    "pl": ("pl.nip", ["856-734-62-15"]),
    "us": ("us.ein", ["91-1144442"]),
}
CHECKED = [("national_id", *each) for each in PERSONS.items()] + [("tax_id", *each) for each in COMPANIES.items()]


@pytest.mark.parametrize(("mask", "country", "known"), CHECKED)
def test_numbers_of_persons_and_companies_are_valid_again(
    mask: str, country: str, known: tuple[str, list[str]]
) -> None:
    module, raw = import_module(f"stdnum.{known[0]}"), known[1]
    for _ in range(15):  # masks of masks: more valid numbers
        raw = [*raw, masked(mask, raw[-1:], options={"country": country})[0]]
    out = masked(mask, raw, options={"country": country})
    assert len({*out}) == len({*raw})
    for before, after in zip(raw, out, strict=True):
        assert module.is_valid(after)
        assert after != before
        assert [letter.isalnum() for letter in after] == [letter.isalnum() for letter in before]
    assert masked(mask, ["123", "no number"], options={"country": country}) == [None, None]


def test_american_numbers_are_nobodys() -> None:
    raw = [f"{n:03d}-45-{n:04d}" for n in range(100, 600)]
    out = masked("national_id", raw, options={"country": "us"})
    assert all(each[0] == "9" and each[3] == each[6] == "-" and 1 <= int(each[4:6]) <= 49 for each in out)
    again = masked("national_id", out, options={"country": "us"})
    assert not any(a == b for a, b in zip(out, again, strict=True))


def test_A22_american_numbers_do_not_fit_a_unique_column(tmp_path: Path) -> None:
    people = table(1, "a", column("n"), unique_keys=(unique(1),))
    rule = "tables: {a: {columns: {n: {mask: national_id, country: COUNTRY}}}}"
    assert "can give two rows" in refused(tmp_path, rule.replace("COUNTRY", "us"), people)[0]
    assert planned(tmp_path, rule.replace("COUNTRY", "pl"), people).tables[1].masked == ("n",)
    assert "`country` is one of" in refused(tmp_path, rule.replace("COUNTRY", "xx"), people)[0]


def test_postcodes_keep_their_shape_and_their_region() -> None:
    raw = [f"SW{n % 10}A {n // 10 % 10}A{chr(65 + n % 26)}" for n in range(200)] + ["10115", "01067"]
    out = masked("postcode", raw, options={"keep": "2"})
    assert len({*out}) == len({*raw})
    assert all(before[:2] == after[:2] for before, after in zip(raw, out, strict=True))
    assert masked("postcode", ["〒100-0001"]) == [None]


@pytest.mark.parametrize("base", ["date", "int4"])
@pytest.mark.parametrize(
    "mask", ["uuid", "macaddr", "inet", "url", "card", "iban", "postcode", "national_id", "tax_id"]
)
def test_other_types_are_refused(mask: str, base: str) -> None:
    assert "takes" in (MASKS[mask](Setting(KEY)).accepts(column("c", base)) or "")
