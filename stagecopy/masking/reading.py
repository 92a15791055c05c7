"""What all readers of rule files share: the document, its mistakes, and the shapes YAML can have."""

from __future__ import annotations

from typing import Any

from stagecopy.masking.mistakes import Mistakes
from stagecopy.yamlfile import Document, KeyPath, suggestion


class Reader:
    """One document, and where its mistakes go."""

    def __init__(self, document: Document, mistakes: Mistakes) -> None:
        self.document = document
        self.mistakes = mistakes

    def wrong(self, path: KeyPath, what: str, hint: str | None = None) -> None:
        """Note a mistake at the line of *path*."""
        self.mistakes.add(self.document.where(*path), what, hint)

    def known(self, entry: dict[str, Any], known: tuple[str, ...], path: KeyPath) -> None:
        """Note every key of *entry* that is none of *known*."""
        for key in entry:
            if key not in known:
                self.wrong((*path, key), f"unknown key {key!r}", suggestion(key, known))

    def mapping(self, content: dict[str, Any], key: str, path: KeyPath = ()) -> dict[str, Any]:
        """What stands under *key*; nothing when it is no mapping."""
        value = content.get(key)
        if value is None or isinstance(value, dict):
            return value or {}
        self.wrong((*path, key), f"`{key}` must be a mapping", "check the indentation")
        return {}

    def sequence(self, content: dict[str, Any], key: str) -> list[Any]:
        """What stands under *key*; nothing when it is no list."""
        value = content.get(key)
        if value is None or isinstance(value, list):
            return value or []
        self.wrong((key,), f"`{key}` must be a list", "start each entry with `- `")
        return []
