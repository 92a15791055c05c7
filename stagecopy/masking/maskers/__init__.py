"""All masks by name. To add one: write its module, add its line here."""

from __future__ import annotations

from collections.abc import Mapping

from stagecopy.masking.maskers.address import Address
from stagecopy.masking.maskers.base import Masker, Setting
from stagecopy.masking.maskers.city import City
from stagecopy.masking.maskers.company import Company
from stagecopy.masking.maskers.constant import Constant
from stagecopy.masking.maskers.email import Email
from stagecopy.masking.maskers.first_name import FirstName
from stagecopy.masking.maskers.full_name import Name
from stagecopy.masking.maskers.hashed import Hash
from stagecopy.masking.maskers.json_document import JsonDocument
from stagecopy.masking.maskers.keep import Keep
from stagecopy.masking.maskers.last_name import LastName
from stagecopy.masking.maskers.null import Null
from stagecopy.masking.maskers.phone import Phone
from stagecopy.masking.maskers.shift_date import ShiftDate
from stagecopy.masking.maskers.street import Street
from stagecopy.masking.maskers.text import Text
from stagecopy.masking.maskers.username import Username

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
    "text": Text,
    "shift_date": ShiftDate,
    "hash": Hash,
    "json": JsonDocument,
    "null": Null,
    "constant": Constant,
    "keep": Keep,
}
