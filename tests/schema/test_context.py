"""What outlives an operation can neither read nor hold a connection: it would read as somebody else."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg_pool import PoolTimeout
from sqlalchemy import text

from db.engine import Read, TransactionOver, UnknownPerson
from db.statement import Compiled
from db.users import users_by_id
from domain.identity.tokens import Identity
from schema.context import Context, OperationOver, Services
from tests.api import Api
from tests.eventually import until
from tests.make import Make, Person
from tests.servers import Database


@pytest.fixture
async def sam(api: Api, make: Make) -> Person:
    """A student, on the running application."""
    return await make.student()


async def identity_of(services: Services, person: Person) -> Identity:
    """Who a person's token says they are."""
    return await services.verifier.verify(person.token)


async def all_given_back(services: Services) -> None:
    """Wait until no connection is in use."""
    pool = services.database.pool
    await until(lambda: pool.get_stats()["pool_available"] == pool.get_stats()["pool_size"])


async def test_a_transaction_takes_no_statement_after_its_end(services: Services, sam: Person) -> None:
    subject = (await identity_of(services, sam)).subject
    async with services.database.read(subject) as read:
        assert [user and user.id for user in await users_by_id(read, [sam.id])] == [sam.id]
    async with services.database.work(subject) as work:
        pass
    for over in (read, work):
        with pytest.raises(TransactionOver):
            await users_by_id(over, [sam.id])
    with pytest.raises(ZeroDivisionError):
        async with services.database.read(subject) as read:
            raise ZeroDivisionError
    with pytest.raises(TransactionOver):
        await users_by_id(read, [sam.id])
    await all_given_back(services)


async def test_an_operation_reads_nothing_after_its_end(services: Services, sam: Person) -> None:
    context = Context(services, await identity_of(services, sam))
    found = await context.load(users_by_id, sam.id)
    assert found.email == sam.email
    late = context.load(users_by_id, sam.id)
    await context.close()
    assert (await late).email == sam.email  # it had been loaded
    with pytest.raises(OperationOver):
        await context.load(users_by_id, sam.id)
    with pytest.raises(OperationOver):
        await context.viewer()
    await all_given_back(services)


async def test_a_loader_that_starts_while_its_operation_ends_holds_nothing(services: Services, sam: Person) -> None:
    identity = await identity_of(services, sam)
    for ticks in range(40):
        context = Context(services, identity)
        loading = asyncio.ensure_future(context.load(users_by_id, sam.id))
        for _ in range(ticks):
            await asyncio.sleep(0)
        await context.close()
        outcome: Any = (await asyncio.gather(loading, return_exceptions=True))[0]
        assert isinstance(outcome, OperationOver | TransactionOver) or outcome.email == sam.email
        await all_given_back(services)


async def test_an_operation_that_is_given_up_gives_its_connection_back_at_once(services: Services, sam: Person) -> None:
    """Whoever still waits is told that it is over."""
    slow = Compiled("slow", text("select pg_sleep(25)"))

    async def slowly(read: Read, keys: Sequence[Any]) -> list[None]:
        await read.run(slow, {})
        return [None for _ in keys]

    context = Context(services, await identity_of(services, sam))
    await context.read()
    given_up, waiting = (asyncio.ensure_future(context.load(slowly, number)) for number in range(2))
    await asyncio.sleep(0.3)
    given_up.cancel()
    async with asyncio.timeout(10):
        await context.close()
        with pytest.raises(OperationOver):
            await waiting
        await all_given_back(services)


async def test_a_released_context_reads_anew(services: Services, sam: Person, make: Make) -> None:
    context = Context(services, await identity_of(services, sam))
    names = []
    for name in ("Sam", "Samuel"):
        await make.owner.execute("update users set display_name = %s where id = %s", [name, sam.id])
        names.append((await context.load(users_by_id, sam.id)).display_name)
        await make.owner.execute("update users set display_name = 'not in this snapshot' where id = %s", [sam.id])
        names.append((await context.load(users_by_id, sam.id)).display_name)
        await context.release()
        await all_given_back(services)
    assert names == ["Sam", "Sam", "Samuel", "Samuel"]
    await context.close()


async def test_one_person_leaves_connections_to_others(api: Api, make: Make, database: Database) -> None:
    """However much somebody asks at once, and however long it takes."""
    sam, sue = await make.student(), await make.student("sue")
    document = "{ viewer { ... on Student { goals { nodes { title } } } } }"
    async with await psycopg.AsyncConnection.connect(database.owner_url) as holder:
        await holder.execute("lock table goals in access exclusive mode")
        asked = [asyncio.create_task(api.data(document, sam)) for _ in range(30)]
        async with asyncio.timeout(20):
            for _ in range(5):
                assert (await api.data("{ viewer { email } }", sue))["viewer"] == {"email": "sue@school.test"}
        assert not any(task.done() for task in asked)
        await holder.rollback()
    assert await asyncio.gather(*asked) == [{"viewer": {"goals": {"nodes": []}}}] * 30


async def test_what_several_wait_for_is_loaded_although_one_of_them_waits_no_more(
    services: Services, sam: Person
) -> None:
    """Whether or not its statement has been sent."""
    context = Context(services, await identity_of(services, sam))
    waiting = asyncio.ensure_future(context.load(users_by_id, sam.id))
    given_up = asyncio.ensure_future(context.load(users_by_id, sam.id))
    given_up.cancel()
    assert (await waiting).id == sam.id
    other = asyncio.ensure_future(context.load(users_by_id, uuid4()))
    other.cancel()
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        assert await context.load(users_by_id, uuid4()) is None
    await context.close()


async def test_whoever_is_no_user_any_more_waits_for_nothing(services: Services, sam: Person, make: Make) -> None:
    """However often an operation tries to read: a try that fails takes no turn from the next."""
    context = Context(services, await identity_of(services, sam))
    await make.owner.execute("delete from users where id = %s", [sam.id])
    async with asyncio.timeout(10):
        for _ in range(20):
            with pytest.raises(UnknownPerson):
                await context.viewer()
        await context.close()
    await all_given_back(services)


async def test_those_who_wait_for_the_same_connection_in_vain_are_told_together(
    services: Services, sam: Person
) -> None:
    """And not one after the other, each after a wait of its own."""
    pool, context = services.database.pool, Context(services, await identity_of(services, sam))
    taken = [await pool.getconn() for _ in range(pool.max_size)]
    pool.timeout, before = 0.2, pool.get_stats()["requests_num"]
    answers = await asyncio.gather(*(context.viewer() for _ in range(8)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [PoolTimeout] * 8
    assert pool.get_stats()["requests_num"] == before + 1
    for connection in taken:
        await pool.putconn(connection)
    assert (await context.load(users_by_id, sam.id)).email == sam.email
    await context.close()
