"""Who answers the questions of `stagecopy init`: a person, or the flags alone.

Surprising: a flag answers its question also at a terminal. Passwords are typed unseen and never shown, not even as
part of an address that cannot be read.
"""

from __future__ import annotations

import getpass
import select
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from stagecopy.config.finders.candidate import ENVIRONMENT, Candidate
from stagecopy.config.finders.urls import dsn_of
from stagecopy.errors import UsageError
from stagecopy.flows.init_choices import PRODUCTION, Address, Looked, Plan
from stagecopy.redact import scrub
from stagecopy.report.page import visible

_NONE = "no production URL was found in this folder"


@dataclass(frozen=True, slots=True)
class Given:
    """The flags; None: not said."""

    url_from: str | None = None
    store_url: bool | None = None
    age_identity: bool | None = None
    yes: bool = False


class ByFlags:
    """Nobody is there to ask: what was not said is no, or with --yes what would be proposed."""

    def __init__(self, given: Given) -> None:
        self.given = given

    def wants_candidates(self) -> bool:
        """See Answers."""
        return self.given.url_from is not None

    def production(self, candidates: Sequence[Candidate], /) -> Address:
        """See Answers. Raises UsageError ``choose-url``, ``no-such-url`` or ``no-production-url``."""
        if self.given.url_from is not None:
            return named(self.given.url_from, candidates)
        usable = [each for each in candidates if each.dsn]
        likely = [each for each in usable if not each.development]
        if not usable:
            hint = "set STAGECOPY_PRODUCTION_URL, or production.url in stagecopy.yaml"
            raise UsageError("no-production-url", "\n".join([_NONE, *_listed(candidates)]), hint=hint)
        if not self.given.yes or len(likely) != 1:
            message = "\n".join(["which of these is production?", *_listed(candidates)])
            raise UsageError("choose-url", message, hint=f"say it: --url-from {(likely or usable)[0].place}")
        return _address(likely[0])

    def looking(self, _shown: str, /) -> None:
        """See Answers."""

    def looked(self, _looked: Looked, _engine: str, _home: Path, /) -> None:
        """See Answers."""

    def store_url(self, _path: Path, _address: Address, /) -> bool:
        """See Answers."""
        return self.given.yes if self.given.store_url is None else self.given.store_url

    def identity(self, _path: Path, /) -> bool:
        """See Answers."""
        return self.given.yes if self.given.age_identity is None else self.given.age_identity

    def agreed(self, _plan: Plan, /) -> bool:
        """See Answers."""
        return True


class ByPerson(ByFlags):
    """Asks on the terminal what no flag says."""

    def production(self, candidates: Sequence[Candidate], /) -> Address:
        """See Answers."""
        if self.given.url_from is not None:
            return named(self.given.url_from, candidates)
        usable = [each for each in candidates if each.dsn]
        if not usable:
            _say(_NONE, *_listed(candidates))
            return _typed()
        _say("addresses that this folder and the environment name", *_listed(candidates, numbered=True))
        proposed = "1" if not usable[0].development else ""
        while True:
            offer = f" [{proposed}]" if proposed else ""
            said = _ask(f"which is production? its number, or 0 to type another{offer}: ") or proposed
            if said == "0":
                return _typed()
            if said.isascii() and said.isdigit() and int(said) <= len(usable):
                return _address(usable[int(said) - 1])
            _say("there is none to propose: please type a number" if not said else "please type one of these numbers")

    def looking(self, shown: str, /) -> None:
        """See Answers."""
        _say(f"reading {shown} (READ ONLY; whoever has to wait for us goes first)")

    def looked(self, looked: Looked, engine: str, home: Path, /) -> None:
        """See Answers."""
        mask, keep, todo = (looked.count(verdict) for verdict in ("mask", "keep", "todo"))
        _say(
            f"production  PostgreSQL {looked.major}, {looked.tables} tables, all readable as {looked.role}",
            f"columns     {mask} to be masked, {keep} kept, {todo} for you to decide",
            f"engine      {engine}",
            f"state       {home}: snapshots, and backups as plain text (this version does not encrypt)",
        )

    def store_url(self, path: Path, address: Address, /) -> bool:
        """See Answers."""
        question = f"keep its URL in {path} (mode 0600), where stagecopy finds ${{{address.variable}}}?"
        return _yes(question) if self.given.store_url is None else self.given.store_url

    def identity(self, path: Path, /) -> bool:
        """See Answers."""
        question = f"make an age identity (a key pair that a later version encrypts backups with) in {path}?"
        return _yes(question) if self.given.age_identity is None else self.given.age_identity

    def agreed(self, plan: Plan, /) -> bool:
        """See Answers."""
        files = plan.files()
        if not files:
            return True
        _say("to be written", *(f"  {name:17}{path}" for name, path in files))
        return _yes("go on?")


def named(place: str, candidates: Sequence[Candidate]) -> Address:
    """The candidate that --url-from means. Raises UsageError ``no-such-url`` or ``choose-url``."""
    usable = [each for each in candidates if each.dsn]
    ways = (
        [each for each in usable if each.place in (place, f"${place}")],
        [each for each in usable if each.family == ENVIRONMENT and each.variable == place],
        [each for each in usable if place in (each.file, each.variable)],
    )
    found = next((way for way in ways if way), [])
    if len(found) == 1:
        return _address(found[0])
    listed = "\n".join(_listed(found or candidates))
    if found:
        raise UsageError("choose-url", f"{place} has several\n{listed}", hint=f"say one: --url-from {found[0].place}")
    raise UsageError("no-such-url", f"--url-from {place}: there is no address\n{listed}".rstrip(), hint="see the list")


def _listed(candidates: Sequence[Candidate], *, numbered: bool = False) -> list[str]:
    width = max((len(each.place) for each in candidates), default=0)
    lines = []
    for number, each in enumerate(candidates, 1):  # those without an address come last
        lead = (f"{number:>3}  " if each.dsn else "  -  ") if numbered else "  "
        remark = f"   looks like development: {each.development}" if each.development else ""
        lines.append(visible(f"{lead}{each.place:<{width}}  {each.shown}{remark}"))
    return lines


def _address(candidate: Candidate) -> Address:
    address = Address.of(candidate)
    assert address is not None  # noqa: S101 - only those with an address are offered
    return address


def _typed() -> Address:
    while True:
        try:
            text = getpass.getpass("production's URL, which is not shown (empty to stop): ", stream=sys.stderr).strip()
        except EOFError:
            _stop()
        if not text:
            _stop()
        if dsn_of(text) is not None:
            return Address(PRODUCTION, text)
        _say("no PostgreSQL URL (postgresql://USER@HOST/DATABASE); percent-encode @ : / # % in the password")


def _yes(question: str) -> bool:
    while True:
        said = _ask(f"{question} [Y/n] ").lower()
        if said in ("", "y", "yes"):
            return True
        if said in ("n", "no"):
            return False


def _ask(question: str) -> str:
    sys.stderr.write(scrub(question))
    sys.stderr.flush()
    # polars, loaded by now, makes the kernel go on reading after Ctrl-C; waiting in select is always interrupted
    try:
        select.select([sys.stdin], [], [])
    except KeyboardInterrupt:
        sys.stderr.write("\nnothing was written\n")
        raise
    line = sys.stdin.readline()
    if not line:
        _stop()
    return line.strip()


def _say(*lines: str) -> None:
    sys.stderr.write("".join(f"{scrub(line)}\n" for line in lines))
    sys.stderr.flush()


def _stop() -> NoReturn:
    raise UsageError("not-confirmed", "nothing was written")
