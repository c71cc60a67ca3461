"""A server that is told to stop: not ready at once, nobody new, everybody sent away in batches, nothing cut short."""

import asyncio
import os
import re
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from psycopg import AsyncConnection
from websockets.exceptions import InvalidStatus

from schema.context import Services
from schema.ids import to_global
from schema.transport.sockets import Sockets
from schema.transport.websocket import Socket
from tests.api import Api
from tests.eventually import until
from tests.make import Make
from tests.schema.transport.clients import (
    NUDGES,
    UPDATE_GOAL,
    VIEWER,
    acknowledged,
    closing,
    listening,
    opened,
    subscribe,
)
from tests.servers import Database

MANY = 120


def stop(api: Api) -> None:
    """What a SIGTERM does."""
    api.server.handle_exit(signal.SIGTERM, None)


@pytest.mark.parametrize("chosen", [{"leave_notice_seconds": 600}])
async def test_first_nobody_new(api: Api, make: Make, services: Services) -> None:
    sam = await make.student()
    accept = {"accept": "text/event-stream", "authorization": f"Bearer {sam.token}"}
    async with opened(api) as early:
        socket = await acknowledged(early, sam.token)
        stop(api)
        ready = await api.http.get(f"http://{api.address}/readyz")
        assert (ready.status_code, ready.json()) == (503, {"status": "leaving"})
        assert (await api.http.get(f"http://{api.address}/healthz")).status_code == 200
        with pytest.raises(InvalidStatus) as refused:
            async with opened(api):
                pass
        assert refused.value.response.status_code == 503
        stream = await api.http.post(f"http://{api.address}/graphql", json={"query": NUDGES}, headers=accept)
        assert stream.status_code == 503
        # Requests are answered, and so are sockets that are open, until it is their turn.
        assert await api.data(VIEWER, sam) == {"viewer": {"email": "sam@school.test"}}
        await socket.send(**subscribe(VIEWER))
        assert (await socket.next())["data"] == {"viewer": {"email": "sam@school.test"}}
        api.server.handle_exit(signal.SIGINT, None)
        assert (await closing(early))[0] == 1012


@pytest.mark.parametrize("chosen", [{"leave_drain_seconds": 2, "sockets_per_person": MANY}])
async def test_then_all_in_batches(api: Api, make: Make, services: Services, sockets: Sockets) -> None:
    sam = await make.student()
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(api.socket(sam)) for _ in range(MANY - 1)]
        for socket in held[:20]:
            await socket.send(**subscribe(NUDGES))
        headers = {"accept": "text/event-stream", "authorization": f"Bearer {sam.token}"}
        events = await stack.enter_async_context(
            api.http.stream("POST", f"http://{api.address}/graphql", json={"query": NUDGES}, headers=headers)
        )
        await listening(services, 21)
        stop(api)
        seen = {MANY}
        while len(sockets):
            seen.add(len(sockets))
            await asyncio.sleep(0.02)
        assert len(seen) > 5, "they were closed all at once"
        for socket in held:
            assert await closing(socket.connection) == (1012, "Service restart")
        assert "complete" not in "".join([text async for text in events.aiter_text()])
        await until(lambda: sockets.counts.closed == {"1012": MANY})


@pytest.mark.parametrize("chosen", [{"leave_drain_seconds": 600}])
async def test_few_do_not_wait_for_the_time_of_many(api: Api, make: Make) -> None:
    sam = await make.student()
    async with api.socket(sam) as one, api.socket(sam) as two:
        stop(api)
        for socket in (one, two):
            assert (await closing(socket.connection))[0] == 1012


