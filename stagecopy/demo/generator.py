"""Fills the demo's "production": a small video-editing SaaS with 565 accounts.

Surprising: there is no random number generator. Every value is drawn from a digest of its own name ("user/17/city"),
so two loads are equal row by row on any Python, and adding a column moves no other value.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, TypeVar

from psycopg import sql
from psycopg.types.json import Jsonb

from stagecopy.demo.people import COMPANIES, LOCALES, Locale
from stagecopy.postgres.connect import Connection

USERS = 565
PROJECTS = 1_400
RENDERS = 6_000
SESSIONS = 300
INVOICES = 240
PENDING_SIGN_INS = 24

_OPENED = datetime(2025, 9, 1, 8, 0, tzinfo=UTC)
_FIRST_RENDER = datetime(2026, 4, 1, tzinfo=UTC)
_RENDER_DAYS = 122  # April to July 2026: four partitions
_FIRST_INVOICE = 20_260_001
_MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example", "studio.example")
_PLANS = ("free", "free", "free", "free", "creator", "creator", "studio")
_STATUSES = ("done", "done", "done", "done", "done", "done", "failed", "rendering", "queued")
_PROVIDERS = ("google", "github")
_SUBJECTS = (
    "wedding of {given}",
    "{given}'s product launch",
    "bakery reel for {family}",
    "holiday in {city}",
    "été à {city}",
)
_PROMPTS = (
    "put {given}'s logo in the first scene",
    "slower, and show {city} by night",
    'add captions: "{given} {family}"',
)

Row = tuple[Any, ...]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Person:
    id: str
    locale: Locale
    given: str
    family: str
    email: str
    plan: str
    created: datetime

    @property
    def name(self) -> str:
        parts = (self.family, self.given) if self.locale.family_first else (self.given, self.family)
        return " ".join(parts)

    def say(self, template: str, key: str) -> str:
        """A sentence a person would write, with names in it."""
        city = _pick(self.locale.cities, f"{key}/city")
        return template.format(given=self.given, family=self.family, city=city)


def schema_sql() -> str:
    """The DDL of the demo's production: types, tables, partitions, indexes, a sequence, a materialized view."""
    return files("stagecopy.demo").joinpath("production.sql").read_text(encoding="utf-8")


def load(connection: Connection) -> None:
    """Create and fill the whole demo production in an empty database, in one transaction."""
    with connection.transaction():
        connection.execute(schema_sql().encode())
        fill(connection)


def fill(connection: Connection) -> None:
    """COPY every row in, set the sequences, refresh the materialized view, analyze."""
    people = tuple(_person(number) for number in range(USERS))
    with connection.transaction():
        for table, columns, rows in _TABLES:
            _copy(connection, table, columns.split(), rows(people))
        connection.execute(_AFTERWARDS.encode())


def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterator[Row]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier("public", table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _number(key: str, below: int) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) % below


def _pick(choices: Sequence[_T], key: str) -> _T:
    return choices[_number(key, len(choices))]


def _token(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=24).hexdigest()


