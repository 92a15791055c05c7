"""Rebuilds the schema in staging with production's own pg_dump archive.

Surprising: code from production (index expressions, CHECK functions, matview queries) runs while the schema is built.
Where the engine cannot contain a superuser, an ordinary role restores it (see rights.py). Any error line of pg_restore
fails the refresh.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from stagecopy.errors import StagingError
from stagecopy.model.findings import Fidelity
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries
from stagecopy.postgres.connect import connect_staging, staging_errors
from stagecopy.postgres.tools import run_tool, staging_environment
from stagecopy.process import ProcessError, environment
from stagecopy.staging.rights import CatalogId, Rights

# Entries that run production's code when they are restored; the longest name wins ("CHECK CONSTRAINT").
_RUNS_CODE = ("INDEX ATTACH", "INDEX", "FK CONSTRAINT", "CHECK CONSTRAINT", "CONSTRAINT")
_MATVIEW = ("MATERIALIZED VIEW DATA",)
_GRANTS = ("ACL",)
# Only a superuser may own these, and production's superusers are none on an engine that cannot contain them.
_SUPERUSERS_OWN = ("EVENT TRIGGER", "FOREIGN DATA WRAPPER")
_HEADER = re.compile(
    r"^-- Name: (?P<name>.*); Type: (?P<kind>[A-Z ]+); Schema: (?P<schema>.*); Owner: .*$", re.MULTILINE
)
_BY_MEMBERS = ("ACL", "COMMENT")  # of the owner, whoever that is here: schema public is there before anybody
_TOLD = {"USER MAPPING": "user mappings of foreign servers"}  # left behind, and said
_LARGE_OBJECTS = ("BLOB", "BLOBS")  # their making and owners, and what is in them
_ALWAYS_THERE = ("SCHEMA", "public")
_LEFT_BEHIND = (*_TOLD, *_LARGE_OBJECTS, "SUBSCRIPTION", "DATABASE")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the archive's table of contents."""

    line: str
    kind: str  # the words between OID and schema, as far as known kinds go
    name: str
    about: str = ""  # of a comment or a grant: "LARGE OBJECT", "EVENT TRIGGER" …

    def player(self, replaced: Mapping[str, str]) -> str | None:
        """Who owns it here in the place of its owner in production, or None; the owner is the line's last word."""
        owners = [name for name in replaced if self.line.endswith(f" {name}")]
        return replaced[max(owners, key=len)] if owners else None

    def is_(self, kinds: Iterable[str]) -> bool:
        """Whether the entry is of one of these kinds."""
        return any(self.kind == kind or self.kind.startswith(kind + " ") for kind in kinds)

    @property
    def catalog_id(self) -> CatalogId:
        """Which object of production it is: the OIDs of its catalog and of itself."""
        classid, oid = self.line.partition("; ")[2].split(" ", 2)[:2]
        return int(classid), int(oid)

    @property
    def of_database(self) -> bool:
        """The database itself, its settings and grants, and the schema that every database has."""
        return self.is_(("DATABASE",)) or self.about.startswith("DATABASE") or (self.kind, self.name) == _ALWAYS_THERE

    @property
    def of_event_trigger(self) -> bool:
        """An event trigger or a comment on one."""
        return "EVENT TRIGGER" in (self.kind, self.about)

    @property
    def of_large_objects(self) -> bool:
        """Large objects, or comments and grants on some."""
        return self.is_(_LARGE_OBJECTS) or self.about in ("LARGE OBJECT", "LARGE OBJECTS")


