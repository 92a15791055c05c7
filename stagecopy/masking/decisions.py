"""Reads what a rule says about a column: ``{mask: …, options}`` or ``{keep: reason}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from stagecopy.masking.identifiers import parse_column
from stagecopy.masking.jsonpath import spelled
from stagecopy.masking.maskers import MASKS, Masker
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.rules import KEEP, Decision, OnBad, Rest, SubjectOf
from stagecopy.yamlfile import Document, KeyPath, suggestion

_GENERAL = ("subject", "on_bad")
_WITH_REST = ("paths", "keys", "fields")
_NESTED = ("each", "fields")  # where a part may have parts of its own
_EXAMPLES = {"paths": '{"$.phone": phone}', "keys": "{email: email}", "fields": "{street: street}"}


def decision(
    entry: Any, path: KeyPath, document: Document, mistakes: Mistakes, *, beside: tuple[str, ...] = ()
) -> Decision | None:
    """The decision in *entry*, or None with the mistakes noted. *beside*: other keys of the entry, for suggestions."""
    return _Entry(path, document, mistakes, beside).read(entry)


@dataclass(slots=True)
class _Entry:
    """Reads one entry; a mistake leaves None, after all of them are noted."""

    path: KeyPath
    document: Document
    mistakes: Mistakes
    beside: tuple[str, ...] = ()
    failed: bool = False

    def wrong(self, keys: KeyPath, what: str, hint: str | None = None) -> None:
        self.failed = True
        self.mistakes.add(self.document.where(*self.path, *keys), what, hint)

    def read(self, said: Any) -> Decision | None:
        if not isinstance(said, dict):
            self.wrong((), "neither a mask nor a reason to keep is given", "write {mask: NAME} or {keep: REASON}")
            return None
        if "mask" in said and "keep" in said:
            self.wrong(("keep",), "`mask` and `keep` stand together", "keep one of them")
        elif "keep" in said:
            return self._kept(said)
        elif "mask" in said:
            return self._masked(said)
        else:
            self._known(said, ("mask", "keep"))
            self.wrong((), "neither a mask nor a reason to keep is given", "write {mask: NAME} or {keep: REASON}")
        return None

    def _known(self, said: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in said:
            if key not in known:
                self.wrong((key,), f"unknown key {key!r}", suggestion(key, (*known, *self.beside)))

    def _kept(self, said: dict[str, Any]) -> Decision | None:
        self._known(said, ("keep",))
        if not self.mistakes.sound_reason(said["keep"]):
            self.wrong(("keep",), "`keep` says why, in 3 characters or more", "for example {keep: not personal}")
            return None
        return Decision(KEEP, self.document.where(*self.path), reason=str(said["keep"]).strip())

    def _masked(self, said: dict[str, Any]) -> Decision | None:
        mask = said["mask"]
        if not isinstance(mask, str):
            self.wrong(("mask",), "`mask` is empty", "the mask that empties a column is spelled `mask: null`")
            return None
        if mask == KEEP:
            self.wrong(("mask",), "`keep` is not a mask here: it says why", "write {keep: REASON}")
            return None
        if mask not in MASKS:
            names = [name for name in MASKS if name != KEEP]
            self.wrong(("mask",), f"unknown mask {mask!r}", suggestion(mask, names))
            return None
        kind = MASKS[mask]
        rest = ("rest",) if kind.parts in _WITH_REST else ()
        parts = (kind.parts,) if kind.parts else ()
        self._known(said, ("mask", *kind.options, *_GENERAL, *parts, *rest))
        made = Decision(
            mask,
            self.document.where(*self.path),
            options=self._options(said, kind),
            subject=self._subject(said, can=kind.subjects),
            on_bad=cast("OnBad", self._one_of(said, "on_bad", get_args(OnBad), "redact")),
            paths=self._parts(said, kind.parts) if kind.parts else {},
            rest=cast("Rest", self._one_of(said, "rest", get_args(Rest), "fail")) if rest else "fail",
        )
        problem = None if self.failed else kind.options_problem(made.options)
        if problem:
            self.wrong((), f"mask {mask}: {problem}")
        return None if self.failed else made

    def _options(self, said: dict[str, Any], kind: type[Masker]) -> dict[str, str]:
        options = {name: value for name, value in said.items() if name in kind.options}
        for name, value in list(options.items()):
            if name in kind.lists and isinstance(value, list) and all(_plain(each) for each in value):
                options[name] = "|".join(value)
            elif not isinstance(value, str):
                form = "text, or a list of texts without |" if name in kind.lists else "text"
                self.wrong((name,), f"`{name}` must be {form}")
                del options[name]
        return options

    def _one_of(self, said: dict[str, Any], key: str, known: tuple[str, ...], default: str) -> str:
        if key in said and said[key] not in known:
            self.wrong((key,), f"`{key}` is one of {', '.join(known)}")
        return str(said.get(key, default))

    def _subject(self, said: dict[str, Any], *, can: bool) -> SubjectOf | None:
        """``subject: customer``, or ``subject: {customer: buyer_id}`` where the table has several."""
        if "subject" not in said:
            return None
        given = said["subject"]
        if not can:
            able = ", ".join(name for name, kind in MASKS.items() if kind.subjects)
            self.wrong(("subject",), f"mask {said['mask']} does not go by a subject", f"these do: {able}")
        elif isinstance(given, str):
            return SubjectOf(given)
        elif isinstance(given, dict) and len(given) == 1 and all(isinstance(each, str) for each in given.values()):
            [(name, by)] = given.items()
            return self._by(name, by)
        else:
            self.wrong(("subject",), "`subject` is a name", "write subject: NAME, or subject: {NAME: COLUMN}")
        return None

    def _by(self, name: str, by: str) -> SubjectOf | None:
        try:
            return SubjectOf(name, parse_column(by).text)
        except ValueError as failure:
            self.wrong(("subject", name), str(failure))
            return None

    def _parts(self, said: dict[str, Any], key: str) -> dict[str, Decision]:
        """What happens to each part: the leaves of a document, the fields of a value, or every element."""
        if key == "each":
            if "each" not in said:
                self.wrong((), "needs `each: MASK`, the mask of an element", "for example {mask: array, each: email}")
            given = {"each": said["each"]} if "each" in said else {}
            return self._part_of((), given, key)
        given = said.get(key) or {}
        if not isinstance(given, dict):
            self.wrong((key,), f"`{key}` must be a mapping", f"for example {key}: {_EXAMPLES[key]}")
            return {}
        return self._part_of((key,), given, key)

    def _part_of(self, within: KeyPath, given: dict[str, Any], key: str) -> dict[str, Decision]:
        parts: dict[str, Decision] = {}
        for text, entry in given.items():
            try:
                name = spelled(text) if key == "paths" else text
            except ValueError as failure:
                self.wrong((*within, text), str(failure))
                continue
            part = _Entry((*self.path, *within, text), self.document, self.mistakes)
            decided = part.read({"mask": entry} if isinstance(entry, str) else entry)
            self.failed = self.failed or decided is None
            if decided and decided.paths and key not in _NESTED:
                self.wrong((*within, text), "a leaf has no paths of its own", "write the whole path")
            elif name in parts:
                self.wrong((*within, text), f"{name} is named twice", f"also at {parts[name].where}; keep one of them")
            elif decided:
                parts[name] = decided
        return parts


def _plain(entry: Any) -> bool:
    return isinstance(entry, str) and "|" not in entry
