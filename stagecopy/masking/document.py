"""Prints the table of masks for masking-rules/README.md: ``python -m stagecopy.masking.document``."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import polars as pl

from stagecopy.masking.keys import MaskKey
from stagecopy.masking.maskers import MASKS, Setting

_KEY = MaskKey(b"the key of the examples, known to everybody")
_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "constant": {"value": "fixed"},
    "truncate_date": {"to": "month"},
    "national_id": {"country": "es"},
    "tax_id": {"country": "de"},
}
_SAMPLES: Mapping[str, str] = {
    "phone": "+49 (30) 1234-567",
    "postcode": "SW1A 1AA",
    "national_id": "12345678Z",
    "tax_id": "DE136695976",
    "iban": "DE89 3704 0044 0532 0130 00",
    "card": "4111 1111 1111 1111",
    "url": "https://shop.test/a?b=c",
    "shift_date": "2024-02-29",
    "truncate_date": "2024-02-29 10:11:12",
    "noise": "1250.00",
    "permute": "AB-1234",
    "uuid": "018f3f5e-7b1c-7abc-8def-0123456789ab",
    "inet": "10.1.2.3",
    "macaddr": "08:00:2b:01:02:03",
}
_TEXT = (
    "email",
    "name",
    "first_name",
    "last_name",
    "username",
    "address",
    "street",
    "city",
    "company",
    "hash",
    "constant",
)

_PARTS = {
    "paths": ("`paths`: masks of leaves", "`rest`"),
    "keys": ("`keys`: masks of values", "`rest`"),
    "fields": ("`fields`: masks of fields", "`rest`"),
    "each": ("`each`: the mask of an element",),
}
_HEADS = (
    "mask", "puts", "takes", "unique columns", "always another value", "audit looks for the raw value", "NULL",
    "bad values", "options", "example",
)  # fmt: skip
_SEARCHED = {"whole": "yes", "strange": "where no list holds it", "inside": "in the parts that went", "none": "no"}
_ANY_VALUE = ("python", "enum")  # they cannot run without a function and labels of one's own
_UNIQUE = dict.fromkeys(("array", "hstore", "composite"), "if all parts") | {"python": "with `injective: yes`"}


def table() -> str:
    """A Markdown table of all masks."""
    lines = [f"| {' | '.join(_HEADS)} |", "|" + "---|" * len(_HEADS)]
    for name, mask in MASKS.items():
        said = [f"`{option}`: {meaning}" for option, meaning in mask.options.items()]
        options = "; ".join([*said, *_PARTS.get(mask.parts or "", ())]).replace("|", r"\|")
        unique = "yes" if mask.injective else _UNIQUE.get(mask.name, "no")
        always = "yes" if mask.trace.differs else "no"
        promises = (unique, always, _SEARCHED[mask.trace.search], _null(name), _bad_values(name))
        cells = (f"`{name}`", mask.summary, mask.takes, *promises, options or "–", _example(name))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _example(name: str) -> str:
    """What the mask makes of a sample under a key that everybody knows."""
    raw = _SAMPLES.get(name, "Ann Lee" if name in _TEXT else None)
    return "–" if raw is None else f"`{raw}` → `{_masked(name, raw)}`"


def _null(name: str) -> str:
    return "stays" if _masked(name, None) is None else "is masked"


def _bad_values(name: str) -> str:
    """Whether there are values that the mask cannot work on; a value of no shape at all tells."""
    if name in _ANY_VALUE:
        return "none"
    try:
        _masked(name, "¿?")
    except ValueError:
        return "by `on_bad`"
    return "none"


def _masked(name: str, raw: str | None) -> str | None:
    masker = MASKS[name](Setting(_KEY, options=_OPTIONS.get(name, {}), on_bad="fail"))
    masked: str | None = masker.apply(pl.Series([raw], dtype=pl.String))[0]
    return masked


if __name__ == "__main__":
    sys.stdout.write(table())
