"""JSON documents as trees whose leaves can be replaced, without losing what PostgreSQL's ``json`` keeps.

Surprising: Python's own dictionaries would drop repeated keys and the spelling of numbers. Here an object is a list of
pairs and a number is its digits, so a document written anew differs only where something was replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from stagecopy.masking.jsonpath import JsonPath, Step

DEEPEST = 300  # PostgreSQL takes thousands of levels, Python's stack does not
_HALVES = re.compile("[\ud800-\udfff]")  # json, unlike jsonb, takes halves of characters when they are escaped
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|([\[\]{}])')
REDACTED = "redacted"
_ZERO = "0"


@dataclass(frozen=True, slots=True)
class Digits:
    """A number as the document spells it."""

    text: str


@dataclass(slots=True)
class Members:
    """An object: its members in order, repeated keys included."""

    pairs: list[list[Any]]


class Document:
    """One document; ``changed`` once a leaf was replaced. One nested too deep to be walked is read as null."""

    __slots__ = ("changed", "deep", "root")

    def __init__(self, text: str) -> None:
        self.deep = _depth(text) > DEEPEST
        loaded = (
            None
            if self.deep
            else json.loads(
                text, parse_int=Digits, parse_float=Digits, parse_constant=Digits, object_pairs_hook=_members
            )
        )
        self.root: list[Any] = [loaded]
        self.changed = self.deep

    @property
    def text(self) -> str:
        """The document written anew."""
        return _written(self.root[0])


@dataclass(slots=True)
class Place:
    """Where a value stands: a slot of a list, which is an array, a member's pair or the root."""

    document: Document
    holder: list[Any]
    slot: int

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.holder[self.slot]

    @property
    def telling(self) -> bool:
        """Whether it is a text or a number: null, true and false say nothing about a person."""
        return isinstance(self.value, str | Digits)

    @property
    def nested(self) -> bool:
        """Whether it is an object or an array."""
        return isinstance(self.value, list | Members)

    @property
    def plain(self) -> str:
        """The text of a telling value."""
        return self.value.text if isinstance(self.value, Digits) else _HALVES.sub("?", str(self.value))

    def put(self, text: str | None) -> None:
        """Replace a scalar; a number stays one where *text* is one."""
        stays = text is not None and isinstance(self.value, Digits) and _is_number(text)
        self.holder[self.slot] = Digits(text) if stays and text is not None else text
        self.document.changed = True

    def redact(self) -> None:
        """Replace every text and number from here down by one that says nothing."""
        for place in self.scalars():
            if place.telling and place.value != "":
                place.put(_ZERO if isinstance(place.value, Digits) else REDACTED)

    def scalars(self) -> Iterator[Place]:
        """All scalars from here down."""
        for place, _ in _walk(self, []):
            yield place


@dataclass(slots=True)
class Branch:
    """Paths by their steps, so that a place is compared with those that lead to it and not with all.

    ``text``: the path that ends here; ``order``: its rank, of several that fit the first wins.
    """

    text: str | None = None
    order: int = 0
    names: dict[str, Branch] = field(default_factory=dict)
    wild: dict[str, Branch] = field(default_factory=dict)  # by kind of step: each, any

    def to(self, step: Step) -> Branch:
        """The branch one step on, made if need be."""
        known = self.wild if step.name is None else self.names
        return known.setdefault(step.kind if step.name is None else step.name, Branch())


def branches(paths: Iterable[tuple[str, JsonPath]]) -> Branch:
    """The root of *paths*, which come in the order of their rank."""
    root = Branch()
    for order, (text, path) in enumerate(paths):
        end = root
        for step in path:
            end = end.to(step)
        if end.text is None:
            end.text, end.order = text, order
    return root


def places(document: Document, root: Branch) -> Iterator[tuple[Place, str | None]]:
    """Every scalar that no path names (with None), and every value that one names (with its text); the first wins.

    A path that goes on inside an object or array that another one names decides there; what is left goes by the outer.
    """
    yield from _walk(Place(document, document.root, 0), [root])


def _walk(place: Place, fitting: list[Branch], outer: str | None = None) -> Iterator[tuple[Place, str | None]]:
    value = place.value
    ended = [branch for branch in fitting if branch.text is not None]
    if ended:
        named = min(ended, key=_rank).text
        if not (place.nested and _goes_on(value, fitting)):
            yield place, named
            return
        outer = named
    if isinstance(value, Members):
        for pair in value.pairs:
            yield from _walk(Place(place.document, pair, 1), list(_into(pair[0], fitting)), outer)
    elif isinstance(value, list):
        each = [branch.wild["each"] for branch in fitting if "each" in branch.wild]
        for position in range(len(value)):
            yield from _walk(Place(place.document, value, position), each, outer)
    else:
        yield place, outer


def _rank(branch: Branch) -> int:
    return branch.order


def _into(name: str, fitting: list[Branch]) -> Iterator[Branch]:
    """The branches that go on with the member *name*."""
    for branch in fitting:
        if name in branch.names:
            yield branch.names[name]
        if "any" in branch.wild:
            yield branch.wild["any"]


def _goes_on(value: Members | list[Any], fitting: list[Branch]) -> bool:
    """Whether the next step of any path fits what is in *value*."""
    if isinstance(value, list):
        return any("each" in branch.wild for branch in fitting)
    return any(True for pair in value.pairs for _ in _into(pair[0], fitting))


def _members(pairs: list[tuple[str, Any]]) -> Members:
    return Members([list(pair) for pair in pairs])


def _written(value: Any) -> str:
    if isinstance(value, Digits):
        return value.text
    if isinstance(value, Members):
        return "{" + ", ".join(f"{_quoted(name)}: {_written(each)}" for name, each in value.pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return _quoted(value)


def _quoted(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if _HALVES.search(text) else text


def _is_number(text: str) -> bool:
    try:
        value = json.loads(text, parse_int=Digits, parse_float=Digits, parse_constant=str)  # NaN is none
    except (ValueError, RecursionError):
        return False
    return isinstance(value, Digits)


def _depth(text: str) -> int:
    """How deep arrays and objects stand in each other; what cannot be too deep is not counted exactly."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return 0
    depth = deepest = 0
    for bracket in _BRACKETS.findall(text):
        depth += (bracket in "[{") - (bracket in "]}") if bracket else 0
        deepest = max(deepest, depth)
    return deepest
