"""The picture of a trial: statements on a line of time, and below it each relation that others had to wait for.

Pure arithmetic: places in a drawing 1,000 wide, for a template to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stagecopy.model.migration import BLOCKS
from stagecopy.report.durations import spoken_seconds
from stagecopy.report.papers import Document, told

WIDTH, LANE = 1000.0, 26.0
_NARROWEST = 2.0
_MOST_LANES = 12
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
    """One row of the picture."""

    name: str
    y: float
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of it; ``ticks`` are places and times."""

    lanes: Sequence[Lane]
    ticks: Sequence[tuple[float, str]]
    height: float


def timeline(document: Document) -> Timeline | None:
    """None where no statement knows when it began."""
    migration = document["migration"]
    statements = [each for each in (migration["statements"] if migration else ()) if each.get("at") is not None]
    if not statements:
        return None
    end = max(each["at"] + max([each["seconds"], *_ends(each)]) for each in statements) or 1e-6
    scale = WIDTH / end
    rows = [("statements", [_statement(each, scale) for each in statements])]
    rows += _locks(statements, scale)
    lanes = [Lane(name, index * LANE, bars) for index, (name, bars) in enumerate(rows[: _MOST_LANES + 1])]
    ticks = [(WIDTH * part / 4, spoken_seconds(end * part / 4)) for part in range(5)]
    return Timeline(lanes, ticks, len(lanes) * LANE)


def _ends(statement: Mapping[str, Any]) -> list[float]:
    return [lock["at"] - statement["at"] + lock["seconds"] for lock in statement["locks"] if lock.get("at") is not None]


def _statement(each: Mapping[str, Any], scale: float) -> Bar:
    text = " ".join(told(each["sql"], 120).split())
    return _bar(
        (each["at"], each["seconds"]), scale, "statement", f"{each['n']}: {text} ({spoken_seconds(each['seconds'])})"
    )


def _locks(statements: Sequence[Mapping[str, Any]], scale: float) -> list[tuple[str, list[Bar]]]:
    """By relation, those locked longest first."""
    bars: dict[str, list[Bar]] = {}
    held: dict[str, float] = {}
    for statement in statements:
        for lock in statement["locks"]:
            blocked = BLOCKS.get(lock["mode"])
            if blocked is None or lock.get("at") is None:
                continue
            name = told(lock["relation"], 80)
            title = f"{lock['mode']} on {name}, {spoken_seconds(lock['seconds'])}"
            bars.setdefault(name, []).append(_bar((lock["at"], lock["seconds"]), scale, _KINDS[blocked], title))
            held[name] = held.get(name, 0.0) + lock["seconds"]
    return sorted(bars.items(), key=lambda item: -held[item[0]])


def _bar(span: tuple[float, float], scale: float, kind: str, title: str) -> Bar:
    at, seconds = span
    width = max(_NARROWEST, seconds * scale)
    return Bar(round(min(at * scale, WIDTH - width), 2), round(width, 2), kind, title)
