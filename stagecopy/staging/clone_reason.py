"""How clones are made on an engine, and why, in one sentence for people."""

from __future__ import annotations

from stagecopy.staging.engine import Engine

_COST = {
    "reflink": "no room and no time, whatever the size",
    "copy": "the room and the time of a copy each",
    "overlay": "no room at first, a copy of every table that is looked at",
    "template": "the room and the time of a copy each",
}


def clone_method_reason(engine: Engine) -> str:
    """Which method, what it costs, why it and no other, and what to do for a better one."""
    method, why, better = engine.clone_method()
    advice = f". For a better way: {better}" if better else ""
    return f"clones by {method} ({_COST[method]}): {why}{advice}"
