"""Migrating real databases: as a superuser, as an owner who is none, several at once, and what cannot work."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import psycopg
import pytest
from alembic import command
from psycopg import sql
from sqlalchemy.exc import ProgrammingError

from db import migrate
from db.embedded import SUPERUSER, Server, running
from db.migrate import DatabaseUnusable
from db.migrations.phases import SQL
from tests.db.cast import make_cast
from tests.db.snapshot import listing
from tests.servers import PROGRAMS

REVISIONS = sorted(file.stem for file in SQL.parent.glob("migrations/versions/0*.py"))
HEAD = REVISIONS[-1]


@dataclass
class Bare:
    """A server that has none of our roles."""

    server: Server

    def run(self, *statements: str, dbname: str = "postgres") -> None:
        """As superuser."""
        with psycopg.connect(self.server.url(SUPERUSER, dbname), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def url(self, user: str = SUPERUSER, dbname: str = "one") -> str:
        """An address on it."""
        return self.server.url(user, dbname)


@pytest.fixture(scope="module", params=PROGRAMS)
def bare_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of this module's own: roles belong to the whole server."""
    folder = Path(tempfile.mkdtemp(prefix="study-bare-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # the server runs as another user
    try:
        with running(folder / "data", exclusive=True, bin_dir=PROGRAMS[request.param], settings={"fsync": "off"}) as it:
            yield it
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def bare(bare_server: Server) -> Iterator[Bare]:
    """The server as it was made; what a test adds is removed."""
    yield Bare(bare_server)
    with psycopg.connect(bare_server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        for (name,) in connection.execute(
            "select datname from pg_database where not datistemplate and datname <> 'postgres'"
        ).fetchall():
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        roles = connection.execute(
            "select rolname from pg_roles where rolname not like 'pg\\_%%' and rolname <> %s"
            " order by rolname like 'study%%' desc",
            [SUPERUSER],
        ).fetchall()
        for (name,) in roles:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def test_from_nothing_to_the_newest_and_no_further(bare: Bare) -> None:
    bare.run("create database one")
    migrate.check_server(bare.url())
    assert migrate.status(bare.url()) == migrate.Status(None, HEAD, REVISIONS)
    assert migrate.upgrade(bare.url()) == REVISIONS
    assert migrate.status(bare.url()) == migrate.Status(HEAD, HEAD, [])
    assert migrate.upgrade(bare.url()) == []
    migrate.check_server(bare.url())


def test_the_printed_sql_makes_the_same_database(bare: Bare) -> None:
    bare.run("create database one", "create database two")
    migrate.upgrade(bare.url())
    bare.run(migrate.sql(), dbname="two")
    with psycopg.connect(bare.url()) as one, psycopg.connect(bare.url(dbname="two")) as two:
        assert listing(one) == listing(two)
    assert migrate.status(bare.url(dbname="two")).pending == []


def test_a_migration_that_fails_leaves_nothing(bare: Bare) -> None:
    bare.run("create database one")
    bare.run("create table nudges ()", dbname="one")
    with pytest.raises(ProgrammingError, match="nudges"):
        migrate.upgrade(bare.url())
    with psycopg.connect(bare.url()) as connection:
        assert connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall() == [
            ("nudges",)
        ]


def test_there_is_no_way_back(bare: Bare) -> None:
    bare.run("create database one")
    migrate.upgrade(bare.url())
    with pytest.raises(NotImplementedError, match="restore a backup"), migrate.migrating(bare.url()) as config:
        command.downgrade(config, "-1")
    assert migrate.status(bare.url()).current == HEAD


def test_a_database_of_a_newer_program_is_left_alone(bare: Bare) -> None:
    bare.run("create database one")
    migrate.upgrade(bare.url())
    bare.run("update alembic_version set version_num = '0099_future'", dbname="one")
    for use in (migrate.status, migrate.upgrade, migrate.check_server):
        with pytest.raises(DatabaseUnusable, match="0099_future, which this version of the program does not know"):
            use(bare.url())


def test_many_at_once(bare: Bare) -> None:
    """Two databases on one server without the roles, three processes each."""
    bare.run("create database one", "create database two")
    with ProcessPoolExecutor(6, mp_context=get_context("spawn")) as processes:
        ran = list(processes.map(migrate.upgrade, [bare.url(dbname=name) for name in ("one", "two")] * 3))
    assert sorted(map(len, ran)) == [0, 0, 0, 0, len(REVISIONS), len(REVISIONS)]


def test_an_owner_who_is_no_superuser(bare: Bare) -> None:
    """As on a managed server: the master user makes databases and roles, and is held to row security."""
    bare.run("create role master login createrole createdb", "create database one owner master")
    url = bare.url("master")
    migrate.check_server(url)
    assert migrate.upgrade(url) == REVISIONS
    with psycopg.connect(bare.url(), autocommit=True) as superuser:
        cast = make_cast(superuser)
    with psycopg.connect(url) as owner:
        assert owner.execute("select count(*) from goals").fetchone() == (0,)
        owner.execute("select set_system()")
        assert owner.execute("select count(*) from goals").fetchone() == (4,)
    with psycopg.connect(url, options="-c role=study_app") as app:
        assert app.execute("select current_user, count(*) from goals").fetchone() == ("study_app", 0)
        app.execute("select set_viewer('sub-ann', false)")
        assert cast.seen(app, "goals") == {"ann"}
        # The trigger that releases a person's rows runs as the owner, under the admin's sight.
        app.execute("select set_viewer('sub-ada', false)")
        for name in ("tom", "ann"):
            assert app.execute("delete from users where id = %s", [cast.id(name)]).rowcount == 1
        assert app.execute("select count(*) from sessions where tutor_id is null").fetchone() == (3,)
        assert app.execute("select count(*) from overrides where action = 'erased'").fetchone() == (4,)


def test_roles_that_an_administrator_made(bare: Bare) -> None:
    bare.run("create role plain login", "create database one owner plain")
    with pytest.raises(DatabaseUnusable, match=r"may not create the role study_app: .* `create role study_app; grant"):
        migrate.check_server(bare.url("plain"))
    bare.run("create role study_app", "create role study_vault", "grant study_app to plain")
    with pytest.raises(DatabaseUnusable, match=r"not a member of the role study_vault: .* `grant study_vault to"):
        migrate.check_server(bare.url("plain"))
    bare.run("grant study_vault to plain")
    migrate.check_server(bare.url("plain"))
    assert migrate.upgrade(bare.url("plain")) == REVISIONS


@pytest.mark.parametrize(
    ("make", "why"),
    [
        ("create role study_app superuser", "neither superuser nor bypassrls"),
        ("create role study_vault bypassrls", "neither superuser nor bypassrls"),
        (
            "create role study_vault; create role study_app in role study_vault",
            "must not be a member of study_vault",
        ),
    ],
)
def test_a_role_that_steps_around_row_security_is_refused(make: str, why: str, bare: Bare) -> None:
    bare.run("create database one", make)
    with pytest.raises(ProgrammingError, match=why):
        migrate.upgrade(bare.url())


def test_without_the_right_to_create(bare: Bare) -> None:
    bare.run("create role guest login", "create database one")
    with pytest.raises(DatabaseUnusable, match="User guest may not create tables in schema public"):
        migrate.check_server(bare.url("guest"))
    bare.run("grant create on schema public to guest with grant option", dbname="one")
    with pytest.raises(DatabaseUnusable, match="User guest may not create the schema jobs"):
        migrate.check_server(bare.url("guest"))
    migrate.upgrade(bare.url())
    with pytest.raises(DatabaseUnusable, match="this one may not read to which revision"):
        migrate.check_server(bare.url("guest"))


# Addresses


def test_what_is_wrong_with_an_address_is_one_sentence(bare: Bare) -> None:
    here = bare.server.socket_folder
    for url, why in {
        bare.url(dbname="nowhere"): f"PostgreSQL at {here} has no database nowhere: create it first.",
        bare.url("stranger"): f"PostgreSQL at {here} has no user stranger.",
        "postgresql:///x?host=/nowhere": "PostgreSQL at /nowhere does not answer: nothing listens there.",
        "postgresql://me@127.0.0.1:1/x": "PostgreSQL at 127.0.0.1, port 1 does not answer: nothing listens there.",
        "postgresql://me@host.invalid/x": "PostgreSQL at host.invalid, port 5432 cannot be found: "
        "no host has that name.",
    }.items():
        for use in (migrate.check_server, migrate.status, migrate.upgrade):
            with pytest.raises(DatabaseUnusable) as caught:
                use(url)
            assert str(caught.value) == why


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:secret@here/x",
        "postgresql://me:hunter@2secret@127.0.0.1:1/x",
        "postgresql://me:p#ss/w@127.0.0.1:1/x",
        "postgresql://me:1/secret@127.0.0.1:1/x",
        "postgresql://me:se@cret/word@127.0.0.1:1/x",
        "postgres://me:secret:1@[::1/x",
        "host=127.0.0.1 port=secret",
        "host=secret@127.0.0.1",
        "postgresql://me:secret@127.0.0.1:1/x?connect_timeout=soon",
    ],
)
def test_an_address_that_may_be_misread_is_not_quoted(url: str) -> None:
    with pytest.raises(DatabaseUnusable) as caught:
        migrate.connect(url)
    assert str(caught.value) == (
        "The database address cannot be read: it must look like postgresql://user:password@host:5432/name, "
        "where @ : / and # in the password are percent-encoded as %40 %3A %2F and %23."
    )


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:%40%3A%2F%23@127.0.0.1:1/x%40y",
        "postgresql://me:a:b@127.0.0.1:1/x",
        "postgresql://me@127.0.0.1:1,127.0.0.1:2/x?application_name=a@b",
        "host=127.0.0.1 port=1 password=a@b/c",
    ],
)
def test_an_address_that_is_strange_but_right(url: str) -> None:
    with pytest.raises(DatabaseUnusable, match=r"^PostgreSQL at 127"):
        migrate.connect(url)


def test_a_wrong_password(bare: Bare) -> None:
    rules = bare.server.cluster / "pg_hba.conf"
    kept = rules.read_text()
    bare.run("create role locked login password 'right'", "create database one")
    try:
        rules.write_text("local all locked scram-sha-256\n" + kept)
        bare.run("select pg_reload_conf()")
        with pytest.raises(DatabaseUnusable) as caught:
            migrate.check_server(bare.url("locked"))
        assert str(caught.value) == f"PostgreSQL at {bare.server.socket_folder} refused the password of user locked."
    finally:
        rules.write_text(kept)
        bare.run("select pg_reload_conf()")


def test_a_server_that_is_too_old() -> None:
    migrate.refuse_old(150000)
    with pytest.raises(DatabaseUnusable, match=r"^PostgreSQL 14\.10 is too old: version 15 or newer is needed\.$"):
        migrate.refuse_old(140010)