async def test_what_is_under_way_is_finished_and_answered(
    api: Api, make: Make, database: Database, services: Services, sockets: Sockets
) -> None:
    sam = await make.student()
    goal = await make.goal(sam, "Old")
    given = {"id": to_global("Goal", goal), "title": "New"}
    async with api.socket(sam) as socket, await AsyncConnection.connect(database.owner_url) as other:
        await other.execute("select from goals for update")
        await socket.send(**subscribe(NUDGES, id="live"))
        await listening(services, 1)
        await socket.send(**subscribe(UPDATE_GOAL, id="change", input=given))
        over_http = asyncio.create_task(api.data(UPDATE_GOAL, sam, input=given | {"title": "Newest"}))
        await _blocked(make, 2)
        stop(api)
        await until(lambda: all(each._leaving for each in sockets._owners if isinstance(each, Socket)))
        # What is asked now is not begun: the client asks the next server again.
        await socket.send(**subscribe(VIEWER, id="late"))
        await other.commit()
        message = await socket.receive()
        assert (message["id"], message["payload"]["data"]["updateGoal"]["goal"]) == ("change", {"title": "New"})
        assert await socket.receive() == {"id": "change", "type": "complete"}
        assert await closing(socket.connection) == (1012, "Service restart")
        assert (await over_http)["updateGoal"]["goal"] == {"title": "Newest"}


@pytest.mark.parametrize("chosen", [{"leave_finish_seconds": 0.5}])
async def test_what_does_not_finish_is_given_up(
    api: Api, make: Make, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    sam = await make.student()
    goal = await make.goal(sam, "Old")
    given = {"id": to_global("Goal", goal), "title": "New"}
    async with await AsyncConnection.connect(database.owner_url) as other:
        await other.execute("select from goals for update")
        async with api.socket(sam) as socket:
            await socket.send(**subscribe(UPDATE_GOAL, input=given))
            await _blocked(make, 1)
            stop(api)
            assert (await closing(socket.connection))[0] == 1012
        await until(lambda: not api.server.server_state.tasks)
    assert await (await make.owner.execute("select title from goals")).fetchone() == ("Old",)
    assert "operations under way" in caplog.text


@pytest.mark.parametrize("chosen", [{"leave_notice_seconds": 600, "leave_drain_seconds": 600}])
async def test_the_second_ctrl_c_waits_for_nobody(api: Api, make: Make) -> None:
    sam = await make.student()
    async with api.socket(sam) as socket:
        for _ in range(2):
            api.server.handle_exit(signal.SIGINT, None)
        assert (await closing(socket.connection))[0] == 1012


async def _blocked(make: Make, count: int) -> None:
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    async with asyncio.timeout(60):
        while await (await make.owner.execute(waiting)).fetchone() != (count,):  # noqa: ASYNC110 - PostgreSQL does not tell
            await asyncio.sleep(0.01)


async def test_a_process_that_is_told_to_stop(
    api: Api, make: Make, database: Database, data_dir: Path, tmp_path: Path
) -> None:
    """The whole of it once with a process, its signal and its exit."""
    sam = await make.student()
    settings = {
        "DATABASE_URL": database.app_url,
        "MIGRATION_DATABASE_URL": database.owner_url,
        "STUDY_DATA_DIR": str(data_dir),
        "DEMO_DATA": "false",
        "PORT": "0",
        "LEAVE_DRAIN_SECONDS": "1",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "serve"),
        env=os.environ | settings,
        cwd=Path(__file__).parents[3],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(180):
            said = ""
            while not (found := re.search(r"http://([\d.:]+)/graphql", said)):
                line = await process.stdout.readline()
                assert line, said
                said += line.decode()
        there = Api(found[1], api.http, api.server)
        async with AsyncExitStack() as stack:
            held = [await stack.enter_async_context(there.socket(sam)) for _ in range(10)]
            await held[0].send(**subscribe(NUDGES))
            process.send_signal(signal.SIGTERM)
            for socket in held:
                assert await closing(socket.connection) == (1012, "Service restart")
        async with asyncio.timeout(60):
            rest = (await process.stdout.read()).decode()
            assert (await process.wait(), "Traceback" in said + rest) == (0, False), said + rest
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
