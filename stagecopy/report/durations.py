"""Seconds, bytes and moments as people say them."""

from __future__ import annotations

from datetime import datetime, timedelta


def spoken_seconds(seconds: float) -> str:
    """``0.4 ms``, ``12 ms``, ``3.2 s``, ``2 min 5 s``, ``1 h 10 min``."""
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def spoken_bytes(count: float) -> str:
    """``512 B``, ``17.0 kB``, ``1.2 GB``, in powers of 1,000."""
    if count < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 999.95:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:,.1f} TB"


def spoken_moment(moment: datetime, now: datetime) -> str:
    """``07:02 today (3 h ago)``, in the time zone of *now*; both must know their zone."""
    local = moment.astimezone(now.tzinfo)
    days = (now.date() - local.date()).days
    day = {0: "today", 1: "yesterday"}.get(days, f"on {local:%Y-%m-%d}")
    return f"{local:%H:%M} {day} ({_ago(now - moment)})"


def spoken_age(moment: datetime, now: datetime) -> str:
    """``3 h ago``."""
    return _ago(now - moment)


def spoken_end(moment: datetime, now: datetime) -> str:
    """``07:02 tomorrow``: something to come, in the time zone of *now*."""
    local = moment.astimezone(now.tzinfo)
    days = (local.date() - now.date()).days
    return f"{local:%H:%M} " + {0: "today", 1: "tomorrow"}.get(days, f"on {local:%Y-%m-%d}")


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    hours = minutes // 60
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} days ago"
