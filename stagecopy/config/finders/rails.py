"""Rails' config/database.yml, its production section. ERB is not evaluated: only ``ENV["NAME"]`` is understood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stagecopy import yamlfile
from stagecopy.config.finders.candidate import Candidate, Source, Values
from stagecopy.config.finders.urls import from_parts, from_url
from stagecopy.errors import UsageError

FAMILY = "Rails"
_ENV = re.compile(r"""<%=\s*ENV(?:\.fetch\(\s*|\[\s*)["']([A-Za-z_][A-Za-z0-9_]*)["'][^%]{0,200}?%>""")
_VALUE = re.compile(r"<%=[^%]{0,2000}%>")
_CODE = re.compile(r"<%[^%]{0,2000}%>")
_OPAQUE = "ERB_NOT_EVALUATED"
_KEYS = {"host": "host", "port": "port", "database": "dbname", "username": "user", "password": "password"}


def find(source: Source, values: Values) -> Iterator[Candidate]:
    """The production database, or each of them where there are several."""
    text = _CODE.sub("", _VALUE.sub(f"${{{_OPAQUE}}}", _ENV.sub(r"${\1}", source.text)))
    try:
        document = yamlfile.parse(text.encode(), name=source.name, code="bad-config")
    except UsageError:
        return
    top = document.value if isinstance(document.value, dict) else {}
    production = _merged(top.get("production"))
    sections = {key: _merged(each) for key, each in production.items() if isinstance(each, dict) and key != "<<"}
    for path, section in [
        (("production",), production),
        *((("production", key), each) for key, each in sections.items()),
    ]:
        adapter = str(section.get("adapter") or "")
        if adapter and not adapter.startswith("post"):
            continue
        line = int(document.where(*path, "url" if section.get("url") else "database").rpartition(":")[2])
        if isinstance(section.get("url"), str):
            found = from_url(source, line, section["url"], family=FAMILY, values=values)
        elif adapter and (section.get("database") or section.get("host")):
            parts = {ours: str(section[key]) for key, ours in _KEYS.items() if isinstance(section.get(key), str)}
            found = from_parts(source, line, parts, family=FAMILY, values=values)
        else:
            continue
        if found is not None:
            yield found


def _merged(section: Any) -> dict[str, Any]:
    """A section with what ``<<`` brings into it."""
    if not isinstance(section, dict):
        return {}
    below = section.get("<<")
    return {**_merged(below), **section} if isinstance(below, dict) else section
