"""What the tests of row security share."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.db.cast import Cast, Connection, make_cast
from tests.servers import Database


@pytest.fixture
def cast(database_on_each_server: Database) -> Iterator[Cast]:
    """The cast, in a fresh database of each PostgreSQL."""
    with psycopg.connect(database_on_each_server.owner_url, autocommit=True) as owner:
        yield make_cast(owner)


@pytest.fixture
def app(database_on_each_server: Database) -> Iterator[Connection]:
    """A connection of the application's to the same database."""
    with psycopg.connect(database_on_each_server.app_url, autocommit=True) as connection:
        yield connection
