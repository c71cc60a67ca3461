"""What jobs work with, on a fresh database."""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from starlette.applications import Starlette

from db.encryption import KeyRing
from domain.identity.local_issuer import LocalIssuer
from jobs.tools import Tools
from server import create_app, database_of
from settings import Settings
from tests.api import Api, serving
from tests.make import Make
from tests.servers import Database


@pytest.fixture
async def tools(database: Database, data_dir: Path) -> AsyncIterator[Tools]:
    """As the server has them."""
    settings = Settings(study_data_dir=data_dir)
    async with database_of(settings, database.app_url) as study:
        yield Tools(study)


@pytest.fixture
async def make(database: Database, issuer: LocalIssuer, keys: KeyRing) -> AsyncIterator[Make]:
    """Rows."""
    async with await psycopg.AsyncConnection.connect(database.owner_url, autocommit=True) as owner:
        yield Make(owner, issuer, keys)


@pytest.fixture
def app(database: Database, data_dir: Path, make: Make) -> Starlette:
    """The application."""
    return create_app(Settings(study_data_dir=data_dir), database.app_url)


@pytest.fixture
async def api(app: Starlette) -> AsyncIterator[Api]:
    """It runs, and does no jobs by itself."""
    async with serving(app) as running:
        yield running
