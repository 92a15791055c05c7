"""How clones are made on an engine, and why, in one sentence for people."""

from __future__ import annotations

from stagecopy.staging.engine import Engine

_COST = {
    "reflink": "no room and no time, whatever the size",
    "overlay": "no room and no time at first; each table that is looked at takes those of its copy, once",
    "copy": "the room and the time of a copy each",
    "template": "the room and the time of a copy each",
}


def clone_method_reason(engine: Engine, *, settled: bool = True) -> tuple[str, str | None]:
    """Which method, what it costs and why it and no other; and what to do for a better one, if there is one.

    Not *settled*: no refresh has tried to make a pool yet, which may give a better one by itself.
    """
    method, why, better = engine.clone_method()
    if method != "reflink" and not settled:
        return f"by {method} ({_COST[method]}) or better: the first refresh finds out", None
    return f"by {method} ({_COST[method]}): {why}", better
