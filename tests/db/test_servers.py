"""The databases that tests run on are what they claim to be."""

import psycopg
import pytest

from tests.servers import Database

ASKED = """select current_database(), current_user, rolsuper, rolbypassrls
from pg_roles where rolname = current_user"""


def test_the_application_is_not_the_owner(database: Database) -> None:
    with psycopg.connect(database.owner_url) as owner, psycopg.connect(database.app_url) as app:
        assert owner.execute(ASKED).fetchone() == (database.name, "postgres", True, True)
        assert app.execute(ASKED).fetchone() == (database.name, "study_app", False, False)


@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_has_a_fresh_database(time: str, database: Database) -> None:
    with psycopg.connect(database.owner_url) as owner:
        owner.execute("create table left_behind ()")


def test_each_version_has_its_database(database_on_each_server: Database, request: pytest.FixtureRequest) -> None:
    with psycopg.connect(database_on_each_server.owner_url) as owner:
        assert str(owner.info.server_version // 10000) == request.node.callspec.params["database_on_each_server"]
