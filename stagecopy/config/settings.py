"""The shape of stagecopy.yaml: every key, its type and its default.

Surprising: values arrive as text (yamlfile resolves nothing), so numbers and durations are parsed here, each with a
message of its own. Keys that a later version acts on are accepted and checked already, so that a file stays valid.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|h|d)")


def seconds(value: Any) -> float:
    """``5s``, ``30m``, ``4h``, ``1.5h``, ``250ms`` or ``2d`` as seconds. Raises ValueError."""
    if isinstance(value, int | float):
        return float(value)
    match = _DURATION.fullmatch(str(value).strip())
    if match is None:
        raise ValueError("write a duration such as 5s, 30m, 4h or 2d")
    return float(match["count"]) * _UNITS[match["unit"]]


Seconds = Annotated[float, BeforeValidator(seconds)]

_SIZE = re.compile(r"(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>kB|MB|GB|TB)")
_BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def size(value: Any) -> int | None:
    """``500MB``, ``50GB`` or ``1.5TB`` as bytes; None is no limit. Raises ValueError."""
    if value is None or isinstance(value, int):
        return value
    match = _SIZE.fullmatch(str(value).strip())
    if match is None:
        raise ValueError("write a size such as 500MB, 50GB or 2TB")
    return int(float(match["count"]) * _BYTES[match["unit"]])


def _version(value: Any) -> int:
    if str(value) != "1":
        raise ValueError("this program reads version 1")
    return 1


Version = Annotated[int, BeforeValidator(_version)]


class Section(BaseModel):
    """Keys that are not known are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Production(Section):
    """Where production is and how gently it is read."""

    url: str | None = None
    schemas: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    jobs: int = Field(default=2, ge=1, le=16)
    lock_timeout: Seconds = 5.0
    yield_after: Seconds = 2.0
    max_time: Seconds = 4 * 3600.0


class Extensions(Section):
    """What to do about extensions that staging lacks."""

    missing: Literal["fail", "skip"] = "fail"
    skip: tuple[str, ...] = ()


class Quota(Section):
    """How much of a server that others use too this project may fill; null is no limit."""

    databases: int | None = Field(default=20, ge=4)  # a snapshot and what is served, twice over
    size: Annotated[int | None, BeforeValidator(size)] = None


class Staging(Section):
    """Where the disposable servers live."""

    engine: Literal["auto", "docker", "embedded", "server"] = "auto"
    image: str = "postgres:{major}"
    port: Literal["auto"] | int = "auto"
    url: str | None = None
    keep: int = Field(default=3, ge=1)
    pool: str = "auto"
    extensions: Extensions = Extensions()
    quota: Quota = Quota()


class Masking(Section):
    """Rules, key and locale of the masks."""

    rules: str = "masking-rules/"
    key_file: str | None = None
    key_command: str | None = None
    unclassified: Literal["fail"] = "fail"
    locale: str = "en_US"


class Keep(Section):
    """How many backups are kept."""

    daily: int = Field(default=30, ge=0)
    weekly: int = Field(default=8, ge=0)
    monthly: int = Field(default=12, ge=0)


class Backups(Section):
    """The raw backups that refresh takes."""

    store: str | None = None
    keep: Keep = Keep()
    encrypt_to: tuple[str, ...] = ()
    prove: str = "weekly"
    max_size: Annotated[int | None, BeforeValidator(size)] = None  # bytes


class Trial(Section):
    """How migrations are tried."""

    role: str | None = None
    transaction: Literal["auto", "statement", "file", "single"] = "auto"
    max_age: Seconds = 24 * 3600.0
    time_budget: Seconds = 1800.0
    long_reader: Seconds = 3.0
    scrub: tuple[str, ...] = ()


class Loss(Section):
    """Rows that may be lost before it is an error: more than ``rows`` or more than ``percent`` (0 = any)."""

    rows: int = Field(default=0, ge=0)
    percent: float = Field(default=0.0, ge=0)


class ValueLoss(Section):
    """Values of one column that may be lost before it is an error."""

    rows: int = Field(default=0, ge=0)


class TablePolicy(Section):
    """What holds for one table in place of the general rule."""

    rows_lost: Loss | None = None
    values_lost: ValueLoss | None = None
    exclusive_lock: Seconds | None = None


def _two_people(names: tuple[str, ...]) -> tuple[str, ...]:
    known = {" ".join(name.split()).casefold() for name in names} - {""}
    if len(known) < 2:
        raise ValueError("name two people: a waiver is nobody's alone")
    return names


class Waiver(Section):
    """A finding that two people accept through the day ``until``."""

    rule: str = Field(min_length=1)
    subject: str = Field(min_length=1)
    reason: str = Field(min_length=3)
    by: Annotated[tuple[str, ...], AfterValidator(_two_people)]
    until: date


class Policy(Section):
    """What makes a trial fail or warn."""

    rows_lost: Loss = Loss()
    values_lost: ValueLoss = ValueLoss()
    exclusive_lock: Seconds = 2.0
    timing: Literal["warn", "error", "off"] = "warn"
    rollback: Literal["warn", "error", "off"] = "warn"
    tables: dict[str, TablePolicy] = Field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()


class Gate(Section):
    """Reserved for the gate."""

    backup_age: Seconds = 24 * 3600.0
    snapshot_age: Seconds = 24 * 3600.0
    approvals: int = 2
    allowed_signers: str = "approvals/allowed_signers"


class Watch(Section):
    """Reserved for the watch."""

    critical: tuple[str, ...] = ()
    every: Seconds = 300.0
    drop: Loss = Loss(percent=5.0, rows=50)
    budget: Seconds = 30.0
    acknowledge: tuple[Any, ...] = ()


class Changelog(Section):
    """Reserved for the change log."""

    path: str = "database-changes-log.md"


class Settings(Section):
    """All of stagecopy.yaml."""

    version: Version = 1
    project: str | None = None
    production: Production = Production()
    staging: Staging = Staging()
    masking: Masking = Masking()
    backups: Backups = Backups()
    trial: Trial = Trial()
    policy: Policy = Policy()
    gate: Gate = Gate()
    watch: Watch = Watch()
    changelog: Changelog = Changelog()
    notify: tuple[Any, ...] = ()
