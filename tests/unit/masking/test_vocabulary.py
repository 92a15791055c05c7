"""The frozen vocabularies and the documentation made from the masks."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import faker
import pytest

from stagecopy.masking import document
from stagecopy.masking.freeze import ascii_only, distinct, frozen
from stagecopy.masking.maskers import MASKS
from stagecopy.masking.vocabulary import FOLDER, LOCALES, checksum, entries, vocabulary

README = Path(__file__).parents[3] / "masking-rules" / "README.md"
LARGEST = {"first_names", "last_names", "cities", "streets", "companies", "words"}


@pytest.mark.parametrize("locale", LOCALES)
def test_a_frozen_file_is_sound(locale: str) -> None:
    packed = (FOLDER / f"{locale}.json.gz").read_bytes()
    assert packed[4:8] == b"\0\0\0\0"  # gzip's time stamp
    content = json.loads(gzip.decompress(packed))
    assert content["sha256"] == checksum(content["lists"]) == vocabulary(locale).sha256
    assert content["faker"] == vocabulary(locale).faker
    assert content["lists"].keys() >= LARGEST
    for name in LARGEST:
        words = content["lists"][name]
        assert words == sorted(words)
        assert len({word.lower() for word in words}) == len(words) >= 50
        assert all(word == " ".join(word.split()) and not {*word} & {*"\t\n\\"} for word in words)
    for name in ("first_ascii", "last_ascii"):
        assert all(word.isascii() and word.isalpha() and word.islower() for word in content["lists"][name])


@pytest.mark.parametrize("locale", ["ja_JP", "en_US"])
def test_freezing_again_gives_the_same_bytes(locale: str) -> None:
    if vocabulary(locale).faker != faker.VERSION:
        pytest.skip(f"frozen from Faker {vocabulary(locale).faker}")
    assert frozen(locale) == (FOLDER / f"{locale}.json.gz").read_bytes()


def test_entries_cut_to_a_length_stay_distinct() -> None:
    for length in (1, 2, 3, 10):
        words = entries("de_DE", "cities", length).to_list()
        assert len({word.lower() for word in words}) == len(words)
        assert max(map(len, words)) <= length


def test_words_are_made_distinct_and_plain() -> None:
    assert distinct([" Ann ", "ann", "Bob  Lee", ""]) == ["Ann", "Bob Lee"]
    assert ascii_only(["Łukasz", "Müller", "Günther-Ré", "Strauß", "明"]) == [
        "guntherre",
        "lukasz",
        "muller",
        "strauss",
    ]


def test_the_readme_holds_exactly_the_table_of_masks() -> None:
    assert document.table() in README.read_text(encoding="utf-8")
    assert len(document.table().splitlines()) == len(MASKS) + 2
