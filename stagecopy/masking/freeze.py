"""Freezes Faker's locale data into the vocabulary files: ``python -m stagecopy.masking.freeze``.

Faker is MIT-licensed; its licence allows the lists to be carried along. Surprising: nothing else in stagecopy imports
Faker. Masks draw from the frozen files, so a new Faker never changes a mask; running this module does, and the files
say from which version they come. The same Faker gives the same bytes.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from stagecopy.masking.vocabulary import FOLDER, LOCALES, ascii_form, checksum

_CALLS = 20_000
_MOST = 2_000
_FEWEST = 20
_MOST_COMPANIES = 5_000
_SURNAME_FIRST = ("ja_JP",)
_COMPANY_FORMS = {
    "en_US": ("{} Inc", "{} LLC", "{} Ltd", "{} Group", "{} and Sons", "{} PLC"),
    "de_DE": ("{} GmbH", "{} AG", "{} KG", "{} OHG mbH", "{} GmbH & Co. KG", "{} e.K."),
    "fr_FR": ("{} SA", "{} SARL", "{} SAS", "{} et Fils", "{} S.A.R.L."),
    "es_ES": ("{} S.L.", "{} S.A.", "{} e Hijos", "Grupo {}", "{} y Asociados S.L."),
    "it_IT": ("{} SPA", "{} s.r.l.", "{} e figli", "Gruppo {}", "{} S.n.c."),
    "pl_PL": ("{} S.A.", "{} Sp. z o.o.", "{} Sp. k.", "Grupa {}", "Fundacja {}"),
    "ja_JP": ("株式会社{}", "有限会社{}", "合同会社{}", "{}株式会社"),
}
_NAME_FORM = {locale: "{last} {first}" if locale in _SURNAME_FIRST else "{first} {last}" for locale in LOCALES}
_ADDRESS_FORM = {
    "en_US": "{number} {street}, {city}",
    "fr_FR": "{number}, {street}, {city}",
    "ja_JP": "{city}{street}{number}",
}


def distinct(words: Iterable[str]) -> list[str]:
    """The words without repeats, case aside, sorted: masks step to the next entry and must find another one."""
    seen: dict[str, str] = {}
    for word in sorted(" ".join(each.split()) for each in words):
        if word:
            seen.setdefault(word.lower(), word)
    return sorted(seen.values())


def ascii_only(words: Iterable[str]) -> list[str]:
    """The words as lower-case a-z, for e-mail addresses and user names."""
    return distinct(word for word in map(ascii_form, words) if len(word) >= 2)


def _sampled(draw: Callable[[], str], most: int = _MOST) -> list[str]:
    found: dict[str, None] = {}
    for _ in range(_CALLS):
        found[draw()] = None
        if len(found) >= most:
            break
    return distinct(found)


def _listed(provider: Any, name: str, draw: Callable[[], str]) -> list[str]:
    words = getattr(provider, name, ())
    # Some locales keep no list of their own and inherit a stub of one word.
    return distinct(words) if len(words) >= _FEWEST else _sampled(draw)


def _provider(fake: Any, name: str) -> Any:
    return next(each for each in fake.factories[0].get_providers() if f"providers.{name}." in type(each).__module__)


def _companies(locale: str, last_names: list[str]) -> list[str]:
    every = [form.format(name) for name in last_names for form in _COMPANY_FORMS[locale]]
    stride = max(1, -(-len(every) // _MOST_COMPANIES))
    return distinct(every[::stride])


def gather(locale: str) -> dict[str, Any]:
    """All lists and forms of one locale."""
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(0)
    person = _provider(fake, "person")
    first, last = _listed(person, "first_names", fake.first_name), _listed(person, "last_names", fake.last_name)
    japanese = locale == "ja_JP"
    towns = getattr(_provider(fake, "address"), "towns", ())
    return {
        "first_names": first,
        "last_names": last,
        "first_ascii": ascii_only(person.first_romanized_names if japanese else first),
        "last_ascii": ascii_only(person.last_romanized_names if japanese else last),
        "cities": _sampled(fake.city),
        "streets": distinct(towns) if japanese else _sampled(fake.street_name),
        "companies": _companies(locale, last),
        "words": distinct(word for word in _provider(fake, "lorem").word_list if len(word) >= 2 and word.isalpha()),
        "name_form": [_NAME_FORM[locale]],
        "address_form": [_ADDRESS_FORM.get(locale, "{street} {number}, {city}")],
    }


def frozen(locale: str) -> bytes:
    """The file of one locale, byte for byte the same every time."""
    from faker import VERSION

    lists = gather(locale)
    document = {"locale": locale, "source": "Faker (MIT)", "faker": VERSION, "sha256": checksum(lists), "lists": lists}
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as stream:
        stream.write(json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
    return packed.getvalue()


def main(folder: Path = FOLDER) -> Iterator[tuple[str, int]]:
    """Write all vocabulary files into *folder*; yields each locale with the size of its file."""
    for locale in LOCALES:
        data = frozen(locale)
        (folder / f"{locale}.json.gz").write_bytes(data)
        yield locale, len(data)


if __name__ == "__main__":
    for name, size in main():
        sys.stderr.write(f"{name}: {size} bytes\n")
