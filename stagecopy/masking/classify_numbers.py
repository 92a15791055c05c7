"""Numbers with check digits: accounts, cards, devices, and the numbers states give to people.

Surprising: one value proves nothing, because one random number in ten or eleven passes a check digit. A kind of number
is recognised when nearly all values of a sample pass the same check; and what passes as a book's or an article's number
is nobody's, although some of those checks are the same (an ISBN-10 is also a sound NHS number).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from importlib import import_module

_PLAUSIBLE = re.compile(r"(?=(?:[^0-9]*[0-9]){7})[A-Z0-9][A-Z0-9 ./\-]{7,29}", re.IGNORECASE)
_NO_NUMBER = re.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}.*|[0-9a-f]{8}-[0-9a-f]{4}-.*", re.IGNORECASE)
_ISSUERS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}"
    r"|6(?:011|5\d\d|4[4-9]\d|2\d\d)\d{12,15}|(?:5018|5020|5038|6304|6759|676[1-3])\d{8,15}"
)
_ARTICLES = ("isbn", "issn", "ismn", "ean", "isin", "lei")
# Letters, two check digits, or a date inside: a few values are enough.
_STRONG = [
    "es.dni",
    "es.nie",
    "it.codicefiscale",
    "pl.pesel",
    "fr.nir",
    "br.cpf",
    "br.cnpj",
    "mx.curp",
    "mx.rfc",
    "fi.hetu",
    "se.personnummer",
    "no.fodselsnummer",
    "ro.cnp",
    "bg.egn",
    "ee.ik",
    "hr.oib",
    "cz.rc",
    "cn.ric",
    "kr.rrn",
    "tr.tckimlik",
    "de.idnr",
    "ch.ssn",
    "in_.aadhaar",
    "si.emso",
    "be.nn",
    "gr.amka",
    "za.idnr",
    "ie.pps",
    "eu.vat",
]
# One check digit and nothing else.
_WEAK = [
    "nl.bsn",
    "ca.sin",
    "gb.nhs",
    "au.tfn",
    "il.idnr",
    "pt.nif",
    "dk.cpr",
    "pl.nip",
    "ru.inn",
    "at.vnr",
    "cl.rut",
    "ar.cuit",
    "fr.nif",
]
_DASHED = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}")  # US: no check digit, but the dashes
_NINO = re.compile(r"(?![DFIQUV])[A-Z](?![DFIOQUV])[A-Z] ?\d\d ?\d\d ?\d\d ?[A-D]", re.IGNORECASE)  # UK, likewise
_MOST = 0.8
_NEARLY_ALL = 0.95
_FEW = 3  # distinct values a strong check needs
_SEVERAL = 10  # … and a weak one
_LOOK_FIRST = 12  # values that tell whether a check is worth going on with


@functools.cache
def _check(name: str) -> Callable[[str], bool]:
    """``is_valid`` of a module of python-stdnum, imported when first needed."""
    check: Callable[[str], bool] = import_module(f"stdnum.{name}").is_valid
    return check


def iban(text: str) -> bool:
    """An international account number with sound check digits."""
    return bool(re.match(r"[A-Za-z]{2}\d\d", text)) and len(text) <= 42 and _check("iban")(text)


def card(text: str) -> bool:
    """A payment card's number: a known issuer's prefix, its length, a sound check digit."""
    digits = re.sub(r"[ -]", "", text)
    return _ISSUERS.fullmatch(digits) is not None and len(set(digits)) > 2 and _check("luhn")(digits)


def device(text: str) -> bool:
    """The number of a telephone (IMEI)."""
    digits = re.sub(r"[ -]", "", text)
    return len(digits) == 15 and digits.isdigit() and len(set(digits)) > 3 and _check("imei")(digits)


def wallet(text: str) -> bool:
    """An address to which coins are paid."""
    if text.startswith("0x"):
        return re.fullmatch(r"0x[0-9a-fA-F]{40}", text) is not None
    return text.startswith(("1", "3", "bc1")) and 26 <= len(text) <= 62 and _check("bitcoin")(text)


def of_people(values: Sequence[str]) -> int:
    """How many of *values* are numbers that states give to people; 0 unless the sample as a whole proves it."""
    numbers = [value for value in values if _PLAUSIBLE.fullmatch(value) and not _NO_NUMBER.fullmatch(value)]
    distinct = list(dict.fromkeys(numbers))
    if len(numbers) < _MOST * len(values) or len(distinct) < _FEW or _articles(distinct):
        return 0
    for found in (_DASHED, _NINO):
        if (passed := sum(found.fullmatch(each) is not None for each in numbers)) >= _MOST * len(values):
            return passed
    for names, share, least in ((_STRONG, _MOST, _FEW), (_WEAK, _NEARLY_ALL, _SEVERAL)):
        for name in names if len(distinct) >= least else ():
            if _passes(name, distinct, share):
                return sum(_check(name)(each) for each in numbers)
    return 0


def _articles(distinct: Sequence[str]) -> bool:
    return any(_passes(name, distinct, _MOST) for name in _ARTICLES)


def _passes(name: str, distinct: Sequence[str], share: float) -> bool:
    check = _check(name)
    first = distinct[:_LOOK_FIRST]
    if sum(check(each) for each in first) < share * len(first):
        return False
    return sum(check(each) for each in distinct) >= share * len(distinct)