def _id(key: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://bazaar-vid.example/{key}"))


def _after(start: datetime, key: str, days: int) -> datetime:
    return start + timedelta(seconds=_number(key, days * 86_400))


def _person(number: int) -> _Person:
    key = f"user/{number}"
    locale = _pick(LOCALES, f"{key}/locale")
    given, family = _pick(locale.given, f"{key}/given"), _pick(locale.family, f"{key}/family")
    return _Person(
        id=_id(key),
        locale=locale,
        given=given.written,
        family=family.written,
        email=f"{given.plain}.{family.plain}{number}@{_pick(_MAIL_DOMAINS, f'{key}/domain')}",
        plan=_pick(_PLANS, f"{key}/plan"),
        created=_after(_OPENED, f"{key}/created", 200),
    )


def _users(people: Sequence[_Person]) -> Iterator[Row]:
    for number, person in enumerate(people):
        verified = None if number % 9 == 0 else person.created + timedelta(minutes=3)
        image = None if number % 4 == 0 else f"https://avatars.example/{person.id}.png"
        name = None if number % 50 == 49 else person.name
        yield person.id, name, person.email, verified, image, person.plan, person.created


def _accounts(people: Sequence[_Person]) -> Iterator[Row]:
    for number, person in enumerate(people):
        for provider in _PROVIDERS[: 2 if number % 5 == 0 else 1]:
            key = f"account/{number}/{provider}"
            yield (
                *(person.id, "oidc" if provider == "google" else "oauth", provider, str(10**20 + _number(key, 10**18))),
                *(_token(f"{key}/refresh") if provider == "google" else None, f"ya29.{_token(key)}"),
                *(int(person.created.timestamp()) + 3_600, "bearer", "openid profile email"),
                *(f"eyJ.{_token(f'{key}/id')}" if provider == "google" else None, None),
            )


def _sessions(people: Sequence[_Person]) -> Iterator[Row]:
    for number in range(SESSIONS):
        expires = _after(_FIRST_RENDER, f"session/{number}/expires", _RENDER_DAYS) + timedelta(days=30)
        yield _id(f"session/{number}"), _pick(people, f"session/{number}").id, expires


def _verification_tokens(people: Sequence[_Person]) -> Iterator[Row]:
    for number in range(PENDING_SIGN_INS):
        key = f"verification/{number}"
        yield _pick(people, key).email, _token(key), _after(_FIRST_RENDER, f"{key}/expires", _RENDER_DAYS)


def _projects(people: Sequence[_Person]) -> Iterator[Row]:
    for number in range(1, PROJECTS + 1):
        key = f"project/{number}"
        person = _owner(people, number)
        title = person.say(_pick(_SUBJECTS, f"{key}/title"), key)
        created = _after(person.created, f"{key}/created", 12)
        updated = None if number % 3 == 0 else _after(created, f"{key}/updated", 60)
        yield number, person.id, title, _props(title, key), _messages(person, key), number % 7 == 0, created, updated


def _owner(people: Sequence[_Person], project: int) -> _Person:
    return _pick(people, f"project/{project}/owner")


def _props(title: str, key: str) -> Jsonb:
    width, height = _pick(((1920, 1080), (1080, 1920), (1080, 1080)), f"{key}/canvas")
    scenes = [{"caption": title, "frames": 30 + _number(f"{key}/{scene}", 240)} for scene in range(1 + _number(key, 4))]
    return Jsonb({"canvas": {"width": width, "height": height, "fps": 30}, "scenes": scenes})


def _messages(person: _Person, key: str) -> Jsonb:
    asked = [person.say(_pick(_PROMPTS, f"{key}/prompt/{turn}"), key) for turn in range(_number(f"{key}/turns", 4))]
    return Jsonb([{"role": "user", "content": text} for text in asked])


def _renders(people: Sequence[_Person]) -> Iterator[Row]:
    for number in range(RENDERS):
        key = f"render/{number}"
        project = 1 + _number(f"{key}/project", PROJECTS)
        status = _pick(_STATUSES, f"{key}/status")
        seconds = None if status == "queued" else f"{_number(f'{key}/seconds', 60_000) / 100:.2f}"
        yield _id(key), project, _after(_FIRST_RENDER, key, _RENDER_DAYS), _owner(people, project).plan, status, seconds


def _invoices(people: Sequence[_Person]) -> Iterator[Row]:
    paying = [person for person in people if person.plan != "free"]
    for number in range(INVOICES):
        key = f"invoice/{number}"
        person = _pick(paying, key)
        place = person.locale
        street = place.street.format(name=_pick(place.family, f"{key}/street").written, number=1 + _number(key, 180))
        phone = None if number % 6 == 0 else f"{place.phone}{_number(f'{key}/phone', 10_000):04d}"
        company = _pick(COMPANIES, f"{key}/company") if person.plan == "studio" else None
        issued = (_FIRST_RENDER + timedelta(days=number * _RENDER_DAYS // INVOICES)).date()
        yield (
            *(
                _FIRST_INVOICE + number,
                person.id,
                person.name,
                company,
                street,
                _pick(place.cities, f"{key}/city"),
                phone,
            ),
            *(4_900 if person.plan == "studio" else 1_900, "EUR", issued, number % 10 != 0),
        )


_ACCOUNT_COLUMNS = (
    "userId type provider providerAccountId refresh_token access_token"
    " expires_at token_type scope id_token session_state"
)
_Rows = Callable[[Sequence[_Person]], Iterator[Row]]
_TABLES: tuple[tuple[str, str, _Rows], ...] = (  # parents before children
    ("bazaar-vid_user", "id name email emailVerified image plan createdAt", _users),
    ("bazaar-vid_account", _ACCOUNT_COLUMNS, _accounts),
    ("bazaar-vid_session", "sessionToken userId expires", _sessions),
    ("bazaar-vid_verification_token", "identifier token expires", _verification_tokens),
    ("bazaar-vid_project", "id userId title props messages shared createdAt updatedAt", _projects),
    ("bazaar-vid_render_event", "id projectId at plan status seconds", _renders),
    (
        "bazaar-vid_invoice",
        "number userId billingName company street city phone cents currency issuedOn paid",
        _invoices,
    ),
)

_AFTERWARDS = """
SELECT pg_catalog.setval('public."bazaar-vid_project_id_seq"', pg_catalog.max(id)) FROM public."bazaar-vid_project";
SELECT pg_catalog.setval('public."bazaar-vid_invoice_number_seq"', pg_catalog.max(number))
    FROM public."bazaar-vid_invoice";
REFRESH MATERIALIZED VIEW public."bazaar-vid_renders_per_plan";
ANALYZE
"""
