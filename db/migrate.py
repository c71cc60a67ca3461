"""Brings a database to the newest schema: Alembic revisions that run the files of `db/sql`."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import conninfo, errors
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import ProgrammingError

MINIMUM_VERSION = 15
CONNECT_TIMEOUT = 10  # seconds, unless the address says otherwise
# Any number, so long as nothing else in the database takes it: two processes that migrate take turns.
LOCK = 5_808_125_290_447_411_021
# Alembic keeps what it works on in globals: two threads of one process take turns as well.
_ALEMBIC = Lock()

ROLES = ("study_app", "study_vault")


class DatabaseUnusable(Exception):
    """The database cannot be used; the text is one sentence for the person who runs the program, no secrets."""


@dataclass(frozen=True)
class Status:
    """`current` is None for an empty database; `pending` holds the revisions still to run, oldest first."""

    current: str | None
    head: str
    pending: list[str]


def upgrade(url: str) -> list[str]:
    """Run what is pending, all of it or nothing, and give the revisions that ran.

    `url` is the owner's, as libpq reads it. Raises DatabaseUnusable if there is no connection to be had.
    """
    with migrating(url) as config:
        pending = _status(config.attributes["connection"]).pending
        if pending:
            command.upgrade(config, "head")
        return pending


@contextmanager
def migrating(url: str) -> Iterator[Config]:
    """Alembic on the database at `url`: one transaction, and nobody else migrates meanwhile."""
    with _ALEMBIC, _connection(url) as connection:
        # Waits for another process that is migrating; held until the transaction ends.
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config = _config()
        config.attributes["connection"] = connection
        yield config


def status(url: str) -> Status:
    """Which revision the database is at and what is missing. Raises DatabaseUnusable."""
    with _connection(url) as connection:
        return _status(connection)


def sql() -> str:
    """All revisions from an empty database on, as one SQL script."""
    output = io.StringIO()
    config = _config()
    config.output_buffer = output
    with _ALEMBIC:
        command.upgrade(config, "head", sql=True)
    return output.getvalue()


def check_server(url: str) -> None:
    """Raise DatabaseUnusable, in one sentence, if the database at `url` cannot be reached or migrated.

    The rights to migrate are asked for only if there is something to migrate.
    """
    with connect(url) as connection:
        refuse_old(connection.info.server_version)
    if status(url).pending:
        with connect(url) as connection:
            _check_rights(connection)


def connect(url: str) -> psycopg.Connection:
    """A connection, or DatabaseUnusable."""
    given = parts_of(url)
    try:
        return psycopg.connect(url, connect_timeout=int(given.get("connect_timeout") or CONNECT_TIMEOUT))
    except psycopg.OperationalError as error:
        raise DatabaseUnusable(_why(str(error), given)) from error


def parts_of(url: str) -> dict[str, Any]:
    """The parts of a database's address. Raises DatabaseUnusable for what cannot be right.

    It is refused without a word of it: it may be of the password.
    """
    try:
        given = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise DatabaseUnusable(_UNREADABLE) from None
    numbers = [*str(given.get("port") or "").split(","), str(given.get("connect_timeout") or "").removeprefix("-")]
    scheme, _, rest = url.partition("://")
    place, _, path = rest.partition("?")[0].partition("/")
    # libpq takes what follows the first @ for the host, and what follows a / for the database's name.
    misread = scheme.strip() in _SCHEMES and (place.count("@") > 1 or "@" in path)
    if misread or "@" in str(given.get("host") or "") or not all(number.isdecimal() for number in numbers if number):
        raise DatabaseUnusable(_UNREADABLE)
    return given


_SCHEMES = ("postgresql", "postgres")
_UNREADABLE = (
    "The database address cannot be read: it must look like postgresql://user:password@host:5432/name, "
    "where @ : / and # in the password are percent-encoded as %40 %3A %2F and %23."
)


def refuse_old(server_version: int) -> None:
    """`server_version` as libpq counts: 150018 is 15.18."""
    major, minor = divmod(server_version, 10000)
    if major < MINIMUM_VERSION:
        raise DatabaseUnusable(f"PostgreSQL {major}.{minor} is too old: version {MINIMUM_VERSION} or newer is needed.")


def _why(reason: str, given: Mapping[str, object]) -> str:
    host = str(given.get("host") or given.get("hostaddr") or "the local socket")
    place = host if host.startswith("/") else f"{host}, port {given.get('port') or 5432}"
    user, name = given.get("user") or "(your login)", given.get("dbname") or "(of the user's name)"
    # libpq gives no code for a failed connection, so its words decide; in a language we do not
    # know, the last line passes them on.
    known: list[tuple[tuple[str, ...], str]] = [
        (("password authentication failed", "no password supplied"), f"refused the password of user {user}"),
        (('database "', "does not exist"), f"has no database {name}: create it first"),
        (('role "', "does not exist"), f"has no user {user}"),
        (("not permitted to log in",), f"does not let user {user} log in"),
        (("no pg_hba.conf entry",), f"does not accept user {user} on database {name} from this machine"),
        (("Connection refused",), "does not answer: nothing listens there"),
        (("No such file or directory",), "does not answer: nothing listens there"),
        (("failed to resolve host",), "cannot be found: no host has that name"),
        (("timeout",), "does not answer in time"),
        (("too many clients",), "has no connection left to give"),
        (("starting up",), "is still starting up"),
    ]
    for words, sentence in known:
        matches = all if words[0].endswith('"') else any
        if matches(word in reason for word in words):
            return f"PostgreSQL at {place} {sentence}."
    return f"PostgreSQL at {place} cannot be used: {reason.splitlines()[0].rstrip('.')}."


def _check_rights(connection: psycopg.Connection) -> None:
    """What the phases need: tables, a schema, two roles, and views that belong to one of them."""
    row = connection.execute(
        """
        select
            current_user::text,
            coalesce(has_schema_privilege(current_user, to_regnamespace('public'), 'create with grant option'), false),
            has_database_privilege(current_database(), 'create') or to_regnamespace('jobs') is not null,
            mine.rolsuper or mine.rolcreaterole,
            mine.rolsuper or (mine.rolcreaterole and current_setting('server_version_num')::int < 160000)
        from pg_roles as mine
        where mine.rolname = current_user
        """
    ).fetchone()
    assert row is not None  # noqa: S101 - everybody who is connected has a role
    user, may_create, may_create_schemas, may_make_roles, may_join_any = row
    if not may_create:
        raise DatabaseUnusable(
            f"User {user} may not create tables in schema public: let {user} own the database, "
            "or set MIGRATION_DATABASE_URL to its owner."
        )
    if not may_create_schemas:
        raise DatabaseUnusable(
            f"User {user} may not create the schema jobs: let {user} own the database, "
            f"or have an administrator run `grant create on database {connection.info.dbname} to {user}`."
        )
    may_set = "set" if connection.info.server_version >= 160000 else "member"
    for role in ROLES:
        there = connection.execute("select oid from pg_roles where rolname = %s", [role]).fetchone()
        if there is None:
            if not may_make_roles:
                raise DatabaseUnusable(
                    f"User {user} may not create the role {role}: give {user} createrole, "
                    f"or have an administrator run `create role {role}; grant {role} to {user}`."
                )
        elif not may_join_any:
            joined = connection.execute(
                "select pg_has_role(current_user, oid, %(set)s) or pg_has_role(current_user, oid, %(admin)s)"
                " from pg_roles where rolname = %(role)s",
                {"set": may_set, "admin": "member with admin option", "role": role},
            ).fetchone()
            if joined != (True,):
                raise DatabaseUnusable(
                    f"User {user} is not a member of the role {role}: "
                    f"have an administrator run `grant {role} to {user}`."
                )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _status(connection: Connection) -> Status:
    script = ScriptDirectory.from_config(_config())
    head = script.get_current_head()
    if head is None:
        raise FileNotFoundError(f"no revisions in {script.versions}")
    try:
        current = MigrationContext.configure(connection).get_current_revision()
    except ProgrammingError as error:
        if not isinstance(error.orig, errors.InsufficientPrivilege):
            raise
        raise DatabaseUnusable(
            "The database has been migrated by another user and this one may not read to which revision: "
            "set MIGRATION_DATABASE_URL to its owner."
        ) from error
    revisions = [revision.revision for revision in script.walk_revisions()][::-1]
    if current is None:
        return Status(None, head, revisions)
    if current not in revisions:
        raise DatabaseUnusable(
            f"The database is at revision {current}, which this version of the program does not know: "
            "use the newer program that made it."
        )
    return Status(current, head, revisions[revisions.index(current) + 1 :])


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    """One transaction on a connection of its own. libpq reads the address, not SQLAlchemy: the two disagree."""
    engine = create_engine("postgresql+psycopg://", creator=partial(connect, url), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()
