"""Reads what a rule says about a column: ``{mask: …, options}`` or ``{keep: reason}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from stagecopy.masking.jsonpath import parse_path
from stagecopy.masking.maskers import MASKS
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.rules import KEEP, Decision, OnBad, Rest, SubjectOf
from stagecopy.yamlfile import Document, KeyPath, suggestion

_GENERAL = ("subject", "on_bad")
_OF_DOCUMENTS = ("paths", "rest")


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
        of_documents = _OF_DOCUMENTS if kind.documents else ()
        self._known(said, ("mask", *kind.options, *_GENERAL, *of_documents))
        made = Decision(
            mask,
            self.document.where(*self.path),
            options=self._options(said, kind.options),
            subject=self._subject(said, can=kind.subjects),
            on_bad=cast("OnBad", self._one_of(said, "on_bad", get_args(OnBad), "redact")),
            paths=self._paths(said) if of_documents else {},
            rest=cast("Rest", self._one_of(said, "rest", get_args(Rest), "fail")) if of_documents else "fail",
        )
        problem = None if self.failed else kind.options_problem(made.options)
        if problem:
            self.wrong((), f"mask {mask}: {problem}")
        return None if self.failed else made

    def _options(self, said: dict[str, Any], known: Mapping[str, str]) -> dict[str, str]:
        options = {name: value for name, value in said.items() if name in known}
        for name in [name for name, value in options.items() if not isinstance(value, str)]:
            self.wrong((name,), f"`{name}` must be text")
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
            return SubjectOf(name, by)
        else:
            self.wrong(("subject",), "`subject` is a name", "write subject: NAME, or subject: {NAME: COLUMN}")
        return None

    def _paths(self, said: dict[str, Any]) -> dict[str, Decision]:
        paths = said.get("paths") or {}
        if not isinstance(paths, dict):
            self.wrong(("paths",), "`paths` must be a mapping", 'for example paths: {"$.phone": phone}')
            return {}
        leaves = {}
        for text, entry in paths.items():
            try:
                parse_path(text)
            except ValueError as failure:
                self.wrong(("paths", text), str(failure))
                continue
            leaf = _Entry((*self.path, "paths", text), self.document, self.mistakes)
            decided = leaf.read({"mask": entry} if isinstance(entry, str) else entry)
            self.failed = self.failed or decided is None
            if decided and (decided.paths or decided.subject):
                self.wrong(("paths", text), "a leaf has no paths and no subject of its own", "write the whole path")
            elif decided:
                leaves[text] = decided
        return leaves
