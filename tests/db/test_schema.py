"""The migrated database is what db/tables.py, db/views.py and the committed snapshot say."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, NullPool, Table, create_engine, inspect

from db import tables, views
from tests.db.snapshot import listing, structure
from tests.servers import Database

SNAPSHOT = Path(__file__).with_name("schema.txt")


@pytest.fixture
def engine(database_on_each_server: Database) -> Iterator[Engine]:
    """SQLAlchemy on the migrated database of each PostgreSQL."""
    connect = partial(psycopg.connect, database_on_each_server.owner_url)
    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    yield engine
    engine.dispose()


def differences(engine: Engine) -> list[Any]:
    """What Alembic would change in the database to make it like db/tables.py."""
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata))


def test_tables_equal_the_database(engine: Engine) -> None:
    assert differences(engine) == []


@pytest.mark.parametrize(
    "change",
    [
        "alter table goals add column extra text",
        "alter table goals alter column title type text",
        "alter table goals alter column title drop not null",
        "alter table goals alter column xp_earned set default 1",
        "alter table goals drop constraint goals_created_by_fkey",
        "alter table users drop constraint users_email_key",
        "drop index idx_goals_status",
        "drop index idx_goals_status; create index idx_goals_status on goals (status, created_at, id desc)",
        "create table extra ()",
    ],
)
def test_a_difference_would_be_noticed(change: str, database: Database) -> None:
    with psycopg.connect(database.owner_url) as owner:
        owner.execute(change)
    engine = create_engine(
        "postgresql+psycopg://", creator=partial(psycopg.connect, database.owner_url), poolclass=NullPool
    )
    found = differences(engine)
    engine.dispose()
    assert found


def test_tables_would_make_the_same_database(database_on_each_server: Database) -> None:
    """Made from db/tables.py alone, every column, check, key and index is written the same, in the same words."""
    name = f"{database_on_each_server.name}_made"
    url = database_on_each_server.server.url("postgres", name)
    with psycopg.connect(database_on_each_server.owner_url, autocommit=True) as owner:
        migrated = structure(owner)
        owner.execute(f"create database {name}")
        engine = create_engine("postgresql+psycopg://", creator=partial(psycopg.connect, url), poolclass=NullPool)
        tables.metadata.create_all(engine)
        engine.dispose()
        with psycopg.connect(url) as connection:
            made = structure(connection)
        owner.execute(f"drop database {name}")
    assert {table: sorted(lines) for table, lines in made.items()} == {
        table: sorted(migrated[table]) for table in tables.metadata.tables
    }


def test_views_equal_the_database(engine: Engine) -> None:
    inspector = inspect(engine)
    assert set(inspector.get_view_names()) == set(views.metadata.tables)
    for view in views.metadata.tables.values():
        found = {each["name"]: each["type"].compile(engine.dialect) for each in inspector.get_columns(view.name)}
        assert found == {column.name: column.type.compile(engine.dialect) for column in view.columns}, view.name


def test_every_table_and_view_stands_in_db_tables() -> None:
    named = {name: each for name, each in vars(tables).items() if isinstance(each, Table)}
    assert {name: each.name for name, each in named.items()} == {name: name for name in named}
    assert set(named) == {*tables.metadata.tables, *views.metadata.tables}


def test_the_snapshot_is_up_to_date(database_on_each_server: Database) -> None:
    """With STUDY_SNAPSHOT=write it is written anew; review the difference and commit it."""
    with psycopg.connect(database_on_each_server.owner_url) as owner:
        found = listing(owner)
    if os.environ.get("STUDY_SNAPSHOT") == "write":
        SNAPSHOT.write_text(found, encoding="utf-8")
    assert found.splitlines() == SNAPSHOT.read_text(encoding="utf-8").splitlines()


# Rules that the catalog proves

_FOREIGN_KEYS = """
select conrelid::regclass::text, conname, array(
    select a.attname::text from unnest(k.conkey) with ordinality as key (number, place)
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = key.number
    where a.attgenerated = '' order by key.place)
