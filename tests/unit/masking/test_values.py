"""Bytes, search vectors, choices, labels, the domain of an e-mail address and the numbers of a country."""

from __future__ import annotations

import re
from pathlib import Path

import phonenumbers
import polars as pl
import pytest

from stagecopy.masking.maskers import MASKS, Masker, Setting
from stagecopy.masking.numbering import PLANS
from tests.unit.masking.factory import KEY, OTHER_KEY, column, planned, refused, streamed, table

WIDE = 300


def mask(name: str, *, length: int | None = None, other: bool = False, **options: str) -> Masker:
    key = OTHER_KEY if other else KEY
    return MASKS[name](Setting(key, options=options, length=length, labels=("sad", "ok", "glad")))


def masked(masker: Masker, values: list[str]) -> list[str]:
    return [str(each) for each in masker.apply(pl.Series(values, dtype=pl.String))]


def test_bytes_are_as_many_and_others() -> None:
    raw = ["\\x", "\\x00", "\\xff", "\\x" + "ab" * 1000, *(f"\\x{n:02x}" for n in range(256))]
    done = masked(mask("bytea"), raw)
    assert all(re.fullmatch(r"\\x([0-9a-f]{2})*", each) for each in done)
    assert [len(each) for each in done] == [len(each) for each in raw]
    assert all(before != after for before, after in zip(raw[1:], done[1:], strict=True))
    assert done == masked(mask("bytea"), raw)
    assert done[3] != masked(mask("bytea", other=True), raw)[3]


def test_the_bytes_of_a_value_do_not_change_from_version_to_version() -> None:
    assert masked(mask("bytea"), ["\\x0102030405060708"]) == ["\\x1d3427f2ebe7935f"]


def test_long_bytes_become_a_picture() -> None:
    small, large = masked(mask("bytea", longest="4"), ["\\x01020304", "\\x0102030405"])
    assert len(small) == len("\\x01020304")
    assert bytes.fromhex(large[2:]).startswith(b"\x89PNG\r\n")


def test_no_lexeme_stays() -> None:
    vector = "'it''s':2A 'secret':1,3B 'two words':4 'back\\\\slash' ''''"
    assert masked(mask("tsvector"), [vector, "'a' 'b'"]) == ["", ""]
    done = masked(mask("tsvector", lexemes="codes"), [vector])[0]
    assert re.fullmatch(r"'\w{12}':2A '\w{12}':1,3B '\w{12}':4 '\w{12}' '\w{12}'", done)
    assert masked(mask("tsvector", lexemes="codes"), ["raw words", "'a"]) == ["", ""]