@dataclass(frozen=True, slots=True)
class SchemaArchive:
    """The schema part of a pg_dump directory, ready to be restored pass by pass.

    ``replaced``: owners that are not here, and who has what is theirs; ``kept_out``: kinds that are left behind.
    """

    binaries: Binaries
    folder: Path
    scratch: Path
    replaced: Mapping[str, str] = field(default_factory=dict)
    kept_out: Mapping[str, str] = field(default_factory=dict)
    ownerless: bool = False  # all of it becomes whose who restores it, and grants stay behind

    def whole(self, section: str) -> list[Entry]:
        """All of ``pre-data``, ``data`` or ``post-data`` that goes into a database that is there already."""
        return [each for each in self._listed(section) if not each.of_database]

    def entries(self, section: str) -> list[Entry]:
        """The archive's entries of ``pre-data`` or ``post-data``, without what staging must not have."""
        listed = self._listed(section)
        return [
            entry
            for entry in listed
            if not entry.is_(_LEFT_BEHIND)
            and not entry.of_large_objects
            and not (entry.of_event_trigger and "EVENT TRIGGER" in self.kept_out)
            and not (entry.kind == "DEFAULT ACL" and entry.player(self.replaced))
        ]

    def left_behind(self, *, large_objects: int = 0) -> tuple[Fidelity, ...]:
        """What production has and staging does not get. An archive of the schema alone lists no large objects."""
        listed = [*self._listed("pre-data"), *(self._listed("post-data") if self.kept_out else [])]
        told = {**_TOLD, **self.kept_out}
        kinds = [f"large objects ({large_objects:,})"] if large_objects else []
        kinds += [words for kind, words in told.items() if any(entry.is_((kind,)) for entry in listed)]
        return (Fidelity("left-behind", f"{' and '.join(kinds)} stay in production"),) if kinds else ()

    def restore_large_objects(self, admin: Address) -> None:
        """All the archive has, under their OIDs, with owners, comments and grants."""
        self.restore([entry for entry in self._listed() if entry.of_large_objects], admin)

    def _listed(self, section: str | None = None) -> list[Entry]:
        chosen = [f"--section={section}"] if section else []
        argv: list[str | Path] = ["pg_restore", "--list", *chosen, self.folder]
        listing = run_tool(self.binaries, argv, environment()).stdout.decode("utf-8", "replace")
        return [entry_of(line) for line in listing.splitlines() if line and not line.startswith(";")]

    def restore_pre_data(self, entries: list[Entry], rights: Rights, *, schemas: Collection[str] = ()) -> None:
        """All that rows need. Grants come after them: a table's owner may have revoked what loading it takes.

        A dump of chosen *schemas* makes public too, if that is one of them, where any other takes it for granted.
        """
        if "public" in schemas:
            with connect_staging(rights.admin) as connection, staging_errors("making room for the schema"):
                connection.execute("DROP SCHEMA IF EXISTS public")
        self._define([entry for entry in entries if not entry.is_(_GRANTS)], rights)

    def _define(self, entries: list[Entry], rights: Rights) -> None:
        def by(entry: Entry) -> Address:
            return rights.admin if entry.about else rights.of(entry.kind, entry.catalog_id)

        for address, group in groupby(entries, by):
            with rights.room():
                self.restore(list(group), address)

    def restore(self, entries: list[Entry], address: Address, *, jobs: int = 1) -> None:
        """Restore exactly *entries* in their order. Raises StagingError ``restore-failed`` naming the entry."""
        for owners, group in groupby(entries, self._owners):
            self._restore(list(group), address, jobs=jobs, owners=owners)

    def _owners(self, entry: Entry) -> tuple[str, ...]:
        """How pg_restore is told whose it is."""
        if self.ownerless:
            return ("--no-owner", "--no-privileges")
        player = entry.player(self.replaced)
        if player and not entry.is_(_BY_MEMBERS):
            return ("--no-owner", f"--role={player}")
        return ("--no-owner",) if player or entry.is_(_SUPERUSERS_OWN) else ()

    def _restore(self, entries: list[Entry], address: Address, *, jobs: int, owners: tuple[str, ...]) -> None:
        listing = self._list(entries)
        argv: list[str | Path] = ["pg_restore", "--exit-on-error", "--no-tablespaces", "--no-security-labels"]
        argv += owners
        argv += [f"--use-list={listing}", f"--jobs={jobs}", f"--dbname={address.database}", self.folder]
        try:
            run_tool(self.binaries, argv, staging_environment(address))
        except ProcessError as failure:
            raise StagingError("restore-failed", f"rebuilding the schema: {failure.message}") from failure

    def _list(self, entries: list[Entry]) -> Path:
        listing = self.scratch / "restore.list"
        listing.write_text("".join(entry.line + "\n" for entry in entries), encoding="utf-8")
        return listing

    def restore_post_data(self, rights: Rights, *, jobs: int) -> None:
        """Indexes and constraints in parallel, then the rest, grants, matviews last."""
        entries = self.entries("post-data")
        grants = [entry for entry in self.entries("pre-data") if entry.is_(_GRANTS)]
        special = (*_RUNS_CODE, *_MATVIEW)
        rest = [entry for entry in entries if not entry.is_(special) and not entry.of_event_trigger]
        with rights.room():
            self.restore([entry for entry in entries if entry.is_(_RUNS_CODE)], rights.ordinary, jobs=jobs)
        self._define(rest, rights)
        self.restore(grants, rights.admin)
        with self._room(rights):
            self.restore([entry for entry in entries if entry.is_(_MATVIEW)], rights.ordinary)

    def _room(self, rights: Rights) -> AbstractContextManager[None]:
        """A stand-in has less to say in the schemas of others than the owner it stands for."""
        return rights.room() if any(self.replaced.values()) else nullcontext()

    def still_to_come(self) -> list[tuple[str, str]]:
        """Definitions that are loaded after the rows: what each is called, and its SQL."""
        entries = self.entries("post-data")
        listing = self._list(entries)
        argv: list[str | Path] = ["pg_restore", "--no-owner", f"--use-list={listing}", "--file=-", self.folder]
        script = run_tool(self.binaries, argv, environment()).stdout.decode("utf-8", "replace") if entries else ""
        starts = [*_HEADER.finditer(script)]
        ends = [*(each.start() for each in starts[1:]), len(script)][: len(starts)]
        return [(_called(header), script[header.end() : end]) for header, end in zip(starts, ends, strict=True)]

    def restore_event_triggers(self, admin: Address) -> None:
        """When no definition changes any more: they would fire on our own changes of owners."""
        self.restore([entry for entry in self.entries("post-data") if entry.of_event_trigger], admin)