from pg_constraint k where contype = 'f' and connamespace = 'public'::regnamespace
"""
_INDEXES = """
select i.indrelid::regclass::text, c.relname, i.indisunique, am.amname,
    coalesce(pg_get_expr(i.indpred, i.indrelid), ''), array(
    select coalesce(a.attname::text, '(expression)') from unnest(i.indkey[:i.indnkeyatts - 1])
        with ordinality as key (number, place)
    left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = key.number order by key.place)
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am am on am.oid = c.relam
where c.relnamespace = 'public'::regnamespace
"""


def unled(owner: psycopg.Connection[Any]) -> list[str]:
    """Foreign keys whose columns lead no index. The generated constant of a role key does not count."""
    indexes = owner.execute(_INDEXES).fetchall()
    return [
        name
        for table, name, key in owner.execute(_FOREIGN_KEYS)
        if not any(
            on == table and set(columns[: len(key)]) == set(key) and where in ("", f"({key[0]} IS NOT NULL)")
            for on, _, _, _, where, columns in indexes
        )
    ]


def redundant(owner: psycopg.Connection[Any]) -> list[str]:
    """Indexes that only do what the beginning of another does: same table, method and condition."""
    indexes = owner.execute(_INDEXES).fetchall()
    return [
        name
        for table, name, is_unique, method, where, columns in indexes
        if not is_unique
        and any(
            other != name and (on, how, condition) == (table, method, where) and more[: len(columns)] == columns
            for on, other, _, how, condition, more in indexes
        )
    ]


def test_every_foreign_key_leads_an_index_and_no_index_is_the_beginning_of_another(
    database_on_each_server: Database,
) -> None:
    with psycopg.connect(database_on_each_server.owner_url) as owner:
        assert unled(owner) == []
        assert redundant(owner) == []
        # and both would be noticed
        owner.execute("drop index idx_goals_created_by")
        owner.execute("create index doubled on goals (student_id)")
        owner.execute("create index repeated on users (email)")
        assert unled(owner) == ["goals_created_by_fkey"]
        assert set(redundant(owner)) == {"doubled", "repeated"}


def test_row_security_is_forced_on_every_table(database_on_each_server: Database) -> None:
    with psycopg.connect(database_on_each_server.owner_url) as owner:
        rows = owner.execute(
            "select relname, relrowsecurity and relforcerowsecurity from pg_class"
            " where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
        ).fetchall()
        # Which revision the database is at: no one's data, and the application may only read it.
        assert {name for name, forced in rows if not forced} == {"alembic_version"}
        assert {name for name, forced in rows if forced} == set(tables.metadata.tables)
        answer = owner.execute("select has_table_privilege('study_app', 'alembic_version', 'insert, update, delete')")
        assert answer.fetchone() == (False,)


# Everything that runs with other rights than the caller's, and why.
DEFINERS = {
    ("set_viewer(text,boolean)", "study_vault"): "looks up who is asking, before any policy can know",
    ("is_practice_item_assigned(uuid)", "study_vault"): "an item's author does not see everybody who got it",
    ("count_study_words(text[])", "study_vault"): "text search by index; counts only",
    ("search_study_passages(text[],integer)", "study_vault"): "text search by index; nothing protected",
    ("search_practice_bank(text[],uuid,integer)", "study_vault"): "answers from the bank, but for what is to be done",
    ("answer_to_grade(uuid)", "study_vault"): "grading, between the two statements that complete practice",
    ("is_kept_back(uuid,uuid)", "study_vault"): "asked by views and by statements; of students whom one sees",
    ("guard_practice_taken()", "study_vault"): "what students take is held against a bank they do not see",
    ("release_user_references()", "postgres"): "erasing a person nulls columns that nobody may change",
}
VAULT_VIEWS = {
    "session_transcripts": "transcripts: not for parents",
    "session_notes": "a tutor's own notes",
    "assignment_notes": "a tutor's own notes",
    "practice_solutions": "answers, once the item is completed",
    "bank_solutions": "answers, once an item is completed and not to be done again",
    "override_contents": "snapshots, without the answers of open items",
    "user_details": "profile and counters, not for everybody who sees the name",
    "generation_details": "what it took: for tutors and administrators",
    "practice_candidates": "what a choice goes by, of questions that a student does not see yet",
    "practice_bank_catalog": "nothing protected: lets the tag indexes serve a search",
}


def test_what_steps_around_row_security_is_known(database_on_each_server: Database) -> None:
    with psycopg.connect(database_on_each_server.owner_url) as owner:
        definers = owner.execute(
            "select oid::regprocedure::text, pg_get_userbyid(proowner) from pg_proc"
            " where prosecdef and pronamespace = 'public'::regnamespace"
        ).fetchall()
        assert set(definers) == set(DEFINERS)
        unpinned = owner.execute(
            "select oid::regprocedure::text from pg_proc where prosecdef and pronamespace = 'public'::regnamespace"
            " and not coalesce(proconfig, '{}') @> array['search_path=pg_catalog, public, pg_temp']"
        ).fetchall()
        assert unpinned == []
        rows = owner.execute(
            "select relname, pg_get_userbyid(relowner), coalesce(reloptions, '{}') from pg_class"
            " where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace"
        ).fetchall()
    around = {name: (view_owner, options) for name, view_owner, options in rows if options != ["security_invoker=true"]}
    assert set(around) == set(VAULT_VIEWS)
    for name, (view_owner, options) in around.items():
        assert view_owner == "study_vault"
        assert options == ([] if name == "practice_bank_catalog" else ["security_barrier=true"])


def test_the_application_has_no_way_around(database_on_each_server: Database) -> None:
    with psycopg.connect(database_on_each_server.app_url, autocommit=True) as app:
        row = app.execute(
            "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,"
            " exists (select from pg_auth_members where member = r.oid),"
            " exists (select from pg_class where relowner = r.oid),"
            " has_schema_privilege('public', 'create')"
            " from pg_roles r where rolname = current_user"
        ).fetchone()
        assert row == (False,) * 8
        for attempt in (
            "set role study_vault",
            "set role postgres",
            "alter table goals disable row level security",
            "drop policy goals_read on goals",
            "create policy mine on goals using (true)",
            "create function f() returns int language sql return 1",
            "delete from alembic_version",
            "set row_security = off; select id from goals",
            "select pg_read_file('/etc/passwd')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(attempt)
