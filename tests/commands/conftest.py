"""The commands, run in this process, and databases for them."""

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg import sql

from cli import main
from db.embedded import SUPERUSER
from settings import Settings
from tests.servers import Database

PERSON = "insert into users (cognito_sub, email, role) values ('sub-{0}', '{0}@school.test', '{0}')"

Cli = Callable[..., Result]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for the keys."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def cli(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs a command; settings are given by name."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def run(*words: object, **settings: object) -> Result:
        environment = {"STUDY_DATA_DIR": str(data_dir)} | {name: str(value) for name, value in settings.items()}
        result = CliRunner().invoke(main, [str(word) for word in words], env=environment)
        # Whatever happened, it ended as a command should: with an exit code, not with an exception.
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return run


def said(result: Result) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    return result.exit_code, result.stdout, result.stderr


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    """What a statement gives the database's owner."""
    with psycopg.connect(database.owner_url) as owner:
        cursor = owner.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def people(database: Database) -> Database:
    """A database with somebody of each role, `tutor@school.test` and so on; the tutor's is the student."""
    for role in ("student", "tutor", "parent", "admin"):
        rows(database, PERSON.format(role))
    rows(
        database,
        "insert into tutor_student_assignments (tutor_id, student_id) select t.id, s.id from users as t, users as s"
        " where t.role = 'tutor' and s.role = 'student'",
    )
    return database


@contextmanager
def login(database: Database, *grants: str, attributes: str = "") -> Iterator[str]:
    """A login of its own on the test's server, as an address."""
    name = f"login_{secrets.token_hex(6)}"
    role = sql.Identifier(name)
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute(sql.SQL("create role {} login " + attributes).format(role))
        for granted in grants:
            owner.execute(sql.SQL("grant {} to {}").format(sql.Identifier(granted), role))
        try:
            yield database.server.url(name, database.name)
        finally:
            owner.execute(sql.SQL("drop role {}").format(role))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everyone may enter, as the account needs that runs PostgreSQL for root; tmp_path is private."""
    place = Path(tempfile.mkdtemp(prefix="study commands "))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def empty(database: Database) -> Iterator[Database]:
    """A database that nothing has been migrated into."""
    name = f"empty_{secrets.token_hex(6)}"
    with psycopg.connect(database.server.url(SUPERUSER, "postgres"), autocommit=True) as owner:
        owner.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield Database(database.server, name)
        owner.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
