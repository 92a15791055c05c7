"""All masks by name. To add one: write its module, add its line here."""

from __future__ import annotations

from collections.abc import Mapping

from stagecopy.masking.maskers.address import Address
from stagecopy.masking.maskers.array import Array
from stagecopy.masking.maskers.base import Masker, Setting
from stagecopy.masking.maskers.bytea import Bytea
from stagecopy.masking.maskers.card import Card
from stagecopy.masking.maskers.choice import Choice
from stagecopy.masking.maskers.city import City
from stagecopy.masking.maskers.company import Company
from stagecopy.masking.maskers.composite import Composite
from stagecopy.masking.maskers.constant import Constant
from stagecopy.masking.maskers.email import Email
from stagecopy.masking.maskers.enum import Enum
from stagecopy.masking.maskers.first_name import FirstName
from stagecopy.masking.maskers.full_name import Name
from stagecopy.masking.maskers.hashed import Hash
from stagecopy.masking.maskers.hstore import Hstore
from stagecopy.masking.maskers.iban import Iban
from stagecopy.masking.maskers.inet import Inet
from stagecopy.masking.maskers.json_document import JsonDocument
from stagecopy.masking.maskers.keep import Keep
from stagecopy.masking.maskers.last_name import LastName
from stagecopy.masking.maskers.macaddr import Macaddr
from stagecopy.masking.maskers.national_id import NationalId
from stagecopy.masking.maskers.noise import Noise
from stagecopy.masking.maskers.null import Null
from stagecopy.masking.maskers.permute import Permute
from stagecopy.masking.maskers.phone import Phone
from stagecopy.masking.maskers.postcode import Postcode
from stagecopy.masking.maskers.python import Python
from stagecopy.masking.maskers.redact_text import RedactText
from stagecopy.masking.maskers.shift_date import ShiftDate
from stagecopy.masking.maskers.street import Street
from stagecopy.masking.maskers.tax_id import TaxId
from stagecopy.masking.maskers.text import Text
from stagecopy.masking.maskers.truncate_date import TruncateDate
from stagecopy.masking.maskers.tsvector import Tsvector
from stagecopy.masking.maskers.url import Url
from stagecopy.masking.maskers.username import Username
from stagecopy.masking.maskers.uuid import Uuid

__all__ = ["MASKS", "Masker", "Setting"]

MASKS: Mapping[str, type[Masker]] = {
    "email": Email,
    "name": Name,
    "first_name": FirstName,
    "last_name": LastName,
    "username": Username,
    "phone": Phone,
    "address": Address,
    "street": Street,
    "city": City,
    "company": Company,
    "postcode": Postcode,
    "national_id": NationalId,
    "tax_id": TaxId,
    "iban": Iban,
    "card": Card,
    "url": Url,
    "text": Text,
    "redact_text": RedactText,
    "shift_date": ShiftDate,
    "truncate_date": TruncateDate,
    "noise": Noise,
    "hash": Hash,
    "permute": Permute,
    "uuid": Uuid,
    "inet": Inet,
    "macaddr": Macaddr,
    "choice": Choice,
    "enum": Enum,
    "bytea": Bytea,
    "tsvector": Tsvector,
    "json": JsonDocument,
    "array": Array,
    "hstore": Hstore,
    "composite": Composite,
    "python": Python,
    "null": Null,
    "constant": Constant,
    "keep": Keep,
}
