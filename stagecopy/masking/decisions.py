"""Reads what a rule says about a column: ``{mask: …, options}`` or ``{keep: reason}``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stagecopy.errors import UsageError
from stagecopy.masking.maskers import MASKS
from stagecopy.masking.rules import KEEP, Decision
from stagecopy.yamlfile import Document, KeyPath, suggestion

_LATER = ("subject", "on_bad", "paths", "rest")
_SHORTEST_REASON = 3
_NO_REASON = ("true", "yes", "on", "false", "no", "off", "null", "none", "keep")


@dataclass(slots=True)
class Mistakes:
    """What is wrong, in the order found."""

    found: list[tuple[str, str, str | None]] = field(default_factory=list)

    def add(self, where: str, what: str, hint: str | None = None) -> None:
        """Note one mistake; the same one is noted once."""
        if (where, what, hint) not in self.found:
            self.found.append((where, what, hint))

    def raise_any(self) -> None:
        """Raise UsageError ``bad-rules`` with all of them, if there are any."""
        if not self.found:
            return
        lines = [f"{where}: {what}" + (f"; {hint}" if hint else "") for where, what, hint in self.found]
        count = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
        raise UsageError("bad-rules", f"{count} in the masking rules:\n" + "\n".join(lines), where=self.found[0][0])

    @staticmethod
    def sound_reason(reason: Any) -> bool:
        """Whether *reason* says why: text of 3 characters or more that is not just a yes."""
        if not isinstance(reason, str):
            return False
        text = reason.strip()
        return len(text) >= _SHORTEST_REASON and text.lower() not in _NO_REASON


def decision(
    entry: Any, path: KeyPath, document: Document, mistakes: Mistakes, *, beside: tuple[str, ...] = ()
) -> Decision | None:
    """The decision in *entry*, or None with the mistakes noted. *beside*: other keys of the entry, for suggestions."""

    def wrong(keys: tuple[str, ...], what: str, hint: str | None = None) -> None:
        mistakes.add(document.where(*path, *keys), what, hint)

    where = document.where(*path)
    if not isinstance(entry, dict):
        wrong((), "neither a mask nor a reason to keep is given", "write {mask: NAME} or {keep: REASON}")
        return None
    later = [key for key in _LATER if key in entry]
    for key in later:
        wrong((key,), f"`{key}` is not available yet in this version", "take it out")
    said = {key: value for key, value in entry.items() if key not in _LATER}
    if "mask" in said and "keep" in said:
        wrong(("keep",), "`mask` and `keep` stand together", "keep one of them")
    elif "keep" in said:
        _unknown(said, ("keep",), beside, wrong)
        if mistakes.sound_reason(said["keep"]):
            return Decision(KEEP, where, reason=str(said["keep"]).strip())
        wrong(("keep",), "`keep` says why, in 3 characters or more", "for example {keep: not personal}")
    elif "mask" in said:
        return _masked(said, where, beside, wrong)
    else:
        _unknown(said, ("mask", "keep"), beside, wrong)
        wrong((), "neither a mask nor a reason to keep is given", "write {mask: NAME} or {keep: REASON}")
    return None


def _unknown(said: dict[str, Any], known: tuple[str, ...], beside: tuple[str, ...], wrong: Any) -> bool:
    strange = [key for key in said if key not in known]
    for key in strange:
        wrong((key,), f"unknown key {key!r}", suggestion(key, (*known, *beside)))
    return bool(strange)


def _masked(said: dict[str, Any], where: str, beside: tuple[str, ...], wrong: Any) -> Decision | None:
    mask = said["mask"]
    if not isinstance(mask, str):
        wrong(("mask",), "`mask` is empty", "the mask that empties a column is spelled `mask: null`")
        return None
    if mask == KEEP:
        wrong(("mask",), "`keep` is not a mask here: it says why", "write {keep: REASON}")
        return None
    if mask not in MASKS:
        wrong(("mask",), f"unknown mask {mask!r}", suggestion(mask, [name for name in MASKS if name != KEEP]))
        return None
    kind = MASKS[mask]
    options = {name: value for name, value in said.items() if name != "mask"}
    strange = _unknown(said, ("mask", *kind.options), beside, wrong)
    untold = [name for name, value in options.items() if not isinstance(value, str)]
    for name in untold:
        wrong((name,), f"`{name}` must be text")
    problem = None if strange or untold else kind.options_problem(options)
    if problem:
        wrong((), f"mask {mask}: {problem}")
    return None if strange or untold or problem else Decision(mask, where, options=options)
