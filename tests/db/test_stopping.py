"""Tasks that are told to stop while they have, wait for, or give back a connection."""

import asyncio
import random

import psycopg
import pytest

from db.encryption import KeyRing
from db.engine import Database
from db.vault import Vault
from tests import servers
from tests.eventually import until

KEYS = KeyRing([("k1", b"k" * 32)])
TASKS = 24


@pytest.mark.parametrize("kind", ["read", "work"])
async def test_a_task_that_is_told_to_stop_stops_and_keeps_no_connection(
    database: servers.Database, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """At every point of a transaction, as chance has it; with more tasks than connections."""
    async with await psycopg.AsyncConnection.connect(database.owner_url, autocommit=True) as owner:
        await owner.execute(
            "insert into users (cognito_sub, email, role) values ('sub-sam', 'sam@school.test', 'student')"
        )
    chance = random.Random(7)  # noqa: S311 - to try places, not to keep secrets
    async with Database(database.app_url, vault=Vault(KEYS, None), max_connections=4) as opened:

        async def go_on_for_ever() -> None:
            while True:
                async with (opened.read if kind == "read" else opened.work)("sub-sam") as begun:
                    assert begun.viewer is not None
                    assert begun.viewer.subject == "sub-sam"

        for _ in range(25):
            tasks = [asyncio.create_task(go_on_for_ever()) for _ in range(TASKS)]
            await asyncio.sleep(0.02)
            for task in tasks:
                await asyncio.sleep(chance.random() * 0.003)
                task.cancel()
            # Once is enough.
            _, running = await asyncio.wait(tasks, timeout=10)
            assert not running
            assert all(task.cancelled() for task in tasks)

            def in_use() -> int:
                stats = opened.pool.get_stats()
                return stats["pool_size"] - stats["pool_available"]

            await until(lambda: in_use() == 0)
    # The pool warns of a connection that comes back in the middle of something.
    assert [record.getMessage() for record in caplog.records if record.name == "psycopg.pool"] == []
