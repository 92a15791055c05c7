"""Telephone numbers that a country's numbering plan has, as patterns: each # is one drawn digit.

Surprising: where a country sets numbers aside for films and books (US, CA, GB, DE, FR), only those are here, so that a
mask never calls anybody. Elsewhere they are mobile numbers, and some of them somebody's. Frozen: what a newer numbering
plan allows changes no mask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Numbering:
    """One country: its code, what people dial in front at home, and the numbers after either."""

    code: str
    trunk: str
    patterns: tuple[str, ...]

    @property
    def longest(self) -> int:
        """Characters of its longest number with the code in front."""
        return 1 + len(self.code) + max(map(len, self.patterns))


def _fiction(areas: str) -> tuple[str, ...]:
    return tuple(f"{area}55501##" for area in areas.split())


PLANS: Mapping[str, Numbering] = {
    "US": Numbering("1", "", _fiction("202 206 212 213 303 305 312 404 415 504 512 602 612 617 702 713 808 907 919")),
    "CA": Numbering("1", "", _fiction("204 403 416 418 506 514 604 613 709 780 902")),
    "GB": Numbering("44", "0", ("2079460###", "1174960###", "1214960###", "1314960###", "1614960###")),
    "DE": Numbering("49", "0", ("3023125###", "6990009###", "4066969###", "2214710###", "8999998###")),
    "FR": Numbering("33", "0", ("19900####", "26191####", "35301####", "46571####", "53649####")),
    "ES": Numbering("34", "", ("6########", "71#######")),
    "IT": Numbering("39", "", ("32########", "33########", "34########")),
    "PL": Numbering("48", "", ("50#######", "60#######", "66#######", "69#######", "79#######")),
    "PT": Numbering("351", "", ("91#######", "93#######", "96#######")),
    "NL": Numbering("31", "0", ("61#######", "62#######", "64#######", "65#######")),
    "BE": Numbering("32", "0", ("47#######", "48#######", "49#######")),
    "AT": Numbering("43", "0", ("664#######", "676#######", "699########")),
    "CH": Numbering("41", "0", ("76#######", "78#######", "79#######")),
    "IE": Numbering("353", "0", ("85#######", "86#######", "87#######")),
    "SE": Numbering("46", "0", ("70#######", "73#######", "76#######")),
    "NO": Numbering("47", "", ("90######", "91######", "92######")),
    "FI": Numbering("358", "0", ("40#######", "50#######")),
    "CZ": Numbering("420", "", ("602######", "603######", "777######")),
    "AU": Numbering("61", "0", ("40#######", "41#######", "43#######")),
    "IN": Numbering("91", "0", ("97########", "98########", "99########")),
    "JP": Numbering("81", "0", ("901#######", "904#######", "805#######")),
    "BR": Numbering("55", "", ("119########", "219########")),
    "MX": Numbering("52", "", ("55########",)),
    "TR": Numbering("90", "0", ("532#######", "542#######")),
}
