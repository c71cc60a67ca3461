"""Tasks that are told to stop while they have, wait for, or give back a connection."""

import asyncio
import random

import psycopg

from db.encryption import KeyRing
from db.engine import Database
from db.vault import Vault
from tests import servers
from tests.eventually import until

KEYS = KeyRing([("k1", b"k" * 32)])
READERS = 24


async def test_a_task_that_is_told_to_stop_stops_and_keeps_no_connection(database: servers.Database) -> None:
    """At every point of a transaction, as chance has it; with more tasks than connections."""
    async with await psycopg.AsyncConnection.connect(database.owner_url, autocommit=True) as owner:
        await owner.execute(
            "insert into users (cognito_sub, email, role) values ('sub-sam', 'sam@school.test', 'student')"
        )
    chance = random.Random(7)  # noqa: S311 - to try places, not to keep secrets
    async with Database(database.app_url, vault=Vault(KEYS, None), max_connections=4) as opened:

        async def read_for_ever() -> None:
            while True:
                async with opened.read("sub-sam") as read:
                    assert read.viewer.subject == "sub-sam"

        for _ in range(25):
            readers = [asyncio.create_task(read_for_ever()) for _ in range(READERS)]
            await asyncio.sleep(0.02)
            for reader in readers:
                await asyncio.sleep(chance.random() * 0.003)
                reader.cancel()
            # Once is enough.
            _, running = await asyncio.wait(readers, timeout=10)
            assert not running
            assert all(reader.cancelled() for reader in readers)

            def in_use() -> int:
                stats = opened.pool.get_stats()
                return stats["pool_size"] - stats["pool_available"]

            await until(lambda: in_use() == 0)
