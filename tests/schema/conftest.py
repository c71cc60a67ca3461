"""The application on a fresh database, and hands to fill it and to call it."""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from starlette.applications import Starlette

from db.encryption import KeyRing
from domain.identity.local_issuer import LocalIssuer
from schema.context import Services
from schema.execution.run import Run
from server import create_app
from settings import Settings
from tests.api import Api, serving
from tests.make import Make
from tests.schema.override_scene import Scene
from tests.servers import Database


@pytest.fixture
def app(database: Database, data_dir: Path, issuer: LocalIssuer) -> Starlette:
    """The application on a fresh database."""
    return create_app(Settings(study_data_dir=data_dir), database.app_url)


@pytest.fixture
def services(app: Starlette) -> Services:
    """What the application's operations use: its pool of connections, its open streams."""
    found: Services = app.state.services
    return found


@pytest.fixture
async def api(app: Starlette) -> AsyncIterator[Api]:
    """The running application."""
    async with serving(app) as running:
        yield running


@pytest.fixture
async def make(database: Database, issuer: LocalIssuer, keys: KeyRing) -> AsyncIterator[Make]:
    """Rows."""
    async with await psycopg.AsyncConnection.connect(database.owner_url, autocommit=True) as owner:
        yield Make(owner, issuer, keys)


@pytest.fixture
async def scene(make: Make) -> Scene:
    """A student with tutors and one thing of each kind to override."""
    return await Scene(make).set()


class Statements(logging.Handler):
    """The names of the SQL statements that ran."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note one."""
        self.names.append(record.getMessage())

    def clear(self) -> None:
        """Forget those so far."""
        self.names.clear()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[Statements]:
    """The names of the SQL statements that ran during the test, as the log has them; none for a whole sub-tree."""
    monkeypatch.setattr(Run, "whole_after", 1_000_000)
    handler = Statements()
    log = logging.getLogger("study.sql")
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield handler
    log.removeHandler(handler)
    log.setLevel(before)
