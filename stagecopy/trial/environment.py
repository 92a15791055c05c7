"""The environment of a command: what leads to production leads to the clone, what is secret is left out, by name.

Surprising: secrets that frameworks insist on (SECRET_KEY and the like) are replaced by made-up ones, for without any
the command would not start; those of clouds are left out. Values of the project's .env are judged like variables, and
those that lead to production are set, since nearly every reader of such a file lets a variable win.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from psycopg.conninfo import make_conninfo

from stagecopy.model.server import Address
from stagecopy.postgres.dsn import Dsn

_URL = re.compile(r"(?P<head>(?:jdbc:)?(?:postgres|postgresql|postgis|pgsql)(?:\+[a-z0-9_]+)?)://", re.IGNORECASE)
_CONNINFO = re.compile(r"(?:^|\s)(?:host|dbname)\s*=", re.IGNORECASE)
_USUAL = re.compile(r"(?:DATABASE|DB|POSTGRES(?:QL)?|PG|DIRECT|DATASOURCE|FLYWAY|GOOSE|DBMATE)\w*", re.IGNORECASE)
_PART = re.compile(
    r"(?:\w+_)?(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG|SQL|FLYWAY|DATASOURCE)_?"
    r"(?P<part>HOST(?:NAME)?|SERVER|ADDRESS|PORT|USER(?:NAME)?|PASS(?:WORD)?|NAME|DATABASE|DB)",
    re.IGNORECASE,
)
_FIELDS = {"HOST": "host", "SERV": "host", "ADDR": "host", "PORT": "port", "USER": "user", "PASS": "password",
           "NAME": "database", "DATA": "database", "DB": "database"}  # fmt: skip
_OF_CLOUDS = re.compile(
    r"(?:AWS|AZURE|ARM|GOOGLE|GCP|GCLOUD|CLOUDSDK|VAULT|KUBE\w*|DOCKER|GITHUB|GITLAB|GH|CI_JOB|HEROKU|FLY|DIGITALOCEAN"
    r"|SENTRY|DATADOG|DD|OP|DOPPLER|SSH|GPG|DBUS|XDG_RUNTIME|XAUTHORITY|DISPLAY|SUDO|NETRC|SMTP|STRIPE|TWILIO)(?:_\w*)?"
    r"|\w*_PROXY|KUBECONFIG|TMPDIR",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"(?:\w*_)?(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|PASS|CREDENTIALS?|AUTH|PAT)(?:_\w*)?|\w*TOKEN|\w*PASSWORD",
    re.IGNORECASE,
)
_MADE_UP = re.compile(r"(?:\w*_)?(?:SECRET|SECRETS|KEY|SALT)(?:_\w*)?|\w*(?:APIKEY|SECRETKEY)", re.IGNORECASE)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SHORTEST = 4  # a shorter value stands in other words by chance


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """The variables of a command, and the names of those that were ``replaced`` and ``removed``."""

    variables: Mapping[str, str] = field(repr=False)
    replaced: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What its user wants: names to leave out besides, and names to pass as they are."""

    drop: Sequence[str] = ()
    keep: Sequence[str] = ()


def scrubbed(
    environ: Mapping[str, str], file: Mapping[str, str], production: Dsn | None, clone: Address, *, wishes: Wishes
) -> Scrubbed:
    """*environ* for a command that may know only *clone*; *file* is what the project's .env holds."""
    judge = _Judge(production, clone, wishes)
    kept, replaced, removed = {}, [], []
    for name, value in {**file, **environ}.items():
        new = judge.judged(name, value)
        if new is None:
            removed.append(name)
        elif new != value:
            replaced.append(name)
        if new is not None and (name in environ or new != value):
            kept[name] = new
    kept |= _own(clone)
    return Scrubbed(kept, tuple(sorted(replaced)), tuple(sorted(name for name in removed if name not in kept)))


def _own(clone: Address) -> dict[str, str]:
    return {
        "DATABASE_URL": clone.url,
        "PGHOST": clone.host,
        "PGPORT": str(clone.port),
        "PGUSER": clone.user,
        "PGPASSWORD": clone.password,
        "PGDATABASE": clone.database,
        "PGSSLMODE": "disable",
    }


class _Judge:
    def __init__(self, production: Dsn | None, clone: Address, wishes: Wishes) -> None:
        self._clone = replace(clone, more=())
        self._wishes = wishes
        given = dict(production.parameters) if production else {}
        self._host, self._database = given.get("host", ""), given.get("dbname", "")
        self._port = given.get("port", "5432")
        own = [given.get("password", ""), given.get("sslpassword", ""), given.get("hostaddr", ""), self._host]
        tell = [each for each in own if len(each) >= _SHORTEST and each not in _LOOPBACK]
        self._telling = {spelled for each in tell for spelled in (each, quote(each, safe=""))}

    def judged(self, name: str, value: str) -> str | None:
        """The value to pass, None for no such variable."""
        if name in self._wishes.drop or name.startswith(("STAGECOPY_", "PG")):
            return None
        if name in self._wishes.keep:
            return value
        led = self._led_to_clone(name, value)
        if led is not None:
            return led
        if _URL.match(value) or any(each in value or each in unquote(value) for each in self._telling):
            return None
        return self._without_secret(name, value)

    def _led_to_clone(self, name: str, value: str) -> str | None:
        """What stands for *value* where it says how to reach a database."""
        part = _PART.fullmatch(name)
        if part:
            return str(getattr(self._clone, _FIELDS[part["part"][:4].upper()]))
        if found_url := _URL.match(value):
            return self._url(found_url["head"], value) if _USUAL.match(name) or self._is_production(value) else None
        if _CONNINFO.search(value) and (_USUAL.match(name) or self._host in value):
            clone = self._clone
            return make_conninfo(
                "", host=clone.host, port=clone.port, user=clone.user, password=clone.password, dbname=clone.database
            )
        return None

    def _is_production(self, url: str) -> bool:
        try:
            parts = urlsplit(url.removeprefix("jdbc:"))
            place = (parts.hostname or "", str(parts.port or 5432), unquote(parts.path.lstrip("/")))
        except ValueError:
            return False
        return place == (self._host, self._port, self._database)

    def _url(self, head: str, value: str) -> str:
        """The clone's URL for the same driver; what the old one said of a host or of encryption is not taken over."""
        query = dict(parse_qsl(urlsplit(value.removeprefix("jdbc:")).query))
        kept = {
            key: each
            for key, each in query.items()
            if not key.lower().startswith(("ssl", "host", "port", "user", "password", "dbname", "channel", "gss"))
        }
        clone = self._clone
        if head.lower().startswith("jdbc:"):
            kept |= {"user": clone.user, "password": clone.password}
            place = f"{head}://{clone.host}:{clone.port}/{quote(clone.database, safe='')}"
        else:
            place = head + clone.url[clone.url.index("://") :]
        return f"{place}?{urlencode(kept)}" if kept else place

    @staticmethod
    def _without_secret(name: str, value: str) -> str | None:
        if _OF_CLOUDS.fullmatch(name) or _SECRET.fullmatch(name):
            return None
        return secrets.token_hex(32) if value and _MADE_UP.fullmatch(name) else value
