"""Personal data found inside free text, each find by the mask that a column of such values has; the rest stays.

Equal values get equal masks here and in columns of their own: the address in a note is the address of the account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from stagecopy.masking.entities import Entity, entities
from stagecopy.masking.maskers.base import BaseMasker, Setting
from stagecopy.masking.maskers.card import Card
from stagecopy.masking.maskers.email import Email
from stagecopy.masking.maskers.first_name import FirstName
from stagecopy.masking.maskers.full_name import Name
from stagecopy.masking.maskers.hashed import Hash
from stagecopy.masking.maskers.iban import Iban
from stagecopy.masking.maskers.inet import Inet
from stagecopy.masking.maskers.last_name import LastName
from stagecopy.masking.maskers.macaddr import Macaddr
from stagecopy.masking.maskers.phone import Phone
from stagecopy.masking.maskers.trace import Trace
from stagecopy.masking.maskers.url import Url

_MASKS: Mapping[str, type[BaseMasker]] = {
    each.name: each for each in (Email, Url, Hash, Iban, Card, Phone, Macaddr, Inet, Name, FirstName, LastName)
}
_REDACTED = "redacted"


class RedactText(BaseMasker):
    """What is not recognised stays as it is: lower-case names, nicknames, what the text tells."""

    name = "redact_text"
    trace = Trace("inside")
    summary = (
        "the text, with e-mail addresses, links, tokens, numbers of accounts, cards and telephones, network addresses "
        "and names in it masked as columns of them are; what is not recognised stays"
    )

    def __init__(self, setting: Setting) -> None:
        """The rest stays as it is spelled, however the type compares."""
        super().__init__(replace(setting, caseless=False, collation=None))

    def fill(self, raw: pl.Series) -> pl.Series:
        """Find, mask kind by kind over the whole batch, put back."""
        texts: list[str] = raw.to_list()
        found = [entities(text, self.setting.locale) for text in texts]
        values: dict[str, dict[str, str]] = defaultdict(dict)
        for text, finds in zip(texts, found, strict=True):
            for each in finds:
                values[each.mask][text[each.start : each.end]] = _REDACTED
        for mask, known in values.items():
            drawn = _MASKS[mask](self._plain).apply(pl.Series(list(known), dtype=pl.String))
            known.update((value, done) for value, done in zip(list(known), drawn, strict=True) if done)
        done = [_put(*each, values) for each in zip(texts, found, strict=True)]
        masked = pl.Series(done, dtype=pl.String)
        return masked if self.setting.length is None else masked.str.slice(0, self.setting.length)

    @property
    def _plain(self) -> Setting:
        """As a column of such values, of no length, would be set."""
        return Setting(self.setting.key, locale=self.setting.locale, nullable=False)


def _put(text: str, finds: list[Entity], values: dict[str, dict[str, str]]) -> str:
    pieces: list[str] = []
    position = 0
    for each in finds:
        pieces += (text[position : each.start], values[each.mask][text[each.start : each.end]])
        position = each.end
    return "".join([*pieces, text[position:]])
