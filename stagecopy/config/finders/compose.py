"""Docker Compose files: the postgres services, and the URLs that other services are given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stagecopy import yamlfile
from stagecopy.config.finders.candidate import Candidate, Source, Values
from stagecopy.config.finders.urls import URL, filled, from_parts, from_url
from stagecopy.errors import UsageError

FAMILY = "compose"
_IMAGES = ("postgres", "postgis", "timescale", "pgvector", "supabase/postgres")


def services(source: Source) -> frozenset[str]:
    """Names of the services: hosts that only containers know."""
    document = _document(source)
    return frozenset(map(str, _services(document))) if document else frozenset()


def find(source: Source, values: Values) -> Iterator[Candidate]:
    """Postgres services by their environment, then every URL in the environment of the others."""
    document = _document(source)
    for name, service in _services(document).items() if document else ():
        if not isinstance(service, dict) or document is None:
            continue
        where = ("services", name, "environment")
        given = _environment(service.get("environment"))
        image = str(service.get("image") or "")
        if any(word in image for word in _IMAGES) or "POSTGRES_PASSWORD" in given:
            parts = {
                "host": str(name),
                "user": given.get("POSTGRES_USER", "postgres"),
                "password": given.get("POSTGRES_PASSWORD"),
                "dbname": given.get("POSTGRES_DB") or given.get("POSTGRES_USER", "postgres"),
            }
            found = from_parts(source, _line(document, *where), parts, family=FAMILY, values=values)
            if found is not None:
                yield found
            continue
        for variable, text in given.items():
            if URL.match(filled(text, values)[0]):
                line = _line(document, *where, variable)
                found = from_url(source, line, text, family=FAMILY, values=values)
                if found is not None:
                    yield found


def _document(source: Source) -> yamlfile.Document | None:
    try:
        return yamlfile.parse(source.text.encode(), name=source.name, code="bad-config")
    except UsageError:
        return None


def _services(document: yamlfile.Document) -> dict[Any, Any]:
    found = document.value.get("services") if isinstance(document.value, dict) else None
    return found if isinstance(found, dict) else {}


def _environment(given: Any) -> dict[str, str]:
    """Both ways to write it, and what was merged into it."""
    if isinstance(given, list):
        pairs = [str(each).partition("=") for each in given]
        return {name: value for name, sign, value in pairs if sign}
    if not isinstance(given, dict):
        return {}
    merged = given.get("<<")
    below = [each for each in (merged if isinstance(merged, list) else [merged]) if isinstance(each, dict)]
    found = {str(name): str(value) for each in below for name, value in each.items() if isinstance(value, str)}
    return found | {str(name): value for name, value in given.items() if isinstance(value, str)}


def _line(document: yamlfile.Document, *keys: str | int) -> int:
    return int(document.where(*keys).rpartition(":")[2])
