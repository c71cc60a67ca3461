"""The application with limits of a test's choosing, and what must be left of its connections: nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from domain.identity.local_issuer import LocalIssuer
from schema.context import Services
from schema.transport.sockets import Sockets
from server import create_app
from settings import Settings
from tests.api import Api
from tests.eventually import until
from tests.servers import Database


@pytest.fixture
def chosen() -> dict[str, Any]:
    """Settings; a test parametrizes this to choose its own."""
    return {}


@pytest.fixture
def app(database: Database, data_dir: Path, issuer: LocalIssuer, chosen: dict[str, Any]) -> Starlette:
    """The application on a fresh database."""
    return create_app(Settings(study_data_dir=data_dir, **chosen), database.app_url)


@pytest.fixture
def sockets(app: Starlette) -> Sockets:
    """The application's open connections."""
    found: Sockets = app.state.sockets
    return found


@pytest.fixture(autouse=True)
async def nothing_is_left(api: Api, services: Services, sockets: Sockets) -> AsyncIterator[None]:
    """Whatever a test did: no connection, operation, stream, task or connection of the pool outlives it."""
    yield

    def left() -> list[object]:
        pool = services.database.pool
        stats = {"pool_size": 0, "pool_available": 0} if pool.closed else pool.get_stats()
        numbers = (
            len(sockets),
            sockets.counts.websockets,
            sockets.counts.event_streams,
            sockets.counts.operations,
            services.live.feed.status.streams,
            stats["pool_size"] - stats["pool_available"],
        )
        ours = ("schema/transport", "run_asgi")
        tasks = [task for task in asyncio.all_tasks() if any(name in repr(task) for name in ours)]
        return [*filter(None, numbers), *sockets._by_person, *tasks]

    try:
        await until(lambda: not left())
    except TimeoutError:
        assert left() == []
