"""What jobs work with, on a fresh database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jobs.tools import Tools
from server import database_of
from settings import Settings
from tests.servers import Database


@pytest.fixture
async def tools(database: Database, tmp_path: Path) -> AsyncIterator[Tools]:
    """As the server has them."""
    settings = Settings(study_data_dir=tmp_path)
    async with database_of(settings, database.app_url) as study:
        yield Tools(study)
