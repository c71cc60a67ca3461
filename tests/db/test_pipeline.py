"""Statements that a read sends together: what each gets, and what happens to the others when one fails."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import DivisionByZero, FeatureNotSupported, InFailedSqlTransaction
from sqlalchemy import Integer, String, Uuid, bindparam, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from db import pipeline
from db.encryption import KeyRing
from db.engine import Database, NotKept, Transaction, TransactionOver
from db.pipeline import encoded, rows_of, together
from db.statement import Compiled
from db.tables import users
from db.vault import Vault
from tests.servers import Database as Clone

ECHO = Compiled("echo", select(bindparam("said", type_=String()).label("said")))
ADD = Compiled("add", select((bindparam("a", type_=Integer()) + bindparam("b", type_=Integer())).label("sum")))
IDS = Compiled("ids", select(func.unnest(bindparam("keys", type_=ARRAY(Uuid()))).label("id")))
BROKEN = Compiled("broken", text("select 1 / 0"))
SERVED_BY = Compiled("served_by", text("select pg_backend_pid()"))
SLOW = Compiled("slow", text("select pg_sleep(60)"))


@pytest.fixture
async def study(database: Clone) -> AsyncIterator[Database]:
    """The database with one tutor and a single connection."""
    async with await psycopg.AsyncConnection.connect(database.owner_url, autocommit=True) as owner:
        await owner.execute("insert into users (cognito_sub, email, role) values ('t', 't@x.test', 'tutor')")
    vault = Vault(KeyRing([("k1", b"k" * 32)]), None)
    async with Database(database.app_url, vault=vault, max_connections=1) as opened:
        yield opened


async def test_each_gets_its_own_rows_in_whatever_order_they_are_asked(study: Database) -> None:
    keys = [uuid4() for _ in range(3)]
    async with study.read("t") as read:
        for _ in range(2):  # the second time all are prepared
            answers = await asyncio.gather(
                read.run(ECHO, {"said": "one, {two}, \"three\" 'é' \\"}),
                read.run(ADD, {"a": 2, "b": -5}),
                read.run(IDS, {"keys": keys}),
                read.run(IDS, {"keys": []}),
                read.run(ECHO, {"said": None}),
            )
            assert list(answers) == [
                [("one, {two}, \"three\" 'é' \\",)], [(-3,)], [(key,) for key in keys], [], [(None,)],
            ]  # fmt: skip


async def test_one_that_fails_has_its_own_error_and_ends_the_transaction(study: Database) -> None:
    async with study.read("t") as read:
        before, failed, after = await asyncio.gather(
            read.run(ECHO, {"said": "a"}), read.run(BROKEN, {}), read.run(ECHO, {"said": "b"}), return_exceptions=True
        )
        assert before == [("a",)]
        assert isinstance(failed, DivisionByZero)
        assert isinstance(after, InFailedSqlTransaction)
        with pytest.raises(InFailedSqlTransaction):
            await read.run(ECHO, {"said": "c"})
    async with study.read("t") as read:
        assert await read.run(ECHO, {"said": "d"}) == [("d",)]


async def test_a_value_that_cannot_be_sent_is_refused_before_anything_is(study: Database) -> None:
    async with study.read("t") as read:
        for bad, error in (("a\0b", psycopg.DataError), ("\ud800", UnicodeEncodeError)):
            with pytest.raises(error):
                await read.run(ECHO, {"said": bad})
        assert await read.run(ECHO, {"said": "fine"}) == [("fine",)]


async def test_nothing_is_sent_once_the_read_is_over(study: Database) -> None:
    async with study.read("t") as read:
        late = asyncio.create_task(read.run(ECHO, {"said": "late"}))
        await asyncio.sleep(0)  # asked, and not yet sent
    with pytest.raises(TransactionOver):
        await late
    with pytest.raises(TransactionOver):
        await read.run(ECHO, {"said": "later"})


async def test_what_nobody_waits_for_any_more_is_stopped(study: Database) -> None:
    async def ask() -> None:
        async with study.read("t") as read:
            await asyncio.gather(read.run(SLOW, {}), read.run(ECHO, {"said": "a"}))

    async with study.read("t") as read:
        before = await read.run(SERVED_BY, {})
    asking = asyncio.create_task(ask())
    await asyncio.sleep(0.2)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    async with asyncio.timeout(10), study.read("t") as read:
        assert await read.run(ECHO, {"said": "b"}) == [("b",)]
        # The connection is as good as before.
        assert await read.run(SERVED_BY, {}) == before


async def test_who_asks_while_something_is_being_stopped_is_told_of_it(study: Database) -> None:
    """They are not stopped themselves: nobody told them to."""
    async with study.read("t") as read:
        given_up = asyncio.create_task(read.run(SLOW, {}))
        await asyncio.sleep(0.1)
        given_up.cancel()
        await asyncio.wait([given_up])
        with pytest.raises(InFailedSqlTransaction):
            await read.run(ECHO, {"said": "a"})


async def test_a_connection_keeps_the_statements_used_last(study: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "MAX_PREPARED", 4)
    many = [Compiled(f"number_{number}", select(literal(number).label("n"))) for number in range(10)]
    async with study.pool.connection() as connection:
        for _ in range(2):
            for number, statement in enumerate(many):
                results = await together(connection, [(statement, encoded(connection, statement.values({})))])
                assert rows_of(connection, results[0]) == [(number,)]
        assert list(connection.prepared) == [statement.key for statement in many[-4:]]
        cursor = await connection.execute("select count(*) from pg_prepared_statements where name like 'study%'")
        assert await cursor.fetchone() == (4,)


async def test_a_statement_stays_known_when_an_error_keeps_it_from_being_forgotten(
    study: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "MAX_PREPARED", 3)
    many = [Compiled(f"number_{number}", select(literal(number).label("n"))) for number in range(3)]
    async with study.pool.connection() as connection:

        async def run(*statements: Compiled) -> list[bytes]:
            await together(connection, [(each, encoded(connection, each.values({}))) for each in statements])
            return list(connection.prepared)

        keys = await run(*many)
        # Those that make room are not forgotten by PostgreSQL: what is sent after the error is not run.
        assert set(keys) <= set(await run(BROKEN, ECHO))
        for _ in range(2):
            for number, statement in enumerate(many):
                (result,) = await together(connection, [(statement, encoded(connection, statement.values({})))])
                assert rows_of(connection, result) == [(number,)]
        cursor = await connection.execute("select name from pg_prepared_statements where name like 'study%'")
        assert {name.encode() for (name,) in await cursor.fetchall()} == set(connection.prepared) == set(keys)


async def test_what_was_neither_prepared_nor_forgotten_because_of_an_error_is_prepared_later(
    study: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "MAX_PREPARED", 2)
    many = [Compiled(f"number_{number}", select(literal(number).label("n"))) for number in range(4)]
    async with study.pool.connection() as connection:
        sent = [(each, encoded(connection, each.values({}))) for each in [BROKEN, *many]]
        await together(connection, sent)
        results = await together(connection, sent[1:])
        assert [rows_of(connection, result) for result in results] == [[(number,)] for number in range(4)]


async def test_a_statement_that_does_not_parse_is_not_taken_for_prepared(study: Database) -> None:
    wrong = Compiled("wrong", text("select nothing from nowhere"))
    async with study.pool.connection() as connection:
        for _ in range(2):
            (result,) = await together(connection, [(wrong, ())])
            with pytest.raises(psycopg.errors.UndefinedTable):
                rows_of(connection, result)
        assert wrong.key not in connection.prepared


async def test_a_work_that_is_not_kept_leaves_what_reads_have_prepared(study: Database) -> None:
    async with study.read("t") as read:
        assert await read.run(ECHO, {"said": "a"}) == [("a",)]
    # What has run some times psycopg prepares itself, and then takes a rollback for a reason to forget everything.
    for _ in range(7):
        with pytest.raises(LookupError):
            async with study.work("t"):
                raise LookupError
    with pytest.raises(NotKept):
        async with study.work("t") as work:
            await asyncio.gather(work.run(BROKEN, {}), return_exceptions=True)
    async with study.read("t") as read:
        assert await read.run(ECHO, {"said": "b"}) == [("b",)]


async def test_what_psycopg_makes_the_server_forget_is_prepared_anew(study: Database) -> None:
    """As the pool does with a connection that comes back in the middle of a transaction."""
    for _ in range(2):
        async with study.pool.connection() as connection:
            (result,) = await together(connection, [(ECHO, encoded(connection, ["a"]))])
            assert rows_of(connection, result) == [("a",)]
            for _ in range(7):
                await connection.execute("select 1")
            await connection.execute("begin")
            await connection.rollback()


async def test_a_statement_whose_columns_have_changed_is_prepared_anew(study: Database, database: Clone) -> None:
    """As by a migration while the server runs: what is under way fails, what comes later does not."""
    names = Compiled("names", select(users.c.display_name))

    async def run(begin: Callable[[str], AbstractAsyncContextManager[Transaction]]) -> list[tuple[str]]:
        async with begin("t") as transaction:
            return await transaction.run(names, {})

    for _ in range(7):  # then psycopg has prepared it too
        assert await run(study.work) == await run(study.read) == [("",)]
    async with await psycopg.AsyncConnection.connect(database.owner_url, autocommit=True) as owner:
        await owner.execute("alter table users alter display_name type varchar(1000)")
    for begin in (study.read, study.work):
        with pytest.raises(FeatureNotSupported):
            await run(begin)
        assert await run(begin) == [("",)]