def _called(header: re.Match[str]) -> str:
    """``index public.by_name``, ``constraint no_boss``: what belongs to a table is named behind it."""
    kind, name = str(header["kind"]).lower(), str(header["name"])
    if kind == "index":
        return f"index {header['schema']}.{name}"
    if kind.startswith("publication"):
        return f"publication {name.partition(' ')[0]}"
    return f"{kind.rpartition(' ')[2]} {name.rpartition(' ')[2]}"


def entry_of(line: str) -> Entry:
    """``3371; 1259 16385 TABLE public users owner``: kinds are upper-case words, so they end at the schema or '-'."""
    rest = line.partition("; ")[2].split(" ", 2)[-1]
    words = rest.split(" ")
    kind = []
    for word in words:
        if not word.isupper() or not word.isalpha():
            break
        kind.append(word)
    tail = words[len(kind) :]
    about = " ".join(tail[1:3]) if kind in (["COMMENT"], ["ACL"]) and tail[0] == "-" else ""
    return Entry(line, " ".join(kind), tail[1] if len(tail) > 1 else "", about)


def without_extensions(entries: Iterable[Entry], left: Collection[str]) -> list[Entry]:
    """*entries* without those extensions and the comments on them (a comment's tag quotes the name if need be)."""
    tags = {f" EXTENSION {name} " for name in left} | {f' EXTENSION "{name}" ' for name in left}
    return [
        entry
        for entry in entries
        if not (entry.kind == "EXTENSION" and entry.name in left)
        and not (entry.kind == "COMMENT" and any(tag in f"{entry.line} " for tag in tags))
    ]


def extensions(entries: Iterable[Entry]) -> list[str]:
    """Names of the extensions the archive would create."""
    return [entry.name for entry in entries if entry.kind == "EXTENSION"]
