"""The picture of a trial: statements on a line of time, and below it each relation that others had to wait for.

Pure arithmetic: places in a drawing 1,000 wide, for a template to draw. A few statements get a lane each, many share
one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stagecopy.model.migration import BLOCKS
from stagecopy.model.wording import quoted
from stagecopy.report.durations import spoken_seconds
from stagecopy.report.papers import Document, told

WIDTH = 1000.0
_NARROWEST = 4.0
_MOST_LANES = 12
_MOST_APART = 10  # statements with a lane of their own
_MOST_BARS = 400  # in one lane: more cannot be told apart
_KINDS = {"reads": "all", "writes": "writes"}  # of what is blocked: how it is drawn


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time: its place, what kind it is, and what to say of it."""

    x: float
    width: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the picture; ``seconds`` is what its bars come to, in words."""

    name: str
    bars: Sequence[Bar]
    seconds: str

    @property
    def told(self) -> str:
        """The row for those who do not see it."""
        return told("; ".join(bar.title for bar in self.bars[:5]), 400)


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of it; ``ticks`` are times at equal distances, ``more`` counts relations that got no lane."""

    lanes: Sequence[Lane]
    ticks: Sequence[str]
    more: int


def timeline(document: Document) -> Timeline | None:
    """None where no statement knows when it began."""
    migration = document["migration"]
    statements = [each for each in (migration["statements"] if migration else ()) if each.get("at") is not None]
    if not statements:
        return None
    end = max(each["at"] + max([each["seconds"], *_ends(each)]) for each in statements) or 1e-6
    scale = WIDTH / end
    locks = _locks(statements, scale)
    ticks = [spoken_seconds(end * part / 4) if part else "0" for part in range(5)]
    return Timeline(_work(statements, scale) + locks[:_MOST_LANES], ticks, max(0, len(locks) - _MOST_LANES))


def _ends(statement: Mapping[str, Any]) -> list[float]:
    return [lock["at"] - statement["at"] + lock["seconds"] for lock in statement["locks"] if lock.get("at") is not None]


def _work(statements: Sequence[Mapping[str, Any]], scale: float) -> list[Lane]:
    if len(statements) <= _MOST_APART:
        return [
            Lane(f"{each['n']}: {_sql(each, 60)}", [_statement(each, scale)], spoken_seconds(each["seconds"]))
            for each in statements
        ]
    longest = sorted(statements, key=lambda each: -each["seconds"])[:_MOST_BARS]
    total = sum(each["seconds"] for each in statements)
    return [
        Lane(f"{len(statements):,} statements", [_statement(each, scale) for each in longest], spoken_seconds(total))
    ]


def _sql(each: Mapping[str, Any], most: int) -> str:
    return told(" ".join(each["sql"][: 10 * most].split()), most)


def _statement(each: Mapping[str, Any], scale: float) -> Bar:
    title = f"{each['n']}: {_sql(each, 120)} ({spoken_seconds(each['seconds'])})"
    return _bar((each["at"], each["seconds"]), scale, "statement", title)


def _locks(statements: Sequence[Mapping[str, Any]], scale: float) -> list[Lane]:
    """By relation, those locked longest first."""
    bars: dict[str, list[Bar]] = {}
    held: dict[str, float] = {}
    for statement in statements:
        for lock in statement["locks"]:
            blocked = BLOCKS.get(lock["mode"])
            if blocked is None or lock.get("at") is None:
                continue
            name = told(quoted(*lock["relation"].split(".", 1)), 80)
            title = f"{lock['mode']} on {name}, {spoken_seconds(lock['seconds'])}"
            bars.setdefault(name, []).append(_bar((lock["at"], lock["seconds"]), scale, _KINDS[blocked], title))
            held[name] = max(held.get(name, 0.0), lock["seconds"])
    ordered = sorted(bars, key=lambda name: -held[name])
    return [Lane(name, bars[name][:_MOST_BARS], spoken_seconds(held[name])) for name in ordered]


def _bar(span: tuple[float, float], scale: float, kind: str, title: str) -> Bar:
    at, seconds = span
    width = max(_NARROWEST, seconds * scale)
    return Bar(round(min(at * scale, WIDTH - width), 2), round(width, 2), kind, title)