def test_a_choice_goes_by_the_value() -> None:
    raw = [str(n) for n in range(WIDE)]
    done = masked(mask("choice", values="a|b|c"), raw)
    assert done == masked(mask("choice", values="a|b|c"), raw)
    assert {*done} == {"a", "b", "c"}
    assert all(done.count(each) > WIDE // 6 for each in "abc")


def test_a_label_becomes_another_one() -> None:
    labels = ["sad", "ok", "glad"]
    for other in (False, True):
        done = masked(mask("enum", other=other), labels)
        assert {*done} <= {*labels}
        assert all(before != after for before, after in zip(labels, done, strict=True))


@pytest.mark.parametrize(
    ("raw", "domain"),
    [
        ("ann@Mail.Example-Shop.de", "@mail.example-shop.de"),
        ("Ann <ann@shop.de>", "@shop.de"),
        ("ann@localhost", "@example.org"),
        ("ann@[10.0.0.1]", "@example.com"),
        ("no address", "@example.com"),
        ("ann@" + "x" * 40 + ".de", "@example.net"),
    ],
)
def test_an_email_may_keep_its_domain(raw: str, domain: str) -> None:
    done = masked(mask("email", length=40, domain="keep"), [raw])[0]
    assert len(done) <= 40
    assert re.fullmatch(r"[a-z.]*[a-z2-9]{12}@[a-z.-]+", done)
    assert done.partition("@")[2] == domain[1:] or (domain.startswith("@example.") and "@example." in done)
    assert "ann" not in done.partition("@")[0].split(".")


def test_emails_with_their_domain_stay_apart() -> None:
    raw = [f"{n}@d{n % 7}.de" for n in range(20_000)]
    assert len({*masked(mask("email", length=30, domain="keep"), raw)}) == len(raw)


@pytest.mark.parametrize("country", PLANS)
def test_a_country_has_the_numbers_it_gets(country: str) -> None:
    raw = [f"+49 30 {n}" for n in range(WIDE)] + [f"030/{n}" for n in range(WIDE)]
    done = masked(mask("phone", country=country), raw)
    again = masked(mask("phone", country=country), done)
    for before, after in zip([*raw, *done], [*done, *again], strict=True):
        number = phonenumbers.parse(after, country)
        assert phonenumbers.is_valid_number_for_region(number, country)
        assert after.startswith("+") is before.startswith("+")
        assert before != after
        assert len(after) <= PLANS[country].longest


def test_a_number_of_a_country_is_frozen() -> None:
    assert masked(mask("phone", country="DE"), ["+49 30 1", "030 1"]) == ["+498999998455", "02214710759"]
    assert masked(mask("phone", country="US"), ["(212) 736-5000"]) == ["4155550191"]


def test_what_is_drawn_is_frozen() -> None:
    assert masked(mask("choice", values="a|b|c"), ["x", "y", "z"]) == ["b", "c", "c"]
    assert masked(mask("enum"), ["sad", "ok", "glad"]) == ["glad", "glad", "sad"]
    assert masked(mask("tsvector", lexemes="codes"), ["'raw':1"]) == ["'m9az8geqm34u':1"]
    assert masked(mask("email", domain="keep"), ["Ann@Shop.de"]) == ["kristine.harvey.sxu8wk6savm9@shop.de"]


MOOD = column("mood", "mood", labels=("sad", "ok"))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("mood: {mask: choice, values: [sad]}", "two or more"),
        ("mood: {mask: choice, values: [sad, a|b]}", "a list of texts without |"),
        ("mood: {mask: choice, values: {a: b}}", "a list of texts without |"),
        ("mood: {mask: choice, values: [sad, bad]}", "'bad' is no label of mood"),
        ("mood: {mask: constant, value: bad}", "'bad' is no label of mood"),
        ("flag: {mask: choice, values: [t, x]}", "'x' is not a boolean"),
        ("flag: {mask: enum}", "takes enum types"),
        ("flag: {mask: bytea}", "takes bytea"),
        ("flag: {mask: tsvector}", "takes tsvector"),
        ("photo: {mask: bytea, longest: -1}", "number of bytes"),
        ("words: {mask: tsvector, lexemes: some}", "`lexemes` is one of"),
        ("mail: {mask: email, domain: drop}", "`domain` is `keep` or `replace`"),
        ("mail: {mask: phone, country: XX}", "`country` is one of"),
        ("mail: {mask: phone, country: DE}", "does not fit into 9 characters"),
    ],
)
def test_rules_that_do_not_fit_are_refused(tmp_path: Path, rule: str, said: str) -> None:
    columns = MOOD, column("flag", "bool"), column("photo", "bytea"), column("words", "tsvector")
    rules = f"tables:\n  t:\n    columns:\n      {rule}\npatterns:\n  - {{column: '*', keep: not personal}}\n"
    one = table(1, "t", *columns, column("mail", "varchar", length=9))
    assert any(said in line for line in refused(tmp_path, rules, one))


@pytest.mark.parametrize("values", ["[sad, ok]", "sad|ok"])
def test_values_may_be_a_list_or_one_text(tmp_path: Path, values: str) -> None:
    rules = f"tables:\n  t: {{columns: {{mood: {{mask: choice, values: {values}}}}}}}\n"
    made = planned(tmp_path, rules, table(1, "t", MOOD))
    assert streamed(made.tables[1], [b"sad\nok\n\\N\n"]).splitlines()[2] == b"\\N"
