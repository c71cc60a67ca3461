"""The schema `jobs` is what the installed procrastinate asks for, and under the same rules as ours."""

import re
from typing import Any

import psycopg
import pytest
from procrastinate.schema import SchemaManager, migrations_path

from db.job_tables import metadata
from tests.servers import Database

# Everything that a version of procrastinate may change, without the name of the schema that it is in.
_OBJECTS = [
    """
    select format('%%s.%%s %%s %%s %%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
        pg_get_expr(d.adbin, d.adrelid))
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind = 'r' and c.relnamespace = %(schema)s::regnamespace
    """,
    """
    select pg_get_constraintdef(oid) from pg_constraint
    where connamespace = %(schema)s::regnamespace and contype in ('p', 'u', 'f', 'c')
    """,
    """
    select pg_get_indexdef(indexrelid) from pg_index join pg_class on pg_class.oid = indexrelid
    where relnamespace = %(schema)s::regnamespace
    """,
    """
    select pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = tgrelid
    where relnamespace = %(schema)s::regnamespace and not tgisinternal
    """,
    """
    select format('%%s(%%s) %%s', proname, pg_get_function_arguments(oid), md5(prosrc)) from pg_proc
    where pronamespace = %(schema)s::regnamespace
    """,
    """
    select format('%%s %%s', typname,
        array(select enumlabel from pg_enum where enumtypid = t.oid order by enumsortorder))
    from pg_type t where typnamespace = %(schema)s::regnamespace and typtype = 'e'
    """,
]


def objects(owner: psycopg.Connection[Any], schema: str) -> set[str]:
    return {
        re.sub(rf"\b(?<!_){schema}\.", "", line)
        for query in _OBJECTS
        for (line,) in owner.execute(query.encode(), {"schema": schema})
        if not any(ours in line for ours in ("errors", "idx_jobs_failed", "attempt >= 1"))
    }


def test_it_is_what_the_installed_version_asks_for(database_on_each_server: Database) -> None:
    """When this fails after an upgrade of procrastinate, docs/decisions/0007 says what to do."""
    with psycopg.connect(database_on_each_server.owner_url) as owner:
        owner.execute("create schema theirs")
        owner.execute("set local search_path to theirs")
        owner.execute(SchemaManager.get_schema())
        owner.execute("set local search_path to public")
        ours, theirs = objects(owner, "jobs"), objects(owner, "theirs")
        comment = owner.execute("select obj_description('jobs'::regnamespace)").fetchone()
    assert ours == theirs
    assert len(ours) > 50
    assert comment == (f"procrastinate {max(file.stem for file in migrations_path.glob('*.sql'))}",)


def test_our_statements_know_its_columns(database_on_each_server: Database) -> None:
    with psycopg.connect(database_on_each_server.owner_url) as owner:
        for table in metadata.tables.values():
            found = owner.execute(
                "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0", [table.fullname]
            ).fetchall()
            assert {column.name for column in table.columns} <= {name for (name,) in found}


def test_the_rules_hold_there_too(database_on_each_server: Database) -> None:
    with psycopg.connect(database_on_each_server.owner_url) as owner:
        tables = owner.execute(
            "select relname, relrowsecurity and relforcerowsecurity from pg_class"
            " where relkind = 'r' and relnamespace = 'jobs'::regnamespace"
        ).fetchall()
        assert len(tables) == 5
        assert {forced for _, forced in tables} == {True}
        loose = owner.execute(
            "select oid::regprocedure::text from pg_proc where pronamespace = 'jobs'::regnamespace and (prosecdef"
            " or proconfig is null or has_function_privilege('public', oid, 'execute'))"
        ).fetchall()
        assert loose == []


@pytest.mark.parametrize(
    "attempt",
    [
        "alter table jobs.procrastinate_jobs disable row level security",
        "insert into jobs.procrastinate_jobs (id, queue_name, task_name) values (1, 'x', 'x')",
        "update jobs.procrastinate_jobs set args = '{}'",
        "update jobs.errors set error = ''",
        "delete from jobs.procrastinate_events",
        "create table jobs.mine ()",
    ],
)
def test_what_the_application_may_not(attempt: str, database_on_each_server: Database) -> None:
    with psycopg.connect(database_on_each_server.app_url, autocommit=True) as app:
        app.execute("select set_config('app.viewer_role', 'system', false)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(attempt.encode())
