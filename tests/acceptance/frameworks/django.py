"""Django with its auth, admin, sessions, contenttypes and sites, from PyPI; further applications on top."""

from __future__ import annotations

import sys
from pathlib import Path

from stagecopy.model.server import Address
from tests.acceptance.frameworks.project import Project

_SETTINGS = """
import os, urllib.parse
_place = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": _place.path[1:], "USER": _place.username,
    "PASSWORD": urllib.parse.unquote(_place.password), "HOST": _place.hostname, "PORT": _place.port,
}}
INSTALLED_APPS += ["django.contrib.sites", *os.environ.get("MORE_APPS", "").split()]
SITE_ID = 1
STRIPE_LIVE_MODE = False
STRIPE_TEST_SECRET_KEY = "sk_test_nothing"
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
"""
START = """
import json, os, django
django.setup()
people = json.load(open(os.environ["PEOPLE"]))
"""
_FILL = """
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

hidden = []
group = Group.objects.create(name="moderators of the west wing")
for person in people:
    user = User.objects.create_user(
        person["username"], person["email"], person["secret"], first_name=person["first"], last_name=person["last"],
        last_login=timezone.now(), is_staff=True,
    )
    user.groups.add(group)
    user.user_permissions.add(Permission.objects.get(codename="add_session"))
    session = SessionStore()
    session.update({"_auth_user_id": str(user.pk), "agent": person["agent"], "from": person["ip"]})
    session.create()
    LogEntry.objects.create(
        user=user, content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk), action_flag=CHANGE,
        object_repr=f"{person['name']} <{person['email']}>",
        change_message=json.dumps([{"changed": {"name": "user", "object": person["phone"], "fields": ["Email"]}}]),
    )
    row = Session.objects.get(pk=session.session_key)
    hidden += [user.password, row.session_key, row.session_data]
print(json.dumps(hidden))
"""
_READ = """
from django.contrib.admin.models import LogEntry
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
users = list(User.objects.order_by("pk"))
print(json.dumps({
    "users": len(users), "staff": [user.is_staff for user in users],
    "groups": [group.name for user in users for group in user.groups.all()],
    "allowed": all(user.has_perm("sessions.add_session") for user in users),
    "log": [entry.get_edited_object() == entry.user and bool(str(entry)) for entry in LogEntry.objects.all()],
    "signed_in": [authenticate(username=user.username, password=each["secret"]) is not None
                  for user, each in zip(users, people)],
    "found": [User.objects.get(email=user.email).get_full_name() != "" for user in users],
}))
"""


class Django(Project):
    """One project; *requirements* go to pip, *apps* are applications besides Django's own."""

    def build(self, *requirements: str, apps: str = "") -> None:
        """Install, start a project, migrate."""
        self.run(sys.executable, "-m", "venv", "venv")
        self.run(self._program("pip"), "install", "-q", "--disable-pip-version-check", "psycopg[binary]", *requirements)
        self.run(self._program("django-admin"), "startproject", "shop", ".")
        with (self.folder / "shop" / "settings.py").open("a", encoding="utf-8") as settings:
            settings.write(_SETTINGS)
        self.run(self._program("python"), "manage.py", "migrate", "-v", "0", MORE_APPS=apps)

    def python(self, code: str, at: Address | None = None, apps: str = "") -> str:
        """Run *code* in the project, on its own database or *at* another."""
        script = self.write("script.py", START + code)
        url = (at or self.database).url
        return self.run(
            self._program("python"), script, DJANGO_SETTINGS_MODULE="shop.settings", DATABASE_URL=url, MORE_APPS=apps
        )

    def fill(self) -> str:
        """Users with groups, rights, sessions and a log, through Django's own models; says what else is secret."""
        return self.python(_FILL)

    def read(self, at: Address) -> str:
        """What Django makes of a copy."""
        return self.python(_READ, at)

    def _program(self, name: str) -> Path:
        return self.folder / "venv" / "bin" / name
