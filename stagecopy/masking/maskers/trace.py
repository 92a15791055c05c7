"""What a raw value leaves behind under a mask, which is what the audit goes by. Every mask says it for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# whole: what it puts looks like nothing that production holds, so raw values are looked for as they are
# strange: it draws from lists of the locale, so only what no list can make is looked for
# inside: it replaces parts of a value, so the parts are looked for that are gone from it
# none: it draws from the values that production could hold, so a find would prove nothing
Search = Literal["whole", "strange", "inside", "none"]


@dataclass(frozen=True, slots=True)
class Trace:
    """``differs``: no value may come out as it went in. ``replaces``: nothing of a raw value is left in a masked one.

    ``prose``: values may be whole texts, in which addresses are looked for too.
    """

    search: Search
    differs: bool = False
    replaces: bool = False
    prose: bool = False
