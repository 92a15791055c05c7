"""Where an application says its database is: each framework's file, and files that mean harm."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stagecopy.config.finders.candidate import Candidate
from stagecopy.config.finders.search import MAX_BYTES, search
from stagecopy.config.finders.urls import dsn_of, url_of
from stagecopy.postgres.dsn import Dsn

SECRET = "hush-hush-9"
FILES = {
    ".env": (
        '# comment\nexport DATABASE_URL="postgres://shop:hush-hush-9@db.shop.example.net:6432/shop?sslmode=require"\n',
        ".env:2 shop@db.shop.example.net:6432/shop",
    ),
    ".env.production": (
        "PGHOST=pg.shop.net\nPGPASSWORD='hush-hush-9' # ours\nPGUSER=reader\nPGDATABASE=shop\n",
        ".env.production:1 reader@pg.shop.net:5432/shop",
    ),
    "docker-compose.prod.yml": (
        (
            "services:\n  web:\n    environment:\n      - RAILS=1\n"
            "      - DATABASE_URL=postgresql://web:hush-hush-9@10.0.0.5/web\n"
        ),
        "docker-compose.prod.yml:3 web@10.0.0.5:5432/web",
    ),
    "config/database.yml": (
        (
            "default: &default\n  adapter: postgresql\n  pool: <%= ENV.fetch('POOL') { 5 } %>\n  username: shop\n"
            "<% if true %>\nproduction:\n  <<: *default\n  host: rails.shop.net\n  database: shop_production\n"
            "  password: hush-hush-9\n"
        ),
        "config/database.yml:9 shop@rails.shop.net:5432/shop_production",
    ),
    "shop/settings.py": (
        (
            "import os\nraise SystemExit('never run')\nDATABASES = {\n    'default': {\n"
            "        'ENGINE': 'django.db.backends.postgresql', 'NAME': 'shop', 'HOST': 'dj.shop.net',\n"
            "        'USER': 'dj', 'PASSWORD': 'hush-hush-9', 'PORT': 5433,\n    }\n}\n"
        ),
        "shop/settings.py:4 dj@dj.shop.net:5433/shop",
    ),
    "proj/settings/production.py": (
        "DATABASES = {'default': dj_database_url.config(default='postgis://dj:hush-hush-9@dj2.shop.net/shop')}\n",
        "proj/settings/production.py:1 dj@dj2.shop.net:5432/shop",
    ),
    "alembic.ini": (
        (
            "[alembic]\n# sqlalchemy.url = postgresql://no:no@no.net/no\n"
            "sqlalchemy.url = postgresql+psycopg2://al:hush-hush-9%%21@al.shop.net/shop\n"
        ),
        "alembic.ini:3 al@al.shop.net:5432/shop",
    ),
    "prisma/schema.prisma": (
        (
            '// datasource x { provider = "postgresql" }\ndatasource db {\n  provider = "postgresql"\n'
            '  url      = "postgresql://pr:hush-hush-9@pr.shop.net:5432/shop?schema=public&connection_limit=5"\n}\n'
        ),
        "prisma/schema.prisma:4 pr@pr.shop.net:5432/shop",
    ),
    "drizzle.config.ts": (
        (
            "export default defineConfig({\n  dialect: 'postgresql',\n  dbCredentials: {\n    // host: 'old.net',\n"
            "    host: 'dz.shop.net',\n    port: 5555,\n    user: 'dz',\n"
            "    password: 'hush-hush-9', database: 'shop',\n  },\n})\n"
        ),
        "drizzle.config.ts:3 dz@dz.shop.net:5555/shop",
    ),
    "flyway.conf": (
        (
            "flyway.url=jdbc:postgresql://fw.shop.net:5432/shop?ssl=true&currentSchema=a\nflyway.user=fw\n"
            "flyway.password=hush-hush-9\n"
        ),
        "flyway.conf:1 fw@fw.shop.net:5432/shop",
    ),
    "flyway.toml": (
        '[environments.production]\nurl = "jdbc:postgresql://ft.shop.net/shop"\nuser="ft"\npassword = "hush-hush-9"\n',
        "flyway.toml:2 ft@ft.shop.net:5432/shop",
    ),
}


def _found(folder: Path, text: str, name: str = ".env", environ: dict[str, str] | None = None) -> list[Candidate]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return search(folder, environ or {})


@pytest.mark.parametrize("name", FILES)
def test_each_family_is_found_with_its_line_and_without_its_password(tmp_path: Path, name: str) -> None:
    text, said = FILES[name]
    (found,) = _found(tmp_path, text, name)
    assert f"{found.place} {found.shown}" == said
    assert found.development is None
    assert found.dsn is not None
    assert (found.dsn.get("password") or "").startswith(SECRET)
    assert SECRET not in repr(found)


def test_the_address_survives_being_written_as_a_url() -> None:
    for parts in (
        {"host": "h.net", "port": "5433", "user": "a b", "password": "p@ss/:?#[]%é", "dbname": "x"},
        {"host": "/var/run/pg", "dbname": "x"},
        {"host": "::1", "user": "u", "sslmode": "verify-full", "sslrootcert": "/a b/c.pem"},
        {"host": "a.net,b.net", "port": "1,2", "dbname": "x"},
        {"dbname": "only"},
    ):
        dsn = Dsn(tuple(sorted(parts.items())))
        assert dsn_of(url_of(dsn)) == dsn


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{SECRET}/x@h.net/db",
        f"postgresql://u:12/{SECRET}@h.net/db",
        f"postgresql://u:p@{SECRET}@h.net/db",
        f"postgresql://u@x:{SECRET}@h.net/db",
        f"postgresql://u:%zz{SECRET}@h.net/db",
        f"postgresql://u:{SECRET}@h.net:PORT/db",
    ],
)
def test_no_piece_of_a_badly_written_password_is_shown(tmp_path: Path, url: str) -> None:
    (found,) = _found(tmp_path, f"DATABASE_URL={url}\n")
    assert found.dsn is None
    assert "percent-encode" in found.shown
    assert SECRET not in repr(found) + found.shown + found.place


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("A=postgres://u@localhost/d", "host localhost"),
        ("A=postgres://u@127.0.0.1:5433/d", "host 127.0.0.1"),
        ("A=postgres://u@[::1]/d", "host ::1"),
        ("A=postgres://u@db/d", "db is a name without a domain"),
        ("A=postgresql:///d", "a local socket"),
    ],
)
def test_what_looks_like_development_says_why(tmp_path: Path, text: str, why: str) -> None:
    (found,) = _found(tmp_path, text)
    assert found.development == why


def test_production_comes_first_and_each_address_once(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services:\n  db:\n    image: postgres:16\n    environment: {POSTGRES_PASSWORD: dev, POSTGRES_USER: me}\n"
    )
    (tmp_path / ".env.development").write_text("DATABASE_URL=postgres://me@dev.shop.net/d\n")
    (tmp_path / ".env.example").write_text("DATABASE_URL=postgres://me@example.shop.net/d\n")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/.env").write_text("A=postgres://no@no.net/no\n")
    (tmp_path / "schema.prisma").write_text('datasource d {\n provider="postgresql"\n url = env("DATABASE_URL")\n}\n')
    found = _found(tmp_path, "DATABASE_URL=postgres://me@live.net/d\n", environ={"MAIN_URL": "postgres://x@y.net/z"})
    assert [(each.place, each.development) for each in found] == [
        ("$MAIN_URL", None),
        (".env:1", None),
        (".env.development:1", "the name of .env.development"),
        ("compose.yaml:4", "db is a compose service"),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("schema.prisma", 'datasource d {\n provider="postgresql"\n url = env("THEIR_URL")\n}\n'),
        ("drizzle.config.ts", "x = {dialect: 'postgresql', dbCredentials: {\n url: process.env.THEIR_URL!\n}}\n"),
        ("prisma.config.ts", "x = {datasource: {\n url: env('THEIR_URL')\n}}\n"),
        ("config/database.yml", "production:\n  url: <%= ENV['THEIR_URL'] %>\n"),
        ("settings.py", "import x\nDATABASES = {'default': env.db('THEIR_URL')}\n"),
        ("settings.py", "import x\nDATABASES = {'default': dj_database_url.parse(os.environ['THEIR_URL'])}\n"),
        ("compose.yml", "services:\n  web: {environment: {U: '${THEIR_URL}'}}\n"),
    ],
)
def test_a_file_that_names_a_variable(tmp_path: Path, name: str, text: str) -> None:
    """With a value it is the address; without one it says so (compose files name too many to list)."""
    unset = _found(tmp_path, text, name)
    assert [(each.dsn, each.shown) for each in unset] in ([(None, "reads THEIR_URL, not set here")], [])
    found = search(tmp_path, {})
    (tmp_path / ".env.production").write_text("THEIR_URL=postgres://them@their.net/d\n")
    found = search(tmp_path, {})
    assert [each.shown for each in found] == ["them@their.net:5432/d"]
    assert found[0].variable == "THEIR_URL"


def test_pieces_with_variables_and_defaults(tmp_path: Path) -> None:
    text = (
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'HOST': os.getenv('H', 'h.net'),\n"
        " 'NAME': config('N', default='shop'), 'USER': os.environ['U'], 'PASSWORD': secret()}}\n"
    )
    (found,) = _found(tmp_path, text, "settings.py")
    assert found.shown == "uses U, AN_EXPRESSION, not set here"


@pytest.mark.parametrize(
    "text",
    [
        "DATABASE_URL=mysql://u@h.net/d\n",
        "DB_CONNECTION=mysql\nDB_HOST=h.net\nDB_DATABASE=d\n",
        "postgres://not.an/assignment\n",
        'KEY="-----BEGIN\nDATABASE_URL is not here\n',
    ],
)
def test_what_is_no_postgresql_address(tmp_path: Path, text: str) -> None:
    assert _found(tmp_path, text) == []


BOMB = "a0: &a0 x\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10))


@pytest.mark.parametrize("name", [*FILES, "compose.yaml"])
@pytest.mark.parametrize(
    "content",
    [
        b"DATABASE_URL=" + b"x" * (1 << 20),
        b"\x00\x01DATABASE_URL=postgres://u@h.net/d\n",
        b"\xff\xfe\xfa=postgres://\n",
        BOMB.encode(),
        b"services: &s [*s]\n",
        b"[" * 19_000,
        b"(" * 19_000,
        b"-" * 19_000 + b"1",
        b"a=" + b"[" * 19_000,
        b"x" + b".a" * 9_000,
        b"${" * 9_000,
        (b"<%" * 9_000 + b"\n") * 10,
        b"datasource d {\n" * 4_000,
        b"url: " * 3_000,
        b'url = "' * 2_000,
        b"DATABASE_URL=" + b"postgres://" * 10_000 + b"\n",
        b"flyway.url=\n" * 10_000,
        b"dbCredentials postgres {host:\n" * 5_000,
        b"environments = 1\nflyway = [1]\n",
        b"services: {web: [], db: {environment: [1, {a: b}], image: {}}}\nproduction: [1]\n",
        b"production: {<<: [1], url: [], adapter: postgresql, database: {}}\n",
    ],
    ids=range(21),
)
def test_a_hostile_file_is_nothing_and_takes_no_time(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    assert [each.dsn for each in search(tmp_path, {}) if each.dsn] == []


def test_only_regular_files_of_a_moderate_size_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    (tmp_path / ".env.local").symlink_to(tmp_path / "nowhere")
    (tmp_path / ".env.big").write_text("A=postgres://u@h.net/d\n" + "#" * MAX_BYTES)
    (tmp_path / "alembic.ini").mkdir()
    assert search(tmp_path, {}) == []
