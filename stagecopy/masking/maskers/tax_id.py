"""A company's tax number that is valid and another one's."""

from __future__ import annotations

from types import MappingProxyType

from stagecopy.masking.maskers.checked_number import CheckedNumber, Scheme
from stagecopy.masking.maskers.trace import Trace

_COUNTRIES = {
    "br": (Scheme("br.cnpj", r"\d{14}", "############??"),),
    "de": (Scheme("de.vat", r"\d{9}", "########?"), Scheme("de.vat", r"DE\d{9}", "==########?")),
    "fr": (Scheme("fr.siren", r"\d{9}", "########?"),),
    "it": (Scheme("it.iva", r"\d{11}", "#######===?"), Scheme("it.iva", r"IT\d{11}", "==#######===?")),
    "pl": (Scheme("pl.nip", r"\d{10}", "#########?"), Scheme("pl.nip", r"PL\d{10}", "==#########?")),
    "us": (Scheme("us.ein", r"\d{9}", "==#######"),),
}


class TaxId(CheckedNumber):
    """Tax and VAT numbers of companies, with the country's letters before them or without."""

    name = "tax_id"
    trace = Trace("none", replaces=True)
    summary = "another valid number of a company, separators stay; a number that is not valid is a bad value"
    schemes = MappingProxyType(_COUNTRIES)
